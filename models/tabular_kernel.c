/* One step of the tabular world: softmax, statistics, sampling by inversion, success, advantage, scattered update.
 *
 * What bounds a step is not the number of operations but waiting: the steps of one prompt hang on each other (largest logit,
 * exponentials, sum, inversion, success, move) and take three times as long as their operations. So BLOCK prompts go through each
 * stage together, and a processor that looks ahead finds independent work. Nothing branches on data. All rows of the next block are
 * fetched meanwhile: the order of prompts is random, which no hardware prefetcher guesses.
 */
#include "models/tabular_lanes.h"

enum { BLOCK = 8, FLUSH = 64, CHUNK = LANES, WORDS = 4 };   /* FLUSH: prompts whose statistics are added up in single precision */
enum { COUNTED = 16 };                       /* vectors up to which counting beats bisecting */
enum { ROOM = TABULAR_MAX_VECTORS * LANES };

typedef struct block_state {                 /* of the prompts of a block; stride of e: V vectors, of sum: `wide` vectors */
    float e[BLOCK * ROOM];                   /* e^(z - max) */
    float sum[BLOCK * ROOM];                 /* running sums of it down the vectors; beyond V: huge */
    float upto[BLOCK][LANES], before[BLOCK][LANES + 1];   /* sum of all lanes to the left with and without this one */
    float draw[BLOCK][TABULAR_MAX_GROUP], luck[BLOCK][TABULAR_MAX_GROUP];   /* uniforms */
    float step[BLOCK][TABULAR_MAX_GROUP];
    int32_t place[BLOCK][TABULAR_MAX_GROUP];
    float Z[FLUSH];                          /* sums; ln 1 = 0 where there is no prompt */
    vf pass[PARTS], surprise[PARTS];         /* by lane, over prompts; surprise: E[z - max] */
    float *z[BLOCK];
    const float *success[BLOCK];
} block_state;

/* Exponentials of a row, their running sums and the sums that statistics need. */
INLINE void softmax(block_state *s, const float *shared, size_t q, size_t V, size_t wide, bool blind, vf *pass, vf *surprise)
{
    const float *z = s->z[q], *success = s->success[q];
    float *e = s->e + q * V * LANES, *down = s->sum + q * wide * LANES;
    vf best[PARTS], sums[PARTS];
    if (shared) {
        for (size_t i = 0; i < V * LANES; i += WIDTH)
            store(e + i, load(z + i) + load(shared + i));
        z = e;
    }
    for (int p = 0; p < PARTS; p++) {
        best[p] = load(z + p * WIDTH);
#pragma GCC unroll 8
        for (size_t v = 1; v < V; v++)
            best[p] = larger(best[p], load(z + v * LANES + p * WIDTH));
    }
    const vf max = max_of(best);
    for (int p = 0; p < PARTS; p++) {
        vf sum = {0}, right = {0}, surprised = {0};
#pragma GCC unroll 8
        for (size_t v = 0; v < V; v++) {
            const size_t i = v * LANES + (size_t)(p * WIDTH);
            const vf x = larger(load(z + i) - max, all(TABULAR_LEAST)), y = expv(x);
            sum += y;
            store(e + i, y);
            store(down + i, sum);
            if (blind)
                continue;
            right += y * load(success + i);
            surprised += y * x;
        }
        sums[p] = sum;
        pass[p] = right;
        surprise[p] = surprised;
    }
    running_sum(sums, s->upto[q]);
}

/* The softmax stage of the n prompts from slot `first` on, which is number `at` since the last flush. */
INLINE void look(block_state *s, const tabular_kernel *a, size_t n, size_t first, size_t at, size_t V, size_t wide, bool blind)
{
    vf pass[BLOCK][PARTS], surprise[BLOCK][PARTS];
    float scale[BLOCK];
    vf *share = (vf *)a->share;
    for (size_t q = 0; q < n; q++)
        softmax(s, a->shared, q, V, wide, blind, pass[q], surprise[q]);
    for (size_t q = 0; q < n; q++) {
        memcpy(s->before[q] + 1, s->upto[q], sizeof s->upto[q]);
        s->Z[at + q] = s->upto[q][LANES - 1];
        if (blind)
            continue;
        scale[q] = 1.0f / s->Z[at + q];
        for (int p = 0; p < PARTS; p++) {
            s->pass[p] += pass[q][p] * all(scale[q]);
            s->surprise[p] += surprise[q][p] * all(scale[q]);
        }
    }
    if (blind)
        return;
    for (size_t i = 0; i < V * PARTS; i++) {
        vf sum = share[i];
        for (size_t q = 0; q < n; q++)
            sum += load(s->e + (q * V * PARTS + i) * WIDTH) * all(scale[q]);
        share[i] = sum;
    }
    for (size_t q = 0; a->pi && q < n; q++)
        for (size_t i = 0; i < V * LANES; i += WIDTH)
            store(a->pi + (first + q) * V * LANES + i, load(s->e + q * V * LANES + i) * all(scale[q]));
}

