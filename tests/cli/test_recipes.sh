#!/usr/bin/env bash
# Recipes that contradict themselves are refused before the run, with place, reason and remedy; every preset is accepted.
. tests/cli/helper.sh
tiny > good.yaml
# bad NAME REASON SETTING...: good.yaml with these settings must be refused with exit 2 for this reason, and leave nothing.
bad() {
    local name=$1 reason=$2 set=()
    shift 2
    for s in "$@"; do set+=(--set "$s"); done
    fails "$name" 2 "$reason" run good.yaml -o out "${set[@]}"
    check "$name: nothing is written" [ ! -e out ]
}
bad "a group baseline with one rollout" "baseline 'group_mean' needs at least two rollouts" algorithm.group_size=1
bad "a group scale without group baseline" "scale 'group_std' with baseline 'none' divides by epsilon" algorithm.baseline=none
bad "a divergence without estimator" "kl.weight is 0.1 but no estimator" algorithm.kl.weight=0.1
bad "several updates under a loss without ratio" "assumes that the policy is the one that sampled" algorithm.loss=policy_gradient algorithm.minibatches=2
bad "the base samples for a loss without ratio" "which the base is at the first step only" algorithm.loss=policy_gradient algorithm.sampler=base
bad "a proximal anchor without ratio" "no ratio that could be relative to a proximal policy" algorithm.loss=supervised algorithm.decoupled.anchor=proximal
bad "a cap without proximal anchor" "decoupled.cap has no effect" algorithm.decoupled.cap=2
bad "no weight on either sign" "weigh nothing" algorithm.positive_weight=0 algorithm.negative_weight=0
bad "sets of the batch that nobody looks at" "batch.per_domain has no effect" algorithm.batch.per_domain=true
bad "all generated groups, without a filter" "batch.generated has no effect" algorithm.baseline=batch_mean algorithm.scale=batch_std algorithm.batch.generated=true
bad "all generated groups, by their advantages" "looks at advantages" algorithm.scale=batch_rms algorithm.filter=zero_variance algorithm.batch.generated=true
bad "more of a group than there is" "looks at 9 responses of a group of 4" algorithm.preset=pass-at-k algorithm.pass_k=9
bad "a critic without features" "which has none" algorithm.preset=ppo 'policy.strategy={global: 0, domain: 0, band: 0, template: 0, prompt: 0}'
bad "a critic's key without a critic" "critic_lr" algorithm.critic_lr=1
bad "a mean reward that may be negative" "rewards may be as low as -1" algorithm.preset=maxrl 'reward={ternary: {penalty: 1}}'
bad "labels that something else weighs" "return_conditioned imitates every response" algorithm.return_conditioned=true
bad "dynamic sampling without variance" "would drop every group" algorithm.preset=dapo 'reward={correctness: {weight: 0}}'
for kind in baseline scale credit loss aggregation kl filter; do
    run list $kind
    for file in "$root"/models/algo_"$kind"_*.c "$root"/models/"$kind"_*.c; do
        [ -e "$file" ] || continue
        name=$(basename "$file" .c)
        name=${name#algo_}
        check "$kind ${name#"$kind"_} is listed" grep -q "^  ${name#"$kind"_} " "$out"
    done
done
for preset in "$root"/scenarios/base/algorithms/*.yaml; do
    name=$(basename "$preset" .yaml)
    run run good.yaml --dry-run --set "algorithm.preset=$name"
    check "preset $name is accepted" [ "$code" = 0 ]
    run list algorithm
    check "preset $name is listed" grep -q "^  $name\$" "$out"
done
