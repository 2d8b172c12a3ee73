/* A figure of four panels, 1200 x 900 pixels, eight lines of 500 points each, as a whole process: start, font, drawing,
 * PNG. The same curves as the matplotlib program it is compared with.
 *
 *     bench_figure OUT.png [COUNT]        draws it COUNT times (default 1) and prints the times
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "plots/lines.h"

enum { SERIES = 8, POINTS = 500, PANELS = 4 };
static const lines_panel panels[PANELS] = {{"entropy", NULL, NULL}, {"format share", NULL, NULL}, {"pass rate", NULL, NULL}, {"staleness", NULL, NULL}};

static double value(int which, double x, int i)
{
    switch (which) {
    case 0: return 4.8 * exp(-x / (80 + 20 * i)) + .1 * sin(x / 7 + i);
    case 1: return 1 / (1 + exp(-(x - 200 - 20 * i) / 40));
    case 2: return .3 + .5 * (1 - exp(-x / (100 + 10 * i))) + .01 * sin(x * i);
    default: return fabs(sin(x / 50 + i)) / (1 + i);
    }
}

static pl_status fill(pl_table *t)
{
    static const pl_column_spec columns[] = {{"arm", "", "run", PL_KEY, true}, {"step", "steps", "step", PL_KEY, false}};
    pl_status st = PL_OK;
    for (size_t i = 0; i < PL_COUNT(columns) && !st; i++) st = pl_table_add_column(t, &columns[i], NULL);
    for (size_t p = 0; p < PANELS && !st; p++) st = pl_table_add_column(t, &(pl_column_spec){panels[p].column, "", "", PL_LOGGED, false}, NULL);
    for (int i = 0; i < SERIES && !st; i++) {
        char name[16];
        snprintf(name, sizeof name, "run %d", i);
        for (int k = 0; k < POINTS && !st; k++) {
            size_t row;
            st = pl_table_add_row(t, &row);
            if (!st) st = pl_table_set_text(t, row, 0, name);
            if (st) break;
            t->columns[1].v[row] = k;
            for (int p = 0; p < PANELS; p++) t->columns[2 + p].v[row] = value(p, k, i);
        }
    }
    return st;
}

static bool applies(const figure_data *data) { return lines_has(data->table, "step"); }

static pl_status draw(canvas *c, const figure_data *data, const void *params, pl_diag *diag)
{
    lines_spec spec = {.title = "Four panels", .panels = panels, .n_panels = PANELS, .low = NAN, .high = NAN, .least = -INFINITY, .most = INFINITY,
                       .width = 6 * 72, .height = 4.5 * 72};
    return lines_draw(c, data, params, &spec, diag);
}

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
    size_t length = argc > 1 ? strlen(argv[1]) : 0;
    if (length < 5 || strcmp(argv[1] + length - 4, ".png") != 0) {
        fputs("usage: bench_figure OUT.png [COUNT]\n", stderr);
        return 2;
    }
    /* A figure's file is <folder>/<name>.png. */
    argv[1][length - 4] = 0;
    char *slash = strrchr(argv[1], '/');
    const char *dir = slash ? argv[1] : ".", *name = slash ? slash + 1 : argv[1];
    if (slash) *slash = 0;
    const figure four = {{name, "Four panels", NULL, NULL}, applies, draw};
    long count = argc > 2 ? strtol(argv[2], NULL, 10) : 1;
    double start = now_ms();
    pl_table table;
    pl_diag diag;
    pl_arena arena;
    pl_table_init(&table);
    pl_diag_init(&diag);
    pl_arena_init(&arena);
    pl_status st = fill(&table);
    figure_data data = {.table = &table, .replicates = 1, .steps_per_epoch = NAN};
    const char *path = "";
    double filled = now_ms();
    for (long i = 0; i < count && !st; i++) st = figure_write(&four, &data, NULL, dir, FIGURE_PNG, FIGURE_SINGLE, &arena, &path, &diag);
    double end = now_ms();
    pl_diag_print(&diag, stderr);
    if (!st) printf("%s: table %.2f ms, %ld figures, %.1f ms each\n", path, filled - start, count, (end - filled) / (double)count);
    pl_arena_free(&arena);
    pl_diag_free(&diag);
    pl_table_free(&table);
    return pl_exit_code(st);
}
