/** @file Size classes, so that batches of similar length share memory. */

/** Round up to one of eight steps per power of two, at least 64 bytes. */
export function sizeClass(bytes: number): number {
  if (bytes <= 64) return 64;
  const step = Math.max(64, 2 ** (Math.floor(Math.log2(bytes - 1)) - 3));
  return Math.ceil(bytes / step) * step;
}
