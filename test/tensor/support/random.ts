/** @file Seeded inputs for the operations' tests. */

import type { AttentionMask } from "../../../src/tensor/index";
import { Rng } from "../../../src/util/rng";

/** Normal numbers, already rounded to float32 so that both twins start from the same values. */
export function normals(name: string, n: number, scale = 1): Float64Array {
  const rng = Rng.fromSeed(name);
  return Float64Array.from({ length: n }, () => Math.fround(scale * rng.normal()));
}

export function ints(name: string, n: number, below: number): Int32Array {
  const rng = Rng.fromSeed(name);
  return Int32Array.from({ length: n }, () => rng.int(below));
}

/** About one label in three is -100. */
export function labelsWithHoles(name: string, n: number, V: number): Int32Array {
  const rng = Rng.fromSeed(name);
  return Int32Array.from({ length: n }, () => (rng.chance(1 / 3) ? -100 : rng.int(V)));
}

/** Rows packed with documents of about `length` tokens; the last fifth of each row is padding. */
export function packedMask(B: number, T: number, length: number): AttentionMask {
  const mask = empty(B * T);
  for (let n = 0; n < B * T; n++) {
    const i = n % T;
    mask.branchStart[n] = i >= Math.ceil(T * 0.8) ? i : Math.floor(i / length) * length;
  }
  return mask;
}

/** One prefix of `prefix` tokens, then branches of `length` that see the prefix and themselves. */
export function branchedMask(B: number, T: number, prefix: number, length: number): AttentionMask {
  const mask = empty(B * T);
  for (let n = 0; n < B * T; n++) {
    const i = n % T;
    if (i < prefix) continue;
    mask.contextEnd[n] = prefix;
    mask.branchStart[n] = prefix + Math.floor((i - prefix) / length) * length;
  }
  return mask;
}

/** Any mask the format allows: a context somewhere in the past, then the branch. */
export function arbitraryMask(name: string, B: number, T: number): AttentionMask {
  const rng = Rng.fromSeed(name);
  const mask = empty(B * T);
  for (let n = 0; n < B * T; n++) {
    const branch = rng.int((n % T) + 1);
    const end = rng.int(branch + 1);
    mask.branchStart[n] = branch;
    mask.contextEnd[n] = end;
    mask.contextStart[n] = rng.int(end + 1);
  }
  return mask;
}

function empty(n: number): AttentionMask {
  return { contextStart: new Int32Array(n), contextEnd: new Int32Array(n), branchStart: new Int32Array(n) };
}
