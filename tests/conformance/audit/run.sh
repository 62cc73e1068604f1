#!/usr/bin/env bash
# The audit trail of a demo before Go's implementation of its public formats.
set -euo pipefail
binary=$1 folder=$2
here=$(cd "$(dirname "$0")" && pwd)
shared=$here/../shared
# shellcheck source=../shared/install.sh
. "$shared/install.sh"

need_python
if ! command -v go >/dev/null || [ ! -d /usr/share/gocode/src/golang.org/x/mod ]; then
    need_package golang-go golang-golang-x-mod-dev
fi

export PYTHONPATH=$shared PYTHONDONTWRITEBYTECODE=1
bounded 120 python3 "$here/trail.py" "$binary" "$folder"
