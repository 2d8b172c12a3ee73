/* Mode sync: generate a batch, train on it, publish the weights; nothing overlaps. */
#include "sim/train/run.h"

/* Groups are started batch by batch, and further ones in place of those that the filter rejects. */
static bool may_start(const run *r)
{
    const ledger *l = &r->stream.ledger;
    return ledger_asked(l) < (double)r->buffer.batch.n * (double)(r->stream.batches + 1);
}

static pl_status next_batch(run *r)
{
    if (r->streams)
        return stream_admit(r);
    r->generators.batch++;
    return generators_start(r);
}

static pl_status on_group(run *r)
{
    if (r->streams)
        return stream_train(r);
    if (!buffer_ready(&r->buffer))
        return PL_OK;
    for (size_t k = 0; !r->learner.fast && k < r->buffer.batch.n; k++)
        trainer_see(r, &r->buffer.batch.groups[k]);
    if (!buffer_admit(&r->buffer, &r->spec->algorithm))
        return next_batch(r);
    ledger *l = &r->stream.ledger;
    l->generated = r->generators.tokens;
    l->surplus = l->generated - l->trained - trainer_tokens(r, &r->buffer.admitted);
    return trainer_start(r);
}

static bool fresh(const mode_params *m) { return true; }

const run_mode mode_sync = {
    .entry = {"sync", "a batch is generated, then trained on, then the weights are published; nothing overlaps", NULL, NULL},
    .in_turn = true, .fresh = fresh, .may_start = may_start, .on_group = on_group, .on_consumed = weight_sync_start,
    .on_synced = next_batch};
