# plateau check on the project's own measurements, on a simulated run, and on what it must refuse.
. "$(dirname "$0")/helper.sh"
tiny_grpo=$root/tests/data/tiny-grpo

run check "$tiny_grpo/large-base-s0" --json -o "$work/large"
check "check of a run: exit 0" [ $code = 0 ]
check "its JSON has a verdict and a reason" grep -q '"verdict": "not identified"' "$out"
check "it fits validation" grep -q '"column": "pass@1"' "$out"
check "it writes the figure, the table and the JSON" [ -s "$work/large/check.png" -a -s "$work/large/check.csv" -a -s "$work/large/check.json" ]
check "the JSON written is the JSON printed" cmp -s "$out" "$work/large/check.json"

run check "$tiny_grpo/small-hard-s0"
check "a run that gets worse: exit 1" [ $code = 1 ]
check "and it is called falling" grep -q '^going wrong: falling since' "$out"

run check "$tiny_grpo/large-base-s0" --until 0.5
check "half of a run foretells its end" grep -Eq 'it was 0.641.*, inside' "$out"
run check "$tiny_grpo/large-base-s0" --y reward/mean --rollouts 512
check "another column; noise against binomial sampling" grep -q 'times that of binomial sampling' "$out"
run check "$tiny_grpo/large-base-s0" --against "$tiny_grpo/small-base-s0" --json
check "two open runs cannot be compared: exit 0" [ $code = 0 ]
check "and the verdict says so" grep -q '"verdict": "not identified"' "$out"
run check "$tiny_grpo/large-base-s0" --against "$tiny_grpo/small-hard-s0" --margin 0.02
check "different ceilings: exit 1" [ $code = 1 ]
check "and they are told apart" grep -q '^different ceilings: ceiling' "$out"

tiny > tiny.yaml
run run tiny.yaml -o own --jobs 1
run check own/metrics.csv
check "a run of several replicates asks for one" [ $code = 2 ]
check "and says how" said 'choose one with --arm and --replicate'
fails "a column that is not there" 2 "no column or metric 'rewrad'" check "$tiny_grpo/large-base-s0" --y rewrad
fails "no log" 2 "" check
fails "no part of it" 2 "from 0.01 to 1" check "$tiny_grpo/large-base-s0" --until 0
curve() { awk 'BEGIN {for (i = 0; i <= 60; i++) printf "%d,%d,%.4f\n", i, 40 * i, .2 + .4 / (1 + exp(-1.8 * log((i + .001) / 9))) + .01 * sin(97 * i * i)}'; }
{ echo '"Step","my run - _step","my run - eval/pass@1"'; curve; } > panel.csv
run check panel.csv -x _step -y eval/pass@1
check "the metric's part of a W&B column" grep -q "my run - _step 0 to 2,400" "$out"
check "its ceiling" grep -q "^at plateau: ceiling 0.598" "$out"
{ echo 'model,step,pass@1'; curve | awk -F, '{print "a," $1 "," $3} {print "b," $1 "," $3 / 2}'; } > models.csv
fails "two models: which?" 2 "the log holds 2 runs, told apart by 'model'; choose one with .*--where" check models.csv
run check models.csv --where model=b
check "the second of two models" grep -q "^at plateau: ceiling 0.29" "$out"
fails "a fraction beyond 1" 2 "until" check "$tiny_grpo/large-base-s0" --until 1.5
