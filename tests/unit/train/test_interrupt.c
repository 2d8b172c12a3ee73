/* An interrupt ends a run at the next event, with its rows so far. A program of its own: the flag stays set. */
#include "tests/unit/train/scene.h"
#include <signal.h>
#include "sim/core/pool.h"

static void stops_at_once(void **state)
{
    scene s;
    pl_table t;
    scene_make(&s);
    pl_interrupt_install();
    assert_int_equal(raise(SIGINT), 0);
    assert_int_equal(scene_run(&s, &t, NULL), PL_ERR_INTERRUPTED);
    assert_int_equal(t.n_rows, 1);
    pl_table_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(stops_at_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
