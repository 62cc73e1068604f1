#!/usr/bin/env bash
# Go's own code for signed notes and Merkle logs checks the audit trail that a demo has written.
set -euo pipefail
binary=$1 folder=$2
here=$(cd "$(dirname "$0")" && pwd)
shared=$here/../shared
# shellcheck source=../shared/install.sh
. "$shared/install.sh"

modules=/usr/share/gocode
{ command -v go >/dev/null && [ -d "$modules/src/golang.org/x/mod/sumdb/tlog" ]; } ||
    need_package golang-go golang-golang-x-mod-dev

# Built from what is installed: nothing is fetched.
GO111MODULE=off GOPATH=$modules GOCACHE=$folder/cache GOFLAGS='' go build -o "$folder/check" "$here/main.go"
rm -rf "$folder/demo"
PYTHONPATH=$shared timeout 200 python3 "$here/trail.py" "$binary" "$folder"
