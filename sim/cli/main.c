/* The program: finds the command, lets it run, writes what it has to say, and turns statuses into exit codes. */
#include <errno.h>
#include <gsl/gsl_errno.h>
#include <string.h>
#include <unistd.h>

#include "sim/cli/command.h"
#include "sim/cli/hooks.h"
#include "sim/core/pool.h"
#include "sim/core/simd.h"

static pl_status dispatch(invocation *call, const char *const *argv, size_t argc)
{
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        program_help(call->out);
        if (argc >= 2) return PL_OK;
        pl_diag_add(call->diag, PL_ERROR, (pl_place){0}, "begin with `plateau help`", "no command was given");
        return PL_ERR_USER;
    }
    const char *name = strcmp(argv[1], "--version") == 0 ? "version" : argv[1];
    const command *c = command_find(name, call->diag);
    if (!c) return PL_ERR_USER;
    const char *simd;
    bool help;
    pl_status st = options_parse(c, argv + 2, argc - 2, call, &simd, &help);
    if (st) return st;
    if (help) {
        command_help(c, call->out);
        return PL_OK;
    }
    st = pl_simd_select(simd, call->diag);
    return st ? st : c->run(call);
}

/* Data leaves the program at once and whole; a full disk or a closed pipe is the world's failure. */
static pl_status write_output(const pl_str *out, pl_diag *diag)
{
    if (out->broken) return pl_diag_nomem(diag, "preparing the output");
    size_t done = 0;
    while (done < out->length) {
        ssize_t n = write(STDOUT_FILENO, out->text + done, out->length - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return pl_diag_io(diag, "write", "standard output", errno);
        done += (size_t)n;
    }
    return PL_OK;
}

int main(int argc, char **argv)
{
    hooks_install();
    gsl_set_error_handler_off(); /* process-wide; every GSL status is checked where it is used */
    pl_interrupt_install();
    pl_arena arena;
    pl_diag diag;
    pl_str out;
    pl_arena_init(&arena);
    pl_diag_init(&diag);
    pl_str_init(&out);
    invocation call = {.argv = (const char *const *)argv, .argc = (size_t)argc, .arena = &arena, .diag = &diag, .out = &out};
    pl_status st = dispatch(&call, call.argv, call.argc);
    if (st && st != PL_ERR_NUMERIC) pl_str_clear(&out); /* half an answer is none; after a numeric failure it is whole */
    st = pl_worse(st, write_output(&out, &diag));
    /* Deep inside, a status may be all there is room for when memory runs out. */
    if (st == PL_ERR_WORLD && !diag.errors && !diag.lost) st = pl_diag_nomem(&diag, "working");
    pl_diag_print(&diag, stderr);
    hooks_report();
    pl_str_free(&out);
    pl_diag_free(&diag);
    pl_arena_free(&arena);
    int code = pl_exit_code(st);
    return code == 0 && call.answer_is_no ? 1 : code;
}
