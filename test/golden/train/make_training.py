"""updates.json and classifier.json: what PyTorch makes of the folder that save_golden.ts writes.

updates.json: eight updates of transformers' LlamaForCausalLM by torch.optim.AdamW, gradients clipped at norm 1, matrices
decayed and norms not, a linear schedule with two updates of warm-up.

classifier.json: the classifier of the BabyLM 2025 pipeline (finetune/classifier_model.py, written anew from its
description: LayerNorm without weights, Linear, GELU, LayerNorm without weights, dropout, Linear) on the same model, for each
pooling: scores of six rows, then four updates (AdamW on every parameter, weight decay 0.01, no clipping, the pipeline's
cosine with a floor after a warm-up of one update).

usage: node --import tsx test/golden/model/save_golden.ts FOLDER && python make_training.py FOLDER
Made with transformers 5.18.0, torch 2.13.0 on the CPU, float32.
"""

import json
import math
import os
import sys

import torch
from torch import nn
from transformers import AutoModelForCausalLM

HERE = os.path.dirname(os.path.abspath(__file__))
V = 24


def load():
    return AutoModelForCausalLM.from_pretrained(sys.argv[1], dtype=torch.float32, attn_implementation="eager")


def save(name, content):
    content["versions"] = {"torch": torch.__version__, "transformers": __import__("transformers").__version__}
    with open(os.path.join(HERE, name), "w") as f:
        f.write(json.dumps(content) + "\n")


def rows_of(seed, count, shortest, longest):
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.randint(shortest, longest + 1, (count,), generator=generator).tolist()
    return [[0] + torch.randint(4, V, (n - 1,), generator=generator).tolist() for n in lengths]


def norm_of(parameters):
    return math.sqrt(sum(float((p.grad.double() ** 2).sum()) for p in parameters if p.grad is not None))


def updates():
    model = load().train()
    decayed = [p for p in model.parameters() if p.dim() > 1]
    kept = [p for p in model.parameters() if p.dim() == 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.05}, {"params": kept, "weight_decay": 0.0}], lr=1.0, eps=1e-8
    )
    batches = [rows_of(100 + step, 3, 4, 12) for step in range(8)]
    losses, norms, rates = [], [], []
    for step, rows in enumerate(batches):
        rate = 1e-2 * (step / 2 if step < 2 else (8 - step) / 6)  # warm-up of 2, then linear to 0
        for group in optimizer.param_groups:
            group["lr"] = rate
        total, count = 0, 0
        optimizer.zero_grad()
        for row in rows:
            logits = model(input_ids=torch.tensor([row])).logits[0, :-1]
            total = total + nn.functional.cross_entropy(logits, torch.tensor(row[1:]), reduction="sum")
            count += len(row) - 1
        (total / count).backward()
        losses.append((total / count).item())
        norms.append(norm_of(model.parameters()))
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        rates.append(rate)
    weights = {name: float(p.detach().double().norm()) for name, p in model.named_parameters()}
    final = model.model.layers[1].self_attn.k_proj.weight.detach().flatten().tolist()
    save(
        "updates.json",
        {"batches": batches, "learningRates": rates, "losses": losses, "gradientNorms": norms, "weightNorms": weights,
         "model.layers.1.self_attn.k_proj.weight": final},
    )


class Classifier(nn.Module):
    def __init__(self, model, labels, head):
        super().__init__()
        C = model.config.hidden_size
        self.transformer = model.model
        self.nonlinearity = nn.Sequential(
            nn.LayerNorm(C, 1e-5, elementwise_affine=False),
            nn.Linear(C, C),
            nn.GELU(),
            nn.LayerNorm(C, 1e-5, elementwise_affine=False),
            nn.Dropout(0.0),
            nn.Linear(C, labels),
        )
        self.nonlinearity.load_state_dict(head)

    def forward(self, rows, pooling):
        if pooling == "last_left_padded":  # one batch, padded on the left, positions counted from its left edge
            longest = max(len(row) for row in rows)
            ids = torch.tensor([[3] * (longest - len(row)) + row for row in rows])
            mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in rows])
            positions = torch.arange(longest).repeat(len(rows), 1)
            hidden = self.transformer(input_ids=ids, attention_mask=mask, position_ids=positions).last_hidden_state
            return self.nonlinearity(hidden[:, -1])
        at = 0 if pooling == "first" else -1
        states = [self.transformer(input_ids=torch.tensor([row])).last_hidden_state[0, at] for row in rows]
        return self.nonlinearity(torch.stack(states))


def classifier():
    labels = 3
    torch.manual_seed(7)
    C = load().config.hidden_size
    head = {
        "1.weight": torch.randn(C, C) / 4,
        "1.bias": torch.randn(C) / 4,
        "5.weight": torch.randn(labels, C) / 4,
        "5.bias": torch.randn(labels) / 4,
    }
    batches = [rows_of(200 + step, 6, 2, 10) for step in range(4)]
    gold = [[sum(row) % labels for row in rows] for rows in batches]
    poolings = {}
    for pooling in ["first", "last_left_padded", "last_real"]:
        model = Classifier(load(), labels, {name: value.clone() for name, value in head.items()}).train()
        with torch.no_grad():
            logits = model(batches[0], pooling).flatten().tolist()
        optimizer = torch.optim.AdamW(model.parameters(), lr=1.0, weight_decay=0.01, eps=1e-8)
        losses, norms = [], []
        for step, rows in enumerate(batches):
            progress = (step - 1) / 3
            factor = step if step < 1 else max(0.1, 0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * progress)))
            for group in optimizer.param_groups:
                group["lr"] = 1e-3 * factor
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(rows, pooling), torch.tensor(gold[step]))
            loss.backward()
            losses.append(loss.item())
            norms.append(norm_of(model.parameters()))
            optimizer.step()
        with torch.no_grad():
            after = model(batches[0], pooling).flatten().tolist()
        poolings[pooling] = {"logits": logits, "losses": losses, "gradientNorms": norms, "logitsAfter": after}
    save(
        "classifier.json",
        {"labels": labels, "batches": batches, "gold": gold, "poolings": poolings,
         "head": {f"nonlinearity.{name}": value.flatten().tolist() for name, value in head.items()}},
    )


updates()
classifier()
