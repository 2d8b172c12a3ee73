/* What a finished response says of itself: its stance, and the confidence that it states. docs/model/policy.md.
 *
 * The policy sees evidence u = logit P(right | f, s, x) + nu N(0,1), clipped to +-clip and put into one of B bins. Given the
 * bin it commits or hedges, and a commitment states one of L levels of confidence:
 *
 *   z_commit = logit(1 - hedge)  + sum_i v_i W[key_i]    + v_ctx sum_l R_u[b,l] W[l]    + v_assert w
 *   z_c      = ln prior_c + sum_k R_c[c,k] ( sum_i v_i W[key_i,k] + v_ctx sum_l R_u[b,l] W[l,k] ) + v_assert w phi_c
 *
 * R_c and R_u are the symmetric square roots of the ordinal kernels K_c and K_u: so an update on (b, c) moves (b', c') by
 * K_c(c,c') (sum_i v_i^2 [same key] + v_ctx^2 K_u(b,b')), and neighbours learn together. A symmetric root keeps weight (l, k) at
 * home at bin l and level k, so that optimisers which look at single weights see something local.
 *
 * The evidence depends on the weights through execution, but it is seen, not chosen: it has no gradient.
 * A response that is cut off or abstains says nothing of itself; hedging states confidence 0.
 */
#include "models/policy_internal.h"

#include <string.h>

#define ASSERT_CLIP 0.01
#define MAX_SWEEPS 60

/* ---- Set-up: priors and kernels ---- */

static double kernel(double distance, double width) {
    if (width == 0.0) return distance == 0.0;
    return exp(-0.5 * (distance / width) * (distance / width));
}

static double bin_distance(const policy *p, size_t a, size_t b) {
    const double d = a > b ? (double)(a - b) : (double)(b - a);
    return d * 2.0 * p->spec->evidence.clip / (double)(p->n_bins - 1);
}

static double off_diagonal(const double *a, size_t n) {
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) sum += a[i * n + j] * a[i * n + j];
    return sum;
}

/* One Jacobi rotation: a <- J^T a J with a[p][q] = 0 after it, v <- v J. */
static void rotate(double *a, double *v, size_t n, size_t p, size_t q) {
    if (a[p * n + q] == 0.0) return;
    const double theta = (a[q * n + q] - a[p * n + p]) / (2.0 * a[p * n + q]);
    const double t = (theta >= 0.0 ? 1.0 : -1.0) / (fabs(theta) + sqrt(theta * theta + 1.0));
    const double c = 1.0 / sqrt(t * t + 1.0), s = t * c;
    for (size_t k = 0; k < n; k++) {
        const double kp = a[k * n + p], kq = a[k * n + q], vp = v[k * n + p], vq = v[k * n + q];
        a[k * n + p] = c * kp - s * kq;
        a[k * n + q] = s * kp + c * kq;
        v[k * n + p] = c * vp - s * vq;
        v[k * n + q] = s * vp + c * vq;
    }
    for (size_t k = 0; k < n; k++) {
        const double pk = a[p * n + k], qk = a[q * n + k];
        a[p * n + k] = c * pk - s * qk;
        a[q * n + k] = s * pk + c * qk;
    }
}

/* root <- the symmetric square root of the positive semidefinite a, which is destroyed; v is scratch. All [n][n]. */
static void symmetric_root(double *a, double *v, double *root, size_t n) {
    for (size_t i = 0; i < n * n; i++) v[i] = i % (n + 1) == 0;
    for (int sweep = 0; sweep < MAX_SWEEPS && off_diagonal(a, n) > 1e-32; sweep++)
        for (size_t p = 0; p + 1 < n; p++)
            for (size_t q = p + 1; q < n; q++) rotate(a, v, n, p, q);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double sum = 0.0;
            for (size_t k = 0; k < n; k++) sum += v[i * n + k] * v[j * n + k] * sqrt(fmax(a[k * n + k], 0.0));
            root[i * n + j] = sum;
        }
}

