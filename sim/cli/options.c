/* Parsing by a command's option table, and the help that follows from it. */
#include <string.h>

#include "sim/cli/command.h"

typedef struct common_options {
    bool help, quiet, verbose;
    const char *simd;
} common_options;
static const command_option common[] = {
    {.name = "help", .letter = 'h', .type = OPTION_FLAG, .offset = offsetof(common_options, help), .doc = "show this text"},
    {.name = "quiet",
     .letter = 'q',
     .type = OPTION_FLAG,
     .offset = offsetof(common_options, quiet),
     .doc = "no progress, only data and errors"},
    {.name = "verbose",
     .letter = 'v',
     .type = OPTION_FLAG,
     .offset = offsetof(common_options, verbose),
     .doc = "say more on the way"},
    {.name = "simd",
     .type = OPTION_TEXT,
     .offset = offsetof(common_options, simd),
     .value = "LEVEL",
     .doc = "force the vector level: scalar, avx2, avx512 (results do not depend on it)"},
};

typedef struct parser {
    const command *c;
    invocation *call;
    char *own, *shared; /* option structs being filled */
    bool *given;        /* [c->n_options] */
    const char **args;
} parser;

static pl_status mistake(parser *p, const char *remedy, const char *fmt, const char *subject)
{
    char what[512];
    int n = 0;
    for (const char *f = fmt; *f && n < (int)sizeof what - 1; f++) {
        if (*f != '@') {
            what[n++] = *f;
            continue;
        }
        for (const char *s = subject; *s && n < (int)sizeof what - 1; s++) what[n++] = *s;
    }
    what[n] = '\0';
    pl_diag_add(p->call->diag, PL_ERROR, (pl_place){0}, remedy, "%s", what);
    return PL_ERR_USER;
}

static const char *range_text(parser *p, const command_option *o)
{
    char low[32], high[32];
    return pl_arena_printf(p->call->arena, "--%s takes %s from %s to %s", o->name,
                           o->type == OPTION_INTEGER ? "a whole number" : "a number", pl_number(o->min, low),
                           pl_number(o->max, high));
}

static pl_status store_choice(parser *p, const command_option *o, void *member, const char *value)
{
    size_t n = 0;
    pl_str known;
    pl_str_init(&known);
    for (; o->names[n]; n++) {
        if (strcmp(o->names[n], value) == 0) {
            pl_str_free(&known);
            *(int *)member = (int)n;
            return PL_OK;
        }
        pl_str_addf(&known, "%s%s", n ? ", " : "", o->names[n]);
    }
    const char *list = pl_str_end(&known);
    const char *remedy = list ? pl_arena_printf(p->call->arena, "--%s takes one of %s", o->name, list) : NULL;
    pl_str_free(&known);
    return mistake(p, remedy, "unknown value '@'", value);
}

static pl_status store_text(parser *p, pl_strings *list, const char *value)
{
    const char **grown = pl_arena_array(p->call->arena, list->n + 1, sizeof *grown);
    if (!grown) return pl_diag_nomem(p->call->diag, "reading options");
    if (list->n) memcpy(grown, list->v, list->n * sizeof *grown);
    grown[list->n] = value;
    *list = (pl_strings){grown, list->n + 1};
    return PL_OK;
}

static pl_status store(parser *p, const command_option *o, char *into, const char *value)
{
    void *member = into + o->offset;
    long long whole;
    double number;
    if (o->type != OPTION_FLAG && !*value) return mistake(p, "give it a value, or leave the option out", "--@ is empty", o->name);
    switch (o->type) {
    case OPTION_FLAG:
        *(bool *)member = true;
        return PL_OK;
    case OPTION_TEXT:
        *(const char **)member = value;
        return PL_OK;
    case OPTION_CHOICE:
        return store_choice(p, o, member, value);
    case OPTION_TEXTS:
        return store_text(p, member, value);
    case OPTION_INTEGER:
        if (!pl_read_integer(value, &whole) || (double)whole < o->min || (double)whole > o->max)
            return mistake(p, range_text(p, o), "'@' is out of place", value);
        *(int64_t *)member = whole;
        return PL_OK;
    case OPTION_NUMBER:
        if (!pl_read_number(value, &number) || number < o->min || number > o->max)
            return mistake(p, range_text(p, o), "'@' is out of place", value);
        *(double *)member = number;
        return PL_OK;
    }
    return PL_OK;
}

