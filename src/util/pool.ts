/** @file Runs asynchronous work on many items, a few at a time. */

/**
 * Call `work(item, index)` for every item, at most `width` at the same time.
 *
 * @returns the results in the order of the items
 * @throws the error of the first failing call, after the running calls have ended; no further call is started
 */
export async function mapInParallel<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  if (!(width >= 1)) throw new RangeError(`mapInParallel: ${width} at the same time, want 1 or more`);
  const results = new Array<R>(items.length);
  let next = 0;
  let failure: { error: unknown } | null = null;
  const worker = async () => {
    while (next < items.length && failure === null) {
      const index = next++;
      try {
        results[index] = await work(items[index], index);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  const thrown = failure as { error: unknown } | null; // assigned in a callback, which the compiler does not see
  if (thrown !== null) throw thrown.error;
  return results;
}
