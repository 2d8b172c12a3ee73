/* Response: every decision gets the advantage of its response. */
#include "models/algo.h"

const algo_credit algo_credit_response = {
    .entry = {.name = "response", .doc = "Every decision gets the advantage of its response.",
              .source = "arXiv 2402.03300, section 4.1.2"},
};
