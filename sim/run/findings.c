#include "sim/run/findings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/fs.h"
#include "sim/conf/node.h"
#include "sim/io/json_read.h"
#include "sim/run/provenance.h"

enum { MOST_BYTES = 64 << 20 };

static const char *text_at(const pl_node *root, const char *path)
{
    const pl_node *node = pl_node_at(root, path);
    return node && node->kind == PL_NODE_SCALAR ? node->text : "";
}

static bool is_known_miss(const pl_node *root, const char *name)
{
    const pl_node *list = pl_node_at(root, "about.misses");
    for (size_t i = 0; list && list->kind == PL_NODE_LIST && i < list->n; i++)
        if (list->child[i]->kind == PL_NODE_SCALAR && strcmp(list->child[i]->text, name) == 0) return true;
    return false;
}

/* *root is the whole of DIR/resolved.yaml. */
static pl_status read_about(const char *dir, finding *out, pl_node **root, pl_arena *arena, pl_diag *diag)
{
    const char *path = pl_join(arena, dir, "resolved.yaml");
    char *text = NULL;
    size_t length;
    pl_status st = path ? pl_read_file(path, MOST_BYTES, &text, &length, diag) : pl_diag_nomem(diag, "reading a finding");
    if (!st) st = pl_yaml_parse(text, length, path, arena, diag, root);
    pl_free(text);
    if (st) return st;
    out->id = text_at(*root, "about.finding");
    out->claim = text_at(*root, "about.claim");
    out->published = text_at(*root, "about.published");
    out->source = text_at(*root, "about.source");
    out->headline = text_at(*root, "about.headline");
    out->page = text_at(*root, "about.page");
    if (*out->id) return PL_OK;
    pl_diag_add(diag, PL_ERROR, (pl_place){.file = path}, "name directories of runs of scenarios/findings",
                "the scenario of this run names no finding (about.finding)");
    return PL_ERR_USER;
}

/* The value of a number; NaN for null. */
static double number_at(json_object *object, const char *key)
{
    json_object *value = NULL;
    bool there = json_object_object_get_ex(object, key, &value) && value;
    return there && (json_object_is_type(value, json_type_double) || json_object_is_type(value, json_type_int))
               ? json_object_get_double(value)
               : NAN;
}

static pl_status text_member(json_object *item, const char *key, const char *file, const char **out, pl_arena *arena, pl_diag *diag)
{
    json_object *value;
    pl_status st = json_member(item, key, json_type_string, file, &value, diag);
    if (st) return st;
    *out = pl_arena_strdup(arena, json_object_get_string(value));
    return *out ? PL_OK : pl_diag_nomem(diag, "reading a finding");
}

/* One hypothesis of summary.json. The first effect is the headline unless the scenario names another. */
static pl_status take(json_object *item, const pl_node *tree, const char *file, finding *out, pl_arena *arena, pl_diag *diag)
{
    finding_miss h = {0};
    const char *word;
    json_object *effect;
    pl_status st = text_member(item, "name", file, &h.name, arena, diag);
    if (!st) st = text_member(item, "role", file, &h.role, arena, diag);
    if (!st) st = text_member(item, "verdict", file, &word, arena, diag);
    if (!st) st = text_member(item, "reason", file, &h.reason, arena, diag);
    if (!st) st = json_member(item, "effect", json_type_object, file, &effect, diag);
    if (st) return st;
    bool control = strcmp(h.role, "control") == 0;
    size_t v = 0;
    while (v < VERDICT_INCONCLUSIVE && strcmp(verdict_names[v], word) != 0) v++;
    (control ? &out->controls : &out->effects)->of[v]++;
    h.known = is_known_miss(tree, h.name);
    h.supported = v == VERDICT_SUPPORTED;
    if (h.known || !h.supported) out->misses[out->n_misses++] = h;
    if (*out->headline ? strcmp(out->headline, h.name) != 0 : control) return PL_OK;
    out->headline = h.name;
    out->simulated =
        (pl_estimate){number_at(effect, "value"), number_at(effect, "low"), number_at(effect, "high"), number_at(effect, "level")};
    return PL_OK;
}

static pl_status read_summary(const char *dir, const pl_node *tree, finding *out, pl_arena *arena, pl_diag *diag)
{
    const char *path = pl_join(arena, dir, "summary.json");
    json_object *root = NULL, *list, *failed;
    pl_status st = path ? json_read_file(path, &root, diag) : pl_diag_nomem(diag, "reading a finding");
    if (!st) st = json_member(root, "hypotheses", json_type_array, path, &list, diag);
    if (!st) st = json_member(root, "failed", json_type_array, path, &failed, diag);
    if (!st) {
        out->failed = json_object_array_length(failed);
        out->misses = pl_arena_array(arena, json_object_array_length(list) + 1, sizeof *out->misses);
        if (!out->misses) st = pl_diag_nomem(diag, "reading a finding");
        for (size_t i = 0; i < json_object_array_length(list) && !st; i++)
            st = take(json_object_array_get_idx(list, i), tree, path, out, arena, diag);
    }
    json_object_put(root);
    return st;
}

