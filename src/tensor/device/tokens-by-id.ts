/** @file Tokens sorted by id, for a gradient of the embedding whose sums have a fixed order. */

/** `V + 1` start positions, then the tokens sorted by id, in their original order. */
export function tokensById(ids: Int32Array, V: number): Int32Array {
  const lists = new Int32Array(V + 1 + ids.length);
  const starts = lists.subarray(0, V + 1);
  const order = lists.subarray(V + 1);
  for (const id of ids) starts[id + 1]++;
  for (let v = 0; v < V; v++) starts[v + 1] += starts[v];
  const next = starts.slice();
  for (let n = 0; n < ids.length; n++) order[next[ids[n]]++] = n;
  return lists;
}
