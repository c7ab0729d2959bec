/** @file A LLaMA as the `LanguageModel` that scoring uses: every distinct beginning is computed once. */

import { tf } from "../tensor";
import type { LanguageModel, ScoredSequence } from "./language-model";
import type { Llama } from "./llama";
import { packTrees, positionOf, sharePrefixes } from "./shared-prefixes";

export interface ScoringOptions {
  /** Shown in reports; the official result folders are named for it. */
  name: string;
  /** Positions in one forward pass; memory grows with it. */
  tokensPerBatch: number;
}

const DEFAULTS: ScoringOptions = {
  name: "llama",
  tokensPerBatch: 8192, // [ours] a few hundred MB of activations for the paper's models
};

/** Scores with a model that the caller owns. */
export class LlamaLanguageModel implements LanguageModel {
  readonly name: string;
  readonly vocabSize: number;
  readonly maxLength: number;
  readonly llama: Llama;
  private readonly tokensPerBatch: number;

  constructor(llama: Llama, options: Partial<ScoringOptions> = {}) {
    const { name, tokensPerBatch } = { ...DEFAULTS, ...options };
    if (!(tokensPerBatch >= 1)) throw new RangeError(`LlamaLanguageModel: tokensPerBatch is ${tokensPerBatch}`);
    this.llama = llama;
    this.name = name;
    this.tokensPerBatch = tokensPerBatch;
    this.vocabSize = llama.config.vocabSize;
    this.maxLength = llama.config.maxPositionEmbeddings;
  }

  async score(
    sequences: readonly ScoredSequence[],
    onProgress: (done: number, total: number) => void = () => {},
  ): Promise<Float32Array[]> {
    const results = sequences.map((sequence, i) => new Float32Array(this.checked(sequence, i)));
    // The last token is predicted, never read; a sequence that wants nothing is not laid out at all.
    const wanted = sequences.map((_, i) => i).filter((i) => results[i].length > 0);
    const inputs = wanted.map((i) => Int32Array.from(sequences[i].ids).subarray(0, sequences[i].ids.length - 1));
    let done = sequences.length - wanted.length;
    const trees = sharePrefixes(inputs, Math.min(1024, this.tokensPerBatch));
    for (const packed of packTrees(trees, inputs, this.tokensPerBatch)) {
      const { T } = packed.batch;
      const asked = new Questions();
      for (const { tree, row, column } of packed.trees) {
        const first = row * T + column;
        for (const branch of tree.branches) {
          const index = wanted[branch.sequence];
          const { ids, from } = sequences[index];
          for (let t = from; t < ids.length; t++) {
            asked.ask(first + positionOf(branch, t - 1), ids[t], results[index], t - from);
          }
          done++;
        }
      }
      asked.answer(await this.llama.logProbsAt(packed.batch, asked.positions(), asked.targets()));
      onProgress(done, sequences.length);
      await tf.nextFrame(); // let signals and progress through on backends that never wait
    }
    return results;
  }

  /** How many log-probabilities the sequence wants. @throws RangeError as `LanguageModel.score` */
  private checked({ ids, from }: ScoredSequence, index: number): number {
    if (!(Number.isInteger(from) && from >= 1 && from <= Math.max(1, ids.length))) {
      throw new RangeError(
        `score: sequence ${index} of ${ids.length} tokens wants scores from token ${from}, want 1 to ${ids.length}; ` +
          `the first token has no probability, put a BOS before it to score it`,
      );
    }
    for (let t = 0; t < ids.length; t++) {
      if (!(Number.isInteger(ids[t]) && ids[t] >= 0 && ids[t] < this.vocabSize)) {
        throw new RangeError(
          `score: sequence ${index} holds id ${ids[t]} at ${t}, the model's vocabulary has ${this.vocabSize} entries; ` +
            `is this the model's own tokenizer?`,
        );
      }
    }
    return Math.max(0, ids.length - from);
  }
}

/** Pairs (position, target) asked in one batch, each once however many results it serves. */
class Questions {
  private readonly numbers = new Map<string, number>();
  private readonly asked: { position: number; target: number }[] = [];
  private readonly uses: { question: number; result: Float32Array; at: number }[] = [];

  ask(position: number, target: number, result: Float32Array, at: number): void {
    const key = `${position} ${target}`;
    let question = this.numbers.get(key);
    if (question === undefined) {
      question = this.asked.push({ position, target }) - 1;
      this.numbers.set(key, question);
    }
    this.uses.push({ question, result, at });
  }

  positions(): Int32Array {
    return Int32Array.from(this.asked, (a) => a.position);
  }

  targets(): Int32Array {
    return Int32Array.from(this.asked, (a) => a.target);
  }

  answer(logProbs: Float32Array): void {
    for (const { question, result, at } of this.uses) result[at] = logProbs[question];
  }
}
