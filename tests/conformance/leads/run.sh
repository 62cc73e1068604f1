#!/usr/bin/env bash
# Leads that the libraries of Standard Webhooks and HubSpot sign, before `POST /ingest/leads`.
set -euo pipefail
binary=$1 folder=$2
here=$(cd "$(dirname "$0")" && pwd)
shared=$here/../shared
# shellcheck source=../shared/install.sh
. "$shared/install.sh"

python_environment "$folder" "$here/requirements.txt"
node_packages "$folder" "$here"
cp "$here/send.mjs" "$folder/"

export PYTHONPATH=$shared PYTHONDONTWRITEBYTECODE=1
bounded 120 "$folder/venv/bin/python" "$here/check.py" "$binary" "$folder"
