#!/bin/sh
# Has the audit trail of a database checked by Go's own implementation of signed notes and Merkle logs.
#
#   run.sh BINARY DATABASE_URL
#
# The database must hold a trail, with the configuration that signed it in the environment. Needs the
# Debian packages golang-go and golang-golang-x-mod-dev; nothing is downloaded.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
binary=$1
export DATABASE_URL=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$binary" audit key | head -n 1 >"$work/vkey"
# Before the newest one, so that there is something between the two.
psql --no-psqlrc --tuples-only --no-align "$DATABASE_URL" --command \
    "SELECT encode(convert_to(note, 'UTF8'), 'base64') FROM audit.checkpoints ORDER BY size LIMIT 1" |
    base64 --decode >"$work/kept"
"$binary" audit checkpoint --out "$work/checkpoint"
"$binary" audit prove-consistency --from "$work/kept" --out "$work/consistency"
"$binary" audit export --format jsonl >"$work/export.jsonl"

# The first, the last, and some between.
entries=$(sed 's/.*"entry":\([0-9]*\).*/\1/' "$work/export.jsonl" | awk 'NR <= 3 || NR % 37 == 0 { print } END { print }' | sort -un)
for entry in $entries; do
    "$binary" audit prove "$entry" --out "$work/$entry.tlog-proof"
    "$binary" audit verify-proof "$work/$entry.tlog-proof" --key "$(cat "$work/vkey")" >/dev/null
done
"$binary" audit verify --from "$work/kept"

cd "$here"
GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE="$work/cache" GOFLAGS= \
    go build -o "$work/audit" main.go
"$work/audit" "$work/vkey" "$work/checkpoint" "$work/kept" "$work/consistency" \
    "$work/export.jsonl" "$work"/*.tlog-proof
