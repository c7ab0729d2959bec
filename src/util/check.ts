/** @file Small checks for the boundary: fail early, say what was wanted, what came and what to do. */

/** `value` if it is one of `choices`. @throws Error listing the valid ones, nearest first */
export function oneOf<T extends string>(kind: string, value: string, choices: readonly T[]): T {
  if ((choices as readonly string[]).includes(value)) return value as T;
  const near = [...choices].sort((a, b) => editDistance(value, a) - editDistance(value, b))[0];
  const hint = near !== undefined && editDistance(value, near) <= 2 ? ` (did you mean "${near}"?)` : "";
  throw new Error(`unknown ${kind} "${value}"${hint}; one of ${choices.join(", ")}`);
}

/** The message of anything that was thrown. A parser's message quotes its input: that becomes one printable line. */
export function messageOf(error: unknown): string {
  if (error instanceof SyntaxError) return printable(error.message);
  return error instanceof Error ? error.message : String(error);
}

/** Text on one line: line breaks and other control characters as spaces. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, " ");
}

/** Levenshtein distance: insertions, deletions and replacements of one character. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}
