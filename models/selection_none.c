/* No selection: the curriculum alone says what is drawn. */
#include "models/selection.h"

const selection selection_none = {
    .entry = {.name = "none", .doc = "Every prompt may be drawn.", .source = "arXiv 2402.03300"},
};
