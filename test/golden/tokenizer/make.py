"""Reference values of Hugging Face's tokenizers 0.23.2 for text of our own.

    pip install tokenizers==0.23.2
    python test/golden/tokenizer/make.py        (writes training.json and encodings.json beside itself)

sentence-piece.json: whole tokenizers of the SentencePiece-like kind.
training.json: what the BpeTrainer learns (ByteLevel, full alphabet, four special tokens) at several sizes.
encodings.json: ids, offsets and decodings under many configurations. Each configuration replaces the parts in `parts` of
the tokenizer of `training.json` named in `base`, or is a whole tokenizer.json in `whole`.
"""

import collections
import json
import pathlib
import tempfile

from tokenizers import Tokenizer, __version__, decoders as D, models, normalizers as N, pre_tokenizers as P, trainers
from tokenizers.processors import TemplateProcessing

HERE = pathlib.Path(__file__).parent
SPECIALS = ["<s>", "</s>", "<unk>", "<pad>"]

STORY = """\
The gardener Mira has two grey geese and a very old wheelbarrow.
Every morning the geese walk behind the wheelbarrow, and every evening they walk in front of it.
"Why do they change places?" asked the boy. "They don't," said Mira, "it's the wheelbarrow that turns round."
The boy didn't believe her; he'd seen geese before, he'd counted them, and he wasn't going to be fooled.
On Monday he counted 2 geese, on Tuesday 12, on Wednesday 120, and on Thursday none at all.
So he asked again: where have the geese gone?   They've gone to the river, Mira said, they'll be back.
The river is wide and grey. The geese are grey. The wheelbarrow, which was once red, is grey as well!
*BOY:\twhere is the red one ?
*MIR:\tthere isn't a red one . there never was .

A goose can walk, a goose can swim, a goose can fly; a wheelbarrow can only be pushed.
Na\u00efve geese in caf\u00e9s \u2013 that was his idea. \u201cQuite so,\u201d wrote Bj\u00f6rn, who likes caf\u00e9s.
""" * 2 + "banana bandana banananana aaaa aaaaaaa abababab cabcabcab\n" * 7

TEXTS = [
    "", " ", "   ", "\n", "\t\t x", "a", " a ", "The geese don't walk.", "  two  blanks   and\n\n\nlines \n end ",
    "'s't're've'm'll'd 'S DON'T they'll o'clock ''' rock'n'roll", "1 12 123 1234567 3.14 \u00bd \u00b2 \u216b \u0664\u0662",
    "caf\u00e9 cafe\u0301 \u00c5 A\u030a \u212b \ufb01sh \uff21\uff22 \u2460 \u017ft\u212a", "\u0323\u0307a\u0301\u0323o\u031b\u0307 \u1e9b\u0323",
    "\u1100\u1161\u11a8 \uac01 \u304b\u3099", "\u0130I\u0131 \u03a3\u03c2\u03c3 \u1e9e\u00df \u01c5", "\U0001F600 \U0001F469\u200D\U0001F33E\U0001F1EB\U0001F1EE ok",
    "\u6f22\u5b57\u3000kanji \u0645\u0631\u062d\u0628\u0627", "\x00\x01\x7f\x85\xa0\u1680\u2028\u200b\ufeff\ufffd\uffff\ue000", "x\u00a0y\u2009z\u202f",
    "<s>hello</s> a<s>b <pad><unk> < s > </s", "\u2581lower\u2581block \u0120G <0x41><0xE2>", "banana bandana banananana aaaaaa abababa",
    "the (grey) goose -- [red] {blue} = = = Title = = = http://a.b/c?d=e&f", "!" * 40, "aaaa" * 40, "wheelbarrow" * 3,
]
PAIRS = [("The geese", "a red one"), (" a ", " b "), ("", "x"), ("caf\u00e9 \U0001F600", "\U0001F600 x<s>"), ("two  blanks", "one\n")]


def byte_level_bpe():
    t = Tokenizer(models.BPE(unk_token="<unk>"))
    t.pre_tokenizer = P.ByteLevel(add_prefix_space=False)
    t.decoder = D.ByteLevel()
    return t


def bpe_trainer(vocab_size, min_frequency):
    return trainers.BpeTrainer(vocab_size=vocab_size, min_frequency=min_frequency, special_tokens=SPECIALS,
                               initial_alphabet=P.ByteLevel.alphabet(), show_progress=False)


def train(texts, vocab_size, min_frequency):
    t = byte_level_bpe()
    t.train_from_iterator(texts, bpe_trainer(vocab_size, min_frequency))
    return t


def merges_of(t):
    return [" ".join(m) for m in json.loads(t.to_str())["model"]["merges"]]


