/** @file Pre-tokenizers of tokenizer.json: split the text into words; BPE merges only inside words. */

import { oneOf } from "../util/check";
import { rangesOf, rangesSource, WHITE_SPACE_SOURCE } from "../util/unicode";
import { NUMERIC, PUNCTUATION } from "../util/unicode-tables";
import { RUST_WORD } from "./added-tokens";
import type { AlignedText, Change } from "./aligned-text";
import { BYTE_TO_CHAR } from "./byte-alphabet";
import { field, type Json, kindOf, unsupported } from "./json-part";
import { readPattern } from "./normalizers";
import { literalPattern } from "./oniguruma";
import { gpt2Pattern } from "./word-scanner";

export type PreTokenizer = (pieces: readonly AlignedText[]) => AlignedText[];

const BEHAVIORS = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"] as const;
/** Where the delimiter goes when a text is split. */
export type SplitBehavior = (typeof BEHAVIORS)[number];

/** Build the pre-tokenizer that a tokenizer.json describes. @throws Error naming one that is not supported */
export function readPreTokenizer(json: Json): PreTokenizer {
  const type = kindOf(json, "pre_tokenizer");
  switch (type) {
    case "Sequence": {
      const parts = field<Json[]>(json, "pretokenizers", Array.isArray, "an array").map(readPreTokenizer);
      return (pieces) => parts.reduce<AlignedText[]>((p, cut) => cut(p), [...pieces]);
    }
    case "ByteLevel": {
      const addPrefixSpace = json.add_prefix_space === true;
      const useRegex = json.use_regex !== false;
      return eachPiece((piece) => {
        const prefixed = addPrefixSpace && piece.chars[0] !== " " ? piece.prepend(" ") : piece;
        return (useRegex ? split(prefixed, gpt2Pattern(), "Isolated", false) : [prefixed]).map(spellPiece);
      });
    }
    case "Split": {
      const pattern = readPattern(json);
      const behavior = oneOf("split behavior", String(json.behavior), BEHAVIORS);
      const invert = json.invert === true;
      return eachPiece((piece) => split(piece, pattern, behavior, invert));
    }
    case "Metaspace": {
      const replacement = field<string>(
        json,
        "replacement",
        (v) => typeof v === "string" && [...v].length === 1,
        "one character",
      );
      const scheme = prependScheme(json);
      const pattern = literalPattern(replacement);
      return eachPiece((piece) => {
        let text = piece.replace(/ /gu, replacement);
        const lacks = text.chars[0] !== replacement;
        if (lacks && (scheme === "always" || (scheme === "first" && text.originalStart === 0))) {
          text = text.prepend(replacement);
        }
        return json.split === false ? [text] : split(text, pattern, "MergedWithNext", false);
      });
    }
    case "Digits": {
      const behavior = json.individual_digits === true ? "Isolated" : "Contiguous";
      const digit = new RegExp(`[${rangesSource(rangesOf(NUMERIC))}]`, "gu");
      return eachPiece((piece) => split(piece, digit, behavior, false));
    }
    case "Whitespace": {
      const word = new RegExp(`[${RUST_WORD}]+|[^${RUST_WORD}${WHITE_SPACE_SOURCE}]+`, "gu");
      return eachPiece((piece) => split(piece, word, "Removed", true));
    }
    case "WhitespaceSplit": {
      const space = new RegExp(`[${WHITE_SPACE_SOURCE}]`, "gu");
      return eachPiece((piece) => split(piece, space, "Removed", false));
    }
    case "Punctuation": {
      const behavior = oneOf("punctuation behavior", String(json.behavior ?? "Isolated"), BEHAVIORS);
      const mark = new RegExp(`[${rangesSource(rangesOf(PUNCTUATION))}]`, "gu");
      return eachPiece((piece) => split(piece, mark, behavior, false));
    }
    default:
      return unsupported("pre_tokenizer", type, [
        "Sequence",
        "ByteLevel",
        "Split",
        "Metaspace",
        "Digits",
        "Whitespace",
        "WhitespaceSplit",
        "Punctuation",
      ]);
  }
}

/** `always`, `first` or `never`; older files say `add_prefix_space` instead. */
export function prependScheme(json: Json): "always" | "first" | "never" {
  if (json.prepend_scheme === undefined) return json.add_prefix_space === false ? "never" : "always";
  return oneOf("prepend_scheme", String(json.prepend_scheme), ["always", "first", "never"] as const);
}

/** Split every stretch of text and drop empty results. */
function eachPiece(cut: (piece: AlignedText) => AlignedText[]): PreTokenizer {
  return (pieces) => pieces.flatMap(cut).filter((piece) => piece.length > 0);
}

/** Replace each character by the byte characters of its UTF-8 bytes, all with its range. */
function spellPiece(piece: AlignedText): AlignedText {
  const changes: Change[] = [];
  for (const char of piece.chars) {
    Buffer.from(char, "utf8").forEach((byte, i) => void changes.push([BYTE_TO_CHAR[byte], i === 0 ? 0 : 1]));
  }
  return piece.transform(changes);
}

/** The text between the matches of `pattern`, with the matches treated as `behavior` says; `invert` swaps the two. */
export function split(text: AlignedText, pattern: RegExp, behavior: SplitBehavior, invert: boolean): AlignedText[] {
  const stretches: { from: number; to: number; isMatch: boolean }[] = [];
  let last = 0;
  for (const [from, to] of text.matches(pattern)) {
    if (from > last) stretches.push({ from: last, to: from, isMatch: invert });
    stretches.push({ from, to, isMatch: !invert });
    last = to;
  }
  if (last < text.length) stretches.push({ from: last, to: text.length, isMatch: invert });
  return joinDelimiters(stretches, behavior).map(({ from, to }) => text.slice(from, to));
}

function joinDelimiters<S extends { from: number; to: number; isMatch: boolean }>(
  stretches: readonly S[],
  behavior: SplitBehavior,
): { from: number; to: number }[] {
  if (behavior === "Removed") return stretches.filter((s) => !s.isMatch);
  if (behavior === "Isolated") return [...stretches];
  const backward = behavior === "MergedWithNext";
  const joined: { from: number; to: number }[] = [];
  let previousMatch = false;
  for (const s of backward ? [...stretches].reverse() : stretches) {
    const last = joined[joined.length - 1];
    const joins = behavior === "Contiguous" ? s.isMatch === previousMatch : s.isMatch && !previousMatch;
    if (joins && last !== undefined) {
      if (backward) last.from = s.from;
      else last.to = s.to;
    } else {
      joined.push({ from: s.from, to: s.to });
    }
    previousMatch = s.isMatch;
  }
  return backward ? joined.reverse() : joined;
}
