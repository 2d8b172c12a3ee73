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
bad "ddof without a deviation" "ddof has no effect: the scale is no deviation" algorithm.scale=none algorithm.ddof=1
bad "a reference length without lengths" "reference_tokens has no effect" algorithm.aggregation=sequence algorithm.reference_tokens=90
bad "the same under the constant that is it" "reference_tokens has no effect" algorithm.aggregation=constant algorithm.reference_tokens=90
bad "a weight of blame where none is" "negative_weight has no effect" algorithm.preset=ei-iterated algorithm.negative_weight=2
bad "a ratio of no divergence" "no divergence is estimated" algorithm.kl.importance_ratio=false
bad "a ratio in the reward" "in the reward there is no ratio" algorithm.kl.estimator=k1 algorithm.kl.in=reward algorithm.kl.importance_ratio=false
bad "a ratio under a loss without" "the loss has no ratio" algorithm.preset=rloo algorithm.kl.estimator=k2 algorithm.kl.importance_ratio=false
bad "sharing between labels that are not there" "'sharing' has no effect" algorithm.return_conditioned.sharing=0.2
bad "a proximal anchor where nothing is stale" "a proximal anchor changes nothing" algorithm.decoupled.anchor=proximal
bad "the same with one batch generated ahead" "a proximal anchor changes nothing" algorithm.decoupled.anchor=proximal cluster.mode=off_policy_k cluster.lag=1
bad "right by the size of a reward from which something is taken" "takes a response for right by the size of its reward" algorithm.preset=pass-at-k algorithm.pass_k=2 'algorithm.kl={estimator: k1, in: reward, weight: 0.01}'
bad "a mean reward less a divergence" "may be negative once a divergence" algorithm.preset=maxrl 'algorithm.kl={estimator: k1, in: reward, weight: 0.01}'
bad "a mean reward that a schedule turns" "rewards may be as low as -0.5" algorithm.preset=maxrl 'reward={correctness: {schedule: {at: [0, 9], factor: [1, -0.5]}}}'
bad "mistakes that nobody invites" "no effect where no mistake is invited" world.answers.invited_by=strategy
printf 'prompt,group,outcome,logit,p\n0,g,0,0,0.2\n0,g,1,0,0.7\n' > table.csv
printf 'world: {table: table.csv}\nalgorithm: {group_size: 4, prompts: 1}\nstop: {steps: 2}\n' > tabular.yaml
no_answers="outcomes of a tabular world are not answers"
fails "a majority where outcomes are no answers" 2 "$no_answers" run tabular.yaml --set curriculum.pool.majority=wrong
fails "its label" 2 "$no_answers" run tabular.yaml --set 'reward={incorrect: {label: mistake}}'
# ok NAME SETTING...: the neighbours of what is refused are not.
ok() {
    local name=$1 set=()
    shift
    for s in "$@"; do set+=(--set "$s"); done
    run run good.yaml --dry-run "${set[@]}"
    check "$name is accepted" [ "$code" = 0 ]
}
ok "mistakes of strategies' own" world.answers.invited_by=strategy world.answers.correlation=0.3 curriculum.pool.majority=wrong
ok "ddof of a deviation" algorithm.ddof=1
ok "a reference length beside a constant" algorithm.aggregation=constant algorithm.max_tokens=200 algorithm.reference_tokens=90
ok "a divergence in the loss without ratio" algorithm.kl.estimator=k2 algorithm.kl.importance_ratio=false
ok "a proximal anchor in mode async" algorithm.decoupled.anchor=proximal cluster.mode=async
ok "a proximal anchor with batches ahead" algorithm.decoupled.anchor=proximal cluster.mode=off_policy_k cluster.lag=2
ok "a proximal anchor when the base samples" algorithm.decoupled.anchor=proximal algorithm.sampler=base
ok "a proximal anchor against a mismatch" algorithm.decoupled.anchor=proximal algorithm.decoupled.cap=2 policy.mismatch.sd=0.15
ok "a mean reward that a schedule fades out" algorithm.preset=maxrl 'reward={correctness: {schedule: {at: [0, 9], factor: [1, 0]}}}'
# Arms that differ in what has no effect are the same run, and the run says so.
sed '/^arms:/,$d' good.yaml > twins.yaml
cat >> twins.yaml <<'YAML'
arms:
  plain: {}
  wide: {algorithm.clip_high: 0.4}
  several: {algorithm.minibatches: 2}
  several, narrow: {algorithm.minibatches: 2, algorithm.clip_low: 0.01, algorithm.clip_high: 0.01}
YAML
run run twins.yaml -o twins
check "arms that are the same run are warned of" said "arms 'plain' and 'wide' are the same run"
check "no others are" [ "$(grep -c "same run" "$err")" = 1 ]
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
