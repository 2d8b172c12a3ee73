#include "sim/io/event_file.h"

#include <math.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/io/wire.h"

enum { EVENT_WALL_TIME = 1, EVENT_STEP = 2, EVENT_SUMMARY = 5, EVENT_SESSION = 7, SESSION_STATUS = 1, STATUS_START = 1 };
enum { SUMMARY_VALUE = 1, VALUE_TAG = 1, VALUE_SIMPLE = 2, VALUE_TENSOR = 8, VALUE_METADATA = 9, PLUGIN_DATA = 1, PLUGIN_NAME = 1 };
enum {
    TENSOR_DTYPE = 1,
    TENSOR_SHAPE = 2,
    TENSOR_CONTENT = 4,
    TENSOR_FLOAT = 5,
    TENSOR_DOUBLE = 6,
    TENSOR_INT = 7,
    TENSOR_INT64 = 10
};
enum { SHAPE_DIM = 2, DIM_SIZE = 1 };
enum { DT_FLOAT = 1, DT_DOUBLE = 2, DT_INT32 = 3, DT_INT64 = 9 };

void event_file_init(event_file *e) { *e = (event_file){.began = NAN}; }

void event_file_free(event_file *e)
{
    columns_free(&e->tags);
    pl_free(e->points);
    pl_free(e->plugins);
    pl_free(e->starts);
    event_file_init(e);
}

static pl_status grow(void **v, size_t n, size_t *capacity, size_t size)
{
    if (n < *capacity) return PL_OK;
    size_t wanted = *capacity ? 2 * *capacity : 64;
    void *more = wanted > SIZE_MAX / size ? NULL : pl_realloc(*v, wanted * size);
    if (!more) return PL_ERR_WORLD;
    *v = more;
    *capacity = wanted;
    return PL_OK;
}

static pl_status find_tag(event_file *e, const char *name, size_t length, size_t *tag)
{
    *tag = columns_find(&e->tags, name, length);
    if (*tag != (size_t)-1) return PL_OK;
    if (grow((void **)&e->plugins, e->tags.n, &e->plugin_capacity, sizeof *e->plugins)) return PL_ERR_WORLD;
    e->plugins[e->tags.n] = PLUGIN_UNNAMED;
    return columns_add(&e->tags, name, length, tag);
}

/* Numbers of a tensor as it is read: how many, and the last. */
typedef struct tensor {
    uint64_t dtype, elements;
    size_t n;
    double value;
} tensor;

static void put_number(tensor *t, double x)
{
    t->n++;
    t->value = x;
}

/* float_val and the like: one number, or a packed list. */
static bool read_numbers(tensor *t, const wire_field *f)
{
    wire_reader list = wire_open(f->bytes, f->length);
    uint64_t v = f->value;
    size_t size = f->number == TENSOR_FLOAT ? 4 : 8;
    if (f->number == TENSOR_INT || f->number == TENSOR_INT64) {
        if (f->type == WIRE_VARINT) put_number(t, (double)(int64_t)v);
        while (f->type == WIRE_BYTES && list.p < list.end && wire_varint(&list, &v)) put_number(t, (double)(int64_t)v);
        return !list.bad;
    }
    if (f->type == WIRE_BYTES) {
        if (f->length % size) return false;
        for (size_t i = 0; i < f->length; i += size)
            put_number(t, size == 4 ? (double)wire_float(wire_load32(f->bytes + i)) : wire_double(wire_load64(f->bytes + i)));
    } else if (f->type == (size == 4 ? WIRE_FIXED32 : WIRE_FIXED64)) {
        put_number(t, size == 4 ? (double)wire_float(v) : wire_double(v));
    }
    return true;
}

/* The product of the sizes in a TensorShapeProto; capped, so that it cannot wrap. */
static bool read_shape(const wire_field *shape, uint64_t *elements)
{
    wire_reader r = wire_open(shape->bytes, shape->length);
    wire_field dim, size;
    while (wire_next(&r, &dim)) {
        if (!wire_is(&dim, SHAPE_DIM, WIRE_BYTES)) continue;
        wire_reader inner = wire_open(dim.bytes, dim.length);
        uint64_t n = 0;
        while (wire_next(&inner, &size))
            if (wire_is(&size, DIM_SIZE, WIRE_VARINT)) n = size.value;
        if (inner.bad) return false;
        *elements = n > 1 || *elements > 1 ? 2 : n * *elements;
    }
    return !r.bad;
}

