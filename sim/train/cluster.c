/* Field table of the cluster, its checks, and what follows from it alone. */
#include <math.h>
#include <string.h>
#include "sim/train/cluster.h"
#include "sim/train/mode.h"

static const char *const detail_names[] = {"group", "batch", "rollout", NULL};
static const char *const batching_names[] = {"continuous", "group", NULL};
static const char *const placement_names[] = {"disaggregated", "colocated", NULL};
static const char *const law_names[] = {"constant", "exponential", NULL};

#define FIELD(type_, member, ...)                                                                                                  \
    {                                                                                                                              \
        .name = #member, .type = type_, .offset = offsetof(cluster_spec, member), __VA_ARGS__                                      \
    }

static const pl_field fields[] = {
    FIELD(PL_CHOICE, mode, .fallback = "sync", .registry = &mode_registry,
          .doc = "How generation and training share time; `plateau list mode` shows them. sync: a batch is generated, then "
                 "trained on, "
                 "then the weights are published, and nothing overlaps."),
    FIELD(PL_INT, generators, .fallback = "4", .min = 1, .max = 1e5, .unit = "replicas",
          .doc = "Replicas that generate responses."),
    FIELD(PL_INT, slots, .fallback = "16", .min = 1, .max = 1e5, .unit = "groups",
          .doc = "Groups that one replica decodes at the same time. A group holds its slot until its longest response is decoded; "
                 "with continuous batching a slot is as many seats as a group has responses, and each is free when its response "
                 "ends."),
    FIELD(PL_REAL, tokens_per_second, .fallback = "50", .min = 0, .max = 1e9, .flags = PL_OPEN_MIN, .unit = "tokens/s",
          .doc = "Decoding speed of each response in a slot; with `saturation`, of one alone."),
    FIELD(PL_REAL, saturation, .fallback = "null", .min = 0, .max = 1e9, .flags = PL_NULLABLE | PL_OPEN_MIN, .unit = "responses",
          .doc = "Responses on a replica at which its throughput is saturated: each of n is decoded at tokens_per_second / "
                 "(1 + (n/saturation)^sharpness)^(1/sharpness). null: speed does not depend on load."),
    FIELD(PL_REAL, sharpness, .fallback = "2", .min = 0, .max = 100, .flags = PL_OPEN_MIN, .unit = "",
          .doc = "How sharply throughput goes from growing with the number of responses to being saturated."),
    FIELD(PL_REAL, jitter, .fallback = "0", .min = 0, .max = 10, .unit = "",
          .doc = "The time of a response is multiplied by a log-normal factor of mean 1 with this deviation of its logarithm: "
                 "what machines, "
                 "tools and a world without lengths do not tell."),
    FIELD(PL_REAL, prefill, .fallback = "null", .min = 0, .max = 1e12, .flags = PL_NULLABLE | PL_OPEN_MIN, .unit = "tokens/s",
          .doc = "Tokens a second of a replica that computes caches anew under new weights (in_flight: recompute); null: no time."),
    FIELD(PL_ENUM, batching, .fallback = "continuous", .names = batching_names,
          .doc = "With detail rollout: continuous, a seat is free when its response ends; group, when the last of its group ends."),
    FIELD(PL_ENUM, detail, .fallback = "group", .names = detail_names,
          .doc = "What is an event of generation: rollout, the end of every response, which continuous batching, load-dependent "
                 "speed and failures need; group, the end of every group; batch, only the end of the whole batch (mode sync; "
                 "times and "
                 "results are those of group, and faster)."),
    FIELD(PL_INT, reward_workers, .fallback = "0", .min = 0, .max = 1e6, .unit = "workers",
          .doc = "Workers that compute rewards, one group at a time each, first come first served; 0: rewards cost no time."),
    FIELD(PL_REAL, reward_time, .fallback = "0", .min = 0, .max = 1e6, .unit = "s", .doc = "Time of a reward worker for a group."),
    FIELD(PL_ENUM, reward_law, .fallback = "constant", .names = law_names,
          .doc = "Law of that time, of which reward_time is the "
                 "mean."),
    FIELD(PL_REAL, trainer_tokens_per_second, .fallback = "50e3", .min = 0, .max = 1e12, .flags = PL_OPEN_MIN, .unit = "tokens/s",
          .doc = "Tokens of the minibatch that the trainer processes in a second."),
    FIELD(PL_REAL, trainer_overhead, .fallback = "2", .min = 0, .max = 1e6, .unit = "s",
          .doc = "Time of an update beside its tokens."),
    FIELD(PL_REAL, trainer_gpus, .fallback = "null", .min = 0, .max = 1e6, .flags = PL_NULLABLE | PL_OPEN_MIN, .unit = "GPUs",
          .doc = "GPUs of the cluster that train; null: half of `gpus`, all when colocated."),
    FIELD(PL_REAL, trainer_flops, .fallback = "null", .min = 0, .max = 1e18, .flags = PL_NULLABLE | PL_OPEN_MIN, .unit = "FLOP/s",
          .doc = "Peak of one GPU. When given, the trainer's tokens per second follow from it instead: trainer_gpus x "
                 "trainer_flops x "
                 "trainer_utilization / (6 x parameters).",
          .source = "arXiv 2001.08361, section 2.1"),
    FIELD(PL_REAL, trainer_utilization, .fallback = "0.35", .min = 0, .max = 1, .flags = PL_OPEN_MIN, .unit = "fraction",
          .doc = "Share of the peak that training reaches."),
    FIELD(PL_REAL, parameters, .fallback = "null", .min = 0, .max = 1e14, .flags = PL_NULLABLE | PL_OPEN_MIN, .unit = "parameters",
          .doc = "Size of the model on the machines; null: world.scale."),
    FIELD(PL_INT, logprob_passes, .fallback = "0", .min = 0, .max = 100, .unit = "passes",
          .doc = "Forward passes over a batch before its updates: log-probabilities under the old policy, the reference. A pass "
                 "takes a "
                 "third of what an update takes for a token: 2 of 6 operations a parameter.",
          .source = "arXiv 2001.08361, "
                    "section 2.1"),
    FIELD(PL_REAL, logprob_overhead, .fallback = "0", .min = 0, .max = 1e6, .unit = "s",
          .doc = "Time of these passes beside their tokens, per batch."),
    FIELD(PL_REAL, weight_sync, .fallback = "1", .min = 0, .max = 1e6, .unit = "s",
          .doc = "Time to bring new weights to the generators, beside what the next two keys add."),
    FIELD(PL_REAL, sync_bandwidth, .fallback = "null", .min = 0, .max = 1e18, .flags = PL_NULLABLE | PL_OPEN_MIN, .unit = "bytes/s",
          .doc = "Adds the time of 2 bytes a parameter at this rate; null: none."),
    FIELD(PL_REAL, sync_per_rank, .fallback = "0", .min = 0, .max = 1e6, .unit = "s",
          .doc = "Adds so much for every replica of the generators."),
    FIELD(PL_REAL, evaluation, .fallback = "0", .min = 0, .max = 1e6, .unit = "s",
          .doc = "Time that the trainer stands still for each recorded evaluation."),
    FIELD(PL_INT, checkpoint_every, .fallback = "0", .min = 0, .max = 1e9, .unit = "updates",
          .doc = "Updates between checkpoints; 0: none but the beginning of the run."),
    FIELD(PL_REAL, checkpoint, .fallback = "0", .min = 0, .max = 1e6, .unit = "s",
          .doc = "Time that the trainer takes to write "
                 "one."),
    FIELD(PL_ENUM, placement, .fallback = "disaggregated", .names = placement_names,
          .doc = "disaggregated: GPUs of their own for generation and for training. colocated: the same GPUs do both, in turn."),
    FIELD(PL_REAL, switching, .fallback = "0", .min = 0, .max = 1e6, .unit = "s",
          .doc = "Colocated: time to change from generation to training, and again back."),
    FIELD(PL_REAL, colocation, .fallback = "1", .min = 1, .max = 100, .unit = "",
          .doc = "Colocated: factor on the times of the trainer, which has less memory to work with."),
    FIELD(PL_REAL, failure_hours, .fallback = "null", .min = 0, .max = 1e9, .flags = PL_NULLABLE | PL_OPEN_MIN, .unit = "h",
          .doc = "Mean time between failures of one GPU, exponential; null: nothing fails. One that generates takes its replica "
                 "down "
                 "for `repair`, and its responses begin again elsewhere. One that trains stops the trainer for `repair`, and the "
                 "updates since the last checkpoint are made again."),
    FIELD(PL_REAL, repair, .fallback = "600", .min = 0, .max = 1e7, .unit = "s", .doc = "Time until what failed works again."),
    FIELD(PL_REAL, gpus, .fallback = "8", .min = 0, .max = 1e6, .flags = PL_OPEN_MIN, .unit = "GPUs",
          .doc = "GPUs of the whole cluster; cost is GPUs times time."),
};

