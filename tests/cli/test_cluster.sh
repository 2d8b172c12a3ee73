#!/usr/bin/env bash
# Impossible clusters are refused before the run, with the reason.
. tests/cli/helper.sh
tiny > base.yaml
refused() { fails "$1" 2 "$2" run base.yaml --set "$3" -o out; }
refused "a bound on staleness in mode sync" "'staleness' belongs to mode 'async', but mode is 'sync'" "cluster.staleness=1"
refused "a negative bound" "'cluster.staleness' is -1: out of bounds" "cluster={mode: async, staleness: -1}"
refused "no trainer" "'cluster.trainer_gpus' is 0: out of bounds" "cluster.trainer_gpus=0"
refused "no GPU left to generate" "no GPU is left to generate" "cluster={gpus: 8, trainer_gpus: 8}"
refused "more trainer than cluster" "9 GPUs train, but the cluster has 8" "cluster={gpus: 8, trainer_gpus: 9}"
refused "no slots" "'cluster.slots' is 0: out of bounds" "cluster.slots=0"
refused "negative times" "'cluster.weight_sync' is -1: out of bounds" "cluster.weight_sync=-1"
refused "the same GPUs at the same time" "cannot generate and train at the same time" "cluster={mode: async, placement: colocated}"
refused "one event for a batch of single groups" "this mode looks at single groups" "cluster={mode: pipeline, detail: batch}"
refused "load without responses" "'saturation' has no effect without detail: rollout" "cluster.saturation=100"
refused "restart of single responses without them" "there are only groups" "cluster={mode: async, in_flight: restart}"
refused "repairs longer than what lies between failures" "would hardly ever work" "cluster={detail: rollout, failure_hours: 1, repair: 3600}"
refused "a buffer that grows for ever" "grows for ever" "cluster={mode: pipeline, capacity: null}"
refused "nothing fresh enough" "make all groups older than 2 updates" "cluster={mode: async, publish_every: 9, max_staleness: 2}"
refused "a cap below every answer" "no response can be finished within 1 tokens" "world.length_cap=1"
refused "rewards that nobody computes" "nobody computes them" "cluster.reward_time=3"
refused "checkpoints never written" "none is written" "cluster.checkpoint=3"
run list mode
check "list mode" [ "$(grep -cE '^ *(sync|off_policy_k|one_step_off|pipeline|async) ' "$out")" = 5 ]

# A trace: intervals of the workers, in order of their ends, within the run; the same twice.
run trace base.yaml --set "cluster={mode: async, staleness: 1, detail: rollout, generators: 3, evaluation: 0.5}" --steps 5 -o one
check "a trace is written" [ "$code" = 0 ]
run trace base.yaml --set "cluster={mode: async, staleness: 1, detail: rollout, generators: 3, evaluation: 0.5}" --steps 5 -o two
check "the same twice" cmp one/trace.csv two/trace.csv
check "with its timeline" cmp one/timeline.png two/timeline.png
check "five updates" [ "$(grep -c '^trainer,update' one/trace.csv)" = 5 ]
check "four publications between them" [ "$(grep -c '^weights,publication' one/trace.csv)" = 4 ]
check "three replicas decode" [ "$(grep '^replica' one/trace.csv | cut -d, -f1 | sort -u | wc -l)" = 3 ]
check "updates do not overlap" awk -F, '/^trainer/ { if ($5 < last) exit 1; last = $6 }' one/trace.csv
fails "an arm that is not there" 2 "the scenario has no arm 'nowhere'" trace base.yaml --arm nowhere
