/* The world: closed forms, keyed random numbers, priors, checks, failing allocations. */
#include "test_world_fixture.h"

static double sigma(double z) { return 1.0 / (1.0 + exp(-z)); }

static world built(const fixture *x) {
    world w;
    assert_int_equal(world_build(&w, &x->spec, &x->seeds, NULL), PL_OK);
    return w;
}

static void test_applicability_is_the_formula(void **state) {
    fixture x;
    fixture_init(&x);
    double list[] = {-1.25, 0.4, 2.385};
    const char *names[] = {"logic"};
    double kappa[] = {1.9};
    x.domains[0].difficulty.list = (pl_reals){list, 3};
    x.domains[1].difficulty.list = (pl_reals){list, 3};
    x.strategies[0].ability = (pl_per){0.2, names, kappa, 1};
    x.spec.template_sd = x.spec.prompt_sd = 0.0;
    world w = built(&x);
    const double ln = log(2.0);
    for (size_t i = 0; i < w.n_train; i++) {
        const bool math = i < 24;
        const double b = list[(math ? i : i - 24) % 3];
        const double *m = w.applicability + i * 4;
        assert_int_equal(w.domain[i], !math);
        assert_near(m[0], sigma(1.2 * ((math ? 0.2 : 1.9) + 0.3 * ln - b)), 1e-14);
        assert_near(m[2], math ? 0.08 : 0.21, 0.0);
        assert_near(m[3], 0.0, 0.0);
        /* "rare" works on the first half of the templates: 0, 1, 2 of 5 and 0, 1 of 3. */
        const size_t t = w.template_[i] - (math ? 0 : 5);
        const bool applies = t < (math ? 3u : 2u);
        assert_near(m[1], applies ? sigma(0.9 * (1.4 + 0.5 * ln - b)) : 0.0, 1e-14);
        assert_near(w.execution[i * 3 + 1], 1.6 + 0.2 * ln + 0.3 * ln, 1e-14);
    }
    world_free(&w);
}

static void test_numbering(void **state) {
    fixture x;
    fixture_init(&x);
    world w = built(&x);
    assert_int_equal(w.n_train, 41);
    assert_int_equal(w.n_split[SPLIT_HELD_OUT], 21);
    assert_int_equal(w.n_split[SPLIT_HELD_OUT_TEMPLATE], 12);
    assert_int_equal(w.n_prompts, 74);
    assert_int_equal(w.n_train_templates, 8);
    assert_int_equal(w.n_templates, 10);
    for (size_t i = 0; i < w.n_prompts; i++) {
        const int split = i < 41 ? SPLIT_TRAIN : i < 62 ? SPLIT_HELD_OUT : SPLIT_HELD_OUT_TEMPLATE;
        assert_int_equal(w.split[i], split);
        assert_int_equal(w.template_[i] >= 8, split == SPLIT_HELD_OUT_TEMPLATE);
        if (split != SPLIT_HELD_OUT_TEMPLATE) assert_int_equal(w.template_[i] >= 5, w.domain[i] == 1);
    }
    size_t in_band[4] = {0};
    for (size_t i = 0; i < w.n_train; i++) in_band[w.band[i]]++;
    for (int k = 0; k < 4; k++) assert_in_range(in_band[k], 10, 11);
    world_free(&w);
}

