/* Worlds for the tests of this room: a small one with everything in it, and random ones. */
#ifndef TEST_WORLD_FIXTURE_H
#define TEST_WORLD_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "models/rollout.h"

/* |a - b| <= eps, in doubles. */
#define assert_near(a, b, eps) assert_near_at((a), (b), (eps), __FILE__, __LINE__)
static inline void assert_near_at(double a, double b, double eps, const char *file, int line) {
    if (fabs(a - b) <= eps) return;
    print_error("%.17g != %.17g within %g\n", a, b, eps);
    _fail(file, line);
}

static inline pl_per same(double x) { return (pl_per){.all = x}; }

/* Two domains, three formats, four strategies of all kinds. The specs live in the fixture. */
typedef struct fixture {
    domain_spec domains[3];
    format_spec formats[3];
    strategy_spec strategies[5];
    double everywhere[2], half[2];
    const char *format_names[1];
    double format_factors[1];
    world_spec spec;
    policy_spec policy_spec;
    pl_seeds seeds;
} fixture;

static inline void fixture_init(fixture *x) {
    memset(x, 0, sizeof *x);
    x->everywhere[1] = 1.0;
    x->half[1] = 0.5;
    x->format_names[0] = "code";
    x->format_factors[0] = 1.7;
    const pl_reals all = {x->everywhere, 2}, first_half = {x->half, 2};
    x->domains[0] = (domain_spec){"math", NAN, 24, 12, 5, 2, {0.37, 1.3, {0}, {0}}, 0.08};
    x->domains[1] = (domain_spec){"logic", NAN, 17, 9, 3, 0, {-0.61, 0.8, {0}, {0}}, 0.21};
    x->formats[0] = (format_spec){"code", same(0.27), 0.4, -0.1, 0.93, 0.7, 0.5, 0.4};
    x->formats[1] = (format_spec){"text", same(0.52), 0.0, 0.3, 0.88, 1.0, 0.0, 0.0};
    x->formats[2] = (format_spec){"tool", same(0.21), -0.3, 0.0, 1.0, 1.4, 0.0, 0.0};
    const pl_per rare_factor = {1.0, x->format_names, x->format_factors, 1}, one = same(1.0), zero = same(0.0);
    x->strategies[0] = (strategy_spec){"direct", STRATEGY_GENUINE, same(0.55), one, 0.3, 2, same(0.2), 0.3, 1.2, 61.0, 23.0, all};
    x->strategies[1] = (strategy_spec){"rare", STRATEGY_GENUINE, same(0.15), rare_factor, 0.0, 3, same(1.4), 0.5, 0.9, 90.0, 31.0,
                                       first_half};
    x->strategies[2] = (strategy_spec){"guess", STRATEGY_SHORTCUT, same(0.22), one, 0.0, 0, zero, 0.0, 1.0, 17.0, 50.0, all};
    x->strategies[3] = (strategy_spec){"pass", STRATEGY_ABSTAIN, same(0.08), one, 0.0, 0, zero, 0.0, 1.0, 9.0, 50.0, all};
    x->spec = (world_spec){.scale = 1.4e10, .reference_scale = 7e9, .template_sd = 0.7, .prompt_sd = 0.4, .correlation = same(0.35),
                           .execution = 1.6, .execution_per_ln_scale = 0.2, .bands = 4, .length_sd = 0.6, .length_cap = 210.0,
                           .filler_entropy = 0.31};
    x->spec.domains = (pl_map){x->domains, 2};
    x->spec.formats = (pl_map){x->formats, 3};
    x->spec.strategies = (pl_map){x->strategies, 4};
    const gains_spec inherit = {{NAN, NAN, NAN, NAN, NAN, NAN, NAN}};
    x->policy_spec = (policy_spec){.transfer = {{1.0, 0.6, 0.35, 0.45, 0.25, 0.0, 0.55}}, .format = inherit, .strategy = inherit,
                                   .execution = inherit, .sharp = 0.15, .sharp_per_domain = true,
                                   .evidence = {.noise = 1.0, .clip = 6.0, .bins = 25, .width = 1.0}}; /* the defaults */
    x->spec.answers = (answers_spec){.wrong = 7, .zipf = 1.2, .correlation = 0.25};
    x->policy_spec.execution.v[FEATURE_GLOBAL] = 0.4;
    x->seeds = pl_seeds_make(2385, 7, NULL, 0);
}

/* Lets the policy take a stance and state a confidence. */
static inline void fixture_statements(fixture *x) {
    x->policy_spec.evidence = (evidence_spec){.noise = 0.8, .clip = 5.0, .bins = 13, .width = 1.1};
    x->policy_spec.stance = (stance_spec){.hedge = 0.18, .gains = {{0.7, 0.3, 0.2, 0.25, 0.35, 0.0, 0.9}}};
    x->policy_spec.confidence = (confidence_spec){.levels = 7, .peak = 0.9, .spread = 0.1, .tail = 0.08, .width = 0.2,
                                                  .gains = {{0.8, 0.2, 0.3, 0.15, 0.4, 0.0, 1.1}}};
    x->policy_spec.assert = 0.23;
}

static inline pl_stream test_stream(uint32_t a) {
    const pl_seeds seeds = pl_seeds_make(4711, 0, NULL, 0);
    return pl_stream_make(&seeds, PL_FOR_TEST, a, 0, 0);
}

/* Draws new numbers for everything that is a number. */
static inline void fixture_randomise(fixture *x, uint32_t number) {
    pl_stream s = test_stream(number);
    double share[4], sum;
    sum = 0.0;
    for (int f = 0; f < 3; f++) sum += share[f] = pl_exponential(&s) + 0.01;
    for (int f = 0; f < 3; f++) {
        x->formats[f].share = same(share[f] / sum);
        x->formats[f].skill = pl_normal(&s);
        x->formats[f].extraction = pl_uniform(&s);
        x->formats[f].tokens = 0.3 + 2.0 * pl_uniform(&s);
    }
    sum = 0.0;
    for (int i = 0; i < 4; i++) sum += share[i] = pl_exponential(&s) + 0.01;
    for (int i = 0; i < 4; i++) {
        x->strategies[i].share = same(share[i] / sum);
        x->strategies[i].tokens = 5.0 + 150.0 * pl_uniform(&s);
        if (x->strategies[i].kind != STRATEGY_GENUINE) continue;
        x->strategies[i].ability = same(2.0 * pl_normal(&s));
        x->strategies[i].knows = pl_normal(&s);
        x->strategies[i].steps = pl_below(&s, 5);
        x->strategies[i].discrimination = 0.3 + pl_exponential(&s);
    }
    x->spec.template_sd = pl_exponential(&s);
    x->spec.prompt_sd = pl_exponential(&s);
    x->spec.correlation = same(pl_uniform(&s));
    x->spec.length_sd = pl_uniform(&s);
    x->spec.execution = 2.0 * pl_normal(&s);
    for (int f = 0; f < FEATURES; f++) x->policy_spec.transfer.v[f] = pl_uniform(&s);
    x->policy_spec.sharp = pl_uniform(&s);
    x->policy_spec.sharp_per_domain = pl_below(&s, 2) == 1;
}

static inline pl_place fixture_place(const pl_check *check, const char *path) { return (pl_place){0}; }

static inline double *random_weights(const policy *p, uint32_t number, double sd) {
    pl_stream s = test_stream(number);
    double *w = pl_alloc_array(p->n_weights, sizeof *w);
    assert_non_null(w);
    for (size_t i = 0; i < p->n_weights; i++) w[i] = sd * pl_normal(&s);
    return w;
}

#endif
