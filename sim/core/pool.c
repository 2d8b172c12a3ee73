/* The thread pool: workers draw the next task number from one counter; the caller is a worker too. */
#include "sim/core/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

enum { MOST_THREADS = 256 };

static atomic_int signals_seen;

static void on_signal(int number)
{
    if (atomic_fetch_add(&signals_seen, 1) > 0)
        _exit(130);
}

void pl_interrupt_install(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    atomic_store(&signals_seen, 0);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool pl_interrupted(void)
{
    return atomic_load_explicit(&signals_seen, memory_order_relaxed) > 0;
}

int pl_cpu_count(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > MOST_THREADS ? MOST_THREADS : (int)n;
}

typedef struct pool {
    pl_status (*task)(void *context, size_t i);
    void *context;
    size_t n;
    atomic_size_t next;
    atomic_bool stopped, skipped;
    pthread_mutex_t lock;         /* of the two below */
    pl_status status;
    size_t failed;                /* the smallest task number that failed: the answer does not depend on who was faster */
} pool;

static void note_failure(pool *p, size_t i, pl_status status)
{
    pthread_mutex_lock(&p->lock);
    if (p->status == PL_OK || i < p->failed) {
        p->status = status;
        p->failed = i;
    }
    pthread_mutex_unlock(&p->lock);
    if (status == PL_ERR_WORLD || status == PL_ERR_INTERRUPTED)
        atomic_store(&p->stopped, true);
}

static void *work(void *argument)
{
    pool *p = argument;
    for (;;) {
        size_t i = atomic_fetch_add(&p->next, 1);
        if (i >= p->n)
            return NULL;
        if (atomic_load(&p->stopped) || pl_interrupted()) {
            atomic_store(&p->skipped, true);
            return NULL;
        }
        pl_status status = p->task(p->context, i);
        if (status)
            note_failure(p, i, status);
    }
}

pl_status pl_pool_run(int threads, size_t n, pl_status (*task)(void *context, size_t i), void *context)
{
    pool p = {.task = task, .context = context, .n = n, .lock = PTHREAD_MUTEX_INITIALIZER};
    pthread_t workers[MOST_THREADS];
    int started = 0;
    if (threads > MOST_THREADS)
        threads = MOST_THREADS;
    /* A thread that cannot be made is not missed: the others do its work. */
    while (started + 1 < threads && (size_t)started + 1 < n && pthread_create(&workers[started], NULL, work, &p) == 0)
        started++;
    work(&p);
    for (int i = 0; i < started; i++)
        pthread_join(workers[i], NULL);
    pthread_mutex_destroy(&p.lock);
    if (p.status == PL_OK && atomic_load(&p.skipped))
        return PL_ERR_INTERRUPTED;
    return p.status;
}
