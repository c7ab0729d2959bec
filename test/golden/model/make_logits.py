"""logits.json: what transformers computes from a folder saved by saveHuggingFace.

The model is tinyModel("golden") of test/train/support/tiny-stage.ts; save_golden.ts beside this file writes the folder.
usage: node --import tsx test/golden/model/save_golden.ts FOLDER && python make_logits.py FOLDER > logits.json
Made with transformers 5.18.0, torch 2.13.0.
"""

import json
import sys
import torch
from transformers import AutoModelForCausalLM

model = AutoModelForCausalLM.from_pretrained(sys.argv[1], dtype=torch.float32).eval()
rows = [[0, 4, 5, 6, 7, 8, 1], [9], [0, 23, 22, 4, 4, 4, 17, 3, 2, 1, 0, 11]]
with torch.no_grad():
    logits = [model(input_ids=torch.tensor([row])).logits[0].flatten().tolist() for row in rows]
print(json.dumps({"ids": rows, "logits": [[round(x, 7) for x in row] for row in logits]}))
