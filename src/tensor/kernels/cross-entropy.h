// The output layer and its loss, a chunk of rows at a time: logits, their softmax and the gradient share one buffer that
// does not grow with the number of rows.

#ifndef CLASS_IT_CROSS_ENTROPY_H
#define CLASS_IT_CROSS_ENTROPY_H

#include <string.h>

#include "gemm.h"

#define CHUNK_LOGITS (1l << 21) // 8 MB, so that a chunk stays in the last cache
#define CHUNK_ROWS_MIN 96

typedef struct {
  long R, C, V;
  const int32_t *rows, *labels;
  float scale;
  const float *x;
  float *part, *logits, *log_probs, *part_gradient, *dx;
  int gradient;
  long taken[3][POOL_MAX_THREADS]; // of its three jobs
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

// One row: log softmax at the label; with gradient, the row becomes scale (softmax - onehot).
static void softmax_job(void *argument, int thread) {
  Chunk *s = argument;
  const long V = s->V;
  for (long r; (r = pool_part(s->taken[2], s->R, thread)) >= 0;) {
    float *z = s->logits + r * V;
    const long label = s->labels[s->rows[r]];
    v16 tops = v_set(z[0]);
    long i = 0;
    for (; i + LANES <= V; i += LANES) tops = v_max(v_load(z + i), tops);
    float top = v_top(tops);
    for (; i < V; i++) top = z[i] > top ? z[i] : top;
    const float at_label = z[label];
    const v16 m = v_set(top);
    v16 sums = v_zero();
    double total = 0;
    long pending = 0;
    for (i = 0; i + LANES <= V; i += LANES) {
      const v16 e = v_exp(v_sub(v_load(z + i), m));
      if (s->gradient) v_store(z + i, e);
      sums = v_add(sums, e);
      if (++pending == 64) total += v_sum(sums), sums = v_zero(), pending = 0;
    }
    total += v_sum(sums);
    if (i < V) {
      float e[LANES];
      v_store(e, v_exp(v_sub(v_load_n(z + i, V - i), m)));
      for (long j = i; j < V; j++) {
        total += e[j - i];
        if (s->gradient) z[j] = e[j - i];
      }
    }
    s->log_probs[r] = (float)((double)at_label - top - natural_log(total));
    if (!s->gradient) continue;
    const v16 k = v_set((float)(s->scale / total));
    for (i = 0; i + LANES <= V; i += LANES) v_store(z + i, v_mul(v_load(z + i), k));
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
  const int whole = R == N; // then the labelled rows are all rows in order, and nothing need be copied
  float *logits = scratch(SCRATCH_LOGITS, (size_t)(size * V + 1) * sizeof(float));
  float *part = whole ? (float *)x : scratch(SCRATCH_ROWS, (size_t)(size * C + 1) * sizeof(float));
  float *part_gradient = whole || !gradient ? dx : scratch(SCRATCH_ROW_GRADIENTS, (size_t)(size * C + 1) * sizeof(float));
  if (logits == NULL || part == NULL || (gradient && part_gradient == NULL)) return -1;
  if (gradient && !whole) memset(dx, 0, N * C * sizeof(float));
  if (gradient && R == 0) memset(dw, 0, V * C * sizeof(float));
  // packed once for all chunks; without memory for it, once for each
  const float *packed = R > size ? pack_whole(SCRATCH_WEIGHTS, V, C, 1, w) : NULL;
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

#endif
