#!/usr/bin/env bash
# Logs as plateau fit reads them: what each importer's notes say on the command line, parts of a run, and bad input.
. tests/cli/helper.sh

fit() { run fit "$@" -x step -y y; }
piped() { "$plateau" fit - -x step -y y "$@" > "$out" 2> "$err"; code=$?; }
# Rows of a rising curve in step S: y.
curve() { awk -v from="${1:-1}" -v to="${2:-60}" 'BEGIN {for (s = from; s <= to; s++) printf "%d %.6f\n", s, .2 + .6 / (1 + (12 / s) ^ 2)}'; }
near() { grep -Eq "^  A +0\.(8|79|80)[0-9]* " "$out"; }

curve | awk '{printf "{\"step\": %d, \"y\": %s, \"note\": \"x\"}\n", $1, $2}' > log.jsonl
curve | awk 'BEGIN {print "step,y"} {print $1 "," $2}' > log.csv
curve | awk '{printf "\033[36m(main_task pid=5)\033[0m step:%d - y:%s - actor/lr(1e-4):0.010\n", $1, $2}' > verl.log
curve | awk '{printf " 1%%| | %d/60 [00:20<58:21]\r{'\''loss'\'': 0.5, '\''y'\'': '\''%s'\'', '\''epoch'\'': %s}\n", $1, $2, $1 / 60}' > trl.log
{ echo '{"best_metric": null, "log_history": ['; curve | awk '{printf "%s{\"step\": %d, \"epoch\": 0.1, \"y\": %s}", (NR > 1 ? ",\n" : ""), $1, $2}'; echo ']}'; } > state.json
curve | awk '{printf "INFO Global step %d: {'\''policy_loss'\'': 0.5, '\''y'\'': %s}\n", $1, $2}' > openrlhf.log
curve | awk '{printf "step %d: {'\''train/loss'\'': 0.5}\nrollout %d: {'\''rollout/raw_reward'\'': 1, '\''y'\'': %s}\n", $1, $1, $2}' > slime.log
curve | awk '{printf "SUCCESS Step %d | Time: 9.5s | Reward: 0.5 | y: %s\n", $1, $2}' > prime.log
{ printf '{"y": {'; curve | awk '{printf "%s\"%d\": %s", (NR > 1 ? ", " : ""), $1, $2}'; echo '}, "ray/gpu": {"0.5": 1}}'; } > metrics.json
curve | awk 'BEGIN {print "\"Step\",\"run - y\",\"run - y__MIN\",\"run - y__MAX\""} {printf "\"%d\",\"%s\",\"%s\",\"%s\"\n", $1, $2, $2, $2}' > wandb.csv
curve | awk 'BEGIN {print "_step,_runtime,_timestamp,y"} {print $1 ",1,2," $2}' > history.csv
curve | awk 'BEGIN {print "arm,replicate,step,y"} {print "base,0," $1 "," $2}' > own.csv
while read -r file format; do
    fit "$file"
    check "$file is fitted" [ "$code" = 0 ]
    check "$file: the ceiling" near
    check "$file: its format is said" said "60 rows by step 1..60, .*format $format\b"
done <<'LIST'
log.jsonl jsonl
log.csv csv
verl.log verl_console
trl.log trl_console
state.json trl_state
openrlhf.log openrlhf_console
slime.log slime_console
prime.log prime_rl_console
metrics.json nemo_json
wandb.csv wandb_csv
history.csv wandb_history
own.csv plateau
LIST

