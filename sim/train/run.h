/* One replicate as discrete events: the processes and who tells whom. docs/model/training.md.
 *
 *   generators --group done--> buffer --batch ready--> trainer --update done--> evaluation --> trainer ...
 *        ^                                                |
 *        +------------- weights arrived -- weight sync <--+ batch consumed
 *
 * Each process is a struct with functions of its own file; it schedules its events and, when something is finished,
 * tells the run's mode (run_mode), which decides what that starts. A mode is one constant struct: `sync` lets one
 * process work at a time; a mode in which generation goes on during training differs in these three answers only.
 */
#ifndef PL_TRAIN_RUN_H
#define PL_TRAIN_RUN_H

#include "models/measure.h"
#include "models/selection.h"
#include "sim/core/events.h"
#include "sim/train/learner.h"
#include "sim/train/mode.h"
#include "sim/train/stream.h"

typedef struct run run;

enum {
    EVENT_GROUP, EVENT_BATCH, EVENT_UPDATE, EVENT_SYNCED, EVENT_EVALUATED, EVENT_RESPONSE, EVENT_SCORED, EVENT_FAILURE,
    EVENT_REPAIRED,
    EVENT_KINDS
};
/* At one instant: what generators finish comes first, then training, then publication. */
enum { PRIORITY_GENERATE = 10, PRIORITY_TRAIN = 20, PRIORITY_EVALUATE = 30, PRIORITY_SYNC = 40, PRIORITY_FAILURE = 50 };
/* What the trainer's time goes to, s: waiting for a batch; passes for log-probabilities; updates; publication; evaluation;
 * changes of phase, checkpoints and repairs. */
enum { PHASE_WAIT, PHASE_LOGPROB, PHASE_UPDATE, PHASE_SYNC, PHASE_EVALUATION, PHASE_OTHER, PHASES };

/* Groups of rollouts between generators and trainer, by their slot in the batch: a batch is trained on in the order
 * in which it was asked for, whatever order it was finished in.
 *
 * When every group is finished, the filter admits those that are trained on. Without a filter that is the batch itself. A
 * filter that refills may then ask for another round of `batch`; what was admitted in earlier rounds is kept in `admitted`. */
typedef struct buffer {
    algo_batch batch;                    /* capacity: algorithm.prompts groups; one round */
    size_t complete;                     /* groups finished */
    algo_batch admitted;                 /* of these the trainer learns; .groups is batch.groups without a filter */
    int64_t rounds;                      /* finished for this batch */
    double kept;                         /* share of the groups generated for the last batch that were admitted */
} buffer;
PL_MUST_USE pl_status buffer_init(buffer *b, pl_arena *arena, const algorithm_spec *a);
rollout_group *buffer_open(buffer *b, uint32_t batch, uint32_t slot, uint32_t prompt);
void buffer_complete(buffer *b);
/* A group changes places with another, arrays and all. */
void buffer_swap(rollout_group *a, rollout_group *b);
static inline bool buffer_ready(const buffer *b) { return b->complete == b->batch.n; }
/* Admits the groups of a finished round. False: another round is wanted. */
bool buffer_admit(buffer *b, const algorithm_spec *a);

/* Prompts of the next batch, and what is known of every prompt when a selection wants to know. */
typedef struct drawing {
    selection_record *records;           /* [n_prompts]; NULL: no selection, the curriculum's batches are taken as they are */
    uint32_t *proposed, batch;           /* [n] the curriculum's last proposal; the number of its next */
    size_t n, left;                      /* prompts of a proposal; of the last, those that are not yet used */
} drawing;
PL_MUST_USE pl_status draw_init(run *r);
void draw_prompts(run *r, uint32_t batch, double epoch, uint32_t *prompts, size_t n);
void draw_observe(run *r, const rollout_group *group);             /* every group that is finished, once */
double draw_open(const run *r, uint32_t batch);                    /* share of the pool that may be drawn; NaN without a selection */

