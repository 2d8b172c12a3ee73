#!/usr/bin/env bash
# plateau export: which files, the same bytes each time, and read by other people's readers where there are any.
. tests/cli/helper.sh
tiny > tiny.yaml
run run tiny.yaml -o r
check "a run to export" [ "$code" = 0 ]
formats=$("$plateau" list exporter | awk '/^  / {print $1}')
check "there are formats" [ "$(echo "$formats" | wc -w)" -ge 4 ]
for f in $formats; do
    run export r --to $f
    check "$f" [ "$code" = 0 ]
    check "$f: a file for each arm and replicate, told on standard output" [ "$(wc -l < "$out")" = 6 ]
    while read -r path; do [ -s "$path" ] || echo "$path"; done < "$out" > absent
    check "$f: they are there" [ ! -s absent ]
    run export r --to $f -o again-$f
    check "$f: the same bytes again" diff -r r/export/$f again-$f
    run export r --to $f -o one-$f --arm slow --replicate 2
    check "$f: one arm, one replicate" [ "$(find one-$f -type f | wc -l)" = 1 ]
    check "$f: it is that one" cmp "$(find one-$f -type f)" "$(find r/export/$f -type f | grep slow-r2)"
done
run replay r
check "what was exported is no part of the run" [ "$code" = 0 ]
grep '^arm,\|^base,1,' r/metrics.csv > expected.csv
check "csv: the rows of metrics.csv" cmp expected.csv r/export/csv/base-r1.csv
fails "an unknown format" 2 "unknown exporter 'tensorbord'; did you mean 'tensorboard'" export r --to tensorbord
fails "an unknown arm and replicate" 2 "no arm 'slou'; did you mean 'slow'" export r --to csv --arm slou --replicate 3
check "both are told" said "no replicate 3; they are 0 to 2"
fails "not a run" 2 "does not exist" export nowhere --to csv
fails "no format" 2 "--to" export r
run run tiny.yaml -o r --force --replicates 2
check "a run that replaces the old one takes what was exported of it along" [ ! -e r/export ]

# Arms whose names are no names of files, and two that become one.
sed 's/^  base:/  "a\/b":/; s/^  slow:/  "a b":/' tiny.yaml > names.yaml
run run names.yaml -o names --replicates 1
run export names --to csv
check "arms with strange names keep files apart" [ -s names/export/csv/a_b-r0.csv -a -s names/export/csv/a_b~2-r0.csv ]

if command -v python3 > /dev/null 2>&1; then
    run run tiny.yaml -o p --force
    for f in $formats; do "$plateau" export p --to $f > /dev/null; done
    check "JSON lines, trainer_state and event files as Python reads them" python3 "$root/tests/cli/read_exports.py" p/export/csv/slow-r1.csv \
        p/export/jsonl/slow-r1.jsonl p/export/trainer_state/slow-r1/trainer_state.json p/export/tensorboard/slow-r1/*
else skip "other readers" "no python3"
fi
