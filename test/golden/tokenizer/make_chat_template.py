"""chat_template.json: what transformers' apply_chat_template gives with the template in our tokenizer_config.json.

usage: node --import tsx test/golden/tokenizer/save_chat_tokenizer.ts FOLDER && python make_chat_template.py FOLDER
Made with transformers 5.18.0, tokenizers 0.23.2, jinja2 3.1.6.
"""

import json
import pathlib
import sys
from transformers import AutoTokenizer

HERE = pathlib.Path(__file__).parent
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
given = json.loads((HERE / "chat_conversations.json").read_text(encoding="utf-8"))
rows = []
for pair in given["pairs"]:
    asked = [{"role": "user", "content": pair["prompt"]}]
    whole = asked + [{"role": "assistant", "content": pair["reply"]}]
    rows.append({
        **pair,
        "prompt_text": tokenizer.apply_chat_template(asked, tokenize=False, add_generation_prompt=True),
        "text": tokenizer.apply_chat_template(whole, tokenize=False),
        "prompt_ids": list(tokenizer.apply_chat_template(asked, return_dict=False, add_generation_prompt=True)),
        "ids": list(tokenizer.apply_chat_template(whole, return_dict=False)),
    })
turns = [{"role": r, "content": c} for r, c in [("user", "a?"), ("assistant", "b."), ("user", "c?"), ("assistant", "d.")]]
try:
    tokenizer.apply_chat_template([{"role": "system", "content": "x"}], tokenize=False)
    refused = None
except Exception as error:
    refused = str(error)
out = {"template": tokenizer.chat_template, "rows": rows, "two_turns": tokenizer.apply_chat_template(turns, tokenize=False), "refused": refused}
(HERE / "chat_template.json").write_text(json.dumps(out, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
