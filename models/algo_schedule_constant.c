/* Constant: the learning rate stays where the warm-up left it. */
#include "models/algo.h"

const algo_schedule algo_schedule_constant = {
    .entry = {.name = "constant", .doc = "The learning rate stays.", .source = "arXiv 2402.03300, section 4.1.1"},
};
