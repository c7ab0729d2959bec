/**
 * @file Memory layout of each kernel's argument, one letter per field of its structure: `p` an address, `l` a whole
 * number of 8 bytes, `d` a float64, `i` a whole number of 4 bytes, `f` a float32. Fields of 8 bytes start at multiples
 * of 8.
 */

const GEMM = "pppiiiiiiiiiiiiiii";
const WIDE_GEMM = "pppppppp" + "iiiiiiiiiiiiiiiiii";
const ATTENTION = "ppppppppppppp" + "iiiiiifiiiii";
const RMS_NORM_GRAD = "pppppppppii";
const BINARY = "lpppi";
const MOVE_ROWS = "pppi";

export type Order = "nn" | "nt" | "tn" | "tt";

export type GemmTile =
  | `gemm_${"any" | "stream"}_${"f32" | "tf32"}_${"small" | "middle"}`
  | "gemm_stream_tf32_large"
  | "gemm_panels_small"
  | "gemm_panels_middle";

type WideWidth = 256 | 192 | 128;

export type WideTile = `gemm_wide_${WideWidth}`;

/** Precision and padded head size; `small` for cards with less shared memory. */
export type AttentionVariant =
  | `${"f32" | "tf32" | "bf16"}_${32 | 64 | 128}`
  | `${"f32" | "tf32"}_64_small`
  | `${"f32" | "tf32" | "bf16"}_128_small`;

export type KernelFunction =
  | `${GemmTile | WideTile}_${Order}`
  | `gemm_wide_tf32_${WideWidth}`
  | `attention${"" | "_dq" | "_dkv"}_${AttentionVariant}`
  | `attention${"" | "_dq" | "_dkv"}_wide${"" | "_tf32"}`
  | `pack_heads_${"f32" | "tf32" | "bf16"}_${32 | 64 | 128}`
  | keyof typeof SINGLE;

const SINGLE = {
  add: BINARY,
  add_parts: "pplii",
  add_rows: "ppii",
  adamw: "pppf",
  attention_delta: "pppppiiiii",
  delta_panels: "pppppiiiii",
  embedding: "pppii",
  embedding_grad: "ppppi",
  from_panels: "pppiii",
  gather_rows: MOVE_ROWS,
  gradient_norm: "ppddi",
  multiply_elements: BINARY,
  pack_wide: "ppppppiiiii",
  pack_wide_tf32: "pppppppiiiii",
  rms_norm: "pppppiif",
  rms_norm_dw: RMS_NORM_GRAD,
  rms_norm_dx: RMS_NORM_GRAD,
  rms_norm_grad_768: RMS_NORM_GRAD,
  rms_norm_grad_1024: RMS_NORM_GRAD,
  rope_fours: "pppppiiif",
  rope_pairs: "pppppiiif",
  rope_panels: "pppppiiif",
  scaled_sum: "ppdl",
  scatter_rows: MOVE_ROWS,
  softmax_rows: "pppppiif",
  squares: "pp",
  subtract: BINARY,
  swiglu: "lppp",
  swiglu_grad: "lppppp",
  swiglu_grad_panels: "lppppp",
  swiglu_panels: "lppp",
  to_panels: "ppiiiii",
  to_tf32_panels: "pppiiiiiii",
} as const;

export const KERNEL_ARGUMENTS: Readonly<Record<KernelFunction, string>> = {
  ...SINGLE,
  ...every(
    [
      ...product(["gemm_any_f32", "gemm_any_tf32", "gemm_stream_f32", "gemm_stream_tf32"], ["small", "middle"]),
      "gemm_stream_tf32_large",
      "gemm_panels_small",
      "gemm_panels_middle",
    ],
    ["nn", "nt", "tn", "tt"],
    GEMM,
  ),
  ...every(["gemm_wide_256", "gemm_wide_192", "gemm_wide_128"], ["nn", "nt", "tn", "tt"], WIDE_GEMM),
  ...every(["gemm_wide_tf32"], ["256", "192", "128"], WIDE_GEMM),
  ...every(
    ["attention", "attention_dq", "attention_dkv"],
    [
      ...product(["f32", "tf32", "bf16"], ["32", "64", "128", "128_small"]),
      "f32_64_small",
      "tf32_64_small",
      "wide",
      "wide_tf32",
    ],
    ATTENTION,
  ),
  ...every(["pack_heads"], product(["f32", "tf32", "bf16"], ["32", "64", "128"]), "ppiiiii"),
} as Record<KernelFunction, string>;

function product(first: readonly string[], second: readonly string[]): string[] {
  return first.flatMap((a) => second.map((b) => `${a}_${b}`));
}

function every(first: readonly string[], second: readonly string[], layout: string): Record<string, string> {
  return Object.fromEntries(product(first, second).map((name) => [name, layout]));
}
