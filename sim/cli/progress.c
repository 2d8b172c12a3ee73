#include "sim/cli/progress.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "sim/base/str.h"

enum { WIDTH = 28, LINE = 160 };

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

/* Columns of the terminal, as COLUMNS or the terminal itself has them. */
static int terminal_width(void)
{
    const char *said = getenv("COLUMNS");
    long long n;
    struct winsize size;
    if (said && pl_read_integer(said, &n) && n > 0 && n < LINE) return (int)n;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_col < LINE) return size.ws_col;
    return LINE / 2;
}

/* "  45%  3/8 runs  2100 steps/s  0:12 left"; when all replicates are done the fits and figures remain. */
static void describe(const progress_bar *bar, double f, uint64_t steps, char text[LINE])
{
    double elapsed = seconds_since(&bar->started), gained = f - bar->first;
    size_t finished = bar->progress->finished, n = bar->progress->n;
    if (finished == n) {
        snprintf(text, LINE, "100%%  %zu/%zu runs  fits and figures", finished, n);
        return;
    }
    int at = snprintf(text, LINE, "%3.0f%%  %zu/%zu runs  %.0f steps/s", 100 * f, finished, n,
                      elapsed > 0 ? (double)steps / elapsed : 0);
    long s = gained > .01 ? (long)(elapsed * (1 - f) / gained + .5) : 0;
    if (gained > .01) snprintf(text + at, (size_t)(LINE - at), "  %ld:%02ld left", s / 60, s % 60);
}

/* One line that never wraps: the bar gives way to the words, and then the words are cut. */
static void draw(progress_bar *bar)
{
    uint64_t steps;
    double f = fraction(bar->progress, &steps);
    char cells[WIDTH + 1], text[LINE];
    bar->shown_fraction = f = fmax(f, bar->shown_fraction); /* between its last step and its file a replicate counts as neither */
    describe(bar, f, steps, text);
    int width = terminal_width() - 1, room = width - (int)strlen(text) - 3;
    if (room < 4) {
        fprintf(stderr, "\r%.*s\033[K", width, text);
    } else {
        int n = room < WIDTH ? room : WIDTH, full = (int)(f * n);
        memset(cells, '-', (size_t)n);
        memset(cells, '#', (size_t)full);
        cells[n] = '\0';
        fprintf(stderr, "\r%s[%.*s%s%s] %s\033[K", bar->colour ? "\033[36m" : "", full, cells, bar->colour ? "\033[0m" : "",
                cells + full, text);
    }
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
