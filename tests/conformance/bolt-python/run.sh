#!/usr/bin/env bash
# Slack's own SDK for Python against the local workspace: an app, and the Web API's corners.
set -euo pipefail
binary=$1 folder=$2
here=$(cd "$(dirname "$0")" && pwd)
shared=$here/../shared
# shellcheck source=../shared/install.sh
. "$shared/install.sh"

python_environment "$folder" "$here/requirements.txt"

export PYTHONPATH=$shared PYTHONDONTWRITEBYTECODE=1
python=$folder/venv/bin/python
status=0
bounded 200 "$python" "$shared/journey.py" "$binary" "$folder" bolt-python "$python" "$here/app.py" || status=1
bounded 60 "$python" -W ignore::UserWarning "$here/web_api.py" "$binary" || status=1
exit "$status"
