/**
 * @file Language models whose every answer is known, and a tokenizer of one word a token: scoring tested by hand.
 */

import type { LanguageModel, ScoredSequence } from "../../src/model/language-model";
import type { Encoding, SpecialTokens } from "../../src/tokenizer/tokenizer";

/** A model given as `log p(next | previous ids)`. */
export function toyModel(
  name: string,
  vocabSize: number,
  logProb: (previous: readonly number[], next: number) => number,
): LanguageModel & { asked: number } {
  const model = {
    name,
    vocabSize,
    maxLength: 1024,
    /** Sequences asked so far. */
    asked: 0,
    async score(sequences: readonly ScoredSequence[], onProgress?: (done: number, total: number) => void) {
      model.asked += sequences.length;
      const out = sequences.map(({ ids, from }) => {
        const list = Array.from(ids);
        return Float32Array.from({ length: list.length - from }, (_, i) =>
          logProb(list.slice(0, from + i), list[from + i]),
        );
      });
      onProgress?.(sequences.length, sequences.length);
      return out;
    },
  };
  return model;
}

/** Every token has probability 1 / V, whatever came before. */
export function uniformModel(vocabSize: number): LanguageModel & { asked: number } {
  return toyModel("uniform", vocabSize, () => -Math.log(vocabSize));
}

/** Counts of word pairs in a text, add-one smoothed: `p(b | a) = (n(a b) + 1) / (n(a) + V)`. */
export function bigramModel(tokenizer: ToyTokenizer, text: string): LanguageModel & { asked: number } {
  const counts = new Map<string, number>();
  const ids = tokenizer.encode(text).ids;
  const add = (key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);
  for (let t = 0; t + 1 < ids.length; t++) {
    add(`${ids[t]}`);
    add(`${ids[t]} ${ids[t + 1]}`);
  }
  const V = tokenizer.vocabSize;
  return toyModel("bigram", V, (previous, next) => {
    const last = previous[previous.length - 1];
    return Math.log(((counts.get(`${last} ${next}`) ?? 0) + 1) / ((counts.get(`${last}`) ?? 0) + V));
  });
}

/** One token per word, its blank included, as byte-level BPE cuts; unknown words are learnt as they come. */
export class ToyTokenizer {
  readonly specialTokens: SpecialTokens;
  private readonly words: string[] = ["<s>", "</s>", "<unk>", "<pad>"];
  private readonly ids = new Map<string, number>();
  private readonly addBos: boolean;
  private readonly addEos: boolean;

  constructor(options: { addBos?: boolean; addEos?: boolean; bos?: number | null } = {}) {
    this.addBos = options.addBos ?? false;
    this.addEos = options.addEos ?? false;
    this.specialTokens = { bos: options.bos === undefined ? 0 : options.bos, eos: 1, unk: 2, pad: 3 };
  }

  get modelVocabSize(): number {
    return this.words.length;
  }

  get tokenCount(): number {
    return this.vocabSize;
  }

  get vocabSize(): number {
    return Math.max(64, this.words.length);
  }

  encode(text: string, options: { addSpecialTokens?: boolean } = {}): Encoding {
    const special = options.addSpecialTokens ?? true;
    const ids: number[] = [];
    const offsets: [number, number][] = [];
    const specialTokensMask: number[] = [];
    const push = (id: number, offset: [number, number], mask: number) => {
      ids.push(id);
      offsets.push(offset);
      specialTokensMask.push(mask);
    };
    if (special && this.addBos) push(0, [0, 0], 1);
    let at = 0;
    for (const piece of text.match(/\s?\S+|\s/gu) ?? []) {
      const length = [...piece].length;
      push(this.idOf(piece), [at, at + length], 0);
      at += length;
    }
    if (special && this.addEos) push(1, [0, 0], 1);
    return { ids, offsets, specialTokensMask };
  }

  decode(ids: ArrayLike<number>): string {
    return Array.from(ids, (id) => this.words[id]).join("");
  }

  private idOf(piece: string): number {
    let id = this.ids.get(piece);
    if (id === undefined) {
      id = this.words.push(piece) - 1;
      this.ids.set(piece, id);
    }
    return id;
  }
}
