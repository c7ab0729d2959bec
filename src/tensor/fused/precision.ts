/** @file Precisions of matrix products, and the choice among them. Sums, norms and weights are always float32. */

import { oneOf } from "../../util/check";
import type { Purpose } from "./kernel-host";

/**
 * - `float32`: on a card three tf32 products per product, within 1e-5 of the native kernels.
 * - `tf32`: operands truncated to 10 bits of mantissa; cards only.
 * - `bf16`: operands rounded to 7 bits of mantissa; half the bytes.
 */
export const PRECISIONS = ["float32", "tf32", "bf16"] as const;

export type Precision = (typeof PRECISIONS)[number];

/**
 * `CLASS_IT_PRECISION` for training; scores are always float32.
 *
 * @param offered - what the backend can do; the first is its default
 * @throws Error listing them
 */
export function wantedPrecisions(offered: readonly Precision[]): Record<Purpose, Precision> {
  const training = oneOf("CLASS_IT_PRECISION", process.env.CLASS_IT_PRECISION || offered[0], offered);
  return { training, scoring: "float32" };
}
