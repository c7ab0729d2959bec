/**
 * @file Determines which tokens of a sentence count towards its score (the phrase mask of the official pipeline), and
 * builds the request for a model.
 *
 * A token counts if it ends after the start of the phrase, so a token that includes the blank before the phrase's first
 * word counts. Special tokens have offsets (0, 0) and never count. Positions are Unicode code points, as in Python.
 */

import type { ScoredSequence } from "../model/language-model";
import type { Encoding, SpecialTokens } from "../tokenizer/tokenizer";
import { brief } from "../util/check";
import type { ScoringMode } from "./scoring-mode";

/** The part of `Tokenizer` that scoring uses. */
export interface TextTokenizer {
  readonly specialTokens: SpecialTokens;
  /** Size of the base vocabulary without added tokens, as Hugging Face's `vocab_size`. */
  readonly modelVocabSize: number;
  /** Tokens, added ones included, as Hugging Face's `len(tokenizer)`; a model may have more rows. */
  readonly tokenCount: number;
  encode(text: string, options?: { addSpecialTokens?: boolean }): Encoding;
  decode(ids: ArrayLike<number>, options?: { skipSpecialTokens?: boolean }): string;
}

/** A text whose last `completion.length` characters count. */
export interface Phrase {
  sentence: string;
  completion: string;
}

/** A request for a model, with a mask of the positions that count. */
export interface PhraseRequest extends ScoredSequence {
  /** `[ids.length - from]` 1 for a position that counts; null if all count. */
  counts: Uint8Array | null;
  /** Number of positions that count. */
  counted: number;
}

/**
 * Tokens of the sentence up to the last that counts, and the first position that counts.
 *
 * The first token of a sequence has no probability. Without a BOS that is the sentence's own first token, which is then
 * not scored [pipeline].
 *
 * @throws Error if no token counts: such a phrase would score 0 nats and beat every other one
 */
export function phraseRequest(
  tokenizer: TextTokenizer,
  { sentence, completion }: Phrase,
  bos: ScoringMode["bos"] = "tokenizer",
): PhraseRequest {
  const { ids, offsets } = encodeText(tokenizer, sentence, bos);
  // [pipeline] the start of the first token is added; this matters if a tokenizer skips leading blanks
  const shift = offsets.length > 0 ? offsets[0][0] : 0;
  return requestFrom(ids, offsets, codePoints(sentence) - codePoints(completion) + shift, sentence);
}

/** The same for a phrase that begins at a given code point. */
export function requestFrom(
  ids: readonly number[],
  offsets: readonly (readonly [number, number])[],
  start: number,
  sentence: string,
): PhraseRequest {
  let from = -1;
  let end = 0;
  let counted = 0;
  for (let t = 1; t < ids.length; t++) {
    if (offsets[t][1] <= start) continue;
    if (from < 0) from = t;
    end = t + 1;
    counted++;
  }
  if (from < 0) {
    throw new Error(
      `nothing to score in ${brief(sentence, 200)}: ${ids.length} token(s), none of them both in the phrase and ` +
        "after another token; a BOS token (mode bos) would give the first one a probability",
    );
  }
  const counts =
    counted === end - from
      ? null
      : Uint8Array.from({ length: end - from }, (_, i) => (offsets[from + i][1] > start ? 1 : 0));
  return { ids: end === ids.length ? ids : ids.slice(0, end), from, counts, counted };
}

/** Sum over the positions that count, in float32 as in the pipeline; optionally the mean. */
export function phraseLogProb(
  logProbs: Float32Array,
  request: PhraseRequest,
  as: ScoringMode["logProb"] = "sum",
): number {
  let sum = 0;
  for (let i = 0; i < logProbs.length; i++) {
    if (request.counts === null || request.counts[i] === 1) sum = Math.fround(sum + logProbs[i]);
  }
  return as === "mean" ? sum / request.counted : sum;
}

/** Ids and offsets of a text, with the tokenizer's own special tokens, with a leading BOS, or with none. */
export function encodeText(
  tokenizer: TextTokenizer,
  text: string,
  bos: ScoringMode["bos"],
): { ids: number[]; offsets: readonly (readonly [number, number])[] } {
  if (bos === "remove") return tokenizer.encode(text, { addSpecialTokens: false });
  const encoding = tokenizer.encode(text);
  const id = tokenizer.specialTokens.bos;
  if (bos === "tokenizer" || encoding.ids[0] === id) return encoding;
  if (id === null) throw new Error('scoring mode "bos": this tokenizer names no BOS token');
  return { ids: [id, ...encoding.ids], offsets: [[0, 0], ...encoding.offsets] };
}

/** Length of a text in Unicode code points, as Python counts. */
export function codePoints(text: string): number {
  let length = text.length;
  // a high surrogate followed by a low one is one code point
  for (let i = 0; i + 1 < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit < 0xdc00) {
      const next = text.charCodeAt(i + 1);
      if (next >= 0xdc00 && next < 0xe000) length--;
    }
  }
  return length;
}
