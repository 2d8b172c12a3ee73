/* Fits on their way out: as the table that figures take, and as JSON. The same names everywhere: sigmoid.A, entropy_law.r2. */
#ifndef PL_RUN_FITS_H
#define PL_RUN_FITS_H

#include "sim/analysis/fit.h"
#include "sim/base/json.h"

PL_MUST_USE pl_status fits_columns(pl_table *fits); /* arm, name, value, low, high, level */
PL_MUST_USE pl_status fits_add_sigmoid(pl_table *fits, const char *arm, const sigmoid_fit *f);
PL_MUST_USE pl_status fits_add_grid(pl_table *fits, const char *arm, const sigmoid_fit *f); /* sigmoid.grid.A, B, C_mid, R0, r2 */
/* What a prefix predicts: sigmoid.prefix.A ... R0, .x_last, and its curve: sigmoid.predicted_x.<i>, sigmoid.predicted.<i>. */
PL_MUST_USE pl_status fits_add_prediction(pl_table *fits, const char *arm, const sigmoid_fit *prefix, const double *x,
                                          const pl_estimate *y, size_t n);
PL_MUST_USE pl_status fits_add_entropy_law(pl_table *fits, const char *arm, const entropy_fit *f);

/* change_point.<column>; .before.<column> and .after.<column>, the slopes; .identified.<column>. */
PL_MUST_USE pl_status fits_add_change_point(pl_table *fits, const char *arm, const char *column, const change_fit *f);

void estimate_json(pl_json *j, const pl_estimate *e); /* {value, low, high, level} */
/* NULL: null. grid: by the procedure of the source, an object `grid` of values; NULL: none. */
void sigmoid_json(pl_json *j, const sigmoid_fit *f, const sigmoid_fit *grid);
void entropy_law_json(pl_json *j, const entropy_fit *f);
void change_point_json(pl_json *j, const change_fit *f);

#endif
