"""Training updates of the same models in plain PyTorch (eager and compiled, AdamW fused), one JSON line per
measurement.

python3 peer.py SECONDS: starts no measurement after so many seconds. tf32: matmul precision "high"; bf16: autocast over float32
weights. Attention: scaled_dot_product_attention, causal.
"""

import json
import sys
import time

import torch
import torch.nn.functional as F

BUDGET, BEGAN = float(sys.argv[1]), time.perf_counter()
EPS, THETA = 1e-6, 10000.0
# name, vocabulary, hidden, layers, feed-forward, heads, B, T
CASES = [
    ("S", 2048, 128, 4, 512, 4, 8, 128),
    ("M", 8192, 256, 6, 1024, 4, 8, 256),
    ("llama140M", 32000, 704, 12, 2816, 11, 1, 6144),
    ("llama140M", 32000, 704, 12, 2816, 11, 8, 6144),
]


class Model:
    def __init__(self, V, C, L, FF, H, B, T):
        self.C, self.H, self.D, self.B, self.T = C, H, C // H, B, T
        torch.manual_seed(1)
        make = lambda *s: (torch.randn(*s, device="cuda") * 0.02).requires_grad_(True)
        ones = lambda: torch.ones(C, device="cuda", requires_grad=True)
        self.embed, self.head, self.last = make(V, C), make(V, C), ones()
        squares = lambda: [make(C, C) for _ in range(4)]
        self.layers = [(ones(), *squares(), ones(), make(FF, C), make(FF, C), make(C, FF)) for _ in range(L)]
        exponents = -2 * torch.arange(self.D // 2, dtype=torch.float64) / self.D
        angle = torch.arange(T, dtype=torch.float64)[:, None] * THETA**exponents
        self.cos, self.sin = (torch.cat([x, x], 1).float().cuda() for x in (angle.cos(), angle.sin()))
        ids = torch.randint(0, V, (B, T + 1), device="cuda")
        self.ids, self.labels = ids[:, :-1].contiguous(), ids[:, 1:].reshape(-1)
        parameters = [self.embed, self.head, self.last] + [w for layer in self.layers for w in layer]
        self.optimizer = torch.optim.AdamW(parameters, lr=1e-3, weight_decay=0.01, fused=True)

    def loss(self):
        half = self.D // 2
        norm = lambda x, w: F.rms_norm(x, (self.C,), w, EPS)
        rope = lambda x: x * self.cos + torch.cat([-x[..., half:], x[..., :half]], -1) * self.sin
        heads = lambda x: x.view(self.B, self.T, self.H, self.D).transpose(1, 2)
        x = F.embedding(self.ids, self.embed)
        for n1, wq, wk, wv, wo, n2, wg, wu, wd in self.layers:
            n = norm(x, n1)
            v = heads(F.linear(n, wv))
            q, k = (rope(heads(F.linear(n, w))).to(v.dtype) for w in (wq, wk))
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + F.linear(mixed.transpose(1, 2).reshape(self.B, self.T, self.C), wo)
            m = norm(x, n2)
            x = x + F.linear(F.silu(F.linear(m, wg)) * F.linear(m, wu), wd)
        logits = F.linear(norm(x, self.last).view(-1, self.C), self.head)
        return F.cross_entropy(logits.float(), self.labels)


def measure(shape, mode, compiled):
    torch.set_float32_matmul_precision("high" if mode == "tf32" else "highest")
    model = Model(*shape)
    loss = torch.compile(model.loss) if compiled else model.loss

    def update():
        model.optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cuda", dtype=torch.bfloat16, enabled=mode == "bf16"):
            value = loss()
        value.backward()
        model.optimizer.step()
        value.item()

    for _ in range(3):
        update()
    times, until = [], time.perf_counter() + 1
    while len(times) < 2 or time.perf_counter() < until:
        at = time.perf_counter()
        update()
        torch.cuda.synchronize()
        times.append(time.perf_counter() - at)
    return sorted(times)[len(times) // 2]


RUNS = [(case, mode, False) for case in CASES for mode in ("tf32", "bf16")]
RUNS += [(case, "bf16", True) for case in CASES if case[0] == "llama140M"]  # compiling takes some 20 seconds
for (name, *shape), mode, compiled in RUNS:
    if time.perf_counter() - BEGAN > BUDGET - (20 if compiled else 0):
        break
    B, T = shape[-2:]
    seconds = measure(shape, mode, compiled)
    row = {"name": name, "batch": f"{B} x {T}", "mode": mode, "compiled": compiled}
    row["gigabytes"] = round(torch.cuda.max_memory_allocated() / 1e9, 2)
    print(json.dumps({**row, "tokensPerSecond": round(B * T / seconds), "torch": torch.__version__}), flush=True)
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
