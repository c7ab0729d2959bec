/** @file What a page runs on WebGPU: PyTorch's cases and the small training. Bundled for browsers by the test. */

import { initBackend } from "../../../src/tensor/browser/backend";
import { runCase, runTraining } from "./torch-suite";

Object.assign(globalThis, {
  classItStart: () => initBackend("webgpu", new Uint8Array(0)),
  classItCase: async (c: Parameters<typeof runCase>[0]) => {
    const { value, gradients } = await runCase(c);
    return { value: Array.from(value), gradients: gradients.map((x) => Array.from(x)) };
  },
  classItTraining: runTraining,
});