/* Finds an option by long name (length n) or letter; *into is the struct that it fills. */
static const command_option *find(parser *p, const char *name, size_t n, char letter, char **into)
{
    for (size_t i = 0; i < p->c->n_options + PL_COUNT(common); i++) {
        bool own = i < p->c->n_options;
        const command_option *o = own ? &p->c->options[i] : &common[i - p->c->n_options];
        bool hit = name ? strlen(o->name) == n && memcmp(o->name, name, n) == 0 : o->letter && o->letter == letter;
        if (!hit) continue;
        if (own) p->given[i] = true;
        *into = own ? p->own : p->shared;
        return o;
    }
    return NULL;
}

static pl_status unknown(parser *p, const char *word)
{
    const char *names[64];
    size_t n = 0;
    for (size_t i = 0; i < p->c->n_options && n < PL_COUNT(names); i++) names[n++] = p->c->options[i].name;
    for (size_t i = 0; i < PL_COUNT(common) && n < PL_COUNT(names); i++) names[n++] = common[i].name;
    const char *bare = word + strspn(word, "-");
    const char *stem = pl_arena_strndup(p->call->arena, bare, strcspn(bare, "="));
    const char *nearest = stem ? pl_nearest(stem, names, n) : NULL;
    const char *remedy = nearest ? pl_arena_printf(p->call->arena, "did you mean '--%s'?", nearest)
                                 : pl_arena_printf(p->call->arena, "see `plateau %s --help`", p->c->entry.name);
    return mistake(p, remedy, "unknown option '@'", word);
}

/* One word beginning with a dash; *i moves on when the value is the next word. */
static pl_status option(parser *p, const char *const *argv, size_t argc, size_t *i)
{
    const char *word = argv[*i], *value = NULL;
    char *into = NULL;
    const command_option *o;
    if (word[1] == '-') {
        size_t n = strcspn(word + 2, "=");
        o = find(p, word + 2, n, 0, &into);
        if (word[2 + n] == '=') value = word + 3 + n;
    } else {
        o = find(p, NULL, 0, word[1], &into);
        if (word[2]) value = word + 2;
    }
    if (!o || (o->type == OPTION_FLAG && value && word[1] != '-')) return unknown(p, word);
    if (o->type == OPTION_FLAG && value) return mistake(p, "write it without '='", "'@' takes no value", word);
    if (o->type != OPTION_FLAG && !value) {
        if (*i + 1 >= argc) return mistake(p, "put the value behind it", "option '@' needs a value", word);
        value = argv[++*i];
    }
    return store(p, o, into, value);
}

static pl_status check_counts(parser *p)
{
    const command *c = p->c;
    pl_status st = PL_OK;
    const char *usage = pl_arena_printf(p->call->arena, "usage: plateau %s [OPTIONS] %s", c->entry.name, c->usage);
    for (size_t i = 0; i < c->n_options; i++)
        if (c->options[i].required && !p->given[i]) st = mistake(p, usage, "option '--@' is missing", c->options[i].name);
    if (p->call->n_args < c->min_args) st = mistake(p, usage, "`@` needs more arguments", c->entry.name);
    if (p->call->n_args > c->max_args) st = mistake(p, usage, "unexpected argument '@'", p->args[c->max_args]);
    return st;
}

