"""Ages of acquisition by the rules of protocol 2026, from SciPy: `python make-aoa-2026.py > age-of-acquisition-2026.json`.

Invented surprisals: falling sigmoids of log10 words with noise, two contexts per word and checkpoint. Expected: the mean of
the contexts per checkpoint, a bounded `curve_fit`, the crossing of the threshold halfway between tokens * ln V and the lowest
mean; Pearson's r with the children's ages, and its p. Words whose curve is too steep for the slope to be determined are not
made: there SciPy's own answer moves by 1e-3 with its tolerances.
"""

import json

import numpy as np
import scipy
from scipy.optimize import curve_fit
from scipy.stats import pearsonr

VOCAB = 4096
rng = np.random.default_rng(2026)
steps = [1, 2, 3, 5, 8, 10, 20, 30, 50, 80, 100]
curve = lambda x, a, b, c, d: a / (1 + np.exp(-b * (x - c))) + d

words, children = [], []
for w in range(24):
    tokens = int(rng.integers(1, 4))
    a, b, c, d = rng.uniform(5, 9) * tokens, rng.uniform(2, 6), rng.uniform(6.2, 7.8), rng.uniform(1, 3) * tokens
    if w % 6 == 5:
        a, d = 0.5, 1.0  # known from the first checkpoint on: no age
    x = np.log10(np.array(steps) * 1e6 + 1)
    clean = a / (1 + np.exp(b * (x - c))) + d
    surprisals = np.round(clean[:, None] + rng.normal(0, 0.3, (len(steps), 2)), 4)
    words.append({"word": f"word{w}", "tokens": tokens, "surprisals": surprisals.tolist()})
    children.append(18 + 8 * (c - 6.2) / 1.6 + rng.normal(0, 0.7))

ages = []
for word in words:
    y = -np.array(word["surprisals"]).mean(axis=1)
    low, high = y.min(), y.max()
    span = high - low
    bounds = ([0, 0, x.min() - 1, low - 2 * span - 1], [10 * span + 1, 100, x.max() + 1, high + 1])
    (a, b, c, d), _ = curve_fit(curve, x, y, p0=[span, 1, x.mean(), low], bounds=bounds, maxfev=20000)
    random = word["tokens"] * np.log(VOCAB)
    level = -(random - 0.5 * (random - (-y).min()))
    at = None
    if a > 1e-6 and b > 1e-6 and d < level < a + d:
        found = c - np.log(a / (level - d) - 1) / b
        if steps[0] * 1e6 <= 10**found - 1 <= steps[-1] * 1e6:
            at = found
    ages.append(at)

valid = [i for i, age in enumerate(ages) if age is not None]
r, p = pearsonr([ages[i] for i in valid], [children[i] for i in valid])
print(
    json.dumps(
        {
            "scipy": scipy.__version__,
            "numpy": np.__version__,
            "vocabSize": VOCAB,
            "steps": steps,
            "words": words,
            "childMonths": children,
            "ages": ages,
            "r": r,
            "p": p,
        }
    )
)