/* A strategy, a format and a domain added at the end leave every other random number as it was. */
static void test_additions_do_not_reshuffle(void **state) {
    fixture x, y;
    fixture_init(&x);
    x.spec.correlation = same(0.0);
    x.strategies[0].knows = 0.0;
    fixture_init(&y);
    y.spec.correlation = same(0.0);
    y.strategies[0].knows = 0.0;
    y.strategies[4] = y.strategies[0];
    y.strategies[4].name = "new";
    y.strategies[3].share = same(0.04);
    y.strategies[4].share = same(0.04);
    y.spec.strategies = (pl_map){y.strategies, 5};
    y.domains[2] = (domain_spec){"extra", NAN, 11, 3, 2, 1, {0.0, 1.0, {0}, {0}}, 0.0};
    y.spec.domains = (pl_map){y.domains, 3};
    world a = built(&x), b = built(&y);
    assert_int_equal(b.n_train, a.n_train + 11);
    for (size_t i = 0; i < a.n_train; i++) {
        assert_true(a.difficulty[i] == b.difficulty[i]);
        for (size_t s = 0; s < 4; s++) assert_true(a.applicability[i * 4 + s] == b.applicability[i * 5 + s]);
        for (size_t f = 0; f < 3; f++) assert_true(a.execution[i * 3 + f] == b.execution[i * 3 + f]);
    }
    for (size_t i = 0; i < a.n_split[SPLIT_HELD_OUT]; i++)
        assert_true(a.applicability[(a.n_train + i) * 4] == b.applicability[(b.n_train + i) * 5]);
    world_free(&a);
    world_free(&b);
    x.spec.correlation = y.spec.correlation = same(0.35);     /* the common factor is keyed as well */
    a = built(&x);
    b = built(&y);
    for (size_t i = 0; i < a.n_train; i++) assert_true(a.applicability[i * 4] == b.applicability[i * 5]);
    world_free(&a);
    world_free(&b);
}

static void test_same_seed_same_world_other_replicate_another(void **state) {
    fixture x;
    fixture_init(&x);
    world a = built(&x), b = built(&x);
    assert_memory_equal(a.applicability, b.applicability, a.n_prompts * 4 * sizeof(double));
    world_free(&b);
    x.seeds = pl_seeds_make(2385, 8, NULL, 0);
    b = built(&x);
    size_t equal = 0;
    for (size_t i = 0; i < a.n_prompts; i++) equal += a.difficulty[i] == b.difficulty[i];
    assert_int_equal(equal, 0);
    world_free(&a);
    world_free(&b);
}

/* Priors are normalised in every world; format shares are what was asked for. */
static void test_priors_are_normalised(void **state) {
    for (uint32_t k = 0; k < 50; k++) {
        fixture x;
        fixture_init(&x);
        fixture_randomise(&x, k);
        world w = built(&x);
        for (size_t d = 0; d < 2; d++)
            for (size_t f = 0; f < 3; f++) assert_near(exp(w.ln_prior_format[d * 3 + f]), x.formats[f].share.all, 1e-14);
        for (size_t i = 0; i < w.n_prompts * 3; i++) {
            double sum = 0.0;
            for (size_t s = 0; s < 4; s++) sum += exp(w.ln_prior_strategy[i * 4 + s]);
            assert_near(sum, 1.0, 1e-14);
        }
        for (size_t i = 0; i < w.n_prompts * 4; i++) assert_true(w.applicability[i] >= 0.0 && w.applicability[i] <= 1.0);
        world_free(&w);
    }
}

/* `knows` shifts the prior log-odds against a strategy without it by knows x the standardised latent logit: over the
 * training prompts of a domain that shift has mean 0 and the stated standard deviation. */
static void test_knows_shifts_the_prior(void **state) {
    fixture x;
    fixture_init(&x);
    x.strategies[0].knows = 0.83;
    world w = built(&x);
    double mean = 0.0, square = 0.0, product = 0.0;
    for (size_t i = 0; i < 24; i++) {
        const double *ln = w.ln_prior_strategy + i * 12, m = w.applicability[i * 4];
        const double shift = ln[0] - ln[2] - log(0.55 / 0.22);
        mean += shift / 24;
        square += shift * shift / 24;
        product += shift * log(m / (1.0 - m)) / 24;
    }
    assert_near(mean, 0.0, 1e-12);
    assert_near(sqrt(square), 0.83, 1e-12);
    assert_true(product > 0.0);
    /* code has factor 1.7 for "rare", the other formats have 1 */
    const double *ln = w.ln_prior_strategy;
    assert_near(ln[1] - ln[2] - (ln[4 + 1] - ln[4 + 2]), log(1.7), 1e-12);
    assert_true(w.prior_by_format);
    world_free(&w);
}

