"""Reference values of SciPy and statsmodels for test/stats. Run: python make.py (in this folder)."""
import json, sys
import numpy as np, scipy, scipy.stats as st, scipy.optimize as so

r = np.random.default_rng(1)
cases = []
for n, ties in [(8, False), (40, True), (200, True)]:
    x, y = r.normal(size=n), r.normal(size=n)
    y = y + x
    if ties: y = np.round(y); x = np.round(x * 2) / 2
    cases.append(dict(x=x.tolist(), y=y.tolist(), pearson=float(st.pearsonr(x, y)[0]), spearman=float(st.spearmanr(x, y)[0])))
json.dump(cases, open("correlation.json", "w"))

n = 60
x = np.stack([r.normal(10, 2, n), r.integers(1, 12, n).astype(float), r.normal(0, 1, n)])
y = 3 + 0.5 * x[0] - 2 * x[1] + r.normal(0, 2, n)
X = np.column_stack([np.ones(n), *x])
try:
    import statsmodels.api as sm
    m = sm.OLS(y, X).fit(); params, t, p, r2, aic = m.params, m.tvalues, m.pvalues, m.rsquared, m.aic + 0.0
    by = "statsmodels " + __import__("statsmodels").__version__
except ImportError:  # the textbook formulas in float64
    beta, *_ = np.linalg.lstsq(X, y, rcond=None); e = y - X @ beta; ssr = e @ e; k = X.shape[1]
    t = beta / np.sqrt(ssr / (n - k) * np.diag(np.linalg.inv(X.T @ X))); p = 2 * st.t.sf(abs(t), n - k)
    params, r2 = beta, 1 - ssr / ((y - y.mean()) ** 2).sum(); aic = n * np.log(2 * np.pi) + n * np.log(ssr / n) + n + 2 * k
    by = "numpy and scipy"
json.dump(dict(made_by=by, x=x.tolist(), y=y.tolist(), params=list(params), t=list(t), p=list(p), r2=r2, aic=aic), open("ols.json", "w"))

def f(x, a, b, c, d): return a / (1 + np.exp(-b * (x - c))) + d
fits = []
for i in range(30):
    lm = i % 2 == 0
    x = np.log10(np.array([1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]) * 1e5 + 1) if lm else np.arange(16.0, 31)
    true = (r.uniform(2, 12), r.uniform(1, 6), r.uniform(5.5, 7.5), -r.uniform(12, 18)) if lm else (r.uniform(.6, 1.1), r.uniform(.1, 1), r.uniform(16, 32), r.uniform(-.1, .1))
    y = f(x, *true) + r.normal(0, (0, .05, .5, 3)[i // 2 % 4] * (1 if lm else .1), len(x))
    try:
        if lm: popt, _ = so.curve_fit(f, x, y, p0=[max(y) - min(y), 1, x.mean(), min(y)], maxfev=1000)
        else: popt, _ = so.curve_fit(f, x, y, p0=[1, .1, x.mean(), 0], bounds=([0, 0, x[0], -.5], [2, 1, x[-1], .5]), maxfev=1000)
        popt = popt.tolist()
    except Exception: popt = None
    fits.append(dict(kind="lm" if lm else "trf", x=x.tolist(), y=y.tolist(), popt=popt))
json.dump(dict(scipy=scipy.__version__, fits=fits), open("sigmoid-fits.json", "w"))
print([(c["kind"], c["popt"] is None) for c in fits])
