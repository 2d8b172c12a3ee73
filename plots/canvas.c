#include "plots/canvas.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <string.h>
#include "plots/font.h"
#include "plots/style.h"

/* Heights of DejaVu Sans relative to its size: of capitals, above the baseline, below it. */
#define CAP_HEIGHT .73
#define ASCENT .76
#define DESCENT .24

/* The widest slide is 13 1/3 inches, as projectors are 16:9. */
#define SLIDE_ZOOM 2.0
#define SLIDE_DPI 150.0

pl_status canvas_init(canvas *c, figure_format format, figure_width width, bool recording, pl_diag *diag)
{
    *c = (canvas){.format = format, .width_class = width, .recording = recording, .zoom = width == FIGURE_SLIDE ? SLIDE_ZOOM : 1};
    pl_arena_init(&c->arena);
    pl_str_init(&c->out);
    return font_open(&c->face, diag);
}

void canvas_free(canvas *c)
{
    if (c->cr) cairo_destroy(c->cr);
    if (c->surface) cairo_surface_destroy(c->surface);
    if (c->face) cairo_font_face_destroy(c->face);
    pl_str_free(&c->out);
    pl_free(c->records);
    pl_arena_free(&c->arena);
    *c = (canvas){0};
}

static cairo_status_t collect(void *closure, const unsigned char *data, unsigned length)
{
    pl_str *out = closure;
    pl_str_addn(out, (const char *)data, length);
    return out->broken ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

static cairo_surface_t *page(canvas *c)
{
    double w = c->width * c->zoom, h = c->height * c->zoom;
    switch (c->format) {
    case FIGURE_SVG: return cairo_svg_surface_create_for_stream(collect, &c->out, w, h);
    case FIGURE_PDF: {
        cairo_surface_t *pdf = cairo_pdf_surface_create_for_stream(collect, &c->out, w, h);
        /* No date: the same table gives the same bytes. */
        cairo_pdf_surface_set_metadata(pdf, CAIRO_PDF_METADATA_CREATE_DATE, "");
        return pdf;
    }
    case FIGURE_PNG: break;
    }
    return cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)(c->width * c->scale + .5), (int)(c->height * c->scale + .5));
}

void canvas_begin(canvas *c, double width, double height)
{
    double dpi = c->width_class == FIGURE_SLIDE ? SLIDE_DPI : style.dpi;
    c->width = width;
    c->height = height;
    c->scale = c->zoom * (c->format == FIGURE_PNG ? dpi / 72 : 1);
    c->surface = page(c);
    c->cr = cairo_create(c->surface);
    cairo_scale(c->cr, c->scale, c->scale);
    cairo_set_source_rgb(c->cr, 1, 1, 1);
    cairo_paint(c->cr);
    cairo_set_line_join(c->cr, CAIRO_LINE_JOIN_BEVEL);
    cairo_set_font_face(c->cr, c->face);
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_set_font_options(c->cr, options);
    cairo_font_options_destroy(options);
}

/* Cairo numbers the surfaces of a process and writes the number into SVG, where nothing refers to it: without it the
 * bytes do not depend on what was drawn before. */
static void drop_surface_number(pl_str *out)
{
    static const char mark[] = "<g id=\"surface";
    char *at = out->broken || !out->length ? NULL : strstr(out->text, mark);
    if (!at) return;
    char *digits = at + sizeof mark - 1, *end = digits + strspn(digits, "0123456789");
    memmove(digits, end, strlen(end) + 1);
    out->length -= (size_t)(end - digits);
}

pl_status canvas_finish(canvas *c, pl_diag *diag)
{
    if (c->cr) {
        c->broken |= cairo_status(c->cr) != CAIRO_STATUS_SUCCESS;
        cairo_surface_flush(c->surface);
        if (c->format != FIGURE_PNG) cairo_surface_finish(c->surface);
        c->broken |= cairo_surface_status(c->surface) != CAIRO_STATUS_SUCCESS;
        if (c->format == FIGURE_SVG) drop_surface_number(&c->out);
    }
    return c->broken || c->out.broken || !c->cr ? pl_diag_nomem(diag, "drawing a figure") : PL_OK;
}

