"""Writes unicode-tables.ts in the same folder: character classes of Hugging Face's tokenizers 0.23.2.

    pip install tokenizers==0.23.2
    python src/util/make-unicode-tables.py

Every class is queried from the library, code point by code point, so the tables equal those of its parts: Oniguruma and the
regex crate have Unicode 16.0, Rust's own characters Unicode 17.0, and the tables of punctuation, combining marks and normal
forms are older. `unicode-tables.json` in test/golden/tokenizer gets a checksum of every class.
"""

import hashlib
import json
import pathlib

from tokenizers import Regex, __version__, normalizers as N, pre_tokenizers as P

HERE = pathlib.Path(__file__).parent
GOLDEN = HERE.parent.parent / "test" / "golden" / "tokenizer" / "unicode-tables.json"
POINTS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
CATEGORIES = "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Co Cn".split()
SCRIPTS = ("Arabic Bengali Cyrillic Devanagari Greek Han Hangul Hebrew Hiragana Katakana Khmer Lao Latin Myanmar Tamil "
           "Telugu Thai Tibetan").split()
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def base36(n):
    out = ""
    while True:
        n, digit = divmod(n, 36)
        out = DIGITS[digit] + out
        if n == 0:
            return out


def members(pattern):
    """Code points that a regular expression matches."""
    split = P.Split(Regex(pattern), "removed", invert=True)
    found = set()
    for start in range(0, len(POINTS), 65536):
        chunk = POINTS[start:start + 65536]
        for _, (a, b) in split.pre_tokenize_str("".join(map(chr, chunk))):
            found.update(chunk[a:b])
    return found


def cut(pre_tokenizer, pieces):
    """Code points that cut "a?a" into so many pieces."""
    return {c for c in POINTS if len(pre_tokenizer.pre_tokenize_str(f"a{chr(c)}a")) == pieces}


def runs_of(points):
    """Ranges [from, to) of a set."""
    runs = []
    for c in sorted(points):
        if runs and runs[-1][1] == c:
            runs[-1][1] = c + 1
        else:
            runs.append([c, c + 1])
    return runs


def spell(points):
    """Gap and length of every range, in base 36."""
    out, at = [], 0
    for start, end in runs_of(points):
        out += [base36(start - at), base36(end - start)]
        at = end
    return " ".join(out)


def spell_categories(of):
    runs = []
    for c in range(0x110000):
        category = of.get(c, "Cs")
        if runs and runs[-1][1] == category:
            runs[-1][0] += 1
        else:
            runs.append([1, category])
    return "".join(base36(n) + category for n, category in runs)


def spell_lowercase(lower):
    """Runs "from step count difference", in base 36, of characters that become one other."""
    out, points, i = [], sorted(lower), 0
    while i < len(points):
        difference = lower[points[i]] - points[i]
        step = 1
        if i + 1 < len(points) and points[i + 1] - points[i] in (1, 2) and lower[points[i + 1]] - points[i + 1] == difference:
            step = points[i + 1] - points[i]
        j = i
        while j + 1 < len(points) and points[j + 1] - points[j] == step and lower[points[j + 1]] - points[j + 1] == difference:
            j += 1
        sign = "-" if difference < 0 else ""
        out.append(f"{base36(points[i])} {step} {base36(j - i + 1)} {sign}{base36(abs(difference))}")
        i = j + 1
    return ",".join(out)


category_of = {}
for name in CATEGORIES:
    for c in members(rf"\p{{{name}}}"):
        category_of[c] = name
assert len(category_of) == len(POINTS)
scripts = {name: members(rf"\p{{{name}}}") for name in SCRIPTS}
alphabetic = members(r"\p{Alphabetic}")
numeric = cut(P.Digits(individual_digits=True), 3)
punctuation = cut(P.Punctuation("isolated"), 3)
word = cut(P.Whitespace(), 1)
strip_accents = N.StripAccents()
marks = {c for c in POINTS if strip_accents.normalize_str("a" + chr(c)) == "a"}
lowercase = N.Lowercase()
lowered = {c: lowercase.normalize_str(chr(c)) for c in POINTS}
lower = {c: ord(text) for c, text in lowered.items() if len(text) == 1 and text != chr(c)}
assert [c for c, text in lowered.items() if len(text) != 1] == [0x130]

