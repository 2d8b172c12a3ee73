#!/usr/bin/env bash
# plateau plot of what is no run directory: logs, exports, result tables; and plateau check of these last.
. tests/cli/helper.sh
png() { head -c 8 "$1" | grep -q PNG; }
printf 'model,k,pass_at_k\nbase,1,.3\nbase,8,.8\nbase,64,.95\nrl,1,.6\nrl,8,.82\nrl,64,.88\n' > pass.csv
run plot pass.csv
check "a table of pass@k" [ "$code" = 0 ]
check "its figure, and no other" [ "$(cat "$out")" = figures/passk.png ]
check "is one" png figures/passk.png
check "where the curves cross" said "'rl' falls below 'base' at k = 12.7"
run check pass.csv
check "check tells a table's numbers" [ "$code" = 0 ]
check "and where the curves cross" grep -q "falls below 'base' at k = 12.7" "$out"
run check pass.csv --json
check "as JSON, with a verdict" grep -q '"verdict": "not judgeable"' "$out"
check "as JSON, the crossing" grep -q '"falls_below_base_at_k": 12.69' "$out"
fails "a part of a table of results" 2 "table of results without steps" check pass.csv --until .5
{ echo item,method,correct,confidence; for i in $(seq 1 60); do echo "$i,$((i % 2)) model,$((i % 3 / 2)),.$((i * 7 % 10))"; done; } > samples.csv
run plot - -o piped calibration < /dev/null
check "an empty standard input" [ "$code" = 2 ]
"$plateau" plot - -o piped calibration < samples.csv > "$out" 2> "$err"
code=$?
check "a table of confidences, from standard input" [ "$code" = 0 -a -s piped/calibration.png ]
fails "a figure that it has no columns for" 2 "the log does not have the columns of the figure 'passk'" plot samples.csv passk
tiny > tiny.yaml
run run tiny.yaml -o r
run export r --to tensorboard
run plot r/export/tensorboard/base-r0 -o events sigmoid entropy passk
check "a folder of event files" [ "$code" = 0 -a -s events/sigmoid.png -a -s events/entropy.png -a -s events/passk.png ]
run plot r/metrics.csv -o table sigmoid
check "metrics.csv of a run, with its arms" [ "$code" = 0 -a -s table/sigmoid.png ]
{ echo step,mine; for i in $(seq 0 40); do echo "$i,$(awk -v x=$i 'BEGIN {print .2 + .6 * x / (9 + x)}')"; done; } > mine.csv
fails "names that nobody knows" 2 "no figure can be drawn.*--map" plot mine.csv
run plot mine.csv --map pass@1=mine -o mapped
check "a map tells what they mean" [ "$code" = 0 -a -s mapped/sigmoid.png ]
fails "a map of a run" 2 "are for logs" plot r --map pass@1=x
fails "nothing there" 2 "does not exist" plot nowhere