static void build_levels(policy *p) {
    const confidence_spec *c = &p->spec->confidence;
    const size_t L = p->n_levels;
    double sum = 0.0;
    for (size_t k = 0; k < L; k++) {
        const double level = (double)k / (double)(L - 1), at = fmin(fmax(level, ASSERT_CLIP), 1.0 - ASSERT_CLIP);
        p->level[k] = level;
        p->phi_level[k] = log(at / (1.0 - at));
        sum += p->ln_prior_level[k] = kernel(level - c->peak, c->spread);
    }
    for (size_t k = 0; k < L; k++)
        p->ln_prior_level[k] = log((1.0 - c->tail) * p->ln_prior_level[k] / sum + c->tail / (double)L);
}

pl_status policy_statement_init(policy *p) {
    const size_t B = p->n_bins, L = p->n_levels, n = B > L ? B : L;
    if (B == 0) return PL_OK;
    const double hedge = p->spec->stance.hedge;
    p->commit_logit = p->has_stance ? log((1.0 - hedge) / hedge) : PL_INF;
    p->level = pl_arena_array(&p->arena, L + 1, sizeof *p->level);
    p->ln_prior_level = pl_arena_array(&p->arena, L + 1, sizeof *p->ln_prior_level);
    p->phi_level = pl_arena_array(&p->arena, L + 1, sizeof *p->phi_level);
    p->root_bin = pl_arena_array(&p->arena, B, B * sizeof *p->root_bin);
    p->root_level = pl_arena_array(&p->arena, L + 1, (L + 1) * sizeof *p->root_level);
    double *work = pl_alloc_array(2 * n, n * sizeof *work);
    if (!p->level || !p->ln_prior_level || !p->phi_level || !p->root_bin || !p->root_level || !work) {
        pl_free(work);
        return PL_ERR_WORLD;
    }
    build_levels(p);
    for (size_t i = 0; i < B * B; i++) work[i] = kernel(bin_distance(p, i / B, i % B), p->spec->evidence.width);
    symmetric_root(work, work + n * n, p->root_bin, B);
    for (size_t i = 0; i < L * L; i++) work[i] = kernel(p->level[i / L] - p->level[i % L], p->spec->confidence.width);
    symmetric_root(work, work + n * n, p->root_level, L);
    pl_free(work);
    return PL_OK;
}

/* ---- Evidence ---- */

double policy_evidence(const policy *p, const policy_view *v, size_t format, size_t strategy) {
    const size_t i = format * v->S + strategy;
    const double fits = p->world->fits[v->prompt * p->world->path_stride + i];
    const double q = fits > 0.0 ? fmin(v->success[i] / fits, 1.0) : 0.0;
    return log(q / (1.0 - q));
}

size_t policy_evidence_bin(const policy *p, double u, double z) {
    const evidence_spec *e = &p->spec->evidence;
    const double place = (u + e->noise * z + e->clip) / (2.0 * e->clip) * (double)(p->n_bins - 1) + 0.5;
    if (!(place >= 1.0)) return 0;
    return place >= (double)p->n_bins ? p->n_bins - 1 : (size_t)place;
}

void policy_evidence_law(const policy *p, double u, double *probability) {
    const evidence_spec *e = &p->spec->evidence;
    const size_t B = p->n_bins;
    if (e->noise == 0.0) {
        memset(probability, 0, B * sizeof *probability);
        probability[policy_evidence_bin(p, u, 0.0)] = 1.0;
        return;
    }
    double below = 0.0;
    for (size_t b = 0; b + 1 < B; b++) {
        const double edge = ((double)b + 0.5) * 2.0 * e->clip / (double)(B - 1) - e->clip;
        const double to = 0.5 * erfc((u - edge) / e->noise * 0.70710678118654752440);
        probability[b] = to - below;
        below = to;
    }
    probability[B - 1] = 1.0 - below;
}

/* ---- Forward ---- */

