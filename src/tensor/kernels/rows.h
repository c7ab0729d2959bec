// Kernels that work row by row: RMSNorm, RoPE, embedding.

#ifndef CLASS_IT_ROWS_H
#define CLASS_IT_ROWS_H

#include <string.h>

#include "pool.h"
#include "simd.h"

#define ROWS 32 // rows per chunk of a thread; each chunk has one partial sum of the gradient of RMSNorm's weight

typedef struct {
  long N, C, taken[POOL_MAX_THREADS];
  float eps;
  const float *x, *w, *dy;
  float *y, *inverse, *dx, *partial;
} Norm;

// Σ a[i] b[i] c[i] (c may be NULL): one sum per lane, then over the lanes.
INLINE float row_sum(const float *a, const float *b, const float *c, long n) {
  v16 total = v_zero();
  long i = 0;
  for (; i + LANES <= n; i += LANES) {
    const v16 x = v_load(a + i);
    total = v_fma(c ? v_mul(x, v_load(c + i)) : x, v_load(b + i), total);
  }
  if (i < n) {
    const v16 x = v_load_n(a + i, n - i);
    total = v_fma(c ? v_mul(x, v_load_n(c + i, n - i)) : x, v_load_n(b + i, n - i), total);
  }
  return v_sum(total);
}

static void rms_norm_job(void *argument, int thread) {
  Norm *s = argument;
  const long C = s->C;
  for (long block; (block = pool_part(s->taken, ceil_div(s->N, ROWS), thread)) >= 0;)
    for (long n = block * ROWS; n < (block + 1) * ROWS && n < s->N; n++) {
      const float *x = s->x + n * C;
      float *y = s->y + n * C;
      const float inverse = 1.0f / __builtin_sqrtf(row_sum(x, x, NULL, C) / (float)C + s->eps);
      s->inverse[n] = inverse;
      const v16 q = v_set(inverse);
      long i = 0;
      for (; i + LANES <= C; i += LANES) v_store(y + i, v_mul(v_mul(v_load(x + i), q), v_load(s->w + i)));
      for (; i < C; i++) y[i] = x[i] * inverse * s->w[i];
    }
}
static int rms_norm(long N, long C, float eps, const float *x, const float *w, float *y, float *inverse) {
  Norm s = {.N = N, .C = C, .eps = eps, .x = x, .w = w, .y = y, .inverse = inverse};
  pool_run(rms_norm_job, &s);
  return 0;
}

// With g = dy w and r = inverse: dx = r (g - x r^2 mean(g x)), dw = Σ_n dy x r.
static void rms_norm_grad_job(void *argument, int thread) {
  Norm *s = argument;
  const long C = s->C;
  for (long block; (block = pool_part(s->taken, ceil_div(s->N, ROWS), thread)) >= 0;) {
    float *dw = s->partial + block * C;
    memset(dw, 0, C * sizeof(float));
    for (long n = block * ROWS; n < (block + 1) * ROWS && n < s->N; n++) {
      const float *x = s->x + n * C, *dy = s->dy + n * C;
      float *dx = s->dx + n * C;
      const float r = s->inverse[n];
      const float k = row_sum(dy, x, s->w, C) * r * r / (float)C;
      const v16 rr = v_set(r), kk = v_set(-k);
      long i = 0;
      for (; i + LANES <= C; i += LANES) {
        const v16 a = v_load(x + i), d = v_load(dy + i);
        v_store(dx + i, v_mul(rr, v_fma(a, kk, v_mul(d, v_load(s->w + i)))));
        v_store(dw + i, v_fma(v_mul(d, a), rr, v_load(dw + i)));
      }
      if (i < C) {
        const v16 a = v_load_n(x + i, C - i), d = v_load_n(dy + i, C - i);
        v_store_n(dx + i, v_mul(rr, v_fma(a, kk, v_mul(d, v_load_n(s->w + i, C - i)))), C - i);
        v_store_n(dw + i, v_fma(v_mul(d, a), rr, v_load_n(dw + i, C - i)), C - i);
      }
    }
  }
}
static int rms_norm_grad(long N, long C, const float *x, const float *w, const float *inverse, const float *dy, float *dx,
                         float *dw) {
  const long blocks = (N + ROWS - 1) / ROWS;
  float *partial = scratch(SCRATCH_PARTIAL, (size_t)(blocks * C + 1) * sizeof(float));
  if (partial == NULL) return -1;
  Norm s = {.N = N, .C = C, .x = x, .w = w, .dy = dy, .inverse = (float *)inverse, .dx = dx, .partial = partial};
  pool_run(rms_norm_grad_job, &s);
  memset(dw, 0, C * sizeof(float));
  for (long b = 0; b < blocks; b++)
    for (long i = 0; i < C; i++) dw[i] += partial[b * C + i];
  return 0;
}

