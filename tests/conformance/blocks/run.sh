#!/usr/bin/env bash
# Everything the bot says, as recorded in tests/it/snapshots, before Slack's own models and types.
set -euo pipefail
folder=$2
here=$(cd "$(dirname "$0")" && pwd)
shared=$here/../shared
# shellcheck source=../shared/install.sh
. "$shared/install.sh"

python_environment "$folder" "$here/requirements.txt"
node_packages "$folder" "$here"

export PYTHONPATH=$shared PYTHONDONTWRITEBYTECODE=1
status=0
bounded 60 "$folder/venv/bin/python" "$here/check.py" "$here/../../it/snapshots" "$folder" || status=1
cd "$folder"
if bounded 120 node_modules/.bin/tsc --noEmit --strict --skipLibCheck --target es2022 --module nodenext messages.ts; then
    echo 'PASS blocks: @slack/types agrees'
else
    echo 'FAIL blocks: @slack/types does not agree'
    status=1
fi
exit "$status"
