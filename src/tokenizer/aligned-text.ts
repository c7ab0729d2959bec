/**
 * @file A text with, for each character, the range of the original text that it came from. All changes keep these ranges.
 *
 * The reference, `NormalizedString` of Hugging Face's tokenizers, keeps a range per UTF-8 byte. All bytes of a character
 * share one range there, so one range per character gives the same offsets. Ranges are `[start, end)` in code points of
 * the original.
 */

/**
 * How a new character relates to the old ones: 0 replaces the next old one, 1 is inserted (with the range of the old one
 * before it), -n replaces the next old one and the n after it.
 */
export type Change = readonly [char: string, change: number];

/** An immutable text with offsets into the original text. */
export class AlignedText {
  /** One element per code point. */
  readonly chars: readonly string[];
  readonly starts: ArrayLike<number>; // [chars] into the original
  readonly ends: ArrayLike<number>; //   [chars]
  /** Position of this stretch in the original, in code points. */
  readonly originalStart: number;

  constructor(chars: readonly string[], starts: ArrayLike<number>, ends: ArrayLike<number>, originalStart: number) {
    this.chars = chars;
    this.starts = starts;
    this.ends = ends;
    this.originalStart = originalStart;
  }

  /** A text without changes. Lone surrogates, which UTF-8 cannot hold, become U+FFFD. */
  static of(text: string): AlignedText {
    const chars = [...wellFormed(text)];
    const starts = Int32Array.from(chars, (_, i) => i);
    return new AlignedText(
      chars,
      starts,
      starts.map((i) => i + 1),
      0,
    );
  }

  get length(): number {
    return this.chars.length;
  }

  toString(): string {
    return this.chars.join("");
  }

  /** The characters `[from, to)`. */
  slice(from: number, to: number): AlignedText {
    if (from === 0 && to === this.length) return this;
    const starts = Array.prototype.slice.call(this.starts, from, to) as number[];
    const ends = Array.prototype.slice.call(this.ends, from, to) as number[];
    return new AlignedText(this.chars.slice(from, to), starts, ends, starts[0] ?? this.originalStart);
  }

  /** Apply `changes` from the start, after removing the first `removed` characters. */
  transform(changes: readonly Change[], removed = 0): AlignedText {
    const chars: string[] = [];
    const starts: number[] = [];
    const ends: number[] = [];
    let at = removed; // next old character
    for (const [char, change] of changes) {
      const source = change > 0 ? at - 1 : at;
      chars.push(char);
      starts.push(source < 0 ? 0 : this.starts[source]);
      ends.push(source < 0 ? 0 : this.ends[source]);
      if (change <= 0) at += 1 - change;
    }
    return new AlignedText(chars, starts, ends, this.originalStart);
  }

  /** Prepend `text` with the range of the first character. An empty text stays empty. */
  prepend(text: string): AlignedText {
    if (this.length === 0 || text === "") return this;
    const added = [...text];
    const starts = [...added.map(() => this.starts[0]), ...Array.from(this.starts)];
    const ends = [...added.map(() => this.ends[0]), ...Array.from(this.ends)];
    return new AlignedText([...added, ...this.chars], starts, ends, this.originalStart);
  }

  /** Replace each match of `pattern` (flags g and u) by `content`, with the range of the last character replaced. */
  replace(pattern: RegExp, content: string): AlignedText {
    const chars: string[] = [];
    const starts: number[] = [];
    const ends: number[] = [];
    const added = [...content];
    const copy = (from: number, to: number) => {
      for (let i = from; i < to; i++) {
        chars.push(this.chars[i]);
        starts.push(this.starts[i]);
        ends.push(this.ends[i]);
      }
    };
    let last = 0;
    for (const [from, to] of this.matches(pattern)) {
      copy(last, from);
      for (const char of added) {
        chars.push(char);
        starts.push(to === 0 ? 0 : this.starts[to - 1]);
        ends.push(to === 0 ? 0 : this.ends[to - 1]);
      }
      last = to;
    }
    copy(last, this.length);
    return new AlignedText(chars, starts, ends, this.originalStart);
  }

  /** The matches of `pattern` as `[from, to)` in characters. */
  matches(pattern: RegExp): [number, number][] {
    const text = this.toString();
    const out: [number, number][] = [];
    let unit = 0; // code unit and character index advance together
    let index = 0;
    const indexAt = (target: number) => {
      while (unit < target) unit += this.chars[index++].length;
      return index;
    };
    for (const match of text.matchAll(pattern))
      out.push([indexAt(match.index!), indexAt(match.index! + match[0].length)]);
    return out;
  }
}

const LONE_SURROGATE = /\p{Surrogate}/gu;

/** The text with lone surrogates replaced by U+FFFD, as writing it in UTF-8 does. */
export function wellFormed(text: string): string {
  return text.replace(LONE_SURROGATE, "\ufffd");
}
