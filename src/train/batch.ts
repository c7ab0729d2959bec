/**
 * @file Makes the batches of an epoch from token sequences.
 *
 * Pre-training (`stream`): packed sequences, shuffled documents back to back in rows of fixed length; a document that
 * reaches the end of a row continues in the next row, without its earlier context. Instruction tuning (`examples`):
 * `batchSize` whole examples per update, several per row. In both, the attention mask separates documents, rotary
 * positions start at 0 in each, every token after the first is predicted once per epoch, and less than 5 % is padding.
 */

import { emptyBatch, packSequences, place, type TokenBatch } from "../model/token-batch";
import { IGNORE_LABEL } from "../tensor";
import type { Rng } from "../util/rng";

/** Token ids whose number is known before they are read: an array, or a range of a file (`token-store.ts`). */
export interface TokenIds {
  readonly length: number;
  /** A copy of the ids `[from, to)`, with `0 <= from <= to <= length`. */
  slice(from: number, to: number): Int32Array | number[];
}

/** One document, or one prompt with its reply, as token ids, already with BOS and EOS. */
export interface TrainingExample<Ids extends TokenIds = TokenIds> {
  ids: Ids;
  /** Index of the first token with loss; 1 means every token but the first, which cannot be predicted. */
  lossFrom: number;
  /** Source corpus; validation loss is reported per source. */
  source: string;
  /** Number of words (runs of non-white-space); checkpoints are saved by words seen. */
  words: number;
}

/** Examples in a fixed order: an array, or a file (`token-store.ts`), of which no example stays in memory. */
export interface Examples extends Iterable<TrainingExample> {
  readonly length: number;
  /** From 0. */
  at(index: number): TrainingExample | undefined;
}

/** Several sets of examples, one after the other. */
export function joined(...parts: readonly Examples[]): Examples {
  return {
    length: parts.reduce((sum, { length }) => sum + length, 0),
    at(index) {
      let within = index;
      for (const part of parts) {
        if (within < part.length) return part.at(within);
        within -= part.length;
      }
      return undefined;
    },
    *[Symbol.iterator]() {
      for (const part of parts) yield* part;
    },
  };
}

export type Packing = "stream" | "examples";

export interface BatchSettings {
  packing: Packing;
  /** Rows (`stream`) or examples (`examples`) per update. */
  batchSize: number;
  /** Tokens per row; a longer document is cut into rows, a longer example loses its end (`countCut`). */
  sequenceLength: number;
  /** Maximum positions in one forward and backward pass; a larger update is accumulated over several passes. */
  maxMicroBatchTokens: number;
}

/** The part `[from, to)` of an example's inputs; token `to` is the last one predicted. */
export interface Span {
  example: number;
  from: number;
  to: number;
}

/** The data of one update. */
export interface UpdatePlan {
  /** `stream`: one array per row. `examples`: one array per example. */
  spans: Span[][];
}

/** One forward and backward pass. */
export interface MicroBatch {
  batch: TokenBatch;
  /** `[B*T]` the token after each position, -100 for positions without loss */
  labels: Int32Array;
  /** Number of labels that are not -100. */
  lossTokens: number;
}

/** Updates per epoch; the same for every order of the examples. */
export function stepsPerEpoch(examples: Examples, settings: BatchSettings): number {
  const { packing, batchSize, sequenceLength } = settings;
  if (packing === "examples") return Math.ceil(usable(examples).length / batchSize);
  let inputs = 0;
  for (const example of examples) inputs += Math.max(0, example.ids.length - 1);
  return Math.ceil(Math.ceil(inputs / sequenceLength) / batchSize);
}

