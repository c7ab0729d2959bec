/**
 * @file Selects one of the two committed binaries for this JavaScript engine.
 *
 * `class-it-relaxed.wasm` uses the fused multiply-add of relaxed SIMD, which halves the arithmetic of a matrix product
 * and, on processors that support it, gives the bytes of the native kernels. Node 22 supports it; Node 20 needs a flag,
 * which is set while the module is compiled.
 */

import * as fs from "node:fs";
import * as path from "node:path";
import * as v8 from "node:v8";
import { oneOf } from "../../util/check";
import { projectRoot } from "../../util/project-root";

/** Values of `CLASS_IT_SIMD` for this backend. */
const SETS = ["relaxed", "simd128"] as const;

export interface WasmBinary {
  module: object;
  instructionSet: (typeof SETS)[number];
}

const wasm = (globalThis as unknown as { WebAssembly: unknown }).WebAssembly as {
  Module: new (bytes: Uint8Array) => object;
  validate(bytes: Uint8Array): boolean;
};

/**
 * Compile the faster binary that this engine accepts, or the one that `CLASS_IT_SIMD` names.
 *
 * @throws Error if the named one is not accepted
 */
export function compileWasm(): WasmBinary {
  const named = process.env.CLASS_IT_SIMD;
  const wanted = named === undefined || named === "" ? undefined : oneOf("CLASS_IT_SIMD", named, SETS);
  if (wanted !== "simd128") {
    const module = compileRelaxed();
    if (module !== null) return { module, instructionSet: "relaxed" };
    if (wanted === "relaxed") throw new Error("CLASS_IT_SIMD=relaxed: this Node has no relaxed SIMD");
  }
  return { module: new wasm.Module(committed("class-it.wasm")), instructionSet: "simd128" };
}

function compileRelaxed(): object | null {
  const bytes = committed("class-it-relaxed.wasm");
  if (wasm.validate(bytes)) return new wasm.Module(bytes);
  v8.setFlagsFromString("--experimental-wasm-relaxed-simd");
  try {
    return wasm.validate(bytes) ? new wasm.Module(bytes) : null;
  } finally {
    v8.setFlagsFromString("--no-experimental-wasm-relaxed-simd");
  }
}

function committed(name: string): Uint8Array {
  return fs.readFileSync(path.join(projectRoot(), "src", "tensor", "wasm", name));
}
