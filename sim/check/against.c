#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/check/against.h"

static pl_estimate with_misfit(pl_estimate e, double a, double b)
{
    double extra = 1.6448536269514722 * hypot(a, b);
    return (pl_estimate){e.value, e.value - hypot(e.value - e.low, extra), e.value + hypot(e.high - e.value, extra), e.level};
}

static const char *name_of(const check_comparison *c, bool identified)
{
    bool within = c->ceiling.low > -c->margin && c->ceiling.high < c->margin;
    bool apart = c->ceiling.low > 0 || c->ceiling.high < 0;
    if (within) return c->speed.low > 1 ? "only faster" : c->speed.high < 1 ? "only slower" : "same ceiling";
    if (apart) return "different ceilings";
    return identified ? "inconclusive" : "not identified";
}

void check_compare(const check_judgement *a, const check_judgement *b, double margin, check_comparison *out)
{
    *out = (check_comparison){
        .margin = margin, .ceiling = {NAN, NAN, NAN, .9}, .speed = {NAN, NAN, NAN, .9}, .verdict = "not identified"};
    const check_forecast *f = &a->forecast, *g = &b->forecast;
    if (!a->fitted || !b->fitted || !(f->rose || f->fell) || !(g->rose || g->fell)) {
        snprintf(out->reason, sizeof out->reason, "no curve can be seen in %s",
                 a->fitted && (f->rose || f->fell) ? "the other log" : "this log");
        return;
    }
    out->ceiling = with_misfit(belief_ceiling_difference(&f->belief, &g->belief, .9), f->misfit, g->misfit);
    out->speed = belief_speed_ratio(&g->belief, &f->belief, .9);
    bool identified = f->identified && g->identified;
    out->verdict = name_of(out, identified);
    out->no = !strcmp(out->verdict, "different ceilings");
    int n = snprintf(
        out->reason, sizeof out->reason,
        "ceiling %+.3f from the other (90%% interval %+.3f to %+.3f, margin %.3g); half of the rise %.3g times as soon "
        "(%.3g to %.3g)",
        out->ceiling.value, out->ceiling.low, out->ceiling.high, margin, out->speed.value, out->speed.low, out->speed.high);
    if (!identified && n > 0 && (size_t)n < sizeof out->reason)
        snprintf(out->reason + n, sizeof out->reason - (size_t)n, "; %s: %s", f->identified ? "the other log" : "this log",
                 f->identified ? g->reason : f->reason);
}
