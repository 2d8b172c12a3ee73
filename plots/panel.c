#include "plots/panel.h"

#include "plots/labels.h"

/* Margins of a cell, points. */
enum {
    LEFT = 36,
    LEFT_NAMED = 50,
    RIGHT = 10,
    TOP = 20,
    BOTTOM = 33,
    PAGE_TITLE = 20,
    NOTES = 14,
    LABEL_GAP = 5,
    LEGEND_FROM = 9,
    LEGEND_BELOW_FROM = 13,
    LEGEND_COLUMN_GAP = 10,
    LEGEND_GAP = 12,
    LEGEND_SAMPLE = 30,
    EPOCHS_SHOWN = 12
};
static const double label_height = 9.5;

layout layout_for(const canvas *c, size_t n, double label_room, double below, bool title)
{
    static const size_t most[] = {[FIGURE_SINGLE] = 3, [FIGURE_DOUBLE] = 5, [FIGURE_SLIDE] = 4};
    layout l = {.n = n, .label_room = label_room, .below = below, .title = title};
    l.columns = n <= most[c->width_class] ? n : n == 4 ? 2 : most[c->width_class];
    l.columns = l.columns ? l.columns : 1;
    l.rows = n ? (n + l.columns - 1) / l.columns : 1;
    l.width = n == 1 ? style.page_width - label_room : n == 2 ? style.pair_width : style.small_width;
    l.height = n == 1   ? style.page_height - NOTES - (title ? PAGE_TITLE : 0) - below
               : n == 2 ? style.pair_height
                        : style.small_height;
    return l;
}

void layout_resize(layout *l, double width, double height)
{
    l->width = (width - l->label_room) / (double)l->columns;
    l->height = (height - NOTES - l->below - (l->title ? PAGE_TITLE : 0)) / (double)l->rows;
}

panel *layout_begin(canvas *c, const layout *l, const figure_data *data, const char *title)
{
    double above = l->title ? PAGE_TITLE : 0;
    canvas_begin(c, (double)l->columns * l->width + l->label_room, (double)l->rows * l->height + above + l->below + NOTES);
    panel *p = pl_arena_array(&c->arena, l->n, sizeof *p);
    if (!p) {
        c->broken = true;
        return NULL;
    }
    for (size_t i = 0; i < l->n; i++) {
        size_t row = i / l->columns, column = i % l->columns;
        double x = (double)column * l->width, y = above + (double)row * l->height;
        p[i].cell = (box){x, y, x + l->width, y + l->height};
        p[i].plot = (box){canvas_snap(c, x + (l->n == 1 ? LEFT_NAMED : LEFT)), canvas_snap(c, y + (l->n == 1 ? TOP - 8 : TOP)),
                          canvas_snap(c, x + l->width - RIGHT), canvas_snap(c, y + l->height - BOTTOM)};
        p[i].zero = NAN;
        p[i].last_of_row = column + 1 == l->columns || i + 1 == l->n;
    }
    if (l->title) {
        const char *text = data->title ? data->title : title;
        text = canvas_fit(c, style.text + 1, text, c->width - 2 * RIGHT);
        canvas_text(c, (text_place){.x = RIGHT, .y = 6, .size = style.text + 1, .colour = style.ink}, text);
    }
    return p;
}

double layout_below(const canvas *c, const layout *l) { return c->height - NOTES - l->below; }

void layout_notes(canvas *c, const layout *l, const figure_data *data, const char *note)
{
    char seed[64] = "";
    const char *hash = data->scenario_hash ? data->scenario_hash : "";
    if (*hash)
        snprintf(seed, sizeof seed, "scenario %.8s \xC2\xB7 seed %llu \xC2\xB7 n = %zu", hash, (unsigned long long)data->seed,
                 data->replicates);
    double y = c->height - 5, right = canvas_text_width(c, style.small_text, seed);
    canvas_text(c, (text_place){.x = c->width - RIGHT, .y = y, .size = style.small_text, .h = 1, .v = 1, .colour = style.grey},
                seed);
    const char *text = canvas_fit(c, style.small_text, note, c->width - 3 * RIGHT - right);
    canvas_text(c, (text_place){.x = RIGHT, .y = y, .size = style.small_text, .v = 1, .colour = style.grey}, text);
}

