#!/usr/bin/env bash
# The benchmarks of the build folder $BUILD, and beside each, in the same minute on the same processor, the Python program that
# does the same -- when $BASELINES (default ../shared/bench) and the Python packages it needs are there.
# Pairs run alternately ROUNDS times; the best of each counts, and their ratio is printed.
set -u
cd "$(dirname "$0")/../.." || exit 3
BUILD=${BUILD:-build} ROUNDS=${ROUNDS:-3} baselines=${BASELINES:-../shared/bench}
bench=$BUILD/tests/bench
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MPLBACKEND=Agg
python=/usr/bin/python3
pin=
command -v taskset > /dev/null && pin="taskset -c $(($(nproc) - 1))"
scratch=$(mktemp -d) || exit 3
trap 'rm -rf "$scratch"' EXIT

# have PROGRAM MODULE...: can this baseline run here?
have() {
    local program=$1
    shift
    [ -r "$baselines/$program" ] && [ -x $python ] || return 1
    for module in "$@"; do $python -c "import $module" 2> /dev/null || return 1; done
}
# measure PATTERN FILE COMMAND...: the number that the sed PATTERN finds in the output (kept in FILE); for the pattern
# WALL the milliseconds of the whole process.
measure() {
    local pattern=$1 file=$2 started
    shift 2
    started=$(date +%s%N)
    # shellcheck disable=SC2086
    $pin "$@" > "$file" 2> "$scratch/error" || return 1
    if [ "$pattern" = WALL ]; then echo $((($(date +%s%N) - started) / 1000000))
    else sed -nE "$pattern" "$file" | head -n 1; fi
}
best() { sort -g | if [ "$1" = more ]; then tail -n 1; else head -n 1; fi; }
# pair NAME UNIT more|less OUR-COMMAND OUR-PATTERN THEIR-COMMAND THEIR-PATTERN; an empty THEIR-COMMAND: no baseline.
pair() {
    local name=$1 unit=$2 better=$3 own=$4 own_pattern=$5 other=$6 pattern=$7 a b best_a='' best_b=''
    for _ in $(seq "$ROUNDS"); do
        # shellcheck disable=SC2086
        a=$(measure "$own_pattern" "$scratch/own" $own) || { echo "$name: FAILED: $own"; cat "$scratch/error"; return 1; }
        best_a=$(printf '%s\n' $best_a "$a" | best "$better")
        [ -n "$other" ] || continue
        # shellcheck disable=SC2086
        b=$(measure "$pattern" "$scratch/other" $other) || { echo "$name: the baseline failed: $other"; other=; continue; }
        best_b=$(printf '%s\n' $best_b "$b" | best "$better")
    done
    awk -v n="$name" -v u="$unit" -v a="$best_a" -v b="$best_b" -v more="$better" 'BEGIN {
        printf "%-20s %10.4g %-12s", n, a, u
        if (b != "") printf "  baseline %10.4g  ratio %.1f", b, more == "more" ? a / b : b / a
        print "" }'
    grep -oE '(peak_rss|peak RSS) [0-9]+ ?(KiB|MiB)' "$scratch/own" | sed 's/^/  /'
}
when() { if have $1; then echo "$2"; fi; }

status=0
pair "hold, 4096 pending" "ns/event" less "$bench/bench_hold 4096" 's/^hold.time_best ([0-9.]+).*/\1/p' \
    "$(when "hold_simpy.py simpy" "$python $baselines/hold_simpy.py 4096 200000")" 's/.*: ([0-9.]+) ns.*/\1/p' || status=1
pair "M/M/1" "M cust./s" more "$bench/bench_mm1 1000000" 's/^mm1.rate_best ([0-9.]+).*/\1/p' \
    "$(when "mm1_simpy.py simpy" "$python $baselines/mm1_simpy.py 200000")" 's/.* ([0-9.]+) M objects.*/\1/p' || status=1
pair "work unit" "steps/s" more "$bench/bench_workunit" 's/^plateau [^:]*: ([0-9.]+) steps.*/\1/p' \
    "$(when "grpo_numpy.py numpy" "$python $baselines/grpo_numpy.py searchsorted float64 200")" 's/.*: ([0-9.]+) steps.*/\1/p' || status=1
pair "dense work unit" "steps/s" more "$bench/bench_workunit --dense yes --steps 400" 's/^plateau [^:]*: ([0-9.]+) steps.*/\1/p' \
    "$($python -c 'import numpy' 2> /dev/null && echo "$python tests/bench/dense_numpy.py 100")" 's/.*: ([0-9.]+) steps.*/\1/p' || status=1
[ ! -x "$bench/bench_figure" ] || pair "four-panel figure" "ms/process" less "$bench/bench_figure $scratch/figure.png" WALL \
    "$(when "fig_mpl.py matplotlib" "$python $baselines/fig_mpl.py $scratch/baseline.png 1")" WALL || status=1
exit $status
