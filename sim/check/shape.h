/* Shapes: what a run looks like, each told by one file shape_<name>.c that exports `const shape shape_<name>`.
 *
 * A course is what the fitted signal does; exactly one is named: of those that see themselves, the one of the lowest rank. An alarm
 * is something going wrong beside or within it, a note something to know. A shape judges a view, that is, what could have been seen
 * by then; sim/check/judge.h asks it again and again along the run and so finds the first step where it shows.
 */
#ifndef PL_CHECK_SHAPE_H
#define PL_CHECK_SHAPE_H

#include "sim/base/field.h"
#include "sim/check/forecast.h"

typedef enum shape_kind { SHAPE_COURSE, SHAPE_ALARM, SHAPE_NOTE } shape_kind;
enum { SHAPE_EVIDENCE = 240 };
typedef struct shape_sight {
    char evidence[SHAPE_EVIDENCE]; /* words and numbers */
    bool harmless;                 /* an alarm that is no harm here: a signal dead because every answer is right */
} shape_sight;
typedef struct shape {
    pl_entry entry;
    const char *words; /* "at its plateau" */
    shape_kind kind;
    int rank;           /* among courses: 0 is asked first */
    bool wrong;         /* a course that is bad news */
    check_signal where; /* of an alarm: the signal that shows it, for the figure */
    bool (*seen)(const check_view *view, shape_sight *sight);
} shape;
extern const pl_registry shape_registry; /* generated */

/* sight->evidence, by printf; returns true, so that a shape can end with it. */
bool shape_say(shape_sight *sight, const char *fmt, ...) PL_PRINTF(2, 3);

#endif