/* Uniforms of the block's rollouts: those of rollout 16 c + 4 w + j of a slot are made of word w of block j of the stream
 * (purpose; batch, slot, c), four slots to a vector. */
INLINE void numbers(const tabular_kernel *a, const uint32_t key[4], uint32_t slot, size_t n, float to[BLOCK][TABULAR_MAX_GROUP])
{
    enum { SLOTS = WIDTH / 4 };
    for (size_t c = 0; c * CHUNK < a->G; c++)
        for (size_t q = 0; q < n; q += SLOTS) {
            vu x[WORDS];
            threefry(key, a->batch, (lanes_of(0) >> 2) + (int32_t)(slot + q), alli((int32_t)c), lanes_of(0) & 3, x);
            for (int w = 0; w < WORDS; w++) {
                float u[WIDTH];
                store(u, uniformv(x[w]));
                for (size_t i = 0; i < SLOTS; i++)
                    memcpy(to[q + i] + c * CHUNK + w * 4, u + 4 * i, 4 * sizeof *u);
            }
        }
}

/* Outcomes by inversion, as places in the row: first the lane, by bisection, then the vector, by counting or bisection. Rounding of
 * the sums may point one beyond the last outcome, hence the bound. */
INLINE vi invert(const block_state *s, size_t q, vf target, size_t V, size_t wide, size_t K)
{
    const float *down = s->sum + q * wide * LANES;
    vi lane = {0}, v = {0};
#pragma GCC unroll 4
    for (int32_t half = LANES / 2; half > 0; half /= 2)
        lane = advance(lane, target, pick(s->upto[q], lane + (half - 1)), half);
    const vf rest = target - pick(s->before[q], lane);
    if (PARTS == 1 && V <= COUNTED) {
#pragma GCC unroll 16
        for (size_t i = 0; i + 1 < V; i++)
            v = advance(v, rest, pick(down + i * LANES, lane), 1);
    } else {
        for (int32_t half = (int32_t)(wide / 2); half > 0; half /= 2)
            v = advance(v, rest, gather(down, (v + (half - 1)) * LANES + lane), half);
    }
    const vi beyond = lane * (int32_t)V + v > (int32_t)(K - 1);
    const int32_t last = (int32_t)((K - 1) % V * LANES + (K - 1) / V);
    return (beyond & last) | (~beyond & (v * LANES + lane));
}

static void keep(tabular_kernel *a, size_t slot, const int32_t *place, const int32_t *right, size_t V)
{
    for (size_t i = 0; i < a->G; i++) {
        a->outcome[slot * a->G + i] = (uint16_t)(place[i] % LANES * (int32_t)V + place[i] / LANES);
        a->correct[slot * a->G + i] = right[i] != 0;
    }
}

/* Draws the group of prompt q, and finds what its rollouts add to their logits. Steps are chosen by mask. */
INLINE void draw(tabular_kernel *a, block_state *s, size_t q, size_t slot, float Z, size_t V, size_t wide)
{
    int32_t right[TABULAR_MAX_GROUP];
    int n = 0;
    for (size_t i = 0; i < a->G; i += WIDTH) {
        const vi c = lanes_of(0) + (int32_t)i, rollout = c < (int32_t)a->G;
        const vi where = invert(s, q, load(s->draw[q] + i) * all(Z), V, wide, a->K);
        const vi good = (load(s->luck[q] + i) < gather(s->success[q], where)) & rollout;
        n += count_set(good);
        memcpy(s->place[q] + i, &where, sizeof where);
        memcpy(right + i, &good, sizeof good);
    }
    const vf up = all(a->right[n]), down = all(a->wrong[n]);
    for (size_t i = 0; i < a->G; i += WIDTH) {
        vi good;
        memcpy(&good, right + i, sizeof good);
        store(s->step[q] + i, choose(good, up, down));
    }
    if (a->outcome)
        keep(a, slot, s->place[q], right, V);
}

/* Adds every rollout's step to the logit of its outcome, in the order of the rollouts of a prompt. A policy that is nearly
 * certain moves one logit sixteen times, each after the other: prompts side by side fill the waiting. */
