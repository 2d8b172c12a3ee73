#!/usr/bin/env bash
# The benchmarks of the build folder $BUILD, and beside each, in the same minute on the same processor, the Python program that
# does the same -- when $BASELINES (default ../shared/bench) and the Python packages it needs are there.
# Pairs run alternately ROUNDS times; the best of each counts, and their ratio is printed. All by the wall clock.
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
# The same 200 steps: later ones are cheaper, as fewer groups have a gradient.
unit="$bench/bench_workunit --steps 200 --seeds 5"
unit_rate='s/^plateau [^:]*: ([0-9.]+) steps.*/\1/p'
pair "work unit, numpy" "steps/s" more "$unit" "$unit_rate" \
    "$(when "grpo_numpy.py numpy" "$python $baselines/grpo_numpy.py searchsorted float64 200")" 's/.*: ([0-9.]+) steps.*/\1/p' || status=1
pair "work unit, numba" "steps/s" more "$unit" "$unit_rate" \
    "$(when "grpo_numba_tuned.py numba" "$python $baselines/grpo_numba_tuned.py 1 200")" 's/.*: ([0-9.]+) steps.*/\1/p' || status=1
for level in scalar avx2; do
    pair "work unit, $level" "steps/s" more "$unit --level $level" "$unit_rate" '' '' || status=1
done
pair "dense work unit" "steps/s" more "$bench/bench_workunit --dense yes --steps 400" 's/^plateau [^:]*: ([0-9.]+) steps.*/\1/p' \
    "$($python -c 'import numpy' 2> /dev/null && echo "$python tests/bench/dense_numpy.py 100")" 's/.*: ([0-9.]+) steps.*/\1/p' || status=1
# Every algorithm on the general road, none below a third of GRPO.
$pin "$bench/bench_algorithms" 400 || status=1
for how in group rollout; do
    pair "async, $how events" "steps/s" more "$bench/bench_async $how 300 1" 's/^plateau [^:]*: ([0-9.]+) train.*/\1/p' \
        "$(when "async_simpy.py simpy numpy" "$python $baselines/async_simpy.py $how 20")" 's/.*: ([0-9.]+) train.*/\1/p' || status=1
done
# 100,000 GPU-hours: 7,400 updates, an event for each of their 15 million responses, on one thread.
seconds=$(measure WALL "$scratch/hundred" "$BUILD/plateau" run tests/bench/hundred-thousand.yaml -j 1 -q -f -o "$scratch/hundred-run") &&
    awk -F, -v ms="$seconds" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "gpu_hours") c = i; next } { hours = $c }
        END { printf "%-20s %10.4g s            for %.0f GPU-hours\n", "100,000 GPU-hours", ms / 1000, hours; exit !(hours >= 1e5) }' \
        "$scratch/hundred-run/metrics.csv" || status=1
[ ! -x "$bench/bench_figure" ] || pair "four-panel figure" "ms/process" less "$bench/bench_figure $scratch/figure.png" WALL \
    "$(when "fig_mpl.py matplotlib" "$python $baselines/fig_mpl.py $scratch/baseline.png 1")" WALL || status=1

# Does the work unit end where the baseline does? Mean and standard deviation over 24 seeds each, difference in standard errors.
ends() { sed -E 's/.*entropy ([0-9.]+) pass ([0-9.]+) shares ([0-9.]+).*/\1 \2 \3/'; }
if have grpo_numpy.py numpy; then
    for seed in $(seq 24); do SEED=$seed $pin $python "$baselines/grpo_numpy.py" searchsorted float64 201 | ends; done > "$scratch/theirs"
    $pin "$bench/bench_workunit" --steps 200 --seeds 24 | head -n 1 |
        sed -E 's/.*entropy ([0-9.]+) \(sd ([0-9.]+)\)  pass ([0-9.]+) \(sd ([0-9.]+)\)  share f0 ([0-9.]+) \(sd ([0-9.]+)\).*/\1 \2 \3 \4 \5 \6/' > "$scratch/ours"
    awk 'NR == FNR { for (i = 1; i <= 3; i++) { m[i] = $(2 * i - 1); s[i] = $(2 * i) } next }
         { n++; for (i = 1; i <= 3; i++) { t[i] += $i; q[i] += $i * $i } }
         END { split("entropy pass share", name, " ")
               for (i = 1; i <= 3; i++) {
                   mean = t[i] / n; sd = sqrt((q[i] / n - mean * mean) * n / (n - 1))
                   z = (m[i] - mean) / sqrt((s[i] * s[i] + sd * sd) / n)
                   printf "work unit, 24 seeds: %s %.4f (sd %.4f), numpy %.4f (sd %.4f), difference %.1f standard errors\n", name[i], m[i], s[i], mean, sd, z
                   if (z > 4 || z < -4) bad = 1 }
               exit bad }' "$scratch/ours" "$scratch/theirs" || status=1
fi
# And the event unit, over eight seeds of 60 steps, with both kinds of events?
if have async_simpy.py simpy numpy; then
    for how in group rollout; do
        for seed in $(seq 8); do SEED=$seed $pin $python "$baselines/async_simpy.py" group 60; done |
            sed -E 's/.*entropy ([0-9.]+) pass ([0-9.]+) mean staleness ([0-9.]+) dropped ([0-9.]+).*/\1 \2 \3 \4/' > "$scratch/theirs"
        $pin "$bench/bench_async" $how 60 8 | sed -E 's/.*after.*: *//; s/[a-z()]+//g' > "$scratch/ours"
        awk -v how=$how 'NR == FNR { for (i = 1; i <= 4; i++) { m[i] = $(2 * i - 1); s[i] = $(2 * i) } next }
             { n++; for (i = 1; i <= 4; i++) { t[i] += $i; q[i] += $i * $i } }
             END { split("entropy pass staleness dropped", name, " ")
                   for (i = 1; i <= 4; i++) {
                       mean = t[i] / n; sd = sqrt((q[i] / n > mean * mean ? q[i] / n - mean * mean : 0) * n / (n - 1))
                       error = sqrt((s[i] * s[i] + sd * sd) / n) + (i == 3 ? .005 : i == 4 ? .1 : 1e-4)      # as printed
                       printf "async (%s), 8 seeds: %s %.4f (sd %.4f), SimPy %.4f (sd %.4f), difference %.1f standard errors\n", how, name[i], m[i], s[i], mean, sd, (m[i] - mean) / error
                       if (m[i] - mean > 4 * error || mean - m[i] > 4 * error) bad = 1 }
                   exit bad }' "$scratch/ours" "$scratch/theirs" || status=1
    done
fi
exit $status
