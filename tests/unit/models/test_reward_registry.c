/* Properties of every reward term: documented, inside its declared range on any response, and constant when it says so; and weights
 * that change over the run. */
#include "tests/unit/models/small_world.h"

enum { G = 6, GROUPS = 400, MEMBERS = 16 };

/* Parameters at their defaults, from the field table; memory of the caller. */
static void *defaults(const pl_entry *entry, double memory[MEMBERS])
{
    memset(memory, 0, MEMBERS * sizeof *memory);
    if (!entry->params) return NULL;
    assert_true(entry->params->size <= MEMBERS * sizeof *memory);
    for (size_t i = 0; i < entry->params->n_fields; i++) {
        const pl_field *f = &entry->params->fields[i];
        void *at = (char *)memory + f->offset;
        if (f->type == PL_REAL) *(double *)at = strcmp(f->fallback, "null") ? strtod(f->fallback, NULL) : NAN;
        else if (f->type == PL_INT) *(int64_t *)at = strtoll(f->fallback, NULL, 10);
        else if (f->type == PL_BOOL) *(bool *)at = !strcmp(f->fallback, "true");
        else if (f->type == PL_ENUM) {
            while (strcmp(f->names[*(int *)at], f->fallback)) ++*(int *)at;
        }
        else assert_true(f->type == PL_STRING && !strcmp(f->fallback, "null"));
    }
    return memory;
}

/* Any response that the policy could give, and some that it hardly would: lengths from one token to 30,000. */
static rollout any_response(pl_stream *s, const small *t)
{
    rollout r = {.format = (uint16_t)pl_below(s, 3), .strategy = (uint16_t)pl_below(s, 4)};
    r.tokens = floor(pow(30000, pl_uniform(s)));
    const uint32_t fate = pl_below(s, 6);
    r.extracted = fate != 0;
    r.truncated = fate == 0 && pl_below(s, 2);
    r.correct = fate == 1 || fate == 2;
    r.abstained = fate == 3;
    r.hedged = fate == 4;
    r.answer = r.correct ? 0 : fate == 5 ? (uint16_t)(1 + pl_below(s, (uint32_t)t->w.n_wrong)) : ROLLOUT_NO_ANSWER;
    r.stated = r.correct || fate == 5;
    r.confidence = r.stated ? 0.1 * pl_below(s, 11) : 0;
    return r;
}

static void every_term_keeps_its_range(void **state)
{
    small t;
    small_rich(&t, 12, false);
    small_batch b = small_batch_make(1, G);
    for (const pl_entry *const *e = reward_registry.entries; *e; e++) {
        const reward_term *term = (const reward_term *)*e;
        double memory[MEMBERS], low, high, least = INFINITY, most = -INFINITY;
        void *params = defaults(*e, memory);
        pl_stream s = pl_stream_make(&t.seeds, PL_FOR_TEST, 31, 0, 0);
        term->range(params, G, &low, &high);
        assert_true(low < high && isfinite(low) && isfinite(high));
        for (uint32_t k = 0; k < GROUPS; k++) {
            rollout_group *g = b.batch.groups;
            g->batch = k;
            g->prompt = k % 12;
            for (size_t i = 0; i < G; i++) {
                b.rollouts[i] = any_response(&s, &t);
                g->reward[i] = 0;
            }
            term->add(params, 1, g, &t.w, &t.seeds, 77);
            for (size_t i = 0; i < G; i++) {
                if (!(g->reward[i] >= low - 1e-12 && g->reward[i] <= high + 1e-12))
                    fail_msg("%s pays %g, outside %g .. %g", (*e)->name, g->reward[i], low, high);
                least = fmin(least, g->reward[i]);
                most = fmax(most, g->reward[i]);
            }
        }
        /* The range is not much wider than what happens, so that it says something; nobody's default is constant. */
        if (!(most - least > 0.7 * (high - low))) fail_msg("%s pays %g .. %g of %g .. %g", (*e)->name, least, most, low, high);
        assert_false(term->constant && term->constant(params, &t.spec));
        /* Twice the weight is twice the reward, added to what is there. */
        double once[G];
        for (size_t i = 0; i < G; i++) once[i] = b.batch.groups->reward[i];
        term->add(params, 2, b.batch.groups, &t.w, &t.seeds, 77);
        for (size_t i = 0; i < G; i++) assert_true(fabs(b.batch.groups->reward[i] - 3 * once[i]) < 1e-12);
    }
    small_batch_free(&b);
    small_free(&t);
}

