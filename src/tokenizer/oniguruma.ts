/**
 * @file Regular expressions of tokenizer.json files (Oniguruma, Ruby syntax) as JavaScript ones.
 *
 * Covers what byte-level tokenizers use; anything else is refused by name. The dialects define `\s`, `\w`, `\d`,
 * `.`, `^` and `$` differently, so these are translated explicitly.
 */

import { messageOf } from "../util/check";
import {
  charactersOf,
  classSource,
  complementOf,
  rangesSource,
  WHITE_SPACE,
  WHITE_SPACE_SOURCE,
} from "../util/unicode";
import { boundedPattern } from "./bounded-pattern";
import { notSupported } from "./json-part";

/** `\w`: letters, marks, decimal digits and connectors; below U+0100, by an older table, also ² ³ ¹ ¼ ½ ¾. */
const WORD = `${classSource("Alphabetic", "M", "Nd", "Pc")}\\u00b2\\u00b3\\u00b9\\u00bc-\\u00be`;
/** Replacements of class escapes in square brackets. */
const CLASS_ESCAPES: Readonly<Record<string, string>> = {
  s: WHITE_SPACE_SOURCE,
  S: rangesSource(complementOf(WHITE_SPACE)),
  d: classSource("Nd"),
  D: rangesSource(complementOf(charactersOf("Nd")!)),
  w: WORD,
};
/** Letters that fold to an ASCII letter besides its other case: long s and the kelvin sign. */
const EXTRA_FOLDS: Readonly<Record<string, string>> = { s: "\u017f", k: "\u212a" };

/** Translate a pattern. @throws Error naming the construct that has no translation */
export function fromOniguruma(pattern: string): RegExp {
  const refuse = (what: string): never => {
    return notSupported(`the regular expression ${JSON.stringify(pattern)} uses ${what}, which is not supported`);
  };
  let out = "";
  let inClass = false;
  const ignoreCase: boolean[] = [false]; // by depth of groups
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i];
    const fold = ignoreCase[ignoreCase.length - 1];
    if (char === "\\") {
      const next = pattern[++i] ?? refuse("a backslash at its end");
      if (next === "p" || next === "P") {
        const close = pattern.indexOf("}", i);
        if (pattern[i + 1] !== "{" || close < 0) refuse(`\\${next} without a name in braces`);
        const body =
          property(next, pattern.slice(i + 2, close)) ?? refuse(`the property ${pattern.slice(i + 2, close)}`);
        out += inClass ? body : `[${body}]`;
        i = close;
      } else if (Object.hasOwn(CLASS_ESCAPES, next)) {
        out += inClass ? CLASS_ESCAPES[next] : `[${CLASS_ESCAPES[next]}]`;
      } else if (next === "W" && !inClass) {
        out += `[^${WORD}]`;
      } else if (/[rntfv]/.test(next)) {
        out += `\\${next}`;
      } else if (next === "x" || next === "u") {
        const hex = /^(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4})/.exec(pattern.slice(i))?.[0] ?? refuse(`\\${next}`);
        out += `\\${hex}`;
        i += hex.length - 1;
      } else if (/[A-Za-z0-9]/.test(next)) {
        refuse(`\\${next}`);
      } else {
        out += /[\^$\\.*+?()[\]{}|/-]/.test(next) && (next !== "-" || inClass) ? `\\${next}` : next;
      }
    } else if (inClass) {
      if (char === "[") refuse("a class inside a class");
      if (char === "&" && pattern[i + 1] === "&") refuse("an intersection of classes");
      if (fold && /[a-z]/i.test(char)) refuse("a class where case is ignored");
      if (char === "]") inClass = false;
      out += char;
    } else if (char === "[") {
      inClass = true;
      out += char;
      if (pattern[i + 1] === "^") out += pattern[++i];
      if (pattern[i + 1] === "]") refuse("a class that begins with ]");
    } else if (char === "(") {
      const opening = /^\((?:\?(?:i:|:|=|!|<=|<!|>)|(?!\?))/.exec(pattern.slice(i))?.[0];
      if (opening === undefined || opening === "(?>") refuse(`the group ${pattern.slice(i, i + 4)}`);
      ignoreCase.push(fold || opening === "(?i:");
      out += opening === "(?i:" || opening === "(" ? "(?:" : opening;
      i += opening!.length - 1;
    } else if (char === ")") {
      if (ignoreCase.length === 1) refuse("a closing bracket too many");
      ignoreCase.pop();
      out += char;
    } else if ((char === "*" || char === "+" || char === "?" || char === "}") && pattern[i + 1] === "+") {
      refuse(`the possessive quantifier ${char}+`);
    } else if (char === ".") {
      out += "[^\\n]";
    } else if (char === "^") {
      out += "(?<![^\\n])";
    } else if (char === "$") {
      out += "(?![^\\n])";
    } else if (fold && /[a-z]/i.test(char)) {
      const lower = char.toLowerCase();
      out += `[${lower}${lower.toUpperCase()}${EXTRA_FOLDS[lower] ?? ""}]`;
    } else {
      out += char;
    }
  }
  try {
    new RegExp(out, "gu"); // a mistake in it is reported as such
  } catch (error) {
    return refuse(`something that JavaScript does not read (${messageOf(error)})`);
  }
  return boundedPattern(out);
}

/** A pattern that matches exactly `text`. */
export function literalPattern(text: string): RegExp {
  return new RegExp(text.replace(/[\^$\\.*+?()[\]{}|/]/g, "\\$&"), "gu");
}

/** The body of a class for `\p{L}`, `\p{^L}`, `\P{L}` or `\p{Han}`; null for a name that has no table. */
function property(letter: string, name: string): string | null {
  const ranges = charactersOf(name.replace(/^\^/, ""));
  if (ranges === null) return null;
  const isNegated = (letter === "P") !== name.startsWith("^");
  return rangesSource(isNegated ? complementOf(ranges) : ranges);
}
