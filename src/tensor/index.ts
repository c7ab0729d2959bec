/**
 * @file Public interface of the tensor folder. No other folder imports TensorFlow.js or a native kernel, and no backend
 * is named outside this folder.
 *
 * Every operation is differentiable in its float tensors, does not change its inputs, and returns a tensor that the
 * caller owns (use them under `tf.tidy` or `lossAndGradients`).
 */

export { type AttentionMask, type AttentionShape, causalMask } from "./attention-mask";
export { type BackendInfo, type BackendName, initBackend } from "./backend";
export { type KernelTime, type StepTimes, timeKernels } from "./fused/kernel-times";
export { block } from "./fused/operation";
export type { Precision } from "./fused/precision";
export { type GpuMemory, gpuMemory } from "./gpu-memory";
export { recomputed } from "./gradient-memory";
export { type AdamWHyper, type AdamWPart, type AdamWState, adamWStep, adamWUpdate } from "./ops/adamw";
export { add } from "./ops/add";
export { attention } from "./ops/attention";
export { embedding } from "./ops/embedding";
export { globalNorm } from "./ops/global-norm";
export { lossAndGradients } from "./ops/gradients";
export { linear } from "./ops/linear";
export {
  IGNORE_LABEL,
  linearCrossEntropy,
  linearLogProbs,
  logProbsOf,
  type WantedLabels,
} from "./ops/linear-cross-entropy";
export { rmsNorm } from "./ops/rms-norm";
export { rope } from "./ops/rope";
export { canLeaveOutRows, pickRows, placeRows } from "./ops/some-rows";
export { swiglu } from "./ops/swiglu";
export { hasTreeAttention, treeAttention } from "./ops/tree-attention";
export { sgemmPeak } from "./sgemm-peak";
export { tf } from "./tf";