/* The table of decision d that is keyed by the bin: the last one, if any. */
static const policy_table *bin_table(const policy *p, decision d) {
    if (p->first[d] == p->first[d + 1]) return NULL;
    const policy_table *t = &p->tables[p->first[d + 1] - 1];
    return t->feature == FEATURE_CONTEXT ? t : NULL;
}

/* z[j] += gain * sum_l R_u[b,l] W[l,j] */
static void add_bins(const policy *p, const double *weights, decision d, size_t bin, double *z) {
    const policy_table *t = bin_table(p, d);
    if (!t) return;
    for (size_t l = 0; l < p->n_bins; l++) {
        const double *w = weights + t->offset + l * t->width, near = t->gain * p->root_bin[bin * p->n_bins + l];
        for (size_t j = 0; j < t->width; j++) z[j] += near * w[j];
    }
}

/* How far a bin of a view is filled. */
enum { UNKNOWN, COMMIT_KNOWN, ALL_KNOWN };

static double assertiveness(const policy *p, const policy_view *v) {
    return p->assert_gain == 0.0 ? 0.0 : p->assert_gain * v->weights[p->assert_offset];
}

static void view_stance(const policy *p, const policy_view *v, size_t bin) {
    if (v->known[bin] != UNKNOWN) return;
    double z = p->commit_logit;
    v->known[bin] = COMMIT_KNOWN;
    if (p->has_stance) {
        policy_add_tables(p, v->weights, DECISION_STANCE, v->prompt, NO_ROW, &z);
        add_bins(p, v->weights, DECISION_STANCE, bin, &z);
        z += assertiveness(p, v);
        if (v->generates) z += p->off_commit[bin];
    }
    policy_bernoulli(z, v->temperature, &v->commit[bin], &v->ln_commit[bin], &v->ln_hedge[bin]);
}

void policy_view_bin(const policy_view *v, size_t bin) {
    if (v->known[bin] == ALL_KNOWN) return;
    const policy *p = v->policy;
    const size_t L = v->L;
    const double tied = assertiveness(p, v);
    double *near = v->scratch, *ln = v->ln_level + bin * L;
    view_stance(p, v, bin);
    v->known[bin] = ALL_KNOWN;
    if (L == 0) return;
    memset(near, 0, L * sizeof *near);
    policy_add_tables(p, v->weights, DECISION_CONFIDENCE, v->prompt, NO_ROW, near);
    add_bins(p, v->weights, DECISION_CONFIDENCE, bin, near);
    for (size_t c = 0; c < L; c++) {
        ln[c] = p->ln_prior_level[c] + tied * p->phi_level[c];
        for (size_t k = 0; k < L; k++) ln[c] += p->root_level[c * L + k] * near[k];
        if (v->generates) ln[c] += p->off_level[bin * L + c];
    }
    policy_softmax(ln, v->level + bin * L, L, v->temperature);
}

/* P(bin) on path i of [F][S] into `law`, and P(commit) into the view; false when the path makes no statement. Without a stance
 * everything is committed, exactly. */
static bool expect_path(const policy *p, policy_view *v, size_t i, double *law) {
    const world *w = p->world;
    v->committed[i] = 1.0;
    if (w->strategies[i % v->S]->kind == STRATEGY_ABSTAIN || !(w->fits[v->prompt * w->path_stride + i] > 0.0)) return false;
    policy_evidence_law(p, policy_evidence(p, v, i / v->S, i % v->S), law);
    double committed = 0.0;
    for (size_t b = 0; b < v->B; b++) committed += law[b] * v->commit[b];
    if (p->has_stance) v->committed[i] = committed;
    return true;
}

void policy_statement_expect(const policy *p, policy_view *v) {
    double *law = v->scratch + 2 * v->L;
    for (size_t b = 0; b < v->B; b++) {
        policy_view_bin(v, b);
        v->evidence[b] = v->evidence_right[b] = 0.0;
    }
    for (size_t i = 0; i < v->F * v->S; i++) {
        const double path = v->format[i / v->S] * v->strategy[i], fits = p->world->fits[v->prompt * p->world->path_stride + i];
        if (!expect_path(p, v, i, law)) continue;
        for (size_t b = 0; b < v->B; b++) {
            v->evidence[b] += path * fits * law[b];
            v->evidence_right[b] += path * v->success[i] * law[b];
        }
    }
}

