/* The keys of a hypothesis: their table, what contradicts what, and what cannot be reached. */
#include "sim/analysis/hypothesis.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/analysis/overlap.h"

const char *const verdict_names[] = {"supported", "refuted", "inconclusive", NULL};

static const char *const roles[] = {"effect", "control", NULL};
static const char *const combinations[] = {"difference", "ratio", NULL};
static const char *const relations[] = {"none", "greater", "less", NULL};
static const char *const predictions[] = {"none", "error", "covered", NULL};
static const char *const overs[] = {"auto", "replicates", "pooled", NULL};

#define KEY(member) .offset = offsetof(hypothesis_spec, member)
static const pl_field fields[] = {
    {.name = "name",
     .type = PL_STRING,
     KEY(name),
     .flags = PL_REQUIRED,
     .doc = "The claim in a few words; it names the entry of summary.json."},
    {.name = "role",
     .type = PL_ENUM,
     KEY(role),
     .fallback = "effect",
     .names = roles,
     .doc = "effect: what the finding says. control: what must hold when the claimed cause is removed."},
    {.name = "measure",
     .type = PL_STRING,
     KEY(measure),
     .flags = PL_REQUIRED,
     .doc = "A column of metrics.csv, or a statistic of a fit: sigmoid.A, .B, .C_mid, .R0, .r2, .identified, .x_first, .x_last, "
            ".C_mid_share (C_mid over the "
            "last x), .prefix_A, .prefix_identified, .extrapolation_error (A of the prefix minus A of the whole), "
            ".prediction_error (the same for the curve "
            "at the last x), .grid_A, .grid_B, .grid_C_mid (by the procedure of the source, see fits.grid), .grid_error (its A minus "
            "that of the fit); entropy_law.a, .b, .r2; or of the weights that different replicates change (policy.storage): "
            "overlap.shared "
            "(of those that one changes, the share that another does), .chance (the share of all that it does), .ratio."},
    {.name = "at",
     .type = PL_STRING,
     KEY(at),
     .fallback = "null",
     .flags = PL_NULLABLE,
     .doc = "When the column is read: start, end (also when left out), step N, epoch X (both interpolated), change_point COLUMN "
            "(where that column has its kink), or min, max, mean over the recorded steps."},
    {.name = "from",
     .type = PL_STRING,
     KEY(from),
     .fallback = "null",
     .flags = PL_NULLABLE,
     .doc = "The number is the change from this moment, written as in `at`; left out: the value itself."},
    {.name = "crosses",
     .type = PL_REAL,
     KEY(crosses),
     .fallback = "null",
     .flags = PL_NULLABLE,
     .min = -PL_INF,
     .max = PL_INF,
     .doc = "The number is the step at which the column first reaches this value; a run in which it never does counts with its "
            "last step."},
    {.name = "covers",
     .type = PL_REAL,
     KEY(covers),
     .fallback = "null",
     .flags = PL_NULLABLE | PL_OPEN_MIN,
     .min = 0,
     .max = 1,
     .unit = "fraction",
     .doc =
         "The number is the step at which the column has first covered this fraction of the way from its first to its last value."},
    {.name = "change_point",
     .type = PL_BOOL,
     KEY(change_point),
     .fallback = "false",
     .doc = "The number is the step at which the column has its kink: the one change of slope of a continuous broken line."},
    {.name = "prediction",
     .type = PL_ENUM,
     KEY(prediction),
     .fallback = "none",
     .names = predictions,
     .doc = "With crosses, for a column that goes towards 1, such as a format's share: the time of crossing is foretold from the "
            "prefix of the same run, as the time at which its sigmoid has covered the same fraction h of its rise, h = (crosses - "
            "first value)/(1 - first value). error: the number is the median of the predicted time over the actual one, minus 1. "
            "covered: 1 when the actual time lies in the 90% interval of the predicted one, else 0; the interval knows that a run "
            "strays from its sigmoid by chance, and takes the recorded values to be exact. A run that crosses within the prefix, or "
            "never, has no value."},
    {.name = "before",
     .type = PL_STRING,
     KEY(before),
     .fallback = "null",
     .flags = PL_NULLABLE,
     .doc = "With crosses, covers or change_point: the number is by how many steps this column does the same later. A run in "
            "which the measure never crosses counts as not before."},
    {.name = "before_crosses",
     .type = PL_REAL,
     KEY(before_crosses),
     .fallback = "null",
     .flags = PL_NULLABLE,
     .min = -PL_INF,
     .max = PL_INF,
     .doc = "The value that the column `before` has to reach, with crosses."},
    {.name = "arm",
     .type = PL_STRING,
     KEY(arm),
     .fallback = "null",
     .flags = PL_NULLABLE,
     .doc = "The arm whose number is judged; a scenario without arms has the arm base."},
    {.name = "arms",
     .type = PL_STRINGS,
     KEY(arms),
     .fallback = "[]",
     .doc = "Two arms; the number is that of the first compared with that of the second, replicate by replicate."},
    {.name = "as",
     .type = PL_ENUM,
     KEY(as),
     .fallback = "difference",
     .names = combinations,
     .doc = "How two arms are compared: first minus second, or first over second."},
    {.name = "absolute",
     .type = PL_BOOL,
     KEY(absolute),
     .fallback = "false",
     .doc = "Judge the size of the number, whatever its sign."},
    {.name = "greater_than",
     .type = PL_REAL,
     KEY(greater_than),
     .fallback = "null",
     .flags = PL_NULLABLE,
     .min = -PL_INF,
     .max = PL_INF,
     .doc = "Supported when the whole interval lies above this, refuted when below."},
    {.name = "less_than",
     .type = PL_REAL,
     KEY(less_than),
     .fallback = "null",
     .flags = PL_NULLABLE,
     .min = -PL_INF,
     .max = PL_INF,
     .doc = "Supported when the whole interval lies below this, refuted when above."},
    {.name = "within",
     .type = PL_REAL,
     KEY(within),
     .fallback = "null",
     .flags = PL_NULLABLE | PL_OPEN_MIN,
     .min = 0,
     .max = PL_INF,
     .doc = "Equivalence: supported when the whole interval lies within plus or minus this (of 0; of 1 for a ratio), refuted when "
            "outside."},
    {.name = "relation",
     .type = PL_ENUM,
     KEY(relation),
     .fallback = "none",
     .names = relations,
     .doc = "Of two arms: the first is greater, or less, than the second by more than `margin`. Short for greater_than and "
            "less_than on the comparison."},
    {.name = "margin",
     .type = PL_REAL,
     KEY(margin),
     .fallback = "0",
     .min = 0,
     .max = PL_INF,
     .doc = "By how much `relation` must hold (of a ratio: beyond 1)."},
    {.name = "gone_against",
     .type = PL_STRINGS,
     KEY(gone_against),
     .fallback = "[]",
     .doc = "Control: the arm, or the two arms, in which the effect is there. Supported when the number of this entry's arms is "
            "within `share` of theirs."},
    {.name = "share",
     .type = PL_REAL,
     KEY(share),
     .fallback = "0.3333333333333333",
     .flags = PL_OPEN_MIN | PL_OPEN_MAX,
     .min = 0,
     .max = 1,
     .unit = "fraction",
     .doc = "What a control may keep of the effect."},
    {.name = "share_of_replicates",
     .type = PL_REAL,
     KEY(share_of_replicates),
     .fallback = "null",
     .flags = PL_NULLABLE | PL_OPEN_MAX,
     .min = 0,
     .max = 1,
     .unit = "fraction",
     .doc = "Make the comparison in every replicate alone; supported when it holds in more than this share of them (Wilson "
            "interval)."},
    {.name = "over",
     .type = PL_ENUM,
     KEY(over),
     .fallback = "auto",
     .names = overs,
     .doc = "replicates: one number a replicate, t interval. pooled: the number of the mean curve, jackknife interval. auto: "
            "pooled for fits, replicates for columns."},
};

