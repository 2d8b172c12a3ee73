/* Statistics that more than one room needs. Intervals are two-sided at the stated level; their ends are NaN for n < 2. */
#ifndef PL_CORE_STATS_H
#define PL_CORE_STATS_H

#include <stddef.h>

typedef struct pl_estimate { double value, low, high, level; } pl_estimate;   /* NaN: not available */

double pl_mean(const double *v, size_t n);                   /* NaN for n = 0; pairwise, order fixed */
double pl_variance(const double *v, size_t n);               /* ddof 1; NaN for n < 2 */
double pl_quantile(double *v, size_t n, double q);           /* type 7; sorts v, which holds no NaN; NaN for n = 0 */
pl_estimate pl_t_interval(const double *v, size_t n, double level);        /* of the mean, Student t */
pl_estimate pl_percentile_interval(double *v, size_t n, double value, double level);   /* of bootstrap draws; sorts v */
/* Jackknife: `value` is the full-sample value, the interval is Student t for the mean of the pseudo-values
 * n theta - (n-1) theta_(i), i.e. it is corrected for bias of order 1/n. */
pl_estimate pl_jackknife(const double *leave_one_out, size_t n, double full, double level);
/* ICC(1) of k ratings in n groups by one-way analysis of variance; over-dispersion of a mean is 1+(k-1)*ICC. */
double pl_icc(const double *values, size_t n_groups, size_t k);
/* Unbiased pass@k from c right of n samples: 1 - C(n-c,k)/C(n,k) (Chen et al. 2107.03374, eq. 1).
 * NaN for k > n or c > n. */
double pl_pass_at_k(size_t n, size_t c, size_t k);

/* Where `b` goes from above `a` to below it, interpolated in ln x between neighbours at which both are known (x ascending, above
 * 0); NaN: nowhere. Of pass@k over k: where a trained model falls below its base. */
double pl_crossing(const double *x, const double *a, const double *b, size_t n);

#endif
