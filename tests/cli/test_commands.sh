#!/usr/bin/env bash
# The commands that run nothing; fit; the installed copy; the generated reference.
. tests/cli/helper.sh
for c in run plot export replay fit list explain schema new version help reference; do
    run $c --help
    check "$c --help" grep -q "^usage: plateau $c" "$out"
done
run help
check "help lists the commands" grep -q '^  run ' "$out"
run version
check "version" grep -q '^plateau [0-9]' "$out"
run version --json
check "version --json" grep -q '"compiler"' "$out"
run list reward
check "list reward" grep -q '^  correctness ' "$out"
run list algorithm
check "list algorithm" grep -q '^  grpo$' "$out"
run explain algorithm.group_size
check "explain" grep -q 'bounds' "$out"
run explain entropy
check "explain a measure" grep -q 'entropy' "$out"
run explain strategies/kind/shortcut
check "explain a column" grep -q 'column of metrics.csv' "$out"
fails "explain what is not there" 2 "unknown key 'pass@one'" explain pass@one
run schema
check "schema" grep -q 'json-schema.org/draft/2020-12' "$out"
run new fresh
check "new" [ -s fresh.yaml ]
fails "new does not overwrite" 2 "exists" new fresh
run run fresh.yaml -o fresh-run --replicates 1
check "what new writes runs as it is" [ "$code" = 0 ]

printf 'step,y,note\n' > log.csv
for i in $(seq 0 60); do echo "$i,$(awk -v x=$i 'BEGIN {print .2 + .6 / (1 + (9 / (x + 1e-9)) ^ 1.7) + .002 * sin(7 * x)}'),w$i"; done >> log.csv
run fit log.csv --x step --y y --png fit.png
check "fit" [ "$code" = 0 ]
check "fit finds the ceiling" grep -Eq '^  A +0\.(79|80)' "$out"
check "fit draws" bash -c 'head -c 8 fit.png | grep -q PNG'
run fit - --x step --y y --json < /dev/null
check "fit of an empty standard input" [ "$code" = 2 ]
run fit log.csv --x step --y y --json
check "fit --json" grep -q '"identified": true' "$out"
run fit log.csv --x step --y y --until 6
check "fit of a prefix that has not bent is not identified" grep -q '^not identified: ' "$out"
fails "fit of a text column" 2 "holds text" fit log.csv --x step --y note
fails "fit of a column over itself" 2 "both 'step'" fit log.csv --x step --y step
# A W&B export: the metric's name alone is enough, for the figure too.
sed '1s/.*/eval_step,"my run - eval\/pass@1",note/' log.csv > wandb.csv
run fit wandb.csv --x eval_step --y eval/pass@1 --png wandb.png
check "fit finds a metric behind the name of its run, and draws it" [ "$code" = 0 -a -s wandb.png ]
{ sed '1s/^/arm,/; 2,$s/^/a,/' log.csv; sed '1d; s/^/b,/' log.csv; } > arms.csv
fails "fit of several arms at once" 2 "several series, told apart by 'arm'; choose one with --where" fit arms.csv --x step --y y
printf '{\n  "rows": [\n    {"step": 1}\n  ]\n}\n' > document.json
fails "fit of a JSON document" 2 "document.json:1:1: error: .*one JSON document" fit document.json --x step --y y
check "a JSON document is one error, not one a line" [ "$(wc -l < "$err")" = 1 ]
printf 'world: {table: nowhere.csv}\n' > tabular.yaml
fails "a world's table that is not there" 2 "tabular.yaml:1:16: error: .*nowhere.csv" run tabular.yaml -n
fails "an empty option" 2 "output is empty" run fresh.yaml -o ''
fails "a scenario misspelt" 2 "did you mean 'tutorial/01-first-run'" run tutorial/01-frist-run
fails "a scenario without its folder" 2 "did you mean 'findings/f05-overly-hard'" run f05-overly-hard
run run fresh --dry-run
check "the ending of a scenario file may be left out" [ "$code" = 0 ]
fails "a fit of a column that is not there" 2 "did you mean 'gpu_hours'" run fresh -n -s fits.sigmoid_x=gpu_hour

