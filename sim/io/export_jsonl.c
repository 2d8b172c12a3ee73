/* JSON lines: one object a row with every column, null where the value is missing. */
#include "sim/base/json.h"
#include "sim/io/exporter.h"

static pl_status write(const pl_table *t, pl_str *out)
{
    for (size_t r = 0; r < t->n_rows; r++) {
        pl_json j;
        pl_json_init(&j, out);
        j.one_line = true;
        pl_json_object(&j);
        for (size_t c = 0; c < t->n_columns; c++) {
            const char *word = pl_table_text(t, r, c);
            pl_json_key(&j, t->columns[c].spec.name);
            if (t->columns[c].spec.text)
                pl_json_string(&j, *word ? word : NULL);
            else
                pl_json_number(&j, t->columns[c].v[r]);
        }
        pl_json_end_object(&j);
        pl_str_addc(out, '\n');
    }
    return pl_str_end(out) || !t->n_rows ? PL_OK : PL_ERR_WORLD;
}

const exporter export_jsonl = {
    {"jsonl", "JSON lines, one object a row, as metrics.jsonl of many trainers", NULL, NULL}, ".jsonl", write};
