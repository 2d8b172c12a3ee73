/* A scenario to start from: every key with its meaning, at its default. What has no default stands as a comment. */
#include <string.h>

#include "sim/conf/internal.h"

enum { WIDTH = 100 };

typedef struct writer {
    pl_str *out;
    int depth;
    bool off;                        /* within an example: every line is a comment */
} writer;

static void margin(writer *w)
{
    if (w->off) pl_str_add(w->out, "# ");
    for (int i = 0; i < w->depth; i++) pl_str_add(w->out, "  ");
}

/* Text as comment lines of at most WIDTH columns. */
static void comment(writer *w, const char *text)
{
    while (*text) {
        size_t room = (size_t)(WIDTH - 2 * w->depth), n = strlen(text);
        if (n > room) {
            n = room;
            while (n && text[n] != ' ') n--;
            if (!n) n = strcspn(text, " ");
        }
        margin(w);
        pl_str_addf(w->out, "# %.*s\n", (int)n, text);
        text += n;
        while (*text == ' ') text++;
    }
}

/* "tokens; above 0; one of a, b" behind a value. */
static void remarks(writer *w, const pl_field *f)
{
    conf_words within = conf_bounds(f), type = conf_type(f);
    const char *parts[3];
    size_t n = 0;
    if (f->unit) parts[n++] = f->unit;
    if (*within.text) parts[n++] = within.text;
    if (f->type == PL_ENUM) parts[n++] = type.text;
    if (n) pl_str_add(w->out, "  # ");
    conf_join(w->out, parts, n, "; ");
    pl_str_addc(w->out, '\n');
}

static void write_body(writer *w, const pl_struct *s);

static void write_entries(writer *w, const pl_registry *registry)
{
    for (size_t i = 0; registry->entries[i]; i++) {
        margin(w);
        pl_str_addf(w->out, "#   %s: %s\n", registry->entries[i]->name, registry->entries[i]->doc ? registry->entries[i]->doc : "");
    }
}

/* One element, as a comment: names are the user's to give. */
static void write_example(writer *w, const pl_field *f)
{
    bool was_off = w->off;
    w->off = true;
    w->depth++;
    margin(w);
    if (f->type == PL_CHOICES) pl_str_addf(w->out, "%s:\n", f->registry->entries[0] ? f->registry->entries[0]->name : "some-name");
    else pl_str_add(w->out, f->type == PL_MAP ? "some-name:\n" : "-\n");
    w->depth++;
    if (f->sub && w->depth < 12) write_body(w, f->sub);
    w->depth -= 2;
    w->off = was_off;
}

static void write_holder(writer *w, const pl_field *f)
{
    margin(w);
    if (f->fallback) pl_str_addf(w->out, "%s: %s\n", f->name, f->fallback);
    else pl_str_addf(w->out, "%s: %s\n", f->name, f->type == PL_LIST ? "[]" : f->type == PL_NODE ? "null" : "{}");
    if (f->type == PL_CHOICES) write_entries(w, f->registry);
    if (f->type != PL_NODE) write_example(w, f);
}

static void write_choice(writer *w, const pl_field *f)
{
    const pl_entry *entry = f->fallback ? pl_registry_find(f->registry, f->fallback) : NULL;
    write_entries(w, f->registry);
    margin(w);
    pl_str_addf(w->out, entry ? "%s: %s\n" : "# %s:  # required\n", f->name, entry ? entry->name : "");
    if (entry && entry->params) write_body(w, entry->params);
}

static bool is_holder(const pl_field *f) { return f->type == PL_MAP || f->type == PL_LIST || f->type == PL_CHOICES ||
                                          f->type == PL_NODE; }

static void write_field(writer *w, const pl_field *f)
{
    if (f->doc) comment(w, f->doc);
    if (f->type == PL_STRUCT && !f->fallback) {
        margin(w);
        pl_str_addf(w->out, f->sub->n_fields ? "%s:\n" : "%s: {}\n", f->name);
        w->depth++;
        write_body(w, f->sub);
        w->depth--;
    } else if (f->type == PL_CHOICE) {
        write_choice(w, f);
    } else if (is_holder(f)) {
        write_holder(w, f);
    } else {
        margin(w);
        bool list = f->type == PL_REALS || f->type == PL_STRINGS;
        if (conf_required(f)) pl_str_addf(w->out, "# %s: %s  # required", f->name, conf_example(f).text);
        else pl_str_addf(w->out, "%s: %s", f->name, f->fallback ? f->fallback : list ? "[]" : "null");
        remarks(w, f);
    }
}

static void write_body(writer *w, const pl_struct *s)
{
    if (s->presets) comment(w, "`preset: NAME` takes a named set of these keys; what is written beside it wins.");
    for (size_t i = 0; i < s->n_fields; i++) {
        const pl_field *f = &s->fields[i];
        if (f->flags & PL_INLINE) write_body(w, f->sub);
        else write_field(w, f);
        if (w->depth == 0 && !w->off) pl_str_addc(w->out, '\n');
    }
}

pl_status pl_conf_template(pl_str *out, const pl_struct *top)
{
    writer w = {.out = out};
    if (top->doc) comment(&w, top->doc);
    comment(&w, "Every key stands at its default: keep what the scenario is about, delete the rest.");
    pl_str_addc(out, '\n');
    write_body(&w, top);
    return out->broken ? PL_ERR_WORLD : PL_OK;
}
