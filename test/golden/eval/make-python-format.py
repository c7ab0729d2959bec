"""How Python writes numbers, strings and stems, for test/eval/python-format.test.ts. Run: python make-python-format.py (3.11)."""
import json, pathlib, random, struct
r = random.Random(7)
values = [0.0, -0.0, 1.0, 100.0, 0.125, 0.375, 0.135, 2.675, 1e-5, 1e-4, 0.0001234, 1e15, 1e16, 1.5e16, 123456789012345678.0, 5e-324, -2.5, 0.005, 0.015, 0.025, 1 / 3, 200 / 3, -1e-7, 53.3700001, float("nan"), float("inf"), float("-inf"), 0.1 + 0.2]
values += [r.randrange(1, 2000) / 16 for _ in range(60)] + [r.uniform(-100, 100) for _ in range(60)] + [r.uniform(1, 10) * 10.0 ** r.randrange(-30, 30) for _ in range(60)]
strings = ["plain", "it's \"quoted\" \\ back", "tab\tline\nend\r", "caf\u00e9 \u2013 \u4e2d", "\U0001F600", "\x7f \x80 \x1f", "\u2028"]
names = ["model-v1.5", "a/b/model", "models/model.d/x.y.z", ".hidden", "plain", "trailing/", "dots..", "gpt2.", "a/.b"]
json.dump(dict(
    numbers=[dict(bits=struct.pack(">d", v).hex(), fixed2=f"{v:.2f}", fixed4=f"{v:.4f}", repr=repr(v)) for v in values],
    strings=[dict(text=s, json=json.dumps(s)) for s in strings],
    stems=[dict(name=n, stem=pathlib.PurePosixPath(n).stem) for n in names]), open("python-format.json", "w"))
