/**
 * @file Parts of a SentencePiece-like tokenizer, as in LLaMA 2: characters instead of bytes, blanks as "▁", a blank
 * added before every text, byte fallback for characters without a token, and `<s>` at the start of every text.
 *
 * Kudo & Richardson 2018, https://aclanthology.org/D18-2012; Touvron et al. 2023 (LLaMA 2).
 */

import { bpeJson, type TrainedBpe } from "./hugging-face-json";
import type { Json } from "./json-part";

/** The character for a blank. */
export const METASPACE = "▁";

/** The 256 tokens for bytes of characters without a token: `<0x00>` to `<0xFF>`. */
export const BYTE_TOKENS: readonly string[] = Array.from(
  { length: 256 },
  (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
);

/** The rarest characters, beyond this share of the text, are spelt in bytes. [SentencePiece's default] */
const CHARACTER_COVERAGE = 0.9995;

/**
 * The characters that get a token: by falling count until they make up 99.95 % of the text, plus all characters as
 * frequent as the last of them.
 *
 * @param counts - occurrences by character
 * @returns characters in the order of their code points
 */
export function coveredCharacters(counts: ReadonlyMap<string, number>): string[] {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const falling = [...counts].sort(([, a], [, b]) => b - a);
  let covered = 0;
  let least = 0;
  for (const [, count] of falling) {
    if (covered >= CHARACTER_COVERAGE * total) break;
    covered += count;
    least = count;
  }
  const kept = falling.filter(([, count]) => count >= least).map(([character]) => character);
  return kept.sort((a, b) => a.codePointAt(0)! - b.codePointAt(0)!);
}

/** The tokenizer.json of such a tokenizer. If `<s>` is a special token, every text begins with it. */
export function sentencePieceJson(trained: TrainedBpe): Json {
  const bos = trained.specialTokens.indexOf("<s>");
  const special = (typeId: number) => ({ SpecialToken: { id: "<s>", type_id: typeId } });
  const sequence = (id: string, typeId: number) => ({ Sequence: { id, type_id: typeId } });
  return bpeJson(trained, {
    pre_tokenizer: { type: "Metaspace", replacement: METASPACE, prepend_scheme: "always", split: true },
    post_processor:
      bos < 0
        ? null
        : {
            type: "TemplateProcessing",
            single: [special(0), sequence("A", 0)],
            pair: [special(0), sequence("A", 0), special(1), sequence("B", 1)],
            special_tokens: { "<s>": { id: "<s>", ids: [bos], tokens: ["<s>"] } },
          },
    decoder: {
      type: "Sequence",
      decoders: [
        { type: "Replace", pattern: { String: METASPACE }, content: " " },
        { type: "ByteFallback" },
        { type: "Fuse" },
        { type: "Strip", content: " ", start: 1, stop: 0 },
      ],
    },
    hasByteTokens: true,
  });
}
