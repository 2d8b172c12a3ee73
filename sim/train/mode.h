/* Modes: how generation and training share time. One file mode_<name>.c each; registry `mode`.
 *
 * A mode answers four questions: may another group be started; what happens when a group has reached the buffer, when the
 * trainer has used up its batch, and when new weights have reached the generators. Everything else -- who decodes what, how long it
 * takes, what becomes of responses under which weights change -- is the same for all.
 */
#ifndef PL_TRAIN_MODE_H
#define PL_TRAIN_MODE_H

#include "sim/base/field.h"

struct run;

/* What becomes of responses in flight when new weights arrive. */
enum { IN_FLIGHT_SWAP, IN_FLIGHT_RECOMPUTE, IN_FLIGHT_FINISH, IN_FLIGHT_RESTART };
enum { TAKE_OLDEST, TAKE_FINISHED };

/* Keys of the modes: each mode's field table names those that it reads; the others stay zero. */
typedef struct mode_params {
    double staleness;                    /* eta, publications; PL_INF: no bound */
    int64_t lag;                         /* k, batches */
    double capacity;                     /* of the buffer, batches */
    int64_t publish_every;               /* batches; 0: 1 */
    double max_staleness;                /* updates; older groups are dropped. PL_INF: never */
    int in_flight, take;
} mode_params;

typedef struct run_mode {
    pl_entry entry;
    bool in_turn;                        /* nothing is generated while weights change */
    bool (*may_start)(const struct run *r);           /* asked while there is room */
    pl_status (*on_group)(struct run *r);
    pl_status (*on_consumed)(struct run *r);
    pl_status (*on_synced)(struct run *r);
} run_mode;
extern const pl_registry mode_registry;  /* generated */

/* Field tables of keys that several modes have. */
extern const char *const in_flight_names[], *const take_names[];
#define MODE_FIELD(type_, member, ...) {.name = #member, .type = type_, .offset = offsetof(mode_params, member), __VA_ARGS__}
#define MODE_IN_FLIGHT                                                                                                            \
    MODE_FIELD(PL_ENUM, in_flight, .fallback = "swap", .names = in_flight_names,                                                  \
               .doc = "What becomes of responses in flight when new weights arrive. swap: they go on under the new ones, with the " \
                      "caches of the old; recompute: caches are computed anew first; finish: they are finished under the weights " \
                      "they began with; restart: what was decoded of them is lost and they begin again.")
#define MODE_PUBLISH                                                                                                              \
    MODE_FIELD(PL_INT, publish_every, .fallback = "1", .min = 1, .max = 1e6, .unit = "batches",                                   \
               .doc = "Batches trained on between publications of the weights.")
#define MODE_MAX_STALENESS                                                                                                        \
    MODE_FIELD(PL_REAL, max_staleness, .fallback = "null", .min = 0, .max = 1e9, .flags = PL_NULLABLE, .unit = "updates",         \
               .doc = "Finished groups whose oldest decision is further behind the trainer are dropped; null: none are.")
#define MODE_TAKE                                                                                                                 \
    MODE_FIELD(PL_ENUM, take, .fallback = "oldest", .names = take_names,                                                          \
               .doc = "Which finished group is trained on first: oldest, that which was started first; finished, that which was " \
                      "finished first.")

#endif
