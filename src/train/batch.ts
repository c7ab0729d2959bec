/**
 * @file From token sequences to the batches of an epoch.
 *
 * Pre-training (`stream`): packed sequences, shuffled documents back to back in rows of fixed length; a document that
 * meets the end of a row continues in the next one, without its earlier context. Instruction tuning (`examples`):
 * `batchSize` whole examples per update, several per row. Either way the attention mask keeps documents apart, rotary
 * positions start anew in each, every token after the first is predicted once per epoch, and under 5 % is padding.
 */

import { emptyBatch, packSequences, place, type TokenBatch } from "../model/token-batch";
import { IGNORE_LABEL } from "../tensor";
import type { Rng } from "../util/rng";

/** One document, or one prompt with its reply, as token ids (BOS and EOS included by whoever made it). */
export interface TrainingExample {
  ids: Int32Array | number[];
  /** Tokens from here on carry loss; 1 means every token but the first, which nothing predicts. */
  lossFrom: number;
  /** Corpus it comes from; validation loss is told apart by it. */
  source: string;
  /** Words as the BabyLM counts them; checkpoints are due by words seen. */
  words: number;
}

export type Packing = "stream" | "examples";

export interface BatchSettings {
  packing: Packing;
  /** Rows (`stream`) or examples (`examples`) per update. */
  batchSize: number;
  /** Tokens per row; a longer document is cut into rows, a longer example loses its end (`countCut`). */
  sequenceLength: number;
  /** Positions in one forward and backward pass; an update that needs more is accumulated over several. */
  maxMicroBatchTokens: number;
}

/** The part `[from, to)` of an example's inputs; token `to` is the last one predicted. */
export interface Span {
  example: number;
  from: number;
  to: number;
}

/** What one update learns from. */
export interface UpdatePlan {
  /** `stream`: one array per row. `examples`: one array per example. */
  spans: Span[][];
}

/** One forward and backward pass. */
export interface MicroBatch {
  batch: TokenBatch;
  /** `[B*T]` the token after each position, -100 where none is to be predicted */
  labels: Int32Array;
  /** Labels that are not -100. */
  lossTokens: number;
}

/** Updates per epoch; the same for every order of the examples. */
export function stepsPerEpoch(examples: readonly TrainingExample[], settings: BatchSettings): number {
  const { packing, batchSize, sequenceLength } = settings;
  if (packing === "examples") return Math.ceil(usable(examples).length / batchSize);
  let inputs = 0;
  for (const example of examples) inputs += Math.max(0, example.ids.length - 1);
  return Math.ceil(Math.ceil(inputs / sequenceLength) / batchSize);
}

/** The updates of one epoch in order. Lazy, so that a resumed run can skip to where it was. */
export function* planEpoch(
  examples: readonly TrainingExample[],
  settings: BatchSettings,
  rng: Rng,
): Generator<UpdatePlan> {
  const { packing, batchSize, sequenceLength: T } = settings;
  const order = rng.shuffled(usable(examples));
  let spans: Span[][] = [];
  if (packing === "examples") {
    for (const example of order) {
      spans.push([{ example, from: 0, to: Math.min(T, examples[example].ids.length - 1) }]);
      if (spans.length === batchSize) {
        yield { spans };
        spans = [];
      }
    }
  } else {
    let row: Span[] = [];
    let filled = 0;
    for (const example of order) {
      const inputs = examples[example].ids.length - 1;
      for (let from = 0; from < inputs; ) {
        const to = Math.min(inputs, from + T - filled);
        row.push({ example, from, to });
        filled += to - from;
        from = to;
        if (filled < T) continue;
        spans.push(row);
        row = [];
        filled = 0;
        if (spans.length < batchSize) continue;
        yield { spans };
        spans = [];
      }
    }
    if (row.length > 0) spans.push(row);
  }
  if (spans.length > 0) yield { spans };
}

/** Tokens of one pass at most: the rows (or whole examples) of an update that fit into a micro-batch, or one long row. */
export function passTokens({ packing, batchSize, sequenceLength, maxMicroBatchTokens }: BatchSettings): number {
  const tokens = Math.min(batchSize * sequenceLength, maxMicroBatchTokens);
  const unit = packing === "stream" ? sequenceLength : 1;
  return Math.max(sequenceLength, Math.floor(tokens / unit) * unit);
}

/** The passes of one update, each of at most `maxMicroBatchTokens` positions (or one row, where that is longer). */
export function* microBatches(
  examples: readonly TrainingExample[],
  plan: UpdatePlan,
  settings: BatchSettings,
): Generator<MicroBatch> {
  const { packing, sequenceLength, maxMicroBatchTokens } = settings;
  const sizes = plan.spans.map((row) => row.reduce((sum, { from, to }) => sum + to - from, 0));
  for (let first = 0; first < plan.spans.length; ) {
    let last = first + 1;
    let widest = sizes[first];
    let total = sizes[first];
    for (; last < plan.spans.length; last++) {
      widest = Math.max(widest, sizes[last]);
      total += sizes[last];
      if ((packing === "stream" ? widest * (last + 1 - first) : total) > maxMicroBatchTokens) break;
    }
    const rows = plan.spans.slice(first, last);
    yield packing === "stream" ? packRows(examples, rows) : packExamples(examples, rows.flat(), sequenceLength);
    first = last;
  }
}

