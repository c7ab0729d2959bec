/**
 * @file Token sequences laid out for one forward pass: ids, positions and attention mask.
 *
 * A batch is `B` rows of `T` token positions. Several sequences may be packed into one row; the mask separates them,
 * and rotary positions start at 0 in each, so a sequence has the same log-probabilities wherever it is placed. A
 * position without a token is padding: it attends to itself only, and no token attends to it.
 */

import type { AttentionMask } from "../tensor";

export interface TokenBatch {
  B: number;
  T: number;
  /** `[B*T]` */
  inputIds: Int32Array;
  /** `[B*T]` rotary position of each token within its own sequence */
  positionIds: Int32Array;
  mask: AttentionMask;
}

/** Texts that share prefixes, in the order of `treeAttention`: depth first, each token once. */
export interface TokenForest {
  /** `[N]` */
  inputIds: Int32Array;
  /** `[N]` position of each token in its own text, which is its depth in the tree */
  positionIds: Int32Array;
}

/** An empty batch: only padding, with id 0. */
export function emptyBatch(B: number, T: number): TokenBatch {
  if (!(Number.isInteger(B) && B >= 1 && Number.isInteger(T) && T >= 1)) {
    throw new RangeError(`emptyBatch: want at least one row of one token, got B = ${B}, T = ${T}`);
  }
  const N = B * T;
  const branchStart = new Int32Array(N);
  for (let i = 0; i < N; i++) branchStart[i] = i % T;
  return {
    B,
    T,
    inputIds: new Int32Array(N),
    positionIds: new Int32Array(N),
    mask: { contextStart: new Int32Array(N), contextEnd: new Int32Array(N), branchStart },
  };
}

/**
 * Put `ids[from..to)` at `row`, `column`: causal among themselves, after an optional `context`, a range of positions
 * `[start, end)` of the same row to which all of them also attend. Rotary positions continue from `position`.
 *
 * @throws RangeError if they do not fit the row
 */
export function place(
  batch: TokenBatch,
  row: number,
  column: number,
  ids: ArrayLike<number>,
  options: { from?: number; to?: number; position?: number; context?: readonly [number, number] } = {},
): void {
  const { from = 0, to = ids.length, position = 0, context = [0, 0] } = options;
  const length = to - from;
  if (row < 0 || row >= batch.B || column < 0 || column + length > batch.T) {
    throw new RangeError(
      `place: ${length} tokens at row ${row}, column ${column} do not fit ${batch.B} rows of ${batch.T}`,
    );
  }
  const start = row * batch.T + column;
  for (let i = 0; i < length; i++) {
    batch.inputIds[start + i] = ids[from + i];
    batch.positionIds[start + i] = position + i;
    batch.mask.contextStart[start + i] = context[0];
    batch.mask.contextEnd[start + i] = context[1];
    batch.mask.branchStart[start + i] = column;
  }
}

/**
 * One sequence per row, padded to the longest. Positions start at 0 at each sequence's first real token, so padding on
 * either side has no effect.
 */
export function padRows(sequences: readonly ArrayLike<number>[], side: "right" | "left" = "right"): TokenBatch {
  const T = Math.max(1, ...sequences.map((ids) => ids.length));
  const batch = emptyBatch(sequences.length, T);
  for (const [row, ids] of sequences.entries()) place(batch, row, side === "right" ? 0 : T - ids.length, ids);
  return batch;
}

/** Position of the first token of a packed sequence. */
export interface Placement {
  row: number;
  column: number;
}

/**
 * Packed sequences: several whole ones per row, each attending to itself only. They are assigned longest first to the
 * emptiest row (the "longest processing time" rule). The number of rows of about `rowTarget` tokens is chosen for the
 * least padding.
 *
 * @returns the batch and, in the order of `sequences`, the place where each one starts
 */
export function packSequences(
  sequences: readonly ArrayLike<number>[],
  rowTarget: number,
): { batch: TokenBatch; placements: Placement[] } {
  if (sequences.length === 0) throw new RangeError("packSequences: nothing to pack");
  const lengths = sequences.map((ids) => ids.length);
  const total = lengths.reduce((a, b) => a + b, 0);
  const most = Math.max(1, Math.floor(total / Math.max(rowTarget, ...lengths)));
  let best = balanceRows(lengths, 1); // one row has no padding
  for (let rows = most; rows > 1; rows--) {
    const balanced = balanceRows(lengths, rows);
    if (balanced.T * rows <= total * 1.03) {
      best = balanced; // at most 3 % padding
      break;
    }
  }
  const batch = emptyBatch(best.rows, Math.max(1, best.T));
  for (let i = 0; i < sequences.length; i++) {
    place(batch, best.placements[i].row, best.placements[i].column, sequences[i]);
  }
  return { batch, placements: best.placements };
}

/** Longest first, each into the emptiest row so far; ties go to the first row. */
function balanceRows(lengths: readonly number[], rows: number): { rows: number; T: number; placements: Placement[] } {
  const order = lengths.map((_, i) => i).sort((a, b) => lengths[b] - lengths[a] || a - b);
  const filled = new Array<number>(rows).fill(0);
  const placements = new Array<Placement>(lengths.length);
  for (const i of order) {
    let row = 0;
    for (let r = 1; r < rows; r++) if (filled[r] < filled[row]) row = r;
    placements[i] = { row, column: filled[row] };
    filled[row] += lengths[i];
  }
  return { rows, T: Math.max(...filled), placements };
}
