"""Train an exported stage on any number of GPUs with plain PyTorch: torchrun --nproc-per-node N train_ddp.py.

The folder beside this script holds everything: `model/` (Hugging Face), the token ids, the plan (which pieces of which
documents each update reads, in the order that the TypeScript loop has), and `training.json`. The losses are those of the
TypeScript loop up to rounding. `trained/` and `losses.csv` are what `class-it import-torch` takes back.

Needs torch and transformers. A stopped run resumes from `checkpoint.pt`.
"""

import argparse
import json
import math
import os
import signal
import time
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel
from transformers import LlamaForCausalLM

HERE = Path(__file__).resolve().parent
IGNORE = -100


class Export:
    """The arrays that class-it wrote, memory-mapped."""

    def __init__(self, folder):
        self.settings = json.loads((folder / "training.json").read_text())
        array = lambda name: np.load(folder / f"{name}.npy", mmap_mode="r")
        self.ids = array("ids")  # int32, all examples one after the other
        self.offsets = array("offsets")  # example e is ids[offsets[e] : offsets[e + 1]]
        self.loss_from = array("loss_from")  # tokens of an example from here on carry loss
        self.pieces = array("pieces")  # (example, from, to): inputs from .. to - 1
        self.rows = array("rows")  # row r holds pieces[rows[r] : rows[r + 1]]
        self.updates = array("updates")  # update u reads rows[updates[u] : updates[u + 1]]
        self.words = array("words")  # words seen after each update
        self.epochs = array("epochs")  # epoch of each update

    def row(self, r):
        """Ids, labels, positions and document numbers of one packed row."""
        ids, labels, positions, documents = [], [], [], []
        for number, (example, start, end) in enumerate(self.pieces[self.rows[r] : self.rows[r + 1]]):
            base = self.offsets[example]
            ids.append(self.ids[base + start : base + end])
            targets = np.array(self.ids[base + start + 1 : base + end + 1])
            targets[np.arange(start + 1, end + 1) < self.loss_from[example]] = IGNORE
            labels.append(targets)
            positions.append(np.arange(end - start))
            documents.append(np.full(end - start, number))
        return tuple(np.concatenate(part).astype(np.int64) for part in (ids, labels, positions, documents))


def passes(export, rows, tokens, device):
    """Rows side by side, at most `tokens` slots (or one row) per forward pass; padding is a document of its own."""
    loaded = [export.row(r) for r in rows]
    while loaded:
        count = 1
        while count < len(loaded) and max(len(row[0]) for row in loaded[: count + 1]) * (count + 1) <= tokens:
            count += 1
        part, loaded = loaded[:count], loaded[count:]
        width = max(len(row[0]) for row in part)
        batch = np.stack(
            [
                np.stack([np.pad(x, (0, width - len(x)), constant_values=fill) for x, fill in zip(row, (0, IGNORE, 0, -1))])
                for row in part
            ]
        )
        ids, labels, positions, documents = torch.from_numpy(batch).to(device).unbind(1)
        same = documents[:, :, None] == documents[:, None, :]
        causal = torch.ones(width, width, dtype=torch.bool, device=device).tril()
        yield ids, labels, positions, (same & causal)[:, None]


