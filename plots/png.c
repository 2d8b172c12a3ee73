#include "plots/png.h"

#include <png.h>
#include <setjmp.h>
#include <zlib.h>

static void append(png_structp png, png_bytep data, size_t length)
{
    pl_str *out = png_get_io_ptr(png);
    pl_str_addn(out, (const char *)data, length);
    if (out->broken) png_error(png, "out of memory");
}

static void flush(png_structp png) { (void)png; }
static void fail(png_structp png, png_const_charp message) { (void)message; png_longjmp(png, 1); }
static void ignore(png_structp png, png_const_charp message) { (void)png; (void)message; }
static png_voidp take(png_structp png, png_alloc_size_t bytes) { (void)png; return pl_alloc(bytes); }
static void release(png_structp png, png_voidp p) { (void)png; pl_free(p); }

static void write_header(png_structp png, png_infop info, int width, int height, double dots_per_inch, const png_note *notes,
                         size_t n)
{
    png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_uint_32 per_metre = (png_uint_32)(dots_per_inch / .0254 + .5);
    png_set_pHYs(png, info, per_metre, per_metre, PNG_RESOLUTION_METER);
    for (size_t i = 0; i < n; i++) {
        png_text text = {
            .compression = PNG_TEXT_COMPRESSION_NONE, .key = (png_charp)notes[i].key, .text = (png_charp)notes[i].text};
        png_set_text(png, info, &text, 1);
    }
    png_write_info(png, info);
}

/* Cairo's pixels are 0x00RRGGBB in the machine's byte order. */
static void write_rows(png_structp png, const unsigned char *pixels, int stride, int width, int height, unsigned char *row)
{
    for (int y = 0; y < height; y++) {
        const uint32_t *source = (const uint32_t *)(const void *)(pixels + (size_t)y * (size_t)stride);
        for (int x = 0; x < width; x++) {
            uint32_t v = source[x];
            row[3 * x] = (unsigned char)(v >> 16);
            row[3 * x + 1] = (unsigned char)(v >> 8);
            row[3 * x + 2] = (unsigned char)v;
        }
        png_write_row(png, row);
    }
    png_write_end(png, NULL);
}

pl_status png_encode(const canvas *c, const png_note *notes, size_t n_notes, pl_str *out, pl_diag *diag)
{
    int width = cairo_image_surface_get_width(c->surface), height = cairo_image_surface_get_height(c->surface);
    int stride = cairo_image_surface_get_stride(c->surface);
    const unsigned char *pixels = cairo_image_surface_get_data(c->surface);
    unsigned char *row = pl_alloc_array((size_t)width, 3);
    png_structp png = row ? png_create_write_struct_2(PNG_LIBPNG_VER_STRING, NULL, fail, ignore, NULL, take, release) : NULL;
    png_infop info = png ? png_create_info_struct(png) : NULL;
    volatile bool done = false;
    /* libpng reports errors by jumping here; nothing that is changed after setjmp is read there but `done`. */
    if (info && !setjmp(png_jmpbuf(png))) {
        png_set_write_fn(png, out, append, flush);
        png_set_compression_level(png, 1);
        png_set_compression_strategy(png, Z_RLE);
        png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_UP);
        write_header(png, info, width, height, c->scale * 72, notes, n_notes);
        write_rows(png, pixels, stride, width, height, row);
        done = true;
    }
    if (png) png_destroy_write_struct(&png, &info);
    pl_free(row);
    return done ? PL_OK : pl_diag_nomem(diag, "encoding a PNG");
}
