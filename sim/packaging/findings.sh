#!/bin/sh
# Writes the table of findings from finished runs.
# usage: findings.sh PROGRAM RUNS PAGE
set -eu
program=$1 runs=$2 page=$3
if ! ls "$runs"/*/provenance.json > /dev/null 2>&1; then
    echo "there are no runs below $runs; \`make validate\` makes them" >&2
    exit 2
fi
"$program" reference findings "$runs"/*/ > "$page.new"
mv "$page.new" "$page"
