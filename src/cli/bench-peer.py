"""The same LLaMA in PyTorch, for `class-it bench --peer`: reads commands, one JSON object a line, answers likewise.

{"config": {...}, "weights": "file of float32", "shapes": [[name, shape], ...], "ids": [...], "labels": [...], "B": 8, "T": 128}
{"run": "train" | "score" | "sgemm", "seconds": 3}  ->  {"seconds": [...], "loss": ...}

Attention is PyTorch's own fused one, the optimizer its AdamW; nothing is compiled. With `"precision": "bf16"` it trains under
`torch.autocast` in bfloat16.
"""

import json
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F


def reply(value):
    print(json.dumps(value), flush=True)


setup = json.loads(sys.stdin.readline())
device = "cuda" if setup.get("gpu") and torch.cuda.is_available() else "cpu"
c = setup["config"]
B, T = setup["B"], setup["T"]
H, K, D, eps = c["numAttentionHeads"], c["numKeyValueHeads"], c["headDim"], c["rmsNormEps"]
flat = np.fromfile(setup["weights"], dtype=np.float32)
weights, at = {}, 0
for name, shape in setup["shapes"]:
    n = int(np.prod(shape))
    weights[name] = torch.tensor(flat[at : at + n].reshape(shape)).to(device).requires_grad_(True)
    at += n
ids = torch.tensor(setup["ids"], device=device).view(B, T)
labels = torch.tensor(setup["labels"], device=device)
angles = torch.arange(T, dtype=torch.float64)[:, None] * c["ropeTheta"] ** (
    -2 * torch.arange(D // 2, dtype=torch.float64) / D
)
cos, sin = (torch.cat([x, x], 1).float().to(device) for x in (angles.cos(), angles.sin()))


def norm(x, w):
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + eps) * w


def rope(x):
    a, b = x[..., : D // 2], x[..., D // 2 :]
    return x * cos + torch.cat([-b, a], -1) * sin


def heads(x, n):
    return x.view(B, T, n, D).transpose(1, 2)


def loss():
    x = F.embedding(ids, weights["model.embed_tokens.weight"])
    for l in range(c["numHiddenLayers"]):
        w = lambda part: weights[f"model.layers.{l}.{part}.weight"]
        n = norm(x, w("input_layernorm"))
        q = rope(heads(F.linear(n, w("self_attn.q_proj")), H))
        k = rope(heads(F.linear(n, w("self_attn.k_proj")), K)).repeat_interleave(H // K, 1)
        v = heads(F.linear(n, w("self_attn.v_proj")), K).repeat_interleave(H // K, 1)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + F.linear(mixed.transpose(1, 2).reshape(B, T, H * D), w("self_attn.o_proj"))
        m = norm(x, w("post_attention_layernorm"))
        x = x + F.linear(F.silu(F.linear(m, w("mlp.gate_proj"))) * F.linear(m, w("mlp.up_proj")), w("mlp.down_proj"))
    table = weights["model.embed_tokens.weight" if c["tieWordEmbeddings"] else "lm_head.weight"]
    logits = F.linear(norm(x, weights["model.norm.weight"]), table).view(B * T, -1)
    return F.cross_entropy(logits, labels)


optimizer = torch.optim.AdamW(weights.values(), lr=setup["learningRate"], weight_decay=setup["weightDecay"])


in_bf16 = torch.autocast(device, torch.bfloat16, enabled=setup.get("precision") == "bf16")


def train():
    optimizer.zero_grad(set_to_none=True)
    with in_bf16:
        value = loss()
    value.backward()
    optimizer.step()
    return value.item()


def score():
    with torch.no_grad():
        return loss().item()


square = torch.ones(1024, 1024, device=device)
work = {"train": train, "score": score, "sgemm": lambda: float((square @ square)[0, 0])}
reply({"version": torch.__version__, "threads": torch.get_num_threads(), "device": device})
for line in sys.stdin:
    command = json.loads(line)
    run, times, value = work[command["run"]], [], None
    until = time.perf_counter() + command["seconds"]
    while not times or time.perf_counter() < until:
        started = time.perf_counter()
        value = run()
        times.append(time.perf_counter() - started)
    reply({"seconds": times, "loss": value})
