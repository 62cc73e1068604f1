#!/usr/bin/env bash
# Our client of language models before a server that others wrote (aimock), for both protocols; and the
# requests it sends before the types of the providers' own SDKs.
set -euo pipefail
binary=$1 folder=$2
here=$(cd "$(dirname "$0")" && pwd)
shared=$here/../shared
# shellcheck source=../shared/install.sh
. "$shared/install.sh"

python_environment "$folder" "$here/requirements.txt"
node_packages "$folder" "$here"

export PYTHONPATH=$shared PYTHONDONTWRITEBYTECODE=1
bounded 180 "$folder/venv/bin/python" "$here/check.py" "$binary" "$folder"
