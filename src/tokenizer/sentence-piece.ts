/**
 * @file Parts of a SentencePiece-like tokenizer, as in LLaMA 2: characters instead of bytes, blanks as "▁", a blank
 * added before every text, byte fallback for characters without a token, and `<s>` at the start of every text.
 *
 * Kudo & Richardson 2018, https://aclanthology.org/D18-2012; Touvron et al. 2023 (LLaMA 2).
 */

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