for t in "$root"/scenarios/tutorial/*.yaml; do
    run run "$t" -o "tutorial-${t##*/}" --replicates 2 -s stop.steps=20
    check "tutorial ${t##*/}" [ "$code" -le 1 ]
done

if [ -z "$SANITIZED" ]; then
    (cd "$root" && PREFIX="$work/prefix" sim/packaging/install.sh "$plateau") > install.log
    check "install" [ -x prefix/bin/plateau ]
    mv prefix moved
    moved/bin/plateau list finding > "$out" 2> "$err"
    code=$?
    check "the installed copy finds its scenarios where it is" grep -q '^  f05-' "$out"
    moved/bin/plateau run base/math-7b -o installed --replicates 1 -s stop.steps=5 > "$out" 2> "$err"
    code=$?
    check "the installed copy runs" [ "$code" = 0 ]
    check "from its own scenarios" grep -q "$work/moved/.*share/plateau/scenarios/base/math-7b.yaml\|moved/bin/../share/plateau" installed/resolved.yaml
    (cd "$root" && PREFIX="$work/moved" sim/packaging/install.sh --remove)
    check "uninstall leaves nothing" [ -z "$(find moved -type f)" ]
fi

(cd "$root" && sim/packaging/reference.sh "$plateau" "$work/reference") > reference.log 2>&1
check "the committed reference is what the program writes (make docs)" diff -r "$work/reference" "$root/docs/reference"
(cd "$root" && make -s layers) > layers.log 2>&1
check "the layers hold" grep -q 'every include follows' layers.log

# The table of findings, from runs of a scenario that names one: one effect comes out, one does not, a known miss does not either.
{ tiny; cat <<'YAML'
about:
  finding: F99
  claim: A claim | with a bar
  published: "3 to 4"
  headline: it rises
  misses: [it falls]
hypotheses:
  - {name: steps are steps, measure: tokens, arm: base, greater_than: 1}
  - {name: it rises, measure: tokens, from: start, arm: base, greater_than: 0}
  - {name: it falls, measure: tokens, from: start, arm: base, less_than: 0}
  - {name: nothing is used, role: control, measure: tokens, from: start, arm: slow, less_than: 0}
YAML
} > f99-test.yaml
run run f99-test.yaml -o finding
run reference findings finding
check "the table of findings is made" [ "$code" = 0 ]
check "it has the published and the simulated number, and the verdicts" \
    grep -Eq '^\| \[F99\]\(f99-test.md\) \| A claim \\\| with a bar \| 3 to 4 \| it rises: [0-9.e+]+ \[.*\] \| 2 of 3 supported, \*\*1 refuted\*\* \| 0 of 1 supported, \*\*1 refuted\*\* \| [0-9]+ s \|$' "$out"
check "a known miss is known" grep -Eq '^\| F99 \| it falls \| known: tokens ' "$out"
check "another is new" grep -Eq '^\| F99 \| control: nothing is used \| \*\*new\*\*: ' "$out"
sed 's/misses: .*/misses: [it rises]/' f99-test.yaml > f98-test.yaml
run run f98-test.yaml -o finding98
run reference findings finding98
check "a miss that came out is told" grep -q 'it rises | listed as a miss, but it came out' "$out"
tiny > plain.yaml
run run plain.yaml -o plain
fails "a scenario without a finding" 2 'names no finding' reference findings plain
fails "no directory" 2 'none is given' reference findings
fails "a directory for another page" 2 "unexpected argument" reference columns finding
sed 's/headline: .*/headline: it rose/' f99-test.yaml > f97-test.yaml
fails "a headline that is no hypothesis" 2 "there is no hypothesis 'it rose'" run f97-test.yaml --dry-run

# Every finding has its page.
pages=ok
for s in "$root"/scenarios/findings/*.yaml; do
    page=$(sed -n 's/^  page: *//p' "$s")
    [ -s "$root/docs/findings/${page:-$(basename "$s" .yaml)}.md" ] || pages="$(basename "$s") has no page"
done
check "every finding has its page" [ "$pages" = ok ]