void layout_statement(canvas *c, const layout *l, size_t line, canvas_pen pen, marker_shape shape, const char *text)
{
    double y = layout_below(c, l) + LAYOUT_LINE * ((double)line + .5), left = RIGHT + 3, size = style.tick_text - 1;
    if (pen.alpha > 0) canvas_marker(c, left, y, style.marker, shape, true, pen);
    text = canvas_fit(c, size, text, c->width - left - 14);
    canvas_text(c, (text_place){.x = pen.alpha > 0 ? left + 6 : RIGHT, .y = y, .size = size, .v = .5, .colour = style.ink}, text);
}

canvas_pen panel_pen(size_t series, bool dashes)
{
    /* Beyond eight series the colours come again with the next dash. */
    size_t k = series % STYLE_COLOURS, d = (series + series / STYLE_COLOURS) % STYLE_COLOURS;
    return (canvas_pen){style.colours[k], 1, style.line, dashes ? style.dashes[d] : NULL};
}

int panel_mark(size_t series) { return series < STYLE_COLOURS ? 0 : 1 + (int)((series / STYLE_COLOURS - 1) % MARKER_SHAPES); }

static void y_axis(canvas *c, const panel *p, const scale_ticks *t)
{
    canvas_pen axis = {style.ink, 1, style.axis, NULL}, grid = {style.pale, 1, style.grid, NULL};
    double left = isnan(p->zero) ? p->plot.x0 : p->zero - 8, widest = 0;
    for (size_t i = 0; i < t->n_major; i++) widest = fmax(widest, canvas_text_width(c, style.tick_text, t->label[i]));
    /* Long numbers are written smaller rather than off the page or through the name of the axis. */
    double room = left - style.tick - 2 - p->cell.x0 - (p->y_label ? 17 : 1),
           size = style.tick_text * fmin(1, room / fmax(widest, 1));
    for (size_t i = 0; i < t->n_major; i++) {
        double y = canvas_snap(c, scale_place(&p->y, t->major[i]));
        if (y < p->plot.y1 - 1) canvas_line(c, left, y, p->plot.x1, y, grid);
        canvas_line(c, left - style.tick, y, left, y, axis);
        canvas_text(c, (text_place){.x = left - style.tick - 2, .y = y, .size = size, .h = 1, .v = .5, .colour = style.ink},
                    t->label[i]);
    }
    for (size_t i = 0; i < t->n_minor; i++) {
        double y = canvas_snap(c, scale_place(&p->y, t->minor[i]));
        canvas_line(c, left - style.minor_tick, y, left, y, axis);
    }
    canvas_line(c, left, p->plot.y0, left, p->plot.y1, axis);
}

static void x_axis(canvas *c, const panel *p, const scale_ticks *t)
{
    canvas_pen axis = {style.ink, 1, style.axis, NULL};
    double y = p->plot.y1, free_from = -1e9;
    for (size_t i = 0; i < t->n_minor; i++) {
        double x = canvas_snap(c, scale_place(&p->x, t->minor[i]));
        canvas_line(c, x, y, x, y + style.minor_tick, axis);
    }
    if (!isnan(p->zero)) {
        double x = canvas_snap(c, p->zero), gap = (p->zero + p->plot.x0) / 2;
        canvas_line(c, x, y, x, y + style.tick, axis);
        canvas_line(c, p->zero - 8, y, gap - 1.5, y, axis);
        canvas_line(c, gap - 2.7, y + 2.5, gap - .3, y - 2.5, axis);
        canvas_line(c, gap + .3, y + 2.5, gap + 2.7, y - 2.5, axis);
        canvas_line(c, gap + 1.5, y, p->plot.x1, y, axis);
        canvas_text(c, (text_place){.x = x, .y = y + style.tick + 2, .size = style.tick_text, .h = .5, .colour = style.ink}, "0");
        free_from = x + 5;
    } else canvas_line(c, p->plot.x0, y, p->plot.x1, y, axis);
    for (size_t i = 0; i < t->n_major; i++) {
        double x = canvas_snap(c, scale_place(&p->x, t->major[i])), half = canvas_text_width(c, style.tick_text, t->label[i]) / 2;
        canvas_line(c, x, y, x, y + style.tick, axis);
        if (p->bare) continue;
        double middle = fmin(x, p->cell.x1 - half - 1);            /* the last label stays on the page */
        if (middle - half < free_from + 2) continue;
        canvas_text(c, (text_place){.x = middle, .y = y + style.tick + 2, .size = style.tick_text, .h = .5, .colour = style.ink},
                    t->label[i]);
        free_from = middle + half;
    }
}

