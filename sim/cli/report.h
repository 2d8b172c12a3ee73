/* What `run` tells the person: a table of arms by key values, and the verdicts. */
#ifndef PL_CLI_REPORT_H
#define PL_CLI_REPORT_H

#include "sim/cli/command.h"
#include "sim/run/execute.h"

void report_summary(invocation *call, const plan *p, const outcome *o);
/* "0.4312 [0.4201, 0.4423]"; "–" when missing. */
void report_estimate(const pl_estimate *e, char text[64]);

#endif