pl_status options_parse(const command *c, const char *const *argv, size_t argc, invocation *call, const char **simd, bool *help)
{
    common_options shared = {0};
    parser p = {.c = c, .call = call, .shared = (char *)&shared};
    p.own = pl_arena_alloc(call->arena, c->options_size ? c->options_size : 1);
    p.given = pl_arena_array(call->arena, c->n_options + 1, sizeof *p.given);
    p.args = pl_arena_array(call->arena, argc + 1, sizeof *p.args);
    if (!p.own || !p.given || !p.args) return pl_diag_nomem(call->diag, "reading options");
    if (c->defaults) memcpy(p.own, c->defaults, c->options_size);
    call->command = c;
    call->options = p.own;
    call->args = p.args;
    pl_status st = PL_OK;
    bool only_args = false;
    for (size_t i = 0; i < argc; i++) {
        const char *word = argv[i];
        if (!only_args && strcmp(word, "--") == 0)
            only_args = true;
        else if (!only_args && word[0] == '-' && word[1])
            st = pl_worse(st, option(&p, argv, argc, &i));
        else
            p.args[call->n_args++] = word;
    }
    call->quiet = shared.quiet;
    call->verbose = shared.verbose;
    *simd = shared.simd;
    *help = shared.help;
    if (st || shared.help) return shared.help ? PL_OK : st;
    return check_counts(&p);
}

static void help_line(const command_option *o, pl_str *out)
{
    size_t start = out->length;
    if (o->letter)
        pl_str_addf(out, "  -%c, --%s", o->letter, o->name);
    else
        pl_str_addf(out, "      --%s", o->name);
    if (o->type == OPTION_CHOICE) {
        pl_str_addc(out, ' ');
        for (size_t i = 0; o->names[i]; i++) pl_str_addf(out, "%s%s", i ? "|" : "", o->names[i]);
    } else if (o->type != OPTION_FLAG) {
        pl_str_addf(out, " %s", o->value);
    }
    size_t width = out->length - start;
    do pl_str_addc(out, ' ');
    while (++width < 30);
    pl_str_addf(out, "%s\n", o->doc);
}

void command_help(const command *c, pl_str *out)
{
    pl_str_addf(out, "plateau %s: %s\n\nusage: plateau %s [OPTIONS] %s\n\n", c->entry.name, c->entry.doc, c->entry.name, c->usage);
    if (c->details) pl_str_addf(out, "%s\n", c->details);
    for (size_t i = 0; i < c->n_options; i++) help_line(&c->options[i], out);
    for (size_t i = 0; i < PL_COUNT(common); i++) help_line(&common[i], out);
}

void program_help(pl_str *out)
{
    pl_str_add(out, "plateau: the dynamics of reinforcement-learning training of language models, simulated\n\n"
                    "usage: plateau COMMAND [OPTIONS] ...\n\n");
    for (const pl_entry *const *e = command_registry.entries; *e; e++) pl_str_addf(out, "  %-10s %s\n", (*e)->name, (*e)->doc);
    pl_str_add(out,
               "\n`plateau COMMAND --help` tells more. Exit codes: 0 done; 1 done, and the answer is no; 2 wrong input; 3 the\n"
               "machine said no (disk, memory); 4 a replicate left the domain of the mathematics; 130 interrupted.\n");
}

const command *command_find(const char *name, pl_diag *diag)
{
    const pl_entry *entry = pl_registry_find(&command_registry, name);
    if (entry) return (const command *)entry;
    const char *names[64];
    size_t n = 0;
    for (const pl_entry *const *e = command_registry.entries; *e && n < PL_COUNT(names); e++) names[n++] = (*e)->name;
    const char *nearest = pl_nearest(name, names, n);
    char remedy[128] = "`plateau help` lists the commands";
    if (nearest) snprintf(remedy, sizeof remedy, "did you mean '%s'?", nearest);
    pl_diag_add(diag, PL_ERROR, (pl_place){0}, remedy, "unknown command '%s'", name);
    return NULL;
}

void say(const invocation *call, const char *fmt, ...)
{
    if (call->quiet) return;
    va_list args;
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
}
