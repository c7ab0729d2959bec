"""Power of the one-sample t-test by statsmodels and chi-squared quantiles by SciPy, for test/stats/t-test-power.test.ts. Run: python make_power.py (in this folder)."""
import json, math
import scipy.stats
import statsmodels
from statsmodels.stats.power import TTestPower

test = TTestPower()
power = [dict(effect=d, n=n, alpha=a, power=float(test.power(d, n, a)))
         for d in (0.1, 0.5, 1, 2, 5) for n in (2, 3, 5, 10, 50) for a in (0.05, 0.01)]
power = [row for row in power if not math.isnan(row["power"])]  # scipy's noncentral t gives up on large effects
runs = [dict(effect=d, runs=math.ceil(float(test.solve_power(d, alpha=0.05, power=0.8)) - 1e-6)) for d in (0.05, 0.1, 0.3, 0.5, 0.8, 1, 1.5, 2)]
chi_squared = [dict(p=p, df=df, value=float(scipy.stats.chi2.ppf(p, df))) for p in (0.025, 0.5, 0.975) for df in (1, 2, 5, 40)]
json.dump(dict(made_by="statsmodels " + statsmodels.__version__, power=power, runs=runs, chi_squared=chi_squared), open("power.json", "w"), indent=1)
