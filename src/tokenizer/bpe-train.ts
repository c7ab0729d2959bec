/**
 * @file Train a BPE tokenizer: learn the merges from text.
 *
 * Two kinds, each with the vocabulary, merges and ids of the `BpeTrainer` of Hugging Face's tokenizers 0.23: byte-level
 * (GPT-2's words, full alphabet of 256 byte characters) and SentencePiece-like (Metaspace, characters, byte fallback). The
 * tie-breaking rules are the reference's: the largest count first, then the smaller (left id, right id); overlapping
 * pairs count each time ("aaa" holds "aa" twice); a pair is counted once for every occurrence of its word.
 *
 * Leaves out what we never use: dropout, prefixes and suffixes of words, limits on token length.
 * Sennrich et al. 2016, https://aclanthology.org/P16-1162.
 */

import { BYTE_TO_CHAR } from "./byte-alphabet";
import { jinjaChatTemplate } from "./chat-template";
import { MergeQueue, type Words } from "./merge-queue";
import { BYTE_TOKENS, coveredCharacters } from "./sentence-piece";
import { SPECIAL_TOKENS } from "./special-tokens";
import { Tokenizer } from "./tokenizer";
import { byteLevelJson, sentencePieceJson } from "./trained-json";
import { type TokenizerKind, WordCounter } from "./word-counter";
import { grown } from "./word-table";

export interface BpeTrainOptions {
  /**
   * Tokens in the finished vocabulary: special ones, the 256 bytes and, SentencePiece-like, the characters included; fewer if
   * the text runs out of pairs.
   */
  vocabSize: number;
  /** Default `byte-level`. */
  kind?: TokenizerKind;
  /** A pair must occur this often to be merged; default 2, as in the reference. */
  minFrequency?: number;
  /** Ids 0, 1, ... in this order; default `<s> </s> <unk> <pad>`. */
  specialTokens?: readonly string[];
  onProgress?: (tokens: number, vocabSize: number) => void;
}

/**
 * Train a tokenizer on texts. No word spans two texts. A line should end with its newline, which the byte-level kind learns
 * and the SentencePiece-like kind removes.
 *
 * @throws Error if `vocabSize` has no room for the special tokens and the alphabet, or an option is out of range
 */
export function trainBpe(texts: Iterable<string>, options: BpeTrainOptions): Tokenizer {
  const counter = new WordCounter(options.kind);
  for (const text of texts) counter.add(text);
  return trainBpeFromCounts(counter, options);
}

/** The same from counted words; the kind is the counter's. @throws as `trainBpe` */
export function trainBpeFromCounts(counter: WordCounter, options: Omit<BpeTrainOptions, "kind">): Tokenizer {
  const { vocabSize, minFrequency = 2, specialTokens = SPECIAL_TOKENS } = options;
  if (!(minFrequency >= 0)) throw new Error(`trainBpe: minFrequency is ${minFrequency}, want 0 or more`);
  if (new Set(specialTokens).size !== specialTokens.length || specialTokens.includes("")) {
    throw new Error(`trainBpe: special tokens must be distinct and not empty, got ${JSON.stringify(specialTokens)}`);
  }
  const isByteLevel = counter.kind === "byte-level";
  const alphabet = isByteLevel ? [...BYTE_TO_CHAR].sort() : coveredCharacters(countCharacters(counter));
  const tokens = [...new Set([...specialTokens, ...(isByteLevel ? [] : BYTE_TOKENS), ...alphabet])];
  const smallest = specialTokens.length + 256 + (isByteLevel ? 0 : alphabet.length);
  if (!Number.isInteger(vocabSize) || vocabSize < smallest) {
    throw new Error(
      `trainBpe: vocabSize is ${vocabSize}, want an integer of at least ${smallest} (${specialTokens.length} special ` +
        `tokens and 256 bytes${isByteLevel ? "" : ` and the ${alphabet.length} characters of the text`})`,
    );
  }
  const idOf = new Map(tokens.map((token, id) => [token, id]));
  const words = isByteLevel ? spellInBytes(counter, idOf) : spellInCharacters(counter, idOf);
  const merges = learnMerges(words, tokens, idOf, vocabSize, minFrequency, options.onProgress);
  const json = (isByteLevel ? byteLevelJson : sentencePieceJson)({ tokens, merges, specialTokens });
  const hasEnds = specialTokens.includes("<s>") && specialTokens.includes("</s>");
  return Tokenizer.fromJson(
    json,
    {},
    { ...(!isByteLevel && { add_prefix_space: true }), ...(hasEnds && { chat_template: jinjaChatTemplate() }) },
  );
}

/**
 * Merge the most frequent pair until there are `vocabSize` tokens; appends to `tokens` and `idOf`.
 *
 * @returns the spellings of the two parts, by rank
 */
function learnMerges(
  words: Words,
  tokens: string[],
  idOf: Map<string, number>,
  vocabSize: number,
  minFrequency: number,
  onProgress?: (tokens: number, vocabSize: number) => void,
): [string, string][] {
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
    // [reference] a pair can be queued twice, because merges create it in other words later; the later rank is kept
    rankOf.set(`${top.left} ${top.right}`, { rank, parts });
    queue.merge(top, id);
    if ((rank & 127) === 0) onProgress?.(tokens.length, vocabSize);
  }
  onProgress?.(tokens.length, vocabSize);
  return [...rankOf.values()].sort((a, b) => a.rank - b.rank).map((m) => m.parts);
}

/** Every word as the ids of its bytes. */
function spellInBytes(counter: WordCounter, idOf: ReadonlyMap<string, number>): Words {
  const idOfByte = Int32Array.from(BYTE_TO_CHAR, (char) => idOf.get(char)!);
  return spellWords(counter, (word) => {
    const bytes = Buffer.from(word, "utf8");
    return Int32Array.from(bytes, (byte) => idOfByte[byte]);
  });
}

/** Every word as the ids of its characters. [reference] A character without a token is skipped, which makes its neighbours adjacent. */
function spellInCharacters(counter: WordCounter, idOf: ReadonlyMap<string, number>): Words {
  return spellWords(counter, (word) => {
    const ids: number[] = [];
    for (const character of word) {
      const id = idOf.get(character);
      if (id !== undefined) ids.push(id);
    }
    return ids;
  });
}

function spellWords(counter: WordCounter, spell: (word: string) => ArrayLike<number>): Words {
  const W = counter.words.size;
  const starts = new Int32Array(W + 1);
  let symbols = new Int32Array(1 << 16);
  for (let w = 0; w < W; w++) {
    const ids = spell(counter.words.word(w));
    const start = starts[w];
    if (start + ids.length > symbols.length) {
      symbols = grown(symbols, Math.max(start + ids.length, Math.ceil(symbols.length * 1.5)), Int32Array);
    }
    symbols.set(ids, start);
    starts[w + 1] = start + ids.length;
  }
  const lengths = Int32Array.from({ length: W }, (_, w) => starts[w + 1] - starts[w]);
  return { symbols, starts, lengths, counts: counter.counts };
}

function countCharacters(counter: WordCounter): Map<string, number> {
  const counts = new Map<string, number>();
  for (let w = 0; w < counter.words.size; w++) {
    for (const character of counter.words.word(w)) {
      counts.set(character, (counts.get(character) ?? 0) + counter.counts[w]);
    }
  }
  return counts;
}
