/* Format: 1 if the answer could be extracted, or, with a name, if that format was used.
 *
 * Both look at the form alone: a wrong answer in the right form is paid. */
#include <stdio.h>
#include <string.h>
#include "models/reward.h"

typedef struct format_params { const char *format; } format_params;      /* NULL: any format whose answer could be read */

static const pl_field fields[] = {
    {.name = "format", .type = PL_STRING, .offset = offsetof(format_params, format), .fallback = "null", .flags = PL_NULLABLE,
     .doc = "Name of the format that is rewarded; null rewards every response whose answer could be extracted."},
};
static const pl_struct format_struct = {
    .name = "reward_format", .doc = "Reward for the form of a response.", .size = sizeof(format_params),
    .fields = fields, .n_fields = PL_COUNT(fields),
};

static void add(const void *params, double weight, rollout_group *group, const world *w, const pl_seeds *seeds, uint32_t stream_id)
{
    const char *name = ((const format_params *)params)->format;
    size_t wanted = w->n_formats;
    for (size_t f = 0; name && f < w->n_formats; f++)
        if (!strcmp(w->formats[f]->name, name)) wanted = f;
    for (size_t i = 0; i < group->G; i++) {
        const rollout *r = &group->rollouts[i];
        if (name ? r->format == wanted : r->extracted) group->reward[i] += weight;
    }
}

static void check_names(const void *params, const char *path, const world_spec *w, const pl_check *check)
{
    const char *name = ((const format_params *)params)->format;
    if (!name || w->table) return;       /* a tabular world knows its formats only once its file is read */
    const format_spec *formats = w->formats.v;
    for (size_t f = 0; f < w->formats.n; f++)
        if (!strcmp(formats[f].name, name)) return;
    char at[256];
    snprintf(at, sizeof at, "%s.format", path);
    pl_diag_add(check->diag, PL_ERROR, check->place(check, at),
                "name a format of world.formats, or null for any that can be extracted",
                "'%s' names '%s', which is not a format of the world", at, name);
}

static void range(const void *params, size_t G, double *low, double *high)
{
    *low = 0;
    *high = 1;
}

/* All responses have the format when there is only one. */
static bool constant(const void *params, const world_spec *w)
{
    return ((const format_params *)params)->format && !w->table && w->formats.n == 1;
}

const reward_term reward_format = {
    .entry = {.name = "format",
              .doc = "1 if the answer could be extracted, or if a named format was used.",
              .params = &format_struct,
              .source = "arXiv 2506.10947"},
    .add = add,
    .range = range,
    .constant = constant,
    .check = check_names,
};