INLINE void move(block_state *s, size_t n, size_t G)
{
    size_t q = 0;
    for (; q + 4 <= n; q += 4) {
        float *a = s->z[q], *b = s->z[q + 1], *c = s->z[q + 2], *d = s->z[q + 3];
        for (size_t i = 0; i < G; i++) {
            a[s->place[q][i]] += s->step[q][i];
            b[s->place[q + 1][i]] += s->step[q + 1][i];
            c[s->place[q + 2][i]] += s->step[q + 2][i];
            d[s->place[q + 3][i]] += s->step[q + 3][i];
        }
    }
    for (; q < n; q++)
        for (size_t i = 0; i < G; i++)
            s->z[q][s->place[q][i]] += s->step[q][i];
}

/* Finds the rows of the block from slot `first`, and has those of the next block brought closer. */
INLINE size_t enter(const tabular_kernel *a, block_state *s, size_t first, size_t V)
{
    const size_t n = a->n - first < BLOCK ? a->n - first : BLOCK, row = V * LANES;
    for (size_t q = 0; q < n; q++) {
        s->z[q] = a->z + (size_t)a->rows[first + q] * row;
        s->success[q] = a->success + (size_t)a->rows[first + q] * row;
    }
    for (size_t b = first + BLOCK; b < first + 2 * BLOCK && b < a->n; b++)
        for (size_t i = 0; i < row; i += LANES) {
            __builtin_prefetch(a->z + (size_t)a->rows[b] * row + i, 1);
            __builtin_prefetch(a->success + (size_t)a->rows[b] * row + i);
        }
    return n;
}

INLINE void clear(block_state *s)
{
    memset(s->pass, 0, sizeof s->pass);
    memset(s->surprise, 0, sizeof s->surprise);
    for (size_t i = 0; i < FLUSH; i++)
        s->Z[i] = 1;
}

INLINE void flush(tabular_kernel *a, block_state *s)
{
    vf ln[PARTS] = {{0}};
    for (size_t i = 0; i < FLUSH; i += LANES)
        for (int p = 0; p < PARTS; p++)
            ln[p] += logv(load(s->Z + i + p * WIDTH));
    a->pass += add_lanes(s->pass);
    a->entropy += add_lanes(ln) - add_lanes(s->surprise);
    clear(s);
}

INLINE void rows(tabular_kernel *a, const size_t V, const bool blind)
{
    block_state s;
    size_t wide = 1;
    while (wide < V)
        wide *= 2;
    for (size_t q = 0; q < BLOCK; q++) {
        s.before[q][0] = 0;
        for (size_t i = V * LANES; i < wide * LANES; i++)
            s.sum[q * wide * LANES + i] = 3e38f;
    }
    clear(&s);
    for (size_t first = 0; first < a->n; first += BLOCK) {
        const size_t n = enter(a, &s, first, V), at = first % FLUSH;
        numbers(a, a->sample_key, a->slot + (uint32_t)first, n, s.draw);
        numbers(a, a->outcome_key, a->slot + (uint32_t)first, n, s.luck);
        look(&s, a, n, first, at, V, wide, blind);
        for (size_t q = 0; q < n; q++)
            draw(a, &s, q, first + q, s.Z[at + q], V, wide);
        if (a->update)
            move(&s, n, a->G);
        if (!blind && (at + BLOCK == FLUSH || first + BLOCK >= a->n))
            flush(a, &s);
    }
}

#define JOIN2(a, b) a##_##b
#define JOIN(a, b) JOIN2(a, b)

void JOIN(tabular_kernel, KERNEL_LEVEL)(tabular_kernel *a)
{
    const bool blind = a->blind && !a->pi;
    if (a->V == 8 && blind)                  /* 128 outcomes: the loops over vectors unroll */
        rows(a, 8, true);
    else if (a->V == 8)
        rows(a, 8, false);
    else
        rows(a, a->V, blind);
}

/* z += move (sum of c e_k - (sum of c) pi), and the same without the factor to the sum over prompts. */
void JOIN(tabular_push, KERNEL_LEVEL)(tabular_push *a)
{
    const size_t row = a->V * LANES;
    for (size_t b = 0; b < a->n; b++) {
        float *z = a->z + a->rows[b] * row, total = 0;
        const float *pi = a->pi + b * row, *c = a->coefficient + b * a->G;
        if (b + 1 < a->n)
            for (size_t i = 0; i < row; i += LANES)
                __builtin_prefetch(a->z + a->rows[b + 1] * row + i, 1);
        for (size_t i = 0; i < a->G; i++) {
            const size_t k = a->outcome[b * a->G + i], place = k % a->V * LANES + k / a->V;
            z[place] += a->move * c[i];
            a->sum[place] += c[i];
            total += c[i];
        }
        for (size_t i = 0; i < row; i += WIDTH) {
            const vf away = all(total) * load(pi + i);
            store(z + i, load(z + i) - all(a->move) * away);
            store(a->sum + i, load(a->sum + i) - away);
        }
    }
}
