/**
 * @file Seeded random numbers in named streams.
 *
 * There is no global generator: a function that needs random numbers takes an `Rng`, and each new use forks a stream by
 * name. A stream depends only on the seed and its path of names, not on draws elsewhere, so adding a draw in one place
 * does not change another.
 *
 * Generator: sfc32 (Chris Doty-Humphrey, PractRand), 128 bits of state, seeded by a 128-bit hash of the stream's name.
 */

export class Rng {
  /** Four 32-bit words: the complete state, which a checkpoint can store. */
  private state: [number, number, number, number];

  /** The stream's full name, for example `"42/pretrain/epoch-3"`. */
  readonly name: string;

  private constructor(name: string, state: [number, number, number, number]) {
    this.name = name;
    this.state = state;
  }

  /** The stream named by `seed` alone. */
  static fromSeed(seed: number | string): Rng {
    const name = String(seed);
    const rng = new Rng(name, hash128(name));
    for (let i = 0; i < 12; i++) rng.uint32(); // mix the counter into every word
    return rng;
  }

  /** An independent stream that depends on this stream's *name* and `name`, not on earlier draws. */
  fork(name: string | number): Rng {
    return Rng.fromSeed(`${this.name}/${name}`);
  }

  /** Uniform integer in [0, 2^32). */
  uint32(): number {
    const s = this.state;
    const t = (s[0] + s[1] + s[3]) | 0;
    s[3] = (s[3] + 1) | 0;
    s[0] = s[1] ^ (s[1] >>> 9);
    s[1] = (s[2] + (s[2] << 3)) | 0;
    s[2] = ((s[2] << 21) | (s[2] >>> 11)) + t;
    s[2] |= 0;
    return t >>> 0;
  }

  /** Uniform number in [0, 1) with 53 random bits. */
  next(): number {
    const high = this.uint32() >>> 5; // 27 bits
    const low = this.uint32() >>> 6; //  26 bits
    return (high * 67108864 + low) / 9007199254740992;
  }

  /** Uniform integer in [0, n). @throws RangeError unless n is a positive integer below 2^53 */
  int(n: number): number {
    if (!Number.isSafeInteger(n) || n <= 0) throw new RangeError(`Rng.int: want a positive integer, got ${n}`);
    return Math.floor(this.next() * n);
  }

  /** One draw from the standard normal distribution (Box-Muller; the second value of the pair is not kept). */
  normal(): number {
    const u = 1 - this.next(); // (0, 1], so that the logarithm is finite
    return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * this.next());
  }

  /** True with probability `p`. */
  chance(p: number): boolean {
    return this.next() < p;
  }

  /** One element, with equal probabilities. @throws RangeError if `items` is empty */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError("Rng.pick: nothing to pick from");
    return items[this.int(items.length)];
  }

  /** A shuffled copy (Fisher-Yates); the input is not changed. */
  shuffled<T>(items: readonly T[]): T[] {
    const out = [...items];
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.int(i + 1);
      [out[i], out[j]] = [out[j], out[i]];
    }
    return out;
  }

  /** `count` distinct elements in random order. @throws RangeError if there are fewer */
  sample<T>(items: readonly T[], count: number): T[] {
    if (count > items.length) throw new RangeError(`Rng.sample: want ${count} of ${items.length} items`);
    return this.shuffled(items).slice(0, count);
  }

  /** State for a checkpoint; `Rng.restore` continues the stream exactly. */
  save(): { name: string; state: [number, number, number, number] } {
    return { name: this.name, state: [...this.state] };
  }

  static restore(saved: { name: string; state: readonly number[] }): Rng {
    if (saved.state.length !== 4 || !saved.state.every(Number.isInteger)) {
      throw new Error(`Rng.restore: want four integers, got ${JSON.stringify(saved.state)}`);
    }
    return new Rng(saved.name, [saved.state[0], saved.state[1], saved.state[2], saved.state[3]]);
  }
}

/** A 128-bit hash of a string (cyrb128: four multiply-xor lanes over UTF-16 units). Not cryptographic. */
function hash128(text: string): [number, number, number, number] {
  let a = 1779033703;
  let b = 3144134277;
  let c = 1013904242;
  let d = 2773480762;
  for (let i = 0; i < text.length; i++) {
    const k = text.charCodeAt(i);
    a = b ^ Math.imul(a ^ k, 597399067);
    b = c ^ Math.imul(b ^ k, 2869860233);
    c = d ^ Math.imul(c ^ k, 951274213);
    d = a ^ Math.imul(d ^ k, 2716044179);
  }
  a = Math.imul(c ^ (a >>> 18), 597399067);
  b = Math.imul(d ^ (b >>> 22), 2869860233);
  c = Math.imul(a ^ (c >>> 17), 951274213);
  d = Math.imul(b ^ (d >>> 19), 2716044179);
  a ^= b ^ c ^ d;
  return [a | 0, (b ^ a) | 0, (c ^ a) | 0, (d ^ a) | 0];
}
