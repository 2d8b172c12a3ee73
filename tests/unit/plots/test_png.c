/* The files: same table, same bytes; PNG read back is what was drawn; text chunks; failed writes leave nothing. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <png.h>
#include <unistd.h>

#include "plots/canvas.h"
#include "plots/png.h"
#include "sim/base/fs.h"
#include "tests/unit/plots/tables.h"

typedef struct place { pl_arena arena; char dir[64]; pl_table table, fits; figure_data data; } place;

static int enter(void **state)
{
    static place p;
    table_shape shape = {3, 4, 21, .05, 6};
    pl_arena_init(&p.arena);
    make_table(&p.table, shape);
    make_fits(&p.fits, shape);
    p.data = make_data(&p.table, &p.fits, 4);
    strcpy(p.dir, "/tmp/plateau-png-XXXXXX");
    *state = &p;
    return mkdtemp(p.dir) ? 0 : -1;
}

static int leave(void **state)
{
    place *p = *state;
    pl_status st = pl_remove_tree(p->dir, NULL);
    pl_arena_free(&p->arena);
    pl_table_free(&p->table);
    pl_table_free(&p->fits);
    return st ? -1 : 0;
}

static char *write_and_read(place *p, const figure *fig, figure_format format, figure_width width, size_t *length)
{
    const char *path = NULL;
    char *text = NULL;
    assert_int_equal(figure_write(fig, &p->data, NULL, p->dir, format, width, &p->arena, &path, NULL), PL_OK);
    assert_int_equal(pl_read_file(path, 1 << 26, &text, length, NULL), PL_OK);
    return text;
}

static void same_table_same_bytes(void **state)
{
    place *p = *state;
    for (const pl_entry *const *e = figure_registry.entries; *e; e++) {
        for (int format = 0; format < 3; format++) {
            size_t n, m;
            char *first = write_and_read(p, (const figure *)*e, (figure_format)format, FIGURE_SINGLE, &n);
            char *second = write_and_read(p, (const figure *)*e, (figure_format)format, FIGURE_SINGLE, &m);
            assert_int_equal(n, m);
            assert_memory_equal(first, second, n);
            if (format == FIGURE_PDF)
                for (size_t i = 0; i + 12 < n; i++) assert_int_not_equal(memcmp(first + i, "CreationDate", 12), 0);
            pl_free(first);
            pl_free(second);
        }
    }
}

static bool chunk_text(const char *png, size_t n, const char *key, const char *text)
{
    char wanted[256];
    int length = snprintf(wanted, sizeof wanted, "tEXt%s%c%s", key, 0, text);
    for (size_t i = 0; i + (size_t)length <= n; i++)
        if (memcmp(png + i, wanted, (size_t)length) == 0) return true;
    return false;
}

static bool has_chunk(const char *png, size_t n, const char *type)
{
    for (size_t i = 0; i + 4 <= n; i++)
        if (memcmp(png + i, type, 4) == 0) return true;
    return false;
}

static void notes_say_where_it_came_from(void **state)
{
    place *p = *state;
    size_t n;
    const figure *fig = (const figure *)pl_registry_find(&figure_registry, "entropy");
    char *png = write_and_read(p, fig, FIGURE_PNG, FIGURE_SINGLE, &n);
    pl_hash table = pl_table_hash(&p->table);
    assert_true(chunk_text(png, n, "Software", "plateau"));
    assert_true(chunk_text(png, n, "Figure", "entropy"));
    assert_true(chunk_text(png, n, "Table", table.hex));
    assert_true(chunk_text(png, n, "Scenario", p->data.scenario_hash));
    assert_true(chunk_text(png, n, "Seed", "20250411"));
    assert_true(has_chunk(png, n, "pHYs"));
    assert_false(has_chunk(png, n, "tIME"));
    pl_free(png);
    /* Another value anywhere in the table shows in its hash. */
    double *v = &p->table.columns[TABLE_FIRST + 2].v[5], kept = *v;
    *v = .4242;
    png = write_and_read(p, fig, FIGURE_PNG, FIGURE_SINGLE, &n);
    assert_false(chunk_text(png, n, "Table", table.hex));
    *v = kept;
    pl_free(png);
    p->data.scenario_hash = "";
    png = write_and_read(p, fig, FIGURE_PNG, FIGURE_SINGLE, &n);
    assert_false(chunk_text(png, n, "Seed", "20250411"));
    p->data.scenario_hash = "0123456789abcdef0123456789abcdef";
    pl_free(png);
}

