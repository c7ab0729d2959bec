"""What pandas answers about rows with empty cells: python make_frame.py > frame.json (pandas 3.0)."""

import json

import pandas as pd

rows = [
    {"task": "blimp", "model": "a", "value": 0.75, "aoa": 0.17},
    {"task": "rte", "model": "a", "value": 0.5},
    {"model": "b", "task": "blimp", "value": 0.25, "aoa": None, "late": 7},
    {"task": "rte", "model": "b", "value": 0.625, "aoa": 0.15},
    {"task": "wsc", "model": "b", "late": 3, "aoa": 0.31},
]
frame = pd.DataFrame(rows)
numbers = ["value", "aoa", "late"]
described = frame[numbers].agg(["count", "mean", "std", "min", "median", "max", "var"])
value = lambda v: None if pd.isna(v) else v
out = {
    "rows": rows,
    "describe": {c: [value(v) for v in described[c]] for c in numbers},
    "sorted": {
        f"{c} {up}": [int(i) for i in frame.sort_values(c, ascending=up, kind="stable").index]
        for c in ("task", *numbers)
        for up in (True, False)
    },
    "grouped": {
        op: [[key, *map(value, line)] for key, line in zip(g.index, g.values.tolist())]
        for op in ("mean", "sum", "count", "std", "min", "max")
        for g in [getattr(frame.groupby("model", sort=False)[numbers], op)()]
    },
}
print(json.dumps(out, indent=1))