int panel_y_intervals(const panel *p)
{
    double n = (p->plot.y1 - p->plot.y0) / 16;
    return n < 3 ? 3 : n > 7 ? 7 : (int)n;
}

void panel_x_axis(canvas *c, const panel *p)
{
    scale_ticks ticks;
    double width = p->plot.x1 - p->plot.x0, middle = (p->plot.x0 + p->plot.x1) / 2;
    scale_make_ticks(&p->x, (int)(width / 34), &ticks);
    x_axis(c, p, &ticks);
    if (!p->x_label) return;
    const char *text = canvas_fit_tail(c, style.text, p->x_label, width + LEFT);
    canvas_text(c, (text_place){.x = middle, .y = p->plot.y1 + 15, .size = style.text, .h = .5, .colour = style.ink}, text);
}

void panel_frame(canvas *c, const panel *p)
{
    scale_ticks y;
    bool small = p->y_label == NULL;
    double height = p->plot.y1 - p->plot.y0;
    scale_make_ticks(&p->y, panel_y_intervals(p), &y);
    y_axis(c, p, &y);
    panel_x_axis(c, p);
    if (p->title) {
        const char *text = canvas_fit(c, style.text, p->title, p->cell.x1 - p->cell.x0 - 10);
        canvas_text(
            c,
            (text_place){
                .x = p->cell.x0 + RIGHT, .y = p->plot.y0 - (small ? 7 : 5), .size = style.text, .v = 1, .colour = style.ink},
            text);
    }
    if (p->y_label) {
        const char *text = canvas_fit_tail(c, style.text, p->y_label, height);
        canvas_text(c,
                    (text_place){.x = p->cell.x0 + 10,
                                 .y = (p->plot.y0 + p->plot.y1) / 2,
                                 .size = style.text,
                                 .h = .5,
                                 .v = .5,
                                 .upright = true,
                                 .colour = style.ink},
                    text);
    }
}

double panel_label_room(canvas *c, const char *const *texts, size_t n)
{
    /* Before the page begins there is nothing to measure with; the widest letters of the font take .62 of its size on average. */
    size_t most = 0;
    for (size_t i = 0; i < n; i++) {
        size_t letters = 0;
        for (const char *s = texts[i]; *s; s++) letters += ((unsigned char)*s & 0xC0) != 0x80;
        most = letters > most ? letters : most;
    }
    if (!most) return 0;
    double sample = n >= LEGEND_FROM ? LEGEND_SAMPLE : 0;
    return fmin(style.label_width, .6 * style.tick_text * (double)most + LABEL_GAP + 2) + sample;
}

const canvas_pen panel_epoch_dots = {0x757575, .7, .4, (const double[4]){1, 2}};

bool panel_epochs(canvas *c, const panel *p, double steps_per_epoch, double top, double bottom, canvas_pen pen)
{
    double length = steps_per_epoch;
    if (!(length > 0) || p->x.high / length > EPOCHS_SHOWN || p->x.high < length) return false;
    for (double x = length; x <= p->x.high; x += length) {
        double at = canvas_snap(c, scale_place(&p->x, x));
        if (at >= p->plot.x0) canvas_line(c, at, top, at, bottom, pen);
    }
    return true;
}

/* A piece of the line as it is drawn, with its mark. */
static void legend_sample(canvas *c, double x, double y, const end_label *l)
{
    canvas_line(c, x, y, x + 16, y, l->pen);
    if (l->mark) canvas_marker(c, x + 8, y, style.marker, (marker_shape)(l->mark - 1), true, l->pen);
}