# The door, not the format: standard input, gzip, folders, parts.
piped < verl.log
check "standard input" near
check "standard input is called so" said '^standard input: 60 rows'
gzip -k verl.log
fit verl.log.gz
check "gzip" near
mkdir run
head -n 20 verl.log > run/a.log
tail -n 45 verl.log > run/b.log
echo 'seed: 1' > run/config.yaml
fit run
check "a folder" near
check "a folder: what was not read is said" said '1 other file in the folder left out'
check "a folder: the restart is said" said 'restarted 1 time: 5 earlier rows'
fit run/a.log run/b.log
check "several files are parts of one run" near
curve | awk '{printf "{\"progress/batch\": %d, \"env/all/correct\": %g, \"env/all/reward/total\": %g, \"optim/entropy\": 0.5}\n", $1, $2, $2}' > run/tinker.jsonl
curve | awk '{printf "step:%d - critic/score/mean:%s\n", $1, $2}' > run/a.log
fails "files of two trainers are not one run" 2 "tinker.jsonl: error: this is a log of tinker, and run/a.log is one of verl" fit run -x step -y y
rm run/tinker.jsonl
curve | awk 'BEGIN {print "when,score"} {print $1 "," $2}' > mapped.csv
run fit mapped.csv -m step=when -m pass@1=score -x step -y pass@1
check "a column map" near
{ echo "model,step,y"; for m in a b; do curve | awk -v m=$m '{print m "," $1 "," (m == "a" ? $2 : .3)}'; done; } > models.csv
fails "two models" 2 "several series, told apart by 'model'" fit models.csv -x step -y y
fit models.csv -w model=a
check "one of two models" near
fails "a model that is not there" 2 "no row with model 'c'" fit models.csv -x step -y y -w model=c
fails "a choice that is none" 2 "write COLUMN=VALUE" fit models.csv -x step -y y -w model
run fit log.csv -x step -y y -q
check "-q: no summary" [ ! -s "$err" ]
fails "logs that are not there" 2 "^nor.csv: error: there is no such file or folder; check the spelling" fit neither.csv nor.csv -x step -y y
check "both are told, and nothing else" [ "$(grep -c error "$err")" = 2 ]
fails "a map that is none" 2 "write NAME=COLUMN" fit mapped.csv -m step -x step -y score
fails "a format that is none" 2 "formats are .*verl_console" fit log.csv -f verl -x step -y y
fails "a log that is not of the format given" 2 "no line with 'step:N" fit log.csv -f verl_console -x step -y y
"$plateau" list importer > listed
while read -r file format; do grep -q "^  $format " listed || echo "$format"; done < <(echo "- jsonl"; echo "- wandb_csv"; echo "- plateau") > missing
check "the importers are listed" [ ! -s missing ]

# Bad input: refused with what is wrong, or the whole of it read and the rest said.
head -c -30 log.jsonl > cut.jsonl
fit cut.jsonl
check "a cut last line: read" [ "$code" = 0 ]
check "a cut last line: said" said 'the last line is cut off: [0-9]+ bytes left out'
head -c -30 state.json > cut.json
fit cut.json
check "a cut state: said" said 'the file is cut off'
head -c -3 verl.log > cut.log
fit cut.log
check "a cut console: said" said 'the last line has no end'
head -c -4 log.csv > cut.csv
sed -i '$s/,.*//' cut.csv && truncate -s -1 cut.csv
fit cut.csv
check "a cut table: said" said 'the last row is cut off'
{ cat log.jsonl; cat log.csv; } > mixed
fails "two formats in one file" 2 "mixed:61:" fit mixed -x step -y y
{ echo "step,y"; curve | awk '{print $1 "," ($1 % 7 == 0 ? "NaN" : $1 % 11 == 0 ? "-inf" : $2)}'; } > holes.csv
fit holes.csv
check "NaN and Inf: read" near
check "NaN and Inf: counted" said '13 values are not finite'
{ cat log.jsonl; echo '{"step": 60, "y": 0.1}'; } > twice.jsonl
fit twice.jsonl
check "a step logged twice: said" said '1 values were logged again'
tac log.csv | sed '$d; 1i step,y' > back.csv
fit back.csv
check "backward steps: sorted" near
check "backward steps: said" said 'in no order'
: > empty
fails "an empty file" 2 "empty: error: the file is empty" fit empty -x step -y y
iconv -f UTF-8 -t UTF-16 log.csv > utf16.csv
fails "UTF-16" 2 "this is UTF-16 text" fit utf16.csv -x step -y y
{ printf 'step,y,caf\351\n'; curve | awk '{print $1 "," $2 ",1"}'; } > latin1.csv
fails "Latin-1" 2 "latin1.csv:1:11: error: the byte 0xe9 is not UTF-8" fit latin1.csv -x step -y y
fails "a picture" 2 "error" fit "$root/docs/../Makefile" -x step -y y
if [ -n "$SANITIZED" ]; then # a sanitizer's shadow needs more addresses than the limit leaves
    skip "a line of 2 GB" "a sanitizer's build"
else
    head -c 2147483648 /dev/zero | tr '\0' x | (ulimit -v 1000000; piped; echo "$code" > code)
    check "a line of 2 GB: exit 2" [ "$(cat code)" = 2 ]
    check "a line of 2 GB: refused in 1 GB of address space" said 'a line of more than 64 MiB'
fi
truncate -s 2G huge
fails "a file of 2 GB" 2 "larger than" fit huge -x step -y y
