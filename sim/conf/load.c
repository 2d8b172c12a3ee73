/* Scenario files with what they extend, and presets. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/fs.h"
#include "sim/conf/internal.h"

enum {
    LOAD_DEPTH = 16,                 /* a file extends a file extends ... */
    LOAD_FILES = 256,                /* all in all: two files that extend twice what extends twice what ... */
    PRESET_DEPTH = 16
};

typedef struct loading {
    const pl_search *search;
    pl_arena *arena;
    pl_diag *diag;
    char (*open)[PATH_MAX];          /* [LOAD_DEPTH] real paths of the files being read */
    int depth, files;
} loading;

static pl_status nomem(loading *l) { return pl_diag_nomem(l->diag, "loading a scenario"); }

static pl_status refuse(loading *l, pl_place place, const char *remedy, const char *fmt, const char *text)
{
    pl_diag_add(l->diag, PL_ERROR, place, remedy, fmt, text);
    return PL_ERR_USER;
}

/* --- finding --- */

static const char *directory_of(pl_arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash) return pl_arena_strdup(arena, "");
    return pl_arena_strndup(arena, path, slash == path ? 1 : (size_t)(slash - path));
}

/* dir/name or dir/name.yaml where that is a file; *found NULL if neither is. */
static pl_status try_dir(loading *l, const char *dir, const char *name, pl_str *tried, const char **found)
{
    static const char *const endings[] = {"", ".yaml"};
    *found = NULL;
    for (size_t i = 0; i < PL_COUNT(endings); i++) {
        const char *full = pl_arena_printf(l->arena, "%s%s", name, endings[i]);
        const char *path = full ? (*name == '/' ? full : pl_join(l->arena, dir, full)) : NULL;
        if (!path) return nomem(l);
        if (pl_is_file(path)) {
            *found = path;
            return PL_OK;
        }
        if (i == 0) pl_str_addf(tried, "%s%s", tried->length ? ", " : "", path);
    }
    return PL_OK;
}

/* Beside the file, then in each search directory and in its scenarios/. */
static pl_status find(loading *l, const char *beside, const char *name, pl_str *tried, const char **found)
{
    *found = NULL;
    pl_status st = beside ? try_dir(l, beside, name, tried, found) : PL_OK;
    if (*name == '/') return st;
    for (size_t i = 0; !st && !*found && l->search && i < l->search->n; i++) {
        st = try_dir(l, l->search->dirs[i], name, tried, found);
        if (st || *found) break;
        const char *scenarios = pl_join(l->arena, l->search->dirs[i], "scenarios");
        if (!scenarios) return nomem(l);
        st = try_dir(l, scenarios, name, tried, found);
    }
    return st;
}

/* --- files --- */

static pl_status load_file(loading *l, const char *path, pl_place from, pl_node **root);

static pl_status read_tree(loading *l, const char *path, pl_node **tree)
{
    char *text = NULL;
    size_t length = 0;
    pl_status st = pl_read_file(path, PL_YAML_BYTES, &text, &length, l->diag);
    if (st) return st;
    st = pl_yaml_parse(text, length, path, l->arena, l->diag, tree);
    pl_free(text);
    if (st) return st;
    if ((*tree)->kind != PL_NODE_MAP) {
        pl_diag_add(l->diag, PL_ERROR, (*tree)->place, "`key: value` lines", "the file is %s, not a map",
                    conf_describe(*tree).text);
        return PL_ERR_USER;
    }
    return PL_OK;
}

