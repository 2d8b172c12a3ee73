/* Columns of the clock beyond time itself: where it went, what became of the tokens, how old the data is. */
#include <math.h>
#include "sim/train/run.h"

enum { STALENESS_MAX, LAG, TRAINED, STALE, SURPLUS, LOST, HARD_GENERATED, HARD_TRAINED, IN_FLIGHT,
       BUFFERED, FAILURES, STEP_TIME, GENERATE, FIRST_PHASE };

const pl_column_spec clock_columns[CLOCK_COLUMNS] = {
    {"staleness/max", "steps", "the same of the oldest response of the last minibatch", PL_CLOCK, false},
    {"publish_lag/mean", "steps",
     "updates that the generators' weights are behind the trainer's, mean over time since the row "
     "before",
     PL_CLOCK, false},
    {"tokens/trained", "tokens", "tokens trained on so far", PL_CLOCK, false},
    {"tokens/stale", "tokens", "tokens of groups dropped because they were too old", PL_CLOCK, false},
    {"tokens/surplus", "tokens", "tokens of groups that the filter rejected", PL_CLOCK, false},
    {"tokens/lost", "tokens", "tokens of unfinished responses that failures and restarts threw away", PL_CLOCK, false},
    {"difficulty/generated", "logits", "mean difficulty of the prompts of all groups finished so far", PL_CLOCK, false},
    {"difficulty/trained", "logits", "the same of the groups trained on so far", PL_CLOCK, false},
    {"queue/in_flight", "groups", "groups being decoded, mean over time since the row before", PL_CLOCK, false},
    {"queue/buffered", "groups", "finished groups that wait for the trainer, mean over time since the row before", PL_CLOCK, false},
    {"failures", "failures", "failures of GPUs so far", PL_CLOCK, false},
    {"anatomy/step", "s",
     "time for a batch, or for the `publish_every` of a publication, mean since the row before; the parts "
     "from wait on add up to it",
     PL_CLOCK, false},
    {"anatomy/generate", "s", "of it, with anything being decoded; may overlap with the rest", PL_CLOCK, false},
    {"anatomy/wait", "s", "of it, the trainer waits for a batch", PL_CLOCK, false},
    {"anatomy/logprob", "s", "of it, the trainer computes log-probabilities", PL_CLOCK, false},
    {"anatomy/update", "s", "of it, the trainer updates", PL_CLOCK, false},
    {"anatomy/sync", "s", "of it, weights are brought to the generators", PL_CLOCK, false},
    {"anatomy/evaluation", "s", "of it, the trainer waits for the evaluation", PL_CLOCK, false},
    {"anatomy/other", "s", "of it, changes of phase, checkpoints, repairs and work made again", PL_CLOCK, false},
};

void clock_lag(run *r)
{
    r->lag += (double)(r->step - r->generators.version) * (r->events.now - r->lag_at);
    r->lag_at = r->events.now;
}

/* Change of a total since the row before. */
static double since(double *last, double now)
{
    double change = now - *last;
    *last = now;
    return change;
}

static double decoding(run *r)
{
    tally_integral(&r->stream.in_flight, r->events.now);
    return r->generators.decoding + r->stream.in_flight.occupied;
}

void clock_fill(run *r, double span, double *row)
{
    clock_rows *last = &r->evaluation.clock;
    const ledger *l = &r->stream.ledger;
    clock_lag(r);
    row[STALENESS_MAX] = r->trainer.staleness_max;
    double lag = since(&last->lag, r->lag), steps = since(&last->steps, (double)r->step);
    double batches = steps / (double)r->spec->algorithm.minibatches;
    if (r->streams && stream_mode(r)->publish_every > 1) batches /= (double)stream_mode(r)->publish_every;
    row[LAG] = span > 0 ? lag / span : NAN;
    row[TRAINED] = l->trained;
    row[STALE] = l->stale;
    row[SURPLUS] = l->surplus;
    row[LOST] = l->lost;
    const double groups = r->generators.samples / (double)r->spec->algorithm.group_size, known = r->trainer.groups;
    row[HARD_GENERATED] = known > 0 ? r->generators.difficulty / groups : NAN;
    row[HARD_TRAINED] = known > 0 ? r->trainer.difficulty / known : NAN;
    double in_flight = since(&last->in_flight, tally_integral(&r->stream.in_flight, r->events.now));
    double buffered = since(&last->buffered, tally_integral(&r->stream.buffered, r->events.now));
    row[IN_FLIGHT] = r->streams && span > 0 ? in_flight / span : NAN;
    row[BUFFERED] = r->streams && span > 0 ? buffered / span : NAN;
    row[FAILURES] = l->failures;
    row[STEP_TIME] = batches > 0 ? span / batches : NAN;
    double generate = since(&last->decoding, decoding(r));
    row[GENERATE] = batches > 0 ? generate / batches : NAN;
    for (int p = 0; p < PHASES; p++) {
        double spent = since(&last->spent[p], r->spent[p]);
        row[FIRST_PHASE + p] = batches > 0 ? spent / batches : NAN;
    }
}
