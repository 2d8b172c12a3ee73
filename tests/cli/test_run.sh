#!/usr/bin/env bash
# A run directory: what is in it, that it does not depend on jobs, vector level or compiler, that it replays and runs again.
. tests/cli/helper.sh
tiny > tiny.yaml

run run tiny.yaml -o one --jobs 1
check "a run ends well" [ "$code" = 0 ]
for f in resolved.yaml provenance.json metrics.csv columns.json summary.json; do check "it leaves $f" [ -s one/$f ]; done
check "and nothing hidden" [ ! -e one/.parts ]
check "one row per arm, replicate and recorded step" [ "$(wc -l < one/metrics.csv)" = $((1 + 2 * 3 * 11)) ]
check "metrics begin with arm, replicate, step" grep -q '^arm,replicate,step,time_s,gpu_hours,' one/metrics.csv
for f in columns.json summary.json provenance.json; do check "$f has a schema version" grep -q '"schema_version": 1' one/$f; done
check "resolved.yaml has one too" grep -q '^# schema_version: 1' one/resolved.yaml
check "resolved.yaml tells a default from what was written" grep -Eq 'epsilon: .*# .*default' one/resolved.yaml
check "resolved.yaml names the line of what was written" grep -Eq 'group_size: 4 .*tiny.yaml:7' one/resolved.yaml
check "summary has no path in it" bash -c '! grep -q "$1\|one/" one/summary.json' - "$work"
check "a figure was drawn" bash -c 'ls one/figures/*.png'
check "its path was printed" grep -q '^one/figures/.*\.png$' "$out"

run run tiny.yaml -o two --jobs 2
check "two jobs, the same bytes" same_run one two
for level in scalar avx2 avx512; do
    run run tiny.yaml -o "simd-$level" --simd $level
    if [ "$code" = 0 ]; then check "vector level $level, the same bytes" same_run one "simd-$level"
    else check "vector level $level is refused where the machine lacks it" [ "$code" = 2 ]; fi
done
run run one/resolved.yaml -o again
check "resolved.yaml runs again to the same bytes" same_run one again
run replay one
check "replay finds the same" [ "$code" = 0 ]
check "replay names each file" [ "$(grep -c '^same' "$out")" -ge 4 ]

cp -r one edited
sed -i '3s/.$/7/' edited/metrics.csv
run replay edited
check "replay of an edited file: the answer is no" [ "$code" = 1 ]
check "replay says which file was edited" grep -q '^edited *metrics.csv' "$out"
fails "replay of no run" 2 "is not a run's|does not exist" replay .

run plot one -o drawn
check "plot draws the same bytes as the run" bash -c 'for f in one/figures/*.png; do cmp "$f" "drawn/${f##*/}" || exit 1; done'
for format in svg pdf; do
    run plot one --format $format -o drawn
    check "plot draws $format" bash -c "ls drawn/*.$format"
done
fails "plot of an unknown figure" 2 "did you mean 'entropy'" plot one entropi

run run tiny.yaml -o seeded --seed 99
check "another seed, other numbers" bash -c '! cmp -s one/metrics.csv seeded/metrics.csv'
run run tiny.yaml -o fewer --replicates 1 -s record.every=10
check "--replicates and --set" [ "$(wc -l < fewer/metrics.csv)" = $((1 + 2 * 1 * 3)) ]
run run tiny.yaml --dry-run
check "a dry run prints the resolved scenario" grep -q '^optimizer:' "$out"
check "and makes nothing" [ ! -e runs ]
run run tiny.yaml
check "the default directory is runs/<name>" [ -s runs/tiny/summary.json ]
run run tiny.yaml -o as-json --json
check "--json prints the summary" cmp "$out" as-json/summary.json
check "quiet where there is no terminal" bash -c '! grep -q "steps/s" "$1"' - "$err"

# A world read from a table: the run directory holds a copy and stands for itself.
mkdir elsewhere
{
    echo prompt,group,outcome,logit,p
    for i in 0 1 2 3 4 5 6 7; do for o in 0 1 2 3; do echo "$i,group$((o / 2)),$o,0.$i,0.$(((i * 3 + o * 5) % 9 + 1))"; done; done
} > elsewhere/table.csv
cat > elsewhere/tabular.yaml <<'YAML'
world: {table: table.csv}
policy: {transfer: {global: 0, domain: 0, template: 0, prompt: 1}}
algorithm: {group_size: 4, prompts: 8}
stop: {steps: 6}
record: {every: 2}
replicates: 2
YAML
run run elsewhere/tabular.yaml -o tabular
check "a tabular world runs" [ "$code" = 0 ]
rm -r elsewhere
run replay tabular
check "and replays without the original table" [ "$code" = 0 ]
run run tabular/resolved.yaml -o tabular-again
check "and its resolved.yaml runs again to the same bytes" same_run tabular tabular-again

if command -v clang > /dev/null && [ -z "$SANITIZED" ] && [ "${COMPARE_COMPILERS:-1}" = 1 ]; then
    (cd "$root" && make -s -j2 BUILD="$work/clang" CC=clang "$work/clang/plateau") > clang.log 2>&1
    PLATEAU_SCENARIOS=$root/scenarios "$work/clang/plateau" run tiny.yaml -o clang-run > "$out" 2> "$err"
    check "clang's build gives the same bytes" same_run one clang-run
else
    skip "clang's build gives the same bytes" "no clang, or a sanitizer's build"
fi

# The published fitting procedure stands beside ours where it is asked for: on its grid, and within a step of our A.
run run tiny.yaml -o by-grid -s fits.grid=true -s record.every=1
check "fits.grid: another fit in the summary" [ "$(grep -c '"grid": {' by-grid/summary.json)" = 2 ]
check "it is not there unasked" bash -c '! grep -q "\"grid\": {" one/summary.json'
check "its A lies on the grid" awk '
/"grid": \{/ { getline; gsub(/[^0-9.]/, ""); steps = $0 / .005; if ((steps - int(steps + .5)) ^ 2 > 1e-9) exit 1; n++ }
END { exit n != 2 }' by-grid/summary.json