static void read_content(tensor *t, const wire_field *f)
{
    if (t->dtype == DT_FLOAT && f->length == 4) put_number(t, (double)wire_float(wire_load32(f->bytes)));
    if (t->dtype == DT_DOUBLE && f->length == 8) put_number(t, wire_double(wire_load64(f->bytes)));
    if (t->dtype == DT_INT32 && f->length == 4) put_number(t, (double)(int32_t)wire_load32(f->bytes));
    if (t->dtype == DT_INT64 && f->length == 8) put_number(t, (double)(int64_t)wire_load64(f->bytes));
}

/* Is the tensor one number? Then that. */
static bool read_tensor(const wire_field *message, double *value)
{
    tensor t = {.elements = 1};
    wire_reader r = wire_open(message->bytes, message->length);
    wire_field f, content = {0};
    bool good = true;
    while (good && wire_next(&r, &f)) {
        if (wire_is(&f, TENSOR_DTYPE, WIRE_VARINT)) t.dtype = f.value;
        if (wire_is(&f, TENSOR_SHAPE, WIRE_BYTES)) good = read_shape(&f, &t.elements);
        if (wire_is(&f, TENSOR_CONTENT, WIRE_BYTES)) content = f;
        bool list = f.number >= TENSOR_FLOAT && f.number <= TENSOR_INT;
        if (list || f.number == TENSOR_INT64) good = read_numbers(&t, &f);
    }
    read_content(&t, &content);
    *value = t.value;
    return good && !r.bad && t.elements == 1 && t.n == 1;
}

typedef struct value {
    const unsigned char *tag, *plugin;
    size_t tag_length, plugin_length;
    bool is_simple, is_tensor;
    double x;
} value;

static bool read_metadata(const wire_field *metadata, value *v)
{
    wire_reader r = wire_open(metadata->bytes, metadata->length);
    wire_field data, name;
    while (wire_next(&r, &data)) {
        if (!wire_is(&data, PLUGIN_DATA, WIRE_BYTES)) continue;
        wire_reader inner = wire_open(data.bytes, data.length);
        while (wire_next(&inner, &name))
            if (wire_is(&name, PLUGIN_NAME, WIRE_BYTES)) v->plugin = name.bytes, v->plugin_length = name.length;
        if (inner.bad) return false;
    }
    return !r.bad;
}

static bool read_value(const wire_field *message, value *v)
{
    wire_reader r = wire_open(message->bytes, message->length);
    wire_field f;
    bool good = true;
    *v = (value){0};
    while (good && wire_next(&r, &f)) {
        if (wire_is(&f, VALUE_TAG, WIRE_BYTES)) {
            v->tag = f.bytes;
            v->tag_length = f.length;
        } else if (wire_is(&f, VALUE_SIMPLE, WIRE_FIXED32)) {
            v->is_simple = true;
            v->x = (double)wire_float(f.value);
        } else if (wire_is(&f, VALUE_TENSOR, WIRE_BYTES)) {
            v->is_tensor = read_tensor(&f, &v->x);
        } else if (wire_is(&f, VALUE_METADATA, WIRE_BYTES)) {
            good = read_metadata(&f, v);
        }
    }
    return good && !r.bad;
}

static pl_status take_value(event_file *e, const value *v, int64_t step, double wall_time)
{
    size_t tag;
    if (!v->tag_length || memchr(v->tag, '\0', v->tag_length)) { /* no name to call it by */
        e->not_scalars++;
        return PL_OK;
    }
    if (find_tag(e, (const char *)v->tag, v->tag_length, &tag)) return PL_ERR_WORLD;
    event_plugin *plugin = &e->plugins[tag];
    if (v->plugin) *plugin = v->plugin_length == 7 && !memcmp(v->plugin, "scalars", 7) ? PLUGIN_SCALARS : PLUGIN_OTHER;
    if (!(v->is_simple && *plugin != PLUGIN_OTHER) && !(v->is_tensor && *plugin == PLUGIN_SCALARS)) {
        e->not_scalars++;
        return PL_OK;
    }
    if (grow((void **)&e->points, e->n_points, &e->point_capacity, sizeof *e->points)) return PL_ERR_WORLD;
    e->points[e->n_points++] = (event_point){.tag = (uint32_t)tag, .step = step, .wall_time = wall_time, .value = v->x};
    return PL_OK;
}