/** Rows as planned, side by side; only the last row of an epoch is shorter. */
function packRows(examples: readonly TrainingExample[], rows: readonly Span[][]): MicroBatch {
  const T = Math.max(...rows.map((row) => row.reduce((sum, { from, to }) => sum + to - from, 0)));
  const batch = emptyBatch(rows.length, T);
  const labels = new Int32Array(batch.B * T).fill(IGNORE_LABEL);
  let lossTokens = 0;
  for (const [row, spans] of rows.entries()) {
    let column = 0;
    for (const span of spans) {
      const { ids } = examples[span.example];
      place(batch, row, column, ids, { from: span.from, to: span.to });
      lossTokens += setLabels(labels, row * T + column, examples[span.example], span);
      column += span.to - span.from;
    }
  }
  return { batch, labels, lossTokens };
}

/** Whole examples, packed to waste little. */
function packExamples(examples: readonly TrainingExample[], spans: readonly Span[], rowTarget: number): MicroBatch {
  const inputs = spans.map(({ example, from, to }) => examples[example].ids.slice(from, to));
  const { batch, placements } = packSequences(inputs, rowTarget);
  const labels = new Int32Array(batch.B * batch.T).fill(IGNORE_LABEL);
  let lossTokens = 0;
  for (const [i, span] of spans.entries()) {
    const start = placements[i].row * batch.T + placements[i].column;
    lossTokens += setLabels(labels, start, examples[span.example], span);
  }
  return { batch, labels, lossTokens };
}

/** Label the positions from `start` on with the tokens that follow. @returns how many carry loss */
function setLabels(labels: Int32Array, start: number, { ids, lossFrom }: TrainingExample, { from, to }: Span): number {
  const first = Math.max(from, lossFrom - 1); // this position predicts the first token that carries loss
  for (let t = first; t < to; t++) labels[start + t - from] = ids[t + 1];
  return Math.max(0, to - first);
}

/** An example by itself: `stream` keeps all of it, in spans of `sequenceLength`; `examples` keeps the first one. */
export function splitIntoSpans(example: number, inputs: number, { packing, sequenceLength }: BatchSettings): Span[] {
  const spans: Span[] = [];
  for (let from = 0; from < inputs; from += sequenceLength) {
    spans.push({ example, from, to: Math.min(inputs, from + sequenceLength) });
    if (packing === "examples") break;
  }
  return spans;
}

/**
 * Words of an update, counted exactly: `finished` are the words of the documents that end in it, a whole number, and
 * `begun` those of the one document that the next update continues, by its share of tokens (0 if there is none). What has
 * been seen after any update is the sum of all `finished` and the last `begun`; over an epoch, it is `wordsPerEpoch`.
 */
export function wordsOf(
  examples: readonly TrainingExample[],
  plan: UpdatePlan,
  { packing }: Pick<BatchSettings, "packing">,
): { finished: number; begun: number } {
  const words = { finished: 0, begun: 0 };
  for (const { example, to } of plan.spans.flat()) {
    const { ids, words: all } = examples[example];
    const inputs = ids.length - 1;
    words.begun = 0; // the one before was continued here
    if (to === inputs) words.finished += all;
    else if (packing === "examples") words.finished += wordsKept(all, to, inputs);
    else words.begun = (all * to) / inputs;
  }
  return words;
}

/** Words of all updates of an epoch, in whatever order: a whole number. Word counts of examples are whole numbers. */
export function wordsPerEpoch(
  examples: readonly TrainingExample[],
  { packing, sequenceLength }: Pick<BatchSettings, "packing" | "sequenceLength">,
): number {
  let words = 0;
  for (const index of usable(examples)) {
    const { ids, words: all } = examples[index];
    const inputs = ids.length - 1;
    words += packing === "examples" && inputs > sequenceLength ? wordsKept(all, sequenceLength, inputs) : all;
  }
  return words;
}

/** Of an example that lost its end, the words that are left, to the nearest whole number. */
function wordsKept(words: number, kept: number, inputs: number): number {
  return Math.round((words * kept) / inputs);
}

/** Tokens that the `examples` packing cuts off, and examples that lose all of their loss by it. */
export function countCut(
  examples: readonly TrainingExample[],
  settings: BatchSettings,
): { tokens: number; examples: number } {
  const cut = { tokens: 0, examples: 0 };
  if (settings.packing === "stream") return cut;
  for (const { ids, lossFrom } of examples) {
    const kept = settings.sequenceLength + 1;
    cut.tokens += Math.max(0, ids.length - kept);
    if (ids.length > kept && lossFrom >= kept) cut.examples++;
  }
  return cut;
}

/** Indices of the examples that have something to predict. */
function usable(examples: readonly TrainingExample[]): number[] {
  const indices: number[] = [];
  for (let i = 0; i < examples.length; i++) if (examples[i].ids.length > 1) indices.push(i);
  return indices;
}
