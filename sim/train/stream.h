/* The stream of groups between generators and trainer when generation need not wait for training.
 *
 * Every group of rollouts has a ticket, its number in the order in which groups are started. It is in flight until its last
 * response is decoded, then with the reward workers, then in the buffer until it is trained on or dropped:
 *
 *   started = in flight + being rewarded + in the buffer + trained on + dropped as stale + surplus
 *
 * and the same holds, exactly, for tokens, where work lost in failures and restarts comes on top. `surplus` are groups that the
 * filter rejects.
 *
 * The engine underneath decodes. With detail `group` the end of a group is the event. With detail `rollout` it is the end of a
 * response, and the replicas batch continuously: a replica's clock counts the tokens that each of its responses has been given,
 * which is one number for all of them, since they share the speed; a response that begins at clock v and is l tokens long ends
 * at v + l. A change of speed changes when the clock gets there, not where.
 */
#ifndef PL_TRAIN_STREAM_H
#define PL_TRAIN_STREAM_H

#include "models/algo.h"
#include "sim/core/events.h"
#include "sim/train/mode.h"
#include "sim/train/station.h"
#include "sim/train/weights.h"

struct run;

typedef struct flight {
    rollout_group group;                 /* with arrays of its own */
    double *jitter;                      /* [G] factors on the times of its responses; NULL without */
    uint64_t ticket;
    snapshot *weights;                   /* detail group: those that drew it, held */
    double started, entered;             /* s: when it was started; when it came to where it is now */
    uint32_t left, next;                 /* responses not finished; the first not given to a replica */
    uint32_t oldest;                     /* version of the first decision of any of its responses */
    uint32_t replica;                    /* batching group: that decodes it */
    bool live;
} flight;

typedef struct ledger {
    double generated, trained, stale, surplus, lost;      /* tokens, whole */
    double started, groups_trained, groups_stale, groups_surplus;
    double groups_short;                 /* that batches had to do without: rejected, and not asked for anew */
    double restarts, failures;           /* responses begun again; failures of GPUs */
} ledger;

typedef struct seat {                    /* a response being decoded */
    double end, begin;                   /* by the replica's clock, tokens */
    uint64_t order;
    double rate;                         /* tokens of the response per tick of the clock: 1, but for jitter */
    snapshot *weights;                   /* that it began with, held; NULL when they are not needed */
    uint32_t flight, response;
} seat;
typedef struct replica {
    seat *heap;                          /* [n] the next to end first */
    size_t n, capacity, held;            /* held: seats taken, with those of finished responses of unfinished groups */
    double clock, at, frozen;            /* tokens; s up to which the clock is right; s until which it stands still */
    double busy_since;                   /* s */
    uint64_t stamp;                      /* of the event that counts */
    uint32_t before, after;              /* in the list of its load */
    bool down, dirty;
    swap_log log;                        /* by its clock */
} replica;
typedef struct place { uint32_t flight, response; } place;
typedef struct places { place *v; size_t first, n, capacity; } places;
typedef struct engine {
    replica *v;
    size_t n, seats;                     /* replicas; responses that one decodes */
    double *speed;                       /* [seats + 1] */
    uint32_t *by_load;                   /* [seats + 1] first replica with so many seats held */
    size_t least;                        /* of them, the smallest that is not empty */
    uint32_t *dirty;
    size_t n_dirty;
    uint64_t order;
    places line, again;                  /* responses that wait for a seat; that lost theirs, which go first */
} engine;

/* The quick road of a tabular world: stream_fused.c. */
enum { FUSED_CHUNK = 1024 };
typedef struct fused_list { uint32_t *v; size_t n, capacity; } fused_list;    /* flights */
typedef struct fused {
    fused_list undrawn, consumed;        /* begun since the weights last changed; taken by the trainer, not yet applied */
    size_t trained;                      /* of the consumed, the first so many have had their update */
    uint16_t **chunks;                   /* [n_chunks] outcomes by flight */
    size_t n_chunks, n_state, G;
    float *loan;                         /* [n_state] */
    uint32_t *rows;                      /* [prompts] scratch, and the next two: what the kernel draws at once */
    uint16_t *outcome;
    uint8_t *correct;
    double *jitter;                      /* [prompts][G] factors of a batch, or [prompts] with an event per group */
    uint32_t jittered;                   /* of which batch, from 1 */
} fused;

