/* CSV: the rows as they stand in metrics.csv. */
#include "sim/io/csv.h"
#include "sim/io/exporter.h"

static pl_status write(const pl_table *run, pl_str *out) { return csv_write(run, out); }

const exporter export_csv = {{"csv", "a CSV file a run, as metrics.csv is written", "RFC 4180", NULL}, ".csv", write};
