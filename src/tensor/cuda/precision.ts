/** @file Precisions of matrix products on the tensor cores. Sums, norms and weights are always float32. */

/**
 * - `float32`: three tf32 products per product, within 1e-5 of the native kernels.
 * - `tf32`: operands truncated to 10 bits of mantissa.
 * - `bf16`: operands with 7 bits of mantissa; half the bytes.
 */
export const PRECISIONS = ["float32", "tf32", "bf16"] as const;

export type Precision = (typeof PRECISIONS)[number];

/** Precision in the names of the kernels. */
export const KERNEL_PRECISION = { float32: "f32", tf32: "tf32", bf16: "bf16" } as const;
