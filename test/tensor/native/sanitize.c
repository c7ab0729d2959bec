// Every kernel at random sizes on arrays of exactly the right length, for the sanitizers of the C compiler: any access
// outside of an array, any undefined operation and any race of the threads ends the program. Prints a hash of all results,
// which wants to be the same for every instruction set. See sanitize.mjs.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../../src/tensor/kernels/kernels.h"
#include "../../../src/tensor/native/pool-control.h"

extern const Kernels KERNELS;

static uint32_t state = 1;
static uint32_t draw(uint32_t below) {
  state = state * 1664525u + 1013904223u;
  return (state >> 8) % below;
}

static float *floats(long n) {
  float *x = malloc(n * sizeof(float) + (n == 0));
  for (long i = 0; i < n; i++) x[i] = (float)draw(2001) / 1000 - 1;
  return x;
}
static int32_t *ids(long n, long below) {
  int32_t *x = malloc(n * sizeof(int32_t) + (n == 0));
  for (long i = 0; i < n; i++) x[i] = (int32_t)draw((uint32_t)below);
  return x;
}

// FNV-1a over the bytes of results
static uint64_t hash = 14695981039346656037u;
static uint64_t bf16 = 14695981039346656037u; // over products in bfloat16, which some instruction sets do not have
static void note(const float *x, long n) {
  const unsigned char *bytes = (const unsigned char *)x;
  for (long i = 0; i < n * (long)sizeof(float); i++) hash = (hash ^ bytes[i]) * 1099511628211u;
}

static void products(void) {
  // whole panels, and rows 4 kB apart, are read in other ways than the rest
  const long M = draw(8) == 0 ? 1024 : 1 + draw(130), N = draw(2) == 0 ? 32 * (1 + draw(4)) : 1 + draw(90);
  const long K = draw(8) == 0 ? 1024 : 1 + draw(draw(8) == 0 ? 900 : 60), batch = 1 + draw(3);
  float *a = floats(batch * M * K), *b = floats(batch * K * N), *c = floats(batch * M * N);
  for (int t = 0; t < 8; t++) {
    KERNELS.gemm(batch, M, N, K, t & 1, t >> 1 & 1, t >> 2, a, b, c);
    note(c, batch * M * N);
  }
  if (KERNELS.use_bf16(1) >= 0) {
    const uint64_t float32 = hash;
    hash = bf16;
    for (int t = 0; t < 8; t++) {
      KERNELS.gemm(batch, M, N, K, t & 1, t >> 1 & 1, t >> 2, a, b, c);
      note(c, batch * M * N);
    }
    bf16 = hash;
    hash = float32;
  }
  KERNELS.use_bf16(0);
  free(a), free(b), free(c);
}

static void rows(void) {
  const long N = 1 + draw(80), C = 1 + draw(70), V = 1 + draw(50), heads = 1 + draw(3), D = 2 * (1 + draw(40)), P = 64;
  float *x = floats(N * C), *w = floats(C), *y = floats(N * C), *r = floats(N), *dx = floats(N * C), *dw = floats(C);
  KERNELS.rms_norm(N, C, 1e-5f, x, w, y, r);
  KERNELS.rms_norm_grad(N, C, x, w, r, y, dx, dw);
  note(y, N * C), note(r, N), note(dx, N * C), note(dw, C);
  float *table = floats(V * C);
  int32_t *at = ids(N, V);
  KERNELS.embedding(N, C, at, table, y);
  KERNELS.embedding_grad(N, C, V, at, y, table);
  note(y, N * C), note(table, V * C);
  float *q = floats(N * heads * D), *z = floats(N * heads * D), *cosine = floats(P * D / 2), *sine = floats(P * D / 2);
  int32_t *positions = ids(N, P);
  KERNELS.rope(N, heads, D, 1, positions, cosine, sine, q, z);
  note(z, N * heads * D);
  free(x), free(w), free(y), free(r), free(dx), free(dw), free(table), free(at), free(q), free(z), free(cosine), free(sine);
  free(positions);
}

static void elements(void) {
  const long n = 1 + draw(draw(4) == 0 ? 40000 : 100);
  float *a = floats(n), *b = floats(n), *c = floats(n), *d = floats(n), *e = floats(n);
  const double h[7] = {0.99, 0.9, 0.99, 1e-8, 0.01, 0.5, 1};
  KERNELS.swiglu(n, a, b, c);
  KERNELS.swiglu_grad(n, a, b, c, d, e);
  note(c, n), note(d, n), note(e, n);
  for (int op = 0; op < 3; op++) {
    KERNELS.binary(op, n, a, b, op == 1, c);
    note(c, n);
  }
  for (long i = 0; i < n; i++) d[i] = d[i] * d[i];
  KERNELS.adamw(n, a, b, c, d, h);
  const float squares = (float)KERNELS.sum_of_squares(n, a);
  note(a, n), note(c, n), note(d, n), note(&squares, 1);
  free(a), free(b), free(c), free(d), free(e);
}

