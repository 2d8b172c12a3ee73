#include "sim/cli/report.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "sim/cli/progress.h"

enum { SHOWN = 4, CELL = 64 };

void report_estimate(const pl_estimate *e, char text[64])
{
    if (isnan(e->value))
        snprintf(text, CELL, "-");
    else if (isnan(e->low))
        snprintf(text, CELL, "%.4g", e->value);
    else
        snprintf(text, CELL, "%.4g [%.4g, %.4g]", e->value, e->low, e->high);
}

/* The columns worth a look at the end of a run, as far as the table has them: what the sigmoid is fitted to, then the
 * measures that most findings are about. */
static size_t key_columns(const plan *p, const pl_table *t, size_t columns[SHOWN])
{
    const char *const wanted[] = {p->base.fits.sigmoid_y,     "pass@1",      "entropy/token",
                                  "strategies/kind/shortcut", "length/mean", "reward/mean"};
    size_t n = 0;
    for (size_t i = 0; i < PL_COUNT(wanted) && n < SHOWN; i++) {
        size_t c = wanted[i] ? pl_table_index(t, wanted[i]) : (size_t)-1;
        bool known = c == (size_t)-1;
        for (size_t k = 0; k < n; k++) known |= columns[k] == c;
        if (!known) columns[n++] = c;
    }
    return n;
}

/* Ends a line; blanks that only filled up a column go. */
static void end_line(pl_str *out)
{
    while (out->length && out->text[out->length - 1] == ' ') out->text[--out->length] = '\0';
    pl_str_addc(out, '\n');
}

static void cell(pl_str *out, const char *text, size_t width)
{
    pl_str_add(out, text);
    for (size_t n = strlen(text); n < width + 2; n++) pl_str_addc(out, ' ');
}

static void values(pl_str *out, const plan *p, const outcome *o)
{
    size_t columns[SHOWN], width[SHOWN], n = key_columns(p, &o->table, columns), names = strlen("arm");
    char text[CELL];
    bool sigmoid = false;
    for (size_t i = 0; i < p->n_arms; i++) {
        if (strlen(o->arms[i].name) > names) names = strlen(o->arms[i].name);
        sigmoid |= o->arms[i].fits.has_sigmoid;
    }
    for (size_t k = 0; k < n; k++) {
        width[k] = strlen(o->table.columns[columns[k]].spec.name);
        for (size_t i = 0; i < p->n_arms; i++) {
            report_estimate(&o->arms[i].final[columns[k]], text);
            if (strlen(text) > width[k]) width[k] = strlen(text);
        }
    }
    cell(out, "arm", names);
    for (size_t k = 0; k < n; k++) cell(out, o->table.columns[columns[k]].spec.name, width[k]);
    pl_str_add(out, sigmoid ? "sigmoid A" : "");
    end_line(out);
    for (size_t i = 0; i < p->n_arms; i++) {
        const arm_outcome *a = &o->arms[i];
        cell(out, a->name, names);
        for (size_t k = 0; k < n; k++) {
            report_estimate(&a->final[columns[k]], text);
            cell(out, text, width[k]);
        }
        if (a->fits.has_sigmoid) {
            report_estimate(&a->fits.sigmoid.A, text);
            pl_str_addf(out, "%s%s", text, a->fits.sigmoid.identified ? "" : " (not identified)");
        }
        end_line(out);
    }
    pl_str_addf(out, "last recorded step, mean over %zu replicates [95%% interval]%s\n", p->replicates,
                sigmoid ? "; sigmoid of their mean curve" : "");
}

static void verdicts(pl_str *out, const outcome *o, bool colour)
{
    static const char *const paint[] = {
        [VERDICT_SUPPORTED] = "\033[32m", [VERDICT_REFUTED] = "\033[31m", [VERDICT_INCONCLUSIVE] = "\033[33m"};
    size_t names = 0;
    for (size_t i = 0; i < o->n_hypotheses; i++)
        if (strlen(o->hypotheses[i].name) > names) names = strlen(o->hypotheses[i].name);
    pl_str_add(out, "\nhypotheses\n");
    for (size_t i = 0; i < o->n_hypotheses; i++) {
        const hypothesis_result *h = &o->hypotheses[i];
        char text[CELL];
        report_estimate(&h->effect, text);
        cell(out, h->role, strlen("control"));
        cell(out, h->name, names);
        if (colour) pl_str_add(out, paint[h->verdict]);
        cell(out, verdict_names[h->verdict], strlen("inconclusive"));
        if (colour) pl_str_add(out, "\033[0m");
        pl_str_addf(out, "%s\n", text);
    }
}

void report_summary(invocation *call, const plan *p, const outcome *o)
{
    values(call->out, p, o);
    if (o->n_hypotheses) verdicts(call->out, o, terminal_colour(STDOUT_FILENO));
}
