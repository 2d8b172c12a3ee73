#include "plots/labels.h"

/* A run of labels that stand shoulder to shoulder: `first` would stand at `sum / n`, the others `height` apart below. */
typedef struct block { double sum; size_t first, n; } block;

static double start_of(const block *b) { return b->sum / (double)b->n; }

static void sort_by_wish(const double *y, size_t n, size_t *order)
{
    for (size_t i = 0; i < n; i++) {
        size_t k = i;
        for (; k > 0 && y[order[k - 1]] > y[i]; k--) order[k] = order[k - 1];
        order[k] = i;
    }
}

bool labels_spread(double *y, size_t n, double height, double low, double high)
{
    size_t order[LABELS_MOST], n_blocks = 0;
    block blocks[LABELS_MOST];
    if (n > LABELS_MOST || (double)n * height > high - low) return false;
    sort_by_wish(y, n, order);
    double top = low + height / 2, last = high - height / 2 - (double)(n ? n - 1 : 0) * height;
    for (size_t i = 0; i < n; i++) {
        /* In coordinates shifted by i heights the condition is "not decreasing". */
        blocks[n_blocks++] = (block){y[order[i]] - (double)i * height, i, 1};
        while (n_blocks > 1 && start_of(&blocks[n_blocks - 2]) > start_of(&blocks[n_blocks - 1])) {
            n_blocks--;
            blocks[n_blocks - 1].sum += blocks[n_blocks].sum;
            blocks[n_blocks - 1].n += blocks[n_blocks].n;
        }
    }
    for (size_t b = 0; b < n_blocks; b++) {
        double start = start_of(&blocks[b]);
        start = start < top ? top : start > last ? last : start;
        for (size_t i = blocks[b].first; i < blocks[b].first + blocks[b].n; i++) y[order[i]] = start + (double)i * height;
    }
    return true;
}
