#include "sim/core/calibration.h"

#include <math.h>
#include <stdlib.h>
#include "sim/base/mem.h"

/* The edges are the numbers that "0.1" ... "0.9" are read as, so that a stated .3 is in [.3, .4). */
size_t pl_calibration_bin_of(double confidence)
{
    size_t bin = 0;
    while (bin + 1 < PL_CALIBRATION_BINS && confidence >= (double)(bin + 1) / PL_CALIBRATION_BINS) bin++;
    return bin;
}

/* Mass of pairs (right above wrong), equal confidences counting half; they come one after the other. */
static double ordered_pairs(const double *confidence, const double *right, const double *wrong, size_t n)
{
    double pairs = 0, below = 0;
    for (size_t i = 0, end; i < n; i = end) {
        double tie_right = 0, tie_wrong = 0;
        for (end = i; end < n && confidence[end] == confidence[i]; end++) {
            tie_right += right[end];
            tie_wrong += wrong[end];
        }
        pairs += tie_right * (below + 0.5 * tie_wrong);
        below += tie_wrong;
    }
    return pairs;
}

static void finish_bins(pl_calibration *c)
{
    c->ece = 0;
    for (size_t b = 0; b < PL_CALIBRATION_BINS; b++) {
        pl_calibration_bin *bin = &c->bins[b];
        c->ece += fabs(bin->accuracy - bin->confidence) / c->mass;
        bin->confidence = bin->mass > 0 ? bin->confidence / bin->mass : NAN;
        bin->accuracy = bin->mass > 0 ? bin->accuracy / bin->mass : NAN;
        bin->mass /= c->mass;
    }
}

void pl_calibration_sorted(const double *confidence, const double *right, const double *wrong, size_t n, pl_calibration *out)
{
    *out = (pl_calibration){0};
    double all_right = 0, all_wrong = 0;
    for (size_t i = 0; i < n; i++) {
        const double mass = right[i] + wrong[i], c = confidence[i];
        pl_calibration_bin *bin = &out->bins[pl_calibration_bin_of(c)];
        bin->mass += mass;
        bin->confidence += mass * c;
        bin->accuracy += right[i];
        out->confidence += mass * c;
        out->brier += right[i] * (1 - c) * (1 - c) + wrong[i] * c * c;
        all_right += right[i];
        all_wrong += wrong[i];
    }
    out->mass = all_right + all_wrong;
    out->accuracy = all_right / out->mass;
    out->confidence /= out->mass;
    out->brier /= out->mass;
    out->auroc = all_right > 0 && all_wrong > 0 ? ordered_pairs(confidence, right, wrong, n) / (all_right * all_wrong) : NAN;
    finish_bins(out);
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

pl_status pl_calibration_samples(const double *confidence, const double *right, size_t n, pl_calibration *out)
{
    double *v = pl_alloc_array(n, 4 * sizeof *v);            /* (confidence, right) pairs, sorted; then columns */
    if (!v) return PL_ERR_WORLD;
    double *c = v + 2 * n, *r = v;
    for (size_t i = 0; i < n; i++) {
        v[2 * i] = confidence[i];
        v[2 * i + 1] = right[i];
    }
    qsort(v, n, 2 * sizeof *v, ascending);
    /* Columns: confidence and wrong behind the pairs; right in front of them, where pairs already read have been. */
    for (size_t i = 0; i < n; i++) {
        c[i] = v[2 * i];
        c[n + i] = 1 - v[2 * i + 1];
        r[i] = v[2 * i + 1];
    }
    pl_calibration_sorted(c, r, c + n, n, out);
    pl_free(v);
    return PL_OK;
}
