"""Regressions of invented reading times by statsmodels' formulas, for test/eval/reading-gain.test.ts. Run: python make-reading.py."""
import json, warnings
import numpy as np, pandas as pd, statsmodels, statsmodels.formula.api as smf
r = np.random.default_rng(11); n = 150
d = pd.DataFrame(dict(Subtlex_log10=r.uniform(1, 14, n), length=r.integers(1, 12, n).astype(float), context_length=r.integers(1, 15, n).astype(float),
                      prev_length=r.integers(1, 12, n).astype(float), pred=r.gamma(3, 3, n), prev_pred=r.gamma(3, 3, n)))
names = ["RTfirstfix", "RTfirstpass", "RTgopast", "RTrightbound", "self_paced_reading_time", "ELAN", "LAN", "N400", "P600", "EPNP", "PNP"]
for i, name in enumerate(names): d[name] = 200 + 5 * d.length - 3 * d.Subtlex_log10 + (i % 4) * d.pred + r.normal(0, 20, n)
for i in range(0, n, 13): d.loc[i, "prev_pred"] = np.nan; d.loc[i, "prev_length"] = -1
for i in range(5, n, 29): d.loc[i, "Subtlex_log10"] = np.nan
A = "Subtlex_log10 + length + context_length + Subtlex_log10:length + Subtlex_log10:context_length + length:context_length"
m = ["Subtlex_log10", "length", "context_length", "prev_length", "prev_pred"]
B = " + ".join(m) + " + " + " + ".join(f"{a}:{b}" for i, a in enumerate(m) for b in m[i + 1:])
out = {}
for tag, base in [("withoutSpillover", A), ("withSpillover", B)]:
    rows = []
    for name in names:
        f0, f1 = smf.ols(f"{name} ~ {base}", d).fit(), smf.ols(f"{name} ~ {base} + pred", d).fit()
        rows.append(dict(response=name, n=int(f1.nobs), coefficient=f1.params["pred"], t=f1.tvalues["pred"], p=f1.pvalues["pred"], r2=f1.rsquared, aic=f1.aic,
                         gainPercent=100 * (f1.rsquared - f0.rsquared) / (1 - f0.rsquared)))
    out[tag] = rows
rows = json.loads(d.to_json(orient="records", double_precision=15))
json.dump(dict(statsmodels=statsmodels.__version__, rows=rows, **out), open("reading.json", "w"))
