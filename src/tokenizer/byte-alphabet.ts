/**
 * @file The 256 printable characters that stand for bytes in byte-level BPE, so that every text can be written with them.
 *
 * Radford et al. 2019 (GPT-2): printable Latin-1 bytes stand for themselves, the others for U+0100, U+0101, ... in
 * byte order. The space becomes "Ġ" (U+0120) and the newline "Ċ" (U+010A).
 */

/** `BYTE_TO_CHAR[b]` is the character that spells byte `b`. */
export const BYTE_TO_CHAR: readonly string[] = buildAlphabet();

/** The inverse: `CHAR_TO_BYTE.get("Ġ")` is 32. */
export const CHAR_TO_BYTE: ReadonlyMap<string, number> = new Map(BYTE_TO_CHAR.map((char, byte) => [char, byte]));

/** A text as its byte characters: `spellBytes(" hé")` is `"ĠhÃ©"`. Lone surrogates become U+FFFD first, as in UTF-8. */
export function spellBytes(text: string): string {
  let out = "";
  for (const byte of Buffer.from(text, "utf8")) out += BYTE_TO_CHAR[byte];
  return out;
}

function buildAlphabet(): string[] {
  const isPrintable = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : next++));
}
