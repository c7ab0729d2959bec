/**
 * @file Attention mask as three numbers per token instead of a `T x T` matrix.
 *
 * Token `i` of a row of length `T` attends to `[contextStart[i], contextEnd[i])` and to `[branchStart[i], i]`, all
 * row-relative. This covers causal masks (`contextStart = contextEnd = 0, branchStart = 0`), packed documents
 * (`branchStart` = where the document begins), padding (`branchStart = i`: a padding position attends only to itself)
 * and continuations of one shared prefix side by side (context = the prefix, branch = the continuation).
 */

export interface AttentionMask {
  /** `[B*T]` first position of the shared context */
  contextStart: Int32Array;
  /** `[B*T]` one past the last position of the shared context; equal to `contextStart` if there is none */
  contextEnd: Int32Array;
  /** `[B*T]` first position of the token's own branch, which ends with the token itself */
  branchStart: Int32Array;
}

/** `B` rows of `T` tokens, `H` query heads, `K` key/value heads (`H` a multiple of `K`), `D` channels per head. */
export interface AttentionShape {
  B: number;
  T: number;
  H: number;
  K: number;
  D: number;
}

/** The usual causal mask: token `i` attends to `0..i` of its own row. */
export function causalMask(B: number, T: number): AttentionMask {
  const zeros = () => new Int32Array(B * T);
  return { contextStart: zeros(), contextEnd: zeros(), branchStart: zeros() };
}

/**
 * Check that every interval lies inside the row and in the past, that no token is counted twice, and that every token
 * attends at least to itself (otherwise its softmax would be 0/0).
 *
 * @throws RangeError naming the first invalid token
 */
export function checkMask(mask: AttentionMask, B: number, T: number): void {
  const N = B * T;
  for (const name of ["contextStart", "contextEnd", "branchStart"] as const) {
    const array = mask[name];
    if (!(array instanceof Int32Array) || array.length !== N) {
      throw new RangeError(`attention: mask.${name} wants an Int32Array of B*T = ${N}, got ${describe(array)}`);
    }
  }
  const { contextStart, contextEnd, branchStart } = mask;
  for (let n = 0; n < N; n++) {
    const i = n % T;
    const from = contextStart[n];
    const to = contextEnd[n];
    const branch = branchStart[n];
    if (from < 0 || from > to || branch < 0 || branch > i || (from < to && to > branch)) {
      throw new RangeError(
        `attention: token ${i} of row ${Math.floor(n / T)} has context [${from}, ${to}) and branch [${branch}, ${i}]; ` +
          `want 0 <= contextStart <= contextEnd <= branchStart <= ${i}`,
      );
    }
  }
}

function describe(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  const length = (value as { length?: number }).length;
  return `${(value as object).constructor?.name ?? typeof value}${length === undefined ? "" : ` of ${length}`}`;
}
