/** @file Yields to the event loop, so that signals are delivered and native memory can be freed. */

/** Await this after each pass of a long computation. */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
