#include "sim/cli/progress.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WIDTH = 28 };

bool terminal_colour(int fd)
{
    const char *no = getenv("NO_COLOR");
    return isatty(fd) && !(no && *no);
}

static double seconds_since(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + 1e-9 * (double)(now.tv_nsec - start->tv_nsec);
}

/* Fraction done: finished replicates, and those under way by their steps. */
static double fraction(const run_progress *p, uint64_t *steps)
{
    double parts = (double)p->finished;
    *steps = 0;
    for (size_t i = 0; i < p->n; i++) {
        uint64_t done = atomic_load_explicit(&p->tasks[i].steps, memory_order_relaxed);
        uint64_t total = atomic_load_explicit(&p->tasks[i].steps_total, memory_order_relaxed);
        *steps += done;
        if (done < total) parts += (double)done / (double)total;
    }
    double f = parts / (double)p->n;
    return f < 1 ? f : 1;
}

static void draw(const progress_bar *bar)
{
    uint64_t steps;
    double f = fraction(bar->progress, &steps), elapsed = seconds_since(&bar->started), gained = f - bar->first;
    char cells[WIDTH + 1], left[32] = "";
    int full = (int)(f * WIDTH);
    memset(cells, '-', WIDTH);
    memset(cells, '#', (size_t)full);
    cells[WIDTH] = '\0';
    if (gained > .01) {
        long s = (long)(elapsed * (1 - f) / gained + .5);
        snprintf(left, sizeof left, "  %ld:%02ld left", s / 60, s % 60);
    }
    fprintf(stderr, "\r%s[%.*s%s%s] %3.0f%%  %zu/%zu runs  %.0f steps/s%s\033[K", bar->colour ? "\033[36m" : "", full, cells,
            bar->colour ? "\033[0m" : "", cells + full, 100 * f, (size_t)bar->progress->finished, bar->progress->n,
            elapsed > 0 ? (double)steps / elapsed : 0, left);
    fflush(stderr);
}

static void *loop(void *argument)
{
    progress_bar *bar = argument;
    pthread_mutex_lock(&bar->lock);
    while (!bar->stop) {
        struct timespec until;
        draw(bar);
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 100000000;
        if (until.tv_nsec >= 1000000000) {
            until.tv_nsec -= 1000000000;
            until.tv_sec++;
        }
        pthread_cond_timedwait(&bar->wake, &bar->lock, &until);
    }
    pthread_mutex_unlock(&bar->lock);
    return NULL;
}

void progress_start(progress_bar *bar, const run_progress *progress, bool quiet)
{
    uint64_t steps;
    *bar = (progress_bar){.progress = progress, .colour = terminal_colour(STDERR_FILENO)};
    bar->first = fraction(progress, &steps);
    clock_gettime(CLOCK_MONOTONIC, &bar->started);
    if (quiet || !isatty(STDERR_FILENO)) return;
    pthread_mutex_init(&bar->lock, NULL);
    pthread_cond_init(&bar->wake, NULL);
    bar->shown = pthread_create(&bar->thread, NULL, loop, bar) == 0; /* a bar that cannot be drawn is not missed */
}

void progress_stop(progress_bar *bar)
{
    if (!bar->shown) return;
    pthread_mutex_lock(&bar->lock);
    bar->stop = true;
    pthread_cond_signal(&bar->wake);
    pthread_mutex_unlock(&bar->lock);
    pthread_join(bar->thread, NULL);
    fprintf(stderr, "\r\033[K");
    fflush(stderr);
    bar->shown = false;
}
