/**
 * @file Surprisal per word of a sentence, and comparison of two sentences word by word.
 *
 * Surprisal is -log p(word | the words before it), here in nats; that of a word of several tokens is their sum. A word
 * extends from one blank to the next, so a full stop belongs to the preceding word. A text that is longer than the
 * model's context is cut, and the number of tokens cut is part of the result.
 */

import { encodeText } from "../eval/phrase";
import type { LanguageModel } from "../model/language-model";
import type { Tokenizer } from "../tokenizer/tokenizer";

export interface TokenSurprisal {
  text: string;
  /** Null for the first token, which has no probability. */
  nats: number | null;
}

export interface WordSurprisal {
  word: string;
  /** Over the tokens that have one; null if none has. */
  nats: number | null;
  tokens: TokenSurprisal[];
}

export interface SentenceSurprisal {
  words: WordSurprisal[];
  /** Sum over the sentence: -log of its probability. */
  nats: number;
  /** Tokens that were counted. */
  tokens: number;
  /** Tokens cut off at the end because the text exceeds the model's context. */
  cutTokens: number;
}

export interface Pair {
  sentences: [SentenceSurprisal, SentenceSurprisal];
  /** The sentence with the larger probability; null: equal. */
  preferred: 0 | 1 | null;
  rows: PairRow[];
}

/** Corresponding words: equal ones, and those between equal ones in their order. */
export interface PairRow {
  words: [WordSurprisal | null, WordSurprisal | null];
  /** Second minus first, in nats: above 0 favours the first sentence. The sum over the rows decides. */
  difference: number;
}

/**
 * @param beginsWithBos - true: after `<s>`, as a text began in training; false: as the official pipeline scores a sentence,
 *   whose first token has no probability
 * @throws Error if there is nothing to score
 */
export async function sentenceSurprisal(
  model: LanguageModel,
  tokenizer: Tokenizer,
  text: string,
  beginsWithBos: boolean,
): Promise<SentenceSurprisal> {
  const [sentence] = await surprisals(model, tokenizer, [text], beginsWithBos);
  return sentence;
}

/** Both sentences, and which one the model finds more probable. @throws Error as `sentenceSurprisal` */
export async function judgePair(
  model: LanguageModel,
  tokenizer: Tokenizer,
  texts: readonly [string, string],
  beginsWithBos: boolean,
): Promise<Pair> {
  const [first, second] = await surprisals(model, tokenizer, texts, beginsWithBos);
  const rows = correspondingWords(first.words, second.words).map((words) => ({
    words,
    difference: (words[1]?.nats ?? 0) - (words[0]?.nats ?? 0),
  }));
  const preferred = first.nats === second.nats ? null : first.nats < second.nats ? 0 : 1;
  return { sentences: [first, second], preferred, rows };
}

/**
 * Per pair: 1 if the model finds the first sentence more probable, 0 if the second, 0.5 if neither. Sentences are scored as in
 * the official pipeline, without `<s>`. @throws Error as `sentenceSurprisal`
 */
export async function rightPairs(
  model: LanguageModel,
  tokenizer: Tokenizer,
  pairs: readonly { texts: readonly [string, string] }[],
): Promise<number[]> {
  const scored = await surprisals(
    model,
    tokenizer,
    pairs.flatMap(({ texts }) => texts),
    false,
  );
  return pairs.map((_, i) => {
    const [first, second] = [scored[2 * i].nats, scored[2 * i + 1].nats];
    return first === second ? 0.5 : first < second ? 1 : 0;
  });
}

