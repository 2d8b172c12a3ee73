/* Subcommands: one file cmd_<name>.c each, collected by the Makefile into command_registry.
 *
 * A command states its options as a table; from it come parsing, --help, the reference page and the answer to an unknown
 * option. What is data goes to `out`, which main writes to standard output at the end, so that it is never half
 * there; words for the person go to standard error. --help, -q, -v, --simd belong to every command.
 */
#ifndef PL_CLI_COMMAND_H
#define PL_CLI_COMMAND_H

#include "sim/base/field.h"
#include "sim/base/str.h"

typedef enum option_type {
    OPTION_FLAG,    /* bool */
    OPTION_TEXT,    /* const char *, NULL when not given */
    OPTION_CHOICE,  /* int, index into `names` */
    OPTION_INTEGER, /* int64_t, in [min, max] */
    OPTION_NUMBER,  /* double, in [min, max] */
    OPTION_TEXTS    /* pl_strings: may be given again and again */
} option_type;

typedef struct command_option {
    const char *name; /* long name without dashes */
    char letter;      /* short name, 0: none */
    option_type type;
    size_t offset;            /* of the member in the command's option struct */
    const char *value;        /* what --help calls the value: "DIR" */
    const char *const *names; /* OPTION_CHOICE: NULL-terminated */
    double min, max;
    bool required;
    const char *doc;
} command_option;

/* Lines of an option table; `member` is of the command's own struct, which is called `options`. letter 0: none. */
#define OPTION(type_, name_, letter_, member, ...)                                                                                 \
    {                                                                                                                              \
        .name = name_, .letter = letter_, .type = type_, .offset = offsetof(options, member), __VA_ARGS__                          \
    }
#define FLAG_OPTION(name_, letter_, member, doc_) OPTION(OPTION_FLAG, name_, letter_, member, .doc = doc_)
#define TEXT_OPTION(name_, letter_, member, value_, doc_) OPTION(OPTION_TEXT, name_, letter_, member, .value = value_, .doc = doc_)
#define TEXTS_OPTION(name_, letter_, member, value_, doc_)                                                                         \
    OPTION(OPTION_TEXTS, name_, letter_, member, .value = value_, .doc = doc_)
#define CHOICE_OPTION(name_, letter_, member, names_, doc_)                                                                        \
    OPTION(OPTION_CHOICE, name_, letter_, member, .names = names_, .doc = doc_)
#define INTEGER_OPTION(name_, letter_, member, value_, min_, max_, doc_)                                                           \
    OPTION(OPTION_INTEGER, name_, letter_, member, .value = value_, .min = min_, .max = max_, .doc = doc_)
#define NUMBER_OPTION(name_, letter_, member, value_, min_, max_, doc_)                                                            \
    OPTION(OPTION_NUMBER, name_, letter_, member, .value = value_, .min = min_, .max = max_, .doc = doc_)
/* Those that mean the same in several commands. */
#define JSON_OPTION FLAG_OPTION("json", 0, json, "as JSON")
#define MAP_OPTION                                                                                                                 \
    TEXTS_OPTION("map", 'm', map, "NAME=COLUMN", "the column is the metric NAME, step=COLUMN gives the steps; may be given again")

typedef struct invocation {
    const struct command *command;
    const void *options;     /* the command's option struct */
    const char *const *args; /* what is left: SCENARIO, DIR, ... */
    size_t n_args;
    const char *const *argv; /* as typed, for provenance */
    size_t argc;
    bool quiet, verbose;
    pl_arena *arena;
    pl_diag *diag;
    pl_str *out;       /* standard output */
    bool answer_is_no; /* set by the command: exit 1 unless something worse happened */
} invocation;

typedef struct command {
    pl_entry entry;
    const char *usage;   /* the arguments: "SCENARIO", "DIR [FIGURE]..." */
    const char *details; /* further lines of --help, or NULL */
    size_t min_args, max_args;
    const command_option *options;
    size_t n_options;
    size_t options_size;
    const void *defaults; /* initial option struct; NULL: zeros */
    PL_MUST_USE pl_status (*run)(invocation *call);
} command;
extern const pl_registry command_registry; /* generated */

/* Reads argv[0..argc) after the command's name into call->options and call->args. Sets *help for --help. Every mistake is
 * reported, unknown options with the nearest known one. */
PL_MUST_USE pl_status options_parse(const command *c, const char *const *argv, size_t argc, invocation *call, const char **simd,
                                    bool *help);
void command_help(const command *c, pl_str *out);
void program_help(pl_str *out);
const command *command_find(const char *name, pl_diag *diag); /* NULL, with the nearest in diag */

/* A line for the person on standard error, unless -q. */
void say(const invocation *call, const char *fmt, ...) PL_PRINTF(2, 3);

#endif
