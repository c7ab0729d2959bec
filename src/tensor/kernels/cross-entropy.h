// The output layer and its loss, one chunk of rows at a time: logits, softmax and gradient share one buffer, whose size does
// not depend on the number of rows.

#ifndef CLASS_IT_CROSS_ENTROPY_H
#define CLASS_IT_CROSS_ENTROPY_H

#include <string.h>

#include "attention.h"
#include "gemm.h"

#define CHUNK_LOGITS (1l << 21) // 8 MB, so that a chunk stays in the last-level cache
#define CHUNK_ROWS_MIN 96

typedef struct {
  long R, C, V;
  const int32_t *rows, *labels;
  float scale;
  const float *x;
  float *part, *logits, *log_probs, *part_gradient, *dx;
  int gradient;
  long taken[3][POOL_MAX_THREADS]; // for the three jobs
} Chunk;

static void gather_job(void *argument, int thread) {
  Chunk *s = argument;
  for (long r; (r = pool_part(s->taken[0], s->R, thread)) >= 0;)
    memcpy(s->part + r * s->C, s->x + s->rows[r] * s->C, s->C * sizeof(float));
}

static void scatter_job(void *argument, int thread) {
  Chunk *s = argument;
  for (long r; (r = pool_part(s->taken[1], s->R, thread)) >= 0;)
    memcpy(s->dx + s->rows[r] * s->C, s->part_gradient + r * s->C, s->C * sizeof(float));
}

// Σ exp(z - max z) over a row of V logits, in float64 from sums of 64 vectors; with `keep`, the exponentials replace z.
static double sum_exponentials(float *z, long V, int keep, float *maximum) {
  v16 tops = v_set(z[0]);
  long i = 0;
  for (; i + LANES <= V; i += LANES) tops = v_max(v_load(z + i), tops);
  float top = v_top(tops);
  for (; i < V; i++) top = z[i] > top ? z[i] : top;
  const v16 m = v_set(top);
  v16 sums = v_zero();
  double total = 0;
  long pending = 0;
  for (i = 0; i + LANES <= V; i += LANES) {
    const v16 e = v_exp(v_sub(v_load(z + i), m));
    if (keep) v_store(z + i, e);
    sums = v_add(sums, e);
    if (++pending == 64) total += v_sum(sums), sums = v_zero(), pending = 0;
  }
  total += v_sum(sums);
  if (i < V) {
    float e[LANES];
    v_store(e, v_exp(v_sub(v_load_n(z + i, V - i), m)));
    for (long j = i; j < V; j++) {
      total += e[j - i];
      if (keep) z[j] = e[j - i];
    }
  }
  *maximum = top;
  return total;
}

// One row: log softmax at the label; with gradient, scale (softmax - onehot) replaces the row.
static void softmax_job(void *argument, int thread) {
  Chunk *s = argument;
  const long V = s->V;
  for (long r; (r = pool_part(s->taken[2], s->R, thread)) >= 0;) {
    float *z = s->logits + r * V;
    const long label = s->labels[s->rows[r]];
    const float at_label = z[label];
    float top;
    const double total = sum_exponentials(z, V, s->gradient, &top);
    s->log_probs[r] = (float)((double)at_label - top - natural_log(total));
    if (!s->gradient) continue;
    const v16 k = v_set((float)(s->scale / total));
    long i = 0;
    for (; i + LANES <= V; i += LANES) v_store(z + i, v_mul(v_load(z + i), k));
    for (; i < V; i++) z[i] *= (float)(s->scale / total);
    z[label] -= s->scale;
  }
}

static int cross_entropy(long N, long C, long V, long R, const int32_t *rows, const int32_t *labels, float scale,
                         const float *x, const float *w, float *log_probs, float *dx, float *dw) {
  const int gradient = dx != NULL;
  long size = CHUNK_LOGITS / V;
  if (size < CHUNK_ROWS_MIN) size = CHUNK_ROWS_MIN;
  if (size > R) size = R;
  const int whole = R == N; // all rows are labelled and in order, so nothing needs to be copied
  float *logits = scratch(SCRATCH_LOGITS, (size_t)(size * V + 1) * sizeof(float));
  float *part = whole ? (float *)x : scratch(SCRATCH_ROWS, (size_t)(size * C + 1) * sizeof(float));
  float *part_gradient = whole || !gradient ? dx : scratch(SCRATCH_ROW_GRADIENTS, (size_t)(size * C + 1) * sizeof(float));
  if (logits == NULL || part == NULL || (gradient && part_gradient == NULL)) return -1;
  if (gradient && !whole) memset(dx, 0, N * C * sizeof(float));
  if (gradient && R == 0) memset(dw, 0, V * C * sizeof(float));
  // packed once for all chunks; if there is no memory for it, once per chunk
  const float *packed = R > size ? pack_for_product(SCRATCH_WEIGHTS, V, C, 1, w) : NULL;
  for (long from = 0; from < R; from += size) {
    Chunk s = {least(size, R - from), C, V, rows + from, labels, scale, x, part, logits, log_probs + from, part_gradient,
               dx, gradient, {{0}}};
    if (whole) {
      s.part = (float *)x + from * C;
      if (gradient) s.part_gradient = dx + from * C;
    } else pool_run(gather_job, &s);
    if (product(s.R, V, C, 0, 1, 0, s.part, w, packed, logits) != 0) return -1;
    pool_run(softmax_job, &s);
    if (!gradient) continue;
    if (product(s.R, C, V, 0, 0, 0, logits, w, NULL, s.part_gradient) != 0) return -1;
    if (product(V, C, s.R, 1, 0, from > 0, logits, s.part, NULL, dw) != 0) return -1;
    if (!whole) pool_run(scatter_job, &s);
  }
  return 0;
}

