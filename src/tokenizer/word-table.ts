/**
 * @file A hash table from words to numbers that looks words up in place, without creating substrings.
 *
 * A JavaScript `Map` needs a string for each look-up. Here the key is `text[start, end)`, hashed and compared by code unit,
 * and all words are stored in one array, which makes encoding and counting fast.
 */

const EMPTY = -1;

/** Words by number, and numbers by word. */
export class WordTable {
  /** Number of words; they are numbered 0, 1, 2, ... in the order of their first occurrence. */
  size = 0;
  private slots = new Int32Array(1 << 12).fill(EMPTY); // word number or EMPTY; length a power of two
  private hashes = new Int32Array(1 << 11); //            [capacity] by word number
  private starts = new Float64Array((1 << 11) + 1); //    [capacity + 1] into `units`; may pass 2^31
  private units = new Uint16Array(1 << 14); //            UTF-16 code units of all words

  /** The number of the word `text[start, end)`, or -1. */
  find(text: string, start: number, end: number): number {
    const hash = hashOf(text, start, end);
    return this.slots[this.probe(hash, text, start, end)];
  }

  /** The number of the word, which is added if it is new (then the number is the old `size`). */
  findOrAdd(text: string, start: number, end: number): number {
    const hash = hashOf(text, start, end);
    const slot = this.probe(hash, text, start, end);
    const found = this.slots[slot];
    if (found !== EMPTY) return found;
    const word = this.size++;
    this.slots[slot] = word;
    this.append(hash, text, start, end);
    if (this.size * 2 > this.slots.length) this.rehash();
    return word;
  }

  /** The word with this number, as a string. */
  word(number: number): string {
    const units = this.units.subarray(this.starts[number], this.starts[number + 1]);
    let out = "";
    for (let i = 0; i < units.length; i += 8192) out += String.fromCharCode(...units.subarray(i, i + 8192));
    return out;
  }

  /** The slot that holds the word, or the empty one where it would go. */
  private probe(hash: number, text: string, start: number, end: number): number {
    const mask = this.slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const word = this.slots[slot];
      if (word === EMPTY || (this.hashes[word] === hash && this.equals(word, text, start, end))) return slot;
    }
  }

  private equals(word: number, text: string, start: number, end: number): boolean {
    let at = this.starts[word];
    if (this.starts[word + 1] - at !== end - start) return false;
    for (let i = start; i < end; i++) if (this.units[at++] !== text.charCodeAt(i)) return false;
    return true;
  }

  private append(hash: number, text: string, start: number, end: number): void {
    const word = this.size - 1;
    if (word >= this.hashes.length) {
      this.hashes = grown(this.hashes, this.hashes.length * 2, Int32Array);
      this.starts = grown(this.starts, this.hashes.length + 1, Float64Array);
    }
    let at = this.starts[word];
    const need = at + (end - start);
    if (need > this.units.length) {
      this.units = grown(this.units, Math.max(need, Math.ceil(this.units.length * 1.5)), Uint16Array);
    }
    this.hashes[word] = hash;
    for (let i = start; i < end; i++) this.units[at++] = text.charCodeAt(i);
    this.starts[word + 1] = at;
  }

  private rehash(): void {
    const slots = new Int32Array(this.slots.length * 2).fill(EMPTY);
    const mask = slots.length - 1;
    for (let word = 0; word < this.size; word++) {
      let slot = this.hashes[word] & mask;
      while (slots[slot] !== EMPTY) slot = (slot + 1) & mask;
      slots[slot] = word;
    }
    this.slots = slots;
  }
}

/** A longer array that begins with the same elements. */
export function grown<A extends Int32Array | Float64Array | Uint16Array>(
  old: A,
  length: number,
  make: new (length: number) => A,
): A {
  const longer = new make(length);
  longer.set(old);
  return longer;
}

/** FNV-1a over the code units, then mixed so that the low bits are good. */
function hashOf(text: string, start: number, end: number): number {
  let hash = -2128831035;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}
