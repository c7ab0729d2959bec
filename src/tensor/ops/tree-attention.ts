/**
 * @file Attention in a prefix forest of texts: texts share their common prefixes at every fork.
 *
 * For scoring only: it has no gradient, and only backends with its kernel support it. A text's numbers have the same
 * bytes for any other content of the forest.
 */

import { fusedOperation } from "../fused/operation";
import { fusedHost } from "../fused/register";
import type { tf } from "../tf";
import * as check from "./check-arguments";

/** `H` query heads, `K` key/value heads (`H` a multiple of `K`), `D` channels per head. */
export interface TreeShape {
  H: number;
  K: number;
  D: number;
}

/** Whether the current backend has `treeAttention`. */
export function hasTreeAttention(): boolean {
  return fusedHost()?.hasScoringKernels ?? false;
}

/**
 * `softmax(q · kᵀ / sqrt(D) over the token's own text up to itself) · v`, for every head.
 *
 * The tokens are a forest, depth first. A token at depth `p` continues the latest token at depth `p - 1`, so it
 * attends, at each depth up to its own, to the latest token.
 *
 * @param q - `[N, H*D]`
 * @param k - `[N, K*D]`
 * @param v - `[N, K*D]`
 * @param depths - `[N]` position of each token in its text: 0 for the first, at most one more than the token before
 * @returns `[N, H*D]`, owned by the caller
 * @throws RangeError naming the first depth that skips one; Error on a backend without the kernel
 */
export function treeAttention(
  q: tf.Tensor2D,
  k: tf.Tensor2D,
  v: tf.Tensor2D,
  depths: Int32Array,
  { H, K, D }: TreeShape,
): tf.Tensor2D {
  for (const [name, n] of Object.entries({ H, K, D })) check.whole("treeAttention", name, n, 1);
  if (H % K !== 0) throw new RangeError(`treeAttention: H = ${H} query heads; want a multiple of K = ${K}`);
  const [N] = check.matrix("treeAttention", "q", q);
  for (const [name, x, heads] of [
    ["q", q, H],
    ["k", k, K],
    ["v", v, K],
  ] as const) {
    const [rows, columns] = check.matrix("treeAttention", name, x);
    check.same("treeAttention", `the rows of ${name}`, rows, N);
    check.same("treeAttention", `the columns of ${name}`, columns, heads * D);
  }
  check.ids("treeAttention", "depths", depths, N, 2 ** 31 - 1);
  for (let n = 0; n < N; n++) {
    const most = n === 0 ? 0 : depths[n - 1] + 1;
    if (depths[n] > most) throw new RangeError(`treeAttention: depths[${n}] is ${depths[n]}, want 0 to ${most}`);
  }
  if (!hasTreeAttention()) throw new Error("treeAttention: this backend has no kernel for it; use attention");
  return fusedOperation([q, k, v], ([q, k, v], call) => ({
    value: call("TreeAttention", { q, k, v }, { depths, H, K, D })[0],
    saved: [],
    gradient: () => {
      throw new Error("treeAttention has no gradient; train with attention");
    },
  })) as tf.Tensor2D;
}
