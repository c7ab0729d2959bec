"""Golden values for src/stats/sampling-error.ts and normal-quantile.ts: python make_sampling_error.py > sampling-error.json

scipy 1.17, statsmodels 0.15, numpy 2.4.
"""

import json

import numpy as np
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

rng = np.random.default_rng(42)
out = {}
out["quantiles"] = [[p, stats.norm.ppf(p)] for p in (1e-6, 0.001, 0.0242, 0.0243, 0.025, 0.3, 0.5, 0.8, 0.975, 0.99999)]
out["wilson"] = [
    [k, n, *proportion_confint(k, n, method="wilson")] for k, n in ((0, 10), (32, 52), (75, 139), (1047, 1635), (52, 52))
]


def correlated(r, n):
    """Two columns whose sample correlation is exactly r."""
    x, e = rng.normal(size=(2, n))
    x -= x.mean()
    e -= e.mean()
    e -= x * (x @ e) / (x @ x)
    x /= np.linalg.norm(x)
    e /= np.linalg.norm(e)
    return x, r * x + np.sqrt(1 - r * r) * e


out["variance"] = []
for share, n in ((0.105, 1696), (0.0062, 1696), (0.0467, 1496), (0.0001, 498)):
    interval = stats.pearsonr(*correlated(np.sqrt(share), n)).confidence_interval(0.95)
    out["variance"].append([share, n, max(interval.low, 0) ** 2, interval.high**2])

# the standard error of a mean difference of paired answers, from the answers themselves
out["paired"] = []
for a, b, n in ((37, 33, 52), (80, 75, 139), (12, 31, 100)):
    right = lambda k, first: np.array([1] * k + [0] * (n - k)) if first else np.array([0] * (n - k) + [1] * k)
    agree = right(a, True) - right(b, True)
    differ = right(a, True) - right(b, False)
    out["paired"].append([a, b, n, agree.std() / np.sqrt(n), differ.std() / np.sqrt(n)])

# F1 of a classifier whose union of positives and calls is as small as it can be: only the positives
out["f1"] = []
for jaccard, positives in ((0.49, 7525), (0.69, 139)):
    tp = rng.binomial(positives, jaccard, size=400_000)
    f1 = 2 * tp / (tp + positives)
    out["f1"].append([2 * jaccard / (1 + jaccard), positives, f1.std()])

print(json.dumps(out, indent=1))