static bool is_start(const wire_field *session)
{
    wire_reader r = wire_open(session->bytes, session->length);
    wire_field f;
    uint64_t status = 0;
    while (wire_next(&r, &f))
        if (wire_is(&f, SESSION_STATUS, WIRE_VARINT)) status = f.value;
    return !r.bad && status == STATUS_START;
}

static pl_status take_start(event_file *e, int64_t step)
{
    if (grow((void **)&e->starts, e->n_starts, &e->start_capacity, sizeof *e->starts)) return PL_ERR_WORLD;
    e->starts[e->n_starts++] = (event_start){step, e->n_points};
    return PL_OK;
}

static pl_status take_summary(event_file *e, const wire_field *summary, int64_t step, double wall_time, bool *good)
{
    wire_reader r = wire_open(summary->bytes, summary->length);
    wire_field f;
    value v;
    pl_status st = PL_OK;
    while (!st && *good && wire_next(&r, &f)) {
        if (!wire_is(&f, SUMMARY_VALUE, WIRE_BYTES)) continue;
        *good = read_value(&f, &v);
        if (*good) st = take_value(e, &v, step, wall_time);
    }
    *good = *good && !r.bad;
    return st;
}

/* Fields come in any order: step and time first, then what belongs to them. Of a record that is no Event nothing stays. */
static pl_status take_event(event_file *e, const unsigned char *data, size_t length)
{
    const size_t points = e->n_points, starts = e->n_starts;
    wire_reader r = wire_open(data, length);
    wire_field f;
    double wall_time = 0;
    int64_t step = 0;
    while (wire_next(&r, &f)) {
        if (wire_is(&f, EVENT_WALL_TIME, WIRE_FIXED64)) wall_time = wire_double(f.value);
        if (wire_is(&f, EVENT_STEP, WIRE_VARINT)) step = (int64_t)f.value;
    }
    bool good = !r.bad;
    pl_status st = PL_OK;
    r = wire_open(data, length);
    while (!st && good && wire_next(&r, &f)) {
        if (wire_is(&f, EVENT_SUMMARY, WIRE_BYTES)) st = take_summary(e, &f, step, wall_time, &good);
        if (wire_is(&f, EVENT_SESSION, WIRE_BYTES) && is_start(&f)) st = take_start(e, step);
    }
    if (good && isnan(e->began)) e->began = wall_time;
    if (good) return st;
    e->n_points = points;
    e->n_starts = starts;
    e->not_events++;
    return st;
}

/* From the end backwards: a point goes when a START behind it has its step or an earlier one. */
static void drop_restarted(event_file *e)
{
    size_t kept = e->n_points, start = e->n_starts;
    int64_t least = INT64_MAX;
    bool any = false;
    for (size_t i = e->n_points; i-- > 0;) {
        for (; start > 0 && e->starts[start - 1].before > i; start--) {
            any = true;
            if (e->starts[start - 1].step < least) least = e->starts[start - 1].step;
        }
        if (!any || e->points[i].step < least) e->points[--kept] = e->points[i];
    }
    memmove(e->points, e->points + kept, (e->n_points - kept) * sizeof *e->points);
    e->dropped = kept;
    e->n_points -= kept;
}

pl_status event_file_read(event_file *e, const void *bytes, size_t length)
{
    const unsigned char *data;
    size_t n;
    pl_status st = PL_OK;
    tfrecord_open(&e->records, bytes, length);
    while (!st && tfrecord_next(&e->records, &data, &n)) st = take_event(e, data, n);
    if (!st && e->n_starts && e->n_points) drop_restarted(e);
    return st;
}
