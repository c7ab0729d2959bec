/**
 * @file Laying out many sequences so that every common beginning is computed once: a forest of prefix trees.
 *
 * In a causal model the state at a token depends on what precedes it only. Sequences are sorted, so those that begin
 * alike are neighbours; written one after the other, each without what it shares with the one before, they are the
 * prefix trees depth first, which is what `treeAttention` reads. Five questions on one story cost the story once, and two
 * stories of one beginning cost the beginning once.
 */

import type { TokenForest } from "./token-batch";

/** Some trees, and where the tokens of each of their sequences lie. */
export interface ForestBatch {
  forest: TokenForest;
  members: { sequence: number; positions: Int32Array }[];
}

/**
 * All sequences in batches of at most `budget` tokens. A batch that ends within a tree repeats, at the begin of the next
 * batch, the path to where it was cut. A single sequence longer than the budget is a batch of its own.
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
  /** of the sequence that was added last */
  private path: ArrayLike<number> = [];
  private positions = new Int32Array(0);

  get size(): number {
    return this.ids.length;
  }

  /** Tokens of a sequence that lie on the path already. */
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

/** How many ids two sequences share at their beginning. */
export function commonPrefix(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const most = Math.min(a.length, b.length);
  let n = 0;
  while (n < most && a[n] === b[n]) n++;
  return n;
}
