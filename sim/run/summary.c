/* summary.json and columns.json. Nothing here depends on the clock, on paths or on the number of jobs. */
#include <string.h>

#include "sim/run/outcome.h"
#include "sim/run/rundir.h"

const char *column_origin(pl_origin origin)
{
    switch (origin) {
    case PL_KEY:
        return "key";
    case PL_EXACT:
        return "exact";
    case PL_ESTIMATED:
        return "estimated";
    case PL_CLOCK:
        return "clock";
    case PL_LOGGED:
        return "logged";
    }
    return "";
}

static void named(pl_json *j, const char *key, const pl_estimate *e)
{
    pl_json_key(j, key);
    estimate_json(j, e);
}

static void arm_json(pl_json *j, const outcome *o, const pl_strings *change_points, const arm_outcome *a)
{
    pl_json_key(j, a->name);
    pl_json_object(j);
    pl_json_key(j, "finished");
    pl_json_integer(j, (int64_t)a->finished);
    pl_json_key(j, "final");
    pl_json_object(j);
    for (size_t c = 0; c < o->table.n_columns; c++) {
        const pl_column_spec *spec = &o->table.columns[c].spec;
        if (!spec->text && spec->origin != PL_KEY) named(j, spec->name, &a->final[c]);
    }
    pl_json_end_object(j);
    pl_json_key(j, "sigmoid");
    sigmoid_json(j, a->fits.has_sigmoid ? &a->fits.sigmoid : NULL, a->fits.has_grid ? &a->fits.grid : NULL);
    pl_json_key(j, "entropy_law");
    entropy_law_json(j, a->fits.has_entropy_law ? &a->fits.entropy_law : NULL);
    if (change_points->n) {
        pl_json_key(j, "change_points");
        pl_json_object(j);
        for (size_t i = 0; i < change_points->n; i++) {
            pl_json_key(j, change_points->v[i]);
            change_point_json(j, &a->changes[i]);
        }
        pl_json_end_object(j);
    }
    pl_json_end_object(j);
}

static void hypothesis_json(pl_json *j, const hypothesis_result *h)
{
    pl_json_object(j);
    pl_json_key(j, "name");
    pl_json_string(j, h->name);
    pl_json_key(j, "role");
    pl_json_string(j, h->role);
    pl_json_key(j, "verdict");
    pl_json_string(j, verdict_names[h->verdict]);
    pl_json_key(j, "effect");
    estimate_json(j, &h->effect);
    pl_json_key(j, "interval");
    pl_json_array(j);
    pl_json_number(j, h->effect.low);
    pl_json_number(j, h->effect.high);
    pl_json_end_array(j);
    pl_json_key(j, "margin");
    pl_json_number(j, h->margin);
    pl_json_key(j, "n");
    pl_json_integer(j, (int64_t)h->n);
    pl_json_key(j, "reason");
    pl_json_string(j, h->reason);
    pl_json_end_object(j);
}

pl_status outcome_summary(const outcome *o, const plan *p, pl_str *out)
{
    pl_json j;
    pl_json_init(&j, out);
    pl_json_object(&j);
    pl_json_key(&j, "schema_version");
    pl_json_integer(&j, RUN_SCHEMA_VERSION);
    pl_json_key(&j, "scenario_hash");
    pl_json_string(&j, p->hash.hex);
    pl_json_key(&j, "seed");
    pl_json_integer(&j, p->base.seed);
    pl_json_key(&j, "replicates");
    pl_json_integer(&j, (int64_t)p->replicates);
    pl_json_key(&j, "failed");
    pl_json_array(&j);
    for (size_t i = 0; i < o->n_failures; i++) {
        pl_json_object(&j);
        pl_json_key(&j, "arm");
        pl_json_string(&j, o->failures[i].arm);
        pl_json_key(&j, "replicate");
        pl_json_integer(&j, (int64_t)o->failures[i].replicate);
        pl_json_key(&j, "message");
        pl_json_string(&j, o->failures[i].message);
        pl_json_end_object(&j);
    }
    pl_json_end_array(&j);
    pl_json_key(&j, "arms");
    pl_json_object(&j);
    for (size_t i = 0; i < p->n_arms; i++) arm_json(&j, o, &p->base.fits.change_points, &o->arms[i]);
    pl_json_end_object(&j);
    pl_json_key(&j, "hypotheses");
    pl_json_array(&j);
    for (size_t i = 0; i < o->n_hypotheses; i++) hypothesis_json(&j, &o->hypotheses[i]);
    pl_json_end_array(&j);
    pl_json_end_object(&j);
    pl_str_addc(out, '\n');
    return pl_str_end(out) ? PL_OK : PL_ERR_WORLD;
}

pl_status outcome_columns(const pl_table *table, pl_str *out)
{
    pl_json j;
    pl_json_init(&j, out);
    pl_json_object(&j);
    pl_json_key(&j, "schema_version");
    pl_json_integer(&j, RUN_SCHEMA_VERSION);
    pl_json_key(&j, "columns");
    pl_json_array(&j);
    for (size_t c = 0; c < table->n_columns; c++) {
        const pl_column_spec *spec = &table->columns[c].spec;
        pl_json_object(&j);
        pl_json_key(&j, "name");
        pl_json_string(&j, spec->name);
        pl_json_key(&j, "unit");
        pl_json_string(&j, spec->unit);
        pl_json_key(&j, "meaning");
        pl_json_string(&j, spec->doc);
        pl_json_key(&j, "origin");
        pl_json_string(&j, column_origin(spec->origin));
        pl_json_end_object(&j);
    }
    pl_json_end_array(&j);
    pl_json_end_object(&j);
    pl_str_addc(out, '\n');
    return pl_str_end(out) ? PL_OK : PL_ERR_WORLD;
}
