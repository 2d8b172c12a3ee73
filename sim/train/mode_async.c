/* Mode async: as pipeline, but the number of groups started is bound to the published version, so that data cannot be staler than
 * eta publications: group N is started while floor((N - 1)/B) <= version + eta, B groups a publication (AReaL, arXiv 2505.24298,
 * equation 3), which for any real eta is N <= (version + 1 + eta) B. Dropped groups are started anew. */
#include <math.h>
#include "sim/train/run.h"

static const pl_field fields[] = {
    MODE_FIELD(PL_REAL, staleness, .fallback = "1", .min = 0, .max = 1e6, .flags = PL_NULLABLE, .unit = "publications",
               .doc = "eta: how many publications the data may be behind. A fraction lets that share of the next batch begin "
                      "early; "
                      "null: no bound."),
    MODE_IN_FLIGHT,
    MODE_PUBLISH,
    MODE_MAX_STALENESS,
    MODE_TAKE,
};
static const pl_struct params = {
    .name = "async", .doc = "Bounded staleness.", .size = sizeof(mode_params), .fields = fields, .n_fields = PL_COUNT(fields)};

static bool may_start(const run *r)
{
    const mode_params *m = stream_mode(r);
    const ledger *l = &r->stream.ledger;
    double B = (double)r->buffer.batch.n * (double)m->publish_every;
    double next = ledger_asked(l) - l->groups_stale + 1;
    return isnan(m->staleness) || next <= ((double)r->stream.published + 1 + m->staleness) * B;
}

static pl_status on_consumed(run *r)
{
    const mode_params *m = stream_mode(r);
    return r->stream.batches % (uint64_t)m->publish_every == 0 ? weight_sync_start(r) : stream_train(r);
}

static pl_status on_synced(run *r)
{
    pl_status st = stream_train(r);
    return st ? st : stream_admit(r);
}

const run_mode mode_async = {
    .entry = {"async", "generation runs ahead of training by at most eta publications", "arXiv 2505.24298, eq. 3", &params},
    .may_start = may_start,
    .on_group = stream_train,
    .on_consumed = on_consumed,
    .on_synced = on_synced};
