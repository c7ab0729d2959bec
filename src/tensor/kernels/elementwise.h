// Element-wise kernels and reductions: SwiGLU, sums and products, AdamW, the sum of squares.

#ifndef CLASS_IT_ELEMENTWISE_H
#define CLASS_IT_ELEMENTWISE_H

#include "pool.h"
#include "simd.h"

#define CHUNK 8192 // elements per chunk of a thread, a multiple of LANES

// Body(i, n) for the full vectors of a chunk, then once for the remainder (n < LANES).
#define FOR_CHUNKS(total, taken, body)                                                                             \
  for (long p_; (p_ = pool_part(taken, ceil_div(total, CHUNK), thread)) >= 0;) {                                   \
    const long c_ = p_ * CHUNK;                                                                                    \
    const long end_ = c_ + CHUNK < (total) ? c_ + CHUNK : (total);                                                 \
    long i = c_;                                                                                                   \
    for (; i + LANES <= end_; i += LANES) { body(i, v_load, v_store) }                                             \
    if (i < end_) {                                                                                                \
      const long n_ = end_ - i;                                                                                    \
      body(i, LOAD_N, STORE_N)                                                                                     \
    }                                                                                                              \
  }
#define LOAD_N(p) v_load_n(p, n_)
#define STORE_N(p, x) v_store_n(p, x, n_)

// A single chunk is done before another thread would wake up.
static void run_chunks(Job job, void *argument, long n) {
  if (n <= CHUNK) job(argument, 0);
  else pool_run(job, argument);
}

INLINE v16 sigmoid(v16 x) { return v_div(v_set(1.0f), v_add(v_set(1.0f), v_exp(v_sub(v_zero(), x)))); }

typedef struct {
  long n, taken[POOL_MAX_THREADS];
  const float *gate, *up, *dy;
  float *y, *dgate, *dup;
} Swiglu;

static void swiglu_job(void *argument, int thread) {
  Swiglu *s = argument;
#define BODY(i, L, S)                                                                                              \
  const v16 g = L(s->gate + i);                                                                                    \
  S(s->y + i, v_mul(v_mul(g, sigmoid(g)), L(s->up + i)));
  FOR_CHUNKS(s->n, s->taken, BODY)
#undef BODY
}
static int swiglu(long n, const float *gate, const float *up, float *y) {
  Swiglu s = {n, {0}, gate, up, NULL, y, NULL, NULL};
  run_chunks(swiglu_job, &s, n);
  return 0;
}

// d silu(g) = σ (1 + g (1 - σ))
static void swiglu_grad_job(void *argument, int thread) {
  Swiglu *s = argument;
#define BODY(i, L, S)                                                                                              \
  const v16 g = L(s->gate + i), d = L(s->dy + i), sg = sigmoid(g), silu = v_mul(g, sg);                            \
  S(s->dup + i, v_mul(d, silu));                                                                                   \
  S(s->dgate + i, v_mul(v_mul(d, L(s->up + i)), v_fma(silu, v_sub(v_set(1.0f), sg), sg)));
  FOR_CHUNKS(s->n, s->taken, BODY)
#undef BODY
}
static int swiglu_grad(long n, const float *gate, const float *up, const float *dy, float *dgate, float *dup) {
  Swiglu s = {n, {0}, gate, up, dy, NULL, dgate, dup};
  run_chunks(swiglu_grad_job, &s, n);
  return 0;
}

typedef struct {
  long n, taken[POOL_MAX_THREADS];
  const float *a, *b;
  float *y;
  int op, scalar;
} Binary;

static void binary_job(void *argument, int thread) {
  Binary *s = argument;
  const v16 one = v_set(s->scalar ? s->b[0] : 0.0f);
#define ADD(i, L, S) S(s->y + i, v_add(L(s->a + i), s->scalar ? one : L(s->b + i)));
#define SUBTRACT(i, L, S) S(s->y + i, v_sub(L(s->a + i), s->scalar ? one : L(s->b + i)));
#define MULTIPLY(i, L, S) S(s->y + i, v_mul(L(s->a + i), s->scalar ? one : L(s->b + i)));
  if (s->op == 0) { FOR_CHUNKS(s->n, s->taken, ADD) }
  else if (s->op == 1) { FOR_CHUNKS(s->n, s->taken, SUBTRACT) }
  else { FOR_CHUNKS(s->n, s->taken, MULTIPLY) }
}
static int binary(int op, long n, const float *a, const float *b, int scalar, float *y) {
  Binary s = {n, {0}, a, b, y, op, scalar};
  run_chunks(binary_job, &s, n);
  return 0;
}

// PyTorch's order of operations. h: decay factor, beta1, beta2, eps, step size, sqrt of the second correction, gradient scale
typedef struct {
  long n, taken[POOL_MAX_THREADS];
  float *p, *m, *v;
  const float *g;
  const double *h;
} AdamW;

static void adamw_job(void *argument, int thread) {
  AdamW *s = argument;
  const v16 decay = v_set((float)s->h[0]), beta1 = v_set((float)s->h[1]), rest1 = v_set((float)(1 - s->h[1]));
  const v16 beta2 = v_set((float)s->h[2]), rest2 = v_set((float)(1 - s->h[2])), eps = v_set((float)s->h[3]);
  const v16 rate = v_set((float)-s->h[4]), correction = v_set((float)s->h[5]), scale = v_set((float)s->h[6]);
#define BODY(i, L, S)                                                                                              \
  const v16 g = v_mul(L(s->g + i), scale);                                                                         \
  const v16 m = v_fma(g, rest1, v_mul(L(s->m + i), beta1));                                                        \
  const v16 v = v_fma(v_mul(g, g), rest2, v_mul(L(s->v + i), beta2));                                              \
  S(s->m + i, m);                                                                                                  \
  S(s->v + i, v);                                                                                                  \
  const v16 q = v_div(m, v_add(v_div(v_sqrt(v), correction), eps));                                                \
  S(s->p + i, v_fma(q, rate, v_mul(L(s->p + i), decay)));
  FOR_CHUNKS(s->n, s->taken, BODY)
#undef BODY
}
static int adamw(long n, float *p, const float *g, float *m, float *v, const double *h) {
  AdamW s = {n, {0}, p, m, v, g, h};
  run_chunks(adamw_job, &s, n);
  return 0;
}

// One partial sum per chunk; they are added in the order of the chunks, in float64.
typedef struct {
  long n, taken[POOL_MAX_THREADS];
  const float *x;
  double *partial;
} Squares;

static void squares_job(void *argument, int thread) {
  Squares *s = argument;
  for (long c; (c = pool_part(s->taken, ceil_div(s->n, CHUNK), thread)) >= 0;) {
    const long end = (c + 1) * CHUNK < s->n ? (c + 1) * CHUNK : s->n;
    double total = 0;
    long i = c * CHUNK;
    for (; i + 256 <= end; i += 256) {
      v16 t = v_zero();
      for (long j = i; j < i + 256; j += LANES) t = v_fma(v_load(s->x + j), v_load(s->x + j), t);
      total += v_sum(t);
    }
    for (; i < end; i++) total += (double)s->x[i] * s->x[i];
    s->partial[c] = total;
  }
}
static double sum_of_squares(long n, const float *x) {
  const long chunks = (n + CHUNK - 1) / CHUNK;
  double *partial = scratch(SCRATCH_PARTIAL, (chunks + 1) * sizeof(double));
  if (partial == NULL) return -1;
  Squares s = {n, {0}, x, partial};
  run_chunks(squares_job, &s, n);
  double total = 0;
  for (long c = 0; c < chunks; c++) total += partial[c];
  return total;
}

#endif
