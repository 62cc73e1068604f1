#!/usr/bin/env bash
# A tap that others wrote, with Meltano's SDK for Singer, before `countersign ingest singer`.
set -euo pipefail
binary=$1 folder=$2
here=$(cd "$(dirname "$0")" && pwd)
shared=$here/../shared
# shellcheck source=../shared/install.sh
. "$shared/install.sh"

python_environment "$folder" "$here/requirements.txt"

export PYTHONDONTWRITEBYTECODE=1
bounded 240 "$folder/venv/bin/python" "$here/check.py" "$binary" "$folder/venv/bin/tap-spreadsheets"
