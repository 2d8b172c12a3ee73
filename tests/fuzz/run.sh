#!/bin/sh
# Fuzzes each reader named for SECONDS_EACH, starting from its kept corpus; new inputs go to a scratch folder. A finding is
# left in crashes/ of the build folder and fails the run.
set -eu
: "${BUILD:?}" "${SECONDS_EACH:=60}"
failed=0
for reader in "$@"; do
    grown=$BUILD/corpus/$reader crashes=$BUILD/crashes/$reader
    mkdir -p "$grown" "$crashes"
    echo "fuzz $reader: ${SECONDS_EACH} s"
    if "$BUILD/tests/fuzz/fuzz_$reader" -max_total_time="$SECONDS_EACH" -max_len=65536 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="$crashes/" "$grown" "tests/fuzz/corpus/$reader" > "$BUILD/fuzz-$reader.log" 2>&1; then
        grep -E 'number_of_executed_units|average_exec_per_sec' "$BUILD/fuzz-$reader.log" | sed 's/^/  /'
    else
        tail -n 40 "$BUILD/fuzz-$reader.log"
        echo "fuzz $reader: FAILED; see $crashes and $BUILD/fuzz-$reader.log"
        failed=$((failed + 1))
    fi
done
echo "$(($# - failed)) readers without a finding, $failed with"
[ "$failed" = 0 ]