void policy_statement_commit(const policy *p, policy_view *v) {
    for (size_t b = 0; b < v->B && p->has_stance; b++) view_stance(p, v, b);
    for (size_t i = 0; i < v->F * v->S; i++) {
        if (p->has_stance) (void)expect_path(p, v, i, v->scratch + 2 * v->L);
        else v->committed[i] = 1.0;
    }
}

/* ---- Backward ---- */

/* Tables of decision d for `width` logits of one bin; `local` is their gradient, already through R_c. */
static void backward_bin(const policy *p, decision d, size_t bin, double scale, const double *local, policy_gradient *g) {
    const policy_table *t = bin_table(p, d);
    if (!t) return;
    for (size_t l = 0; l < p->n_bins; l++)
        policy_add_row(g, t->offset + l * t->width, t->width, scale * t->gain * p->root_bin[bin * p->n_bins + l], local);
}

/* Returns d/d(assertiveness). */
static double backward_stance(const policy *p, const policy_view *v, const policy_dz *dz, double scale, policy_gradient *g) {
    double sum = 0.0;
    for (size_t b = 0; b < v->B; b++) {
        if (dz->stance[b] == 0.0) continue;
        sum += dz->stance[b];
        backward_bin(p, DECISION_STANCE, b, scale, dz->stance + b, g);
    }
    if (sum != 0.0) policy_backward_tables(p, DECISION_STANCE, v->prompt, NO_ROW, scale, &sum, g);
    return sum;
}

static double backward_confidence(const policy *p, const policy_view *v, const policy_dz *dz, double scale, policy_gradient *g) {
    const size_t L = v->L;
    double *local = v->scratch, *sum = local + L, tied = 0.0;
    bool touched = false;
    memset(sum, 0, L * sizeof *sum);
    for (size_t b = 0; b < v->B; b++) {
        const double *at = dz->confidence + b * L;
        bool silent = true;
        for (size_t c = 0; c < L; c++) silent = silent && at[c] == 0.0;
        if (silent) continue;
        touched = true;
        for (size_t k = 0; k < L; k++) {
            local[k] = 0.0;
            for (size_t c = 0; c < L; c++) local[k] += p->root_level[c * L + k] * at[c];
            sum[k] += local[k];
            tied += p->phi_level[k] * at[k];
        }
        backward_bin(p, DECISION_CONFIDENCE, b, scale, local, g);
    }
    if (touched) policy_backward_tables(p, DECISION_CONFIDENCE, v->prompt, NO_ROW, scale, sum, g);
    return tied;
}

void policy_statement_backward(const policy *p, const policy_view *v, const policy_dz *dz, policy_gradient *g) {
    const double scale = 1.0 / v->temperature;
    double tied = p->has_stance ? backward_stance(p, v, dz, scale, g) : 0.0;
    if (v->L) tied += backward_confidence(p, v, dz, scale, g);
    if (p->assert_gain != 0.0 && tied != 0.0) policy_add_row(g, p->assert_offset, 1, scale * p->assert_gain, &tied);
}

double policy_statement_kernel(const policy *p, decision d, uint32_t x, size_t context, size_t j, uint32_t x2, size_t context2,
                               size_t j2) {
    const bool stance = d == DECISION_STANCE;
    const policy_table *bins = bin_table(p, d);
    double shared = policy_shared_rows(p, d, x, NO_ROW, x2, NO_ROW);
    if (bins) shared += bins->gain * bins->gain * kernel(bin_distance(p, context, context2), p->spec->evidence.width);
    const double near = stance ? 1.0 : kernel(p->level[j] - p->level[j2], p->spec->confidence.width);
    const double phi = stance ? 1.0 : p->phi_level[j] * p->phi_level[j2];
    return near * shared + p->assert_gain * p->assert_gain * phi;
}
