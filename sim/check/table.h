/* The result of a check as a table, which the figure `check` draws and -o writes: a row per mark.
 *
 * `signal` names the panel (the log's column), `role` what the row is: "used" and "later" (a point up to the end of what was looked
 * at, and after it), "departs" (a later point outside its band), "fit" (the curve, with the 90% band of a single point in low and
 * high), "ceiling" (y, with its interval; only when identified), "bound" (x: the end of what was looked at), "seen" (x: the first
 * step of a shape, its words in `label`).
 */
#ifndef PL_CHECK_TABLE_H
#define PL_CHECK_TABLE_H

#include "sim/check/judge.h"

PL_MUST_USE pl_status check_table(const check_run *run, const check_judgement *j, pl_table *out, pl_diag *diag);

#endif