static void complain(const pl_check *check, const char *path, const char *remedy, const char *what)
{
    pl_diag_add(check->diag, PL_ERROR, check->place(check, path), remedy, "%s", what);
}

static void check_time(const hypothesis_spec *h, const pl_check *check)
{
    bool crosses = !isnan(h->crosses), covers = !isnan(h->covers), time = crosses || covers || h->change_point;
    if (crosses + covers + h->change_point > 1)
        complain(check, covers ? "covers" : "change_point", "give one of them",
                 "more than one of 'crosses', 'covers', 'change_point'");
    if (time && h->at)
        complain(check, "at", "leave out 'at'",
                 "'at' says when, but the number is itself a time ('crosses', 'covers', 'change_point')");
    if (time && h->from)
        complain(check, "from", "leave out 'from'",
                 "'from' asks for a change, but the number is a time ('crosses', 'covers', 'change_point')");
    if (h->before && !time)
        complain(check, "before", "add 'crosses', 'covers' or 'change_point'", "'before' orders two times, but nothing says which");
    if (h->prediction && !crosses)
        complain(check, "prediction", "add 'crosses'",
                 "'prediction' is of the time at which the column crosses a value, and none is given");
    if (h->prediction && (h->before || h->arms.n || h->over == 2))
        complain(check, "prediction", "leave out 'before', 'arms' and 'over: pooled'",
                 "a prediction is held against the run that it was made from, alone");
    if (h->prediction && crosses && !(h->crosses > 0 && h->crosses < 1))
        complain(check, "crosses", "a share between 0 and 1", "'prediction' is for a column that goes towards 1");
    if (!isnan(h->before_crosses) && !(h->before && crosses))
        complain(check, "before_crosses", "use it with 'before' and 'crosses'", "'before_crosses' without 'before' and 'crosses'");
    if (h->before && crosses && isnan(h->before_crosses))
        complain(check, "before", "add 'before_crosses'",
                 "'before' with 'crosses' needs the value that the other column has to reach");
    moment m;
    static const char *const remedy = "start, end, min, max, mean, step N, epoch X or change_point COLUMN";
    if (h->at && !moment_parse(h->at, NAN, &m)) complain(check, "at", remedy, "'at' is not a moment of a run");
    if (h->from && !moment_parse(h->from, NAN, &m)) complain(check, "from", remedy, "'from' is not a moment of a run");
}

