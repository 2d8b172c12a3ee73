"""The dense work unit as a researcher would write it in numpy float64: what bench_workunit --dense does in the engine.

1,024 prompts with own logits over 128 outcomes and a part of the logits that all prompts share (gain .05), 16 rollouts each,
group-relative advantages, two minibatches with the ratio clipped at .2, and the k3 divergence from the base in the loss (.05).
No part of the gradient cancels, so every step moves every logit.

usage: dense_numpy.py [steps] [seeds]"""
import resource
import sys
import time
import numpy as np

P, F, K, G, M = 1024, 8, 128, 16, 2
LR, EPS, CLIP, BETA, GAIN = 1.0, 1e-6, .2, .05, .05
PRIOR = np.array([2, 1, .5, 0, 0, -.5, -1, -2])
T = int(sys.argv[1]) if len(sys.argv) > 1 else 200
SEEDS = int(sys.argv[2]) if len(sys.argv) > 2 else 1


def uniform(counter):
    """splitmix64 of a counter, as a number in (0, 1)."""
    with np.errstate(over="ignore"):
        x = counter + np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        x ^= x >> np.uint64(31)
    return ((x >> np.uint64(11)).astype(float) + .5) / 2.0**53


def table():
    c = np.arange(P * K, dtype=np.uint64) * np.uint64(3)
    normal = np.sqrt(-2 * np.log(uniform(c))) * np.cos(2 * np.pi * uniform(c + np.uint64(1)))
    return normal.reshape(P, K) + np.repeat(PRIOR, K // F), (uniform(c + np.uint64(2)) ** 3).reshape(P, K)


def log_softmax(z):
    z = z - z.max(1, keepdims=True)
    return z - np.log(np.exp(z).sum(1, keepdims=True))


class Run:
    def __init__(self, seed):
        self.base, self.p = table()
        self.ln_base = log_softmax(self.base)
        self.own, self.shared = np.zeros((P, K)), np.zeros(K)
        self.rng = np.random.default_rng(seed)

    def ln_pi(self, rows):
        return log_softmax(self.base[rows] + self.own[rows] + GAIN * self.shared)

    def batch(self):
        rng, order = self.rng, self.rng.permutation(P)
        ln = self.ln_pi(order)
        pi = np.exp(ln)
        at = np.arange(P)[:, None]
        cdf = np.cumsum(pi, axis=1)
        cdf = cdf / cdf[:, -1:] + at         # one increasing sequence for all prompts
        k = np.searchsorted(cdf.ravel(), (rng.random((P, G)) + at).ravel()).reshape(P, G) - at * K
        k = np.clip(k, 0, K - 1)
        r = (rng.random((P, G)) < self.p[order[:, None], k]).astype(float)
        adv = (r - r.mean(1, keepdims=True)) / (r.std(1, keepdims=True) + EPS)
        ln_then = np.take_along_axis(ln, k, 1)
        for m in range(M):
            part = slice(m * P // M, (m + 1) * P // M)
            self.update(order[part], k[part], adv[part], ln_then[part])

    def update(self, rows, k, adv, ln_then):
        ln = self.ln_pi(rows)
        pi = np.exp(ln)
        ln_now = np.take_along_axis(ln, k, 1)
        ratio = np.exp(ln_now - ln_then)
        bound = ((adv > 0) & (ratio > 1 + CLIP)) | ((adv < 0) & (ratio < 1 - CLIP))
        c = np.where(bound, 0, ratio * adv)
        c += BETA * np.expm1(np.take_along_axis(self.ln_base[rows], k, 1) - ln_now)
        c /= G
        n = len(rows)
        grad = np.bincount((np.arange(n)[:, None] * K + k).ravel(), weights=c.ravel(), minlength=n * K).reshape(n, K)
        grad -= c.sum(1, keepdims=True) * pi
        self.own[rows] += LR * grad
        self.shared += LR * GAIN * grad.sum(0)

    def state(self):
        ln = self.ln_pi(np.arange(P))
        pi = np.exp(ln)
        return -(pi * ln).sum(1).mean(), (pi * self.p).sum(1).mean(), pi[:, :K // F].sum(1).mean()


rows, spent = [], 0.0
for seed in range(1, SEEDS + 1):
    run = Run(seed)
    start = time.perf_counter()
    for _ in range(T):
        run.batch()
    spent += time.perf_counter() - start
    rows.append(run.state())
mean, sd = np.mean(rows, 0), np.std(rows, 0, ddof=1) if SEEDS > 1 else np.zeros(3)
print(f"numpy dense float64: {T * SEEDS / spent:.1f} steps/s  peak RSS {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB  "
      f"state after {T} steps:" + "".join(f"  {name} {a:.4f} (sd {b:.4f})" for name, a, b in zip(("entropy", "pass", "share f0"), mean, sd)))
