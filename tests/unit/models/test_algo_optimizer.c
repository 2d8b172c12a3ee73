/* Optimisers: warm-up, AdamW against its definition, and what each second moment does to the transfer kernel. */
#include "tests/unit/models/small_world.h"

enum { PER_TABLE, DENSE, LAZY, PROMPTS = 4, STEPS = 30 };
typedef struct adamw_params { double beta1, beta2, epsilon, weight_decay; int second_moment; } adamw_params;

typedef struct bench { small t; small_scratch s; double *state, *start; size_t n; } bench;

static void bench_open(bench *b)
{
    small_rich(&b->t, PROMPTS, true);
    small_scratch_init(&b->s, &b->t.p);
    b->n = b->t.p.n_weights;
    b->state = pl_alloc_array(b->n, 2 * sizeof *b->state);
    b->start = pl_alloc_array(b->n, sizeof *b->start);
    assert_true(b->state && b->start);
    memcpy(b->start, b->t.weights, b->n * sizeof *b->start);
}

static void bench_close(bench *b)
{
    pl_free(b->state);
    pl_free(b->start);
    small_scratch_free(&b->s);
    small_free(&b->t);
}

/* A random gradient through the policy: dz of one prompt, so that rows and their marks are real ones. */
static void random_gradient(bench *b, uint32_t t, uint32_t prompt)
{
    pl_stream s = pl_stream_make(&b->t.seeds, PL_FOR_TEST, 9, t, prompt);
    policy_forward(&b->t.p, b->t.weights, prompt, &b->s.view);
    policy_dz_clear(&b->s.dz);
    for (size_t i = 0; i < b->s.dz.n; i++) b->s.dz.memory[i] = 0.3 * pl_normal(&s);
    policy_gradient_clear(&b->s.g);
    policy_backward(&b->t.p, &b->s.view, &b->s.dz, &b->s.g);
}

static optimizer_spec adamw(adamw_params *c, double lr)
{
    return (optimizer_spec){.method = small_choice(&optimizer_registry, "adamw", c), .lr = lr};
}

/* Blocks that share a second moment: every table, the weights of sharp, the weight of assert. */
static size_t blocks(const policy *p, size_t *from, size_t *size)
{
    size_t n = 0;
    for (size_t i = 0; i < p->n_tables; i++, n++) {
        from[n] = p->tables[i].offset;
        size[n] = p->tables[i].n_keys * p->tables[i].width;
    }
    from[n] = p->sharp_offset;
    size[n++] = p->n_sharp;
    from[n] = p->sharp_offset + p->n_sharp;
    size[n] = p->n_weights - from[n];
    assert_int_equal(size[n], 1);
    return n + 1;
}

/* The definition, written out, with its own moments. */
static void definition(const bench *b, const adamw_params *c, double lr, unsigned t, double *W, double *m, double *v)
{
    size_t from[64], size[64], n = blocks(&b->t.p, from, size);
    for (size_t k = 0; k < n; k++) {
        double mean = 0;
        for (size_t j = from[k]; j < from[k] + size[k]; j++) mean += b->s.g.g[j] * b->s.g.g[j] / (double)size[k];
        for (size_t j = from[k]; j < from[k] + size[k]; j++) {
            bool touched = false;
            for (size_t r = 0; r < b->s.g.n_touched; r++)
                touched |= j >= b->s.g.touched[r] && j < (size_t)b->s.g.touched[r] + b->s.g.width[r];
            if (c->second_moment == LAZY && !touched) continue;
            double g = b->s.g.g[j];
            m[j] = c->beta1 * m[j] + (1 - c->beta1) * g;
            v[j] = c->beta2 * v[j] + (1 - c->beta2) * (c->second_moment == PER_TABLE ? mean : g * g);
            double mh = m[j] / (1 - pow(c->beta1, t + 1)), vh = v[j] / (1 - pow(c->beta2, t + 1));
            W[j] += lr * mh / (sqrt(vh) + c->epsilon) - lr * c->weight_decay * W[j];
        }
    }
}

