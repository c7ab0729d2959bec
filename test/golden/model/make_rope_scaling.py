"""How far scaled rotary positions are from plain ones in transformers, for scalings that look as if they did nothing.

    pip install torch==2.13.0 transformers==5.18.0     (the same numbers with 4.57.6)
    python make_rope_scaling.py > rope-scaling.json

Per scaling the largest difference of any cosine or sine from the plain one, within the 64 positions that the model was made
for and beyond them. A text of n tokens is asked for at once, as a model does.
"""

import json
import warnings

import torch
import transformers
from transformers import LlamaConfig
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

warnings.filterwarnings("ignore")
WITHIN, BEYOND = (1, 5, 64), (65, 201)
LLAMA3 = {"low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 32}
SCALINGS = [
    {"rope_type": "linear", "factor": 1.0},
    {"rope_type": "linear", "factor": 2.0},
    {"rope_type": "dynamic", "factor": 1.0},
    {"rope_type": "yarn", "factor": 1.0},
    {"rope_type": "yarn", "factor": 1.0, "original_max_position_embeddings": 32},
    {"rope_type": "yarn", "factor": 1.0, "mscale": 0.7, "mscale_all_dim": 0.5},
    {"rope_type": "yarn", "factor": 1.0, "attention_factor": 1.0},
    {"rope_type": "yarn", "factor": 1.0, "attention_factor": 1.2},
    {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16},
    {"rope_type": "llama3", "factor": 1.0, **LLAMA3},
    {"rope_type": "llama3", "factor": 8.0, **LLAMA3},
]
SHAPE = dict(
    hidden_size=32, num_attention_heads=2, num_hidden_layers=1, vocab_size=8, intermediate_size=8, max_position_embeddings=64
)


def angles(scaling, length):
    if transformers.__version__.startswith("5"):
        rope = {"rope_parameters": {"rope_theta": 10000.0, **(scaling or {"rope_type": "default"})}}
    else:
        rope = {"rope_theta": 10000.0, "rope_scaling": scaling}
    embedding = LlamaRotaryEmbedding(LlamaConfig(**SHAPE, **rope))
    return torch.stack(embedding(torch.zeros(1, length, 32), torch.arange(length)[None]))


def difference(scaling, lengths):
    return max(float((angles(dict(scaling), n) - angles(None, n)).abs().max()) for n in lengths)


rows = [{"scaling": s, "within": difference(s, WITHIN), "beyond": difference(s, BEYOND)} for s in SCALINGS]
print('{"rows":[\n' + ",\n".join(json.dumps(row) for row in rows) + "\n]}")
