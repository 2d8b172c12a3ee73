/* Tallies and stations. */
#include "sim/base/mem.h"
#include "sim/train/station.h"

double tally_integral(tally *t, double now)
{
    t->integral += t->n * (now - t->last);
    t->occupied += t->n > 0 ? now - t->last : 0;
    t->last = now;
    return t->integral;
}

void tally_enter(tally *t, double now)
{
    tally_integral(t, now);
    t->n++;
    t->entered += now;
    t->most = t->n > t->most ? t->n : t->most;
}

void tally_leave(tally *t, double now, double entered)
{
    tally_integral(t, now);
    t->n--;
    t->entered = t->n > 0 ? t->entered - entered : 0;
    t->stayed += now - entered;
    t->left++;
}

void station_init(station *s, size_t servers) { *s = (station){.servers = servers}; }

void station_free(station *s)
{
    pl_free(s->line);
    s->line = NULL;
}

static pl_status grow(station *s)
{
    size_t capacity = s->capacity ? 2 * s->capacity : 16;
    customer *line = pl_alloc_array(capacity, sizeof *line);
    if (!line) return PL_ERR_WORLD;
    for (size_t i = 0; i < s->n; i++) line[i] = s->line[(s->first + i) % s->capacity];
    pl_free(s->line);
    s->line = line;
    s->first = 0;
    s->capacity = capacity;
    return PL_OK;
}

pl_status station_arrive(station *s, double now, uint32_t id, bool *starts)
{
    *starts = s->busy < s->servers;
    if (!*starts && s->n == s->capacity && grow(s)) return PL_ERR_WORLD;
    tally_enter(&s->inside, now);
    if (*starts) {
        s->busy++;
        return PL_OK;
    }
    tally_enter(&s->waiting, now);
    s->line[(s->first + s->n++) % s->capacity] = (customer){id, now};
    return PL_OK;
}

bool station_depart(station *s, double now, double arrived, customer *next)
{
    tally_leave(&s->inside, now, arrived);
    if (s->n == 0) {
        s->busy--;
        return false;
    }
    *next = s->line[s->first];
    s->first = (s->first + 1) % s->capacity;
    s->n--;
    tally_leave(&s->waiting, now, next->arrived);
    return true;
}
