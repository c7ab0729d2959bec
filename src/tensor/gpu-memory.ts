/** @file Memory of the GPU that computes. */

import { DeviceBackend } from "./device";
import { tf } from "./tf";

export interface GpuMemory {
  /** bytes that this process uses or can still get, and all bytes; null if the GPU does not report them */
  room: { available: number; total: number } | null;
  /** most bytes in use so far, without the pool's free memory */
  peak: number;
  /** precision in which a training keeps activations */
  activations: "float32" | "bf16";
}

/** Memory of the GPU of the current backend; null on a CPU. */
export function gpuMemory(): GpuMemory | null {
  const backend: unknown = tf.findBackend(tf.getBackend());
  if (!(backend instanceof DeviceBackend)) return null;
  const { memory, activations = "float32" } = backend.device;
  return { room: memory.room(), peak: memory.peakBytes, activations };
}