/* 20,000 prompts; bounds are 5 standard errors, so a right program fails once in 10^6 runs (the seeds are fixed). */
static void test_distributions(void **state) {
    fixture x;
    fixture_init(&x);
    const size_t n = 20000;
    double beta[] = {0.6, 1.7}, mean = 0.0, square = 0.0, xx = 0.0, yy = 0.0, xy = 0.0, pool = 0.0;
    x.domains[0] = (domain_spec){"math", NAN, (int64_t)n, 50, 1, 0, {0.0, 0.0, {0}, {0}}, 0.0};
    x.domains[0].difficulty.pass_rate = (pl_reals){beta, 2};
    x.spec.domains.n = 1;
    x.spec.template_sd = 0.0;
    x.spec.prompt_sd = 1.1;
    x.spec.correlation = same(0.62);
    x.strategies[1].applies_to = (pl_reals){x.everywhere, 2};
    world w = built(&x);
    for (size_t i = 0; i < n; i++) {
        const double p = sigma(-w.difficulty[i]), *m = w.applicability + i * 4;
        mean += p / (double)n;
        square += p * p / (double)n;
        const double a = log(m[0] / (1.0 - m[0])) / 1.2 - 0.2 - 0.3 * log(2.0) + w.difficulty[i];
        const double b = log(m[1] / (1.0 - m[1])) / 0.9 - 1.4 - 0.5 * log(2.0) + w.difficulty[i];
        xx += a * a / (double)n;
        yy += b * b / (double)n;
        xy += a * b / (double)n;
        pool += (w.execution[i * 3] > 1.6 + 0.4 + (0.2 - 0.1) * log(2.0) + 0.25) / (double)n;
    }
    const double variance = 0.6 * 1.7 / (2.3 * 2.3 * 3.3);
    assert_near(mean, 0.6 / 2.3, 5.0 * sqrt(variance / (double)n));
    assert_near(square - mean * mean, variance, 5.0 * variance * 1.2 / sqrt((double)n));
    assert_near(sqrt(xx), 1.1, 5.0 * 1.1 / sqrt(2.0 * (double)n));
    assert_near(sqrt(yy), 1.1, 5.0 * 1.1 / sqrt(2.0 * (double)n));
    assert_near(xy / sqrt(xx * yy), 0.62, 5.0 * (1.0 - 0.62 * 0.62) / sqrt((double)n));
    assert_near(pool, 0.4, 5.0 * sqrt(0.24 / (double)n));
    for (size_t i = n; i < w.n_prompts; i++)     /* held-out prompts are in no pool */
        assert_near(w.execution[i * 3], 1.6 + 0.4 + (0.2 - 0.1) * log(2.0), 1e-14);
    world_free(&w);
}

/* Sum over n of n P(length = n) by brute force, from the law's definition. */
static void brute_length(double m, double sd, double cap, double *mean, double *fits) {
    *mean = *fits = 0.0;
    double below = 0.0;
    for (double n = 1.0; n <= cap && n < 4e6; n += 1.0) {
        const double cdf = 0.5 * erfc(-(log((n + 0.5) / m) / sd + 0.5 * sd) / sqrt(2.0));
        *mean += n * (cdf - below);
        below = cdf;
    }
    *fits = isinf(cap) ? 1.0 : below;
    if (!isinf(cap)) *mean += cap * (1.0 - below);
}

