/* KL-Cov: the forks that drive entropy down most, those of the largest covariance (ln pi - mean)(A - mean), pay for leaving
 * the policy of the ratio: their loss is u A - coefficient |ln u|. All others are importance-weighted, without clip.
 *
 * As many as a fraction of the tokens of the minibatch, since the source counts tokens. On policy the price has no slope. */
#include "models/algo.h"

typedef struct kl_cov_params { double fraction, coefficient; } kl_cov_params;

static const pl_field fields[] = {
    {.name = "cov_fraction",
     .type = PL_REAL,
     .offset = offsetof(kl_cov_params, fraction),
     .fallback = "2e-3",
     .min = 0,
     .max = 1,
     .unit = "fraction of tokens",
     .doc = "So many forks pay, at least one.",
     .source = "arXiv 2505.22617, section 4.3: 2e-3 at 7B, 2e-4 at 32B"},
    {.name = "cov_coefficient",
     .type = PL_REAL,
     .offset = offsetof(kl_cov_params, coefficient),
     .fallback = "1",
     .min = 0,
     .max = PL_INF,
     .flags = PL_OPEN_MAX,
     .unit = "advantage per nat",
     .doc = "Price of a nat of |ln ratio|.",
     .source = "arXiv 2505.22617, section 4.3"},
};
static const pl_struct kl_cov_struct = {
    .name = "loss_kl_cov", .doc = "Which forks pay, and how much.", .size = sizeof(kl_cov_params),
    .fields = fields, .n_fields = PL_COUNT(fields),
};

static double coefficient(const void *params, double advantage, double ratio, bool *clipped) { return ratio * advantage; }

static void pick(const void *params, algo_pick *forks, size_t n, double tokens, pl_stream *random)
{
    double m = ((const kl_cov_params *)params)->fraction * tokens;
    algo_pick_top(forks, n, m < 1 ? 1 : (size_t)m);
}

static double picked(const void *params, double advantage, double ratio)
{
    double price = ((const kl_cov_params *)params)->coefficient;
    return ratio * advantage - (ratio > 1 ? price : ratio < 1 ? -price : 0);
}

const algo_loss algo_loss_kl_cov = {
    .entry = {.name = "kl_cov",
              .doc = "Importance weight per fork; forks of the highest covariance of ln pi and advantage pay for a ratio off 1.",
              .params = &kl_cov_struct,
              .source = "arXiv 2505.22617, eq. 12 and 13"},
    .ratio = ALGO_RATIO_FORK,
    .coefficient = coefficient,
    .pick = pick,
    .picked = picked,
};
