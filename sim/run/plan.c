/* From a file to a plan: load, assign, merge the arms, bind each, check what only the whole can tell. */
#include "sim/run/plan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/fs.h"
#include "sim/run/resolve.h"

enum { TABLE_LIMIT = 1 << 30 }; /* bytes of a world's table file */

/* Keys that speak of the comparison, not of one training: the same for all arms. */
static const char *const fixed[] = {"about", "arms", "figures", "fits", "hypotheses", "replicates", "seed"};

static const char *stem(pl_arena *arena, const char *path)
{
    if (strcmp(path, "-") == 0) return "scenario";
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    return pl_arena_strndup(arena, name, dot && dot > name ? (size_t)(dot - name) : strlen(name));
}

static const char *folder(pl_arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash) return ".";
    return pl_arena_strndup(arena, path, slash == path ? 1 : (size_t)(slash - path));
}

static pl_status assign(plan *p, const plan_options *o, pl_node **root, pl_diag *diag)
{
    pl_status st = PL_OK;
    for (size_t i = 0; i < o->n_set; i++) st = pl_worse(st, pl_node_set(root, o->set[i], &p->arena, diag));
    if (o->seed >= 0) {
        const char *text = pl_arena_printf(&p->arena, "seed=%lld", (long long)o->seed);
        st = pl_worse(st, text ? pl_node_set(root, text, &p->arena, diag) : pl_diag_nomem(diag, "reading options"));
    }
    if (o->replicates >= 0) {
        /* `replicates: 16` is short for the map with `count`: keep what else a map says. */
        const pl_node *written = pl_node_get(*root, "replicates");
        const char *key = written && written->kind == PL_NODE_MAP ? "replicates.count" : "replicates";
        const char *text = pl_arena_printf(&p->arena, "%s=%lld", key, (long long)o->replicates);
        st = pl_worse(st, text ? pl_node_set(root, text, &p->arena, diag) : pl_diag_nomem(diag, "reading options"));
    }
    return st;
}

/* Is the first part of a dotted key one that arms may not change? */
static bool is_fixed(const char *key)
{
    size_t length = strcspn(key, ".");
    for (size_t i = 0; i < PL_COUNT(fixed); i++)
        if (strlen(fixed[i]) == length && strncmp(fixed[i], key, length) == 0) return true;
    return false;
}

/* Arms that an extending scenario has set to null are gone. */
static void drop_removed(pl_node *arms)
{
    size_t kept = 0;
    for (size_t i = 0; i < arms->n; i++)
        if (!arms->child[i]->removed) arms->child[kept++] = arms->child[i];
    arms->n = kept;
}

static size_t arms_check(const pl_node *arms, pl_diag *diag)
{
    size_t before = diag->errors;
    if (arms->kind != PL_NODE_MAP && arms->kind != PL_NODE_NULL) {
        pl_diag_add(diag, PL_ERROR, arms->place, "write 'arms:' as a map from the name of an arm to what it changes",
                    "arms is not a map");
        return diag->errors - before;
    }
    for (size_t i = 0; i < arms->n; i++) {
        const pl_node *arm = arms->child[i];
        if (!*arm->key) pl_diag_add(diag, PL_ERROR, arm->key_place, "give the arm a name", "an arm has an empty name");
        if (arm->kind != PL_NODE_MAP && arm->kind != PL_NODE_NULL)
            pl_diag_add(diag, PL_ERROR, arm->place, "write what it changes as 'key: value' lines, or {} for nothing",
                        "arm '%s' is not a map of overrides", arm->key);
        for (size_t k = 0; k < arm->n && arm->kind == PL_NODE_MAP; k++)
            if (is_fixed(arm->child[k]->key))
                pl_diag_add(diag, PL_ERROR, arm->child[k]->key_place, "set it once, at the top level of the scenario",
                            "arm '%s' changes '%s', which is the same for all arms", arm->key, arm->child[k]->key);
    }
    return diag->errors - before;
}

/* Binds one tree; `arm` NULL is the base. *merged is the tree with everything laid together. */
static pl_status bind(plan *p, const pl_node *tree, const pl_node *arm, const pl_search *search, scenario *out,
                      const pl_node **merged, pl_diag *diag)
{
    pl_node *root = pl_node_clone(tree, &p->arena);
    if (!root) return pl_diag_nomem(diag, "reading the scenario");
    pl_status st = PL_OK;
    if (arm && arm->kind == PL_NODE_MAP) {
        const char *origin = pl_arena_printf(&p->arena, "arm %s", arm->key);
        if (!origin) return pl_diag_nomem(diag, "reading the scenario");
        st = pl_node_merge(&root, arm, origin, &p->arena, diag);
    }
    if (!st) st = pl_conf_presets(root, &scenario_struct, search, &p->arena, diag);
    if (!st) st = pl_conf_bind(root, &scenario_struct, out, &p->arena, diag);
    *merged = root;
    out->training.directory = folder(&p->arena, p->path);
    if (!out->training.directory) st = pl_worse(st, pl_diag_nomem(diag, "reading the scenario"));
    return st;
}

