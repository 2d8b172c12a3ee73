/* What there is to say of a table of results (pass@k, calibration): its numbers by model, and where pass@k falls below the base's.
 */
#ifndef PL_CLI_REPORT_TABLE_H
#define PL_CLI_REPORT_TABLE_H

#include "sim/io/log.h"

/* `log` is of an importer of tables. PL_ERR_WORLD: out of memory. */
PL_MUST_USE pl_status report_table(const training_log *log, pl_str *out);
PL_MUST_USE pl_status report_table_json(const training_log *log, pl_str *out);

#endif
