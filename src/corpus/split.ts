/**
 * @file Split documents 90/10 into train and validation; no document is divided.
 *
 * The paper splits "all datasets" 90/10 and updates weights on the first part only; the method is not stated. Ours: within
 * each source, whole groups (an article, a book, a conversation) are sampled in seeded random order until they have a tenth
 * of the words. Documents with equal text form one group, so no text is on both sides.
 */

import { Rng } from "../util/rng";
import { sha256 } from "../util/sha256";

export type Side = "train" | "validation";

export interface Splittable {
  source: string;
  group: string;
  text: string;
  words: number;
}

export interface SplitOptions {
  seed: number;
  /** Share of each source's words. Default 0.1 [paper §3]. */
  validationShare?: number;
}

export interface SplitPlan {
  /** @throws Error if the group was not planned */
  sideOf(group: string): Side;
  /** Whether the group was planned. */
  has(group: string): boolean;
  /** Per source: groups and words on each side. */
  readonly counts: { source: string; side: Side; groups: number; words: number }[];
  /** Documents that share a group with another because their text is equal. */
  readonly duplicates: number;
}

const VALIDATION_SHARE = 0.1; // [paper §3]

/**
 * Decide the side of every group. The result depends on the seed and on the documents, not on their order.
 * A source with a single group goes to the training side, whole.
 */
export function planSplit(documents: Iterable<Splittable>, options: SplitOptions): SplitPlan {
  const share = options.validationShare ?? VALIDATION_SHARE;
  if (!(share >= 0 && share < 1)) throw new RangeError(`planSplit: validationShare ${share}, want 0 <= share < 1`);
  const groups = new DisjointSets();
  const ownerOfText = new Map<string, string>();
  const wordsOf = new Map<string, { source: string; words: number }>();
  let duplicates = 0;
  for (const { source, group, text, words } of documents) {
    groups.add(group);
    const key = `${source}/${sha256(text).slice(0, 32)}`;
    const owner = ownerOfText.get(key);
    if (owner === undefined) ownerOfText.set(key, group);
    else if (groups.find(owner) !== groups.find(group)) {
      duplicates++;
      groups.union(owner, group);
    }
    const entry = wordsOf.get(group);
    if (entry === undefined) wordsOf.set(group, { source, words });
    else entry.words += words;
  }
  const units = new Map<string, { source: string; words: number; members: string[] }>();
  for (const [group, { source, words }] of wordsOf) {
    const root = groups.find(group);
    const unit = units.get(root);
    if (unit === undefined) units.set(root, { source, words, members: [group] });
    else {
      unit.words += words;
      unit.members.push(group);
    }
  }
  const sides = new Map<string, Side>();
  const bySource = new Map<string, { words: number; members: string[] }[]>();
  for (const { source, words, members } of units.values()) {
    members.sort();
    if (!bySource.has(source)) bySource.set(source, []);
    bySource.get(source)?.push({ words, members });
  }
  const counts: SplitPlan["counts"] = [];
  for (const [source, list] of [...bySource].sort(([a], [b]) => (a < b ? -1 : 1))) {
    list.sort((a, b) => (a.members[0] < b.members[0] ? -1 : 1));
    const total = list.reduce((sum, { words }) => sum + words, 0);
    const count = {
      train: { source, side: "train" as Side, groups: 0, words: 0 },
      validation: { source, side: "validation" as Side, groups: 0, words: 0 },
    };
    for (const unit of Rng.fromSeed(options.seed).fork(`split/${source}`).shuffled(list)) {
      // take the unit if the share is then closer to the target than without it
      const missing = share * total - count.validation.words;
      const side: Side = list.length > 1 && unit.words / 2 <= missing && missing > 0 ? "validation" : "train";
      count[side].groups += unit.members.length;
      count[side].words += unit.words;
      for (const member of unit.members) sides.set(member, side);
    }
    counts.push(count.train, count.validation);
  }
  return {
    sideOf(group) {
      const side = sides.get(group);
      if (side === undefined) throw new Error(`split: the group "${group}" was not among the documents of the plan`);
      return side;
    },
    has: (group) => sides.has(group),
    counts,
    duplicates,
  };
}

/** Union-find with path halving. */
class DisjointSets {
  private readonly parent = new Map<string, string>();

  add(key: string): void {
    if (!this.parent.has(key)) this.parent.set(key, key);
  }

  find(key: string): string {
    let at = key;
    for (;;) {
      const up = this.parent.get(at) as string;
      if (up === at) return at;
      const next = this.parent.get(up) as string;
      this.parent.set(at, next);
      at = next;
    }
  }

  /** The smaller name becomes the root, so that the result does not depend on the order. */
  union(a: string, b: string): void {
    const [x, y] = [this.find(a), this.find(b)].sort();
    if (x !== y) this.parent.set(y, x);
  }
}
