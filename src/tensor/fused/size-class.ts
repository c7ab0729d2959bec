/** @file Sizes in classes, so that batches of nearly the same length share memory. */

/** Round up to eight steps an octave, at least 64 bytes. */
export function sizeClass(bytes: number): number {
  if (bytes <= 64) return 64;
  const step = Math.max(64, 2 ** (Math.floor(Math.log2(bytes - 1)) - 3));
  return Math.ceil(bytes / step) * step;
}
