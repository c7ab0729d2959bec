/**
 * @file Arranges many sequences as a forest of prefix trees, so that every common prefix is computed once.
 *
 * In a causal model the state at a token depends only on the tokens before it. Sequences are sorted, so those with a
 * common prefix are neighbours. Each is written without the prefix it shares with the previous one; this gives the
 * prefix trees in depth-first order, as `treeAttention` expects. For five questions about one story, the story is computed once.
 */

import type { TokenForest } from "./token-batch";

/** Some trees, and the positions of the tokens of each sequence in them. */
export interface ForestBatch {
  forest: TokenForest;
  members: { sequence: number; positions: Int32Array }[];
}

/**
 * All sequences in batches of at most `budget` tokens. If a batch ends within a tree, the next batch starts with the
 * path to the cut. A single sequence longer than the budget forms one batch.
 */
export function* forestBatches(sequences: readonly ArrayLike<number>[], budget: number): Generator<ForestBatch> {
  const order = sequences.map((_, i) => i);
  order.sort((a, b) => compareIds(sequences[a], sequences[b]) || a - b);
  let open = new OpenBatch();
  for (const sequence of order) {
    const ids = sequences[sequence];
    if (open.size > 0 && open.size + ids.length - open.shared(ids) > budget) {
      yield open.close();
      open = new OpenBatch();
    }
    open.add(sequence, ids);
  }
  if (open.members.length > 0) yield open.close();
}

class OpenBatch {
  readonly members: ForestBatch["members"] = [];
  private readonly ids: number[] = [];
  private readonly depths: number[] = [];
  /** token path of the last added sequence */
  private path: ArrayLike<number> = [];
  private positions = new Int32Array(0);

  get size(): number {
    return this.ids.length;
  }

  /** Number of tokens of a sequence that are already on the path. */
  shared(ids: ArrayLike<number>): number {
    return commonPrefix(ids, this.path);
  }

  add(sequence: number, ids: ArrayLike<number>): void {
    const shared = this.shared(ids);
    const positions = new Int32Array(ids.length);
    positions.set(this.positions.subarray(0, shared));
    for (let t = shared; t < ids.length; t++) {
      positions[t] = this.ids.push(ids[t]) - 1;
      this.depths.push(t);
    }
    this.members.push({ sequence, positions });
    this.path = ids;
    this.positions = positions;
  }

  close(): ForestBatch {
    const forest = { inputIds: Int32Array.from(this.ids), positionIds: Int32Array.from(this.depths) };
    return { forest, members: this.members };
  }
}

/** Lexicographic order of ids; a prefix comes before its extensions. */
export function compareIds(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const shared = commonPrefix(a, b);
  if (shared < a.length && shared < b.length) return a[shared] - b[shared];
  return a.length - b.length;
}

/** Length of the common prefix of two sequences. */
export function commonPrefix(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const most = Math.min(a.length, b.length);
  let n = 0;
  while (n < most && a[n] === b[n]) n++;
  return n;
}
