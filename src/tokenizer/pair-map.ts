/** @file A hash table from pairs of token ids to numbers, with open addressing in typed arrays. */

/** Maps (left id, right id) to a number of at least 0. */
export class PairMap {
  size = 0;
  private lefts: Int32Array;
  private rights: Int32Array;
  private values: Int32Array;

  constructor(expected = 1 << 10) {
    let capacity = 16;
    while (capacity < expected * 2) capacity *= 2;
    this.lefts = new Int32Array(capacity).fill(-1);
    this.rights = new Int32Array(capacity);
    this.values = new Int32Array(capacity);
  }

  /** The value of the pair, or -1. */
  get(left: number, right: number): number {
    const slot = this.probe(left, right);
    return this.lefts[slot] === -1 ? -1 : this.values[slot];
  }

  /** Set or replace the value of the pair. */
  set(left: number, right: number, value: number): void {
    const slot = this.probe(left, right);
    if (this.lefts[slot] === -1) {
      if ((this.size + 1) * 2 > this.lefts.length) {
        this.grow();
        this.set(left, right, value);
        return;
      }
      this.lefts[slot] = left;
      this.rights[slot] = right;
      this.size++;
    }
    this.values[slot] = value;
  }

  private probe(left: number, right: number): number {
    const mask = this.lefts.length - 1;
    let slot = hashPair(left, right) & mask;
    while (this.lefts[slot] !== -1 && (this.lefts[slot] !== left || this.rights[slot] !== right))
      slot = (slot + 1) & mask;
    return slot;
  }

  private grow(): void {
    const { lefts, rights, values } = this;
    this.lefts = new Int32Array(lefts.length * 2).fill(-1);
    this.rights = new Int32Array(lefts.length * 2);
    this.values = new Int32Array(lefts.length * 2);
    for (let i = 0; i < lefts.length; i++) {
      if (lefts[i] === -1) continue;
      const slot = this.probe(lefts[i], rights[i]);
      this.lefts[slot] = lefts[i];
      this.rights[slot] = rights[i];
      this.values[slot] = values[i];
    }
  }
}

function hashPair(left: number, right: number): number {
  let hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}
