"""Every prediction of the 2026 pipeline's own code for a small random model on the sample world, or another model and data.

    git clone https://github.com/serdardoesml/babylm-eval && git -C babylm-eval checkout 3d57ddc
    pip install torch==2.13.0 transformers==5.18.0 numpy pandas scipy tqdm
    node --import tsx save_protocol_model.ts MODEL
    python make_protocol_2026.py babylm-eval/strict MODEL DATA > protocol-2026.json

DATA holds blimp_filtered, supplement_filtered, entity_tracking and ewok_filtered (data/sample/evaluation_data/full_eval). With the
reference model and the first three of the real sets, in 16 minutes of one core, it makes protocol-2026-full.json. Per
task and UID a letter per item, in the order of the file: the number of the option that was chosen, or "-" where the best
options tie or lie within 1e-4 of each other, where another order of additions may decide. The code is run unchanged; the
modules `datasets` and `aiohttp`, which only images need, are replaced by empty ones.
"""

import collections
import json
import pathlib
import runpy
import sys
import tempfile
import types

pipeline, model, data = sys.argv[1:4]
sys.path.insert(0, pipeline)
for name, attribute in [("datasets", "load_dataset"), ("aiohttp", "ClientTimeout")]:
    module = types.ModuleType(name)
    setattr(module, attribute, None)
    sys.modules.setdefault(name, module)

import torch
import evaluation_pipeline.sentence_zero_shot.compute_results as compute_results

NEAR = 1e-4
rank_and_evaluate = compute_results.rank_and_evaluate
seen = collections.defaultdict(list)  # UID to (text of the prediction's options, scores)


def remember(args, stats, all_log_probs, raw_sentences, labels, metadatas, uids, predictions):
    scores = torch.stack(next(iter(all_log_probs.values())), dim=1)
    for row, raw, uid in zip(scores, raw_sentences, uids):
        options = raw["sentences" if args.task == "ewok" else "completions"]
        seen[uid].append((options, row.tolist()))
    return rank_and_evaluate(args, stats, all_log_probs, raw_sentences, labels, metadatas, uids, predictions)


compute_results.rank_and_evaluate = remember
out = {}
TASKS = [("blimp", "blimp_filtered"), ("blimp", "supplement_filtered"), ("entity_tracking",) * 2, ("ewok", "ewok_filtered")]
for task, folder in TASKS:
    if not (pathlib.Path(data) / folder).exists():
        continue
    seen.clear()
    results = tempfile.mkdtemp()
    sys.argv = ["run", "--data_path", f"{data}/{folder}", "--task", task, "--model_path_or_name", model]
    sys.argv += ["--backend", "causal", "--output_dir", results, "--save_predictions"]
    stdout, sys.stdout = sys.stdout, sys.stderr
    runpy.run_module("evaluation_pipeline.sentence_zero_shot.run", run_name="__main__")
    sys.stdout = stdout
    (file,) = pathlib.Path(results).rglob("predictions.json")
    chosen = {}
    for uid, group in json.load(open(file)).items():
        letters = ""
        for (options, scores), prediction in zip(seen[uid], group["predictions"], strict=True):
            best, second = sorted(scores, reverse=True)[:2]
            letters += "-" if best - second < NEAR else str(options.index(prediction["pred"]))
        chosen[uid] = letters
    out[folder] = dict(sorted(chosen.items()))
print("{")
print(",\n".join(f" {json.dumps(folder)}: {{\n" + ",\n".join(f"  {json.dumps(u)}: {json.dumps(s)}" for u, s in rows.items()) + "\n }" for folder, rows in out.items()))
print("}")