static void test_length_law(void **state) {
    static const double cases[][3] = {{37.3, 0.6, 61}, {37.3, 0.6, INFINITY}, {0.4, 0.3, 5}, {1.2, 1.1, INFINITY},
                                      {9000, 0.4, INFINITY}, {15000, 0.2, 14000},
                                      {9000, 0.4, 9000.7}, {300, 0.01, 300},
                                      {2050, 0.01, INFINITY}, {2050, 0.01, 2060}, {3000, 1.1, INFINITY}};
    for (size_t i = 0; i < PL_COUNT(cases); i++) {
        double mean, fits, brute_mean, brute_fits;
        world_length_law(cases[i][0], cases[i][1], cases[i][2], &mean, &fits);
        brute_length(cases[i][0], cases[i][1], floor(cases[i][2]), &brute_mean, &brute_fits);
        assert_near(mean, brute_mean, 1e-6 * brute_mean);
        assert_near(fits, brute_fits, 1e-9);
    }
    double mean, fits;
    world_length_law(12.6, 0.0, 13, &mean, &fits);
    assert_true(mean == 13.0 && fits == 1.0);
    world_length_law(13.5, 0.0, 13, &mean, &fits);
    assert_true(mean == 13.0 && fits == 0.0);
    world_length_law(0.2, 0.0, INFINITY, &mean, &fits);
    assert_true(mean == 1.0 && fits == 1.0);
}

/* Interruption, length by length: how many steps are reached, how long the response gets, how often the skipped ones do not matter. */
static void test_interruption(void **state) {
    fixture x;
    fixture_init(&x);
    x.spec.length_cap = NAN;
    x.spec.length_per_logit = -0.4;
    x.spec.interrupt = (interrupt_spec){.at = 100.5, .answer = 20, .luck = 0.3};
    world w = built(&x);
    for (size_t prompt = 0; prompt < 5; prompt++)
        for (size_t f = 0; f < 3; f++)
            for (size_t k = 0; k < 2; k++) {
                const double q = 0.8, steps = (double)x.strategies[k].steps, sd = 0.6;
                const double m = x.formats[f].tokens * (x.strategies[k].tokens + steps * x.strategies[k].tokens_per_step) *
                                 exp(-0.4 * w.difficulty[prompt]);
                double below = 0.0, mean = 0.0, reached = 0.0, right = 0.0;
                for (double n = 1.0; n < 40000.0; n += 1.0) {
                    const double cdf = 0.5 * erfc(-(log((n + 0.5) / m) / sd + 0.5 * sd) / sqrt(2.0)), p = cdf - below;
                    const double taken = n <= 100.0 ? steps : fmin(steps, floor(100.0 * (steps + 1.0) / n));
                    mean += p * (n <= 100.0 ? n : 120.0);
                    reached += p * taken;
                    right += p * pow(q, taken) * pow(0.3, steps - taken);
                    below = cdf;
                }
                const size_t i = world_path(&w, prompt, f, k);
                assert_near(w.length[i], mean, 1e-6 * mean);
                assert_near(w.steps[i], reached, 1e-6);
                assert_near(world_executed(&w, prompt, f, k, log(q)), right, 1e-6);
                assert_near(w.fits[i], 1.0, 0.0);
            }
    world_free(&w);
}

/* What a prior of zero gives, were it to get past the bounds: an error, no half-built world. */
static void test_numeric_error(void **state) {
    fixture x;
    fixture_init(&x);
    x.strategies[1].share = same(0.0);
    world w;
    pl_diag diag;
    pl_diag_init(&diag);
    assert_int_equal(world_build(&w, &x.spec, &x.seeds, &diag), PL_ERR_NUMERIC);
    assert_int_equal(diag.errors, 1);
    assert_null(w.applicability);
    pl_diag_free(&diag);
}

static void test_failing_allocations(void **state) {
    fixture x;
    fixture_init(&x);
    uint64_t failures = 0;
    for (uint64_t k = 1; ; k++) {
        world w;
        policy p = {0};
        policy_view v = {0};
        policy_dz dz = {0};
        policy_gradient g = {0};
        pl_mem_fail_at(k, false);
        pl_status st = world_build(&w, &x.spec, &x.seeds, NULL);
        if (!st) st = policy_init(&p, &x.policy_spec, &w, NULL);
        if (!st) st = policy_view_init(&v, &p);
        if (!st) st = policy_dz_init(&dz, &p);
        if (!st) st = policy_gradient_init(&g, &p);
        pl_mem_fail_at(0, false);
        policy_gradient_free(&g);
        policy_dz_free(&dz);
        policy_view_free(&v);
        policy_free(&p);
        world_free(&w);
        if (!st) break;
        assert_int_equal(st, PL_ERR_WORLD);
        failures++;
    }
    assert_true(failures >= 8);
}