static void check_fit(const hypothesis_spec *h, const pl_check *check)
{
    bool overlaps = is_overlap_statistic(h->measure);
    if (overlaps && (h->over == 1 || !isnan(h->share_of_replicates)))
        complain(check, h->over == 1 ? "over" : "share_of_replicates", "leave it out",
                 "an overlap is between replicates: no replicate has one alone");
    if (!is_fit_statistic(h->measure) && !overlaps) return;
    if (h->at || h->from || !isnan(h->crosses) || !isnan(h->covers) || h->change_point)
        complain(check, "measure", "leave out 'at', 'from', 'crosses', 'covers' and 'change_point'",
                 "a statistic of a fit, or of an overlap, describes the whole run");
}

static void check_arms(const hypothesis_spec *h, const pl_check *check)
{
    bool two = h->arms.n > 0;
    if (!h->arm == !two)
        complain(check, h->arm ? "arms" : "measure", "give 'arm' (one) or 'arms' (two)",
                 h->arm ? "both 'arm' and 'arms'" : "no arm to judge");
    if (two && h->arms.n != 2) complain(check, "arms", "[first, second]", "'arms' does not name two arms");
    if (two && h->arms.n == 2 && !strcmp(h->arms.v[0], h->arms.v[1]))
        complain(check, "arms", "name two arms", "an arm compared with itself");
    if (h->as && !two) complain(check, "as", "give 'arms'", "'as: ratio' compares two arms");
    if (h->gone_against.n && h->gone_against.n != (two ? 2u : 1u))
        complain(check, "gone_against", "one arm beside 'arm', two beside 'arms'",
                 "'gone_against' does not match the arms it is held against");
}

