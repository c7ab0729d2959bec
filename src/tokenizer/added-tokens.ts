/**
 * @file Finds added tokens in a text before it is split into words: `<s>` in "a<s>b".
 *
 * The leftmost match wins, then the longest, as in the reference. Tokens with `normalized: true` are matched in a second
 * pass over the normalized text.
 */

import { classSource, WHITE_SPACE_SOURCE } from "../util/unicode";
import { literalPattern } from "./oniguruma";

export interface AddedToken {
  id: number;
  content: string;
  single_word: boolean;
  lstrip: boolean;
  rstrip: boolean;
  normalized: boolean;
  special: boolean;
}

/** `[from, to)` in code units; `token` null for ordinary text. */
export interface Stretch {
  from: number;
  to: number;
  token: AddedToken | null;
}

/** `\w` of Rust's regular expressions, for square brackets: letters, marks, decimal digits, connectors, joiners. */
export const RUST_WORD = `${classSource("Alphabetic", "M", "Nd", "Pc")}\\u200c\\u200d`;
const WORD = new RegExp(`[${RUST_WORD}]`, "u");
const SPACE = new RegExp(`[${WHITE_SPACE_SOURCE}]`, "u");

/** Matches a set of added tokens in texts, with their `single_word`, `lstrip` and `rstrip` flags. */
export class AddedTokenFinder {
  private readonly byContent: Map<string, AddedToken>;
  private readonly pattern: RegExp | null;
  private readonly firstUnits: string[];

  /** @param spelling - what to look for; by default the token's content */
  constructor(tokens: readonly AddedToken[], spelling: (token: AddedToken) => string = (token) => token.content) {
    this.byContent = new Map(tokens.map((token) => [spelling(token), token]));
    const contents = [...this.byContent.keys()].filter((c) => c !== "").sort((a, b) => b.length - a.length);
    this.pattern =
      contents.length === 0 ? null : new RegExp(contents.map((c) => literalPattern(c).source).join("|"), "gu");
    this.firstUnits = [...new Set(contents.map((c) => c[0]))];
  }

  /** Whether a token may occur: a fast test. `false` is certain, `true` is not. */
  mayOccur(text: string): boolean {
    return this.pattern !== null && (this.firstUnits.length > 4 || this.firstUnits.some((unit) => text.includes(unit)));
  }

  /** Split the text into stretches that cover it; none is empty. */
  cut(text: string): Stretch[] {
    if (text === "") return [];
    if (!this.mayOccur(text)) return [{ from: 0, to: text.length, token: null }];
    const out: Stretch[] = [];
    let done = 0;
    for (const match of text.matchAll(this.pattern!)) {
      const token = this.byContent.get(match[0])!;
      let from = match.index!;
      let to = from + match[0].length;
      if (token.single_word && (WORD.test(charBefore(text, from)) || WORD.test(charAt(text, to)))) continue;
      if (token.lstrip) while (from > done && SPACE.test(text[from - 1])) from--;
      if (token.rstrip) while (to < text.length && SPACE.test(text[to])) to++;
      if (from > done) out.push({ from: done, to: from, token: null });
      out.push({ from, to, token });
      done = to;
    }
    if (done < text.length) out.push({ from: done, to: text.length, token: null });
    return out;
  }
}

/** The character that begins at code unit `at`, or "". */
function charAt(text: string, at: number): string {
  return at < text.length ? String.fromCodePoint(text.codePointAt(at)!) : "";
}

/** The character that ends at code unit `at`, or "". */
function charBefore(text: string, at: number): string {
  if (at === 0) return "";
  const pair = at > 1 ? text.slice(at - 2, at) : "";
  return pair.length === 2 && pair.codePointAt(0)! > 0xffff ? pair : text[at - 1];
}
