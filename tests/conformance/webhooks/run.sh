#!/usr/bin/env bash
# What a demo sends and keeps about releases, before the libraries of Standard Webhooks and CloudEvents.
set -euo pipefail
binary=$1 folder=$2
here=$(cd "$(dirname "$0")" && pwd)
shared=$here/../shared
# shellcheck source=../shared/install.sh
. "$shared/install.sh"

python_environment "$folder" "$here/requirements.txt"
node_packages "$folder" "$here"

export PYTHONPATH=$shared PYTHONDONTWRITEBYTECODE=1
bounded 120 "$folder/venv/bin/python" "$here/receive.py" "$binary" "$folder"
cp "$here/verify.mjs" "$folder/"
bounded 60 node "$folder/verify.mjs" "$folder/received.json"
