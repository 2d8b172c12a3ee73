#include "plots/figure.h"

#include <string.h>
#include "build.h"
#include "plots/canvas.h"
#include "plots/png.h"
#include "sim/base/fs.h"

static const char *const extensions[] = {[FIGURE_PNG] = "png", [FIGURE_SVG] = "svg", [FIGURE_PDF] = "pdf"};

static pl_status encode(canvas *c, const figure *fig, const figure_data *data, pl_diag *diag)
{
    if (c->format != FIGURE_PNG) return PL_OK;
    char seed[32];
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)data->seed);
    pl_hash table = pl_table_hash(data->table);
    const png_note notes[] = {
        {"Software", "plateau"},
        {"Version", PLATEAU_VERSION},
        {"Figure", fig->entry.name},
        {"Table", table.hex},
        {"Scenario", data->scenario_hash ? data->scenario_hash : ""},
        {"Seed", seed},
    };
    /* Data that are not a scenario's have neither its hash nor its seed. */
    size_t n = PL_COUNT(notes) - (data->scenario_hash && *data->scenario_hash ? 0 : 2);
    return png_encode(c, notes, n, &c->out, diag);
}

pl_status figure_write(const figure *fig, const figure_data *data, const void *params, const char *dir, figure_format format,
                       figure_width width, pl_arena *arena, const char **path, pl_diag *diag)
{
    canvas c;
    pl_status st = canvas_init(&c, format, width, false, diag);
    if (!st) st = fig->draw(&c, data, params, diag);
    if (!st) st = canvas_finish(&c, diag);
    if (!st) st = encode(&c, fig, data, diag);
    const char *name = st ? NULL : pl_arena_printf(arena, "%s.%s", fig->entry.name, extensions[format]);
    const char *where = name ? pl_join(arena, dir, name) : NULL;
    if (!st && (!where || !pl_str_end(&c.out))) st = pl_diag_nomem(diag, "writing a figure");
    if (!st) st = pl_write_file(where, c.out.text, c.out.length, diag);
    if (!st) *path = where;
    canvas_free(&c);
    return st;
}
