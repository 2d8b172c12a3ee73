/* Zero variance: groups whose rewards are all equal leave the batch. Under a group baseline they have no gradient anyway;
 * what changes is every mean they were part of: the fewer groups have a gradient, the more each of them counts. */
#include "models/filter.h"

static bool keep(const void *params, const rollout_group *group) { return filter_has_variance(group); }

const filter filter_zero_variance = {
    .entry = {.name = "zero_variance", .doc = "Groups whose rewards are all equal are dropped, from denominators too.",
              .source = "arXiv 2510.13786"},
    .keep = keep, .needs_variance = true,
};
