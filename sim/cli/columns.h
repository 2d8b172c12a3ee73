/* The columns of metrics.csv for a scenario at its defaults with everything turned on that has columns of its own (stance,
 * confidence, embedding, stored weights, votes, sampled evaluation): for the reference page and for `explain`. */
#ifndef PL_CLI_COLUMNS_H
#define PL_CLI_COLUMNS_H

#include "sim/cli/command.h"
#include "sim/core/table.h"

/* Adds them to an empty table. Those named after domains, formats, strategies or k stand with the default's names. */
PL_MUST_USE pl_status columns_of_all(invocation *call, pl_table *t);

#endif
