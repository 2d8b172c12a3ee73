#!/usr/bin/env bash
# Every finding's scenario as it is committed: runs, and every hypothesis comes out supported.
. tests/cli/helper.sh
for s in "$root"/scenarios/findings/*.yaml; do
    name=$(basename "$s" .yaml)
    run run "$s" -o "$name"
    check "$name runs and refutes nothing" [ "$code" = 0 ]
    check "$name states hypotheses" grep -q '"verdict": "supported"' "$name/summary.json"
    check "$name: every verdict is supported" bash -c '! grep -E "\"verdict\": \"(refuted|inconclusive)\"" "$1/summary.json"' - "$name"
done
