#!/bin/sh
# Has the audit trail in a data folder checked by Go's own implementation of signed notes and Merkle logs.
#
#   check.sh BINARY DATA KEPT
#
# DATA holds a trail that has grown since its checkpoint was written to the file KEPT.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
binary=$1
kept=$3
export COUNTERSIGN_DATA=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$binary" audit key | head -n 1 >"$work/vkey"
"$binary" audit checkpoint --out "$work/checkpoint"
"$binary" audit prove-consistency --from "$kept" --out "$work/consistency"
"$binary" audit export --format jsonl >"$work/export.jsonl"

# The first, the last, and some between.
entries=$(sed 's/.*"entry":\([0-9]*\).*/\1/' "$work/export.jsonl" | awk 'NR <= 3 || NR % 37 == 0 { print } END { print }' | sort -un)
for entry in $entries; do
    "$binary" audit prove "$entry" --out "$work/$entry.tlog-proof"
    "$binary" audit verify-proof "$work/$entry.tlog-proof" --key "$(cat "$work/vkey")" >/dev/null
done
"$binary" audit verify --from "$kept"

cd "$here"
GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE="$work/cache" GOFLAGS= \
    go build -o "$work/audit" main.go
"$work/audit" "$work/vkey" "$work/checkpoint" "$kept" "$work/consistency" \
    "$work/export.jsonl" "$work"/*.tlog-proof
