#include "sim/run/provenance.h"

#include <math.h>

#include <gsl/gsl_version.h>

#include "sim/base/fs.h"
#include "sim/base/json.h"
#include "sim/io/json_read.h"
#include "sim/run/search.h"

#ifdef __clang__
const char provenance_compiler[] = "clang " __clang_version__;
#else
const char provenance_compiler[] = "gcc " __VERSION__;
#endif

static void pair(pl_json *j, const char *key, const char *text)
{
    pl_json_key(j, key);
    pl_json_string(j, text);
}

pl_status provenance_write(rundir *d, const plan *p, const char *const *argv, size_t argc, const run_effort *effort,
                           const run_file *files, size_t n, pl_diag *diag)
{
    pl_str out;
    pl_str_init(&out);
    pl_json j;
    pl_json_init(&j, &out);
    pl_json_object(&j);
    pl_json_key(&j, "schema_version");
    pl_json_integer(&j, RUN_SCHEMA_VERSION);
    pl_json_key(&j, "program");
    pl_json_object(&j);
    pair(&j, "name", "plateau");
    pair(&j, "version", plateau_version);
    pair(&j, "compiler", provenance_compiler);
    pair(&j, "gsl", gsl_version);
    pl_json_end_object(&j);
    pl_json_key(&j, "command");
    pl_json_array(&j);
    for (size_t i = 0; i < argc; i++) pl_json_string(&j, argv[i]);
    pl_json_end_array(&j);
    pl_json_key(&j, "scenario");
    pl_json_object(&j);
    pair(&j, "file", p->path);
    pair(&j, "hash", p->hash.hex);
    pl_json_end_object(&j);
    pl_json_key(&j, "seed");
    pl_json_integer(&j, p->base.seed);
    pl_json_key(&j, "replicates");
    pl_json_integer(&j, (int64_t)p->replicates);
    pl_json_key(&j, "effort");
    pl_json_object(&j);
    pl_json_key(&j, "seconds");
    pl_json_number(&j, floor(10 * effort->seconds + .5) / 10);
    pl_json_key(&j, "threads");
    pl_json_integer(&j, effort->jobs);
    pl_json_end_object(&j);
    pl_json_key(&j, "files");
    pl_json_object(&j);
    for (size_t i = 0; i < n; i++) pair(&j, files[i].name, files[i].hash.hex);
    pl_json_end_object(&j);
    pl_json_end_object(&j);
    pl_str_addc(&out, '\n');
    const char *path = rundir_fresh(d, "provenance.json");
    pl_status st = PL_OK;
    if (!path || !pl_str_end(&out))
        st = pl_diag_nomem(diag, "writing provenance.json");
    else
        st = pl_write_file(path, out.text, out.length, diag);
    pl_str_free(&out);
    return st;
}

static pl_status text_member(json_object *root, const char *path, const char *file, const char **out, pl_arena *arena,
                             pl_diag *diag)
{
    json_object *value;
    pl_status st = json_member(root, path, json_type_string, file, &value, diag);
    if (st) return st;
    *out = pl_arena_strdup(arena, json_object_get_string(value));
    return *out ? PL_OK : pl_diag_nomem(diag, "reading provenance.json");
}

static pl_status read_files(json_object *files, const char *path, provenance *out, pl_arena *arena, pl_diag *diag)
{
    out->files = pl_arena_array(arena, (size_t)json_object_object_length(files) + 1, sizeof *out->files);
    if (!out->files) return pl_diag_nomem(diag, "reading provenance.json");
    json_object_object_foreach(files, name, value)
    {
        run_file *f = &out->files[out->n_files++];
        f->name = pl_arena_strdup(arena, name);
        if (!f->name) return pl_diag_nomem(diag, "reading provenance.json");
        if (!json_object_is_type(value, json_type_string) || json_object_get_string_len(value) != sizeof f->hash.hex - 1) {
            pl_diag_add(diag, PL_ERROR, (pl_place){.file = path}, "32 hexadecimal digits", "the hash of '%s' is not one", name);
            return PL_ERR_USER;
        }
        snprintf(f->hash.hex, sizeof f->hash.hex, "%s", json_object_get_string(value));
    }
    return PL_OK;
}

/* Not there in directories of earlier versions. */
static void read_effort(json_object *root, provenance *out)
{
    json_object *effort, *seconds, *threads;
    if (!json_object_object_get_ex(root, "effort", &effort) || !json_object_is_type(effort, json_type_object)) return;
    if (json_object_object_get_ex(effort, "seconds", &seconds)) out->seconds = json_object_get_double(seconds);
    if (json_object_object_get_ex(effort, "threads", &threads)) out->jobs = json_object_get_int64(threads);
}

pl_status provenance_read(const char *dir, provenance *out, pl_arena *arena, pl_diag *diag)
{
    *out = (provenance){.seconds = NAN};
    const char *path = pl_join(arena, dir, "provenance.json");
    if (!path) return pl_diag_nomem(diag, "reading provenance.json");
    json_object *root = NULL, *files;
    pl_status st = json_read_file(path, &root, diag);
    if (!st) st = text_member(root, "program/version", path, &out->version, arena, diag);
    if (!st) st = text_member(root, "program/compiler", path, &out->compiler, arena, diag);
    if (!st) st = text_member(root, "scenario/file", path, &out->scenario_file, arena, diag);
    if (!st) st = text_member(root, "scenario/hash", path, &out->scenario_hash, arena, diag);
    if (!st) st = json_member(root, "files", json_type_object, path, &files, diag);
    if (!st) st = read_files(files, path, out, arena, diag);
    if (!st) read_effort(root, out);
    json_object_put(root);
    return st;
}