static void attend(void) {
  const long B = 1 + draw(2), T = 1 + draw(150), K = 1 + draw(2), H = K * (1 + draw(3)), D = 1 + draw(70), N = B * T;
  int32_t *cs = ids(N, 1), *ce = ids(N, 1), *bs = ids(N, 1);
  for (long n = 0; n < N; n++) {
    bs[n] = (int32_t)draw((uint32_t)(n % T) + 1);
    ce[n] = (int32_t)draw((uint32_t)bs[n] + 1);
    cs[n] = (int32_t)draw((uint32_t)ce[n] + 1);
  }
  const AttentionArgs a = {B, T, H, K, D, cs, ce, bs};
  float *q = floats(N * H * D), *k = floats(N * K * D), *v = floats(N * K * D), *o = floats(N * H * D), *lse = floats(N * H);
  float *g = floats(N * H * D), *dq = floats(N * H * D), *dk = floats(N * K * D), *dv = floats(N * K * D);
  KERNELS.attention(&a, q, k, v, o, lse);
  KERNELS.attention_grad(&a, q, k, v, o, lse, g, dq, dk, dv);
  note(o, N * H * D), note(lse, N * H), note(dq, N * H * D), note(dk, N * K * D), note(dv, N * K * D);
  free(cs), free(ce), free(bs), free(q), free(k), free(v), free(o), free(lse), free(g), free(dq), free(dk), free(dv);
}

static void attend_in_forest(void) {
  const long N = 1 + draw(700), K = 1 + draw(2), H = K * (1 + draw(3)), D = 1 + draw(70);
  int32_t *depths = ids(N, 1);
  for (long n = 1; n < N; n++)
    depths[n] = draw(4) == 0 ? (int32_t)draw((uint32_t)depths[n - 1] + 2) : depths[n - 1] + 1;
  float *q = floats(N * H * D), *k = floats(N * K * D), *v = floats(N * K * D), *o = floats(N * H * D);
  KERNELS.tree_attention(N, H, K, D, depths, q, k, v, o);
  note(o, N * H * D);
  free(depths), free(q), free(k), free(v), free(o);
}

static void losses(void) {
  const long N = 1 + draw(150), C = 1 + draw(40), V = 1 + draw(draw(5) == 0 ? 30000 : 70), R = draw((uint32_t)N + 1);
  int32_t *labels = ids(N, V), *row = ids(R, 1);
  for (long r = 0; r < R; r++) row[r] = (int32_t)(N == R ? r : N * r / R);
  float *x = floats(N * C), *w = floats(V * C), *lp = floats(R), *dx = floats(N * C), *dw = floats(V * C);
  KERNELS.cross_entropy(N, C, V, R, row, labels, 0.5f, x, w, lp, dx, dw);
  note(lp, R), note(dx, N * C), note(dw, V * C);
  KERNELS.cross_entropy(N, C, V, R, row, labels, 1, x, w, lp, NULL, NULL);
  note(lp, R);
  int32_t *starts = ids(R + 1, 1);
  for (long r = 0; r < R; r++) starts[r + 1] = starts[r] + (int32_t)draw(3);
  int32_t *wanted = ids(starts[R], V);
  float *out = floats(starts[R]);
  KERNELS.log_probs(C, V, R, row, starts, wanted, x, w, out);
  note(out, starts[R]);
  free(labels), free(row), free(x), free(w), free(lp), free(dx), free(dw), free(starts), free(wanted), free(out);
}

int main(int count, char **arguments) {
  const int rounds = count > 1 ? atoi(arguments[1]) : 30;
  for (int round = 0; round < rounds; round++) {
    pool_set_threads(1 + round % 4);
    products();
    rows();
    elements();
    attend();
    attend_in_forest();
    losses();
  }
  printf("%s: %d rounds, results %016llx", KERNELS.name, rounds, (unsigned long long)hash);
  if (KERNELS.use_bf16(1) >= 0) printf(", in bf16 %016llx", (unsigned long long)bf16);
  printf("\n");
  return 0;
}
