/* The thread pool, interruption, and the choice of the vector level. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/core/pool.h"
#include "sim/core/simd.h"

enum { TASKS = 2000 };

typedef struct job {
    int calls[TASKS];
    double result[TASKS];
    atomic_int begun;
    size_t fail[3];                  /* tasks that fail */
    pl_status with[3];
    size_t interrupt;                /* task that raises SIGINT; TASKS: none */
} job;

static job fresh(void)
{
    return (job){.fail = {TASKS, TASKS, TASKS}, .interrupt = TASKS};
}

static pl_status task(void *context, size_t i)
{
    job *j = context;
    atomic_fetch_add(&j->begun, 1);
    j->calls[i]++;
    double x = (double)i;
    for (int k = 0; k < 200; k++)
        x = 0.5 * (x + 2.385 / (x + 0.1));
    j->result[i] = x;
    if (i == j->interrupt)
        raise(SIGINT);
    for (int k = 0; k < 3; k++)
        if (i == j->fail[k])
            return j->with[k];
    return PL_OK;
}

static void each_task_runs_once(void **state)
{
    static job one, many;
    one = fresh();
    assert_int_equal(pl_pool_run(1, TASKS, task, &one), PL_OK);
    static const int threads[] = {-1, 0, 2, 3, 16, 5000};
    for (size_t k = 0; k < 6; k++) {
        many = fresh();
        assert_int_equal(pl_pool_run(threads[k], TASKS, task, &many), PL_OK);
        for (int i = 0; i < TASKS; i++) {
            assert_int_equal(many.calls[i], 1);
            assert_true(many.result[i] == one.result[i]);
        }
    }
    assert_int_equal(pl_pool_run(4, 0, task, &many), PL_OK);
    assert_true(pl_cpu_count() >= 1);
}

/* A replicate that leaves its domain does not keep the others from running; the first by number is reported. */
static void failures_are_reported_by_number(void **state)
{
    static job j;
    for (int threads = 1; threads <= 4; threads++) {
        j = fresh();
        j.fail[0] = 1700, j.with[0] = PL_ERR_USER;
        j.fail[1] = 12, j.with[1] = PL_ERR_NUMERIC;
        j.fail[2] = 900, j.with[2] = PL_ERR_USER;
        assert_int_equal(pl_pool_run(threads, TASKS, task, &j), PL_ERR_NUMERIC);
        assert_int_equal(j.begun, TASKS);
    }
}

static void a_world_error_stops_new_tasks(void **state)
{
    static job j;
    for (int threads = 1; threads <= 4; threads++) {
        j = fresh();
        j.fail[0] = 5, j.with[0] = PL_ERR_WORLD;
        assert_int_equal(pl_pool_run(threads, TASKS, task, &j), PL_ERR_WORLD);
        assert_true(j.begun < TASKS);
    }
}

static void an_interrupt_stops_new_tasks(void **state)
{
    static job j;
    for (int threads = 1; threads <= 4; threads++) {
        pl_interrupt_install();
        assert_false(pl_interrupted());
        j = fresh();
        j.interrupt = 40;
        assert_int_equal(pl_pool_run(threads, TASKS, task, &j), PL_ERR_INTERRUPTED);
        assert_true(pl_interrupted());
        assert_true(j.begun < TASKS);
    }
    pl_interrupt_install();
}

static void a_second_signal_ends_the_process(void **state)
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        pl_interrupt_install();
        raise(SIGTERM);
        if (pl_interrupted())
            raise(SIGINT);
        _exit(1);
    }
    int how;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how));
    assert_int_equal(WEXITSTATUS(how), 130);
}

static void vector_levels(void **state)
{
    static const char *const names[] = {"scalar", "avx2", "avx512"};
    pl_diag diag;
    pl_diag_init(&diag);
    for (int level = 0; level < 3; level++) {
        size_t errors = diag.errors;
        pl_status status = pl_simd_select(names[level], &diag);
        assert_int_equal(status, level <= (int)pl_simd_best() ? PL_OK : PL_ERR_USER);
        assert_int_equal(diag.errors - errors, status != PL_OK);
        if (status == PL_OK)
            assert_int_equal(pl_simd_level(), level);
        assert_string_equal(pl_simd_name((pl_simd)level), names[level]);
    }
    assert_int_equal(pl_simd_select("sse9", &diag), PL_ERR_USER);
    assert_string_equal(diag.messages[diag.count - 1].what, "unknown vector level 'sse9'");
    setenv("PLATEAU_SIMD", "scalar", 1);
    assert_int_equal(pl_simd_select(NULL, &diag), PL_OK);
    assert_int_equal(pl_simd_level(), PL_SIMD_SCALAR);
    setenv("PLATEAU_SIMD", "fast", 1);
    assert_int_equal(pl_simd_select(NULL, &diag), PL_ERR_USER);
    assert_int_equal(pl_simd_level(), PL_SIMD_SCALAR);
    unsetenv("PLATEAU_SIMD");
    assert_int_equal(pl_simd_select(NULL, &diag), PL_OK);
    assert_int_equal(pl_simd_level(), pl_simd_best());
    pl_diag_free(&diag);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_task_runs_once),          cmocka_unit_test(failures_are_reported_by_number),
        cmocka_unit_test(a_world_error_stops_new_tasks), cmocka_unit_test(an_interrupt_stops_new_tasks),
        cmocka_unit_test(a_second_signal_ends_the_process), cmocka_unit_test(vector_levels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
