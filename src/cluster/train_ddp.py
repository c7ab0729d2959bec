"""Train an exported stage on any number of GPUs with plain PyTorch: torchrun --nproc-per-node N train_ddp.py.

`class-it export-torch` wrote the folder of this script: `model/` (Hugging Face), the token ids, which tokens each update
reads, in the order of the TypeScript loop, and `training.json`. The losses are those of the TypeScript loop up to
rounding. `class-it import-torch` takes back what this script leaves: `trained/`, `checkpoints/`, `losses.csv`,
`trained.json`.

Needs torch and transformers. After SIGTERM it saves `checkpoint.pt` and ends; started again, it resumes.
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
STOPPED = 75  # a process's own status; torchrun ends with 1 then


class Export:
    """What class-it wrote; arrays are memory-mapped."""

    def __init__(self, folder):
        self.settings = json.loads((folder / "training.json").read_text())
        array = lambda name: np.load(folder / f"{name}.npy", mmap_mode="r")
        self.ids = array("ids")  # all examples one after the other
        self.examples = array("examples")  # (first token in ids, first token of the example with a loss)
        self.pieces = array("pieces")  # (example, from, to): reads its tokens from .. to - 1
        self.rows = array("rows")  # row r packs pieces rows[r] .. rows[r + 1] - 1
        self.updates = array("updates")  # (first row, row after the last, epoch, words seen, slots seen, tokens with a loss)
        self.rates = array("rates")  # learning rate of each update

    def row(self, r):
        """Ids, labels, positions and document numbers of one packed row."""
        ids, labels, positions, documents = [], [], [], []
        for number, (example, start, end) in enumerate(self.pieces[self.rows[r] : self.rows[r + 1]]):
            base, loss_from = self.examples[example]
            ids.append(self.ids[base + start : base + end])
            targets = np.array(self.ids[base + start + 1 : base + end + 1])
            targets[np.arange(start + 1, end + 1) < loss_from] = IGNORE
            labels.append(targets)
            positions.append(np.arange(end - start))
            documents.append(np.full(end - start, number))
        return tuple(np.concatenate(part).astype(np.int64) for part in (ids, labels, positions, documents))


def passes(export, rows, slots, device):
    """Rows side by side, at most `slots` (or one row) per forward pass; padding is a document of its own."""
    loaded = [export.row(r) for r in rows]
    while loaded:
        count = 1
        while count < len(loaded) and max(len(row[0]) for row in loaded[: count + 1]) * (count + 1) <= slots:
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


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--updates", type=int, help="stop after so many updates; default all")
    parser.add_argument("--slots", type=int, help="token slots per forward pass; default as the TypeScript loop")
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
    total = len(export.updates)
    last = min(total, options.updates or total)
    model = LlamaForCausalLM.from_pretrained(HERE / "model", attn_implementation="sdpa").float()
    model.to(device).train()
    matrices = [p for p in model.parameters() if p.dim() > 1]
    norms = [p for p in model.parameters() if p.dim() <= 1]
    optimizer = torch.optim.AdamW(
        [
            {"params": matrices, "weight_decay": settings["weightDecay"]},
            {"params": norms, "weight_decay": settings["weightDecay"] if settings["decay"] == "all" else 0.0},
        ],
        betas=(settings["beta1"], settings["beta2"]),
        eps=settings["eps"],
    )
    parallel = DistributedDataParallel(model, device_ids=[device.index] if cuda else None)

    checkpoint = HERE / "checkpoint.pt"
    step, lines = 0, []
    if checkpoint.exists():
        saved = torch.load(checkpoint, map_location=device, weights_only=True)
        if saved["fingerprint"] != settings["fingerprint"]:
            raise SystemExit("checkpoint.pt belongs to another export; remove it to begin anew")
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        step, lines = saved["step"], saved["losses"]

    def write(name, text):
        (HERE / f"{name}.incomplete").write_text(text)
        os.replace(HERE / f"{name}.incomplete", HERE / name)

    def save():
        if rank != 0:
            return
        state = {
            "fingerprint": settings["fingerprint"],
            "model": model.state_dict(),
            "optimizer": optimizer.state_dict(),
            "step": step,
            "losses": lines,
        }
        torch.save(state, HERE / "checkpoint.incomplete")
        os.replace(HERE / "checkpoint.incomplete", checkpoint)

    def any_rank(condition):
        flag = torch.tensor(1 if condition else 0, device=device)
        dist.all_reduce(flag)
        return int(flag) > 0

    slots = options.slots or settings["maxMicroBatchTokens"]
    saved_at = time.monotonic()
    while step < last:
        first, end, epoch, words, seen, under_loss = (int(number) for number in export.updates[step])
        for group in optimizer.param_groups:
            group["lr"] = float(export.rates[step])
        optimizer.zero_grad(set_to_none=True)
        loss_sum = torch.zeros((), dtype=torch.float64, device=device)
        batches = list(passes(export, range(first, end)[rank::world], slots, device))
        for number, (ids, labels, positions, mask) in enumerate(batches):
            # Gradients are summed over the ranks once per update, in the backward pass of the last part.
            waiting = nullcontext() if number == len(batches) - 1 else parallel.no_sync()
            with waiting:
                with torch.autocast(device.type, torch.bfloat16, enabled=options.precision == "bf16"):
                    logits = parallel(input_ids=ids, position_ids=positions, attention_mask=mask).logits
                loss = torch.nn.functional.cross_entropy(
                    logits.float().flatten(0, 1), labels.flatten(), ignore_index=IGNORE, reduction="sum"
                )
                (loss * world / under_loss).backward()  # DDP takes the mean over the ranks
            loss_sum += loss.detach().double()
        if not batches:  # a rank without rows takes part in the sum with zeros
            logits = parallel(input_ids=torch.zeros(1, 1, dtype=torch.long, device=device)).logits
            (logits.sum() * 0).backward()
        dist.all_reduce(loss_sum)
        norm = float(torch.nn.utils.clip_grad_norm_(model.parameters(), settings["maxGradNorm"] or math.inf))
        if not math.isfinite(float(loss_sum)) or not math.isfinite(norm):
            raise SystemExit(f"the loss or gradient of update {step + 1} is not finite; lower the learning rate")
        optimizer.step()
        loss_nats = float(loss_sum) / under_loss
        step += 1
        lines.append(",".join(map(str, (step, epoch, words, seen, float(export.rates[step - 1]), loss_nats, norm))))
        if rank == 0 and (step % 10 == 0 or step == last):
            print(f"update {step} of {total}: loss {loss_nats:.4f}", flush=True)
        if rank == 0 and str(step) in settings["checkpoints"]:
            model.save_pretrained(HERE / "checkpoints" / settings["checkpoints"][str(step)])
        if any_rank(stopping):
            save()
            dist.destroy_process_group()
            raise SystemExit(STOPPED)
        if any_rank(rank == 0 and time.monotonic() - saved_at > 60 * options.save_minutes):
            save()
            saved_at = time.monotonic()

    if rank == 0:
        header = "step,epoch,words,tokens,learningRate,lossNats,gradNorm"
        write("losses.csv", "\n".join([header, *lines]) + "\n")
        if step == total:
            model.save_pretrained(HERE / "trained")
            made = {"torch": torch.__version__, "processes": world, "device": device.type, "precision": options.precision}
            write("trained.json", json.dumps({"fingerprint": settings["fingerprint"], "updates": step, **made}) + "\n")
        else:
            save()
    dist.barrier()
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