/* Replicas with decode slots, first come first served over all slots of all replicas. */
typedef struct generators {
    const double *weights;               /* the version they decode with */
    uint32_t version;                    /* optimiser steps in it */
    size_t slots_all, slots;             /* of all replicas; of those, as many as a batch can use */
    uint32_t batch;                      /* number of the batch being generated */
    uint32_t *prompts;                   /* [n] of it */
    size_t n, next;                      /* groups; the first not yet in a slot */
    double *free_at;                     /* detail batch: [min(slots, n)] heap of the times slots become free, s */
    uint32_t drawn;                      /* of the curriculum's batches, whose prompts they are; counted from 1 */
    double began, decoding;              /* s: when the batch was begun; with something in decoding, so far */
    double busy;                         /* slot-seconds so far */
    double tokens, samples;              /* of finished groups: whole numbers */
    tally decoded, waiting;              /* in turn, detail group: groups in slots; finished ones until their batch is */
    double *started;                     /* [n] s: when a group got its slot; of the finished ones, when they were */
    double difficulty;                   /* their sum over finished groups, logits; not on the quick road, where it is 0 */
} generators;
PL_MUST_USE pl_status generators_init(run *r);
void generators_prompts(run *r, uint32_t batch);                  /* of that batch, if they are not there */
PL_MUST_USE pl_status generators_start(run *r);                   /* begins the next batch now */
PL_MUST_USE pl_status generators_on_group(run *r, const pl_event *e);
PL_MUST_USE pl_status generators_on_batch(run *r, const pl_event *e);

/* The policy under the label of wrong responses: sim/train/conditioned.c. Everything is empty unless the recipe is conditioned. */
typedef struct conditioned {
    double *weights, *state;             /* [n_weights] of it, as forward passes read them; of the optimiser */
    policy_gradient gradient, mixed;     /* its own; with what it shares */
    storage storage;
    bool has_gradient, has_mixed, has_storage;
} conditioned;
PL_MUST_USE pl_status conditioned_init(run *r);
void conditioned_free(conditioned *c);
/* Groups [from, to) under the label of wrong responses; adds what the other label gets of it to the trainer's gradient. */
void conditioned_learn(run *r, size_t from, size_t to);

typedef struct trainer {
    conditioned conditioned;
    policy_gradient gradient;
    bool has_gradient;
    double *state;                       /* of the optimiser */
    double *baseline;                    /* state of the baseline */
    algo_moments *generated;             /* [domains] rewards of all groups generated for the batch; NULL: nobody asks */
    double *weight;                      /* [P * G] of the aggregation */
    double *divergence, *reward;         /* [P * G] scratch for the divergence in the reward */
    double reference_tokens;
    double difficulty, groups;           /* of all groups trained on: sum, logits, and number; not on the quick road */
    size_t minibatch;                    /* the next of the batch */
    uint64_t updates;                    /* of the optimiser: steps that had a group to learn from */
    double busy;                         /* s */
    bool working, saves;                 /* an update is going on; it ends with a checkpoint */
    uint64_t stamp;                      /* of its end, the event that counts */
    double pass;                         /* s of the duration that log-probabilities take, at its beginning */
    double duration, ends, idle_since, blocked_until, unsaved;       /* s; unsaved: work since the last checkpoint */
    double clip_fraction, clip_low, clip_high, norm, staleness, staleness_max;     /* of the last update */
    double picked, effective;            /* of the last update: share of forks singled out; effective sample size by forks */
    double kl;                           /* nats, estimated, mean of a response of the last update (in the reward: batch) */
} trainer;
PL_MUST_USE pl_status trainer_init(run *r);
void trainer_free(trainer *t);
PL_MUST_USE pl_status trainer_start(run *r);                      /* the batch in the buffer */
PL_MUST_USE pl_status trainer_on_update(run *r, const pl_event *e);
void trainer_see(run *r, const rollout_group *group);             /* generated for the batch, whether it is kept or not */
PL_MUST_USE pl_status trainer_continue(run *r);                   /* next minibatch, or the batch is consumed */

double trainer_tokens(const run *r, const algo_batch *batch);
PL_MUST_USE pl_status trainer_time_begin(run *r, double tokens);  /* schedules the end of an update on so many tokens */
bool trainer_time_ends(run *r, const pl_event *e);
PL_MUST_USE pl_status trainer_time_fail(run *r);
PL_MUST_USE pl_status failure_schedule(run *r);
PL_MUST_USE pl_status failure_on(run *r, const pl_event *e);

PL_MUST_USE pl_status weight_sync_start(run *r);
PL_MUST_USE pl_status weight_sync_on_done(run *r, const pl_event *e);

