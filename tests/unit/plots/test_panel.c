/* Lines of a figure can be told apart: by colour and mark, whatever their number and whether dashes are to be had or not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plots/panel.h"
#include "plots/style.h"

static void colour_and_mark_tell_series_apart(void **state)
{
    const size_t told_apart = STYLE_COLOURS * (1 + MARKER_SHAPES);
    for (size_t a = 0; a < told_apart; a++)
        for (size_t b = a + 1; b < told_apart; b++) {
            bool colour = panel_pen(a, false).colour != panel_pen(b, false).colour, mark = panel_mark(a) != panel_mark(b);
            assert_true(colour || mark);
        }
    assert_true(panel_pen(0, false).colour == panel_pen(STYLE_COLOURS, false).colour);
}

static void the_first_series_have_no_marks(void **state)
{
    for (size_t a = 0; a < STYLE_COLOURS; a++) assert_int_equal(panel_mark(a), 0);
    assert_int_equal(panel_mark(STYLE_COLOURS), 1 + MARKER_DISC);
    assert_int_equal(panel_mark(2 * STYLE_COLOURS + 3), 1 + MARKER_SQUARE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(colour_and_mark_tell_series_apart),
        cmocka_unit_test(the_first_series_have_no_marks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