/* Lays what one item of `extends` names upon *root. */
static pl_status extend(loading *l, const char *path, const pl_node *item, pl_node **root)
{
    if (item->kind != PL_NODE_SCALAR || !*item->text) {
        pl_diag_add(l->diag, PL_ERROR, item->place, "`extends: base/small.yaml`, or a list of files", "'extends' holds %s",
                    conf_describe(item).text);
        return PL_ERR_USER;
    }
    const char *beside = directory_of(l->arena, path), *found = NULL;
    if (!beside) return nomem(l);
    pl_str tried;
    pl_str_init(&tried);
    pl_status st = find(l, beside, item->text, &tried, &found);
    if (!st && !found) {
        const char *places = pl_str_end(&tried);
        char *remedy = pl_arena_printf(l->arena, "looked for %s", places ? places : "it");
        st = remedy ? refuse(l, item->place, remedy, "cannot find '%s'", item->text) : nomem(l);
    }
    pl_str_free(&tried);
    pl_node *tree = NULL;
    if (!st) st = load_file(l, found, item->place, &tree);
    return st ? st : pl_node_merge(root, tree, NULL, l->arena, l->diag);
}

static pl_status extend_all(loading *l, const char *path, const pl_node *extends, pl_node **root)
{
    if (extends->kind != PL_NODE_LIST) return extend(l, path, extends, root);
    pl_status worst = PL_OK;
    for (size_t i = 0; i < extends->n && worst != PL_ERR_WORLD; i++) worst = pl_worse(worst, extend(l, path, extends->child[i],
        root));
    return worst;
}

/* Remembers the file as being read; refuses one that already is. */
static pl_status enter(loading *l, const char *path, pl_place from)
{
    if (l->depth == LOAD_DEPTH) return refuse(l, from, "at most 16 files, one extending the next",
                                              "'%s' is too deep a chain of extends", path);
    if (++l->files > LOAD_FILES) return refuse(l, from, "extend fewer files", "'%s' is beyond 256 extended files", path);
    char real[PATH_MAX];
    if (!realpath(path, real)) snprintf(real, sizeof real, "%s", path);
    for (int i = 0; i < l->depth; i++)
        if (!strcmp(l->open[i], real)) return refuse(l, from, "a file may not extend itself, however indirectly",
                                                     "'%s' extends itself in a circle", path);
    memcpy(l->open[l->depth++], real, sizeof real);
    return PL_OK;
}

static pl_status load_file(loading *l, const char *path, pl_place from, pl_node **root)
{
    pl_node *own = NULL;
    *root = NULL;
    pl_status st = enter(l, path, from);
    if (st) return st;
    st = read_tree(l, path, &own);
    if (!st && !(*root = conf_node_new(l->arena, PL_NODE_MAP, own->place))) st = nomem(l);
    const pl_node *extends = st ? NULL : pl_node_get(own, "extends");
    if (extends) {
        conf_node_drop(own, "extends");
        st = extend_all(l, path, extends, root);
    }
    if (!st) st = pl_node_merge(root, own, NULL, l->arena, l->diag);
    l->depth--;
    return st;
}

static pl_status start(loading *l)
{
    l->open = pl_alloc_array(LOAD_DEPTH, sizeof *l->open);
    return l->open ? PL_OK : nomem(l);
}

pl_status pl_conf_load(const char *path, const pl_search *search, pl_arena *arena, pl_diag *diag, pl_node **root)
{
    loading l = {.search = search, .arena = arena, .diag = diag};
    *root = NULL;
    pl_status st = start(&l);
    if (!st) st = load_file(&l, path, (pl_place){path, 0, 0}, root);
    pl_free(l.open);
    if (st) *root = NULL;
    return st;
}

/* --- presets --- */

static pl_status unknown_preset(loading *l, const char *folder, const pl_node *preset)
{
    pl_str list;
    pl_str_init(&list);
    for (size_t i = 0; l->search && i < l->search->n; i++)
        for (int k = 0; k < 2; k++) {
            char **names = NULL;
            size_t n = 0;
            const char *dir = pl_arena_printf(l->arena, "%s%s/base/%s", l->search->dirs[i], k ? "/scenarios" : "", folder);
            if (!dir || !pl_is_dir(dir) || pl_list_dir(dir, &names, &n, NULL)) continue;
            for (size_t j = 0; j < n; j++) {
                const char *dot = strrchr(names[j], '.');
                if (dot && !strcmp(dot, ".yaml")) pl_str_addf(&list, "%s%.*s", list.length ? ", " : "", (int)(dot - names[j]),
                                                              names[j]);
            }
            pl_free_names(names, n);
        }
    const char *text = pl_str_end(&list);
    char *remedy = text ? pl_arena_printf(l->arena, *text ? "there are: %s" : "no presets are installed%s", text) : NULL;
    pl_str_free(&list);
    return remedy ? refuse(l, preset->place, remedy, "unknown preset '%s'", conf_clip(preset->text).text) : nomem(l);
}

