"""schedules.json: learning rates of transformers 5.18 (PyTorch 2.13), peak 1e-3, warm-up 5, 60 updates, two past the end.

usage: python make_schedules.py > schedules.json
"""

import json
import torch
from transformers import (
    get_cosine_schedule_with_warmup,
    get_cosine_with_hard_restarts_schedule_with_warmup,
    get_linear_schedule_with_warmup,
)


def rates(make):
    optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))], lr=1e-3)
    scheduler, used = make(optimizer), []
    for _ in range(62):
        used.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return used


print(json.dumps({
    "linear": rates(lambda o: get_linear_schedule_with_warmup(o, 5, 60)),
    "cosine_half_cycle": rates(lambda o: get_cosine_schedule_with_warmup(o, 5, 60)),
    "cosine_num_cycles_1.5": rates(lambda o: get_cosine_schedule_with_warmup(o, 5, 60, num_cycles=1.5)),
    **{
        f"hard_restarts_{n}": rates(lambda o: get_cosine_with_hard_restarts_schedule_with_warmup(o, 5, 60, num_cycles=n))
        for n in (1, 2, 3)
    },
}))
