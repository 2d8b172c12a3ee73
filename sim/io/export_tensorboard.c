/* TensorBoard: a folder a run with one event file, as torch's SummaryWriter writes it: one event a scalar, tags are the names of
 * the columns. The format holds single precision, and nothing of a row without values but its absence. */
#include <math.h>
#include <string.h>

#include "sim/io/exporter.h"
#include "sim/io/tfrecord.h"
#include "sim/io/wire.h"

/* Numbers of the fields, of Event, Summary and Summary.Value. */
enum { EVENT_WALL_TIME = 1, EVENT_STEP = 2, EVENT_FILE_VERSION = 3, EVENT_SUMMARY = 5, EVENT_SOURCE = 10, SOURCE_WRITER = 1 };
enum { SUMMARY_VALUE = 1, VALUE_TAG = 1, VALUE_SIMPLE = 2 };

typedef struct writer {
    crc32c_tables crc;
    pl_str value, summary, event; /* of the event at hand */
    pl_str *out;
} writer;

static void begin(writer *w, double wall_time, int64_t step)
{
    pl_str_clear(&w->event);
    wire_put_double(&w->event, EVENT_WALL_TIME, wall_time);
    if (step) wire_put_varint(&w->event, EVENT_STEP, (uint64_t)step); /* a negative one as its two's complement, ten bytes */
}

static void end(writer *w)
{
    if (w->event.text) tfrecord_write(&w->crc, w->event.text, w->event.length, w->out);
}

static void put_scalar(writer *w, double wall_time, int64_t step, const char *tag, double x)
{
    pl_str_clear(&w->value);
    pl_str_clear(&w->summary);
    wire_put_bytes(&w->value, VALUE_TAG, tag, strlen(tag));
    wire_put_float(&w->value, VALUE_SIMPLE, (float)x);
    wire_put_bytes(&w->summary, SUMMARY_VALUE, w->value.text, w->value.length);
    begin(w, wall_time, step);
    wire_put_bytes(&w->event, EVENT_SUMMARY, w->summary.text, w->summary.length);
    end(w);
}

static pl_status write(const pl_table *t, pl_str *out)
{
    static const char version[] = "brain.Event:2";
    const pl_column *step = pl_table_find(t, "step"), *time = pl_table_find(t, "time_s");
    writer w = {.out = out};
    crc32c_init(&w.crc);
    pl_str_init(&w.value);
    pl_str_init(&w.summary);
    pl_str_init(&w.event);
    wire_put_bytes(&w.value, SOURCE_WRITER, EXPORT_WRITER, strlen(EXPORT_WRITER));
    begin(&w, EXPORT_EPOCH, 0);
    wire_put_bytes(&w.event, EVENT_FILE_VERSION, version, strlen(version));
    if (w.value.text) wire_put_bytes(&w.event, EVENT_SOURCE, w.value.text, w.value.length);
    end(&w);
    for (size_t r = 0; r < t->n_rows; r++) {
        double at = step && fabs(step->v[r]) < 0x1p63 ? step->v[r] : (double)r;
        double seconds = time && isfinite(time->v[r]) ? time->v[r] : (double)r;
        for (size_t c = 0; c < t->n_columns; c++)
            if (export_is_metric(&t->columns[c]) && !isnan(t->columns[c].v[r]))
                put_scalar(&w, EXPORT_EPOCH + seconds, (int64_t)at, t->columns[c].spec.name, t->columns[c].v[r]);
    }
    bool broken = w.value.broken || w.summary.broken || w.event.broken || out->broken;
    pl_str_free(&w.event);
    pl_str_free(&w.summary);
    pl_str_free(&w.value);
    return broken ? PL_ERR_WORLD : PL_OK;
}

const exporter export_tensorboard = {{"tensorboard", "a folder a run with a TensorBoard event file, in single precision",
                                      "TensorFlow event.proto, summary.proto", NULL},
                                     "/events.out.tfevents.946684800.plateau.0",
                                     write};
