/* The cluster: what generation, rewards, training and publication cost in time, and what breaks. docs/model/training.md.
 *
 * Zero (or null in a scenario) means "costs nothing", "never" or "no limit" for whatever is not there. How generation and training
 * share time is the mode: one file mode_<name>.c each, registry `mode`, with keys of its own beside cluster.mode.
 */
#ifndef PL_TRAIN_CLUSTER_H
#define PL_TRAIN_CLUSTER_H

#include "sim/base/field.h"

enum { DETAIL_GROUP, DETAIL_BATCH, DETAIL_ROLLOUT };
enum { BATCHING_CONTINUOUS, BATCHING_GROUP };
enum { PLACEMENT_DISAGGREGATED, PLACEMENT_COLOCATED };
enum { REWARD_CONSTANT, REWARD_EXPONENTIAL };

typedef struct cluster_spec {
    pl_choice mode;               /* NULL entry: sync */
    int64_t generators, slots;    /* replicas; groups that one decodes at the same time */
    double tokens_per_second;     /* of one response alone */
    double saturation, sharpness; /* responses at which a replica is saturated; how sharp the knee is */
    double jitter;                /* sd of the logarithm of a response's own factor on its time */
    double prefill;               /* tokens/s of a replica that computes caches anew */
    int batching, detail;
    int64_t reward_workers;
    double reward_time; /* s a group */
    int reward_law;
    double trainer_tokens_per_second, trainer_overhead; /* s per update */
    double trainer_gpus, trainer_flops, trainer_utilization, parameters;
    int64_t logprob_passes;
    double logprob_overhead;                           /* s per batch */
    double weight_sync, sync_bandwidth, sync_per_rank; /* s; bytes/s; s */
    double evaluation;                                 /* s */
    int64_t checkpoint_every;                          /* updates */
    double checkpoint;                                 /* s */
    int placement;
    double switching, colocation; /* s per change of phase; factor of the trainer's times */
    double failure_hours, repair; /* mean time between failures of one GPU, h; s */
    double gpus;                  /* of the whole cluster, for GPU-hours */
} cluster_spec;

extern const pl_struct cluster_struct;

/* Speed of one of n responses that a replica decodes together, tokens/s: v / (1 + (n/saturation)^p)^(1/p). Of few responses each
 * goes at v; the throughput of many together approaches v times the saturation. */
double cluster_speed(const cluster_spec *c, double n);
double cluster_trainer_rate(const cluster_spec *c, double scale); /* tokens/s; `scale`: of the world, parameters */
double cluster_sync_time(const cluster_spec *c, double scale);    /* s */
double cluster_trainer_share(const cluster_spec *c);              /* of the GPUs, that train; 1 when colocated */

#endif
