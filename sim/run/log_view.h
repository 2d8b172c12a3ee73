/* A log as figures and fits know a table: what a column means stands as its name (pass@1, entropy/token), where one column alone
 * has that meaning, and beside it the fits of its curve. */
#ifndef PL_RUN_LOG_VIEW_H
#define PL_RUN_LOG_VIEW_H

#include "plots/figure.h"
#include "sim/io/log.h"

typedef struct log_view {
    pl_table table, fits;
    /* Columns of the sigmoid and of the entropy law; NULL: the log has none that would do. The sigmoid's is held-out accuracy
     * before training reward, because that creeps up by memorising. */
    const char *sigmoid_y, *entropy_x, *entropy_y;
    const char *base; /* log->base */
} log_view;

void log_view_init(log_view *v);
void log_view_free(log_view *v);
PL_MUST_USE pl_status log_view_make(const training_log *log, log_view *v, pl_diag *diag);
/* As it is drawn; points into the view and the log. */
figure_data log_view_figure(const log_view *v);

#endif
