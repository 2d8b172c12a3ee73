/* The scalars of a TensorBoard event file: records (tfrecord.h) that hold Event messages (wire.h).
 *
 *   Event        1 wall_time double | 2 step int64, absent means 0 | 3 file_version | 5 Summary | 7 SessionLog {1 status}
 *   Summary      1 Value, repeated
 *   Value        1 tag | 2 simple_value float | 8 TensorProto | 9 metadata {1 plugin_data {1 plugin_name}} | 3-6 no scalars
 *   TensorProto  1 dtype | 2 shape {2 dim {1 size}} | 4 tensor_content | 5 float_val | 6 double_val | 7 int_val | 10 int64_val
 *
 * A scalar is a simple_value, or a tensor of one number that the plugin "scalars" shows (TensorFlow 2). The first value of a tag
 * may be the only one that names the plugin. A SessionLog of status START says that the run began again at that step: earlier
 * points of that step and later ones never became part of it.
 */
#ifndef PL_IO_EVENT_FILE_H
#define PL_IO_EVENT_FILE_H

#include "sim/io/columns.h"
#include "sim/io/tfrecord.h"

typedef struct event_point {
    uint32_t tag;
    int64_t step;
    double wall_time, value; /* NaN and infinities as they stand */
    size_t order;            /* for whoever sorts them; not set by the reader */
} event_point;

typedef enum event_plugin {
    PLUGIN_UNNAMED,
    PLUGIN_SCALARS,
    PLUGIN_OTHER /* text, images, histograms */
} event_plugin;

typedef struct event_start {
    int64_t step;
    size_t before; /* points read before it */
} event_start;

typedef struct event_file {
    event_point *points;
    log_columns tags;      /* their names, in order of appearance */
    event_plugin *plugins; /* [tags] */
    event_start *starts;
    size_t n_points, n_starts;
    size_t point_capacity, plugin_capacity, start_capacity;
    double began;       /* wall time of the first event; NaN: there is none */
    size_t dropped;     /* points that a START later in the file dropped */
    size_t not_scalars; /* values of text, pictures, histograms, tensors of several numbers */
    size_t not_events;  /* records whose data are no Event */
    tfrecord_reader records;
} event_file;

void event_file_init(event_file *e);
void event_file_free(event_file *e);
/* PL_ERR_WORLD: out of memory. Damage is no error: it is counted. */
PL_MUST_USE pl_status event_file_read(event_file *e, const void *bytes, size_t length);

#endif
