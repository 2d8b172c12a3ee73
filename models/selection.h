/* Selection: which prompts of the pool may be drawn, by what their responses have earned so far. One file selection_<name>.c per
 * rule; registry `selection`.
 *
 * A filter (models/filter.h) looks at groups that have been generated; a selection saves generating them. The curriculum goes on
 * proposing prompts in its own order, and those that the rule skips are passed over; when a long search finds too few, the batch is
 * filled with what the curriculum proposed, so that a rule which has closed everything does not end the run.
 */
#ifndef PL_MODELS_SELECTION_H
#define PL_MODELS_SELECTION_H

#include "models/rollout.h"

typedef struct selection_record {            /* of one prompt */
    double visits, responses, right;         /* groups, responses and right ones of them so far */
    double last_share, last_sd;              /* of the last group: share right, standard deviation of its rewards */
    uint32_t last_batch;                     /* in which that group was asked for */
} selection_record;

typedef struct selection {
    pl_entry entry;
    /* Is a prompt with this record, of at least one visit, passed over in batch `batch`? NULL: none is. */
    bool (*skip)(const void *params, const selection_record *record, uint32_t batch);
    bool needs_variance;                     /* skips everything when rewards never differ */
} selection;
extern const pl_registry selection_registry;  /* generated */

/* NULL entry: as selection none. */
bool selection_skips(const pl_choice *choice);                        /* can it skip prompts at all? */
bool selection_needs_variance(const pl_choice *choice);
bool selection_skip(const pl_choice *choice, const selection_record *record, uint32_t batch);
void selection_observe(selection_record *record, const rollout_group *group);

#endif