static void check_comparison(const hypothesis_spec *h, const pl_check *check)
{
    int n = !isnan(h->greater_than) + !isnan(h->less_than) + !isnan(h->within) + (h->relation != 0) + (h->gone_against.n > 0);
    if (n != 1)
        complain(check, "name", "give exactly one of greater_than, less_than, within, relation, gone_against",
                 n ? "several statements of what would support the hypothesis" : "nothing says what would support the hypothesis");
    if (h->margin > 0 && !h->relation) complain(check, "margin", "add 'relation'", "'margin' belongs to 'relation'");
    if (h->relation && !h->arms.n)
        complain(check, "relation", "give 'arms', or use greater_than or less_than", "'relation' compares two arms");
    if (h->gone_against.n && h->role != 1) complain(check, "role", "role: control", "'gone_against' makes this entry a control");
    if (h->gone_against.n && (h->as || h->absolute))
        complain(check, "gone_against", "leave out 'as' and 'absolute'", "an effect that is gone is a difference near 0");
    if (!isnan(h->share_of_replicates) && h->gone_against.n)
        complain(check, "share_of_replicates", "give one of them", "'share_of_replicates' and 'gone_against' exclude each other");
    if (!isnan(h->share_of_replicates) && h->over == 2)
        complain(check, "over", "leave out 'over'", "'share_of_replicates' looks at every replicate alone, 'pooled' at none");
}

static void check_hypothesis(const void *self, const pl_check *check)
{
    const hypothesis_spec *h = self;
    check_time(h, check);
    check_fit(h, check);
    check_arms(h, check);
    check_comparison(h, check);
}

const pl_struct hypothesis_struct = {
    .name = "hypothesis",
    .doc = "A claim about the results, judged over replicates: one number with its interval, and what it should be.",
    .size = sizeof(hypothesis_spec),
    .fields = fields,
    .n_fields = PL_COUNT(fields),
    .check = check_hypothesis};

static const pl_field fit_fields[] = {
    {.name = "sigmoid_x",
     .type = PL_STRING,
     .offset = offsetof(fits_spec, sigmoid_x),
     .fallback = "step",
     .doc = "Compute, the sigmoid's x: step, time_s, gpu_hours."},
    {.name = "sigmoid_y",
     .type = PL_STRING,
     .offset = offsetof(fits_spec, sigmoid_y),
     .fallback = "pass@1",
     .doc = "The sigmoid's y.",
     .source = "2510.13786, eq. 1"},
    {.name = "entropy_x",
     .type = PL_STRING,
     .offset = offsetof(fits_spec, entropy_x),
     .fallback = "entropy/token",
     .doc = "Entropy H of the entropy law.",
     .unit = "nats"},
    {.name = "entropy_y",
     .type = PL_STRING,
     .offset = offsetof(fits_spec, entropy_y),
     .fallback = "pass@1",
     .doc = "Reward R of the entropy law R = -a e^H + b.",
     .source = "2505.22617, eq. 3"},
    {.name = "drop",
     .type = PL_REAL,
     .offset = offsetof(fits_spec, drop),
     .fallback = "0.09",
     .flags = PL_OPEN_MAX,
     .min = 0,
     .max = 0.9,
     .unit = "fraction",
     .doc = "Leading part of the range of x that the sigmoid leaves out; x = 0 stays, as R0.",
     .source = "2510.13786"},
    {.name = "prefix",
     .type = PL_REAL,
     .offset = offsetof(fits_spec, prefix),
     .fallback = "0.5",
     .flags = PL_OPEN_MIN | PL_OPEN_MAX,
     .min = 0,
     .max = 1,
     .unit = "fraction",
     .doc = "Part of the run from which the rest is predicted.",
     .source = "2510.13786"},
    {.name = "grid",
     .type = PL_BOOL,
     .offset = offsetof(fits_spec, grid),
     .fallback = "false",
     .doc = "Fit the sigmoid by the procedure of its source as well: A on a grid of .005, C_mid on one of 100 steps of the run, B by "
            "least squares. In summary.json and below the figure it stands beside the fit; it takes much longer and has no "
            "intervals.",
     .source = "2510.13786"},
    {.name = "change_points",
     .type = PL_STRINGS,
     .offset = offsetof(fits_spec, change_points),
     .fallback = "[]",
     .doc = "Columns in which a change of slope is looked for; the figure `phases` draws them.",
     .source = "2509.03646"},
};
const pl_struct fits_struct = {
    .name = "fits",
    .doc = "What is fitted to every arm: the sigmoid in compute, the entropy law, and change points where asked for.",
    .size = sizeof(fits_spec),
    .fields = fit_fields,
    .n_fields = PL_COUNT(fit_fields)};

/* ---- what cannot be reached ---- */