static const run_mode *mode_of(const cluster_spec *c) { return (const run_mode *)c->mode.entry; }
static bool in_turn(const cluster_spec *c) { return !mode_of(c) || mode_of(c)->in_turn; }

static void refuse(const pl_check *check, const char *key, const char *remedy, const char *what)
{
    pl_diag_add(check->diag, PL_ERROR, check->place(check, key), remedy, "%s", what);
}

static void check_detail(const cluster_spec *c, const pl_check *check)
{
    bool sync = !mode_of(c) || !strcmp(mode_of(c)->entry.name, "sync");
    if (sync && c->detail != DETAIL_ROLLOUT && c->jitter > 0)
        refuse(check, "jitter", "set detail: rollout, or leave it out",
               "mode sync has a time for each response only with detail "
               "rollout");
    if (c->detail == DETAIL_BATCH && !sync)
        refuse(check, "detail", "group or rollout",
               "detail batch has one event for a whole batch, but this mode looks at single "
               "groups");
    if (c->detail != DETAIL_ROLLOUT) {
        static const char *const needs[] = {"saturation", "sharpness", "prefill", "batching", "failure_hours", "repair", NULL};
        pl_must_be_default(&cluster_struct, c, check, needs, "without detail: rollout");
        if (c->detail == DETAIL_GROUP && !sync && c->mode.params) {
            int in_flight = ((const mode_params *)c->mode.params)->in_flight;
            if (in_flight == IN_FLIGHT_RECOMPUTE || in_flight == IN_FLIGHT_RESTART)
                refuse(check, "in_flight", "set detail: rollout, or swap or finish",
                       "recompute and restart act on single responses, but with detail group there are only groups");
        }
    }
    if (sync && c->detail != DETAIL_ROLLOUT && c->reward_workers > 0)
        refuse(check, "reward_workers", "set detail: rollout, or leave them out",
               "mode sync has a queue of rewards only with detail rollout");
}

