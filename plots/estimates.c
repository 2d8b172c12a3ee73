#include "plots/estimates.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "plots/scale.h"

pl_estimate estimates_find(const pl_table *fits, const char *arm, const char *name)
{
    const pl_estimate none = {NAN, NAN, NAN, NAN};
    if (!fits) return none;
    size_t arms = pl_table_index(fits, "arm"), names = pl_table_index(fits, "name");
    const pl_column *value = pl_table_find(fits, "value"), *low = pl_table_find(fits, "low"), *high = pl_table_find(fits, "high");
    const pl_column *level = pl_table_find(fits, "level");
    bool complete = arms != (size_t)-1 && names != (size_t)-1 && value && low && high && level;
    for (size_t r = 0; complete && r < fits->n_rows; r++)
        if (!strcmp(pl_table_text(fits, r, arms), arm) && !strcmp(pl_table_text(fits, r, names), name))
            return (pl_estimate){value->v[r], low->v[r], high->v[r], level->v[r]};
    return none;
}

const char *estimates_text(canvas *c, const char *name, const pl_estimate *e)
{
    char value[TICK_LABEL], low[TICK_LABEL], high[TICK_LABEL];
    scale_number(e->value, value);
    scale_number(e->low, low);
    scale_number(e->high, high);
    char *text = isfinite(e->low) && isfinite(e->high) ? pl_arena_printf(&c->arena, "%s = %s [%s, %s]", name, value, low, high)
                                                       : pl_arena_printf(&c->arena, "%s = %s", name, value);
    if (!text) c->broken = true;
    return text ? text : "";
}

void estimates_r2(double r2, char text[ESTIMATES_R2])
{
    char number[TICK_LABEL];
    bool nearly = r2 < 1 && r2 > .999;
    scale_number(nearly ? .999 : r2, number);
    snprintf(text, ESTIMATES_R2, "R\xC2\xB2 %c %s", nearly ? '>' : '=', number);
}
