/** @file Small checks of input, with error messages that say what was expected, what was found and what to do. */

/** `value` if it is one of `choices`. @throws Error listing the valid ones, nearest first */
export function oneOf<T extends string>(kind: string, value: string, choices: readonly T[]): T {
  if ((choices as readonly string[]).includes(value)) return value as T;
  const near = [...choices].sort((a, b) => editDistance(value, a) - editDistance(value, b))[0];
  const hint = near !== undefined && editDistance(value, near) <= 2 ? ` (did you mean "${near}"?)` : "";
  throw new Error(`unknown ${kind} "${value}"${hint}; one of ${choices.join(", ")}`);
}

/** The message of anything thrown. Parser messages can quote their input, so the message is made one printable line. */
export function messageOf(error: unknown): string {
  if (error instanceof SyntaxError) return printable(error.message);
  return error instanceof Error ? error.message : String(error);
}

/** Call `read`. @throws Error with the message of its error, followed by the remedy */
export function withRemedy<T>(remedy: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(`${messageOf(error)}; ${remedy}`);
  }
}

/** A value for a message: its JSON on one printable line, cut to `most` characters. */
export function brief(value: unknown, most = 80): string {
  const text = printable(JSON.stringify(value) ?? "nothing");
  return text.length <= most ? text : `${text.slice(0, most - 3)}...`;
}

/** The first error of a schema: the field and its expected value. */
export function issueText({
  issues: [issue],
}: {
  issues: readonly { path: readonly PropertyKey[]; message: string }[];
}): string {
  const field = issue.path.length === 0 ? "the whole" : issue.path.map(String).join(".");
  const message = issue.message
    .replace(/, received undefined$/, ", but it is missing")
    .replace(/^Invalid string: /, "");
  return printable(`${field}: ${message}`).slice(0, 300);
}

/** Text on one line: line breaks, control and direction characters become spaces. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, " ");
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
