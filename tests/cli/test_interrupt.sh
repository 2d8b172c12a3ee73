#!/usr/bin/env bash
# Interrupted and killed runs keep what is finished and continue to the same bytes.
. tests/cli/helper.sh
tiny | sed 's/steps: 20/steps: 4000/; s/replicates: 3/replicates: 12/; s/every: 2/every: 400/' > long.yaml
parts() { find "$1/.parts" -name 'task-*' 2> /dev/null | wc -l; }
# start DIR: begins the run in the background and waits until some replicates are finished.
start() {
    "$plateau" run long.yaml -o "$1" --jobs 2 > "$out" 2> "$err" &
    pid=$!
    for _ in $(seq 600); do
        [ "$(parts "$1")" -ge 3 ] && return 0
        kill -0 $pid 2> /dev/null || return 1
        sleep .02
    done
}
run run long.yaml -o whole --jobs 2
check "the whole run" [ "$code" = 0 ]

start killed
kill -9 $pid
wait $pid 2> /dev/null
check "a killed run keeps finished replicates" [ "$(parts killed)" -ge 3 ]
check "and has no result yet" [ ! -e killed/summary.json ]
sed 's/seed: .*//; $a seed: 77' long.yaml > other.yaml
fails "another scenario does not continue it" 2 "unfinished run of another" run other.yaml -o killed
fails "plot of an unfinished run" 2 "unfinished run" plot killed
run run long.yaml -o killed --jobs 1
check "the same command continues" [ "$code" = 0 ]
check "and says so" said "continued an interrupted run: [0-9]+ of 24"
check "to the same bytes" same_run whole killed

start stopped
kill -INT $pid
wait $pid
code=$?
check "an interrupt ends with 130" [ "$code" = 130 ]
check "and says what is kept and how to go on" said "interrupted: [0-9]+ of 24 replicates.*same command continues"
run run long.yaml -o stopped
check "it continues to the same bytes" same_run whole stopped

tiny | sed 's/steps: 20/steps: 400000/' > endless.yaml
"$plateau" run endless.yaml -o early > "$out" 2> "$err" &
pid=$!
sleep .3
kill -TERM $pid
wait $pid
code=$?
check "terminated before anything is finished: 130" [ "$code" = 130 ]
check "nothing is left" [ ! -e early ]
