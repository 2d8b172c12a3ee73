#!/usr/bin/env bash
# The machine says no: memory, disk and permissions, injected (hooks.h) and, as root, real.
. tests/cli/helper.sh
tiny | sed 's/replicates: 3/replicates: 1/' > tiny.yaml
one() { "$hooked" run tiny.yaml -o "$1" --jobs 1 > "$out" 2> "$err" < /dev/null; code=$?; }
PLATEAU_COUNT=1 one whole
allocations=$(sed -n 's/^allocations \([0-9]*\) .*/\1/p' "$err") writes=$(sed -n 's/.* writes \([0-9]*\)$/\1/p' "$err")
check "a run allocates and writes" [ "${allocations:-0}" -gt 100 -a "${writes:-0}" -gt 10 ]

# Each failing write or rename: exit 3, and the same command then gives the whole result.
bad=
for k in $(seq 1 "${writes:-1}"); do
    rm -rf full
    PLATEAU_FAIL_WRITE=$k one full
    [ "$code" = 3 ] || bad="$bad write $k: exit $code;"
    [ ! -e full/provenance.json ] || bad="$bad write $k: looks finished;"
    one full
    same_run whole full > /dev/null || bad="$bad write $k: not repaired;"
done
check "every failing write is told and repaired by the next run${bad:+:$bad}" [ -z "$bad" ]

# A sample of failing allocations, all after the k-th: exit 3 with a message or (if nothing needed it) 0, never a crash.
bad=
step=$((${allocations:-1} / 120 + 1))
for k in $(seq 1 12) $(seq 13 $step "${allocations:-1}"); do
    rm -rf none
    PLATEAU_FAIL_ALLOC=$k one none
    case $code in
    3) grep -q 'memory' "$err" || bad="$bad $k: silent;" ;;
    0) ;;
    *) bad="$bad $k: exit $code;" ;;
    esac
    # Past the last rename the run is finished, whatever happens to the report.
    [ ! -e none/provenance.json ] || same_run whole none > /dev/null || bad="$bad $k: looks finished;"
done
check "failing allocations are told${bad:+:$bad}" [ -z "$bad" ]

# One allocation alone: there is room to say what it was for.
bad=
for k in $(seq 5 $step "${allocations:-1}") $(seq $((allocations * 2 / 5)) 3 $((allocations * 2 / 5 + 90))); do
    rm -rf none
    PLATEAU_FAIL_ONCE=$k one none
    [ "$code" = 0 ] || { grep -q 'out of memory while' "$err" && ! grep -q 'while working' "$err"; } || bad="$bad $k: $(head -n 1 "$err");"
done
check "a failing allocation is named${bad:+:$bad}" [ -z "$bad" ]

printf 'step,y\n' > log.csv
for i in $(seq 0 60); do echo "$i,$(awk -v x=$i 'BEGIN {print .2 + .6 / (1 + (9 / (x + .001)) ^ 1.7)}')"; done >> log.csv
bad=
for k in $(seq 1 7 400); do
    PLATEAU_FAIL_ALLOC=$k "$hooked" fit log.csv -x step -y y --png fit.png > "$out" 2> "$err"
    code=$?
    [ "$code" = 3 ] || [ "$code" = 0 ] || bad="$bad $k: exit $code;"
done
check "so are those of fit${bad:+:$bad}" [ -z "$bad" ]

"$plateau" schema > /dev/full 2> "$err"
code=$?
check "a full standard output: exit 3" [ "$code" = 3 ]
check "a full standard output: says so" said "standard output.*[Nn]o space"

if [ "$(id -u)" = 0 ] && mkdir disk && mount -t tmpfs -o size=24k tmpfs disk 2> /dev/null; then
    fails "a full disk" 3 "[Nn]o space" run tiny.yaml -o disk/run
    check "a full disk: nothing looks finished" [ ! -e disk/run/summary.json ]
    umount disk
else
    skip "a full disk" "needs root and mounts"
fi
if [ "$(id -u)" = 0 ]; then
    fails "a place that cannot be written" 3 "/proc" run tiny.yaml -o /proc/plateau-run
fi
