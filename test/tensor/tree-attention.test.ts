import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { hasTreeAttention, initBackend, linearLogProbs, logProbsOf, tf, treeAttention } from "../../src/tensor";
import { assertAllClose } from "../support/close";
import { ints, normals } from "./support/random";

for (const backend of ["cpu", "wasm", "native"] as const) {
  describe(backend, () => {
    test("treeAttention is softmax over the token's own text, in float64", async (t) => {
      const problem = await start(backend);
      if (problem) return t.skip(problem);
      if (backend === "cpu") {
        assert.throws(() => treeAttention(...small(), { H: 1, K: 1, D: 1 }), /no kernel for it; use attention/);
        return;
      }
      const [N, H, K, D] = [120, 4, 2, 6];
      const draws = ints("tree depths", N, 1 << 20);
      const depths = new Int32Array(N);
      for (let n = 1; n < N; n++) depths[n] = draws[n] % 4 === 0 ? draws[n] % (depths[n - 1] + 2) : depths[n - 1] + 1;
      const values = [H, K, K].map((heads, i) => Float32Array.from(normals(`tree ${i}`, N * heads * D)));
      const [q, k, v] = values.map((x, i) => tf.tensor2d(x, [N, [H, K, K][i] * D]));
      const got = treeAttention(q, k, v, depths, { H, K, D }).dataSync();
      assertAllClose(got, expected(values, depths, { H, K, D }), { atol: 2e-6, rtol: 2e-6 });
    });

    test("treeAttention refuses a depth that skips one, and has no gradient", async (t) => {
      const problem = await start(backend);
      if (problem) return t.skip(problem);
      const [q, k, v] = small();
      for (const depths of [
        [1, 0, 0],
        [0, 2, 0],
        [0, 1, -1],
      ]) {
        assert.throws(() => treeAttention(q, k, v, Int32Array.from(depths), { H: 1, K: 1, D: 1 }), /depths\[\d\]/);
      }
      if (!hasTreeAttention()) return;
      const f = () => tf.sum(treeAttention(q, k, v, Int32Array.of(0, 1, 1), { H: 1, K: 1, D: 1 })) as never;
      assert.throws(() => tf.grad(f)(q), /no gradient|Cannot compute gradient/);
    });

    test("logProbsOf gives linearLogProbs' bytes, however many labels a row has", async (t) => {
      const problem = await start(backend);
      if (problem) return t.skip(problem);
      const [N, C, V, R] = [40, 20, 333, 25];
      const x = tf.tensor2d(Float32Array.from(normals("x of rows", N * C)), [N, C]);
      const w = tf.tensor2d(Float32Array.from(normals("w of labels", V * C)), [V, C]);
      const rows = ints("rows", R, N);
      const counts = ints("counts", R, 4);
      const starts = Int32Array.from({ length: R + 1 }, (_, r) => counts.slice(0, r).reduce((a, b) => a + b, 0));
      const labels = ints("labels", starts[R], V);
      const got = await logProbsOf(x, w, { rows, starts, labels });
      for (let r = 0; r < R; r++) {
        for (let l = starts[r]; l < starts[r + 1]; l++) {
          const targets = new Int32Array(N).fill(-100);
          targets[rows[r]] = labels[l];
          const want = (await linearLogProbs(x, w, targets))[rows[r]];
          if (backend === "cpu") assertAllClose([got[l]], [want], { atol: 1e-6, rtol: 1e-6 });
          else assert.ok(Object.is(got[l], want), `row ${rows[r]}, label ${labels[l]}: ${got[l]} and ${want}`);
        }
      }
      const outside = { rows: Int32Array.of(N), starts: Int32Array.of(0, 1), labels: Int32Array.of(0) };
      await assert.rejects(logProbsOf(x, w, outside), /rows\[0\] = 40/);
    });
  });
}

/** Why this backend is not tested here; null where it runs. */
async function start(backend: "cpu" | "wasm" | "native"): Promise<string | null> {
  try {
    await initBackend(backend);
    return null;
  } catch (error) {
    return String(error);
  }
}

function small(): [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, Int32Array] {
  const [q, k, v] = [1, 2, 3].map((a) => tf.tensor2d([a, 2, 3], [3, 1]));
  return [q, k, v, Int32Array.of(0, 1, 1)];
}

/** By the definition, without a matrix. */
function expected(
  [q, k, v]: readonly Float32Array[],
  depths: Int32Array,
  { H, K, D }: { H: number; K: number; D: number },
): number[] {
  const out: number[] = [];
  for (let n = 0; n < depths.length; n++) {
    const seen: number[] = [];
    for (let i = n, depth = depths[n]; depth >= 0; i--) if (depths[i] === depth) seen[depth--] = i;
    for (let h = 0; h < H; h++) {
      const kv = Math.floor(h / (H / K));
      const dot = (i: number) => sum(D, (d) => q[(n * H + h) * D + d] * k[(i * K + kv) * D + d]) / Math.sqrt(D);
      const scores = seen.map(dot);
      const top = Math.max(...scores);
      const weights = scores.map((s) => Math.exp(s - top));
      const total = weights.reduce((a, b) => a + b, 0);
      for (let d = 0; d < D; d++) out.push(sum(seen.length, (j) => weights[j] * v[(seen[j] * K + kv) * D + d]) / total);
    }
  }
  return out;
}

function sum(n: number, f: (i: number) => number): number {
  let total = 0;
  for (let i = 0; i < n; i++) total += f(i);
  return total;
}
