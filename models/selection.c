#include "models/selection.h"

bool selection_skips(const pl_choice *choice)
{
    const selection *s = (const selection *)choice->entry;
    return s && s->skip;
}

bool selection_needs_variance(const pl_choice *choice)
{
    const selection *s = (const selection *)choice->entry;
    return s && s->needs_variance;
}

bool selection_skip(const pl_choice *choice, const selection_record *record, uint32_t batch)
{
    return selection_skips(choice) && record->visits > 0 &&
           ((const selection *)choice->entry)->skip(choice->params, record, batch);
}

void selection_observe(selection_record *record, const rollout_group *group)
{
    const double n = (double)group->G;
    double right = 0, mean = 0, square = 0;
    for (size_t i = 0; i < group->G; i++) {
        right += group->rollouts[i].correct;
        mean += (group->reward[i] - group->reward[0]) / n;  /* from the first, so that equal rewards have deviation 0 exactly */
    }
    for (size_t i = 0; i < group->G; i++) {
        const double d = group->reward[i] - group->reward[0] - mean;
        square += d * d / n;
    }
    record->visits += 1;
    record->responses += n;
    record->right += right;
    record->last_share = right / n;
    record->last_sd = sqrt(square);
    record->last_batch = group->batch;
}
