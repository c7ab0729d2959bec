// Attention in a prefix forest of texts: texts share their common prefixes, and each token is computed once (depth first).
//
// A token's depth is its position in its text. A token at depth p continues the latest token at depth p - 1, so the depths
// determine what it attends to: the latest token at each depth up to its own. Keys and values are in a stack by depth; a token
// overwrites the entry of an earlier branch at its depth. A text's sums therefore have the same order, and the same bytes (see
// `attention`), as when the text is computed alone, for any other content of the forest and any division into tasks.

#ifndef CLASS_IT_TREE_ATTENTION_H
#define CLASS_IT_TREE_ATTENTION_H

#include "attention.h"

#define TREE_PART 256 // approximate number of tokens per task

typedef struct {
  long N, H, K, D, height; // height: keys in the stack, a multiple of KEYS
  const int32_t *depths;
  const float *q, *k, *v;
  float *out, *memory;
  long piece, parts; // floats of scratch memory per thread; tasks per key/value head
  long taken[POOL_MAX_THREADS];
} TreeAttention;

// Write keys and values of `count` tokens, from `token` on, to the stack at depths depth, depth + 1, ...
static void push(const TreeAttention *s, long token, long kv, long depth, long count, float *keys, float *values) {
  const long D = s->D, Dp = round_up(D, LANES), stride = s->K * D;
  for (long i = 0; i < count; i++, depth++) {
    const float *k = s->k + (token + i) * stride + kv * D, *v = s->v + (token + i) * stride + kv * D;
    float *across = keys + depth / KEYS * KEYS * D + depth % KEYS; // one row per channel, as in `pack_across`
    for (long d = 0; d < D; d++) across[d * KEYS] = k[d];
    memcpy(values + depth * Dp, v, D * sizeof(float));
  }
}

// Queries of `rows` tokens, from `token` on, at depths depth, depth + 1, ..., with the keys in the stack that they attend to.
static void attend_to_stack(const TreeAttention *s, long token, long head, long depth, long rows, const float *keys,
                            const float *values, float *scores, float *mixed) {
  const long D = s->D, Dp = round_up(D, LANES), stride = s->H * D, seen = depth + rows, width = round_up(seen, LANES);
  const float scale = 1.0f / __builtin_sqrtf((float)D);
  const float *q = s->q + token * stride + head * D;
  for (long j = 0; j < seen; j += KEYS)
    small_product(rows, KEYS, D, q, stride, 1, keys + j * D, KEYS, scores + j, s->height, 0);
  const Span spans = {0, width};
  const Visible all = {{0, 0}, {0, depth + 1}};
  Visible own[BLOCK];
  float tops[BLOCK], sums[BLOCK], inverse[BLOCK];
  for (long i = 0; i < rows; i++) own[i] = (Visible){{0, 0}, {0, depth + i + 1}};
  exponentials(rows, scores, s->height, scale, &spans, 1, &all, own, tops, sums);
  for (long i = 0; i < rows; i++) inverse[i] = 1.0f / sums[i];
  small_product(rows, Dp, seen, scores, s->height, 1, values, Dp, mixed, Dp, 0);
  for (long i = 0; i < rows; i++) {
    float *o = s->out + (token + i) * stride + head * D;
    for (long d = 0; d < D; d++) o[d] = mixed[i * Dp + d] * inverse[i];
  }
}

static void tree_attention_job(void *argument, int thread) {
  TreeAttention *s = argument;
  const long D = s->D, Dp = round_up(D, LANES), group = s->H / s->K;
  float *keys = s->memory + thread * s->piece, *values = keys + s->height * D, *scores = values + s->height * Dp;
  float *mixed = scores + BLOCK * s->height;
  for (long task; (task = pool_part(s->taken, s->parts * s->K, thread)) >= 0;) {
    const long kv = task % s->K, part = task / s->K;
    const long from = s->N * part / s->parts, to = s->N * (part + 1) / s->parts;
    // the branch that the first token continues
    for (long depth = s->depths[from] - 1, i = from - 1; depth >= 0; i--)
      if (s->depths[i] == depth) push(s, i, kv, depth--, 1, keys, values);
    for (long i = from; i < to;) {
      const long depth = s->depths[i];
      long rows = 1;
      while (rows < BLOCK && i + rows < to && s->depths[i + rows] == depth + rows) rows++;
      push(s, i, kv, depth, rows, keys, values);
      for (long h = kv * group; h < (kv + 1) * group; h++)
        attend_to_stack(s, i, h, depth, rows, keys, values, scores, mixed);
      i += rows;
    }
  }
}

static int tree_attention(long N, long H, long K, long D, const int32_t *depths, const float *q, const float *k,
                          const float *v, float *o) {
  long deepest = 0;
  for (long i = 0; i < N; i++)
    if (depths[i] > deepest) deepest = depths[i];
  const long Dp = round_up(D, LANES), height = round_up(deepest + 1, KEYS);
  const long piece = round_up(height * (D + Dp) + BLOCK * (height + Dp), LANES);
  const size_t bytes = (size_t)piece * pool_threads() * sizeof(float);
  float *memory = scratch(SCRATCH_THREADS, bytes);
  if (memory == NULL) return -1;
  memset(memory, 0, bytes); // padding channels, and keys that no token has reached yet, are read and then masked
  TreeAttention s = {.N = N, .H = H, .K = K, .D = D, .height = height, .depths = depths, .q = q, .k = k, .v = v, .out = o,
                     .memory = memory, .piece = piece, .parts = ceil_div(N, TREE_PART)};
  pool_run(tree_attention_job, &s);
  return 0;
}

#endif
