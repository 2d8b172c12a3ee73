/* Mode pipeline: generators never stop, weights are swapped under the responses in flight, and the trainer takes what is finished.
 * How stale the data is follows from the speeds: about the groups in flight and in the buffer over those of a batch. PipelineRL,
 * arXiv 2509.19128. `capacity` keeps a buffer that the trainer cannot empty from growing: sampling is paced. */
#include <math.h>
#include "sim/train/run.h"

static const pl_field fields[] = {
    MODE_FIELD(PL_REAL, capacity, .fallback = "1", .min = 0, .max = 1e6, .flags = PL_OPEN_MIN | PL_NULLABLE, .unit = "batches",
               .doc = "No group is started while so many wait in the buffer; null: no bound, which calls for max_staleness."),
    MODE_IN_FLIGHT,
    MODE_PUBLISH,
    MODE_MAX_STALENESS,
    MODE_TAKE,
};
static void check(const void *self, const pl_check *check)
{
    const mode_params *p = self;
    if (isnan(p->capacity) && isnan(p->max_staleness))
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "capacity"), "give it, or max_staleness",
                    "a buffer without bound from which nothing is dropped grows for ever when the trainer is slower");
}
static const pl_struct params = {.name = "pipeline",
                                 .doc = "Generators never stop.",
                                 .size = sizeof(mode_params),
                                 .fields = fields,
                                 .n_fields = PL_COUNT(fields),
                                 .check = check};

static bool may_start(const run *r)
{
    double capacity = stream_mode(r)->capacity, waiting = (double)r->stream.n_ready + r->stream.reward.inside.n;
    return isnan(capacity) || waiting < capacity * (double)r->buffer.batch.n;
}

static pl_status on_consumed(run *r)
{
    const mode_params *m = stream_mode(r);
    return r->stream.batches % (uint64_t)m->publish_every == 0 ? weight_sync_start(r) : stream_train(r);
}

const run_mode mode_pipeline = {
    .entry = {"pipeline", "generators never stop; weights are swapped under the responses in flight", "arXiv 2509.19128", &params},
    .may_start = may_start,
    .on_group = stream_train,
    .on_consumed = on_consumed,
    .on_synced = stream_train};
