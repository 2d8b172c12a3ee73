#!/usr/bin/env bash
# Every finding's scenario as it is committed: runs, and every hypothesis comes out supported but those that it lists as known
# misses, which must not. The runs stay in $BUILD/findings, for the table of findings.
. tests/cli/helper.sh
case $BUILD in /*) runs=$BUILD/findings ;; *) runs=$root/$BUILD/findings ;; esac
rm -rf "$runs"
for s in "$root"/scenarios/findings/*.yaml; do
    name=$(basename "$s" .yaml)
    run run "$s" -o "$runs/$name"
    # Exit code 1, a hypothesis refuted, is what the table below tells apart: known, or new.
    check "$name runs" [ "$code" -le 1 ]
    check "$name states hypotheses" grep -q '"verdict": "supported"' "$runs/$name/summary.json"
    run reference findings "$runs/$name"
    check "$name: its table is made" [ "$code" = 0 ]
    check "$name: what is not supported is known, and what is known is not supported" \
        bash -c '! grep -E "\| (\*\*new\*\*|listed as a miss)" "$1" && ! grep -F "replicates failed" "$1"' - "$out"
done
