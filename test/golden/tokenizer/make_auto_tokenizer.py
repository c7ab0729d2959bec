"""What transformers' AutoTokenizer makes of a tokenizer.json and the configuration files beside it.

    pip install transformers==5.18.0 && python make_auto_tokenizer.py
    pip install transformers==4.57.6 && python make_auto_tokenizer.py      (in another environment)

Each run writes its own version's answers into auto-tokenizer.json; the two versions honour different settings. The
configurations are modelled on those of public models (GPT-2, RoBERTa, Llama 1 to 3, Pythia, Qwen, DeepSeek); all text and
vocabularies are our own.
"""

import json
import pathlib
import tempfile

import transformers
from tokenizers import Tokenizer, decoders as D, models, pre_tokenizers as P, trainers
from transformers import AutoTokenizer

HERE = pathlib.Path(__file__).parent
OUT = HERE / "auto-tokenizer.json"
STORY = json.loads((HERE / "training.json").read_text(encoding="utf-8"))["story"][:1500]
SPECIALS = ["<s>", "</s>", "<unk>", "<pad>"]
TEXTS = ["The geese walk.", " The  river\n", "the<s> goose </s>x", "say <|user|> hi<mask>", "caf\u00e9 cafe\u0301 \u2581x", "", "12345 geese", "geese<|end|> red"]
PAIRS = [("The geese", "a red one"), (" a", "")]
LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN2 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def base_byte_level():
    t = Tokenizer(models.BPE(unk_token="<unk>"))
    t.pre_tokenizer, t.decoder = P.ByteLevel(add_prefix_space=False), D.ByteLevel()
    t.train_from_iterator(STORY.splitlines(keepends=True), trainers.BpeTrainer(vocab_size=300, special_tokens=SPECIALS, show_progress=False,
                                                                               initial_alphabet=P.ByteLevel.alphabet()))
    return json.loads(t.to_str())


def base_llama2():
    t = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    t.pre_tokenizer = P.Metaspace()
    names = ["<unk>", "<s>", "</s>"]
    t.train_from_iterator(STORY.splitlines(), trainers.BpeTrainer(vocab_size=340, special_tokens=names + [f"<0x{b:02X}>" for b in range(256)], show_progress=False))
    whole = json.loads(t.to_str())
    whole["added_tokens"] = whole["added_tokens"][:3]
    whole["pre_tokenizer"] = None
    whole["normalizer"] = {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "\u2581"}, {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}]}
    whole["decoder"] = {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}
    whole["post_processor"] = template(["<s>", "A"], ["<s>", "A", "<s>", "B"], {"<s>": 1})
    return whole


def template(single, pair, ids):
    def piece(name, b):
        return {"Sequence": {"id": name, "type_id": b}} if name in "AB" else {"SpecialToken": {"id": name, "type_id": b}}
    return {"type": "TemplateProcessing", "single": [piece(n, 0) for n in single], "pair": [piece(n, 0) for n in pair],
            "special_tokens": {n: {"id": n, "ids": [i], "tokens": [n]} for n, i in ids.items()}}


def byte_level(**changes):
    return {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True, **changes}


