"""Intervals of the paper's comparisons, computed without our code: python make_intervals.py > intervals.json

Reads data/paper itself. Wilson intervals by statsmodels, Fisher's by SciPy's norm, quartiles by NumPy, resampling by
NumPy's generator: 20,000 draws. numpy 2.4, scipy 1.17, statsmodels 0.15, pandas 3.0.
"""

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

PAPER = Path(__file__).resolve().parents[3] / "data" / "paper"
NAMES = {
    "llama140M_pt": "wide base", "llama140M_it_switch": "wide switch", "llama140M_it_wiki": "wide wiki",
    "llama140M_it_merged": "wide merged", "llama140M_it_switch_wiki": "wide switch→wiki",
    "llama140M_it_wiki_switch": "wide wiki→switch", "llama100M_pt": "narrow base", "llama100M_it_merged": "narrow merged",
}
MODELS = list(NAMES.values())
WIDE = MODELS[:6]
SEQUENTIAL = ["wide switch→wiki", "wide wiki→switch"]
Z = stats.norm.ppf(0.975)
DRAWS = 20_000
rng = np.random.default_rng(20251125)

tasks = {t["task"]: t for t in json.loads((PAPER / "figure-tasks.json").read_text())}
table = pd.read_csv(PAPER / "figure-values.csv", dtype={"precision": str}).pivot(index="task", columns="model", values="value")


def cell(task, printed):
    """Value in our unit, standard error down and up, items that count."""
    info = tasks[task]
    if info["metric"] == "variance_explained_percent":
        n = info["items"][0]
        share = printed / 100
        centre, half = np.arctanh(np.sqrt(share)), Z / np.sqrt(n - 3)
        low, high = np.tanh(max(0, centre - half)) ** 2, np.tanh(centre + half) ** 2
        return printed, (printed - 100 * low) / Z, (100 * high - printed) / Z, None
    if info["metric"] == "f1":
        value = printed / 100
        union = value / (2 - value)  # Jaccard
        error = 2 / (1 + union) ** 2 * np.sqrt(union * (1 - union) / info["positives"])
        return value, min(error, value / Z), min(error, (1 - value) / Z), None
    sizes = np.array(info["items"])
    n = len(sizes) ** 2 / (1 / sizes).sum()
    value = round(printed / 100 * sizes[0]) / sizes[0] if task in ("wsc", "rte") else printed / 100
    low, high = proportion_confint(value * n, n, method="wilson")
    return value, (value - low) / Z, (high - value) / Z, n


cells = {(t, NAMES[m]): cell(t, table.loc[t, m]) for t in tasks for m in NAMES}


def standardise(scores):
    """[..., models] to z-scores: sample deviation."""
    return (scores - scores.mean(-1, keepdims=True)) / scores.std(-1, ddof=1, keepdims=True)


def family(names):
    """z-scores [tasks, models] of the values, and [draws, tasks, models] of the resamples."""
    part = np.array([[cells[t, m][:3] for m in MODELS] for t in names])  # [T, M, 3]
    chosen = rng.integers(len(names), size=(DRAWS, len(names)))
    drawn = part[chosen]
    step = rng.normal(size=drawn.shape[:3])
    noisy = drawn[..., 0] + step * np.where(step > 0, drawn[..., 2], drawn[..., 1])
    return standardise(part[..., 0]), standardise(noisy)


def bounds(sample, low=0.025, high=0.025):
    return [float(np.quantile(sample, low)), float(np.quantile(sample, 1 - high))]


out = {"pairs": {}, "parts": {}, "gaps": []}
mids, spreads = {}, {}
for name in ("fine-tuning", "zero-shot", "all"):
    names = [t for t, info in tasks.items() if name in ("all", info["family"])]
    z, drawn = family(names)
    mids[name] = dict(zip(MODELS, zip(np.median(z, 0), np.median(drawn, 1).T)))
    iqr = lambda a, axis: np.quantile(a, 0.75, axis=axis) - np.quantile(a, 0.25, axis=axis)
    spreads[name] = dict(zip(MODELS, zip(iqr(z, 0), iqr(drawn, 1).T)))
    out["pairs"][name] = {
        f"{a} | {b}": [float(mids[name][a][0] - mids[name][b][0]), *bounds(mids[name][a][1] - mids[name][b][1])]
        for a, b in combinations(MODELS, 2)
    }


def every(differences, k=None):
    """The smallest of several numbers: lower bounds at 2.5 %, upper bounds at 2.5 % shared by all."""
    n = len(differences)
    each = [bounds(sample, 0.025, 0.025 / n) for _, sample in differences]
    return [float(min(v for v, _ in differences)), min(b[0] for b in each), min(b[1] for b in each)]


def gap(of, name, a, b):
    return of[name][a][0] - of[name][b][0], of[name][a][1] - of[name][b][1]


def highest(name, model):
    return every([gap(mids, name, model, other) for other in MODELS if other != model])


F, A = "fine-tuning", "all"
out["parts"] = {
    "4 both smaller models: negative median": every([(-v, -s) for v, s in (mids[F][m] for m in MODELS[6:])]),
    "4 all larger models: positive median": every([mids[F][m] for m in WIDE]),
    "5 merged has the highest median": highest(F, "wide merged"),
    "5 both sequential models spread less than merged": every([gap(spreads, F, "wide merged", s) for s in SEQUENTIAL]),
    "6 Switchboard alone is the lowest of the larger models": every(
        [gap(mids, F, m, "wide switch") for m in WIDE if m != "wide switch"]),
    "10 Wikipedia alone has the highest median": highest("zero-shot", "wide wiki"),
    "11 both sequential models above merged": every([gap(mids, A, s, "wide merged") for s in SEQUENTIAL]),
    "11 switch→wiki above wiki→switch": every([gap(mids, A, *SEQUENTIAL)]),
    "11 Wikipedia alone above wiki→switch": every([gap(mids, A, "wide wiki", "wide wiki→switch")]),
}

# differences on one task: answers that disagree as often as both shares allow, made up item by item
for task, a, b in (("wsc", "wide merged", "narrow merged"), ("rte", "wide wiki→switch", "wide merged")):
    n = tasks[task]["items"][0]
    right = [round(cells[task, m][0] * n) for m in (a, b)]
    first = np.r_[np.ones(right[0]), np.zeros(n - right[0])]
    second = np.r_[np.zeros(n - right[1]), np.ones(right[1])]
    difference = first - second
    half = Z * difference.std() / np.sqrt(n)
    out["gaps"].append([task, a, b, float(difference.mean()), float(difference.mean() - half), float(difference.mean() + half)])

print(json.dumps(out, indent=1, ensure_ascii=False))
