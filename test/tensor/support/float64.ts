/**
 * @file Every tensor operation again, in float64 and as plainly as it can be written: the witness for the real ones.
 *
 * Matrices are row-major `Float64Array`s. Gradients are not written out: they are central finite differences of these
 * functions, which in float64 are good to about nine digits.
 */

import type { AttentionMask, AttentionShape } from "../../../src/tensor/index";

export type Numbers = Float64Array;

/** `[M,K] · [K,N]`, or with `b` as `[N,K]`. */
export function product(a: Numbers, b: Numbers, M: number, N: number, K: number, transposeB = false): Numbers {
  const c = new Float64Array(M * N);
  for (let i = 0; i < M; i++)
    for (let j = 0; j < N; j++)
      for (let k = 0; k < K; k++) c[i * N + j] += a[i * K + k] * (transposeB ? b[j * K + k] : b[k * N + j]);
  return c;
}

export function embedding(table: Numbers, ids: Int32Array, C: number): Numbers {
  const y = new Float64Array(ids.length * C);
  for (let n = 0; n < ids.length; n++) y.set(table.subarray(ids[n] * C, (ids[n] + 1) * C), n * C);
  return y;
}

export function rmsNorm(x: Numbers, weight: Numbers, eps: number): Numbers {
  const C = weight.length;
  return x.map((value, i) => {
    const row = x.subarray(Math.floor(i / C) * C, Math.floor(i / C) * C + C);
    const meanSquare = row.reduce((sum, v) => sum + v * v, 0) / C;
    return (value / Math.sqrt(meanSquare + eps)) * weight[i % C];
  });
}

export function rope(x: Numbers, positionIds: Int32Array, D: number, theta: number): Numbers {
  const width = x.length / positionIds.length;
  return x.map((value, i) => {
    const d = i % D;
    const pair = d % (D / 2);
    const angle = positionIds[Math.floor(i / width)] * theta ** ((-2 * pair) / D);
    const other = d < D / 2 ? -x[i + D / 2] : x[i - D / 2];
    return value * Math.cos(angle) + other * Math.sin(angle);
  });
}

/** May token `i` of row `b` see token `j`? */
export function sees(mask: AttentionMask, T: number, b: number, i: number, j: number): boolean {
  const n = b * T + i;
  return (j >= mask.contextStart[n] && j < mask.contextEnd[n]) || (j >= mask.branchStart[n] && j <= i);
}

export function attention(q: Numbers, k: Numbers, v: Numbers, mask: AttentionMask, shape: AttentionShape): Numbers {
  const { B, T, H, K, D } = shape;
  const out = new Float64Array(q.length);
  for (let b = 0; b < B; b++) {
    for (let h = 0; h < H; h++) {
      const kv = Math.floor(h / (H / K));
      for (let i = 0; i < T; i++) {
        const weights = new Float64Array(T);
        let total = 0;
        for (let j = 0; j < T; j++) {
          if (!sees(mask, T, b, i, j)) continue;
          let score = 0;
          for (let d = 0; d < D; d++) score += q[((b * T + i) * H + h) * D + d] * k[((b * T + j) * K + kv) * D + d];
          weights[j] = Math.exp(score / Math.sqrt(D));
          total += weights[j];
        }
        for (let j = 0; j < T; j++) {
          if (weights[j] === 0) continue;
          for (let d = 0; d < D; d++) {
            out[((b * T + i) * H + h) * D + d] += (weights[j] / total) * v[((b * T + j) * K + kv) * D + d];
          }
        }
      }
    }
  }
  return out;
}

export function swiglu(gate: Numbers, up: Numbers): Numbers {
  return gate.map((g, i) => (g / (1 + Math.exp(-g))) * up[i]);
}

/** Log-probability of each label; 0 where the label is -100. */
export function logProbs(x: Numbers, weight: Numbers, labels: Int32Array, C: number): Numbers {
  const V = weight.length / C;
  const logits = product(x, weight, labels.length, V, C, true);
  return Float64Array.from(labels, (label, n) => {
    if (label === -100) return 0;
    const row = logits.subarray(n * V, (n + 1) * V);
    const top = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    return row[label] - top - Math.log(row.reduce((sum, z) => sum + Math.exp(z - top), 0));
  });
}

/** One AdamW step on plain arrays, in PyTorch's order; changes `p`, `m` and `v`. */
export function adamW(
  p: Numbers,
  g: Numbers,
  m: Numbers,
  v: Numbers,
  h: { learningRate: number; beta1: number; beta2: number; eps: number; weightDecay: number; step: number },
): void {
  for (let i = 0; i < p.length; i++) {
    p[i] *= 1 - h.learningRate * h.weightDecay;
    m[i] = h.beta1 * m[i] + (1 - h.beta1) * g[i];
    v[i] = h.beta2 * v[i] + (1 - h.beta2) * g[i] ** 2;
    const denominator = Math.sqrt(v[i]) / Math.sqrt(1 - h.beta2 ** h.step) + h.eps;
    p[i] -= (h.learningRate / (1 - h.beta1 ** h.step)) * (m[i] / denominator);
  }
}

/** `∂f/∂x[i]` for every `i`, by central differences. */
export function finiteDifferences(f: (x: Numbers) => number, x: Numbers, step = 1e-5): Numbers {
  const at = Float64Array.from(x);
  return x.map((value, i) => {
    at[i] = value + step;
    const high = f(at);
    at[i] = value - step;
    const low = f(at);
    at[i] = value;
    return (high - low) / (2 * step);
  });
}

/** `∇f(x) · direction`, by a central difference: one number for a whole gradient. */
export function directional(f: (x: Numbers) => number, x: Numbers, direction: Numbers, step = 1e-5): number {
  const moved = (sign: number) => x.map((value, i) => value + sign * step * direction[i]);
  return (f(moved(1)) - f(moved(-1))) / (2 * step);
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