static void adamw_is_its_definition(void **state)
{
    for (int kind = 0; kind < 3; kind++) {
        bench b;
        bench_open(&b);
        adamw_params c = {0.87, 0.983, 1e-6, 0.0317, kind};
        optimizer_spec o = adamw(&c, 0.02385);
        double *own = pl_alloc_array(b.n, 3 * sizeof *own);
        assert_non_null(own);
        memcpy(own, b.start, b.n * sizeof *own);
        for (unsigned t = 0; t < STEPS; t++) {
            random_gradient(&b, t, t % PROMPTS);
            definition(&b, &c, o.lr, t, own, own + b.n, own + 2 * b.n);
            algo_step(&o, t, b.t.weights, b.state, &b.t.p, &b.s.g);
            for (size_t j = 0; j < b.n; j++) assert_true(fabs(own[j] - b.t.weights[j]) < 1e-12);
        }
        pl_free(own);
        bench_close(&b);
    }
}

/* One second moment per table, without momentum: within every table each update is the plain one times one number, so that
 * the kernel holds up to a scalar per table. A moment per weight turns it round. */
static void kernel_up_to_a_scalar(void **state)
{
    double spread[2] = {0};
    for (int kind = PER_TABLE; kind <= DENSE; kind++) {
        bench b;
        bench_open(&b);
        adamw_params c = {0, 0.983, 1e-9, 0, kind};
        optimizer_spec o = adamw(&c, 0.01);
        size_t from[64], size[64], n = blocks(&b.t.p, from, size);
        for (unsigned t = 0; t < STEPS; t++) {
            memcpy(b.start, b.t.weights, b.n * sizeof *b.start);
            random_gradient(&b, t, (t * 3) % (2 * PROMPTS));
            algo_step(&o, t, b.t.weights, b.state, &b.t.p, &b.s.g);
            for (size_t k = 0; k < n; k++) {
                double dot = 0, gg = 0, dd = 0;
                for (size_t j = from[k]; j < from[k] + size[k]; j++) {
                    double d = b.t.weights[j] - b.start[j], g = b.s.g.g[j];
                    dot += d * g;
                    gg += g * g;
                    dd += d * d;
                }
                if (gg > 0) spread[kind] = fmax(spread[kind], 1 - dot / sqrt(gg * dd));       /* 1 - cosine */
                if (gg == 0) assert_true(dd == 0);
            }
        }
        bench_close(&b);
    }
    assert_true(spread[PER_TABLE] < 1e-12);
    assert_true(spread[DENSE] > 0.05);
}

/* A weight visited once, late: dense moments carry it (1-b1)/sqrt(1-b2) / (1 - b1/sqrt(b2)) lr, whatever the gradient; lazy
 * ones move it once, by (1-b1)/sqrt(1-b2) lr. */
static void one_visit(void **state)
{
    for (int kind = DENSE; kind <= LAZY; kind++)
        for (int large = 0; large < 2; large++) {
            bench b;
            bench_open(&b);
            adamw_params c = {0.9, 0.999, 1e-300, 0, kind};
            optimizer_spec o = adamw(&c, 0.001);
            uint64_t t = 1000000;                          /* no bias correction left */
            random_gradient(&b, 1, 0);
            size_t row = b.s.g.touched[0];
            b.s.g.g[row] = large ? 7.31 : 2e-5;
            algo_step(&o, t++, b.t.weights, b.state, &b.t.p, &b.s.g);
            policy_gradient_clear(&b.s.g);
            for (int i = 0; i < 400; i++) algo_step(&o, t++, b.t.weights, b.state, &b.t.p, &b.s.g);
            double moved = (b.t.weights[row] - b.start[row]) / o.lr, visit = 0.1 / sqrt(0.001);
            double expected = kind == LAZY ? visit : visit / (1 - 0.9 / sqrt(0.999));
            assert_true(fabs(moved / expected - 1) < 1e-9);
            assert_true(kind == LAZY ? moved < 3.2 : moved > 30 && moved < 33);
            bench_close(&b);
        }
}