async function surprisals(
  model: LanguageModel,
  tokenizer: Tokenizer,
  texts: readonly string[],
  beginsWithBos: boolean,
): Promise<SentenceSurprisal[]> {
  const encoded = texts.map((text) => {
    const trimmed = text.trim();
    const whole = encodeText(tokenizer, trimmed, beginsWithBos ? "add" : "remove");
    const ids = whole.ids.slice(0, model.maxLength);
    if (ids.length < 2) throw new Error(trimmed === "" ? "the sentence is empty" : "a single token has no surprisal");
    return { ids, offsets: whole.offsets, chars: [...trimmed], cutTokens: whole.ids.length - ids.length };
  });
  const scores = await model.score(encoded.map(({ ids }) => ({ ids, from: 1 })));
  return encoded.map(({ ids, offsets, chars, cutTokens }, i) => {
    const tokens = ids.map((id, t) => ({
      text: tokenizer.decode([id]),
      nats: t === 0 ? null : -scores[i][t - 1],
      span: offsets[t],
    }));
    const own = beginsWithBos ? tokens.slice(1) : tokens;
    const counted = own.filter((token) => token.nats !== null);
    return { words: intoWords(own, chars), nats: sumOfNats(counted), tokens: counted.length, cutTokens };
  });
}

interface PlacedToken extends TokenSurprisal {
  /** `[start, end)` in code points of the sentence. */
  span: readonly [number, number];
}

/** A token begins a word if it begins with a blank, or the one before it ended with one. */
function intoWords(tokens: readonly PlacedToken[], chars: readonly string[]): WordSurprisal[] {
  const isBlank = (at: number) => /\s/u.test(chars[at] ?? "");
  const groups: PlacedToken[][] = [];
  let isOpen = false; // whether the last group has a character that is no blank
  let end = 0; //        of the token before; one that begins earlier is the rest of a character
  for (const token of tokens) {
    const [from, to] = token.span;
    if (groups.length === 0 || (isOpen && from >= end && (isBlank(from) || isBlank(from - 1)))) {
      groups.push([]);
      isOpen = false;
    }
    groups[groups.length - 1].push(token);
    for (let at = from; at < to; at++) isOpen ||= !isBlank(at);
    end = to;
  }
  return groups.map((group) => ({
    word: chars
      .slice(group[0].span[0], group[group.length - 1].span[1])
      .join("")
      .trim(),
    nats: group.every((token) => token.nats === null) ? null : sumOfNats(group),
    tokens: group.map(({ text, nats }) => ({ text, nats })),
  }));
}

function sumOfNats(tokens: readonly TokenSurprisal[]): number {
  return tokens.reduce((sum, { nats }) => sum + (nats ?? 0), 0);
}

/** The longest common subsequence of words pairs up; what lies between two of its words pairs up in order. */
function correspondingWords(
  first: readonly WordSurprisal[],
  second: readonly WordSurprisal[],
): [WordSurprisal | null, WordSurprisal | null][] {
  const rows: [WordSurprisal | null, WordSurprisal | null][] = [];
  let [a, b] = [0, 0];
  const pairUp = (toA: number, toB: number) => {
    while (a < toA || b < toB) rows.push([a < toA ? first[a++] : null, b < toB ? second[b++] : null]);
  };
  for (const [i, j] of commonWords(first, second)) {
    pairUp(i, j);
    rows.push([first[a++], second[b++]]);
  }
  pairUp(first.length, second.length);
  return rows;
}

/** Positions `[i, j]` of a longest common subsequence. */
function commonWords(first: readonly WordSurprisal[], second: readonly WordSurprisal[]): [number, number][] {
  const longest = Array.from({ length: first.length + 1 }, () => new Int32Array(second.length + 1)); // of the rests
  for (let i = first.length - 1; i >= 0; i--) {
    for (let j = second.length - 1; j >= 0; j--) {
      const isSame = first[i].word === second[j].word;
      longest[i][j] = isSame ? longest[i + 1][j + 1] + 1 : Math.max(longest[i + 1][j], longest[i][j + 1]);
    }
  }
  const found: [number, number][] = [];
  for (let i = 0, j = 0; i < first.length && j < second.length; ) {
    if (first[i].word === second[j].word) found.push([i++, j++]);
    else if (longest[i + 1][j] >= longest[i][j + 1]) i++;
    else j++;
  }
  return found;
}