static void pixels_read_back(void **state)
{
    canvas c;
    assert_int_equal(canvas_init(&c, FIGURE_PNG, FIGURE_SINGLE, false, NULL), PL_OK);
    canvas_begin(&c, 61.2, 40.3);
    for (int i = 0; i < 9; i++) canvas_line(&c, 3.7 * i, 1.1, 50 - 2.3 * i, 38, (canvas_pen){0x3572B2u * (unsigned)(i + 1) & 0xFFFFFF, 1, 1.3, NULL});
    canvas_text(&c, (text_place){.x = 5, .y = 12, .size = 9, .colour = 0xD55E00}, "a\xC3\xA9 2.385");
    assert_int_equal(canvas_finish(&c, NULL), PL_OK);
    assert_int_equal(png_encode(&c, &(png_note){"Software", "test"}, 1, &c.out, NULL), PL_OK);
    png_image image = {.version = PNG_IMAGE_VERSION};
    assert_true(png_image_begin_read_from_memory(&image, c.out.text, c.out.length));
    image.format = PNG_FORMAT_RGB;
    int width = cairo_image_surface_get_width(c.surface), height = cairo_image_surface_get_height(c.surface), stride = cairo_image_surface_get_stride(c.surface);
    assert_int_equal(image.width, 170);                  /* 61.2 points at 200 dpi */
    assert_int_equal(image.width, width);
    assert_int_equal(image.height, height);
    unsigned char *back = pl_alloc(PNG_IMAGE_SIZE(image));
    assert_non_null(back);
    assert_true(png_image_finish_read(&image, NULL, back, 0, NULL));
    const unsigned char *pixels = cairo_image_surface_get_data(c.surface);
    size_t coloured = 0;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            uint32_t v;
            memcpy(&v, pixels + y * stride + 4 * x, 4);
            const unsigned char *b = back + 3 * (y * width + x);
            assert_int_equal((uint32_t)b[0] << 16 | (uint32_t)b[1] << 8 | b[2], v & 0xFFFFFF);
            coloured += (v & 0xFFFFFF) != 0xFFFFFF;
        }
    assert_true(coloured > 2000);
    pl_free(back);
    canvas_free(&c);
}

static void widths_differ(void **state)
{
    place *p = *state;
    const figure *fig = (const figure *)pl_registry_find(&figure_registry, "entropy");
    unsigned width[3];
    for (int w = 0; w < 3; w++) {
        size_t n;
        char *png = write_and_read(p, fig, FIGURE_PNG, (figure_width)w, &n);
        const unsigned char *b = (const unsigned char *)png + 16;
        width[w] = (unsigned)b[0] << 24 | (unsigned)b[1] << 16 | (unsigned)b[2] << 8 | b[3];
        pl_free(png);
    }
    assert_true(width[FIGURE_DOUBLE] > width[FIGURE_SINGLE]);      /* five panels in a row instead of three */
    assert_true(width[FIGURE_SLIDE] > width[FIGURE_SINGLE]);
}

static void failed_writes_leave_the_old_file(void **state)
{
    place *p = *state;
    const figure *fig = (const figure *)pl_registry_find(&figure_registry, "kinds");
    size_t n, m;
    char *old = write_and_read(p, fig, FIGURE_PNG, FIGURE_SINGLE, &n);
    p->data.seed++;
    for (uint64_t k = 1; k <= 3; k++) {
        const char *path = NULL;
        pl_fs_fail_at(k, ENOSPC);
        pl_status st = figure_write(fig, &p->data, NULL, p->dir, FIGURE_PNG, FIGURE_SINGLE, &p->arena, &path, NULL);
        uint64_t reached = pl_fs_count();
        pl_fs_fail_at(0, 0);
        if (reached < k) break;
        assert_int_equal(st, PL_ERR_WORLD);
        char *now = NULL, **names = NULL;
        size_t count;
        assert_int_equal(pl_read_file(pl_join(&p->arena, p->dir, "kinds.png"), 1 << 26, &now, &m, NULL), PL_OK);
        assert_int_equal(n, m);
        assert_memory_equal(old, now, n);
        assert_int_equal(pl_list_dir(p->dir, &names, &count, NULL), PL_OK);
        for (size_t i = 0; i < count; i++) assert_null(strstr(names[i], "tmp"));
        pl_free_names(names, count);
        pl_free(now);
    }
    p->data.seed--;
    pl_free(old);
}

static void failing_allocations_while_encoding(void **state)
{
    place *p = *state;
    const figure *fig = (const figure *)pl_registry_find(&figure_registry, "kinds");
    const char *path;
    pl_mem_fail_at(0, false);
    assert_int_equal(figure_write(fig, &p->data, NULL, p->dir, FIGURE_PNG, FIGURE_SINGLE, &p->arena, &path, NULL), PL_OK);
    uint64_t all = pl_mem_count();
    for (uint64_t k = all > 25 ? all - 25 : 1; k <= all; k++) {     /* the last ones are the encoder's and the writer's */
        pl_mem_fail_at(k, true);
        pl_status st = figure_write(fig, &p->data, NULL, p->dir, FIGURE_PNG, FIGURE_SINGLE, &p->arena, &path, NULL);
        pl_mem_fail_at(0, false);
        assert_int_equal(st, PL_ERR_WORLD);
    }
}

static void a_wrong_font_is_named(void **state)
{
    place *p = *state;
    pl_diag diag;
    const char *path;
    pl_diag_init(&diag);
    assert_int_equal(setenv("PLATEAU_FONT", "/dev/null", 1), 0);
    pl_status st = figure_write((const figure *)figure_registry.entries[0], &p->data, NULL, p->dir, FIGURE_PNG, FIGURE_SINGLE, &p->arena, &path, &diag);
    assert_int_equal(unsetenv("PLATEAU_FONT"), 0);
    assert_int_equal(st, PL_ERR_USER);
    assert_int_equal(diag.errors, 1);
    assert_non_null(strstr(diag.messages[0].what, "/dev/null"));
    pl_diag_free(&diag);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_table_same_bytes),
        cmocka_unit_test(notes_say_where_it_came_from),
        cmocka_unit_test(pixels_read_back),
        cmocka_unit_test(widths_differ),
        cmocka_unit_test(failed_writes_leave_the_old_file),
        cmocka_unit_test(failing_allocations_while_encoding),
        cmocka_unit_test(a_wrong_font_is_named),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