static pl_status load_preset(loading *l, const char *folder, const pl_node *preset, pl_node **tree)
{
    if (preset->kind != PL_NODE_SCALAR || !conf_name_ok(preset->text)) {
        pl_diag_add(l->diag, PL_ERROR, preset->place, "the name of a preset; `plateau list` shows them", "'preset' is %s",
                    conf_describe(preset).text);
        return PL_ERR_USER;
    }
    const char *found = NULL, *name = pl_arena_printf(l->arena, "base/%s/%s.yaml", folder, preset->text);
    if (!name) return nomem(l);
    pl_str tried;
    pl_str_init(&tried);
    pl_status st = find(l, NULL, name, &tried, &found);
    pl_str_free(&tried);
    if (st) return st;
    return found ? load_file(l, found, preset->place, tree) : unknown_preset(l, folder, preset);
}

/* Replaces the map's `preset` by what it stands for, laid beneath. A preset may build upon another. */
static pl_status resolve(loading *l, pl_node *map, const char *folder)
{
    for (int depth = 0;; depth++) {
        const pl_node *preset = pl_node_get(map, "preset");
        conf_node_drop(map, "preset");
        if (!preset) return PL_OK;
        if (depth == PRESET_DEPTH) return refuse(l, preset->place, "a preset may not build upon itself",
                                                 "preset '%s' is too deep a chain", preset->text);
        pl_node *beneath = NULL;
        pl_status st = load_preset(l, folder, preset, &beneath);
        if (st) return st;
        char *origin = pl_arena_printf(l->arena, "preset %s", preset->text);
        pl_node *marked = NULL;
        if (!origin) return nomem(l);
        if ((st = pl_node_merge(&marked, beneath, origin, l->arena, l->diag))) return st;
        if ((st = pl_node_merge(&marked, map, NULL, l->arena, l->diag))) return st;
        map->child = marked->child;
        map->n = marked->n;
        map->capacity = marked->capacity;
    }
}

static pl_status resolve_below(loading *l, pl_node *node, const pl_struct *s);

static pl_status resolve_struct(loading *l, pl_node *node, const pl_struct *s)
{
    if (!node || node->kind != PL_NODE_MAP) return PL_OK;
    pl_status st = s->presets ? resolve(l, node, s->presets) : PL_OK;
    return st == PL_ERR_WORLD ? st : pl_worse(st, resolve_below(l, node, s));
}

static pl_status resolve_field(loading *l, pl_node *node, const pl_field *f)
{
    pl_status worst = PL_OK;
    if (f->flags & PL_INLINE) return resolve_below(l, node, f->sub);
    pl_node *child = pl_node_get(node, f->name);
    if (!child || !f->sub) return PL_OK;
    if (f->type == PL_STRUCT) return resolve_struct(l, child, f->sub);
    for (size_t i = 0; i < child->n && worst != PL_ERR_WORLD; i++) worst = pl_worse(worst, resolve_struct(l, child->child[i],
        f->sub));
    return worst;
}

static pl_status resolve_below(loading *l, pl_node *node, const pl_struct *s)
{
    pl_status worst = PL_OK;
    for (size_t i = 0; i < s->n_fields && worst != PL_ERR_WORLD; i++) worst = pl_worse(worst, resolve_field(l, node,
        &s->fields[i]));
    return worst;
}

pl_status pl_conf_presets(pl_node *root, const pl_struct *top, const pl_search *search, pl_arena *arena, pl_diag *diag)
{
    loading l = {.search = search, .arena = arena, .diag = diag};
    pl_status st = start(&l);
    if (!st) st = resolve_struct(&l, root, top);
    pl_free(l.open);
    return st;
}
