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

root=$(cd "$here/../../.." && pwd)
export CHROMIUM PACKAGES=$folder DATA=$folder/demo COUNTERSIGN=$binary SCREENSHOTS=$root/target/screenshots
mkdir -p "$SCREENSHOTS"
rm -f "$SCREENSHOTS"/*.png "$folder/demo.log"
timeout 200 node "$here/page.js"