static void legend(canvas *c, const panel *p, const end_label *labels, size_t n)
{
    double x = p->plot.x1 + LEGEND_GAP, height = label_height, y = p->plot.y0 + height / 2;
    size_t room = (size_t)((c->height - NOTES - y) / height);
    for (size_t i = 0; i < n && i < room; i++, y += height) {
        bool more = i + 1 == room && n > room;
        if (!more) legend_sample(c, x, y, &labels[i]);
        const char *text = more ? "\xE2\x80\xA6" : canvas_fit(c, style.tick_text, labels[i].text, c->width - x - 22);
        canvas_text(c, (text_place){.x = x + 20, .y = y, .size = style.tick_text, .v = .5, .colour = style.ink}, text);
    }
}

/* Columns of a legend over the width of the page. */
static size_t legend_columns(canvas *c, const char *const *texts, size_t n, double page_width)
{
    double widest = panel_label_room(c, texts, n) - LABEL_GAP - 2 + LEGEND_COLUMN_GAP;
    size_t columns = (size_t)fmax((page_width - 2 * RIGHT) / widest, 1);
    return columns < n ? columns : n;
}

bool layout_add_legend(layout *l, canvas *c, const char *const *texts, size_t n)
{
    if (n < LEGEND_BELOW_FROM) return false;
    size_t columns = legend_columns(c, texts, n, (double)l->columns * l->width);
    l->label_room = 0;
    l->legend = label_height * (double)((n + columns - 1) / columns) + 6;
    l->below += l->legend;
    return true;
}

/* Down the columns, so that arms that are named alike stand under each other. */
void layout_legend(canvas *c, const layout *l, const end_label *labels, size_t n)
{
    size_t rows = (size_t)((l->legend - 6) / label_height + .5), columns = rows ? (n + rows - 1) / rows : 1;
    double width = (c->width - 2 * RIGHT) / (double)columns, top = c->height - NOTES - l->legend + label_height / 2;
    for (size_t i = 0; i < n; i++) {
        double x = RIGHT + width * (double)(i / rows), y = top + label_height * (double)(i % rows);
        legend_sample(c, x, y, &labels[i]);
        const char *text = canvas_fit(c, style.tick_text, labels[i].text, width - 20 - 4);
        canvas_text(c, (text_place){.x = x + 20, .y = y, .size = style.tick_text, .v = .5, .colour = style.ink}, text);
    }
}

/* Yellow on white cannot be read: letters take a darker shade of the line's colour. */
unsigned panel_readable(unsigned colour)
{
    unsigned r = colour >> 16 & 255, g = colour >> 8 & 255, b = colour & 255;
    double light = (.299 * r + .587 * g + .114 * b) / 255, dim = light > .55 ? .55 / light : 1;
    return (unsigned)(r * dim) << 16 | (unsigned)(g * dim) << 8 | (unsigned)(b * dim);
}

void panel_end_labels(canvas *c, const panel *p, const end_label *labels, size_t n)
{
    double y[LABELS_MOST];
    size_t which[LABELS_MOST], shown = 0;
    for (size_t i = 0; i < n && shown < LABELS_MOST; i++) {
        if (isnan(labels[i].y)) continue;
        which[shown] = i;
        y[shown++] = fmin(fmax(labels[i].y, p->plot.y0), p->plot.y1);
    }
    if (n >= LEGEND_FROM || !labels_spread(y, shown, label_height, p->plot.y0 - label_height / 2, p->plot.y1 + label_height / 2)) {
        legend(c, p, labels, n);
        return;
    }
    double x = p->plot.x1 + LABEL_GAP;
    for (size_t k = 0; k < shown; k++) {
        const end_label *l = &labels[which[k]];
        const char *text = canvas_fit(c, style.tick_text, l->text, c->width - x - 3);
        canvas_text(c,
                    (text_place){.x = x + 2, .y = y[k], .size = style.tick_text, .v = .5, .colour = panel_readable(l->pen.colour)},
                    text);
        double end = fmin(fmax(l->y, p->plot.y0), p->plot.y1), from = fmin(l->x, p->plot.x1);
        if (fabs(y[k] - end) > 3 || from < p->plot.x1 - 3)
            canvas_line(c, from + 1, end, x + 1, y[k], (canvas_pen){l->pen.colour, .6, style.thin, NULL});
    }
}
