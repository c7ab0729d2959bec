/** @file Selects the compute backend once, automatically or by name, and reports the choice. */

import * as fs from "node:fs";
import { messageOf, oneOf } from "../util/check";
import { startCuda } from "./cuda/register";
import type { Purpose } from "./fused/kernel-host";
import { type Precision, wantedPrecisions } from "./fused/precision";
import { startNative } from "./native/register";
import { startTensorflow, tensorflowIsInstalled } from "./tensorflow/register";
import { tf } from "./tf";
import { startWasm } from "./wasm/register";
import { startWebgpu } from "./webgpu/register";

export type BackendName = "cuda" | "tensorflow" | "webgpu" | "native" | "wasm" | "cpu";

export interface BackendInfo {
  name: BackendName;
  /** one sentence: the reason for this choice */
  reason: string;
  /** number of threads of the kernels; 1 if it cannot be set */
  threads: number;
  /** whether a GPU computes, not a CPU or a software adapter */
  isGpu: boolean;
  /** precision of matrix products, by purpose; all other numbers are float32 */
  precisions: Record<Purpose, Precision>;
}

const NAMES: readonly BackendName[] = ["cuda", "tensorflow", "webgpu", "native", "wasm", "cpu"];

let chosen: BackendInfo | null = null;
let starting: Promise<unknown> = Promise.resolve();

/**
 * Start the backend `wanted`, or the one named by `CLASS_IT_BACKEND`, or the first that works. Later calls return the
 * same backend; requesting a different one is an error.
 *
 * @throws Error with the reason, if a backend chosen by name is not available; there is no silent fallback
 */
export function initBackend(wanted?: BackendName): Promise<BackendInfo> {
  const started = starting.then(() => start(wanted)); // one at a time, so that no backend is started twice
  starting = started.catch(() => {});
  return started;
}

async function start(wanted?: BackendName): Promise<BackendInfo> {
  const asked = wanted ?? process.env.CLASS_IT_BACKEND;
  const name = asked === undefined || asked === "" ? undefined : oneOf("backend", asked, NAMES);
  if (chosen !== null && (name === undefined || name === chosen.name)) return chosen;
  if (name !== undefined) {
    try {
      const { detail, threads, isGpu, precisions } = await START[name]();
      chosen = { name, reason: `asked for: ${detail}`, threads, isGpu, precisions: precisions ?? FLOAT32 };
    } catch (error) {
      throw new Error(`the backend "${name}" is not available: ${messageOf(error)}`);
    }
    return chosen;
  }
  const refusals: string[] = [];
  for (const candidate of candidates()) {
    try {
      const { detail, threads, isGpu, precisions } = await START[candidate.name]();
      if (candidate.onlyOnGpu && !isGpu) continue;
      const passed = refusals.length === 0 ? "" : ` (${refusals.join("; ")})`;
      const reason = `${detail}${passed}`;
      chosen = { name: candidate.name, reason, threads, isGpu, precisions: precisions ?? FLOAT32 };
      return chosen;
    } catch (error) {
      if (!candidate.onlyOnGpu) refusals.push(`not ${candidate.name}: ${messageOf(error)}`);
    }
  }
  throw new Error(`no backend works: ${refusals.join("; ")}`);
}

/** Fastest first. GPU-only backends are skipped if no GPU is visible. */
function* candidates(): Generator<{ name: BackendName; onlyOnGpu: boolean }> {
  if (hasNvidiaDevice()) yield { name: "cuda", onlyOnGpu: false };
  if (tensorflowIsInstalled("gpu")) yield { name: "tensorflow", onlyOnGpu: true };
  if (hasGpuDevice()) yield { name: "webgpu", onlyOnGpu: true };
  yield { name: "native", onlyOnGpu: false };
  if (tensorflowIsInstalled("any")) yield { name: "tensorflow", onlyOnGpu: false };
  yield { name: "wasm", onlyOnGpu: false };
  yield { name: "cpu", onlyOnGpu: false };
}

function hasNvidiaDevice(): boolean {
  return (
    process.platform === "linux" && ["/dev/nvidia0", "/dev/nvidiactl", "/dev/dxg"].some((file) => fs.existsSync(file))
  );
}

function hasGpuDevice(): boolean {
  if (process.platform !== "linux") return true;
  return ["/dev/nvidia0", "/dev/dri/renderD128", "/dev/dxg"].some((file) => fs.existsSync(file));
}

interface Started {
  detail: string;
  threads: number;
  /** a real GPU, not a software adapter */
  isGpu: boolean;
  /** if they are not all float32 */
  precisions?: Record<Purpose, Precision>;
}

const FLOAT32: Record<Purpose, Precision> = { training: "float32", scoring: "float32" };

/** Starts a backend, or throws the reason why it is not available. */
const START: Record<BackendName, () => Promise<Started>> = {
  cuda: async () => {
    const precisions = wantedPrecisions(["tf32", "float32", "bf16"]);
    const { name } = await startCuda(precisions);
    const detail = `our own kernels on ${name} (training in ${precisions.training}, scoring in float32)`;
    return { detail, threads: 1, isGpu: true, precisions };
  },
  tensorflow: async () => {
    wantedPrecisions(["float32"]);
    const { version, isGpu } = await startTensorflow();
    return { detail: `TensorFlow ${version} on the ${isGpu ? "GPU" : "CPU"}`.replace("  ", " "), threads: 1, isGpu };
  },
  webgpu: async () => {
    wantedPrecisions(["float32"]);
    const { adapter, isSoftware } = await startWebgpu();
    return {
      detail: `WebGPU on ${adapter}${isSoftware ? ", a software adapter" : ""}`,
      threads: 1,
      isGpu: !isSoftware,
    };
  },
  native: async () => {
    const precisions = wantedPrecisions(["float32", "bf16"]);
    const { instructionSet, threads, bf16 } = await startNative(precisions);
    const training = bf16 === null ? "" : `, training in bf16 ${bf16}`;
    return {
      detail: `our own kernels (${instructionSet}, ${threads} thread${threads === 1 ? "" : "s"}${training})`,
      threads,
      isGpu: false,
      precisions,
    };
  },
  wasm: async () => {
    wantedPrecisions(["float32"]);
    const { instructionSet, threads } = await startWasm();
    return {
      detail: `our own kernels in WebAssembly (${instructionSet}, ${threads} thread${threads === 1 ? "" : "s"})`,
      threads,
      isGpu: false,
    };
  },
  cpu: async () => {
    wantedPrecisions(["float32"]);
    await tf.setBackend("cpu");
    (tf.backend() as unknown as { firstUse: boolean }).firstUse = false; // suppress TensorFlow.js's message on the first tensor
    return { detail: "plain JavaScript, the reference", threads: 1, isGpu: false };
  },
};