def split(pattern):
    return {"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}, byte_level(use_regex=False)]}


BASES = {"byte level": base_byte_level(), "Llama 2": base_llama2()}
N = len(BASES["byte level"]["model"]["vocab"])
BOS = {"post_processor": template(["<s>", "A"], ["<s>", "A", "<s>", "B"], {"<s>": 0})}
BOTH = {"post_processor": template(["<s>", "A", "</s>"], ["<s>", "A", "</s>", "<s>", "B", "</s>"], {"<s>": 0, "</s>": 1})}
ROBERTA = {"post_processor": {"type": "RobertaProcessing", "sep": ["</s>", 1], "cls": ["<s>", 0], "trim_offsets": True, "add_prefix_space": False}}
PREFIX = {"pre_tokenizer": byte_level(add_prefix_space=True)}
ROLES = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
LLAMA_ROLES = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
MASK = {"content": "<mask>", "single_word": False, "lstrip": True, "rstrip": False, "normalized": False, "special": True}
USER = {"content": "<|user|>", "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
WORD = {"content": "geese", "single_word": False, "lstrip": False, "rstrip": False, "normalized": True, "special": False}


def added(*tokens):
    return {"added_tokens": BASES["byte level"]["added_tokens"] + [{"id": N + i, **token} for i, token in enumerate(tokens)]}


FAST = {"tokenizer_class": "PreTrainedTokenizerFast"}
GPT2, GPT2F = {"tokenizer_class": "GPT2Tokenizer"}, {"tokenizer_class": "GPT2TokenizerFast"}
LLAMA, LLAMAF = {"tokenizer_class": "LlamaTokenizer"}, {"tokenizer_class": "LlamaTokenizerFast"}
ROB = {"tokenizer_class": "RobertaTokenizerFast"}
NEOX, QWEN = {"tokenizer_class": "GPTNeoXTokenizerFast"}, {"tokenizer_class": "Qwen2Tokenizer"}
# name, base, changes to tokenizer.json, tokenizer_config.json (None: no file), further files
C = [
    ("no configuration", "byte level", {}, None, {}),
    ("an empty configuration", "byte level", {}, {}, {}),
    ("roles only", "byte level", {}, ROLES, {}),
    ("as we write it", "byte level", {}, {**ROLES, **FAST, "add_prefix_space": False}, {}),
    ("special_tokens_map.json only", "byte level", {}, None, {"special_tokens_map.json": ROLES}),
    ("base class", "byte level", BOS, {**ROLES, **FAST}, {}),
    ("TokenizersBackend", "byte level", BOS, {**ROLES, "tokenizer_class": "TokenizersBackend"}, {}),
    ("unknown class", "byte level", BOS, {**ROLES, "tokenizer_class": "BabyTokenizer"}, {}),
    ("base class, prefix blank asked", "byte level", {}, {**ROLES, **FAST, "add_prefix_space": True}, {}),
    ("base class, prefix blank in the file", "byte level", PREFIX, {**ROLES, **FAST}, {}),
    ("base class, prefix blank in both", "byte level", PREFIX, {**ROLES, **FAST, "add_prefix_space": True}, {}),
    ("base class, prefix blank refused", "byte level", PREFIX, {**ROLES, **FAST, "add_prefix_space": False}, {}),
    ("GPT-2", "byte level", {}, {**ROLES, **GPT2F}, {}),
    ("GPT-2, slow", "byte level", {}, {**ROLES, **GPT2}, {}),
    ("GPT-2, prefix blank", "byte level", {}, {**ROLES, **GPT2F, "add_prefix_space": True}, {}),
    ("GPT-2, prefix blank in the file", "byte level", PREFIX, {**ROLES, **GPT2F}, {}),
    ("GPT-2, add_bos_token", "byte level", {}, {**ROLES, **GPT2F, "add_bos_token": True}, {}),
    ("GPT-2, slow, add_bos_token", "byte level", {}, {**ROLES, **GPT2, "add_bos_token": True}, {}),
    ("GPT-2, add_bos_token false, template", "byte level", BOS, {**ROLES, **GPT2F, "add_bos_token": False}, {}),
    ("GPT-2, its own roles by default", "byte level", {}, {**GPT2F}, {}),
    ("GPT-2, lower-case normalizer", "byte level", {"normalizer": {"type": "Lowercase"}}, {**ROLES, **GPT2F}, {}),
    ("GPT-2, other word pattern", "byte level", {"pre_tokenizer": split(LLAMA3)}, {**ROLES, **GPT2F}, {}),
    ("RoBERTa", "byte level", ROBERTA, {**ROLES, **ROB, "cls_token": "<s>", "sep_token": "</s>"}, {}),
    ("RoBERTa without its processor", "byte level", {}, {**ROLES, **ROB, "cls_token": "<s>", "sep_token": "</s>"}, {}),
    ("RoBERTa, prefix blank", "byte level", ROBERTA, {**ROLES, **ROB, "add_prefix_space": True, "cls_token": "<s>", "sep_token": "</s>"}, {}),
    ("RoBERTa, mask", "byte level", {**ROBERTA, **added(MASK)}, {**ROLES, **ROB, "mask_token": "<mask>", "cls_token": "<s>", "sep_token": "</s>"}, {}),
    ("RoBERTa, mask in its configuration", "byte level", {**ROBERTA, **added(MASK)}, {**ROLES, **ROB, "mask_token": MASK | {"__type": "AddedToken"}, "cls_token": "<s>", "sep_token": "</s>"}, {}),
    ("Llama 3", "byte level", {"pre_tokenizer": split(LLAMA3), **BOS}, {**ROLES, **FAST}, {}),
    ("Llama 3 with Llama's class", "byte level", {"pre_tokenizer": split(LLAMA3), **BOS}, {**ROLES, **LLAMAF}, {}),
    ("byte level with Llama's class", "byte level", {}, {**ROLES, **LLAMAF}, {}),
    ("byte level with Llama's class, add_bos_token", "byte level", {}, {**ROLES, **LLAMAF, "add_bos_token": True, "add_eos_token": True}, {}),
    ("add_bos_token, base class", "byte level", {}, {**ROLES, **FAST, "add_bos_token": True}, {}),
    ("add_eos_token, base class", "byte level", BOS, {**ROLES, **FAST, "add_bos_token": True, "add_eos_token": True}, {}),
    ("add_bos_token false, base class, template", "byte level", BOS, {**ROLES, **FAST, "add_bos_token": False}, {}),
    ("add_bos_token and template", "byte level", BOS, {**ROLES, **FAST, "add_bos_token": True, "add_eos_token": False}, {}),
    ("add both and template", "byte level", BOTH, {**ROLES, **FAST, "add_bos_token": True, "add_eos_token": True}, {}),
    ("Llama 2", "Llama 2", {}, {**LLAMA_ROLES, **FAST}, {}),
    ("Llama 2, its class", "Llama 2", {}, {**LLAMA_ROLES, **LLAMAF}, {}),
    ("Llama 2, slow class, legacy", "Llama 2", {}, {**LLAMA_ROLES, **LLAMA, "legacy": True, "add_bos_token": True, "add_eos_token": False}, {}),
    ("Llama 2, slow class, not legacy", "Llama 2", {}, {**LLAMA_ROLES, **LLAMA, "legacy": False, "add_bos_token": True, "add_eos_token": False}, {}),
    ("Llama 2, add_bos_token false", "Llama 2", {}, {**LLAMA_ROLES, **LLAMAF, "add_bos_token": False}, {}),
    ("Llama 2, add_eos_token", "Llama 2", {}, {**LLAMA_ROLES, **LLAMAF, "add_eos_token": True}, {}),
    ("Llama 2, add_eos_token, base class", "Llama 2", {}, {**LLAMA_ROLES, **FAST, "add_eos_token": True}, {}),
    ("Llama 2, no prefix blank", "Llama 2", {}, {**LLAMA_ROLES, **LLAMAF, "add_prefix_space": False}, {}),
    ("Llama 2 as Metaspace", "Llama 2", {"normalizer": None, "pre_tokenizer": {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "first", "split": False}}, {**LLAMA_ROLES, **LLAMAF}, {}),
    ("Llama 2 as Metaspace, add_bos_token false", "Llama 2", {"normalizer": None, "pre_tokenizer": {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "first", "split": False}}, {**LLAMA_ROLES, **LLAMAF, "add_bos_token": False}, {}),
    ("Llama 2 as Metaspace, legacy", "Llama 2", {"normalizer": None, "pre_tokenizer": {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": False}}, {**LLAMA_ROLES, **LLAMAF, "legacy": True}, {}),
    ("Llama 2 as Metaspace, base class", "Llama 2", {"normalizer": None, "pre_tokenizer": {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True}}, {**LLAMA_ROLES, **FAST, "add_prefix_space": True}, {}),
    ("Llama 2 as Metaspace, prefix refused", "Llama 2", {"normalizer": None, "pre_tokenizer": {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True}}, {**LLAMA_ROLES, **FAST, "add_prefix_space": False}, {}),
    ("Pythia", "byte level", {"normalizer": {"type": "NFC"}}, {**ROLES, **NEOX}, {}),
    ("Pythia, prefix blank", "byte level", {"normalizer": {"type": "NFC"}}, {**ROLES, **NEOX, "add_prefix_space": True}, {}),
    ("Pythia without normalizer", "byte level", {}, {**ROLES, **NEOX}, {}),
    ("Pythia, template", "byte level", {"normalizer": {"type": "NFC"}, **BOS}, {**ROLES, **NEOX}, {}),
    ("Pythia, template, add_bos_token", "byte level", {"normalizer": {"type": "NFC"}, **BOS}, {**ROLES, **NEOX, "add_bos_token": True}, {}),
    ("Qwen 2", "byte level", {"normalizer": {"type": "NFC"}, "pre_tokenizer": split(QWEN2)}, {**ROLES, **QWEN}, {}),
    ("Qwen 2, word pattern of Llama 3", "byte level", {"normalizer": {"type": "NFC"}, "pre_tokenizer": split(LLAMA3)}, {**ROLES, **QWEN}, {}),
    ("CodeGen", "byte level", {}, {**ROLES, "tokenizer_class": "CodeGenTokenizerFast"}, {}),
    ("Gemma's class", "Llama 2", {}, {**LLAMA_ROLES, "tokenizer_class": "GemmaTokenizerFast"}, {}),
    ("additional_special_tokens", "byte level", {}, {**ROLES, **FAST, "additional_special_tokens": ["<|user|>", "<|end|>"]}, {}),
    ("extra_special_tokens", "byte level", {}, {**ROLES, **FAST, "extra_special_tokens": ["<|user|>", "<|end|>"]}, {}),
    ("extra_special_tokens by name", "byte level", {}, {**ROLES, **FAST, "extra_special_tokens": {"user_token": "<|user|>"}}, {}),
    ("additional_special_tokens that are there", "byte level", added(USER), {**ROLES, **FAST, "additional_special_tokens": ["<|user|>"]}, {}),
    ("additional_special_tokens in the map", "byte level", {}, {**ROLES, **FAST}, {"special_tokens_map.json": {**ROLES, "additional_special_tokens": ["<|user|>"]}}),
    ("additional_special_tokens with its own flags", "byte level", {}, {**ROLES, **FAST, "additional_special_tokens": [{**USER, "lstrip": True, "__type": "AddedToken"}]}, {}),
    ("additional_special_tokens that are there with other flags", "byte level", added(USER), {**ROLES, **FAST, "additional_special_tokens": [{**USER, "lstrip": True, "__type": "AddedToken"}]}, {}),
    ("additional_special_tokens of the vocabulary", "byte level", {}, {**ROLES, **FAST, "additional_special_tokens": ["ees"]}, {}),
    ("added_tokens_decoder with a role's flags", "byte level", {}, {**ROLES, **FAST, "added_tokens_decoder": {"1": {**USER, "content": "</s>", "lstrip": True}}}, {}),
    ("added_tokens_decoder, no longer special", "byte level", added(USER), {**ROLES, **FAST, "added_tokens_decoder": {str(N): {**USER, "special": False, "normalized": True}}}, {}),
    ("added_tokens_decoder", "byte level", {}, {**ROLES, **FAST, "added_tokens_decoder": {str(N): USER, str(N + 1): MASK}}, {}),
    ("added_tokens_decoder that agrees", "byte level", added(USER, MASK), {**ROLES, **FAST, "added_tokens_decoder": {**{str(i): {**USER, "content": s} for i, s in enumerate(SPECIALS)}, str(N): USER, str(N + 1): MASK}}, {}),
    ("added_tokens_decoder with other flags", "byte level", added({**USER, "lstrip": False}), {**ROLES, **FAST, "added_tokens_decoder": {str(N): {**USER, "lstrip": True}}}, {}),
    ("added_tokens_decoder with another id", "byte level", {}, {**ROLES, **FAST, "added_tokens_decoder": {str(N + 5): USER}}, {}),
    ("added_tokens_decoder with a word", "byte level", {}, {**ROLES, **FAST, "added_tokens_decoder": {str(N): WORD}}, {}),
    ("added_tokens_decoder of Llama 2", "Llama 2", {}, {**LLAMA_ROLES, **FAST, "added_tokens_decoder": {str(i): {**USER, "content": s} for i, s in enumerate(["<unk>", "<s>", "</s>"])}}, {}),
    ("the map contradicts the configuration", "byte level", BOS, {**ROLES, **FAST}, {"special_tokens_map.json": {**ROLES, "eos_token": "<pad>"}}),
    ("the map contradicts a newer configuration", "byte level", BOS, {**ROLES, **FAST, "added_tokens_decoder": {}}, {"special_tokens_map.json": {**ROLES, "eos_token": "<pad>"}}),
    ("added_tokens.json", "byte level", {}, {**ROLES, **FAST}, {"added_tokens.json": {"<|user|>": N}}),
    ("a role that no token has", "byte level", {}, {**ROLES, **FAST, "mask_token": "<mask>"}, {}),
    ("an end token that no token has", "byte level", {}, {**ROLES, **FAST, "eos_token": "<|end|>"}, {}),
    ("an end token of the vocabulary", "byte level", {}, {**ROLES, **FAST, "eos_token": "ees"}, {}),
    ("roles not among the added tokens", "byte level", {"added_tokens": []}, {**ROLES, **FAST}, {}),
    ("a custom role", "byte level", {}, {**ROLES, **FAST, "image_token": "<|user|>"}, {}),
    ("a role with flags", "byte level", {}, {**ROLES, **FAST, "eos_token": {**USER, "content": "</s>", "lstrip": True, "__type": "AddedToken"}}, {}),
    ("split_special_tokens", "byte level", {}, {**ROLES, **FAST, "split_special_tokens": True}, {}),
    ("clean_up_tokenization_spaces", "byte level", {}, {**ROLES, **FAST, "clean_up_tokenization_spaces": True}, {}),
    ("do_lower_case", "byte level", {}, {**ROLES, **FAST, "do_lower_case": True}, {}),
    ("model_max_length and sides", "byte level", {}, {**ROLES, **FAST, "model_max_length": 3, "padding_side": "left", "truncation_side": "left"}, {}),
    ("truncation and padding in the file", "byte level", {"truncation": {"direction": "Right", "max_length": 3, "strategy": "LongestFirst", "stride": 0},
                                                         "padding": {"strategy": {"Fixed": 8}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 3, "pad_type_id": 0, "pad_token": "<pad>"}}, {**ROLES, **FAST}, {}),
    ("use_fast false and from_slow", "byte level", {}, {**ROLES, **FAST, "use_fast": False, "from_slow": True}, {}),
    ("auto_map", "byte level", {}, {**ROLES, **FAST, "auto_map": {"AutoTokenizer": ["tok.Tok", None]}}, {}),
]


def answers(base, changes, config, files):
    with tempfile.TemporaryDirectory() as folder:
        write = lambda name, value: pathlib.Path(folder, name).write_text(json.dumps(value), encoding="utf-8")
        write("tokenizer.json", {**BASES[base], **changes})
        write("config.json", {"model_type": "llama"})
        if config is not None:
            write("tokenizer_config.json", config)
        for name, value in files.items():
            write(name, value)
        try:
            t = AutoTokenizer.from_pretrained(folder)
            return {"class": type(t).__name__, "ids": [t(text).input_ids for text in TEXTS], "pairs": [t(a, b).input_ids for a, b in PAIRS],
                    "roles": [t.bos_token_id, t.eos_token_id, t.unk_token_id, t.pad_token_id]}
        except Exception as error:
            return {"error": type(error).__name__}


old = json.loads(OUT.read_text(encoding="utf-8")) if OUT.exists() else {"configurations": []}
of = {c["name"]: c["answers"] for c in old["configurations"]}
rows = []
for name, base, changes, config, files in C:
    got = {**of.get(name, {}), transformers.__version__: answers(base, changes, config, files)}
    rows.append({"name": name, "base": base, "changes": changes, "config": config, "files": files, "answers": dict(sorted(got.items()))})
OUT.write_text(json.dumps({"texts": TEXTS, "pairs": PAIRS, "bases": BASES, "configurations": rows}, separators=(",", ":"), ensure_ascii=True).replace('{"name"', '\n{"name"') + "\n", encoding="utf-8")