static void check_placement(const cluster_spec *c, const pl_check *check)
{
    static const char *const colocated[] = {"switching", "colocation", NULL};
    if (c->placement == PLACEMENT_COLOCATED && !in_turn(c))
        refuse(check, "placement", "disaggregated, or a mode in which generation and training take turns",
               "the same GPUs cannot generate and train at the same time, as this mode does");
    if (c->placement != PLACEMENT_COLOCATED)
        pl_must_be_default(&cluster_struct, c, check, colocated, "unless placement is colocated");
    if (c->placement == PLACEMENT_COLOCATED && c->trainer_gpus > 0 && c->trainer_gpus != c->gpus)
        refuse(check, "trainer_gpus", "leave it out", "colocated, all GPUs train");
    if (c->trainer_gpus > c->gpus)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "trainer_gpus"), "at most cluster.gpus",
                    "%g GPUs train, but the cluster has %g", c->trainer_gpus, c->gpus);
    if (c->placement != PLACEMENT_COLOCATED && c->trainer_gpus == c->gpus)
        refuse(check, "trainer_gpus", "leave some, or set placement: colocated", "no GPU is left to generate");
}

static void check_failures(const cluster_spec *c, const pl_check *check)
{
    if (!(c->failure_hours > 0)) return;
    double between = 3600 * c->failure_hours / c->gpus;
    if (c->repair > between)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "failure_hours"), "a longer failure_hours, or a shorter repair",
                    "on %g GPUs something fails every %.3g s, but a repair takes %.3g s: the cluster would hardly ever work",
                    c->gpus, between, c->repair);
    if (c->batching == BATCHING_GROUP)
        refuse(check, "batching", "continuous, or no failures",
               "a group whose responses are lost one by one cannot be batched "
               "as one");
}

static void cluster_check(const void *self, const pl_check *check)
{
    const cluster_spec *c = self;
    check_detail(c, check);
    check_placement(c, check);
    check_failures(c, check);
    if (c->reward_workers == 0 && c->reward_time > 0)
        refuse(check, "reward_time", "set reward_workers", "rewards take time but nobody computes them");
    if (c->checkpoint_every == 0 && c->checkpoint > 0)
        refuse(check, "checkpoint", "set checkpoint_every", "the time of a checkpoint has no effect when none is written");
    if (c->logprob_passes == 0 && c->logprob_overhead > 0)
        refuse(check, "logprob_overhead", "set logprob_passes", "there are no passes for log-probabilities");
    if (!(c->trainer_flops > 0)) {
        static const char *const needs[] = {"trainer_utilization", NULL};
        pl_must_be_default(&cluster_struct, c, check, needs, "without trainer_flops");
    }
}

const pl_struct cluster_struct = {
    .name = "cluster",
    .doc = "The machines: how long generation, training and publication of weights take, and what fails.",
    .size = sizeof(cluster_spec),
    .fields = fields,
    .n_fields = PL_COUNT(fields),
    .check = cluster_check,
    .presets = "clusters"};

const char *const in_flight_names[] = {"swap", "recompute", "finish", "restart", NULL};
const char *const take_names[] = {"oldest", "finished", NULL};

double cluster_speed(const cluster_spec *c, double n)
{
    if (!(c->saturation > 0)) return c->tokens_per_second;
    return c->tokens_per_second / pow(1 + pow(n / c->saturation, c->sharpness), 1 / c->sharpness);
}

double cluster_trainer_share(const cluster_spec *c)
{
    if (c->placement == PLACEMENT_COLOCATED) return 1;
    return c->trainer_gpus > 0 ? c->trainer_gpus / c->gpus : 0.5;
}

static double size(const cluster_spec *c, double scale) { return c->parameters > 0 ? c->parameters : scale; }

double cluster_trainer_rate(const cluster_spec *c, double scale)
{
    if (!(c->trainer_flops > 0)) return c->trainer_tokens_per_second;
    return c->gpus * cluster_trainer_share(c) * c->trainer_flops * c->trainer_utilization / (6 * size(c, scale));
}

double cluster_sync_time(const cluster_spec *c, double scale)
{
    double time = c->weight_sync;
    if (c->sync_bandwidth > 0) time += 2 * size(c, scale) / c->sync_bandwidth;
    if (c->sync_per_rank > 0) time += c->sync_per_rank * (double)c->generators;
    return time;
}