/* Names the copy of the world's table by its content. A table that cannot be read is the world's affair to report. */
static pl_status name_table(plan *p, plan_arm *arm, pl_diag *diag)
{
    const char *written = arm->scenario.training.world.table;
    if (!written) return PL_OK;
    const char *path = *written == '/' ? written : pl_join(&p->arena, arm->scenario.training.directory, written);
    char *text;
    size_t length;
    if (!path) return pl_diag_nomem(diag, "reading the scenario");
    const pl_node *node = pl_node_at(arm->tree, "world.table");
    if (!pl_is_file(path)) {
        pl_diag_add(diag, PL_ERROR, node ? node->place : (pl_place){0},
                    "give the path of a CSV file, as seen from the scenario's folder", "there is no table '%s'", path);
        return PL_ERR_USER;
    }
    pl_status st = pl_read_file(path, TABLE_LIMIT, &text, &length, diag);
    if (st) return st;
    arm->table_path = path;
    arm->table_name = pl_arena_printf(&p->arena, "tables/%s.csv", pl_hash_bytes(text, length).hex);
    pl_free(text);
    return arm->table_name ? PL_OK : pl_diag_nomem(diag, "reading the scenario");
}

static pl_status bind_arms(plan *p, const pl_node *tree, const pl_node *arms, const pl_search *search, pl_diag *diag)
{
    p->n_arms = arms && arms->n ? arms->n : 1;
    p->arms = pl_arena_array(&p->arena, p->n_arms, sizeof *p->arms);
    p->arm_names = pl_arena_array(&p->arena, p->n_arms, sizeof *p->arm_names);
    if (!p->arms || !p->arm_names) return pl_diag_nomem(diag, "reading the scenario");
    pl_status st = bind(p, tree, NULL, search, &p->base, &p->tree, diag);
    for (size_t i = 0; i < p->n_arms; i++) {
        const pl_node *arm = arms && arms->n ? arms->child[i] : NULL;
        p->arms[i].name = p->arm_names[i] = arm ? arm->key : "base";
        st = pl_worse(st, bind(p, tree, arm, search, &p->arms[i].scenario, &p->arms[i].tree, diag));
    }
    for (size_t i = 0; i < p->n_arms && !st; i++) st = name_table(p, &p->arms[i], diag);
    return st;
}

static pl_status collect_columns(plan *p, pl_diag *diag)
{
    pl_status st = PL_OK;
    for (size_t i = 0; i < p->n_arms && !st; i++) {
        pl_table own;
        pl_table_init(&own);
        st = training_columns(&p->arms[i].scenario.training, &own, diag);
        for (size_t c = 0; c < own.n_columns && !st; c++) {
            if (pl_table_find(&p->columns, own.columns[c].spec.name)) continue;
            st = pl_table_add_column(&p->columns, &own.columns[c].spec, NULL);
            if (st) st = pl_diag_nomem(diag, "laying out the result table");
        }
        pl_table_free(&own);
    }
    return st;
}

/* Steps of one pass over the training prompts, when the scenario alone tells: no filter on the pool, no table. */
static double steps_per_epoch(const training_spec *t)
{
    const pool_spec *pool = &t->curriculum.pool;
    if (t->world.table || pool->domains.n || pool->min_pass_rate > 0 || pool->max_pass_rate < 1) return NAN;
    const domain_spec *domains = t->world.domains.v;
    double prompts = 0;
    for (size_t i = 0; i < t->world.domains.n; i++) prompts += (double)domains[i].prompts;
    if (pool->limit > 0 && (double)pool->limit < prompts) prompts = (double)pool->limit;
    return prompts / (double)t->algorithm.prompts * (double)t->algorithm.minibatches;
}

/* The last step any arm can reach as far as the stop rules tell; infinite when they do not. */
static double last_step(const plan *p)
{
    double last = 0;
    for (size_t i = 0; i < p->n_arms; i++) {
        const training_spec *t = &p->arms[i].scenario.training;
        double own = t->stop.steps > 0 ? (double)t->stop.steps : INFINITY;
        double epoch = steps_per_epoch(t);
        if (t->stop.epochs > 0 && isfinite(epoch)) own = fmin(own, t->stop.epochs * epoch);
        last = fmax(last, own);
    }
    return last;
}