/** The updates of one epoch in order, generated lazily so that a resumed run can skip to its position. */
export function* planEpoch(examples: Examples, settings: BatchSettings, rng: Rng): Generator<UpdatePlan> {
  const { packing, batchSize, sequenceLength: T } = settings;
  const order = rng.shuffled(usable(examples));
  let spans: Span[][] = [];
  if (packing === "examples") {
    for (const example of order) {
      spans.push([{ example, from: 0, to: Math.min(T, examples.at(example)!.ids.length - 1) }]);
      if (spans.length === batchSize) {
        yield { spans };
        spans = [];
      }
    }
  } else {
    let row: Span[] = [];
    let filled = 0;
    for (const example of order) {
      const inputs = examples.at(example)!.ids.length - 1;
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

/**
 * Maximum tokens of one pass: the rows (or whole examples) of an update that fit into a micro-batch, or one long row.
 */
export function passTokens({ packing, batchSize, sequenceLength, maxMicroBatchTokens }: BatchSettings): number {
  const tokens = Math.min(batchSize * sequenceLength, maxMicroBatchTokens);
  const unit = packing === "stream" ? sequenceLength : 1;
  return Math.max(sequenceLength, Math.floor(tokens / unit) * unit);
}

/** The passes of one update, each of at most `maxMicroBatchTokens` positions (or one row, if a row is longer). */
export function* microBatches(examples: Examples, plan: UpdatePlan, settings: BatchSettings): Generator<MicroBatch> {
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

/** The planned rows as one batch; only the last row of an epoch is shorter. */
function packRows(examples: Examples, rows: readonly Span[][]): MicroBatch {
  const T = Math.max(...rows.map((row) => row.reduce((sum, { from, to }) => sum + to - from, 0)));
  const batch = emptyBatch(rows.length, T);
  const labels = new Int32Array(batch.B * T).fill(IGNORE_LABEL);
  let lossTokens = 0;
  for (const [row, spans] of rows.entries()) {
    let column = 0;
    for (const span of spans) {
      const { ids, lossFrom } = examples.at(span.example)!;
      const part = ids.slice(span.from, span.to + 1); // the inputs, and the last token to predict
      place(batch, row, column, part, { to: span.to - span.from });
      lossTokens += setLabels(labels, row * T + column, part, lossFrom, span);
      column += span.to - span.from;
    }
  }
  return { batch, labels, lossTokens };
}

/** Whole examples packed into rows with little padding. */
function packExamples(examples: Examples, spans: readonly Span[], rowTarget: number): MicroBatch {
  const parts = spans.map(({ example, from, to }) => examples.at(example)!.ids.slice(from, to + 1));
  const inputs = parts.map((part) => part.slice(0, -1)); // the last token is only predicted
  const { batch, placements } = packSequences(inputs, rowTarget);
  const labels = new Int32Array(batch.B * batch.T).fill(IGNORE_LABEL);
  let lossTokens = 0;
  for (const [i, span] of spans.entries()) {
    const start = placements[i].row * batch.T + placements[i].column;
    lossTokens += setLabels(labels, start, parts[i], examples.at(span.example)!.lossFrom, span);
  }
  return { batch, labels, lossTokens };
}

/**
 * Label the positions from `start` on with their next tokens.
 *
 * @param part - the example's ids `[from, to]`
 * @returns the number of labels with loss
 */
function setLabels(
  labels: Int32Array,
  start: number,
  part: ArrayLike<number>,
  lossFrom: number,
  { from, to }: Span,
): number {
  const first = Math.max(from, lossFrom - 1); // this position predicts the first token that carries loss
  for (let t = first; t < to; t++) labels[start + t - from] = part[t + 1 - from];
  return Math.max(0, to - first);
}

/**
 * Spans of one example: `stream` splits all of it into spans of `sequenceLength`; `examples` keeps only the first span.
 */
export function splitIntoSpans(example: number, inputs: number, { packing, sequenceLength }: BatchSettings): Span[] {
  const spans: Span[] = [];
  for (let from = 0; from < inputs; from += sequenceLength) {
    spans.push({ example, from, to: Math.min(inputs, from + sequenceLength) });
    if (packing === "examples") break;
  }
  return spans;
}

/** Tokens that the `examples` packing cuts off, and examples that lose all tokens with loss by it. */
export function countCut(examples: Examples, settings: BatchSettings): { tokens: number; examples: number } {
  const cut = { tokens: 0, examples: 0 };
  if (settings.packing === "stream") return cut;
  for (const { ids, lossFrom } of examples) {
    const kept = settings.sequenceLength + 1;
    cut.tokens += Math.max(0, ids.length - kept);
    if (ids.length > kept && lossFrom >= kept) cut.examples++;
  }
  return cut;
}

/** Indices of the examples with at least one token to predict. */
function usable(examples: Examples): number[] {
  const indices: number[] = [];
  for (let i = 0; i < examples.length; i++) if (examples.at(i)!.ids.length > 1) indices.push(i);
  return indices;
}