/* Constant terms: a coin that always falls the same way, the only format, a weight of 0; then no group varies. */
static void constant_terms(void **state)
{
    struct { double probability; } coin = {1}, fair = {0.5};
    struct { const char *format; } style = {"a"};
    small t;
    small_make(&t);
    small_sizes(&t, 1, 1, 2);
    small_build(&t);
    reward_common one = {.weight = 1}, none = {.weight = 0};
    double zeros[] = {0, 0}, ramp[] = {0, 1}, at[] = {0, 10};
    reward_common off = {.weight = 1, .schedule = {{at, 2}, {zeros, 2}, REWARD_BY_STEP}};
    reward_common later = {.weight = 1, .schedule = {{at, 2}, {ramp, 2}, REWARD_BY_STEP}};
    pl_chosen v[] = {{"coin", pl_registry_find(&reward_registry, "random"), &one, &coin},
                     {"style", pl_registry_find(&reward_registry, "format"), &one, &style},
                     {"a", pl_registry_find(&reward_registry, "correctness"), &none, NULL},
                     {"b", pl_registry_find(&reward_registry, "correctness"), &off, NULL}};
    pl_choices all = {v, 4};
    assert_false(reward_varies(&all, &t.spec));
    v[3].common = &later;
    assert_true(reward_varies(&all, &t.spec));
    v[3].common = &off;
    v[2].common = &one;
    assert_true(reward_varies(&all, &t.spec));
    v[2].common = &none;
    v[0].params = &fair;
    assert_true(reward_varies(&all, &t.spec));
    v[0].params = &coin;
    t.spec.formats.n = 2;
    assert_true(reward_varies(&all, &t.spec));
    small_free(&t);
}

static void weights_change(void **state)
{
    double at[] = {10, 20, 60}, factor[] = {0.25, 1, -1};
    reward_common c = {.weight = 2.385, .schedule = {{at, 3}, {factor, 3}, REWARD_BY_STEP}};
    static const double steps[] = {0, 10, 14, 20, 30, 40, 59, 60, 61, 1e6};
    static const double expected[] = {0.25, 0.25, 0.55, 1, 0.5, 0, -0.95, -1, -1, -1};
    for (size_t i = 0; i < PL_COUNT(steps); i++)
        assert_true(fabs(reward_weight(&c, (reward_clock){steps[i], 3}) - 2.385 * expected[i]) < 1e-14);
    c.schedule.by = REWARD_BY_EPOCH;
    assert_true(fabs(reward_weight(&c, (reward_clock){3, 14}) - 2.385 * 0.55) < 1e-14);
    c.schedule.at.n = c.schedule.factor.n = 1;
    assert_true(reward_weight(&c, (reward_clock){0, 0}) == 2.385 * 0.25);
    c.schedule.at.n = 0;
    assert_true(!reward_is_scheduled(&c) && reward_weight(&c, (reward_clock){3, 14}) == 2.385);
}

/* One term fades while another comes, through the same evaluation. */
static void terms_take_turns(void **state)
{
    small t;
    small_make(&t);
    small_build(&t);
    small_batch b = small_batch_make(1, 2);
    double at[] = {0, 100}, down[] = {1, 0}, up[] = {0, 1};
    struct { const char *format; } any = {NULL};
    reward_common first = {.weight = 1, .schedule = {{at, 2}, {down, 2}, REWARD_BY_STEP}};
    reward_common second = {.weight = 3, .schedule = {{at, 2}, {up, 2}, REWARD_BY_STEP}};
    pl_chosen v[] = {{"format", pl_registry_find(&reward_registry, "format"), &first, &any},
                     {"correctness", pl_registry_find(&reward_registry, "correctness"), &second, NULL}};
    b.rollouts[0] = (rollout){.extracted = true};
    b.rollouts[1] = (rollout){.extracted = true, .correct = true};
    for (int step = 0; step <= 100; step += 25) {
        reward_evaluate(&(pl_choices){v, 2}, b.batch.groups, &t.w, &t.seeds, (reward_clock){.step = step});
        assert_true(fabs(b.batch.groups->reward[0] - (1 - step / 100.0)) < 1e-14);
        assert_true(fabs(b.batch.groups->reward[1] - (1 + 2 * step / 100.0)) < 1e-14);
    }
    small_batch_free(&b);
    small_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_term_keeps_its_range), cmocka_unit_test(constant_terms),
                                       cmocka_unit_test(weights_change), cmocka_unit_test(terms_take_turns)};
    return cmocka_run_group_tests_name("reward registry", tests, NULL, NULL);
}
