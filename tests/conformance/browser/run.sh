#!/usr/bin/env bash
# People use the page of the demo in a browser; leaves screenshots in target/screenshots.
set -euo pipefail
binary=$1 folder=$2
here=$(cd "$(dirname "$0")" && pwd)
shared=$here/../shared
# shellcheck source=../shared/install.sh
. "$shared/install.sh"

node_packages "$folder" "$here"

find_chromium() {
    local name
    for name in chromium chromium-browser google-chrome "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
        CHROMIUM=$(command -v "$name") && return
    done
    return 1
}
find_chromium || { need_package chromium && find_chromium; }
# Without a font for emoji they are boxes on the screenshots, and nothing else is wrong.
if command -v fc-list >/dev/null && [ -z "$(fc-list ':charset=23f3')" ]; then
    need_package fonts-noto-color-emoji || true
fi

root=$(cd "$here/../../.." && pwd)
export CHROMIUM PACKAGES=$folder DATA=$folder/demo COUNTERSIGN=$binary SCREENSHOTS=$root/target/screenshots
mkdir -p "$SCREENSHOTS"
rm -f "$SCREENSHOTS"/*.png "$folder/demo.log"
bounded 200 node "$here/page.js"
