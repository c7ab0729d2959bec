/** @file All that scoring needs to know of a language model. `eval/` sees this and nothing else of `model/`. */

/** A request for log p(ids[t] | ids[0..t-1]) at t = from .. ids.length - 1, with `from` at least 1. */
export interface ScoredSequence {
  ids: ArrayLike<number>;
  from: number;
}

export interface LanguageModel {
  readonly name: string;
  readonly vocabSize: number;
  /** Tokens the model was made for; a longer sequence may still be scored. */
  readonly maxLength: number;
  /** True where one call costs less the more its sequences begin alike, so that callers best ask in the order of texts. */
  readonly prefersSorted?: boolean;
  /**
   * Natural-log probabilities, one array per sequence in the order asked, each of length `ids.length - from`.
   * A repeated sequence gets the very same numbers.
   *
   * @param onProgress - told now and then how many sequences are done
   * @throws RangeError for an id outside the vocabulary, or `from` outside 1 .. ids.length
   */
  score(
    sequences: readonly ScoredSequence[],
    onProgress?: (done: number, total: number) => void,
  ): Promise<Float32Array[]>;
}
