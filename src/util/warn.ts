/** @file Warnings on standard error: one line each, the same line once per process. */

const said = new Set<string>();

export function warnOnce(text: string): void {
  if (said.has(text)) return;
  said.add(text);
  process.stderr.write(`warning: ${text}\n`);
}
