/** @file Yield to the event loop: only there do signals arrive, and is memory freed that native code may free. */

/** To be awaited after each pass of a long computation. */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
