/* Two runs side by side: the same ceiling, and which is there sooner?
 *
 * The same ceiling is claimed when the 90% interval of the difference lies within the margin (two one-sided tests at 5% each), not
 * when a difference fails to be significant. Speed is the ratio of the two C_mid. "only faster": the same ceiling at another speed.
 */
#ifndef PL_CHECK_AGAINST_H
#define PL_CHECK_AGAINST_H

#include "sim/check/judge.h"

typedef struct check_comparison {
    double margin;       /* of the ceiling, in units of the metric */
    pl_estimate ceiling; /* this minus the other */
    pl_estimate speed;   /* C_mid of the other over that of this: above 1, this one is faster */
    const char *verdict; /* "same ceiling", "only faster", "only slower", "different ceilings", "not identified", "inconclusive" */
    bool no;             /* different ceilings */
    char reason[JUDGE_REASON];
} check_comparison;

void check_compare(const check_judgement *a, const check_judgement *b, double margin, check_comparison *out);

#endif
