/**
 * @file Arranges many sequences so that shared prefixes are computed once.
 *
 * In a causal model the state at a token depends only on the tokens before it, so two sequences with a common prefix
 * share its states. A *tree* here is a trunk (one whole sequence) with branches: each branch is the rest of another
 * sequence, after the part it shares with the trunk. In the attention mask a branch attends to that part of the trunk
 * and to itself. For five answers to one long question, the question is computed once.
 */

import { commonPrefix, compareIds } from "./prefix-forest";
import { emptyBatch, place, type TokenBatch } from "./token-batch";

/** The place of one sequence in its tree. */
export interface Branch {
  /** Index of the sequence. */
  sequence: number;
  /** Number of tokens shared with the trunk; for the trunk and its prefixes, all of their tokens. */
  shared: number;
  /** Position of its first own token, relative to the tree's first position. */
  start: number;
}

export interface Tree {
  /** Index of the sequence that is stored completely. */
  trunk: number;
  branches: Branch[];
  /** Number of positions. */
  size: number;
}

/**
 * Group sequences into trees. Every sequence is a branch of exactly one tree. A sequence that equals another one, or is
 * its prefix, has no positions of its own, so it is not computed again.
 *
 * Greedy over the sequences in descending lexicographic order, which puts a text before its own prefixes and neighbours
 * beside each other: a sequence joins the current tree, unless the next one would then lose more than this one saves.
 *
 * @param maxSize - maximum positions of a tree (a single longer sequence forms its own tree)
 */
export function sharePrefixes(sequences: readonly ArrayLike<number>[], maxSize: number): Tree[] {
  const order = sequences.map((_, i) => i);
  order.sort((a, b) => compareIds(sequences[b], sequences[a]) || a - b);
  const trees: Tree[] = [];
  let tree: Tree | null = null;
  for (let n = 0; n < order.length; n++) {
    const sequence = order[n];
    const ids = sequences[sequence];
    if (tree !== null) {
      const last = tree.branches[tree.branches.length - 1];
      if (isPrefix(ids, sequences[last.sequence])) {
        // in this order, a sequence directly follows those of which it is a prefix
        tree.branches.push({ ...last, sequence, shared: Math.min(last.shared, ids.length) });
        continue;
      }
      const shared = commonPrefix(ids, sequences[tree.trunk]);
      const own = ids.length - shared;
      let after = n + 1; // the next sequence that needs its own positions
      while (after < order.length && isPrefix(sequences[order[after]], ids)) after++;
      const next = after < order.length ? sequences[order[after]] : [];
      const nextGain = commonPrefix(next, ids) - commonPrefix(next, sequences[tree.trunk]);
      if (shared > 0 && tree.size + own <= maxSize && nextGain <= shared) {
        tree.branches.push({ sequence, shared, start: tree.size });
        tree.size += own;
        continue;
      }
    }
    tree = { trunk: sequence, branches: [{ sequence, shared: ids.length, start: ids.length }], size: ids.length };
    trees.push(tree);
  }
  return trees;
}

/** The position of token `t` of a branch's sequence, relative to the tree's first position. */
export function positionOf(branch: Branch, t: number): number {
  return t < branch.shared ? t : branch.start + (t - branch.shared);
}

/** Trees placed in the rows of a batch. */
export interface PackedTrees {
  batch: TokenBatch;
  trees: { tree: Tree; row: number; column: number }[];
}

/**
 * Fill batches of about `budget` positions with trees, largest first, several per row. The row length of a batch is a
 * multiple of its largest tree (at least `rowTarget` positions, if the tree is shorter), so that there is little
 * padding.
 */
export function* packTrees(
  trees: readonly Tree[],
  sequences: readonly ArrayLike<number>[],
  budget: number,
  rowTarget = 512,
): Generator<PackedTrees> {
  const sorted = [...trees].sort((a, b) => b.size - a.size || a.trunk - b.trunk);
  for (let next = 0; next < sorted.length; ) {
    const largest = Math.max(1, sorted[next].size);
    const T = largest * Math.max(1, Math.floor(Math.min(rowTarget, budget) / largest));
    const maxRows = Math.max(1, Math.floor(budget / T));
    const placed: PackedTrees["trees"] = [];
    let row = 0;
    let column = 0;
    for (; next < sorted.length; next++) {
      const tree = sorted[next];
      if (column + tree.size > T) {
        if (row + 1 === maxRows) break;
        row++;
        column = 0;
      }
      placed.push({ tree, row, column });
      column += tree.size;
    }
    const batch = emptyBatch(row + 1, row === 0 ? Math.max(1, column) : T);
    for (const { tree, row, column } of placed) placeTree(batch, row, column, tree, sequences);
    yield { batch, trees: placed };
  }
}

function placeTree(
  batch: TokenBatch,
  row: number,
  column: number,
  tree: Tree,
  sequences: readonly ArrayLike<number>[],
): void {
  place(batch, row, column, sequences[tree.trunk]);
  let placed = sequences[tree.trunk].length;
  for (const { sequence, shared, start } of tree.branches) {
    const ids = sequences[sequence];
    if (start < placed || shared === ids.length) continue; // already stored on the trunk or on the previous branch
    placed = start + ids.length - shared;
    place(batch, row, column + start, ids, { from: shared, position: shared, context: [column, column + shared] });
  }
}

function isPrefix(a: ArrayLike<number>, whole: ArrayLike<number>): boolean {
  return commonPrefix(a, whole) === a.length;
}