/* ---- Checks ---- */

static char seen[4096];
static pl_place place(const pl_check *check, const char *path) {
    strncat(seen, path, sizeof seen - strlen(seen) - 2);
    strcat(seen, "\n");
    return (pl_place){0};
}

/* Errors of the struct's own check; the paths complained of are left in `seen`. */
static size_t complaints(const pl_struct *type, const void *self) {
    pl_diag diag;
    pl_diag_init(&diag);
    seen[0] = '\0';
    const pl_check check = {&diag, place, NULL};
    type->check(self, &check);
    const size_t n = diag.errors;
    pl_diag_free(&diag);
    return n;
}

static const pl_struct *part(const pl_struct *type, const char *key) {
    for (size_t i = 0; i < type->n_fields; i++)
        if (!strcmp(type->fields[i].name, key)) return type->fields[i].sub;
    return NULL;
}

static void test_checks_of_the_world(void **state) {
    fixture x;
    fixture_init(&x);
    assert_int_equal(complaints(&world_struct, &x.spec), 0);
    x.formats[0].share = same(0.28);
    assert_int_equal(complaints(&world_struct, &x.spec), 2);                 /* both domains */
    fixture_init(&x);
    x.strategies[0].share.all += 9e-7;
    assert_int_equal(complaints(&world_struct, &x.spec), 0);                 /* within the tolerance */
    x.strategies[0].share.all += 2e-7;
    assert_int_equal(complaints(&world_struct, &x.spec), 2);
    fixture_init(&x);
    const char *names[] = {"mathe"};
    double v[] = {0.5};
    x.strategies[1].ability = (pl_per){0.1, names, v, 1};
    assert_int_equal(complaints(&world_struct, &x.spec), 1);
    assert_string_equal(seen, "strategies.rare.ability.mathe\n");
    x.spec.domains.n = 0;
    assert_int_equal(complaints(&world_struct, &x.spec), 1);
    assert_string_equal(seen, "domains\n");
    fixture_init(&x);
    x.domains[0].weight = x.domains[1].weight = 0.0;
    assert_int_equal(complaints(&world_struct, &x.spec), 1);
    fixture_init(&x);
    x.spec.interrupt = (interrupt_spec){.at = 100.0, .answer = 20.0, .luck = 0.5};
    assert_int_equal(complaints(&world_struct, &x.spec), 1);
    assert_string_equal(seen, "length_cap\n");                               /* nothing would reach it */
    x.spec.length_cap = NAN;
    assert_int_equal(complaints(&world_struct, &x.spec), 0);
    assert_int_equal(complaints(part(&world_struct, "interrupt"), &x.spec.interrupt), 0);
    x.spec.interrupt.at = NAN;
    assert_int_equal(complaints(part(&world_struct, "interrupt"), &x.spec.interrupt), 2);
}

static void test_table_excludes_the_rest(void **state) {
    fixture x;
    fixture_init(&x);
    x.spec.table = "table.csv";
    complaints(&world_struct, &x.spec);
    assert_non_null(strstr(seen, "domains\n"));
    assert_non_null(strstr(seen, "template_sd\n"));
    assert_non_null(strstr(seen, "length_cap\n"));
    assert_null(strstr(seen, "reference_scale\n"));                          /* it is at its default */
    assert_null(strstr(seen, "table\n"));
}