LINES = STORY.splitlines(keepends=True)
runs = []
for name, texts, vocab_size, min_frequency in [
    ("lines", LINES, 500, 2), ("one text", [STORY], 500, 2), ("until the pairs run out", LINES, 5000, 3), ("every pair", LINES[:4], 5000, 0),
]:
    t = train(texts, vocab_size, min_frequency)
    runs.append({"name": name, "texts": texts if name == "every pair" else name, "vocabSize": vocab_size, "minFrequency": min_frequency,
                 "learned": t.get_vocab_size(), "merges": merges_of(t), "lastTokens": [t.id_to_token(i) for i in range(t.get_vocab_size() - 5, t.get_vocab_size())]})
with tempfile.TemporaryDirectory() as folder:
    contents = ["\ufeffa small boat\nsmall, small boats\n"] * 3
    files = [pathlib.Path(folder, f"{i}.txt") for i in range(len(contents))]
    for file, content in zip(files, contents):
        file.write_text(content, encoding="utf-8")
    t = byte_level_bpe()
    t.train([str(file) for file in files], bpe_trainer(275, 2))
    marks = {"contents": contents, "vocabSize": 275, "merges": merges_of(t)}
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]


def sentence_piece(texts, vocab_size, min_frequency):
    """LLaMA 2's parts; of the characters those that cover 99.95 % of the text, with all that are as frequent as the last."""
    texts = [text.rstrip("\n") for text in texts]
    t = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    t.pre_tokenizer = P.Metaspace(replacement="\u2581", prepend_scheme="always", split=True)
    t.decoder = D.Sequence([D.Replace("\u2581", " "), D.ByteFallback(), D.Fuse(), D.Strip(" ", 1, 0)])
    counts = collections.Counter(char for text in texts for word, _ in t.pre_tokenizer.pre_tokenize_str(text) for char in word)
    covered, least = 0, 0
    for _, count in counts.most_common():
        if covered >= 0.9995 * counts.total():
            break
        covered, least = covered + count, count
    kept = sum(count >= least for count in counts.values())
    t.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=vocab_size, min_frequency=min_frequency, special_tokens=SPECIALS + BYTES,
                                                     limit_alphabet=kept, show_progress=False))
    t.post_processor = TemplateProcessing(single="<s>:0 $A:0", pair="<s>:0 $A:0 <s>:1 $B:1", special_tokens=[("<s>", 0)])
    whole = json.loads(t.to_str())
    whole["added_tokens"] = whole["added_tokens"][:len(SPECIALS)]  # the bytes are ordinary tokens
    return {"texts": len(texts), "characters": len(counts), "kept": kept, "json": whole}


RARE = ["the goose \u6f22\u5b57 and the \u2603 \U0001F9A2 goose\n", "  two  blanks\u2581here  \n", "\n"]
pieces = [{"copies": copies, "vocabSize": vocab_size, "minFrequency": least, **sentence_piece(LINES * copies + RARE, vocab_size, least)}
          for copies, vocab_size, least in [(40, 420, 2), (1, 5000, 3)]]
(HERE / "sentence-piece.json").write_text(json.dumps({"tokenizers": __version__, "rare": RARE, "runs": pieces}, separators=(",", ":")), encoding="utf-8")
(HERE / "training.json").write_text(json.dumps({"tokenizers": __version__, "story": STORY, "runs": runs, "byteOrderMarks": marks}, separators=(",", ":")), encoding="utf-8")

BASE = train(LINES, 500, 2)
base = json.loads(BASE.to_str())


def byte_level(**changes):
    return {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True, **changes}


def split(pattern, behavior, invert=False, kind="Regex"):
    return {"type": "Split", "pattern": {kind: pattern}, "behavior": behavior, "invert": invert}


def sequence(*parts, of="pretokenizers"):
    return {"type": "Sequence", of: list(parts)}


def template(single, pair):
    def piece(name):
        return {"Sequence": {"id": name, "type_id": 0}} if name in "AB" else {"SpecialToken": {"id": name, "type_id": 0}}
    special = {n: {"id": n, "ids": [i], "tokens": [n]} for i, n in enumerate(SPECIALS)}
    return {"type": "TemplateProcessing", "single": [piece(x) for x in single.split()], "pair": [piece(x) for x in pair.split()], "special_tokens": special}


def added(number, content, **changes):
    return {"id": number, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True, **changes}


