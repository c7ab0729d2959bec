/**
 * @file Byte-pair encoding: learning the merges from text.
 *
 * Gives the same vocabulary, merges and ids as the `BpeTrainer` of Hugging Face's tokenizers 0.23 with a ByteLevel
 * pre-tokenizer (no prefix space), its full alphabet of 256 byte characters and the special tokens first. The rules that
 * decide between equals are theirs: the largest count first, then the smaller (left id, right id); overlapping pairs
 * count each time ("aaa" holds "aa" twice); a pair is counted once for every occurrence of its word.
 *
 * Leaves out what we never use: dropout, prefixes and suffixes of words, limits on the alphabet and on token length.
 * Sennrich et al. 2016, https://aclanthology.org/P16-1162.
 */

import { BYTE_TO_CHAR } from "./byte-alphabet";
import { jinjaChatTemplate } from "./chat-template";
import { byteLevelJson } from "./hugging-face-json";
import { MergeQueue, type Words } from "./merge-queue";
import { SPECIAL_TOKENS } from "./special-tokens";
import { Tokenizer } from "./tokenizer";
import { WordCounter } from "./word-counter";
import { grown } from "./word-table";

export interface BpeTrainOptions {
  /** Tokens in the finished vocabulary, specials and the 256 bytes included; fewer if the text runs out of pairs. */
  vocabSize: number;
  /** A pair must occur this often to be merged; default 2, as in the reference. */
  minFrequency?: number;
  /** Ids 0, 1, ... in this order; default `<s> </s> <unk> <pad>`. */
  specialTokens?: readonly string[];
  onProgress?: (tokens: number, vocabSize: number) => void;
}

/** Learn a tokenizer from texts. A text is one stretch: no word spans two; a line should carry its newline. */
export function trainBpe(texts: Iterable<string>, options: BpeTrainOptions): Tokenizer {
  const counter = new WordCounter();
  for (const text of texts) counter.add(text);
  return trainBpeFromCounts(counter, options);
}

/** The same from files of any size, line by line (each with its newline), reading a few megabytes at a time. */
export function trainBpeFromFiles(files: readonly string[], options: BpeTrainOptions): Tokenizer {
  const counter = new WordCounter();
  for (const file of files) counter.addFile(file);
  return trainBpeFromCounts(counter, options);
}

export function trainBpeFromCounts(counter: WordCounter, options: BpeTrainOptions): Tokenizer {
  const { vocabSize, minFrequency = 2, specialTokens = SPECIAL_TOKENS } = options;
  const smallest = specialTokens.length + 256;
  if (!Number.isInteger(vocabSize) || vocabSize < smallest) {
    throw new Error(
      `trainBpe: vocabSize is ${vocabSize}, want an integer of at least ${smallest} ` +
        `(${specialTokens.length} special tokens and 256 bytes)`,
    );
  }
  if (!(minFrequency >= 0)) throw new Error(`trainBpe: minFrequency is ${minFrequency}, want 0 or more`);
  if (new Set(specialTokens).size !== specialTokens.length || specialTokens.includes("")) {
    throw new Error(`trainBpe: special tokens must be distinct and not empty, got ${JSON.stringify(specialTokens)}`);
  }
  const learned = learnMerges(counter, vocabSize, minFrequency, specialTokens, options.onProgress);
  const hasEnds = specialTokens.includes("<s>") && specialTokens.includes("</s>");
  return Tokenizer.fromJson(
    byteLevelJson(learned.tokens, learned.merges, specialTokens),
    {},
    hasEnds ? { chat_template: jinjaChatTemplate() } : {},
  );
}

interface Learned {
  /** Every token's spelling, by id. */
  tokens: string[];
  /** Spellings of the two parts, by rank. */
  merges: [string, string][];
}

function learnMerges(
  counter: WordCounter,
  vocabSize: number,
  minFrequency: number,
  specialTokens: readonly string[],
  onProgress?: (tokens: number, vocabSize: number) => void,
): Learned {
  const tokens = [...specialTokens];
  const idOf = new Map(tokens.map((token, id) => [token, id]));
  for (const char of [...BYTE_TO_CHAR].sort()) {
    if (idOf.has(char)) continue;
    idOf.set(char, tokens.length);
    tokens.push(char);
  }
  const words = spellWords(counter, idOf);
  const queue = new MergeQueue(words);
  const rankOf = new Map<string, { rank: number; parts: [string, string] }>();

  for (let rank = 0; tokens.length < vocabSize; rank++) {
    const top = queue.pop(minFrequency);
    if (top === null) break;
    const parts: [string, string] = [tokens[top.left], tokens[top.right]];
    const spelling = parts[0] + parts[1];
    let id = idOf.get(spelling); // two pairs can spell one token: "ab" + "c" and "a" + "bc"
    if (id === undefined) {
      id = tokens.length;
      tokens.push(spelling);
      idOf.set(spelling, id);
    }
    // [reference] such a pair can come up a second time, for words that got it later; its later rank is the one kept
    rankOf.set(`${top.left} ${top.right}`, { rank, parts });
    queue.merge(top, id);
    if ((rank & 127) === 0) onProgress?.(tokens.length, vocabSize);
  }
  onProgress?.(tokens.length, vocabSize);
  const merges = [...rankOf.values()].sort((a, b) => a.rank - b.rank).map((m) => m.parts);
  return { tokens, merges };
}

function spellWords(counter: WordCounter, idOf: ReadonlyMap<string, number>): Words {
  const idOfByte = Int32Array.from(BYTE_TO_CHAR, (char) => idOf.get(char)!);
  const W = counter.words.size;
  const starts = new Int32Array(W + 1);
  let symbols = new Int32Array(1 << 16);
  for (let w = 0; w < W; w++) {
    const bytes = Buffer.from(counter.words.word(w), "utf8");
    const start = starts[w];
    if (start + bytes.length > symbols.length) {
      symbols = grown(symbols, Math.max(start + bytes.length, Math.ceil(symbols.length * 1.5)), Int32Array);
    }
    for (let i = 0; i < bytes.length; i++) symbols[start + i] = idOfByte[bytes[i]];
    starts[w + 1] = start + bytes.length;
  }
  const lengths = Int32Array.from({ length: W }, (_, w) => starts[w + 1] - starts[w]);
  return { symbols, starts, lengths, counts: counter.counts };
}