typedef struct ready { uint64_t key; uint32_t flight; } ready;
typedef struct stream {
    flight **flights;
    uint32_t *spare;
    size_t n, n_spare;
    ready *ready;                        /* [n_ready] the buffer, as a heap */
    size_t n_ready, ready_capacity, slots_free;
    uint64_t arrivals;
    double busy_since;                   /* detail group: since when there was always something in flight, s */
    size_t seen;                         /* groups looked at for the batch being filled */
    weight_store store;
    snapshot *current;                   /* that responses begin with */
    swap_log log;                        /* detail group: by time */
    uint64_t published, batches;         /* so far; batches trained on */
    ledger ledger;
    tally in_flight, buffered;
    station reward;
    bool training, publishing, engine_open;      /* the trainer is at work; it waits for weights to be brought */
    engine engine;
    fused fused;
} stream;

/* Groups started towards batches: each batch accounts for as many as it is meant to have, whether it got them or not. */
static inline double ledger_asked(const ledger *l) { return l->started - l->groups_surplus + l->groups_short; }

PL_MUST_USE pl_status stream_open(struct run *r);
void stream_close(struct run *r);
PL_MUST_USE pl_status stream_start(struct run *r);                    /* the first groups */
PL_MUST_USE pl_status stream_admit(struct run *r);                    /* starts groups as the mode and the room allow */
PL_MUST_USE pl_status stream_on_group(struct run *r, const pl_event *e);
PL_MUST_USE pl_status stream_on_scored(struct run *r, const pl_event *e);
PL_MUST_USE pl_status stream_response_done(struct run *r, uint32_t flight, uint32_t response);
/* Fills the trainer's batch from the buffer, and starts the trainer when it is full and nothing else keeps it. */
PL_MUST_USE pl_status stream_train(struct run *r);
PL_MUST_USE pl_status stream_publish(struct run *r);                  /* the trainer's weights are with the generators */
void stream_consumed(struct run *r);                                  /* the trainer has used up its batch */
/* Tokens of finished responses of groups that are not yet trained on or dropped, by counting. */
double stream_waiting(const struct run *r);
const mode_params *stream_mode(const struct run *r);

void stream_leave(struct run *r, uint32_t flight);                    /* gives it back */
double stream_tokens(const struct run *r, const rollout_group *g);    /* of all its responses */
PL_MUST_USE pl_status fused_open(struct run *r);
void fused_close(struct run *r);
void fused_jitter(struct run *r, flight *f);
PL_MUST_USE pl_status fused_begin(struct run *r, uint32_t flight);
PL_MUST_USE pl_status fused_consume(struct run *r, uint32_t flight);
bool fused_update(struct run *r, const algo_batch *batch);
bool fused_publish(struct run *r);

/* The engine: detail rollout. */
PL_MUST_USE pl_status engine_open(struct run *r);
void engine_close(struct run *r);
bool engine_has_room(const struct run *r);
PL_MUST_USE pl_status engine_place(struct run *r);                    /* gives waiting responses to replicas */
PL_MUST_USE pl_status engine_enter(struct run *r, uint32_t flight);   /* a group's responses wait */
PL_MUST_USE pl_status engine_on_response(struct run *r, const pl_event *e);
PL_MUST_USE pl_status engine_swap(struct run *r);                     /* new weights */
void engine_pause(struct run *r, double seconds);
PL_MUST_USE pl_status engine_fail(struct run *r, uint32_t replica);   /* in-flight responses are lost and begin again elsewhere */
PL_MUST_USE pl_status engine_on_repaired(struct run *r, const pl_event *e);
PL_MUST_USE pl_status engine_flush(struct run *r);                    /* next events of replicas that changed */
void engine_advance(struct run *r);                                   /* all clocks up to now */

#endif