/* The shortest epoch of an arm: a moment is out of reach only if no arm comes to it. NaN when that of one is not known. */
static double shortest_epoch(const plan *p)
{
    double least = INFINITY;
    for (size_t i = 0; i < p->n_arms; i++) {
        double own = steps_per_epoch(&p->arms[i].scenario.training);
        if (isnan(own)) return NAN;
        least = fmin(least, own);
    }
    return least;
}

static pl_place place_in_hypotheses(const pl_check *check, const char *path)
{
    const pl_node *list = check->context, *node = list ? pl_node_at(list, path) : NULL;
    if (node) return node->place;
    return list ? list->place : (pl_place){0};
}

static void fit_column(const pl_table *t, const char *field, const char *name, const char *const *names, size_t n,
                       const pl_node *root, pl_diag *diag)
{
    const pl_column *column = pl_table_find(t, name);
    if (column && !column->spec.text) return;
    const char *near = pl_nearest(name, names, n);
    char key[32], remedy[128];
    snprintf(key, sizeof key, "fits.%s", field);
    if (near) snprintf(remedy, sizeof remedy, "did you mean '%s'?", near);
    const pl_node *node = pl_node_at(root, key);
    pl_diag_add(diag, PL_ERROR, node ? node->place : (pl_place){0},
                near ? remedy : "`plateau reference columns` lists the columns",
                "'%s' is '%s', which is no column of numbers of this run", key, name);
}

/* What the fits are made of must be columns. A default may be missing (`pass@1` where record.pass_at leaves out 1): then there
 * is nothing to fit, and nobody asked for it. */
static pl_status fits_check(const plan *p, const pl_node *root, pl_diag *diag)
{
    const pl_table *t = &p->columns;
    const char **names = pl_alloc_array(t->n_columns, sizeof *names);
    if (!names) return pl_diag_nomem(diag, "checking the fits");
    size_t n = 0, before = diag->errors;
    for (size_t c = 0; c < t->n_columns; c++)
        if (!t->columns[c].spec.text) names[n++] = t->columns[c].spec.name;
    for (size_t i = 0; i < fits_struct.n_fields; i++) {
        const pl_field *f = &fits_struct.fields[i];
        if (f->type != PL_STRING) continue;
        const char *name = *(const char *const *)((const char *)&p->base.fits + f->offset);
        if (strcmp(name, f->fallback) != 0) fit_column(t, f->name, name, names, n, root, diag);
    }
    for (size_t i = 0; i < p->base.fits.change_points.n; i++)
        fit_column(t, "change_points", p->base.fits.change_points.v[i], names, n, root, diag);
    pl_free(names);
    return diag->errors > before ? PL_ERR_USER : PL_OK;
}

pl_status plan_load(plan *p, const char *path, const plan_options *options, const pl_search *search, pl_diag *diag)
{
    *p = (plan){.path = path, .steps_per_epoch = NAN};
    pl_arena_init(&p->arena);
    pl_table_init(&p->columns);
    size_t before = diag->errors;
    pl_node *root = NULL;
    p->name = stem(&p->arena, path);
    if (!p->name) return pl_diag_nomem(diag, "reading the scenario");
    pl_status st = pl_conf_load(path, search, &p->arena, diag, &root);
    if (!st) st = assign(p, options, &root, diag);
    if (st) return st;

    pl_node *arms = pl_node_get(root, "arms");
    if (arms) drop_removed(arms);
    bool sound = !arms || arms_check(arms, diag) == 0;
    st = bind_arms(p, root, sound ? arms : NULL, search, diag);
    if (!st && diag->errors > before) st = PL_ERR_USER;
    if (st) return st;
    p->replicates = (size_t)p->base.replicates.count;
    p->steps_per_epoch = steps_per_epoch(&p->base.training);

    st = collect_columns(p, diag);
    if (st) return st;
    st = fits_check(p, root, diag);
    if (st == PL_ERR_WORLD) return st;
    pl_check check = {.diag = diag, .place = place_in_hypotheses, .context = pl_node_get(root, "hypotheses")};
    hypotheses_check(&p->base.hypotheses, &p->columns, p->arm_names, p->n_arms, last_step(p), shortest_epoch(p), p->replicates,
                     &check);
    if (diag->errors > before) return PL_ERR_USER;
    return plan_resolve(p, diag);
}

void plan_free(plan *p)
{
    pl_table_free(&p->columns);
    pl_arena_free(&p->arena);
}