/* The clock's columns (clock.c), and their totals at the row before. */
enum { CLOCK_COLUMNS = 13 + PHASES };
extern const pl_column_spec clock_columns[CLOCK_COLUMNS];
typedef struct clock_rows { double spent[PHASES], decoding, lag, steps, in_flight, buffered; } clock_rows;
void clock_fill(run *r, double span, double *row);    /* span: s since the row before */
void clock_lag(run *r);                               /* brings the integral of the publication lag up to now */

/* Rows of the result table. */
typedef struct evaluation {
    measure_setup setup;
    int64_t *pass_k;
    double *weight;                      /* [n_prompts] of a prompt within its split */
    measures measures;
    size_t first_measure;                /* place of their first column in the row */
    double *row;                         /* [row_size] the row being made, by column of the table */
    size_t row_size;
    policy_view view, sampled;           /* now, and at the temperature of the sampled evaluation */
    policy_view *base;                   /* [n_base] what the base policy says of every prompt; only the first when that were
                                          * too much memory, and then computed anew each time */
    size_t n_base;
    uint16_t *answers;                   /* [samples + 1] of the prompt */
    double *wrong;                       /* [n_wrong] law of the prompt's wrong answers */
    uint32_t *votes;                     /* [n_wrong + 1] by answer */
    double last_time, last_generated, last_trained;   /* s; busy times at the row before */
    clock_rows clock;
} evaluation;
PL_MUST_USE pl_status evaluation_columns(const training_spec *spec, const measure_setup *setup, pl_table *table, pl_diag *diag);
PL_MUST_USE pl_status evaluation_init(run *r);
void evaluation_free(evaluation *e);
PL_MUST_USE pl_status evaluation_start(run *r);                   /* records the row of the current step */

struct run {
    const training_spec *spec;
    const pl_seeds *seeds;
    const char *arm;
    uint32_t replicate;
    pl_table *table;
    training_progress *progress;
    pl_table *trace;                     /* NULL: none */
    pl_diag *diag;
    pl_arena arena;
    learner learner;
    bool has_learner;
    const curriculum *curriculum;
    curriculum_state *order;
    uint32_t *pool;
    size_t n_pool;
    drawing draw;
    const run_mode *mode;
    bool streams;                        /* groups come by ticket (stream.h); else batch by batch */
    stream stream;
    double scale, trainer_rate;          /* parameters of the model; tokens/s */
    double spent[PHASES];                /* s of the trainer so far */
    double lag, lag_at;                  /* integral over time of the publication lag, updates s; up to when, s */
    pl_events events;
    bool has_events;
    generators generators;
    buffer buffer;
    trainer trainer;
    evaluation evaluation;
    uint64_t step;                       /* optimiser steps done */
    uint64_t expected;                   /* optimiser steps as far as known; 0: unknown */
    uint64_t events_since_step;          /* against hangs */
    bool done;
};

/* A replicate by steps, for training_run and for tests that look inside: fill the first seven members, then open, loop,
 * close. Close also after a failed open. */
PL_MUST_USE pl_status run_open(run *r);
PL_MUST_USE pl_status run_loop(run *r);
void run_close(run *r);

/* A row of the trace, when there is one: sim/train/trace.h. */
PL_MUST_USE pl_status run_trace(run *r, unsigned worker, unsigned what, double begin, double end);

/* Schedules kind after `delay` seconds. */
PL_MUST_USE pl_status run_after(run *r, double delay, uint16_t kind, uint16_t priority, uint32_t subject);
PL_MUST_USE pl_status run_numeric(run *r, const char *remedy, const char *fmt, ...) PL_PRINTF(3, 4);
/* What generators are given at a weight sync: the trainer's weights now, or the base's when the recipe samples from it. */
const double *run_sampling_weights(const run *r);
double run_gpu_hours(const run *r);
double run_epoch(const run *r);          /* passes over the pool that are trained on */
bool run_ends(const run *r, uint64_t step);        /* does the run end if `step` is done now? */
bool run_due(const run *r, uint64_t step);         /* is a row recorded when it is done? */
bool run_streams(const training_spec *spec);       /* member `streams` for these settings */
size_t run_minibatch(const run *r);      /* prompts per update */

#endif
