/* None: the recipe has no reference policy. */
#include "models/algo.h"

const algo_kl algo_kl_none = {
    .entry = {.name = "none", .doc = "No divergence: the base policy is not looked at.", .source = "arXiv 2503.14476, section 2.3"},
};