static void test_checks_of_the_parts(void **state) {
    fixture x;
    fixture_init(&x);
    const pl_struct *strategy = part(&world_struct, "strategies"), *format = part(&world_struct, "formats");
    const pl_struct *domain = part(&world_struct, "domains");
    for (int s = 0; s < 4; s++) assert_int_equal(complaints(strategy, &x.strategies[s]), 0);
    x.strategies[2].steps = 2;
    x.strategies[2].ability = same(0.5);
    assert_int_equal(complaints(strategy, &x.strategies[2]), 2);
    double backwards[] = {0.5, 0.5};
    x.strategies[0].applies_to = (pl_reals){backwards, 2};
    assert_int_equal(complaints(strategy, &x.strategies[0]), 1);
    assert_int_equal(complaints(format, &x.formats[0]), 0);
    x.formats[0].pool_share = 0.0;
    assert_int_equal(complaints(format, &x.formats[0]), 1);
    assert_int_equal(complaints(domain, &x.domains[0]), 0);
    x.domains[0].held_out = 0;
    assert_int_equal(complaints(domain, &x.domains[0]), 1);
    const pl_struct *answers = part(&world_struct, "answers");
    answers_spec wrong = {.wrong = 2, .zipf = 1.0, .correlation = 0.4};
    assert_int_equal(complaints(answers, &wrong), 0);
    wrong.wrong = 1;
    assert_int_equal(complaints(answers, &wrong), 1);
    wrong = (answers_spec){.wrong = 9, .zipf = 1.0, .correlation = 0.0, .invited_by = INVITED_BY_STRATEGY};
    assert_int_equal(complaints(answers, &wrong), 1);
    wrong.correlation = 0.4;
    assert_int_equal(complaints(answers, &wrong), 0);
    const pl_struct *difficulty = part(domain, "difficulty");
    double v[] = {1.0, 2.0, 3.0};
    difficulty_spec d = {0.0, 1.5, {v, 3}, {0}};
    assert_int_equal(complaints(difficulty, &d), 0);
    d.sd = 1.4;
    assert_int_equal(complaints(difficulty, &d), 1);
    d.pass_rate = (pl_reals){v, 3};
    assert_int_equal(complaints(difficulty, &d), 3);                          /* both, three numbers, sd */
}

/* A tag changes what a strategy is called, not what it does: the same world, to the last bit, for each of them. */
static void test_tags_are_genuine(void **state) {
    for (int kind = STRATEGY_PLANNING; kind < STRATEGY_KINDS; kind++) {
        fixture plain, tagged;
        world a, b;
        fixture_init(&plain);
        fixture_init(&tagged);
        tagged.strategies[0].kind = kind;
        assert_int_equal(world_build(&a, &plain.spec, &plain.seeds, NULL), PL_OK);
        assert_int_equal(world_build(&b, &tagged.spec, &tagged.seeds, NULL), PL_OK);
        assert_true(strategy_is_genuine(kind) && b.strategies[0]->kind == kind);
        assert_memory_equal(a.applicability, b.applicability, a.n_prompts * a.n_strategies * sizeof(double));
        assert_memory_equal(a.ln_prior_strategy, b.ln_prior_strategy, a.n_prompts * a.n_formats * a.n_strategies * sizeof(double));
        world_free(&a);
        world_free(&b);
    }
    assert_true(strategy_is_genuine(STRATEGY_GENUINE) && !strategy_is_genuine(STRATEGY_SHORTCUT));
    assert_false(strategy_is_genuine(STRATEGY_ABSTAIN));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_applicability_is_the_formula), cmocka_unit_test(test_numbering),
        cmocka_unit_test(test_additions_do_not_reshuffle),
        cmocka_unit_test(test_same_seed_same_world_other_replicate_another), cmocka_unit_test(test_priors_are_normalised),
        cmocka_unit_test(test_knows_shifts_the_prior), cmocka_unit_test(test_distributions), cmocka_unit_test(test_length_law),
        cmocka_unit_test(test_interruption),
        cmocka_unit_test(test_numeric_error), cmocka_unit_test(test_failing_allocations),
        cmocka_unit_test(test_checks_of_the_world),
        cmocka_unit_test(test_table_excludes_the_rest), cmocka_unit_test(test_checks_of_the_parts),
        cmocka_unit_test(test_tags_are_genuine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
