/** @file Letting the event loop turn: signals arrive, and memory that native code may free is freed, only between turns. */

/** To be awaited after each pass of a long computation. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
