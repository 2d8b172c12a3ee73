/* GSPO: one importance ratio for the whole response, the geometric mean over its tokens, clipped as a whole.
 *
 *   s_i  = exp( sum_d ln u_d / l_i )
 *   grad = s_i A_i sum_d grad ln pi_d / l_i   while the clip does not bind, else 0
 *
 * The division by l_i is that of aggregation `response`. A mean over tokens hardly leaves 1, so the bounds are small. */
#include "models/algo_clip.h"

typedef struct gspo_params { double low, high; } gspo_params;

static const pl_field fields[] = {
    {.name = "sequence_low",
     .type = PL_REAL,
     .offset = offsetof(gspo_params, low),
     .fallback = "3e-4",
     .min = 0,
     .max = 1,
     .unit = "fraction",
     .doc = "A response with negative advantage stops when its ratio is below 1 - sequence_low.",
     .source = "arXiv 2507.18071, section 5.1"},
    {.name = "sequence_high",
     .type = PL_REAL,
     .offset = offsetof(gspo_params, high),
     .fallback = "4e-4",
     .min = 0,
     .max = PL_INF,
     .unit = "fraction",
     .doc = "A response with positive advantage stops when its ratio is above 1 + sequence_high.",
     .source = "arXiv 2507.18071, section 5.1"},
};
static const pl_struct gspo_struct = {
    .name = "loss_gspo", .doc = "Bounds of the importance ratio per response.", .size = sizeof(gspo_params),
    .fields = fields, .n_fields = PL_COUNT(fields),
};

static double coefficient(const void *params, double advantage, double ratio, bool *clipped)
{
    const gspo_params *c = params;
    return algo_clip_coefficient(c->low, c->high, advantage, ratio, clipped);
}

const algo_loss algo_loss_gspo = {
    .entry = {.name = "gspo",
              .doc = "Importance ratio per response, the geometric mean over its tokens, clipped as a whole.",
              .params = &gspo_struct,
              .source = "arXiv 2507.18071, eq. 5 to 7"},
    .ratio = ALGO_RATIO_RESPONSE,
    .coefficient = coefficient,
};
