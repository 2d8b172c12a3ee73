/* The reference page: Markdown, one section per struct and per registry, one table row per key. */
#include <string.h>

#include "sim/conf/internal.h"

enum { SECTIONS = 256 };

typedef struct reference {
    pl_str *out;
    const pl_struct *seen[SECTIONS];             /* a struct that stands in several places is described once */
    size_t n_seen;
    const pl_registry *registries[SECTIONS];
    size_t n_registries;
} reference;

static void section(reference *r, const pl_struct *s, const char *path);

/* Text within a table cell. */
static void cell(pl_str *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '|') pl_str_add(out, "\\|");
        else pl_str_addc(out, *text == '\n' ? ' ' : *text);
    }
}

static void row(reference *r, const pl_field *f)
{
    conf_words within = conf_bounds(f);
    pl_str *out = r->out;
    pl_str_addf(out, "| `%s` | ", f->name);
    cell(out, conf_type(f).text);
    if (f->flags & PL_NULLABLE) pl_str_add(out, ", or null");
    pl_str_add(out, " | `");
    cell(out, conf_default(f).text);
    pl_str_add(out, "` | ");
    cell(out, within.text);
    pl_str_add(out, " | ");
    cell(out, f->unit ? f->unit : "");
    pl_str_add(out, " | ");
    cell(out, f->doc ? f->doc : "");
    if (f->source) pl_str_add(out, " Source: "), cell(out, f->source), pl_str_addc(out, '.');
    pl_str_add(out, " |\n");
}

static void rows(reference *r, const pl_struct *s)
{
    for (size_t i = 0; i < s->n_fields; i++) {
        if (s->fields[i].flags & PL_INLINE) rows(r, s->fields[i].sub);
        else row(r, &s->fields[i]);
    }
}

static void table(reference *r, const pl_struct *s)
{
    if (!s->n_fields) return;
    pl_str_add(r->out, "| key | type | default | bounds | unit | meaning |\n|---|---|---|---|---|---|\n");
    rows(r, s);
    pl_str_addc(r->out, '\n');
}

static void note_registry(reference *r, const pl_registry *registry)
{
    for (size_t i = 0; i < r->n_registries; i++)
        if (r->registries[i] == registry) return;
    if (r->n_registries < SECTIONS) r->registries[r->n_registries++] = registry;
}

static void below(reference *r, const pl_struct *s, const char *path)
{
    for (size_t i = 0; i < s->n_fields; i++) {
        const pl_field *f = &s->fields[i];
        if (f->registry) note_registry(r, f->registry);
        if (!f->sub) continue;
        if (f->flags & PL_INLINE) {
            below(r, f->sub, path);
            continue;
        }
        char deeper[300];
        bool named = f->type == PL_MAP || f->type == PL_LIST || f->type == PL_CHOICES;
        snprintf(deeper, sizeof deeper, "%s%s%s%s", path, *path ? "." : "", f->name, named ? ".<name>" : "");
        section(r, f->sub, deeper);
    }
}

static void section(reference *r, const pl_struct *s, const char *path)
{
    for (size_t i = 0; i < r->n_seen; i++)
        if (r->seen[i] == s) return;
    if (r->n_seen == SECTIONS) return;
    r->seen[r->n_seen++] = s;
    pl_str_addf(r->out, "## `%s`\n\n", *path ? path : s->name);
    if (s->doc) pl_str_addf(r->out, "%s\n\n", s->doc);
    if (s->presets) pl_str_addf(r->out,
                                "`preset: NAME` takes the keys of `base/%s/NAME.yaml`; what is written beside it wins.\n\n",
                    s->presets);
    table(r, s);
    below(r, s, path);
}

static void registry_section(reference *r, const pl_registry *registry)
{
    pl_str_addf(r->out, "## Registry `%s`\n\n", registry->kind);
    if (registry->doc) pl_str_addf(r->out, "%s\n\n", registry->doc);
    for (size_t i = 0; registry->entries[i]; i++) {
        const pl_entry *e = registry->entries[i];
        pl_str_addf(r->out, "### `%s` (%s)\n\n", e->name, registry->kind);
        if (e->doc) pl_str_addf(r->out, "%s\n\n", e->doc);
        if (e->source) pl_str_addf(r->out, "Source: %s.\n\n", e->source);
        if (e->params) table(r, e->params);
        if (e->params) below(r, e->params, e->name);
    }
}

pl_status pl_conf_reference(pl_str *out, const pl_struct *top)
{
    reference r = {.out = out};
    section(&r, top, "");
    for (size_t i = 0; i < r.n_registries; i++) registry_section(&r, r.registries[i]);
    return out->broken ? PL_ERR_WORLD : PL_OK;
}
