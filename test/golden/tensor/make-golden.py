"""Writes operations.json and training-run.json beside this script: PyTorch's values and gradients for the tensor
operations, and the losses of six AdamW steps of a small LlamaForCausalLM. Needs torch and transformers.

Arrays are base64 of little-endian float32, computed in float64 where nothing else is said.
"""

import base64
import json
import math
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
import transformers

here = pathlib.Path(__file__).parent
torch.manual_seed(20)


def pack(x):
    return {"shape": list(x.shape), "f32": base64.b64encode(x.detach().float().numpy().tobytes()).decode()}


def leaf(*shape):  # numbers that float32 holds exactly, so that both sides start from the same
    return torch.randn(*shape).double().requires_grad_(True)


def case(op, inputs, output, **attributes):
    weights = torch.randn(output.shape).double()
    grads = torch.autograd.grad((output * weights).sum(), list(inputs.values()))
    return {
        "op": op,
        **attributes,
        "inputs": {k: pack(v) for k, v in inputs.items()},
        "output": pack(output),
        "weights": pack(weights),
        "gradients": {k: pack(g) for k, g in zip(inputs, grads)},
    }


cases = []

x, w = leaf(5, 24), leaf(24)
cases.append(case("rmsNorm", {"x": x, "weight": w}, F.rms_norm(x, (24,), w, 1e-5), eps=1e-5))

x, w = leaf(7, 12), leaf(9, 12)
cases.append(case("linear", {"x": x, "weight": w}, F.linear(x, w)))

table, ids = leaf(11, 6), [3, 10, 3, 0]
cases.append(case("embedding", {"table": table}, F.embedding(torch.tensor(ids), table), ids=ids))

x, heads, D, theta, positions = leaf(6, 24), 3, 8, 10000.0, [0, 1, 2, 7, 100, 511]
angles = torch.tensor(positions).double()[:, None] * theta ** (-2 * torch.arange(D // 2).double() / D)
cos, sin = (torch.cat([t, t], 1)[:, None] for t in (angles.cos(), angles.sin()))
h = x.view(6, heads, D)
turned = h * cos + torch.cat([-h[..., D // 2 :], h[..., : D // 2]], -1) * sin
cases.append(case("rope", {"x": x}, turned.view(6, 24), positionIds=positions, headDim=D, theta=theta))

B, T, H, K, D = 2, 9, 4, 2, 6
q, k, v = leaf(B * T, H * D), leaf(B * T, K * D), leaf(B * T, K * D)
split = lambda t, n: t.view(B, T, n, D).transpose(1, 2)
o = F.scaled_dot_product_attention(split(q, H), split(k, K), split(v, K), is_causal=True, enable_gqa=True)
o = o.transpose(1, 2).reshape(B * T, H * D)
cases.append(case("attention", {"q": q, "k": k, "v": v}, o, shape={"B": B, "T": T, "H": H, "K": K, "D": D}))

gate, up = leaf(4, 10), leaf(4, 10)
cases.append(case("swiglu", {"gate": gate, "up": up}, F.silu(gate) * up))

x, w, labels = leaf(8, 10), leaf(13, 10), [0, 12, -100, 5, 5, -100, 1, 7]
loss = F.cross_entropy(F.linear(x, w), torch.tensor(labels))
cases.append(case("linearCrossEntropy", {"x": x, "weight": w}, loss, labels=labels))

settings = {"learningRate": 0.01, "beta1": 0.9, "beta2": 0.95, "eps": 1e-8, "weightDecay": 0.1}
p = torch.randn(20).double().requires_grad_(True)
first, grads = p.detach().clone(), [torch.randn(20).double() for _ in range(3)]
optimizer = torch.optim.AdamW([p], lr=0.01, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1)
for g in grads:
    p.grad = g.clone()
    optimizer.step()
adamw = {**settings, "parameter": pack(first), "gradients": [pack(g) for g in grads], "result": pack(p)}

versions = {"torch": torch.__version__, "transformers": transformers.__version__}
(here / "operations.json").write_text(json.dumps({"versions": versions, "cases": cases, "adamw": adamw}) + "\n")

config = transformers.LlamaConfig(
    vocab_size=48, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, max_position_embeddings=64, rms_norm_eps=1e-6, tie_word_embeddings=False, initializer_range=0.2,
    attn_implementation="sdpa",
)  # fmt: skip
model = transformers.LlamaForCausalLM(config).float()
start = {name: pack(value) for name, value in model.state_dict().items()}
model = model.double()
ids = torch.randint(0, 48, (3, 13))
labels = torch.where(torch.rand(3, 12) < 0.25, -100, ids[:, 1:])
optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.01)
losses, norms = [], []
for _ in range(6):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(ids[:, :12]).logits.reshape(-1, 48), labels.reshape(-1))
    loss.backward()
    norms.append(math.sqrt(sum(float((p.grad**2).sum()) for p in model.parameters())))
    optimizer.step()
    losses.append(loss.item())
run = {
    "versions": versions,
    "config": {"vocabSize": 48, "hiddenSize": 16, "intermediateSize": 24, "numHiddenLayers": 2, "numAttentionHeads": 4,
               "numKeyValueHeads": 2, "rmsNormEps": 1e-6},
    "learningRate": 0.01, "weightDecay": 0.01, "B": 3, "T": 12,
    "ids": ids[:, :12].reshape(-1).tolist(), "labels": labels.reshape(-1).tolist(),
    "weights": start, "losses": losses, "gradientNorms": norms,
}  # fmt: skip
(here / "training-run.json").write_text(json.dumps(run) + "\n")
print(losses, norms, np.__version__)
