/** @file Random initial weights, as in transformers' LLaMA: normal(0, initializerRange), norms 1, padding row 0. */

import type { Rng } from "../util/rng";
import { parameterShapes } from "./count-parameters";
import type { LlamaConfig } from "./llama-config";

/**
 * Values by tensor name. Every tensor uses its own random stream, `rng.fork(tensor name)`, so two configurations with
 * the same tensor name and shape get the same values.
 */
export function initialWeights(config: LlamaConfig, rng: Rng): Map<string, Float32Array> {
  const weights = new Map<string, Float32Array>();
  for (const [name, shape] of parameterShapes(config)) {
    const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
    if (shape.length === 1) values.fill(1);
    else fillNormal(values, config.initializerRange, rng.fork(name));
    weights.set(name, values);
  }
  if (config.padTokenId !== null) {
    const C = config.hiddenSize; // PyTorch's nn.Embedding with padding_idx: this row is 0
    weights.get("model.embed_tokens.weight")!.fill(0, config.padTokenId * C, (config.padTokenId + 1) * C);
  }
  return weights;
}

/** Independent normal draws with mean 0 (Box-Muller, both values of each pair). */
function fillNormal(values: Float32Array, standardDeviation: number, rng: Rng): void {
  for (let i = 0; i < values.length; i += 2) {
    const radius = standardDeviation * Math.sqrt(-2 * Math.log(1 - rng.next()));
    const angle = 2 * Math.PI * rng.next();
    values[i] = radius * Math.cos(angle);
    if (i + 1 < values.length) values[i + 1] = radius * Math.sin(angle);
  }
}
