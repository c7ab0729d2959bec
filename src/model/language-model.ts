/** @file Interface of a language model for scoring. `eval/` uses no other part of `model/`. */

/** A request for log p(ids[t] | ids[0..t-1]) at t = from .. ids.length - 1, with `from` at least 1. */
export interface ScoredSequence {
  ids: ArrayLike<number>;
  from: number;
}

export interface LanguageModel {
  readonly name: string;
  readonly vocabSize: number;
  /** The model's context length in tokens; a longer sequence may still be scored. */
  readonly maxLength: number;
  /** True if a call is cheaper when its sequences share prefixes, so that callers should pass sorted texts. */
  readonly prefersSorted?: boolean;
  /**
   * Natural-log probabilities, one array per sequence in the given order, each of length `ids.length - from`. A
   * repeated sequence gets exactly the same numbers.
   *
   * @param onProgress - called from time to time with the number of finished sequences
   * @throws RangeError for an id outside the vocabulary, or `from` outside 1 .. ids.length
   */
  score(
    sequences: readonly ScoredSequence[],
    onProgress?: (done: number, total: number) => void,
  ): Promise<Float32Array[]>;
}
