/** @file A LLaMA as a `LanguageModel` for scoring: common prefixes are computed once. */

import { hasTreeAttention, tf, type WantedLabels } from "../tensor";
import type { LanguageModel, ScoredSequence } from "./language-model";
import type { Llama } from "./llama";
import { forestBatches } from "./prefix-forest";
import { packTrees, positionOf, sharePrefixes } from "./shared-prefixes";
import type { TokenBatch, TokenForest } from "./token-batch";

/**
 * How sequences are arranged. `trunks`: each shares one prefix with one other sequence. Committed results use it; the last
 * digits of a score can depend on the other sequences. `forest`: every common prefix is shared, and a score has the same
 * bytes for every batch size and set of sequences. Backends without the kernel use `trunks`.
 */
export type Layout = "trunks" | "forest";

export interface ScoringOptions {
  /** Name in reports and in the official result folders. */
  name: string;
  /** Positions in one forward pass; memory use grows with it. */
  tokensPerBatch: number;
  layout: Layout;
}

const DEFAULTS: ScoringOptions = {
  name: "llama",
  tokensPerBatch: 8192, // [ours] a few hundred MB of activations for the paper's models
  layout: "trunks",
};

/** Scores with a model owned by the caller. */
export class LlamaLanguageModel implements LanguageModel {
  readonly name: string;
  readonly vocabSize: number;
  readonly maxLength: number;
  readonly llama: Llama;
  readonly prefersSorted: boolean;
  private readonly tokensPerBatch: number;
  private readonly layout: Layout;

  constructor(llama: Llama, options: Partial<ScoringOptions> = {}) {
    const { name, tokensPerBatch, layout } = { ...DEFAULTS, ...options };
    if (!(tokensPerBatch >= 1)) throw new RangeError(`LlamaLanguageModel: tokensPerBatch is ${tokensPerBatch}`);
    this.llama = llama;
    this.name = name;
    this.tokensPerBatch = tokensPerBatch;
    this.layout = hasTreeAttention() ? layout : "trunks";
    this.prefersSorted = this.layout === "forest";
    this.vocabSize = llama.config.vocabSize;
    this.maxLength = llama.config.maxPositionEmbeddings;
  }

  async score(
    sequences: readonly ScoredSequence[],
    onProgress: (done: number, total: number) => void = () => {},
  ): Promise<Float32Array[]> {
    const results = sequences.map((sequence, i) => new Float32Array(this.checked(sequence, i)));
    // The last token is only a target, not an input; a sequence without wanted scores is not laid out.
    const wanted = sequences.map((_, i) => i).filter((i) => results[i].length > 0);
    const inputs = wanted.map((i) => Int32Array.from(sequences[i].ids).subarray(0, sequences[i].ids.length - 1));
    let done = sequences.length - wanted.length;
    for (const { batch, size, members } of this.layout === "forest" ? this.forests(inputs) : this.trees(inputs)) {
      const asked = new Questions(size);
      for (const { sequence, positionOf } of members) {
        const index = wanted[sequence];
        const { ids, from } = sequences[index];
        const questions = new Int32Array(ids.length - from);
        for (let t = from; t < ids.length; t++) questions[t - from] = asked.ask(positionOf(t - 1), ids[t]);
        asked.use(questions, results[index]);
        done++;
      }
      asked.answer(await this.llama.logProbsOf(batch, asked.wanted()));
      onProgress(done, sequences.length);
      await tf.nextFrame(); // lets signals and progress through on backends that never wait
    }
    return results;
  }

  private *trees(inputs: readonly Int32Array[]): Generator<LaidOut> {
    const trees = sharePrefixes(inputs, Math.min(1024, this.tokensPerBatch));
    for (const { batch, trees: placed } of packTrees(trees, inputs, this.tokensPerBatch)) {
      const members = placed.flatMap(({ tree, row, column }) =>
        tree.branches.map((branch) => ({
          sequence: branch.sequence,
          positionOf: (t: number) => row * batch.T + column + positionOf(branch, t),
        })),
      );
      yield { batch, size: batch.B * batch.T, members };
    }
  }

  private *forests(inputs: readonly Int32Array[]): Generator<LaidOut> {
    for (const { forest, members } of forestBatches(inputs, this.tokensPerBatch)) {
      yield {
        batch: forest,
        size: forest.inputIds.length,
        members: members.map(({ sequence, positions }) => ({ sequence, positionOf: (t) => positions[t] })),
      };
    }
  }

  /** Number of log-probabilities that the sequence wants. @throws RangeError as `LanguageModel.score` */
  private checked({ ids, from }: ScoredSequence, index: number): number {
    if (!(Number.isInteger(from) && from >= 1 && from <= Math.max(1, ids.length))) {
      throw new RangeError(
        `score: sequence ${index} of ${ids.length} tokens wants scores from token ${from}, want 1 to ${ids.length}; ` +
          `the first token has no probability, add a BOS to score it`,
      );
    }
    for (let t = 0; t < ids.length; t++) {
      if (!(Number.isInteger(ids[t]) && ids[t] >= 0 && ids[t] < this.vocabSize)) {
        throw new RangeError(
          `score: sequence ${index} has the id ${ids[t]} at ${t}, the model's vocabulary has ${this.vocabSize} entries; ` +
            `is this the model's own tokenizer?`,
        );
      }
    }
    return Math.max(0, ids.length - from);
  }
}

/** One batch, and the position of each token of its sequences. */
interface LaidOut {
  batch: TokenBatch | TokenForest;
  /** Number of positions. */
  size: number;
  members: { sequence: number; positionOf: (t: number) => number }[];
}

/** Pairs (position, target) of one batch, each once, however many results use it. */
class Questions {
  /**
   * The last question of each position, and for each question the previous one at its position; -1 if there is none.
   */
  private readonly last: Int32Array;
  private readonly before: number[] = [];
  private readonly targets: number[] = [];
  private readonly uses: { questions: Int32Array; result: Float32Array }[] = [];
  /** Index of each question among the labels. */
  private readonly labelOf: number[] = [];

  constructor(positions: number) {
    this.last = new Int32Array(positions).fill(-1);
  }

  /** @returns the question's number */
  ask(position: number, target: number): number {
    let question = this.last[position];
    while (question !== -1 && this.targets[question] !== target) question = this.before[question];
    if (question === -1) {
      question = this.targets.push(target) - 1;
      this.before.push(this.last[position]);
      this.last[position] = question;
    }
    return question;
  }

  /** The answers of these questions are written to `result`. */
  use(questions: Int32Array, result: Float32Array): void {
    this.uses.push({ questions, result });
  }

  /** Grouped by position, so that each position's logits are computed once. */
  wanted(): WantedLabels {
    const rows: number[] = [];
    const starts = [0];
    const labels = new Int32Array(this.targets.length);
    let count = 0;
    for (let position = 0; position < this.last.length; position++) {
      if (this.last[position] === -1) continue;
      rows.push(position);
      for (let question = this.last[position]; question !== -1; question = this.before[question]) {
        this.labelOf[question] = count;
        labels[count++] = this.targets[question];
      }
      starts.push(count);
    }
    return { rows: Int32Array.from(rows), starts: Int32Array.from(starts), labels };
  }

  answer(logProbs: Float32Array): void {
    for (const { questions, result } of this.uses) {
      for (let i = 0; i < questions.length; i++) result[i] = logProbs[this.labelOf[questions[i]]];
    }
  }
}
