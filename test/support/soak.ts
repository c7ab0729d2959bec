/**
 * @file Does memory stay flat? Many scoring batches and many updates of a toy model with changing shapes, in this process.
 *
 * `npm run soak` is the long form, 10,000 batches and 5,000 updates on each backend named (default: native and wasm), with a
 * line per twentieth. `test/tensor/soak.test.ts` runs the short form, each backend in a process of its own.
 */

import { execFileSync } from "node:child_process";
import * as v8 from "node:v8";
import * as vm from "node:vm";
import { Llama } from "../../src/model/llama";
import { llamaConfig } from "../../src/model/llama-config";
import { type Layout, LlamaLanguageModel } from "../../src/model/llama-language-model";
import { packSequences } from "../../src/model/token-batch";
import { type BackendName, initBackend, lossAndGradients, tf } from "../../src/tensor";
import { AdamW } from "../../src/train/optimizer";
import { Rng } from "../../src/util/rng";

/** Memory at one moment, after a garbage collection. */
export interface MemorySample {
  part: "scoring" | "training";
  /** Batches or updates so far. */
  done: number;
  residentBytes: number;
  tensors: number;
}

const SAMPLES = 20;

/** `batches` calls of `score`, then `updates` training steps, with 20 samples of each part. */
export async function soak(backend: BackendName, batches: number, updates: number): Promise<MemorySample[]> {
  await initBackend(backend);
  v8.setFlagsFromString("--expose-gc");
  const collect = vm.runInNewContext("gc") as () => void;
  const rng = Rng.fromSeed("soak");
  const small = backend === "cpu";
  const config = llamaConfig({
    vocabSize: small ? 40 : 500,
    hiddenSize: small ? 8 : 48,
    intermediateSize: small ? 16 : 128,
    numHiddenLayers: small ? 1 : 2,
    numAttentionHeads: 4,
  });
  const longest = small ? 12 : 90;
  const llama = Llama.init(config, rng.fork("weights"));
  const settings = { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.1, decay: "all", maxGradNorm: 1 } as const;
  const optimizer = new AdamW(llama.weights, settings);
  const layouts: Layout[] = ["trunks", "forest"];
  const samples: MemorySample[] = [];
  const sequences = () =>
    Array.from({ length: 1 + rng.int(small ? 3 : 12) }, () =>
      Int32Array.from({ length: 2 + rng.int(longest) }, () => rng.int(config.vocabSize)),
    );
  const run = async (part: MemorySample["part"], count: number, once: (i: number) => Promise<void>) => {
    for (let done = 1; done <= count; done++) {
      await once(done);
      if (done % Math.ceil(count / SAMPLES) !== 0) continue;
      collect();
      samples.push({ part, done, residentBytes: process.memoryUsage().rss, tensors: tf.memory().numTensors });
    }
  };
  await run("scoring", batches, async (i) => {
    const model = new LlamaLanguageModel(llama, { layout: layouts[i % 2] });
    await model.score(sequences().map((ids) => ({ ids, from: 1 })));
  });
  const names = new Map([...llama.weights].map(([name, weight]) => [weight.name, name]));
  await run("training", updates, async () => {
    const texts = sequences();
    const { batch, placements } = packSequences(texts, 128);
    const labels = new Int32Array(batch.inputIds.length).fill(-100);
    for (const [i, { row, column }] of placements.entries()) labels.set(texts[i].subarray(1), row * batch.T + column);
    const { value, grads } = lossAndGradients(() => llama.loss(batch, labels), [...llama.weights.values()]);
    const gradients = new Map(Object.entries(grads).map(([name, g]) => [names.get(name) as string, g]));
    await optimizer.update(gradients, 1e-3, 1);
    value.dispose();
  });
  return samples;
}

/** By how much resident memory grew from the second quarter of a part to its last quarter, medians, in bytes. */
export function growth(samples: readonly MemorySample[], part: MemorySample["part"]): number {
  const own = samples.filter((sample) => sample.part === part).map(({ residentBytes }) => residentBytes);
  const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1];
  const quarter = own.length >> 2;
  return median(own.slice(-quarter)) - median(own.slice(quarter, 2 * quarter));
}

/** The soak in a process of its own, so that nothing else is in its memory. */
export function soakApart(backend: BackendName, batches: number, updates: number): MemorySample[] {
  const args = ["--import", "tsx", __filename, "--samples", backend, String(batches), String(updates)];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }));
}

/** What resident memory may grow by: fragments of the heap and of the allocator, far less than a leak of a tensor per step. */
export const GROWTH_LIMIT_BYTES = 24 << 20;

function longForm(backends: readonly string[]): void {
  for (const backend of backends.length > 0 ? backends : ["native", "wasm"]) {
    const samples = soakApart(backend as BackendName, 10_000, 5_000);
    for (const { part, done, residentBytes, tensors } of samples) {
      const megabytes = (residentBytes / 1e6).toFixed(1);
      process.stdout.write(`${backend} ${part} ${String(done).padStart(6)} ${megabytes} MB, ${tensors} tensors\n`);
    }
    for (const part of ["scoring", "training"] as const) {
      const grown = growth(samples, part);
      process.stdout.write(`${backend} ${part}: ${(grown / 1e6).toFixed(1)} MB more at the end\n`);
      if (grown > GROWTH_LIMIT_BYTES) process.exitCode = 1;
    }
  }
}

if (require.main === module) {
  const [first, ...rest] = process.argv.slice(2);
  if (first === "--samples") {
    const [backend, batches, updates] = rest;
    void soak(backend as BackendName, Number(batches), Number(updates)).then((samples) =>
      process.stdout.write(JSON.stringify(samples)),
    );
  } else longForm(process.argv.slice(2));
}
