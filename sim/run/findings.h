/* The table of findings: what was published, what came out, and whether the control removes it. One row per finished run
 * directory whose scenario names a finding (`about.finding`); written as Markdown for docs/findings/README.md and `make validate`.
 */
#ifndef PL_RUN_FINDINGS_H
#define PL_RUN_FINDINGS_H

#include "sim/analysis/hypothesis.h"

typedef struct finding_verdicts {
    size_t of[VERDICT_INCONCLUSIVE + 1]; /* how many, by verdict */
} finding_verdicts;

/* A hypothesis that did not come out as claimed; or that did although the scenario lists it as a miss. */
typedef struct finding_miss {
    const char *name, *role, *reason; /* the reason holds the numbers and the verdict */
    bool known, supported;            /* listed in about.misses; came out all the same */
} finding_miss;

typedef struct finding {
    const char *id, *claim, *published, *source; /* as the scenario says; published, source: "" when it does not */
    const char *page;                            /* name of its page without ending: about.page, else that of the scenario file */
    const char *headline;                        /* the hypothesis whose number stands for the finding; NULL: there is none */
    pl_estimate simulated;
    finding_verdicts effects, controls;
    finding_miss *misses;
    size_t n_misses, failed; /* replicates that left the domain of the mathematics */
    double seconds;          /* wall clock of the run; NaN: not recorded */
    int64_t jobs;
} finding;

/* Strings in `arena`. PL_ERR_USER when DIR holds no finished run or its scenario names no finding. */
PL_MUST_USE pl_status finding_read(const char *dir, finding *out, pl_arena *arena, pl_diag *diag);

/* Sorts by id and appends the page: table, then what was missed, with the reasons. */
PL_MUST_USE pl_status findings_page(finding *list, size_t n, pl_str *out);

#endif
