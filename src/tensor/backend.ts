/** @file Which backend computes: chosen once, by itself or by name, and said aloud. */

import { messageOf, oneOf } from "../util/check";
import { startNative } from "./native/register";
import { tf } from "./tf";
import { startWasm } from "./wasm/register";

export type BackendName = "tensorflow" | "webgpu" | "native" | "wasm" | "cpu";

export interface BackendInfo {
  name: BackendName;
  /** one sentence: why this one */
  reason: string;
  /** threads of the kernels; 1 where the backend has no say */
  threads: number;
}

const NAMES: readonly BackendName[] = ["tensorflow", "webgpu", "native", "wasm", "cpu"];

let chosen: BackendInfo | null = null;

/**
 * Start the backend `wanted`, or the one that `CLASS_IT_BACKEND` names, or the first that works. Later calls return
 * the same; asking for another than the one that runs is an error.
 *
 * @throws Error saying why, where an explicit choice cannot be had; there is no silent fallback
 */
export async function initBackend(wanted?: BackendName): Promise<BackendInfo> {
  const asked = wanted ?? process.env.CLASS_IT_BACKEND;
  const name = asked === undefined || asked === "" ? undefined : oneOf("backend", asked, NAMES);
  if (chosen !== null && (name === undefined || name === chosen.name)) return chosen;
  if (name !== undefined) {
    try {
      const { detail, threads } = await START[name]();
      chosen = { name, reason: `asked for: ${detail}`, threads };
    } catch (error) {
      throw new Error(`the backend "${name}" cannot be had: ${messageOf(error)}`);
    }
    return chosen;
  }
  const refusals: string[] = [];
  for (const candidate of ["native", "wasm", "cpu"] as const) {
    try {
      const { detail, threads } = await START[candidate]();
      const passed = refusals.length === 0 ? "" : ` (${refusals.join("; ")})`;
      chosen = { name: candidate, reason: `${detail}${passed}`, threads };
      break;
    } catch (error) {
      refusals.push(`not ${candidate}: ${messageOf(error)}`);
    }
  }
  if (chosen === null) throw new Error(`no backend works: ${refusals.join("; ")}`);
  return chosen;
}

interface Started {
  detail: string;
  threads: number;
}

/** Each starts its backend or throws the reason why not. */
const START: Record<BackendName, () => Promise<Started>> = {
  tensorflow: async () => {
    throw new Error("it is not installed");
  },
  webgpu: async () => {
    throw new Error("it is not installed");
  },
  native: async () => {
    const { instructionSet, threads } = await startNative();
    return { detail: `our own kernels (${instructionSet}, ${threads} thread${threads === 1 ? "" : "s"})`, threads };
  },
  wasm: async () => {
    const { threads } = await startWasm();
    return { detail: `our own kernels in WebAssembly (${threads} thread${threads === 1 ? "" : "s"})`, threads };
  },
  cpu: async () => {
    await tf.setBackend("cpu");
    (tf.backend() as unknown as { firstUse: boolean }).firstUse = false; // no advertisement on the first tensor
    return { detail: "plain JavaScript, the reference", threads: 1 };
  },
};