/* The first update is lr for every weight that has a gradient: bias correction. Decay shrinks towards the base policy. */
static void first_step_and_decay(void **state)
{
    bench b;
    bench_open(&b);
    adamw_params c = {0.9, 0.999, 1e-12, 0, DENSE};
    optimizer_spec o = adamw(&c, 0.00731);
    random_gradient(&b, 3, 1);
    algo_step(&o, 0, b.t.weights, b.state, &b.t.p, &b.s.g);
    for (size_t j = 0; j < b.n; j++) {
        double g = b.s.g.g[j], moved = b.t.weights[j] - b.start[j];
        if (fabs(g) > 1e-6) assert_true(fabs(moved - (g > 0 ? o.lr : -o.lr)) < 1e-8);
        if (g == 0) assert_true(moved == 0);
    }
    policy_gradient_clear(&b.s.g);
    memset(b.state, 0, 2 * b.n * sizeof *b.state);
    memcpy(b.t.weights, b.start, b.n * sizeof *b.start);
    c.weight_decay = 0.17;
    algo_step(&o, 0, b.t.weights, b.state, &b.t.p, &b.s.g);
    for (size_t j = 0; j < b.n; j++)
        assert_true(fabs(b.t.weights[j] - b.start[j] * (1 - 0.00731 * 0.17)) < 1e-16 + 1e-15 * fabs(b.start[j]));
    bench_close(&b);
}

static void warmup_is_linear(void **state)
{
    bench b;
    bench_open(&b);
    optimizer_spec o = {.method = small_choice(&optimizer_registry, "sgd", NULL), .lr = 0.5, .warmup = 7};
    random_gradient(&b, 3, 1);
    for (uint64_t t = 0; t < 12; t++) {
        memcpy(b.t.weights, b.start, b.n * sizeof *b.start);
        algo_step(&o, t, b.t.weights, NULL, &b.t.p, &b.s.g);
        double rate = t < 7 ? 0.5 * (double)(t + 1) / 7 : 0.5;
        for (size_t j = 0; j < b.n; j++) assert_true(fabs(b.t.weights[j] - b.start[j] - rate * b.s.g.g[j]) < 1e-14);
    }
    bench_close(&b);
}

typedef struct decay_params { int64_t steps; double floor; } decay_params;

/* A warm-up of 5 updates (the last at the full rate), then T = 8 updates of decay to a tenth, by their closed forms; every
 * schedule starts at 1 and never leaves [0, 1]. */
static void schedules(void **state)
{
    decay_params d = {8, 0.1};
    for (const pl_entry *const *e = schedule_registry.entries; *e; e++) {
        optimizer_spec o = {.method = small_choice(&optimizer_registry, "sgd", NULL), .lr = 0.5, .warmup = 5, .schedule = {*e, &d}};
        for (uint64_t t = 0; t < 40; t++) {
            const double x = t < 5 ? 0 : t > 12 ? 1 : (double)(t - 4) / 8;
            const double expected = !strcmp((*e)->name, "linear") ? 1 - 0.9 * x
                                    : !strcmp((*e)->name, "cosine") ? 0.1 + 0.45 * (1 + cos(3.14159265358979324 * x)) : 1;
            const double warm = t < 5 ? (double)(t + 1) / 5 : 1;
            assert_true(fabs(algo_lr(&o, t) - 0.5 * warm * expected) < 1e-15);
        }
        o.warmup = 0;
        assert_true(algo_lr(&o, 0) == 0.5);
        assert_int_equal(algo_lr_is_constant(&o), !strcmp((*e)->name, "constant"));
        assert_int_equal(algo_lr(&o, 1000) < 0.5, !algo_lr_is_constant(&o));
    }
    assert_true(pl_registry_count(&schedule_registry) >= 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adamw_is_its_definition), cmocka_unit_test(kernel_up_to_a_scalar), cmocka_unit_test(one_visit),
        cmocka_unit_test(first_step_and_decay), cmocka_unit_test(warmup_is_linear),
        cmocka_unit_test(schedules),
    };
    return cmocka_run_group_tests_name("optimizers", tests, NULL, NULL);
}