/* A new entry of the record with room for n points, or NULL when nothing is recorded. */
static canvas_record *record(canvas *c, canvas_call call, canvas_pen pen, size_t n)
{
    if (!c->recording || c->broken) return NULL;
    if (c->n_records == c->record_capacity) {
        size_t capacity = c->record_capacity ? 2 * c->record_capacity : 64;
        canvas_record *grown = pl_realloc(c->records, capacity * sizeof *grown);
        if (!grown) goto fail;
        c->records = grown;
        c->record_capacity = capacity;
    }
    canvas_record *r = &c->records[c->n_records];
    *r = (canvas_record){.call = call, .pen = pen, .points = pl_arena_array(&c->arena, n, sizeof(point)), .n = n};
    if (!r->points) goto fail;
    c->n_records++;
    return r;
fail:
    c->broken = true;
    return NULL;
}

static void set_colour(canvas *c, unsigned colour, double alpha)
{
    cairo_set_source_rgba(c->cr, (double)(colour >> 16 & 255) / 255, (double)(colour >> 8 & 255) / 255,
                          (double)(colour & 255) / 255, alpha);
}

static void set_pen(canvas *c, canvas_pen p)
{
    set_colour(c, p.colour, p.alpha);
    cairo_set_line_width(c->cr, p.width);
    int n = 0;
    while (p.dash && n < 4 && p.dash[n] > 0) n++;
    cairo_set_dash(c->cr, p.dash, n, 0);
}

static bool finite_point(point p) { return isfinite(p.x) && isfinite(p.y); }

void canvas_polyline(canvas *c, const point *p, size_t n, canvas_pen pen)
{
    if (c->broken) return;
    canvas_record *r = record(c, CANVAS_POLYLINE, pen, n);
    if (r) memcpy(r->points, p, n * sizeof *p);
    set_pen(c, pen);
    bool down = false;
    for (size_t i = 0; i < n; i++) {
        bool there = finite_point(p[i]);
        if (there && down) cairo_line_to(c->cr, p[i].x, p[i].y);
        else if (there) cairo_move_to(c->cr, p[i].x, p[i].y);
        down = there;
    }
    cairo_stroke(c->cr);
}

void canvas_line(canvas *c, double x0, double y0, double x1, double y1, canvas_pen pen)
{
    canvas_polyline(c, (point[]){{x0, y0}, {x1, y1}}, 2, pen);
}

void canvas_band(canvas *c, const double *x, const double *low, const double *high, size_t n, canvas_pen pen)
{
    if (c->broken || n < 2) return;
    canvas_record *r = record(c, CANVAS_BAND, pen, 2 * n);
    for (size_t i = 0; i < n; i++) {
        if (r) r->points[i] = (point){x[i], high[i]};
        cairo_line_to(c->cr, x[i], high[i]);
    }
    for (size_t i = n; i-- > 0;) {
        if (r) r->points[2 * n - 1 - i] = (point){x[i], low[i]};
        cairo_line_to(c->cr, x[i], low[i]);
    }
    cairo_close_path(c->cr);
    set_colour(c, pen.colour, pen.alpha);
    cairo_fill(c->cr);
}

void canvas_rect(canvas *c, box where, canvas_pen pen)
{
    if (c->broken) return;
    canvas_record *r = record(c, CANVAS_RECT, pen, 0);
    if (r) r->box = where;
    set_colour(c, pen.colour, pen.alpha);
    cairo_rectangle(c->cr, where.x0, where.y0, where.x1 - where.x0, where.y1 - where.y0);
    cairo_fill(c->cr);
}

/* Corners of the closed shapes on the unit circle; crosses and rings are drawn on their own. */
static void outline(cairo_t *cr, double x, double y, double r, marker_shape shape)
{
    static const struct { int n; point corner[4]; } shapes[] = {
        [MARKER_SQUARE] = {4, {{-.85, -.85}, {.85, -.85}, {.85, .85}, {-.85, .85}}},
        [MARKER_UP] = {3, {{0, -1.15}, {1.05, .75}, {-1.05, .75}}},
        [MARKER_DIAMOND] = {4, {{0, -1.2}, {1.2, 0}, {0, 1.2}, {-1.2, 0}}},
        [MARKER_DOWN] = {3, {{0, 1.15}, {1.05, -.75}, {-1.05, -.75}}},
    };
    if (shape == MARKER_DISC || shape == MARKER_RING) {
        cairo_new_sub_path(cr);
        cairo_arc(cr, x, y, r, 0, 6.283185307179586);
    } else if (shape == MARKER_CROSS || shape == MARKER_PLUS) {
        double a = shape == MARKER_CROSS ? r : 1.2 * r, b = shape == MARKER_CROSS ? r : 0;
        cairo_move_to(cr, x - a, y - b);
        cairo_line_to(cr, x + a, y + b);
        cairo_move_to(cr, x - b, y + a);
        cairo_line_to(cr, x + b, y - a);
        return;
    } else {
        for (int i = 0; i < shapes[shape].n; i++)
            cairo_line_to(cr, x + r * shapes[shape].corner[i].x, y + r * shapes[shape].corner[i].y);
    }
    cairo_close_path(cr);
}

