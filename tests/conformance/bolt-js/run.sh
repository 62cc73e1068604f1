#!/usr/bin/env bash
# Slack's own SDK for JavaScript against the local workspace: an app, and the Web API's corners.
set -euo pipefail
binary=$1 folder=$2
here=$(cd "$(dirname "$0")" && pwd)
shared=$here/../shared
# shellcheck source=../shared/install.sh
. "$shared/install.sh"

need_python
node_packages "$folder" "$here"

export PYTHONDONTWRITEBYTECODE=1 NODE_PATH=$folder/node_modules
status=0
bounded 200 python3 "$shared/journey.py" "$binary" "$folder" bolt-js node "$here/app.js" || status=1
bounded 60 python3 "$shared/alone.py" "$binary" node "$here/web_api.js" || status=1
exit "$status"
