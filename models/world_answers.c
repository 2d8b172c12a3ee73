/* Which wrong answer is given: the mistakes that a prompt invites, the exact law of wrong answers, and the base's likeliest one. */
#include "models/world.h"

#include <string.h>

static double invited_of(const world *w) { return sqrt(w->spec->answers.correlation); }

uint16_t world_mistake(const world *w, uint32_t prompt, size_t strategy)
{
    return w->own_mistake ? w->own_mistake[(size_t)prompt * w->n_strategies + strategy] : w->mistake[prompt];
}

bool world_misled(const world *w, size_t strategy, bool works, bool slipped)
{
    if (w->spec->answers.invited_by == INVITED_BY_PROMPT) return true;
    return strategy_is_genuine(w->strategies[strategy]->kind) && !works && !slipped;
}

uint16_t world_wrong_answer(const world *w, uint32_t prompt, size_t strategy, bool misled, pl_stream *stream)
{
    const double invited = pl_uniform(stream), any = pl_uniform(stream);
    if (misled && invited < invited_of(w)) return world_mistake(w, prompt, strategy);
    double below = 0.0;
    for (size_t i = 0; i + 1 < w->n_wrong; i++)
        if (any < (below += w->wrong[i])) return (uint16_t)(i + 1);
    return (uint16_t)w->n_wrong;
}

/* One path that is taken, and ends in an answer that can be read, with probability `taken`: adds its mistakes to q, and returns its
 * wrong answers that are none. */
static double add_path(const world *w, uint32_t prompt, size_t f, size_t s, double ln_step, double taken, double *q)
{
    const double works = w->applicability[(size_t)prompt * w->n_strategies + s];
    const bool genuine = strategy_is_genuine(w->strategies[s]->kind);
    const double clean = world_executed(w, prompt, f, s, ln_step), wrong = taken * (1.0 - works * clean);
    const double misled = w->spec->answers.invited_by == INVITED_BY_PROMPT ? wrong : genuine ? taken * (1.0 - works) * clean : 0.0;
    q[world_mistake(w, prompt, s) - 1] += invited_of(w) * misled;
    return wrong - invited_of(w) * misled;
}

double world_wrong_law(const world *w, uint32_t prompt, answer_path *path, const void *of, double *q)
{
    double scattered = 0.0, sum = 0.0;
    memset(q, 0, w->n_wrong * sizeof *q);
    for (size_t f = 0; f < w->n_formats; f++)
        for (size_t s = 0; s < w->n_strategies; s++) {
            double ln_step;
            if (w->strategies[s]->kind == STRATEGY_ABSTAIN) continue;
            const double taken = path(of, f, s, &ln_step) * w->formats[f]->extraction * w->fits[world_path(w, prompt, f, s)];
            scattered += add_path(w, prompt, f, s, ln_step, taken, q);
        }
    for (size_t i = 0; i < w->n_wrong; i++) sum += q[i] += scattered * w->wrong[i];
    return sum;
}

/* The pretrained model, before it says anything of itself. */
typedef struct base_of {
    const world *w;
    uint32_t prompt;
} base_of;
static double base_path(const void *of, size_t f, size_t s, double *ln_step)
{
    const base_of *b = of;
    const world *w = b->w;
    const double e = w->execution[b->prompt * w->n_formats + f];
    *ln_step = e > 0.0 ? -log1p(exp(-e)) : e - log1p(exp(e));
    return exp(w->ln_prior_format[w->domain[b->prompt] * w->n_formats + f] +
               w->ln_prior_strategy[(b->prompt * w->n_formats + f) * w->n_strategies + s]);
}

void world_label_mistakes(world *w, double *q)
{
    for (uint32_t x = 0; x < w->n_prompts; x++) {
        size_t best = 0;
        (void)world_wrong_law(w, x, base_path, &(base_of){w, x}, q);
        for (size_t i = 1; i < w->n_wrong; i++)
            if (q[i] > q[best]) best = i;
        w->likeliest_mistake[x] = (uint16_t)(best + 1);
    }
}