void canvas_marker(canvas *c, double x, double y, double diameter, marker_shape shape, bool filled, canvas_pen pen)
{
    if (c->broken || !isfinite(x) || !isfinite(y)) return;
    canvas_record *r = record(c, CANVAS_MARKER, pen, 1);
    if (r) r->points[0] = (point){x, y};
    if (r) r->shape = filled ? (int)shape : -1 - (int)shape;
    bool area = shape != MARKER_CROSS && shape != MARKER_PLUS;
    outline(c->cr, x, y, diameter / 2, shape);
    if (area) {
        set_colour(c, filled && shape != MARKER_RING ? pen.colour : 0xFFFFFF, filled && shape != MARKER_RING ? pen.alpha : 1);
        cairo_fill_preserve(c->cr);
    }
    pen.dash = NULL;
    set_pen(c, pen);
    cairo_stroke(c->cr);
}

double canvas_text_width(canvas *c, double size, const char *text)
{
    if (c->broken) return 0;
    cairo_text_extents_t e;
    cairo_set_font_size(c->cr, size);
    cairo_text_extents(c->cr, text, &e);
    return e.x_advance;
}

void canvas_text(canvas *c, text_place t, const char *text)
{
    if (c->broken || !*text) return;
    double width = canvas_text_width(c, t.size, text), along = -t.h * width;
    double across = t.v == 1 ? 0 : t.v == 0 ? ASCENT * t.size : CAP_HEIGHT / 2 * t.size;
    canvas_record *r = record(c, CANVAS_TEXT, (canvas_pen){.colour = t.colour, .alpha = 1}, 0);
    if (r) {
        double top = across - ASCENT * t.size, bottom = across + DESCENT * t.size;
        r->box = t.upright ? (box){t.x + top, t.y - along - width, t.x + bottom, t.y - along}
                           : (box){t.x + along, t.y + top, t.x + along + width, t.y + bottom};
        r->text = pl_arena_strdup(&c->arena, text);
        c->broken |= !r->text;
    }
    set_colour(c, t.colour, 1);
    if (t.upright) {
        cairo_save(c->cr);
        cairo_translate(c->cr, t.x, t.y);
        cairo_rotate(c->cr, -1.5707963267948966);
        cairo_move_to(c->cr, along, across);
        cairo_show_text(c->cr, text);
        cairo_restore(c->cr);
    } else {
        cairo_move_to(c->cr, t.x + along, t.y + across);
        cairo_show_text(c->cr, text);
    }
    cairo_new_path(c->cr);
}

const char *canvas_fit(canvas *c, double size, const char *text, double width)
{
    if (canvas_text_width(c, size, text) <= width) return text;
    size_t n = strlen(text);
    char *cut = pl_arena_alloc(&c->arena, n + 4);
    if (!cut) {
        c->broken = true;
        return "";
    }
    while (n > 0) {
        do n--; while (n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80);      /* whole characters of UTF-8 */
        memcpy(cut, text, n);
        memcpy(cut + n, "\xE2\x80\xA6", 4);
        if (canvas_text_width(c, size, cut) <= width) break;
    }
    return cut;
}

const char *canvas_fit_tail(canvas *c, double size, const char *text, double width)
{
    if (canvas_text_width(c, size, text) <= width) return text;
    char *cut = pl_arena_alloc(&c->arena, strlen(text) + 4);
    if (!cut) {
        c->broken = true;
        return "";
    }
    do {
        do text++; while (((unsigned char)*text & 0xC0) == 0x80);
        memcpy(cut, "\xE2\x80\xA6", 3);
        memcpy(cut + 3, text, strlen(text) + 1);
    } while (*text && canvas_text_width(c, size, cut) > width);
    return cut;
}

void canvas_clip(canvas *c, box where)
{
    if (c->broken) return;
    cairo_save(c->cr);
    cairo_rectangle(c->cr, where.x0, where.y0, where.x1 - where.x0, where.y1 - where.y0);
    cairo_clip(c->cr);
}

void canvas_unclip(canvas *c)
{
    if (!c->broken) cairo_restore(c->cr);
}

double canvas_snap(const canvas *c, double v) { return c->format == FIGURE_PNG ? (floor(v * c->scale) + .5) / c->scale : v; }