pl_status finding_read(const char *dir, finding *out, pl_arena *arena, pl_diag *diag)
{
    provenance from;
    pl_node *tree = NULL;
    *out = (finding){.simulated = {NAN, NAN, NAN, NAN}};
    pl_status st = rundir_require(dir, diag);
    if (!st) st = read_about(dir, out, &tree, arena, diag);
    if (!st) st = read_summary(dir, tree, out, arena, diag);
    if (!st) st = provenance_read(dir, &from, arena, diag);
    if (st) return st;
    out->seconds = from.seconds;
    out->jobs = from.jobs;
    if (*out->page) return PL_OK;
    const char *slash = strrchr(from.scenario_file, '/'), *name = slash ? slash + 1 : from.scenario_file;
    const char *dot = strrchr(name, '.');
    out->page = pl_arena_strndup(arena, name, dot ? (size_t)(dot - name) : strlen(name));
    return out->page ? PL_OK : pl_diag_nomem(diag, "reading a finding");
}

/* ---- the page ---- */

static int by_id(const void *a, const void *b)
{
    const finding *p = a, *q = b;
    int order = strcmp(p->id, q->id);
    return order ? order : strcmp(p->page, q->page);
}

/* A | would end the cell, a line break the row. */
static void cell(pl_str *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '|') pl_str_addc(out, '\\');
        pl_str_addc(out, *text == '\n' ? ' ' : *text);
    }
}

static void verdicts_cell(pl_str *out, const finding_verdicts *v)
{
    size_t all = v->of[VERDICT_SUPPORTED] + v->of[VERDICT_REFUTED] + v->of[VERDICT_INCONCLUSIVE];
    if (all)
        pl_str_addf(out, "%zu of %zu supported", v->of[VERDICT_SUPPORTED], all);
    else
        pl_str_add(out, "\xE2\x80\x93");
    for (int k = VERDICT_SUPPORTED + 1; k <= VERDICT_INCONCLUSIVE; k++)
        if (v->of[k]) pl_str_addf(out, ", **%zu %s**", v->of[k], verdict_names[k]);
}

static void row(const finding *f, pl_str *out)
{
    pl_str_addf(out, "| [%s](%s.md) | ", f->id, f->page);
    cell(out, f->claim);
    pl_str_add(out, " | ");
    cell(out, f->published);
    if (*f->source) {
        pl_str_add(out, *f->published ? " (" : "(");
        cell(out, f->source);
        pl_str_addc(out, ')');
    }
    pl_str_add(out, " | ");
    if (isnan(f->simulated.value)) {
        pl_str_add(out, "\xE2\x80\x93");
    } else {
        cell(out, f->headline);
        pl_str_addf(out, ": %.3g", f->simulated.value);
        if (!isnan(f->simulated.low)) pl_str_addf(out, " [%.3g, %.3g]", f->simulated.low, f->simulated.high);
    }
    pl_str_add(out, " | ");
    verdicts_cell(out, &f->effects);
    if (f->failed) pl_str_addf(out, ", **%zu replicates failed**", f->failed);
    pl_str_add(out, " | ");
    verdicts_cell(out, &f->controls);
    if (isnan(f->seconds))
        pl_str_add(out, " | \xE2\x80\x93 |\n");
    else
        pl_str_addf(out, " | %.0f s |\n", f->seconds);
}

static void closing(const finding *list, size_t n, pl_str *out)
{
    double seconds = 0;
    int64_t jobs = 0;
    for (size_t i = 0; i < n; i++) {
        seconds += isnan(list[i].seconds) ? 0 : list[i].seconds;
        jobs = list[i].jobs > jobs ? list[i].jobs : jobs;
    }
    pl_str_addf(out, "\n%zu finding%s; %.0f s of wall clock on %lld thread%s.\n", n, n == 1 ? "" : "s", seconds, (long long)jobs,
                jobs == 1 ? "" : "s");
}

pl_status findings_page(finding *list, size_t n, pl_str *out)
{
    qsort(list, n, sizeof *list, by_id);
    pl_str_add(
        out, "# Findings\n\n"
             "Each page takes one published finding, says what the paper reports, what comes out of the mechanism, which control "
             "makes it go\naway, and where the model departs from the paper. A finding is a scenario in `scenarios/findings/`; its "
             "hypotheses are judged by\nthe program, and `plateau run` ends with exit code 1 when one is refuted. Simulated: one "
             "number that stands for the finding, with\nits 95% interval over replicates (`about.headline`, else the first "
             "effect); the page has all of them.\n\n"
             "| id | finding | published | simulated | effects | controls | run time |\n|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < n; i++) row(&list[i], out);
    closing(list, n, out);
    bool missed = false;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < list[i].n_misses; k++) {
            const finding_miss *m = &list[i].misses[k];
            if (!missed)
                pl_str_add(out, "\n## What did not come out as claimed\n\n| id | claim | what came out; known: the page says why "
                                "|\n|---|---|---|\n");
            missed = true;
            pl_str_addf(out, "| %s | ", list[i].id);
            if (strcmp(m->role, "control") == 0) pl_str_add(out, "control: ");
            cell(out, m->name);
            pl_str_add(out, m->supported ? " | listed as a miss, but it came out: " : m->known ? " | known: " : " | **new**: ");
            cell(out, m->reason);
            pl_str_add(out, " |\n");
        }
    return pl_str_end(out) ? PL_OK : PL_ERR_WORLD;
}
