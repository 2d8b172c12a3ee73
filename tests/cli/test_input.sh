#!/usr/bin/env bash
# Bad input: a clear message with place and remedy, the right exit code, nothing written.
. tests/cli/helper.sh
tiny > good.yaml
# bad NAME PLACE-AND-TEXT: the scenario on standard input must be refused with exit 2 and leave no directory.
bad() {
    cat > bad.yaml
    fails "$1" 2 "$2" run bad.yaml -o out
    check "$1: nothing is written" [ ! -e out ]
}
with() { { tiny; cat; }; }      # the tiny scenario and more lines

bad "an unknown key" "bad.yaml:[0-9]+:3: error: unknown key '(world.)?lenght_sd'.*did you mean 'length_sd'" <<< 'world:
  lenght_sd: 0.4'
bad "a duplicate key" "bad.yaml:2:1: .*duplicate|bad.yaml:2:1: .*twice" <<< 'seed: 3
seed: 4'
bad "a number with letters" "bad.yaml:1:.*1e-6x" <<< 'optimizer: {lr: 1e-6x}'
bad "not a number" "bad.yaml:1:.*nan" <<< 'optimizer: {lr: .nan}'
bad "a word for a number" "bad.yaml:1:.*many" <<< 'replicates: many'
bad "a value out of range" "bad.yaml:1:.*(at least|between|above)" <<< 'replicates: 0'
bad "shares that do not sum" "sum" <<< 'world:
  strategies:
    solve: {kind: genuine, share: 0.6}
    guess: {kind: shortcut, share: 0.6}'
with <<< 'hypotheses:
  - {name: h, measure: pass@2718, at: end, arm: base, greater_than: 0.1}' | bad "a hypothesis about a column that is not there" "bad.yaml:[0-9]+:.*pass@2718"
with <<< 'hypotheses:
  - {name: h, measure: pass@1, at: end, arm: bsae, greater_than: 0.1}' | bad "a hypothesis about an arm that is not there" "bad.yaml:[0-9]+:.*bsae"
with <<< 'hypotheses:
  - {name: h, measure: pass@1, at: step 400, arm: base, greater_than: 0.1}' | bad "a hypothesis beyond the end" "bad.yaml:[0-9]+:.*400"
bad "an arm that changes the seed" "bad.yaml:3:7: error: arm 'a' changes 'seed'" <<< 'arms:
  # one
  a: {seed: 4}'
bad "an arm that is a number" "bad.yaml:1:.*arm 'a' is not a map" <<< 'arms: {a: 4}'
bad "a syntax error" "bad.yaml:2:1: error: not YAML" <<< 'world: {a: ['
bad "an empty file" "bad.yaml.*empty" < /dev/null
head -c 4096 /dev/urandom | bad "a binary file" "bad.yaml"
head -c 20000000 /dev/zero | tr '\0' 'a' | bad "a huge file" "bad.yaml.*(larger|16)"
bad "extending a file that is not there" "bad.yaml:1:.*nowhere.yaml" <<< 'extends: nowhere.yaml'
bad "extending itself" "bad.yaml.*(itself|cycle|circle)" <<< 'extends: bad.yaml'
bad "a replicates stream that is unknown" "bad.yaml:1:.*wrold" <<< 'replicates: {count: 2, share: [wrold]}'
bad "a figure that is unknown" "bad.yaml:1:.*entropi" <<< 'figures: {entropi: {}}'
bad "several mistakes" "bad.yaml:1:.*" <<< 'seed: x
stop: {steps: -3}'
check "several mistakes: both are told" [ "$(grep -c 'error:' "$err")" = 2 ]
with <<< 'stop: {steps: 30}' | bad "a key written twice far apart" "bad.yaml:[0-9]+:"
{ tiny; echo '  c: {optimizer.lr: -1}'; echo '  d: {optimizer.lr: -1}'; } | bad "mistakes in arms" "bad.yaml:1[0-9]:.*lr"

run run nosuch.yaml -o out
check "a file that is not there" bash -c "[ $code = 2 ] || [ $code = 3 ]"
check "a file that is not there: is named" said nosuch
fails "--set of an unknown key" 2 "unknown key 'optimiser'" run good.yaml -o out --set optimiser.lr=1
fails "--set without a value" 2 "set" run good.yaml -o out --set optimizer.lr
fails "an unknown option" 2 "did you mean '--replicates'" run good.yaml --replicate 3
fails "an unknown command" 2 "did you mean 'run'" runn good.yaml
fails "no command" 2 "no command"
fails "an option without value" 2 "needs a value" run good.yaml --seed
fails "an option out of range" 2 "'0' is out of place.*from 1" run good.yaml --jobs 0
fails "too many arguments" 2 "unexpected argument 'b'" run good.yaml b
fails "too few arguments" 2 "needs more arguments" run
fails "an unknown kind" 2 "did you mean 'reward'" list rewrad
fails "an unknown key to explain" 2 "did you mean" explain gruop_size
fails "a vector level that does not exist" 2 "avx3" run good.yaml --simd avx3 -o out
check "none of these wrote anything" [ ! -e out ]

# Directories that are in the way.
run run good.yaml -o taken
fails "a finished run is not overwritten" 2 "holds a finished run; --force" run good.yaml -o taken
run run good.yaml -o taken --force
check "--force replaces it" [ "$code" = 0 ]
mkdir mine && echo precious > mine/file
fails "a directory with other files" 2 "not a run's" run good.yaml -o mine
fails "even with --force" 2 "not a run's" run good.yaml -o mine --force
check "and they are left alone" [ "$(ls -A mine)" = file ]
fails "a file in the way" 2 "is a file" run good.yaml -o good.yaml

# Logs.
printf 'step,y\n0,.1\n1,.2,.3\n' > ragged.csv
fails "a ragged log" 2 "ragged.csv:3:" fit ragged.csv -x step -y y
printf 'step,y\n0,.1\n1,.2\n2,.25\n' > short.csv
fails "too few points to fit" 2 "points|fewer" fit short.csv -x step -y y
fails "a column that is not there" 2 "did you mean 'step'" fit short.csv -x stp -y y
fails "a missing option" 2 "option '--y' is missing" fit short.csv -x step
