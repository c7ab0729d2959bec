/** @file A hash table from two token ids to a small number: open addressing in flat arrays, no objects. */

export class PairMap {
  size = 0;
  private left: Int32Array;
  private right: Int32Array;
  private values: Int32Array;

  constructor(expected = 1 << 10) {
    let capacity = 16;
    while (capacity < expected * 2) capacity *= 2;
    this.left = new Int32Array(capacity).fill(-1);
    this.right = new Int32Array(capacity);
    this.values = new Int32Array(capacity);
  }

  /** The value of the pair, or -1. */
  get(a: number, b: number): number {
    const slot = this.probe(a, b);
    return this.left[slot] === -1 ? -1 : this.values[slot];
  }

  set(a: number, b: number, value: number): void {
    const slot = this.probe(a, b);
    if (this.left[slot] === -1) {
      if ((this.size + 1) * 2 > this.left.length) {
        this.grow();
        this.set(a, b, value);
        return;
      }
      this.left[slot] = a;
      this.right[slot] = b;
      this.size++;
    }
    this.values[slot] = value;
  }

  private probe(a: number, b: number): number {
    const mask = this.left.length - 1;
    let slot = hashPair(a, b) & mask;
    while (this.left[slot] !== -1 && (this.left[slot] !== a || this.right[slot] !== b)) slot = (slot + 1) & mask;
    return slot;
  }

  private grow(): void {
    const { left, right, values } = this;
    this.left = new Int32Array(left.length * 2).fill(-1);
    this.right = new Int32Array(left.length * 2);
    this.values = new Int32Array(left.length * 2);
    for (let i = 0; i < left.length; i++) {
      if (left[i] === -1) continue;
      const slot = this.probe(left[i], right[i]);
      this.left[slot] = left[i];
      this.right[slot] = right[i];
      this.values[slot] = values[i];
    }
  }
}

export function hashPair(a: number, b: number): number {
  let hash = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}
