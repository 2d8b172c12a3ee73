/* The exact tabular world: reading the table and the two views of it. */
#include "models/tabular.h"

#include <math.h>
#include <string.h>
#include "sim/base/str.h"

#define MAX_MESSAGES 20

typedef struct columns {
    const pl_table *rows;
    const char *file;
    size_t prompt, group, outcome, logit, p;
    size_t complaints;
    pl_diag *diag;
} columns;

void tabular_check(const policy_spec *spec, const pl_check *check)
{
    if (spec->stance.hedge > 0 || spec->confidence.levels > 0)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "policy"), "leave them out",
                    "policy.stance and policy.confidence mean nothing beside world.table, which has one decision");
    if (spec->temperature > 0 && spec->temperature != 1)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "policy.temperature"), "leave it out",
                    "a tabular world is sampled at temperature 1");
    if (spec->embedding.dimension > 0 || spec->mismatch.sd > 0 || spec->storage.format != STORAGE_EXACT)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "policy"), "leave them out",
                    "policy.embedding, policy.mismatch and policy.storage belong to the latent world; a tabular world is exact");
    for (int f = 0; f < FEATURES; f++) {
        bool format = f != FEATURE_CONTEXT && !isnan(spec->format.v[f]);     /* a format has no context, and no key for it */
        if (format || !isnan(spec->execution.v[f])) {
            pl_diag_add(check->diag, PL_ERROR, check->place(check, "policy"), "use policy.transfer or policy.strategy",
                        "policy.format and policy.execution mean nothing beside world.table, which has one decision");
            return;
        }
    }
}

static double cell(const columns *c, size_t row, size_t column) { return c->rows->columns[column].v[row]; }

/* The header is line 1; counts from the front, so that quoted line breaks in labels would shift it. */
static void complain(columns *c, size_t row, const char *remedy, const char *what, double value)
{
    if (c->complaints++ < MAX_MESSAGES)
        pl_diag_add(c->diag, PL_ERROR, (pl_place){c->file, (int)row + 2, 0}, remedy, "%s (%g)", what, value);
}

static pl_status find_columns(columns *c)
{
    const char *const names[] = {"prompt", "group", "outcome", "logit", "p"};
    size_t *const at[] = {&c->prompt, &c->group, &c->outcome, &c->logit, &c->p};
    pl_status st = PL_OK;
    for (size_t i = 0; i < PL_COUNT(names); i++) {
        *at[i] = pl_table_index(c->rows, names[i]);
        bool missing = *at[i] == SIZE_MAX, text = !missing && i != 1 && c->rows->columns[*at[i]].spec.text;
        if (missing || text) {
            pl_diag_add(c->diag, PL_ERROR, (pl_place){c->file, 1, 0}, "the columns are prompt, group, outcome, logit, p",
                        missing ? "no column '%s'" : "column '%s' is not numeric", names[i]);
            st = PL_ERR_USER;
        }
    }
    if (!st && c->rows->n_rows == 0) {
        pl_diag_add(c->diag, PL_ERROR, (pl_place){c->file, 1, 0}, "one row per prompt and outcome", "the table has no rows");
        st = PL_ERR_USER;
    }
    return st;
}

static bool whole(double x, double below) { return x >= 0 && x < below && x == floor(x); }

/* Sizes: largest prompt and outcome, every row in order. */
static pl_status measure_table(columns *c, tabular *t)
{
    double prompts = 0, outcomes = 0;
    for (size_t i = 0; i < c->rows->n_rows; i++) {
        double x = cell(c, i, c->prompt), k = cell(c, i, c->outcome), p = cell(c, i, c->p);
        if (!whole(x, 1e7))
            complain(c, i, "count prompts from 0", "prompt is not a whole number below 1e7", x);
        else if (!whole(k, 65534))
            complain(c, i, "count outcomes from 0", "outcome is not a whole number below 65534", k);
        if (!isfinite(cell(c, i, c->logit)))
            complain(c, i, "give a finite logit", "logit is missing or not finite", cell(c, i, c->logit));
        if (!(p >= 0 && p <= 1))
            complain(c, i, "a probability from 0 to 1", "p is not a probability", p);
        prompts = x >= prompts ? x + 1 : prompts;
        outcomes = k >= outcomes ? k + 1 : outcomes;
    }
    if (!c->complaints && prompts * outcomes != (double)c->rows->n_rows)
        complain(c, c->rows->n_rows, "list every outcome once for every prompt",
                 "rows, where prompts times outcomes would be needed", prompts * outcomes);
    t->n_prompts = (size_t)prompts;
    t->K = (size_t)outcomes;
    return c->complaints ? PL_ERR_USER : PL_OK;
}

/* Label of a row; numbers serve as labels too. */
static const char *label(const columns *c, size_t row, char text[32])
{
    return c->rows->columns[c->group].spec.text ? pl_table_text(c->rows, row, c->group) : pl_number(cell(c, row, c->group), text);
}