SPELL = byte_level(use_regex=False)
LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
V = base["model"]["vocab"].__len__()
CONFIGURATIONS = {
    "byte level": {},
    "trimmed offsets": {"post_processor": byte_level(add_prefix_space=True)},
    "prefix space": {"pre_tokenizer": byte_level(add_prefix_space=True)},
    "prefix space, RoBERTa": {"pre_tokenizer": byte_level(add_prefix_space=True),
                              "post_processor": {"type": "RobertaProcessing", "sep": ["</s>", 1], "cls": ["<s>", 0], "trim_offsets": True, "add_prefix_space": True}},
    "bos and eos": {"post_processor": template("<s> A </s>", "<s> A </s> B </s>")},
    "Llama 3": {"pre_tokenizer": sequence(split(LLAMA3, "Isolated"), SPELL),
                "post_processor": sequence(byte_level(trim_offsets=False), template("<s> A", "<s> A <s> B"), of="processors")},
    "NFC, lower case": {"normalizer": sequence({"type": "NFC"}, {"type": "Lowercase"}, of="normalizers")},
    "NFKC": {"normalizer": {"type": "NFKC"}},
    "NFKD": {"normalizer": {"type": "NFKD"}},
    "no accents, stripped": {"normalizer": sequence({"type": "NFD"}, {"type": "StripAccents"}, {"type": "Strip", "strip_left": True, "strip_right": True}, of="normalizers")},
    "replaced": {"normalizer": sequence({"type": "Replace", "pattern": {"Regex": r"\s+"}, "content": " _ "}, {"type": "Prepend", "prepend": "> "}, of="normalizers")},
    "words removed": {"pre_tokenizer": sequence(split(r"\w+", "Removed"), SPELL)},
    "words kept": {"pre_tokenizer": sequence(split(r"\w+", "Removed", True), SPELL)},
    "merged with next": {"pre_tokenizer": sequence(split(" ", "MergedWithNext", kind="String"), SPELL)},
    "merged with previous": {"pre_tokenizer": sequence(split(r"[,.!?]", "MergedWithPrevious"), SPELL)},
    "contiguous": {"pre_tokenizer": sequence(split(r"\d", "Contiguous"), {"type": "Digits", "individual_digits": True}, {"type": "Punctuation", "behavior": "Isolated"}, SPELL)},
    "added tokens": {"added_tokens": base["added_tokens"] + [added(V, "geese", single_word=True, special=False), added(V + 1, "goose", lstrip=True),
                                                              added(V + 2, "Red", normalized=True, special=False), added(V + 3, "<s>h", rstrip=True)],
                     "normalizer": {"type": "Lowercase"}, "post_processor": byte_level()},
}
rows_of = {}


def reference(t):
    rows = []
    for text in TEXTS:
        e, plain = t.encode(text), t.encode(text, add_special_tokens=False)
        rows.append([e.ids, [x for o in e.offsets for x in o], plain.ids, t.decode(e.ids, skip_special_tokens=False), t.decode(e.ids, skip_special_tokens=True)])
    pairs = []
    for a, b in PAIRS:
        e = t.encode(a, b)
        pairs.append([e.ids, [x for o in e.offsets for x in o], e.sequence_ids])
    return {"rows": rows, "pairs": pairs}


out = [{"name": name, "parts": parts, **reference(Tokenizer.from_str(json.dumps({**base, **parts})))} for name, parts in CONFIGURATIONS.items()]
for name, normalizer, pre_tokenizer, decoder, fallback, fuse in [
    ("Metaspace, unknown fused", None, P.Metaspace(), D.Metaspace(), False, True),
    ("Metaspace first, byte fallback", None, P.Metaspace(prepend_scheme="first"), D.Metaspace(prepend_scheme="first"), True, False),
    ("Llama 2", N.Sequence([N.Prepend("\u2581"), N.Replace(" ", "\u2581")]), None, D.Sequence([D.Replace("\u2581", " "), D.ByteFallback(), D.Fuse(), D.Strip(" ", 1, 0)]), True, True),
]:
    t = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=fallback, fuse_unk=fuse))
    if normalizer is not None:
        t.normalizer = normalizer
    if pre_tokenizer is not None:
        t.pre_tokenizer = pre_tokenizer
    t.decoder = decoder
    specials = SPECIALS + ([f"<0x{b:02X}>" for b in range(256)] if fallback else [])
    t.train_from_iterator(LINES[:11], trainers.BpeTrainer(vocab_size=480 if fallback else 150, special_tokens=specials, show_progress=False))
    whole = json.loads(t.to_str())
    whole["added_tokens"] = whole["added_tokens"][:4]
    whole["model"]["merges"] = [" ".join(m) for m in whole["model"]["merges"]]  # the older spelling
    out.append({"name": name, "whole": whole, **reference(Tokenizer.from_str(json.dumps(whole)))})
whole = pieces[0]["json"]
out.append({"name": "SentencePiece-like, as trained", "whole": whole, **reference(Tokenizer.from_str(json.dumps(whole)))})
(HERE / "encodings.json").write_text(json.dumps({"tokenizers": __version__, "base": "lines", "texts": TEXTS, "pairs": PAIRS, "configurations": out}, separators=(",", ":")), encoding="utf-8")
