/** @file PyTorch's numbers (test/golden/tensor, made by make-golden.py there) on any backend. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Llama } from "../../../src/model/llama";
import { llamaConfig } from "../../../src/model/llama-config";
import { emptyBatch, place } from "../../../src/model/token-batch";
import * as ops from "../../../src/tensor/index";
import { AdamW } from "../../../src/train/optimizer";
import { assertAllClose } from "../../support/close";
import { golden } from "../../support/reference";

const { tf } = ops;

interface Packed {
  shape: number[];
  f32: string;
}

interface Case {
  op: string;
  inputs: Record<string, Packed>;
  output: Packed;
  weights: Packed;
  gradients: Record<string, Packed>;
  [attribute: string]: unknown;
}

/** Values and gradients of every operation. Float32 against PyTorch's float64. */
export function testAgainstTorch(): void {
  const { cases, adamw } = goldenOperations();
  for (const c of cases) {
    test(`${c.op} and its gradient equal PyTorch's`, async () => checkCase(c, await runCase(c)));
  }

  test("three steps of adamWStep equal PyTorch's AdamW", async () => {
    const parameter = tf.variable(tensor(adamw.parameter as Packed));
    const state = { m: tf.variable(tf.zeros(parameter.shape)), v: tf.variable(tf.zeros(parameter.shape)) };
    const h = adamw as unknown as ops.AdamWHyper;
    for (const [i, g] of (adamw.gradients as Packed[]).entries()) {
      ops.adamWStep(parameter, tensor(g), state, { ...h, step: i + 1, gradientScale: 1 });
    }
    assertAllClose(await parameter.data(), unpack(adamw.result as Packed), { rtol: 1e-5, atol: 1e-6 });
  });
}

export function goldenOperations(): { cases: Case[]; adamw: Record<string, unknown> } {
  return golden("tensor/operations.json");
}

interface CaseResult {
  value: ArrayLike<number>;
  /** in the order of the inputs */
  gradients: ArrayLike<number>[];
}

export async function runCase(c: Case): Promise<CaseResult> {
  const names = Object.keys(c.inputs);
  const inputs = names.map((name) => tensor(c.inputs[name]));
  const run = (...list: ops.tf.Tensor[]) => operation(c, Object.fromEntries(names.map((n, i) => [n, list[i]])));
  const { value, grads } = tf.valueAndGrads(run)(inputs, tensor(c.weights));
  const [first, ...gradients] = await Promise.all([value, ...grads].map((x) => x.data()));
  return { value: first, gradients };
}

export function checkCase(c: Case, { value, gradients }: CaseResult): void {
  const tolerance = { rtol: 2e-5, atol: 2e-6 };
  assertAllClose(value, unpack(c.output), tolerance, "value");
  for (const [i, name] of Object.keys(c.inputs).entries()) {
    assertAllClose(gradients[i], unpack(c.gradients[name]), tolerance, `gradient of ${name}`);
  }
}

/**
 * The same small training run on every backend: six updates of a two-layer LLaMA with grouped heads give the losses (to
 * 2e-5 nats) and gradient norms (to 2e-4 of them) of transformers' LlamaForCausalLM in float64.
 */
export async function checkTrainingRun(): Promise<void> {
  const run = goldenRun();
  checkLosses(run, await runTraining(run));
}

interface TrainingRun {
  config: Parameters<typeof llamaConfig>[0];
  learningRate: number;
  weightDecay: number;
  B: number;
  T: number;
  ids: number[];
  labels: number[];
  weights: Record<string, Packed>;
  losses: number[];
  gradientNorms: number[];
}

export function goldenRun(): TrainingRun {
  return golden("tensor/training-run.json");
}

/** Losses and gradient norms of the six updates. */
export async function runTraining(run: TrainingRun): Promise<Pick<TrainingRun, "losses" | "gradientNorms">> {
  const values = new Map(Object.entries(run.weights).map(([name, packed]) => [name, unpack(packed)]));
  const model = Llama.fromValues(llamaConfig(run.config), values);
  const settings = { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: run.weightDecay };
  const optimizer = new AdamW(model.weights, { ...settings, decay: "all", maxGradNorm: null });
  const batch = emptyBatch(run.B, run.T);
  for (let b = 0; b < run.B; b++) place(batch, b, 0, run.ids.slice(b * run.T, (b + 1) * run.T));
  const names = new Map([...model.weights].map(([name, weight]) => [weight.name, name]));
  const losses: number[] = [];
  const gradientNorms: number[] = [];
  for (let step = 0; step < run.losses.length; step++) {
    const { value, grads } = tf.variableGrads(
      () => model.loss(batch, Int32Array.from(run.labels)),
      [...model.weights.values()],
    );
    losses.push((await value.data())[0]);
    const gradients = new Map(Object.entries(grads).map(([name, g]) => [names.get(name) as string, g]));
    gradientNorms.push(await optimizer.update(gradients, run.learningRate, 1));
  }
  return { losses, gradientNorms };
}

export function checkLosses(run: TrainingRun, got: Pick<TrainingRun, "losses" | "gradientNorms">): void {
  assertAllClose(got.losses, run.losses, { rtol: 0, atol: 2e-5 }, "losses");
  assertAllClose(got.gradientNorms, run.gradientNorms, { rtol: 2e-4 }, "gradient norms");
  assert.ok(got.losses[5] < got.losses[0], "the loss falls");
}

function operation(c: Case, x: Record<string, ops.tf.Tensor>): ops.tf.Tensor {
  const t = x as Record<string, never>;
  const ints = (values: unknown) => Int32Array.from(values as number[]);
  if (c.op === "rmsNorm") return ops.rmsNorm(t.x, t.weight, c.eps as number);
  if (c.op === "linear") return ops.linear(t.x, t.weight);
  if (c.op === "embedding") return ops.embedding(t.table, ints(c.ids));
  if (c.op === "rope") return ops.rope(t.x, ints(c.positionIds), c.headDim as number, c.theta as number);
  if (c.op === "swiglu") return ops.swiglu(t.gate, t.up);
  if (c.op === "linearCrossEntropy") return ops.linearCrossEntropy(t.x, t.weight, ints(c.labels), "mean");
  const shape = c.shape as ops.AttentionShape;
  return ops.attention(t.q, t.k, t.v, ops.causalMask(shape.B, shape.T), shape);
}

function unpack(packed: Packed): Float32Array {
  const bytes = Uint8Array.from(atob(packed.f32), (letter) => letter.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}

function tensor(packed: Packed): ops.tf.Tensor {
  return tf.tensor(unpack(packed), packed.shape);
}
