/** @file In which precision the tensor cores multiply. Sums, norms and weights are float32 in each. */

/**
 * - `float32`: three tf32 products for one, within 1e-5 of the native kernels.
 * - `tf32`: operands cut to 10 bits of mantissa.
 * - `bf16`: operands cut to 7 bits of mantissa; half the bytes.
 */
export const PRECISIONS = ["float32", "tf32", "bf16"] as const;

export type Precision = (typeof PRECISIONS)[number];

/** As kernels are named. */
export const KERNEL_PRECISION = { float32: "f32", tf32: "tf32", bf16: "bf16" } as const;
