/**
 * @file Surprisal of a word after its context, as the pipeline's reading task computes it, and corrected.
 *
 * [pipeline] Context and word are joined without the blank between them. A word of several tokens is scored piece by
 * piece: each piece is decoded, appended to the context, and the longer text is tokenised again. With byte-level BPE
 * the model therefore scores "placedthe", which brings reading scores near zero. The corrected mode scores the word,
 * with its blank, inside the whole text.
 */

import type { LanguageModel, ScoredSequence } from "../model/language-model";
import { brief } from "../util/check";
import { encodeText, phraseRequest, type TextTokenizer } from "./phrase";
import type { ScoringMode } from "./scoring-mode";

/** A word and the text before it, without the blank between them. */
export interface WordInContext {
  context: string;
  word: string;
}

/**
 * Surprisals in nats, in the order of `words`.
 *
 * @throws Error naming the word when it or its context has no tokens, and when the model gives NaN
 */
export async function wordSurprisals(
  model: LanguageModel,
  tokenizer: TextTokenizer,
  words: readonly WordInContext[],
  mode: Pick<ScoringMode, "readingBlank" | "bos">,
  onProgress?: (done: number, total: number) => void,
): Promise<number[]> {
  const requests = words.map((word) => {
    try {
      return mode.readingBlank ? wholeText(tokenizer, word, mode.bos) : pieceByPiece(tokenizer, word, mode.bos);
    } catch (error) {
      throw new Error(`reading, ${brief(word)}: ${(error as Error).message}`);
    }
  });
  const answers = await model.score(requests.flat(), onProgress);
  let next = 0;
  return requests.map((parts, i) => {
    let surprisal = 0;
    for (let p = 0; p < parts.length; p++) for (const logProb of answers[next++]) surprisal -= logProb;
    if (Number.isNaN(surprisal)) {
      throw new Error(`reading: ${model.name} gives NaN for ${brief(words[i])}; a broken model has no score`);
    }
    return surprisal;
  });
}

function pieceByPiece(
  tokenizer: TextTokenizer,
  { context, word }: WordInContext,
  bos: ScoringMode["bos"],
): ScoredSequence[] {
  const pieces = tokenizer.encode(word, { addSpecialTokens: false }).ids;
  if (pieces.length === 0) throw new Error("the word has no tokens");
  let grown = context;
  return pieces.map((id, p) => {
    const before = encodeText(tokenizer, grown, bos).ids;
    if (before.length === 0) throw new Error("the context has no tokens, so nothing predicts the word");
    const text = tokenizer.decode([id]);
    // [pipeline] from the second piece on, the first token of the decoded piece, which need not be the piece itself
    const target = p === 0 ? id : tokenizer.encode(text, { addSpecialTokens: false }).ids[0];
    if (target === undefined) throw new Error(`piece ${p} decodes to ${brief(text)}, which has no tokens`);
    grown += text;
    return { ids: [...before, target], from: before.length };
  });
}

function wholeText(
  tokenizer: TextTokenizer,
  { context, word }: WordInContext,
  bos: ScoringMode["bos"],
): ScoredSequence[] {
  const completion = ` ${word}`;
  const request = phraseRequest(tokenizer, { sentence: context + completion, completion }, bos);
  return [request];
}