typedef struct {
  long N, heads, D, taken[POOL_MAX_THREADS];
  float sign;
  const int32_t *positions;
  const float *cosine, *sine, *x;
  float *y;
} Rope;

static void rope_job(void *argument, int thread) {
  Rope *s = argument;
  const long D = s->D, half = D / 2, width = s->heads * D;
  const v16 sign = v_set(s->sign);
  for (long block; (block = pool_part(s->taken, ceil_div(s->N, ROWS), thread)) >= 0;)
    for (long n = block * ROWS; n < (block + 1) * ROWS && n < s->N; n++) {
      const float *cosine = s->cosine + s->positions[n] * half, *sine = s->sine + s->positions[n] * half;
      for (long h = 0; h < s->heads; h++) {
        const float *a = s->x + n * width + h * D, *b = a + half;
        float *y = s->y + n * width + h * D, *z = y + half;
        long i = 0;
        for (; i + LANES <= half; i += LANES) {
          const v16 p = v_load(a + i), q = v_load(b + i), c = v_load(cosine + i), t = v_mul(v_load(sine + i), sign);
          v_store(y + i, v_sub(v_mul(p, c), v_mul(q, t)));
          v_store(z + i, v_add(v_mul(q, c), v_mul(p, t)));
        }
        for (; i < half; i++) {
          const float p = a[i], q = b[i], c = cosine[i], t = sine[i] * s->sign;
          y[i] = p * c - q * t;
          z[i] = q * c + p * t;
        }
      }
    }
}
static int rope(long N, long heads, long D, float sign, const int32_t *positions, const float *cosine, const float *sine,
                const float *x, float *y) {
  Rope s = {N, heads, D, {0}, sign, positions, cosine, sine, x, y};
  pool_run(rope_job, &s);
  return 0;
}

typedef struct {
  long N, C, V, taken[POOL_MAX_THREADS];
  const int32_t *ids;
  const float *source;
  float *target;
} Embedding;

static void embedding_job(void *argument, int thread) {
  Embedding *s = argument;
  for (long block; (block = pool_part(s->taken, ceil_div(s->N, ROWS), thread)) >= 0;)
    for (long n = block * ROWS; n < (block + 1) * ROWS && n < s->N; n++)
      memcpy(s->target + n * s->C, s->source + s->ids[n] * s->C, s->C * sizeof(float));
}
static int embedding(long N, long C, const int32_t *ids, const float *table, float *y) {
  Embedding s = {N, C, 0, {0}, ids, table, y};
  pool_run(embedding_job, &s);
  return 0;
}

// A thread owns a range of ids: it clears their rows and adds the gradients of their tokens, in token order.
static void embedding_grad_job(void *argument, int thread) {
  Embedding *s = argument;
  const long C = s->C, parts = 16;
  for (long part; (part = pool_part(s->taken, parts, thread)) >= 0;) {
    const long from = s->V * part / parts, to = s->V * (part + 1) / parts;
    memset(s->target + from * C, 0, (to - from) * C * sizeof(float));
    for (long n = 0; n < s->N; n++) {
      const long id = s->ids[n];
      if (id < from || id >= to) continue;
      float *t = s->target + id * C;
      const float *d = s->source + n * C;
      long i = 0;
      for (; i + LANES <= C; i += LANES) v_store(t + i, v_add(v_load(t + i), v_load(d + i)));
      for (; i < C; i++) t[i] += d[i];
    }
  }
}
static int embedding_grad(long N, long C, long V, const int32_t *ids, const float *dy, float *dtable) {
  Embedding s = {N, C, V, {0}, ids, dy, dtable};
  pool_run(embedding_grad_job, &s);
  return 0;
}

#endif
