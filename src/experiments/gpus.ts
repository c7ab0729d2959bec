/**
 * @file Training speed of the paper's two models on graphics cards, for `class-it plan --gpu`.
 *
 * The H100's rates were measured by `npm run gpu:check` (2026-11-27, 8 sequences per update; environment.md, "NVIDIA
 * cards"). The other cards' rates are estimates: the H100's rate of the kernels that the card would run, times the smaller
 * of the two ratios of peak arithmetic and of memory bandwidth.
 */

import type { ModelName } from "../results/schema";

export interface Gpu {
  name: string;
  memoryBytes: number;
  /** under load, by the vendor's data sheet */
  watts: number;
  /** of the matrix products */
  precision: "float32" | "tf32" | "bf16";
  /** training tokens per second at the paper's sequence length */
  tokensPerSecond: Record<ModelName, number>;
  basis: "measured" | "estimated";
  /** where the rate comes from */
  source: string;
}

/** Tokens per second measured on the H100 in tf32 by the kernels of older cards (instruction mma.sync), and the peaks that limit them. */
const H100_MMA = { wide: 86_232, narrow: 89_435 };
/** mma.sync reaches at most this part of Hopper's 494 TFLOP/s; for older cards mma.sync reaches the peak. */
const H100_MMA_TFLOPS = 0.6 * 494;
const H100_BANDWIDTH = 3_350; // GB/s

function estimated(name: string, gigabytes: number, watts: number, tflops: number, bandwidth: number): Gpu {
  const ratio = Math.min(tflops / H100_MMA_TFLOPS, bandwidth / H100_BANDWIDTH);
  return {
    name,
    memoryBytes: gigabytes * 1e9,
    watts,
    precision: "tf32",
    tokensPerSecond: { wide: ratio * H100_MMA.wide, narrow: ratio * H100_MMA.narrow },
    basis: "estimated",
    source: `the H100's measured rate with these kernels times ${ratio.toFixed(2)} (${tflops} TFLOP/s, ${bandwidth} GB/s by the data sheet)`,
  };
}

export const GPUS: readonly Gpu[] = [
  {
    name: "H100",
    memoryBytes: 80e9,
    watts: 700,
    precision: "tf32",
    tokensPerSecond: { wide: 164_824, narrow: 165_134 },
    basis: "measured",
    source: "measured in tf32, 8 sequences per update",
  },
  {
    name: "H100-bf16",
    memoryBytes: 80e9,
    watts: 700,
    precision: "bf16",
    tokensPerSecond: { wide: 362_098, narrow: 364_814 },
    basis: "measured",
    source: "measured with CLASS_IT_PRECISION=bf16, 8 sequences per update",
  },
  estimated("A100", 40, 400, 156, 1_555),
  estimated("RTX-4090", 24, 450, 82.6, 1_008),
  estimated("RTX-3090", 24, 350, 35.6, 936),
  {
    name: "M3-Max",
    memoryBytes: 48e9,
    watts: 60,
    precision: "float32",
    tokensPerSecond: { wide: 12_073 * (14.2 / 67), narrow: 12_073 * (14.2 / 67) },
    basis: "estimated",
    source:
      "the WebGPU prototype's 12,073 tokens/s on an H100 (float32, llama140M) times 0.21 (14.2 of 67 TFLOP/s); " +
      "the same for both models",
  },
];
