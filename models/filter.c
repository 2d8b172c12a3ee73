#include "models/filter.h"

bool filter_drops(const pl_choice *choice)
{
    const filter *f = (const filter *)choice->entry;
    return f && f->keep;
}

bool filter_keeps(const pl_choice *choice, const rollout_group *group)
{
    return !filter_drops(choice) || ((const filter *)choice->entry)->keep(choice->params, group);
}

int64_t filter_rounds(const pl_choice *choice)
{
    const filter *f = (const filter *)choice->entry;
    return f && f->rounds ? f->rounds(choice->params) : 1;
}

bool filter_needs_variance(const pl_choice *choice)
{
    const filter *f = (const filter *)choice->entry;
    return f && f->needs_variance;
}

bool filter_has_variance(const rollout_group *group)
{
    for (size_t i = 1; i < group->G; i++)
        if (group->reward[i] != group->reward[0]) return true;
    return false;
}
