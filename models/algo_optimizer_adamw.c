/* AdamW, with a choice of second moments.
 *
 *   m = beta1 m + (1 - beta1) g        v = beta2 v + (1 - beta2) g^2        both divided by 1 - beta^(t+1), then
 *   W += lr (m / (sqrt v + epsilon) - weight_decay W)
 *
 * Dense second moments, one per weight, belong to networks, where a weight is used everywhere. Here a weight of the prompt
 * table is used once an epoch: its m outlives its v, and one visit moves it by (1-beta1)/sqrt(1-beta2) / (1-beta1/sqrt(beta2)) lr,
 * about 30 lr, whatever its gradient. `lazy` touches only the rows of the batch: about 3 lr a visit. `per_table` keeps one v
 * for all weights of a table, the mean of their squared gradients: within a table updates are in proportion to gradients (to
 * their running mean m), as under plain ascent, so that the transfer kernel of the policy holds up to one scalar per table.
 * Weights start at 0 without effect, so decay pulls towards the base policy, not pretrained weights to 0 (docs/model/updates.md). */
#include <math.h>
#include "models/algo.h"

enum { PER_TABLE, DENSE, LAZY };
static const char *const moment_names[] = {"per_table", "dense", "lazy", NULL};

typedef struct adamw_params { double beta1, beta2, epsilon, weight_decay; int second_moment; } adamw_params;

#define AT(member) offsetof(adamw_params, member)
static const pl_field fields[] = {
    {.name = "beta1", .type = PL_REAL, .offset = AT(beta1), .fallback = "0.9", .min = 0, .max = 1, .flags = PL_OPEN_MAX,
     .doc = "Decay per update of the mean of the gradient.", .source = "arXiv 1412.6980, algorithm 1"},
    {.name = "beta2", .type = PL_REAL, .offset = AT(beta2), .fallback = "0.999", .min = 0, .max = 1, .flags = PL_OPEN_MAX,
     .doc = "Decay per update of the mean of its square.", .source = "arXiv 1412.6980, algorithm 1"},
    {.name = "adam_epsilon", .type = PL_REAL, .offset = AT(epsilon), .fallback = "1e-8", .min = 0, .max = PL_INF,
     .flags = PL_OPEN_MIN | PL_OPEN_MAX, .doc = "Added to the root of the second moment; in units of the gradient."},
    {.name = "weight_decay", .type = PL_REAL, .offset = AT(weight_decay), .fallback = "0", .min = 0, .max = PL_INF,
     .flags = PL_OPEN_MAX,
     .doc = "Decoupled: a weight loses lr times this share per update, beside the gradient; 0 is the base policy.",
     .source = "arXiv 1711.05101, algorithm 2"},
    {.name = "second_moment", .type = PL_ENUM, .offset = AT(second_moment), .fallback = "per_table", .names = moment_names,
     .doc = "per_table: one for all weights of a table, which keeps the transfer kernel up to a scalar per table; dense: one per "
            "weight; lazy: one per weight, and rows that the batch does not touch stay as they are.",
     .source = "per_table: arXiv 2406.16793, algorithm 1; lazy: SparseAdam"},
};
#undef AT
static const pl_struct adamw_struct = {
    .name = "optimizer_adamw", .doc = "Adam with decoupled weight decay.", .size = sizeof(adamw_params),
    .fields = fields, .n_fields = PL_COUNT(fields),
};

typedef struct update {
    const adamw_params *c;
    double lr, by1, by2;                     /* 1 / (1 - beta^(t+1)) */
    double *w, *m, *v;
    const double *g;
} update;

static void move(const update *u, size_t j, double v)
{
    const adamw_params *c = u->c;
    u->m[j] = c->beta1 * u->m[j] + (1.0 - c->beta1) * u->g[j];
    u->w[j] += u->lr * (u->by1 * u->m[j] / (sqrt(u->by2 * v) + c->epsilon) - c->weight_decay * u->w[j]);
}

static void by_weight(const update *u, size_t from, size_t n)
{
    for (size_t j = from; j < from + n; j++) {
        u->v[j] = u->c->beta2 * u->v[j] + (1.0 - u->c->beta2) * u->g[j] * u->g[j];
        move(u, j, u->v[j]);
    }
}

/* The table's v stands in the place of its first weight's. */
static void by_table(const update *u, size_t from, size_t n)
{
    double sum = 0;
    if (n == 0) return;
    for (size_t j = from; j < from + n; j++) sum += u->g[j] * u->g[j];
    u->v[from] = u->c->beta2 * u->v[from] + (1.0 - u->c->beta2) * (sum / (double)n);
    for (size_t j = from; j < from + n; j++) move(u, j, u->v[from]);
}

static void step(const void *params, double lr, uint64_t t, double *weights, double *state, const policy *p,
                 const policy_gradient *g)
{
    const adamw_params *c = params;
    double n = (double)t + 1.0;
    update u = {c, lr, 1.0 / (1.0 - pow(c->beta1, n)), 1.0 / (1.0 - pow(c->beta2, n)), weights, state, state + p->n_weights, g->g};
    if (c->second_moment == LAZY) {
        for (size_t k = 0; k < g->n_touched; k++) by_weight(&u, g->touched[k], g->width[k]);
    } else if (c->second_moment == DENSE) {
        by_weight(&u, 0, p->n_weights);
    } else {
        for (size_t i = 0; i < p->n_tables; i++) by_table(&u, p->tables[i].offset, p->tables[i].n_keys * p->tables[i].width);
        size_t tied = p->sharp_offset + p->n_sharp;             /* tied weights follow the tables: those of sharp, then the rest */
        by_table(&u, p->sharp_offset, p->n_sharp);
        by_table(&u, tied, p->n_weights - tied);
    }
}

const algo_optimizer algo_optimizer_adamw = {
    .entry = {.name = "adamw",
              .doc = "Adam with decoupled weight decay; second moment per table, per weight, or per weight touched.",
              .params = &adamw_struct, .source = "arXiv 1711.05101, algorithm 2"},
    .state_per_weight = 2, .step = step,
};
