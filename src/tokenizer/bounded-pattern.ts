/**
 * @file Patterns from a foreign tokenizer.json, with a limit on the time of a match.
 *
 * JavaScript's matcher tries every way to repeat a group. For `(a+)+$` their number doubles with each letter. A pattern of
 * such a shape is tried on a few texts when it is read, and each of its later matches has a time limit. All other patterns
 * (all published ones that we know) run without a limit.
 */

import * as vm from "node:vm";

const TRY_MS = 200; //     per text tried when the pattern is read
const MATCH_MS = 5_000; // per match

/** @throws Error if the pattern explodes on a short text */
export function boundedPattern(source: string): RegExp {
  if (!mayExplode(source)) return new RegExp(source, "gu");
  const pattern = new BoundedPattern(source, "gu");
  for (const text of probes(source)) within(TRY_MS, source, text, () => RegExp.prototype.exec.call(pattern, text));
  pattern.lastIndex = 0;
  return pattern;
}

class BoundedPattern extends RegExp {
  override exec(text: string): RegExpExecArray | null {
    return within(MATCH_MS, this.source, text, () => super.exec(text));
  }
}

/**
 * Whether matching may take more than quadratic time: a repeated group whose body can match in more than one way, or three
 * unlimited repetitions in one alternative.
 *
 * @param source - a JavaScript pattern with the flag u, without back references
 */
export function mayExplode(source: string): boolean {
  const atom =
    /\\(?:[pP]\{[^}]*\}|u\{[^}]*\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)|\[(?:\\.|[^\]\\])*\]|\(\?<?[=!]|\(\?:|[\s\S]/uy;
  const quantifier = /(?:[*+?]|\{\d+(?:,\d*)?\})\??/y;
  /** Of the group being read: whether its body can match in several ways, and the unlimited repetitions of an alternative. */
  interface Body {
    varies: boolean;
    unlimited: number;
    most: number;
  }
  const open: Body[] = [{ varies: false, unlimited: 0, most: 0 }];
  for (let at = 0; at < source.length; ) {
    atom.lastIndex = at;
    const [piece] = atom.exec(source) ?? [source[at]];
    at += piece.length;
    let body = open[open.length - 1];
    if (piece.startsWith("(")) {
      open.push({ varies: false, unlimited: 0, most: 0 });
      continue;
    }
    if (piece === "|") {
      body.varies = true;
      body.most = Math.max(body.most, body.unlimited);
      body.unlimited = 0;
      continue;
    }
    let closed: Body | null = null;
    if (piece === ")" && open.length > 1) {
      closed = open.pop() as Body;
      body = open[open.length - 1];
      body.varies ||= closed.varies;
      body.unlimited += Math.max(closed.most, closed.unlimited);
    }
    quantifier.lastIndex = at;
    const found = quantifier.exec(source)?.[0];
    if (found !== undefined) {
      at += found.length;
      const isUnlimited = /^[*+]|,\}/.test(found);
      const repeats = isUnlimited || Number(/(\d+)\}/.exec(found)?.[1] ?? 1) > 1;
      if (closed?.varies === true && repeats) return true;
      if (!/^\{(\d+)(?:,\1)?\}/.test(found)) body.varies = true;
      if (isUnlimited) body.unlimited++;
    }
    if (body.unlimited > 2) return true;
  }
  return false;
}

/** Runs of each character that the pattern names, ended by one that it hardly does. */
function probes(source: string): string[] {
  const letters = new Set([
    "a",
    "0",
    " ",
    "\n",
    "\u00e9",
    ...(source.replace(/\\[pPuxdwsDWS]/g, "").match(/[A-Za-z0-9\u0080-\uffff]/gu) ?? []),
  ]);
  return [...letters]
    .slice(0, 20)
    .flatMap((letter) => [`${letter.repeat(64)}\u0001`, `${`${letter}x`.repeat(32)}\u0001`]);
}

/** In a browser there is no `vm`: the work runs without a limit. */
const script = typeof vm.Script === "function" ? new vm.Script("work()") : null;

function within<T>(ms: number, source: string, text: string, work: () => T): T {
  if (script === null) return work();
  let result: T | undefined;
  const context = vm.createContext({
    work: () => {
      result = work();
    },
  });
  try {
    script.runInContext(context, { timeout: ms });
  } catch (error) {
    if ((error as { code?: string }).code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw error;
    throw new Error(
      `the pattern ${JSON.stringify(source.slice(0, 60))} of tokenizer.json is not finished after ${ms / 1000} s with ` +
        `${text.length} characters; patterns that take ever longer are refused`,
    );
  }
  return result as T;
}
