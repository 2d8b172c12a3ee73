/* trainer_state.json, as the Hugging Face trainer and TRL write it: log_history holds one object a row, keys in order of the
 * alphabet, what is missing left out.
 *
 * Columns that mean what TRL means by a name carry that name; all others keep their own, so that nothing passes for what it is not:
 * TRL's `kl`, `entropy`, `reward_std` and `clip_ratio/...` are estimated otherwise than the simulator's columns (metrics.h).
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/json.h"
#include "sim/io/exporter.h"
#include "sim/io/metrics.h"

typedef struct key {
    const char *name;
    size_t column;
} key;

static const char *name_of(const char *column)
{
    const metric_alias *twin = metric_twin("trl", column);
    return twin ? twin->pattern : column;
}

static int by_name(const void *a, const void *b) { return strcmp(((const key *)a)->name, ((const key *)b)->name); }

static void put_row(pl_json *j, const pl_table *t, size_t row, const key *keys, size_t n)
{
    pl_json_object(j);
    for (size_t i = 0; i < n; i++) {
        double x = t->columns[keys[i].column].v[row];
        if (isnan(x)) continue;
        pl_json_key(j, keys[i].name);
        pl_json_number(j, x);
    }
    pl_json_end_object(j);
}

/* The last value of a column; 0 when there is none. */
static double last(const pl_table *t, const char *name)
{
    const pl_column *c = pl_table_find(t, name);
    for (size_t r = t->n_rows; c && r-- > 0;)
        if (isfinite(c->v[r])) return c->v[r];
    return 0;
}

static void put_number(pl_json *j, const char *name, double x)
{
    pl_json_key(j, name);
    pl_json_number(j, x);
}

static void put_flag(pl_json *j, const char *name, bool x)
{
    pl_json_key(j, name);
    pl_json_bool(j, x);
}

static void put_null(pl_json *j, const char *name)
{
    pl_json_key(j, name);
    pl_json_null(j);
}

/* Steps from one row to the next: at the end, as the first row may be an evaluation of the base. */
static double eval_steps(const pl_table *t)
{
    const pl_column *step = pl_table_find(t, "step");
    double distance = step && t->n_rows > 1 ? step->v[t->n_rows - 1] - step->v[t->n_rows - 2] : 1;
    return distance > 0 ? distance : 1;
}

static pl_status write(const pl_table *t, pl_str *out)
{
    key *keys = pl_alloc_array(t->n_columns, sizeof *keys);
    size_t n = 0;
    if (!keys) return PL_ERR_WORLD;
    for (size_t c = 0; c < t->n_columns; c++)
        if (export_is_metric(&t->columns[c]) || !strcmp(t->columns[c].spec.name, "step"))
            keys[n++] = (key){name_of(t->columns[c].spec.name), c};
    qsort(keys, n, sizeof *keys, by_name);
    pl_json j;
    pl_json_init(&j, out);
    pl_json_object(&j);
    put_null(&j, "best_metric");
    put_null(&j, "best_model_checkpoint");
    put_number(&j, "epoch", last(t, "epoch"));
    put_number(&j, "eval_steps", eval_steps(t));
    put_number(&j, "global_step", last(t, "step"));
    put_flag(&j, "is_hyper_param_search", false);
    put_flag(&j, "is_local_process_zero", true);
    put_flag(&j, "is_world_process_zero", true);
    pl_json_key(&j, "log_history");
    pl_json_array(&j);
    for (size_t r = 0; r < t->n_rows; r++) put_row(&j, t, r, keys, n);
    pl_json_end_array(&j);
    put_number(&j, "logging_steps", 1); /* TRL logs means over so many steps; a row here is of its own step alone */
    put_number(&j, "max_steps", last(t, "step"));
    put_number(&j, "num_input_tokens_seen", 0);
    put_number(&j, "num_train_epochs", ceil(last(t, "epoch")));
    put_number(&j, "save_steps", last(t, "step"));
    pl_json_key(&j, "stateful_callbacks");
    pl_json_object(&j);
    pl_json_end_object(&j);
    put_number(&j, "total_flos", 0);
    pl_json_key(&j, "trial_name");
    pl_json_string(&j, EXPORT_WRITER);
    put_null(&j, "trial_params");
    pl_json_end_object(&j);
    pl_str_addc(out, '\n');
    pl_free(keys);
    return pl_str_end(out) ? PL_OK : PL_ERR_WORLD;
}

const exporter export_trainer_state = {
    {"trainer_state", "a folder a run with a trainer_state.json, names of TRL where definitions agree", "TRL GRPOTrainer", NULL},
    "/trainer_state.json",
    write};