/* Groups in order of their first outcome; an outcome that changes its group from prompt to prompt is an error. */
static pl_status read_groups(columns *c, tabular *t, const char **names)
{
    const char **of = pl_arena_array(&t->arena, t->K, sizeof *of);
    t->group = pl_arena_array(&t->arena, t->K, sizeof *t->group);
    t->place = pl_arena_array(&t->arena, t->K, sizeof *t->place);
    size_t *size = pl_arena_array(&t->arena, t->K, sizeof *size);
    if (!of || !t->group || !t->place || !size)
        return PL_ERR_WORLD;
    for (size_t i = 0; i < c->rows->n_rows; i++) {
        char text[32];
        size_t k = (size_t)cell(c, i, c->outcome);
        const char *name = label(c, i, text);
        if (!of[k] && !(of[k] = pl_arena_strdup(&t->arena, name)))
            return PL_ERR_WORLD;
        if (strcmp(of[k], name))
            complain(c, i, "an outcome has the same group on all prompts", "the group of an outcome changes", (double)k);
    }
    for (size_t k = 0; k < t->K; k++) {
        size_t f = 0;
        while (f < t->F && (!of[k] || strcmp(names[f], of[k])))
            f++;
        if (f == t->F)
            names[t->F++] = of[k] ? of[k] : "";
        t->group[k] = (uint32_t)f;
        t->place[k] = (uint32_t)size[f]++;
        t->S = size[f] > t->S ? size[f] : t->S;
    }
    return c->complaints ? PL_ERR_USER : PL_OK;
}

/* The parts that both worlds have in common, one domain, template and band. */
static pl_status shape_world(tabular *t, world *w, world_spec *spec, size_t F, size_t S, const char *const *names)
{
    pl_arena *arena = &t->arena;
    size_t n = t->n_prompts;
    domain_spec *domain = pl_arena_alloc(arena, sizeof *domain);
    format_spec *formats = pl_arena_array(arena, F, sizeof *formats);
    strategy_spec *strategies = pl_arena_array(arena, S, sizeof *strategies);
    *w = (world){.spec = spec, .n_prompts = n, .n_train = n, .n_domains = 1, .n_formats = F, .n_strategies = S, .n_templates = 1,
                 .n_train_templates = 1, .n_bands = 1, .n_split = {n, 0, 0}};
    *spec = (world_spec){.length_cap = NAN, .interrupt = {.at = NAN}};
    w->domain = pl_arena_array(arena, n, sizeof *w->domain);
    w->template_ = w->band = w->domain;                    /* all 0 */
    w->split = pl_arena_array(arena, n, sizeof *w->split);
    w->difficulty = pl_arena_array(arena, n, sizeof *w->difficulty);
    w->applicability = pl_arena_array(arena, n * S, sizeof *w->applicability);
    w->ln_prior_format = pl_arena_array(arena, F, sizeof *w->ln_prior_format);
    w->ln_prior_strategy = pl_arena_array(arena, n * F * S, sizeof *w->ln_prior_strategy);
    w->execution = pl_arena_array(arena, n * F, sizeof *w->execution);
    w->tokens = pl_arena_array(arena, 3 * F * S, sizeof *w->tokens);
    w->domains = pl_arena_alloc(arena, sizeof *w->domains);
    w->formats = pl_arena_array(arena, F, sizeof *w->formats);
    w->strategies = pl_arena_array(arena, S, sizeof *w->strategies);
    if (!domain || !formats || !strategies || !w->domain || !w->split || !w->difficulty || !w->applicability ||
        !w->ln_prior_format || !w->ln_prior_strategy || !w->execution || !w->tokens || !w->domains || !w->formats || !w->strategies)
        return PL_ERR_WORLD;
    *domain = (domain_spec){.name = "table", .weight = NAN, .prompts = (int64_t)n, .templates = 1};
    w->domains[0] = domain;
    for (size_t f = 0; f < F; f++) {
        formats[f] = (format_spec){.name = names[f], .extraction = 1, .tokens = 1};
        w->formats[f] = &formats[f];
    }
    for (size_t s = 0; s < S; s++) {
        if (!(strategies[s].name = pl_arena_printf(arena, "%zu", s)))
            return PL_ERR_WORLD;
        strategies[s].kind = STRATEGY_GENUINE;
        strategies[s].tokens = 1;
        w->strategies[s] = &strategies[s];
    }
    for (size_t i = 0; i < 2 * F * S; i++)
        w->tokens[i] = 1;
    w->length = w->tokens;
    w->fits = w->tokens + F * S;
    w->steps = w->fits + F * S;                            /* all 0 */
    spec->domains = (pl_map){domain, 1};
    spec->formats = (pl_map){formats, F};
    spec->strategies = (pl_map){strategies, S};
    return PL_OK;
}

