/* What the columns of a log mean: the one table of metric names.
 *
 * Frameworks name the same quantity differently, and different quantities the same. An entry says, for one framework's name, which
 * quantity it is, by the name that the columns of this program have (pass@1, reward/mean, entropy/token, ...), how that
 * framework defines it, and with which estimator it was computed. Two columns may be compared when canonical name and
 * estimator agree; verl's best@k, for one, is not pass@k's unbiased estimator, and is therefore a name of its own (best@k).
 *
 * `pattern` is the framework's name; a '*' in it stands for any text without a blank, and `name` takes the k-th '*' of the
 * pattern where it has "$k". Of several entries that fit, the first in the table counts.
 */
#ifndef PL_IO_METRICS_H
#define PL_IO_METRICS_H

#include "sim/base/field.h"

typedef struct metric_alias {
    const char *framework; /* "trl", "verl", "tinker", ..., "plateau" */
    const char *pattern;
    const char *name; /* canonical */
    const char *unit;
    const char *definition;
    const char *estimator; /* how the number was computed; "" when the definition says all */
} metric_alias;

extern const metric_alias metric_aliases[]; /* entries of a framework stand together; ends with a NULL framework */

/* The entry for a column of that framework. A leading "run - " of W&B is looked through, and so is the "train/" that trackers put
 * before names of TRL and OpenRLHF. NULL: not known. */
const metric_alias *metric_of(const char *framework, const char *column);
/* The canonical name for that column, with what '*' stood for; in `arena`. NULL: out of memory. */
const char *metric_name(const metric_alias *m, const char *column, pl_arena *arena);
/* The framework that knows most of the names, at least three; NULL: none does. */
const char *metric_framework(const char *const *columns, size_t n);
/* What that framework calls the same quantity as a column of this program: same canonical name, unit and stated estimator, and a
 * name without '*'. NULL: nothing that may pass for it. */
const metric_alias *metric_twin(const char *framework, const char *column);

#endif
