"""Writes paired-answers.json: two models of the study on the same fine-tuning rows, with McNemar's exact test by SciPy.

usage: python make_paired_answers.py RUNS GLUE > paired-answers.json
RUNS is the folder of the study's runs (one folder per run id), GLUE is .../full_eval/glue_filtered. Runs and rows are not
committed; the counts are. SciPy 1.17.
"""

import json
import sys
from pathlib import Path

from scipy.stats import binomtest

PAIRS = [("wide-merged", "wide-base"), ("wide-merged", "wide-more-pretraining")]
TASKS = ["boolq", "multirc", "rte", "wsc", "mrpc", "qqp", "mnli"]
runs, glue = map(Path, sys.argv[1:3])


def right(run: str, task: str) -> list[bool]:
    """Whether each row was answered correctly, classified from the last token."""
    file = runs / run / "mode-last-token-pooling" / run / "main" / "finetune" / task / "predictions.json"
    answers = json.loads(file.read_text())[task]["predictions"]
    labels = [json.loads(line)["label"] for line in (glue / f"{task}.valid.jsonl").read_text().splitlines()]
    assert len(answers) == len(labels)
    return [answer["pred"] == label for answer, label in zip(answers, labels)]


rows = []
for first, second in PAIRS:
    for task in TASKS:
        a, b = right(first, task), right(second, task)
        won = sum(x and not y for x, y in zip(a, b))
        lost = sum(y and not x for x, y in zip(a, b))
        p = binomtest(won, won + lost).pvalue if won + lost > 0 else 1.0
        both = {"first": first, "second": second, "task": task, "rows": len(a)}
        rows.append({**both, "firstRight": sum(a), "secondRight": sum(b), "won": won, "lost": lost, "p": p})
print("[\n" + ",\n".join("  " + json.dumps(row) for row in rows) + "\n]")
