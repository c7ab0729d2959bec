/**
 * @file Pre-tokenizers as plain splits of a string, for the fast path without alignment.
 *
 * Three kinds are supported: ByteLevel with its own pattern (GPT-2 and what we train), a Split by a regular expression
 * followed by ByteLevel without one (Llama 3), and Metaspace (LLaMA 2). All others take the general path.
 */

import { wellFormed } from "./aligned-text";
import type { Json } from "./json-part";
import { readPattern } from "./normalizers";
import { prependScheme } from "./pre-tokenizers";
import { wordEnd } from "./word-scanner";

export interface Cutter {
  /** Whether words are spelt in byte characters; otherwise in the text's characters. */
  readonly inBytes: boolean;
  /** Whether a space may be prepended, so that positions differ from those of the given text. */
  readonly leads: boolean;
  /** Calls `visit(text, from, to)` for every word; `text` is the given one, possibly with its blanks replaced. */
  eachWord(text: string, visit: (text: string, from: number, to: number) => void): void;
}

/** The cutter for this pre_tokenizer, or null if only the general path supports it. */
export function cutterFor(json: Json | null): Cutter | null {
  if (json === null) return null;
  if (json.type === "ByteLevel" && json.use_regex !== false) return scanCutter(json.add_prefix_space === true);
  if (json.type === "Metaspace" && json.split !== false) return metaspaceCutter(json);
  if (json.type !== "Sequence" || !Array.isArray(json.pretokenizers)) return null;
  const [split, byteLevel, ...rest] = json.pretokenizers as Json[];
  const isSplit = split?.type === "Split" && split.behavior === "Isolated" && split.invert !== true;
  const isSpelling =
    byteLevel?.type === "ByteLevel" && byteLevel.use_regex === false && byteLevel.add_prefix_space !== true;
  return isSplit && isSpelling && rest.length === 0 ? patternCutter(readPattern(split)) : null;
}

function scanCutter(addPrefixSpace: boolean): Cutter {
  return {
    inBytes: true,
    leads: addPrefixSpace,
    eachWord: (text, visit) => {
      const prefixed = addPrefixSpace && text !== "" && text[0] !== " " ? ` ${text}` : text;
      for (let from = 0; from < prefixed.length; ) {
        const to = wordEnd(prefixed, from, prefixed.length);
        visit(prefixed, from, to);
        from = to;
      }
    },
  };
}

/**
 * Replaces blanks by the replacement character, which starts every word; null if only the first piece of a text gets a
 * prefix.
 */
function metaspaceCutter(json: Json): Cutter | null {
  const scheme = prependScheme(json);
  const { replacement } = json;
  if (scheme === "first" || typeof replacement !== "string" || replacement.length !== 1) return null;
  return {
    inBytes: false,
    leads: true,
    eachWord: (text, visit) => {
      const spaced = wellFormed(text).replaceAll(" ", replacement);
      const prefixed = scheme === "always" && text !== "" && spaced[0] !== replacement ? replacement + spaced : spaced;
      for (let from = 0; from < prefixed.length; ) {
        const next = prefixed.indexOf(replacement, from + 1);
        const to = next < 0 ? prefixed.length : next;
        visit(prefixed, from, to);
        from = to;
      }
    },
  };
}

function patternCutter(pattern: RegExp): Cutter {
  return {
    inBytes: true,
    leads: false,
    eachWord: (text, visit) => {
      let done = 0;
      for (const match of text.matchAll(pattern)) {
        const from = match.index!;
        if (from > done) visit(text, done, from);
        done = from + match[0].length;
        if (done > from) visit(text, from, done);
      }
      if (done < text.length) visit(text, done, text.length);
    },
  };
}
