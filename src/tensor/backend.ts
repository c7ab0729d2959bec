/** @file Which backend computes: chosen once, by itself or by name, and said aloud. */

import { oneOf } from "../util/check";
import { tf } from "./tf";

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
  if (name !== undefined && name !== "cpu") throw new Error(`backend "${name}" is not available`);
  await tf.setBackend("cpu");
  (tf.backend() as unknown as { firstUse: boolean }).firstUse = false; // no advertisement on the first tensor
  chosen = { name: "cpu", reason: name === undefined ? "plain JavaScript" : "asked for", threads: 1 };
  return chosen;
}
