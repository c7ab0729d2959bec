// The fused kernels. All matrices are row-major and dense; all sizes are checked by the caller. Each returns 0, or -1
// when scratch memory could not be had (nothing has been written then).

#ifndef CLASS_IT_KERNELS_H
#define CLASS_IT_KERNELS_H

#include <stdint.h>

typedef struct {
  long B, T, H, K, D; // rows, tokens a row, query heads, key/value heads, channels a head
  const int32_t *context_start, *context_end, *branch_start; // [B*T] each
} AttentionArgs;

typedef struct {
  const char *name;
  // C [M,N] (+)= op(A) op(B); A is [M,K] or, transposed, [K,M]; B is [K,N] or, transposed, [N,K]
  int (*gemm)(long batch, long M, long N, long K, int transpose_a, int transpose_b, int accumulate, const float *A,
              const float *B, float *C);
  int (*rms_norm)(long N, long C, float eps, const float *x, const float *w, float *y, float *inverse);
  int (*rms_norm_grad)(long N, long C, const float *x, const float *w, const float *inverse, const float *dy, float *dx,
                       float *dw);
  // cos, sin: [positions, D/2]; sign -1 turns back, which is the gradient
  int (*rope)(long N, long heads, long D, float sign, const int32_t *positions, const float *cosine, const float *sine,
              const float *x, float *y);
  int (*attention)(const AttentionArgs *a, const float *q, const float *k, const float *v, float *o, float *lse);
  int (*attention_grad)(const AttentionArgs *a, const float *q, const float *k, const float *v, const float *o,
                        const float *lse, const float *d_o, float *dq, float *dk, float *dv);
  int (*swiglu)(long n, const float *gate, const float *up, float *y);
  int (*swiglu_grad)(long n, const float *gate, const float *up, const float *dy, float *dgate, float *dup);
  int (*embedding)(long N, long C, const int32_t *ids, const float *table, float *y);
  int (*embedding_grad)(long N, long C, long V, const int32_t *ids, const float *dy, float *dtable);
  // rows [R] of x carry a label; dx [N,C] and dw [V,C] may both be NULL; log_probs [R]
  int (*cross_entropy)(long N, long C, long V, long R, const int32_t *rows, const int32_t *labels, float scale,
                       const float *x, const float *w, float *log_probs, float *dx, float *dw);
  int (*adamw)(long n, float *p, const float *g, float *m, float *v, const double *h);
  double (*sum_of_squares)(long n, const float *x); // -1 when there is no memory
  // y = a op b, where b has n elements or one; op: 0 add, 1 subtract, 2 multiply
  int (*binary)(int op, long n, const float *a, const float *b, int scalar, float *y);
  // N tokens of a forest, depth first: a token at depth p continues the latest one at depth p - 1; depths[0] = 0
  int (*tree_attention)(long N, long H, long K, long D, const int32_t *depths, const float *q, const float *k,
                        const float *v, float *o);
  // out [starts[R]]: log softmax(x[rows[r]] wᵀ)[labels[a]] for starts[r] <= a < starts[r + 1]
  int (*log_probs)(long C, long V, long R, const int32_t *rows, const int32_t *starts, const int32_t *labels,
                   const float *x, const float *w, float *out);
  // From now on, round the operands of `gemm` and of the products in `cross_entropy` to bfloat16 (see bf16.h), or not.
  // Returns 1 where the processor has instructions for it, 0 where ordinary vectors do the same, -1 if it cannot.
  int (*use_bf16)(int on);
} Kernels;

#endif
