/* Entropy of answers and majority votes: against every sequence of answers, closed forms, and drawn votes. */
#include "measure_setting.h"

/* Probabilities of right (0), wrong answers (1 .. W) and none (W + 1): over every path, whether its strategy works, and
 * which of its steps fail. */
static size_t law_of(const setting *s, double *law) {
    const world *w = &s->w;
    const policy_view *v = &s->view;
    const answers_spec *spec = &s->x.spec.answers;
    const uint32_t x = v->prompt;
    memset(law, 0, (w->n_wrong + 2) * sizeof *law);
    for (size_t f = 0; f < v->F; f++)
        for (size_t a = 0; a < v->S; a++) {
            const int kind = w->strategies[a]->kind, steps = (int)w->strategies[a]->steps;
            const double taken = v->format[f] * v->strategy[f * v->S + a];
            const double read = w->formats[f]->extraction * w->fits[world_path(w, x, f, a)];
            law[w->n_wrong + 1] += taken * (kind == STRATEGY_ABSTAIN ? 1.0 : 1.0 - read);
            for (int pattern = 0; pattern < 2 << steps && kind != STRATEGY_ABSTAIN; pattern++) {
                const bool works = pattern & 1, slipped = pattern >> 1;
                const double m = w->applicability[x * v->S + a];
                double p = taken * read * (works ? m : 1.0 - m);
                for (int i = 1; i <= steps; i++) p *= pattern >> i & 1 ? 1.0 - v->step[f] : v->step[f];
                if (works && !slipped) { law[0] += p; continue; }
                const bool misled = spec->invited_by == INVITED_BY_PROMPT || (kind == STRATEGY_GENUINE && !works && !slipped);
                const double invited = misled ? p * sqrt(spec->correlation) : 0.0;
                law[spec->invited_by == INVITED_BY_STRATEGY ? w->own_mistake[x * v->S + a] : w->mistake[x]] += invited;
                for (size_t i = 1; i <= w->n_wrong; i++) law[i] += (p - invited) * w->wrong[i - 1];
            }
        }
    return w->n_wrong + 2;
}

static double vote(const size_t *count, size_t n_wrong) {
    size_t most = 0, equal = 0;
    for (size_t i = 0; i <= n_wrong; i++) {
        if (count[i] > most) most = count[i], equal = 0;
        equal += count[i] == most;
    }
    return most > 0 && count[0] == most ? 1.0 / (double)equal : 0.0;
}

/* Over every sequence of k answers. */
static double all_sequences(const double *law, size_t n, size_t k, size_t *count, double probability) {
    if (k == 0) return probability * vote(count, n - 2);
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        if (law[i] <= 0.0) continue;
        count[i]++;
        sum += all_sequences(law, n, k - 1, count, probability * law[i]);
        count[i]--;
    }
    return sum;
}

static void test_every_sequence(void **state) {
    for (uint32_t number = 0; number < 6; number++) {
        setting s;
        fixture_init(&s.x);
        if (number) fixture_randomise(&s.x, 40 + number);
        s.x.spec.answers = (answers_spec){.wrong = 2 + number % 3, .zipf = 0.4 * number, .correlation = 0.15 * number};
        s.x.spec.answers.invited_by = (int)(number / 2 % 3);
        s.x.domains[0].held_out = s.x.domains[1].held_out = 3;
        open_setting(&s, number);
        visit_all(&s, s.weights);
        measures_finish(&s.m, s.row);
        double entropy = 0.0, maj5 = 0.0, pass = 0.0, limit = 0.0;
        for (uint32_t x = 41; x < 47; x++) {
            double law[16];
            size_t count[16] = {0};
            policy_forward(&s.p, s.weights, x, &s.view);
            const size_t n = law_of(&s, law);
            for (size_t i = 0; i < n; i++) entropy -= law[i] > 0.0 ? law[i] * log(law[i]) / 6.0 : 0.0;
            maj5 += all_sequences(law, n, 5, count, 1.0) / 6.0;
            pass += law[0] / 6.0;
            bool likeliest = true;
            for (size_t i = 1; i + 1 < n; i++) likeliest = likeliest && law[0] > law[i];
            limit += likeliest / 6.0;
        }
        assert_near(value(&s, "entropy/answer"), entropy, 1e-12);
        assert_near(value(&s, "maj@1"), pass, 1e-13);
        assert_near(value(&s, "maj@5"), maj5, 1e-12);
        assert_near(value(&s, "answers/majority_right"), limit, 1e-12);
        close_setting(&s);
    }
}

/* One wrong alternative and always an answer: a binomial tail, half of equals. At k = 64, where every power of the polynomials is
 * used; and the limit of many votes. */
static void test_two_answers(void **state) {
    setting s;
    fixture_init(&s.x);
    s.x.spec.answers = (answers_spec){.wrong = 1, .zipf = 1.0, .correlation = 0.0};
    s.x.spec.length_cap = NAN;
    for (int f = 0; f < 3; f++) s.x.formats[f].extraction = 1.0;
    s.x.strategies[3].kind = STRATEGY_SHORTCUT;
    open_setting(&s, 3);
    double votes[] = {2.0, 63.0, 64.0}, expected[3] = {0};
    s.setup.majority_at = (pl_reals){votes, 3};
    visit_all(&s, s.weights);
    measures_finish(&s.m, s.row);
    for (uint32_t x = 41; x < 62; x++) {
        policy_forward(&s.p, s.weights, x, &s.view);
        const double p = s.view.pass;
        for (int i = 0; i < 3; i++)
            for (int c = 0; c <= (int)votes[i]; c++) {
                const double mass = exp(lgamma(votes[i] + 1.0) - lgamma(c + 1.0) - lgamma(votes[i] - c + 1.0) + c * log(p) +
                                        (votes[i] - c) * log1p(-p));
                expected[i] += mass * (2 * c > votes[i] ? 1.0 : 2 * c == votes[i] ? 0.5 : 0.0) / 21.0;
            }
    }
    const size_t at = pl_table_index(&s.table, "maj@1");
    for (size_t i = 0; i < 3; i++) assert_near(s.row[at + i], expected[i], 1e-11);
    assert_near(s.row[at], value(&s, "pass@1"), 1e-12);        /* two votes that differ are tossed for */
    close_setting(&s);
}

/* Drawn votes with 7 alternatives and an invited mistake, 60,000 of 8 answers a prompt, within 4 standard errors. */
static void test_drawn_votes(void **state) {
    enum { DRAWS = 60000 };
    setting s;
    fixture_init(&s.x);
    s.x.domains[0].held_out = 2;
    s.x.domains[1].held_out = 1;
    open_setting(&s, 8);
    visit_all(&s, s.weights);
    measures_finish(&s.m, s.row);
    double mean = 0.0;
    pl_stream stream = test_stream(5);
    for (uint32_t x = 41; x < 44; x++) {
        double law[16];
        policy_forward(&s.p, s.weights, x, &s.view);
        const size_t n = law_of(&s, law);
        for (int i = 0; i < DRAWS; i++) {
            size_t count[16] = {0};
            for (int k = 0; k < 8; k++) count[pl_categorical(&stream, law, n)]++;
            mean += vote(count, n - 2) / (3.0 * DRAWS);
        }
    }
    assert_near(value(&s, "maj@8"), mean, 4.0 * 0.5 / sqrt(3.0 * DRAWS));
    assert_true(value(&s, "maj@8") > value(&s, "maj@1") || value(&s, "answers/majority_right") < 1.0);
    close_setting(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_sequence), cmocka_unit_test(test_two_answers),
                                       cmocka_unit_test(test_drawn_votes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
