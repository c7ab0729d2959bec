/** @file Make `native` a tfjs backend: the JavaScript backend's kernels on pooled memory, and ours in front of them. */

import { registerFused } from "../fused/register";
import { tf } from "../tf";
import { loadNative } from "./load";
import { PooledBackend } from "./pooled-backend";

/** @throws Error saying why, where the addon is not built or cannot be opened */
export async function startNative(): Promise<{ instructionSet: string; threads: number }> {
  const native = loadNative();
  tf.copyRegisteredKernels("cpu", "native");
  tf.registerBackend("native", () => new PooledBackend(native));
  if (!(await tf.setBackend("native"))) throw new Error("TensorFlow.js refused the native backend");
  registerFused(tf.backend() as unknown as PooledBackend);
  return native;
}

/** The native backend, if it is the one that runs. */
export function pooledBackend(): PooledBackend | null {
  const backend = tf.backend();
  return backend instanceof PooledBackend ? backend : null;
}