# What takes part in normalizing: what is decomposed, what changes places with a mark of class 240 or of class 1, and the
# Hangul letters, which are composed by arithmetic.
forms = {"NFC": N.NFC(), "NFD": N.NFD(), "NFKC": N.NFKC(), "NFKD": N.NFKD()}
normal = {name: {c: form.normalize_str(chr(c)) for c in POINTS} for name, form in forms.items()}
nfd = forms["NFD"].normalize_str


def is_mark(c):
    character = chr(c)
    return nfd("\u0345" + character) != "\u0345" + character or nfd(character + "\u0334") != character + "\u0334"


normalized = {c for c in POINTS if normal["NFKD"][c] != chr(c) or normal["NFD"][c] != chr(c) or is_mark(c)}
normalized |= set(range(0x1161, 0x1176)) | set(range(0x11A8, 0x11C3))

# The classes of GPT-2's pattern, each found by what it joins.
byte_level = P.ByteLevel(add_prefix_space=False)
joins = lambda around, c: len(byte_level.pre_tokenize_str(around + chr(c) + around)) == 1
classes = "".join("O" if c == 0x27 else "L" if joins("a", c) else "N" if joins("1", c) else "O" if joins("!", c) else "S" for c in POINTS)
checksum = lambda text: hashlib.sha256(text.encode()).hexdigest()
flags = lambda points: checksum("".join("1" if c in points else "0" for c in POINTS))
properties = "L M N P S Z Lu Ll Nd Pc".split()
GOLDEN.write_text(json.dumps({
    "tokenizers": __version__,
    "about": "SHA-256 of one sign a code point, surrogates left out; of texts joined by U+0000 for changes of characters",
    "gpt2Classes": checksum(classes),
    **{f"\\p{{{name}}}": flags(members(rf"\p{{{name}}}")) for name in properties + ["Alphabetic"] + SCRIPTS},
    **{f"\\{letter}": flags(members(rf"\{letter}")) for letter in "wsd"},
    "Digits": flags(numeric), "Punctuation": flags(punctuation), "Whitespace": flags(word), "StripAccents": flags(marks),
    "Lowercase": checksum("\0".join(lowered[c] for c in POINTS)),
    **{name: checksum("\0".join(normal[name][c] for c in POINTS)) for name in forms},
}, indent=1) + "\n", encoding="utf-8")

tables = [
    ("CATEGORIES", "General categories in Unicode 16.0: length of each run in base 36, then its category.", spell_categories(category_of)),
    ("ALPHABETIC", "The property Alphabetic in Unicode 16.0.", spell(alphabetic)),
    ("NUMERIC", "Digits of the Digits pre-tokenizer: numbers in Unicode 17.0.", spell(numeric)),
    ("PUNCTUATION", "Characters that the Punctuation pre-tokenizer splits off.", spell(punctuation)),
    ("COMBINING_MARKS", "Characters that StripAccents removes.", spell(marks)),
    ("NORMALIZED", "Characters that the normal forms decompose, compose or reorder.", spell(normalized)),
    ("LOWERCASE", "Runs of capital letters: first, step, count, difference to the small letter; in base 36.", spell_lowercase(lower)),
]
lines = [
    "/**",
    f" * @file Character classes of Hugging Face's tokenizers {__version__}, so that token ids do not depend on Node's Unicode",
    " * version. Generated by make-unicode-tables.py; each set is a list of gap and length of its ranges, in base 36.",
    " */",
    "",
]
for name, about, text in tables:
    lines += [f"/** {about} */", f"export const {name} =", f'  "{text}";', ""]
lines += ["/** Scripts in Unicode 16.0. */", "export const SCRIPTS: Readonly<Record<string, string>> = {"]
for name, points in scripts.items():
    lines += [f'  {name}: "{spell(points)}",']
lines += ["};", ""]
(HERE / "unicode-tables.ts").write_text("\n".join(lines), encoding="utf-8")