/* Puts the rows in place; a seen mark per cell finds what is given twice (then something else is missing). */
static pl_status fill(columns *c, tabular *t)
{
    world *o = &t->outcomes;
    uint8_t *seen = pl_arena_array(&t->arena, t->n_prompts, t->K);
    if (!seen)
        return PL_ERR_WORLD;
    for (size_t i = 0; i < c->rows->n_rows; i++) {
        size_t at = (size_t)cell(c, i, c->prompt) * t->K + (size_t)cell(c, i, c->outcome);
        if (seen[at])
            complain(c, i, "list every outcome once for every prompt", "the prompt has this outcome twice", cell(c, i, c->outcome));
        seen[at] = 1;
        o->ln_prior_strategy[at] = cell(c, i, c->logit);
        o->applicability[at] = cell(c, i, c->p);
    }
    return c->complaints ? PL_ERR_USER : PL_OK;
}

static pl_status build(columns *c, tabular *t, const policy_spec *spec)
{
    static const char *const one[] = {"table"};
    pl_status st = measure_table(c, t);
    const char **names = st ? NULL : pl_arena_array(&t->arena, t->K, sizeof *names);
    if (!st)
        st = names ? read_groups(c, t, names) : PL_ERR_WORLD;
    if (!st)
        st = shape_world(t, &t->outcomes, &t->outcome_spec, 1, t->K, one);
    if (!st)
        st = shape_world(t, &t->groups, &t->group_spec, t->F, t->S, names);
    if (!st)
        st = fill(c, t);
    if (st)
        return st;
    t->outcome_policy = *spec;
    for (int f = 0; f < FEATURES; f++) {                   /* only the outcome is decided */
        t->outcome_policy.format.v[f] = 0;
        t->outcome_policy.execution.v[f] = 0;
    }
    st = policy_init(&t->policy, &t->outcome_policy, &t->outcomes, c->diag);
    if (!st)
        st = policy_init(&t->display, &t->no_policy, &t->groups, c->diag);
    if (!st)
        st = policy_view_init(&t->view, &t->policy);
    return st ? st : tabular_general_init(t);
}

pl_status tabular_init(tabular *t, const pl_table *rows, const char *file, const policy_spec *spec, pl_diag *diag)
{
    columns c = {.rows = rows, .file = file, .diag = diag};
    *t = (tabular){0};
    for (int f = 0; f < FEATURES; f++)                     /* the display policy has no weights at all */
        t->no_policy.transfer.v[f] = t->no_policy.format.v[f] = t->no_policy.strategy.v[f] = t->no_policy.execution.v[f] = 0;
    pl_arena_init(&t->arena);
    pl_status st = find_columns(&c);
    if (!st)
        st = build(&c, t, spec);
    if (c.complaints > MAX_MESSAGES)
        pl_diag_add(diag, PL_NOTE, (pl_place){file, 0, 0}, NULL, "%zu further errors of this table are not shown",
                    c.complaints - MAX_MESSAGES);
    if (st == PL_ERR_WORLD)
        st = pl_diag_nomem(diag, "reading the tabular world");
    if (st)
        tabular_free(t);
    return st;
}

void tabular_free(tabular *t)
{
    policy_view_free(&t->view);
    policy_free(&t->policy);
    policy_free(&t->display);
    pl_arena_free(&t->arena);
    *t = (tabular){0};
}

/* ln of the sum over a group, without leaving the range of a double. */
static double ln_group(const tabular *t, size_t f)
{
    double max = -INFINITY, sum = 0;
    for (size_t k = 0; k < t->K; k++)
        if (t->group[k] == f && t->view.ln_strategy[k] > max)
            max = t->view.ln_strategy[k];
    for (size_t k = 0; k < t->K; k++)
        if (t->group[k] == f)
            sum += exp(t->view.ln_strategy[k] - max);
    return max + log(sum);
}

void tabular_view(tabular *t, const double *weights, uint32_t prompt, policy_view *view)
{
    const double never = -745.0;                           /* about ln of the smallest positive double */
    policy_forward(&t->policy, weights, prompt, &t->view);
    view->prompt = prompt;
    view->pass = t->view.pass;
    for (size_t f = 0; f < t->F; f++) {
        view->ln_format[f] = ln_group(t, f);
        view->format[f] = exp(view->ln_format[f]);
        view->step[f] = 1;
        view->ln_step[f] = 0;
        view->ln_fail[f] = never;
        for (size_t s = 0; s < t->S; s++) {
            view->strategy[f * t->S + s] = view->success[f * t->S + s] = 0;
            view->ln_strategy[f * t->S + s] = never;
        }
    }
    for (size_t k = 0; k < t->K; k++) {
        size_t f = t->group[k], at = f * t->S + t->place[k];
        view->ln_strategy[at] = t->view.ln_strategy[k] - view->ln_format[f];
        view->strategy[at] = exp(view->ln_strategy[at]);
        view->success[at] = t->view.success[k];
    }
}
