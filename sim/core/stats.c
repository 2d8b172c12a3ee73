/* Means, intervals, intraclass correlation, pass@k. Sums are pairwise and their tree depends on n alone. */
#include "sim/core/stats.h"

#include <math.h>
#include <stdlib.h>
#include <gsl/gsl_cdf.h>

/* Sum of (v - shift) to the power `power` (1 or 2). Error grows with log n instead of n. */
static double pairwise(const double *v, size_t n, double shift, int power)
{
    if (n > 8) {
        size_t half = n / 2;
        double left = pairwise(v, half, shift, power);
        double right = pairwise(v + half, n - half, shift, power);
        return left + right;
    }
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double x = v[i] - shift;
        sum += power == 2 ? x * x : x;
    }
    return sum;
}

double pl_mean(const double *v, size_t n)
{
    return n ? pairwise(v, n, 0, 1) / (double)n : NAN;
}

double pl_variance(const double *v, size_t n)
{
    return n > 1 ? pairwise(v, n, pl_mean(v, n), 2) / (double)(n - 1) : NAN;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double sorted_quantile(const double *v, size_t n, double q)
{
    double position = q * (double)(n - 1);
    size_t below = (size_t)position;
    if (below + 1 >= n)
        return v[n - 1];
    return v[below] + (position - (double)below) * (v[below + 1] - v[below]);
}

double pl_quantile(double *v, size_t n, double q)
{
    if (n == 0 || !(q >= 0 && q <= 1))
        return NAN;
    qsort(v, n, sizeof *v, ascending);
    return sorted_quantile(v, n, q);
}

static pl_estimate around(double value, double centre, double error, size_t n, double level)
{
    double half = gsl_cdf_tdist_Pinv(0.5 + level / 2, (double)n - 1) * error;
    return (pl_estimate){.value = value, .low = centre - half, .high = centre + half, .level = level};
}

static pl_estimate without_interval(double value, double level)
{
    return (pl_estimate){.value = value, .low = NAN, .high = NAN, .level = level};
}

pl_estimate pl_t_interval(const double *v, size_t n, double level)
{
    double mean = pl_mean(v, n);
    if (n < 2)
        return without_interval(mean, level);
    return around(mean, mean, sqrt(pl_variance(v, n) / (double)n), n, level);
}

pl_estimate pl_percentile_interval(double *v, size_t n, double value, double level)
{
    if (n == 0)
        return without_interval(value, level);
    double low = pl_quantile(v, n, 0.5 - level / 2);
    double high = sorted_quantile(v, n, 0.5 + level / 2);
    return (pl_estimate){.value = value, .low = low, .high = high, .level = level};
}

/* Pseudo-values n theta - (n-1) theta_(i) have mean n theta - (n-1) mean(theta_(i)) and (n-1)^2 the variance of the
 * leave-one-out values, so they need not be written down. */
pl_estimate pl_jackknife(const double *leave_one_out, size_t n, double full, double level)
{
    if (n < 2)
        return without_interval(full, level);
    double size = (double)n;
    double centre = size * full - (size - 1) * pl_mean(leave_one_out, n);
    double error = (size - 1) * sqrt(pl_variance(leave_one_out, n) / size);
    return around(full, centre, error, n, level);
}

double pl_icc(const double *values, size_t n_groups, size_t k)
{
    if (n_groups < 2 || k < 2)
        return NAN;
    double groups = (double)n_groups, ratings = (double)k;
    double total = pl_mean(values, n_groups * k), between = 0, within = 0;
    for (size_t g = 0; g < n_groups; g++) {
        double mean = pl_mean(values + g * k, k);
        between += (mean - total) * (mean - total);
        within += pairwise(values + g * k, k, mean, 2);
    }
    between *= ratings / (groups - 1);
    within /= groups * (ratings - 1);
    return (between - within) / (between + (ratings - 1) * within);
}

/* C(n-c,k)/C(n,k) is symmetric in c and k: the product runs over the smaller of the two. */
double pl_pass_at_k(size_t n, size_t c, size_t k)
{
    if (k > n || c > n)
        return NAN;
    if (c + k > n)
        return 1;
    size_t few = c < k ? c : k, many = c < k ? k : c;
    double miss = 1;
    for (size_t j = 0; j < few; j++)
        miss *= (double)(n - many - j) / (double)(n - j);
    return 1 - miss;
}

double pl_crossing(const double *x, const double *a, const double *b, size_t n)
{
    double from = NAN, before = NAN;
    for (size_t i = 0; i < n; i++) {
        double gap = b[i] - a[i];
        if (isnan(gap))
            continue;
        if (before > 0 && gap < 0)
            return exp(log(from) + log(x[i] / from) * before / (before - gap));
        if (gap != 0)
            before = gap, from = x[i];
    }
    return NAN;
}
