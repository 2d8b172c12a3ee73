/* The progress bar: a thread that looks at the run's counters ten times a second and draws one line on standard error. Only on a
 * terminal; elsewhere nothing is drawn. */
#ifndef PL_CLI_PROGRESS_H
#define PL_CLI_PROGRESS_H

#include <pthread.h>
#include <time.h>

#include "sim/run/execute.h"

typedef struct progress_bar {
    const run_progress *progress;
    bool shown, colour, stop;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct timespec started;
    double first;          /* fraction that was done before this attempt */
    double shown_fraction; /* last drawn: a bar does not go back */
} progress_bar;

void progress_start(progress_bar *bar, const run_progress *progress, bool quiet);
void progress_stop(progress_bar *bar); /* removes the line */

bool terminal_colour(int fd); /* a terminal, and NO_COLOR is not set */

#endif
