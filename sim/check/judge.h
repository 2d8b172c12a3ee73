/* The judgement of a run: its shapes with their first steps, its forecast, and one verdict.
 *
 * Verdicts: "going wrong" (an alarm, or a course that is bad news), "departs" (the ceiling was identified, and the rest of the run,
 * held back by `until`, ends outside the 90% interval that was foretold), "at plateau", "rising", "not identified" (the points do
 * not say where the run will end), "flat".
 */
#ifndef PL_CHECK_JUDGE_H
#define PL_CHECK_JUDGE_H

#include "sim/check/shape.h"

enum { JUDGE_SHAPES = 32, JUDGE_REASON = 400 };
typedef struct shape_finding {
    const shape *shape;
    shape_sight sight;
    double first; /* x of the first view from which on it is always seen */
} shape_finding;

typedef struct check_judgement {
    shape_finding findings[JUDGE_SHAPES]; /* the course first, then alarms, then notes */
    size_t n;
    const shape_finding *course; /* NULL: none can be told */
    check_forecast forecast;
    bool fitted;           /* is there a forecast? */
    double horizon;        /* x that `end` is foretold for: the end of the log under `until`, else twice as far */
    size_t horizon_points; /* averaged there */
    pl_estimate end;       /* NaN when no change is seen yet: then nothing is foretold */
    double end_seen;       /* what came, under `until`; else NaN */
    entropy_fit law;       /* of reward on entropy; n = 0: none */
    const char *verdict;
    bool no; /* the answer is no: exit 1 */
    char reason[JUDGE_REASON];
} check_judgement;

/* Large: not for the stack of a thread with little of it. `views`: how many prefixes are asked (0: 24). */
PL_MUST_USE pl_status check_judge(const check_run *run, size_t views, check_judgement *out, pl_diag *diag);

#endif
