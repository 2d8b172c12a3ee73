/* No filter: every group is trained on. */
#include "models/filter.h"

const filter filter_none = {
    .entry = {.name = "none", .doc = "Every group is trained on.", .source = "arXiv 2402.03300, eq. 3"},
};