// ---------------------------------------------------------------------------------------------------------------- scoring
// The same without a gradient, for several labels per row. A thread computes a block of rows from the product to the
// logarithm, so its logits stay in its L2 cache and no thread waits for another.

#define BLOCK_LOGITS (1l << 19) // 2 MB
#define BLOCK_ROWS_MIN 24
#define BLOCK_ROWS_MAX 96

typedef struct {
  long C, V, R, block; // block: rows of one task
  const int32_t *rows, *starts, *labels;
  const float *x, *packed_w;
  float *logits, *part, *packed_x, *log_probs; // the first three: one piece per thread
  long x_size;
  long taken[POOL_MAX_THREADS];
} Scoring;

static void scoring_job(void *argument, int thread) {
  Scoring *s = argument;
  const long C = s->C, V = s->V, panels = ceil_div(V, NR);
  float *logits = s->logits + thread * s->block * V, *part = s->part + thread * s->block * C;
  float *packed_x = s->packed_x + thread * s->x_size;
  for (long task; (task = pool_part(s->taken, ceil_div(s->R, s->block), thread)) >= 0;) {
    const long from = task * s->block, count = least(s->block, s->R - from);
    for (long r = 0; r < count; r++) memcpy(part + r * C, s->x + s->rows[from + r] * C, C * sizeof(float));
    const Product p = {.M = count, .N = V, .K = C, .transpose_b = 1, .is_packed = 1, .A = part, .C = logits};
    for (long k0 = 0; k0 < C; k0 += KC) // in steps of KC, as `product` does
      multiply_block(&p, packed_x, s->packed_w + k0 * panels * NR, k0, least(KC, C - k0), 0, ceil_div(count, MR), 0, 0, panels);
    for (long r = 0; r < count; r++) {
      const float *z = logits + r * V;
      float top;
      const double total = sum_exponentials(logits + r * V, V, 0, &top), log_total = natural_log(total);
      for (long a = s->starts[from + r]; a < s->starts[from + r + 1]; a++)
        s->log_probs[a] = (float)((double)z[s->labels[a]] - top - log_total);
    }
  }
}

static int log_probs(long C, long V, long R, const int32_t *rows, const int32_t *starts, const int32_t *labels,
                     const float *x, const float *w, float *out) {
  if (R == 0) return 0;
  const long threads = pool_threads(), wanted = BLOCK_LOGITS / V / BLOCK * BLOCK;
  long block = wanted < BLOCK_ROWS_MIN ? BLOCK_ROWS_MIN : wanted > BLOCK_ROWS_MAX ? BLOCK_ROWS_MAX : wanted;
  if (block > ceil_div(R, threads)) block = ceil_div(R, threads);
  const long x_size = round_up(ceil_div(block, MR) * MR * least(C, KC), LANES);
  const float *packed_w = pack_whole(SCRATCH_WEIGHTS, V, C, 1, w);
  float *logits = scratch(SCRATCH_LOGITS, (size_t)(threads * block * V + 1) * sizeof(float));
  float *part = scratch(SCRATCH_ROWS, (size_t)(threads * block * C + 1) * sizeof(float));
  float *packed_x = scratch(SCRATCH_THREADS, (size_t)(threads * x_size) * sizeof(float));
  if (packed_w == NULL || logits == NULL || part == NULL || packed_x == NULL) return -1;
  Scoring s = {.C = C, .V = V, .R = R, .block = block, .rows = rows, .starts = starts, .labels = labels, .x = x,
               .packed_w = packed_w, .logits = logits, .part = part, .packed_x = packed_x, .log_probs = out, .x_size = x_size};
  pool_run(scoring_job, &s);
  return 0;
}

#endif
