/* Clip-Cov: of the forks that drive entropy down most, some are left out of the update, chosen at random.
 *
 * A fork's covariance (ln pi - mean)(A - mean) is its share in the loss of entropy. Those with a covariance between two bounds
 * may be chosen; as many as a fraction of the tokens of the minibatch. The fraction is of tokens because the source
 * counts tokens: of forks it is l / D times as large, D forks a response. All other forks are clipped as in `clip`. */
#include "models/algo_clip.h"

typedef struct clip_cov_params { double low, high, fraction, from, to; } clip_cov_params;

static const pl_field fields[] = {
    ALGO_CLIP_FIELDS(clip_cov_params),
    {.name = "cov_fraction",
     .type = PL_REAL,
     .offset = offsetof(clip_cov_params, fraction),
     .fallback = "2e-4",
     .min = 0,
     .max = 1,
     .unit = "fraction of tokens",
     .doc = "So many forks are left out of an update, at least one, as far as there are any between the bounds.",
     .source = "arXiv 2505.22617, section 4.2"},
    {.name = "cov_from",
     .type = PL_REAL,
     .offset = offsetof(clip_cov_params, from),
     .fallback = "1",
     .min = -PL_INF,
     .max = PL_INF,
     .flags = PL_OPEN_MIN | PL_OPEN_MAX,
     .unit = "nats",
     .doc = "Lower bound of the covariance of forks that may be left out.",
     .source = "arXiv 2505.22617, section 4.2"},
    {.name = "cov_to",
     .type = PL_REAL,
     .offset = offsetof(clip_cov_params, to),
     .fallback = "5",
     .min = -PL_INF,
     .max = PL_INF,
     .flags = PL_OPEN_MIN,
     .unit = "nats",
     .doc = "Upper bound of it.",
     .source = "arXiv 2505.22617, section 4.2"},
};
static const pl_struct clip_cov_struct = {
    .name = "loss_clip_cov", .doc = "Bounds of the ratio, and which forks are left out.", .size = sizeof(clip_cov_params),
    .fields = fields, .n_fields = PL_COUNT(fields),
};

static double coefficient(const void *params, double advantage, double ratio, bool *clipped)
{
    const clip_cov_params *c = params;
    return algo_clip_coefficient(c->low, c->high, advantage, ratio, clipped);
}

static bool eligible(const void *params, const algo_pick *fork)
{
    const clip_cov_params *c = params;
    return !fork->bound && fork->covariance > c->from && fork->covariance < c->to;
}

static void pick(const void *params, algo_pick *forks, size_t n, double tokens, pl_stream *random)
{
    double m = ((const clip_cov_params *)params)->fraction * tokens;
    algo_pick_random(forks, n, m < 1 ? 1 : (size_t)m, eligible, params, random);
}

static double picked(const void *params, double advantage, double ratio) { return 0; }

const algo_loss algo_loss_clip_cov = {
    .entry = {.name = "clip_cov",
              .doc = "As `clip`, and forks of high covariance of ln pi and advantage are left out at random.",
              .params = &clip_cov_struct,
              .source = "arXiv 2505.22617, eq. 10 and 11"},
    .ratio = ALGO_RATIO_FORK,
    .coefficient = coefficient,
    .pick = pick,
    .picked = picked,
};