def rate_factor(settings, step, total):
    """The schedules of the TypeScript loop that train whole models; updates count from 0."""
    warmup = settings["warmupSteps"]
    if step < warmup:
        return step / max(1, warmup)
    if settings["schedule"] == "linear":
        return max(0.0, (total - step) / max(1, total - warmup))
    progress = (step - warmup) / max(1, total - warmup)
    if settings["schedule"] == "cosine-with-restarts":
        if progress >= 1:
            return 0.0
        return max(0.0, 0.5 * (1 + math.cos(math.pi * ((settings["cycles"] * progress) % 1))))
    raise SystemExit(f"training.json: schedule {settings['schedule']} is not one of linear, cosine-with-restarts")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--updates", type=int, help="stop after so many updates; default all")
    parser.add_argument("--tokens", type=int, help="slots per forward pass; default as the TypeScript loop")
    parser.add_argument("--precision", choices=["float32", "bf16"], default="float32")
    parser.add_argument("--save-minutes", type=float, default=10)
    options = parser.parse_args()

    cuda = torch.cuda.is_available()
    dist.init_process_group("nccl" if cuda else "gloo")
    rank, world = dist.get_rank(), dist.get_world_size()
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0))) if cuda else torch.device("cpu")
    if cuda:
        torch.cuda.set_device(device)
    stopping = []
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda number, _: stopping.append(number))

    export = Export(HERE)
    settings = export.settings
    total = len(export.updates) - 1
    last = min(total, options.updates or total)
    model = LlamaForCausalLM.from_pretrained(HERE / "model", attn_implementation="sdpa", torch_dtype=torch.float32)
    model.to(device).train()
    matrices = [p for p in model.parameters() if p.dim() > 1]
    norms = [p for p in model.parameters() if p.dim() <= 1]
    optimizer = torch.optim.AdamW(
        [
            {"params": matrices, "weight_decay": settings["weightDecay"]},
            {"params": norms, "weight_decay": settings["weightDecay"] if settings["decay"] == "all" else 0.0},
        ],
        lr=settings["learningRate"],
        betas=(settings["beta1"], settings["beta2"]),
        eps=settings["eps"],
    )
    parallel = DistributedDataParallel(model, device_ids=[device.index] if cuda else None)

    table, checkpoint = HERE / "losses.csv", HERE / "checkpoint.pt"
    step, tokens_seen, rows_done = 0, 0, []
    if checkpoint.exists():
        saved = torch.load(checkpoint, map_location=device, weights_only=True)
        if saved["training"] != settings["fingerprint"]:
            raise SystemExit("checkpoint.pt belongs to another export; remove it to begin anew")
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        step, tokens_seen, rows_done = saved["step"], saved["tokens"], saved["losses"]

    def save():
        if rank != 0:
            return
        state = {
            "training": settings["fingerprint"],
            "model": model.state_dict(),
            "optimizer": optimizer.state_dict(),
            "step": step,
            "tokens": tokens_seen,
            "losses": rows_done,
        }
        torch.save(state, HERE / "checkpoint.incomplete")
        os.replace(HERE / "checkpoint.incomplete", checkpoint)

    width = options.tokens or settings["maxMicroBatchTokens"]
    saved_at = time.monotonic()
    while step < last:
        rows = range(export.updates[step], export.updates[step + 1])
        mine = list(rows)[rank::world]
        loss_sum = torch.zeros((), dtype=torch.float64, device=device)
        counts = torch.zeros(2, dtype=torch.int64, device=device)  # tokens under the loss, all tokens
        batches = list(passes(export, mine, width, device))
        for _, labels, _, mask in batches:
            counts[0] += (labels != IGNORE).sum()
            counts[1] += mask.shape[0] * mask.shape[-1]
        dist.all_reduce(counts)
        under_loss = max(1, int(counts[0]))
        factor = rate_factor(settings, step, total)
        for group in optimizer.param_groups:
            group["lr"] = settings["learningRate"] * factor
        optimizer.zero_grad(set_to_none=True)
        for number, (ids, labels, positions, mask) in enumerate(batches):
            # Gradients are summed over the ranks once per update, in the backward pass of the last part.
            waiting = nullcontext() if number == len(batches) - 1 else parallel.no_sync()
            with waiting:
                with torch.autocast(device.type, torch.bfloat16, enabled=options.precision == "bf16"):
                    logits = parallel(input_ids=ids, position_ids=positions, attention_mask=mask).logits
                loss = torch.nn.functional.cross_entropy(
                    logits.float().flatten(0, 1), labels.flatten(), ignore_index=IGNORE, reduction="sum"
                )
                (loss * world / under_loss).backward()
            loss_sum += loss.detach().double()
        if not batches:  # a rank without rows takes part in the sum with zeros
            logits = parallel(input_ids=torch.zeros(1, 1, dtype=torch.long, device=device)).logits
            (logits.sum() * 0).backward()
        dist.all_reduce(loss_sum)
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), settings["maxGradNorm"])
        if not math.isfinite(float(loss_sum)) or not math.isfinite(float(norm)):
            raise SystemExit(f"the loss or gradient of update {step + 1} is not finite; lower learningRate")
        optimizer.step()
        tokens_seen += int(counts[1])
        loss_nats = float(loss_sum) / under_loss
        rows_done.append(
            [step + 1, int(export.epochs[step]), int(export.words[step]), tokens_seen]
            + [settings["learningRate"] * factor, loss_nats, float(norm)]
        )
        step += 1
        if rank == 0 and (step % 10 == 0 or step == last):
            print(f"update {step} of {total}: loss {loss_nats:.4f}", flush=True)
        stop = torch.tensor(1 if stopping else 0, device=device)
        dist.all_reduce(stop)
        if int(stop) > 0:
            save()
            dist.destroy_process_group()
            raise SystemExit(75)
        due = torch.tensor(1 if time.monotonic() - saved_at > 60 * options.save_minutes else 0, device=device)
        dist.broadcast(due, 0)
        if int(due) > 0:
            save()
            saved_at = time.monotonic()

    if rank == 0:
        header = "step,epoch,words,tokens,learningRate,lossNats,gradNorm"
        lines = [",".join(str(cell) for cell in row) for row in rows_done]
        (HERE / "losses.incomplete").write_text("\n".join([header, *lines]) + "\n")
        os.replace(HERE / "losses.incomplete", table)
        if step == total:
            model.save_pretrained(HERE / "trained", safe_serialization=True)
            (HERE / "trained.json").write_text(json.dumps({"updates": step, "training": settings["fingerprint"]}) + "\n")
        else:
            save()
    dist.barrier()
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