typedef struct reach {
    const pl_check *check;
    const char *const *arms, *const *columns;
    size_t n_arms, n_columns, item;
} reach;

static pl_place place_of(const reach *r, const char *key)
{
    char path[64];
    snprintf(path, sizeof path, "%zu.%s", r->item, key);
    return r->check->place(r->check, path);
}

static void must_be_known(const reach *r, const char *key, const char *what, const char *name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(name, names[i])) return;
    char remedy[256];
    const char *near = pl_nearest(name, names, n);
    if (near) snprintf(remedy, sizeof remedy, "did you mean '%s'?", near);
    pl_diag_add(r->check->diag, PL_ERROR, place_of(r, key), near ? remedy : NULL, "there is no %s '%s'", what, name);
}

static void check_moment(const reach *r, const char *key, const char *text, double last_step, double steps_per_epoch)
{
    moment m;
    if (!text || !moment_parse(text, steps_per_epoch, &m)) return;
    if (m.kind == MOMENT_CHANGE) must_be_known(r, key, "column", m.column, r->columns, r->n_columns);
    if (m.kind != MOMENT_STEP) return;
    if (isnan(m.step)) /* known only when the pool has been filtered: judged then */
        return;
    if (m.step > last_step)
        pl_diag_add(r->check->diag, PL_ERROR, place_of(r, key), "name an earlier moment, or train for longer",
                    "'%s' is step %g, but the run ends at step %g", text, m.step, last_step);
}

static void check_names(const reach *r, const hypothesis_spec *h)
{
    if (is_overlap_statistic(h->measure)) {
        must_be_known(r, "measure", "column", "update/mask/0", r->columns, r->n_columns);
    } else if (!is_fit_statistic(h->measure)) {
        const char *near = strchr(h->measure, '.') ? pl_nearest(h->measure, fit_statistics, N_FIT_STATISTICS) : NULL;
        if (near) {
            char remedy[64];
            snprintf(remedy, sizeof remedy, "did you mean '%s'?", near);
            pl_diag_add(r->check->diag, PL_ERROR, place_of(r, "measure"), remedy, "there is no column or statistic '%s'",
                        h->measure);
        } else {
            must_be_known(r, "measure", "column", h->measure, r->columns, r->n_columns);
        }
    }
    if (h->before) must_be_known(r, "before", "column", h->before, r->columns, r->n_columns);
    if (h->arm) must_be_known(r, "arm", "arm", h->arm, r->arms, r->n_arms);
    for (size_t i = 0; i < h->arms.n; i++) must_be_known(r, "arms", "arm", h->arms.v[i], r->arms, r->n_arms);
    for (size_t i = 0; i < h->gone_against.n; i++)
        must_be_known(r, "gone_against", "arm", h->gone_against.v[i], r->arms, r->n_arms);
}

void hypotheses_check(const pl_map *list, const pl_table *columns, const char *const *arms, size_t n_arms, double last_step,
                      double steps_per_epoch, size_t replicates, const pl_check *check)
{
    const hypothesis_spec *h = list->v;
    const char **names = pl_alloc_array(columns->n_columns, sizeof *names);
    if (!names) {
        (void)!pl_diag_nomem(check->diag, "checking hypotheses");
        return;
    }
    reach r = {check, arms, names, n_arms, 0, 0};
    for (size_t i = 0; i < columns->n_columns; i++)
        if (!columns->columns[i].spec.text) names[r.n_columns++] = columns->columns[i].spec.name;
    for (size_t i = 0; i < list->n; i++) {
        r.item = i;
        check_names(&r, &h[i]);
        check_moment(&r, "at", h[i].at, last_step, steps_per_epoch);
        check_moment(&r, "from", h[i].from, last_step, steps_per_epoch);
        for (size_t k = 0; k < i; k++)
            if (!strcmp(h[i].name, h[k].name))
                pl_diag_add(check->diag, PL_ERROR, place_of(&r, "name"), "give every hypothesis a name of its own",
                            "the name '%s' is taken", h[i].name);
    }
    r.item = 0;
    if (list->n && replicates < 2)
        pl_diag_add(check->diag, PL_WARNING, place_of(&r, "name"), "replicates: 8",
                    "with one replicate there are no intervals: every verdict will be inconclusive");
    pl_free(names);
}
