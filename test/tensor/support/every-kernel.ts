/** @file One pass through every kernel, as bytes: what two backends, or two settings of one, are compared by. */

import { createHash } from "node:crypto";
import * as ops from "../../../src/tensor/index";
import { arbitraryMask, ints, labelsWithHoles, normals } from "./random";

const { tf } = ops;

/** One pass through every kernel at sizes that cross block edges, as one string of bytes. */
export async function everyKernel(): Promise<string> {
  const [B, T, H, K, D, F, V] = [2, 100, 4, 2, 24, 400, 300];
  const C = H * D;
  const m = (name: string, rows: number, columns: number) =>
    tf.variable(tf.tensor2d(Float32Array.from(normals(name, rows * columns, 0.3)), [rows, columns]));
  const w = {
    table: m("table", V, C),
    q: m("q", C, C),
    k: m("k", K * D, C),
    v: m("v", K * D, C),
    gate: m("gate", F, C),
    up: m("up", F, C),
    down: m("down", C, F),
    norm: tf.variable(tf.tensor1d(Float32Array.from(normals("norm", C)))),
  };
  const ids = ints("ids", B * T, V);
  const labels = labelsWithHoles("labels", B * T, V);
  const positions = ids.map((_, i) => i % T);
  const mask = arbitraryMask("mask", B, T);
  const { value, grads } = tf.variableGrads(() => {
    const x = ops.embedding(w.table as never, ids);
    const n = ops.rmsNorm(x, w.norm as never, 1e-5);
    const q = ops.rope(ops.linear(n, w.q as never), positions, D, 10000);
    const k = ops.rope(ops.linear(n, w.k as never), positions, D, 10000);
    const a = tf.add(x, ops.attention(q, k, ops.linear(n, w.v as never), mask, { B, T, H, K, D })) as never;
    const f = ops.swiglu(ops.linear(a, w.gate as never), ops.linear(a, w.up as never));
    return ops.linearCrossEntropy(tf.add(a, ops.linear(f, w.down as never)), w.table as never, labels, "mean");
  });
  const chunks = [value, ...Object.values(grads)].map((t) => Buffer.from(t.dataSync().buffer).toString("base64"));
  const state = { m: tf.variable(tf.zeros([V, C])), v: tf.variable(tf.zeros([V, C])) };
  const h = { learningRate: 0.1, beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0.1, step: 1, gradientScale: 0.3 };
  ops.adamWStep(w.table, grads[w.table.name], state, h);
  chunks.push(Buffer.from(w.table.dataSync().buffer).toString("base64"));
  chunks.push(String(await ops.globalNorm(Object.values(grads))));
  chunks.push(
    Buffer.from((await ops.linearLogProbs(m("x", 50, C) as never, w.table as never, ids.slice(0, 50))).buffer).toString(
      "base64",
    ),
  );
  chunks.push(branchedAttention(m, B, H, K, D));
  chunks.push(await scoringKernels(m, H, K, D, V));
  return chunks.join("\n");
}

/** A forest of texts, and several labels per row. */
async function scoringKernels(
  m: (name: string, rows: number, columns: number) => ops.tf.Tensor,
  H: number,
  K: number,
  D: number,
  V: number,
): Promise<string> {
  const N = 700;
  const depths = new Int32Array(N);
  const draws = ints("depths", N, 1 << 20);
  for (let n = 1; n < N; n++) depths[n] = draws[n] % 5 === 0 ? draws[n] % (depths[n - 1] + 2) : depths[n - 1] + 1;
  const [q, k, v] = [H, K, K].map((heads, i) => m(`tree ${i}`, N, heads * D)) as never[];
  const y = ops.treeAttention(q, k, v, depths, { H, K, D });
  const rows = ints("rows", 130, N);
  const starts = Int32Array.from({ length: 131 }, (_, r) => (3 * r) >> 1);
  const labels = ints("labels of rows", starts[130], V);
  const logProbs = await ops.logProbsOf(m("rows", N, H * D) as never, m("vocabulary", V, H * D) as never, {
    rows,
    starts,
    labels,
  });
  return [y.dataSync(), logProbs].map((x) => Buffer.from(x.buffer).toString("base64")).join("\n");
}

/** After a causal beginning, branches of 7 tokens that see 40 tokens of it and themselves: a text and its continuations. */
function branchedAttention(
  m: (name: string, rows: number, columns: number) => ops.tf.Tensor,
  B: number,
  H: number,
  K: number,
  D: number,
): string {
  const [T, from, width, seen] = [160, 99, 7, 40];
  const each = (f: (i: number) => number) => Int32Array.from({ length: B * T }, (_, n) => f(n % T));
  const mask: ops.AttentionMask = {
    contextStart: each(() => 0),
    contextEnd: each((i) => (i < from ? 0 : seen)),
    branchStart: each((i) => (i < from ? 0 : i - ((i - from) % width))),
  };
  const [q, k, v] = [H, K, K].map((heads, i) => m(`branched ${i}`, B * T, heads * D)) as never[];
  const y = ops.attention(q, k, v, mask, { B, T, H, K, D });
  return Buffer.from(y.dataSync().buffer).toString("base64");
}

// by itself, it prints the hash of the bytes on the backend that it is given
if (require.main === module) {
  void (async () => {
    await ops.initBackend(process.argv[2] as ops.BackendName);
    process.stdout.write(
      createHash("sha256")
        .update(await everyKernel())
        .digest("hex"),
    );
  })();
}
