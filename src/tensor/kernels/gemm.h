// Single-precision matrix product.
//
// Outer products: an MR x NR tile of C lives in registers while k runs. Every element of C is therefore one chain of
// fused multiply-adds in the order of k, cut every KC terms, on any instruction set and any number of threads.

#ifndef CLASS_IT_GEMM_H
#define CLASS_IT_GEMM_H

#include "bf16.h"
#include "pool.h"
#include "simd.h"

// A tile is MR rows and NV vectors `vt` of VT lanes.
#if defined(__wasm_simd128__)
typedef v128_t vt;
#define VT 4
#define t_load(p) wasm_v128_load(p)
#define t_store(p, x) wasm_v128_store(p, x)
#define t_set(x) wasm_f32x4_splat(x)
#define t_add(x, y) wasm_f32x4_add(x, y)
#define t_fma(x, y, z) WASM_FMA(x, y, z)
#else
typedef v16 vt;
#define VT LANES
#define t_load(p) v_load(p)
#define t_store(p, x) v_store(p, x)
#define t_set(x) v_set(x)
#define t_add(x, y) v_add(x, y)
#define t_fma(x, y, z) v_fma(x, y, z)
#endif

#if defined(__AVX512F__)
#define MR 12 // 24 accumulators, 2 for B, 1 for A, of 32 registers
#define NV 2
#elif defined(__AVX2__)
#define MR 6 // 12 accumulators, 2 for B, 1 for A, of 16 registers
#define NV 1
#elif defined(__ARM_NEON)
#define MR 6 // 24 accumulators, 4 for B, 1 for A, of 32 registers
#define NV 1
#elif defined(__wasm_simd128__)
#define MR 4 // 8 accumulators, 2 for B, 4 for A, of the 15 registers that V8 gives away
#define NV 2
#else
#define MR 4
#define NV 1
#endif
#define NR (NV * VT)
#if defined(__wasm_simd128__)
#define DIRECT_ROWS 0
#define PANELS 1
#define PREFETCH(p, write) (void)0
#define KEEP_APART __attribute__((noinline)) // small functions: V8 optimises one sooner and gives it more registers
#define NO_UNROLL _Pragma("clang loop unroll(disable)")
#else
#define DIRECT_ROWS 1
#define PANELS 8 // panels of B (8 * 48 kB) that stay in the second cache while a panel of A meets them all
#define PREFETCH(p, write) __builtin_prefetch(p, write)
#define AHEAD 16 // rows of a panel: some 200 cycles, as far away as the last cache
#define KEEP_APART
#define NO_UNROLL
#endif
#define KC 384   // terms in one chain; also the depth of a packed block
#define NC 2048  // columns of B packed at once: KC * NC * 4 bytes = 3 MB
#define PACK_AT_ONCE (3l << 20) // elements of B: 12 MB
#define GROUP 4  // panels of B that a thread packs at once
#define PACK_TERMS 64  // of a few vectors that are transposed before the next few: both sides stay in the first cache
#define PACK_COLUMNS 4 // rows that are copied into panels at once
#define MC 96    // rows of A packed at once, about: MC * KC * 4 bytes = 147 kB
#define MC_TRANSPOSED 192  // the same for a transposed A: longer pieces of its rows in memory
#define B_LARGE (1l << 19) // elements of B: 2 MB, so that B does not stay in the second cache
#define TASK_ROWS 384      // rows of C in a task, at most, if B is large: each KC rows of B are fetched once per task

// C [rows, columns * VT] (+)= Σ_k A(i, k) B(k, :), with A(i, k) = a[i * rs + k * cs] and B(k, :) = b + k * ldb.
INLINE void tile(const int rows, const int columns, long depth, const float *a, long rs, long cs, const float *b, long ldb,
                 float *c, long ldc, int accumulate) {
  vt acc[MR][NV];
#pragma GCC unroll 16
  for (int i = 0; i < rows; i++)
#pragma GCC unroll 2
    for (int j = 0; j < columns; j++) {
      acc[i][j] = t_set(0.0f);
      PREFETCH(c + i * ldc + j * VT, 1); // by the time the tile is done, its place is in the cache
    }
  NO_UNROLL for (long k = 0; k < depth; k++, a += cs, b += ldb) {
    vt bk[NV];
#pragma GCC unroll 2
    for (int j = 0; j < columns; j++) {
      PREFETCH(b + AHEAD * ldb + j * VT, 0);
      bk[j] = t_load(b + j * VT);
    }
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++) {
      const vt ai = t_set(a[i * rs]);
#pragma GCC unroll 2
      for (int j = 0; j < columns; j++) acc[i][j] = t_fma(ai, bk[j], acc[i][j]);
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < rows; i++)
#pragma GCC unroll 2
    for (int j = 0; j < columns; j++) {
      float *p = c + i * ldc + j * VT;
      t_store(p, accumulate ? t_add(t_load(p), acc[i][j]) : acc[i][j]);
    }
}

// A full tile of which the rows of A lie side by side (rs = 1).
#if defined(__wasm_simd128__)
// V8 moves all loads of a loop's body before its arithmetic: a load for each element of A, or a body unrolled, would not
// fit in its registers. So one load brings four rows and a shuffle spreads each; and the loop is a function of its own.
#define SPREAD(x, i) wasm_i32x4_shuffle(x, x, i, i, i, i)
static __attribute__((noinline)) void full_tile(long depth, const float *a, long cs, const float *b, long ldb, float *c,
                                                long ldc, int accumulate) {
  vt acc[MR][NV];
#pragma GCC unroll 8
  for (int i = 0; i < MR * NV; i++) acc[i / NV][i % NV] = t_set(0.0f);
  NO_UNROLL for (const float *end = b + depth * ldb; b != end; a += cs, b += ldb) {
    const vt x = t_load(a), p = t_load(b), q = t_load(b + VT);
    const vt rows[MR] = {SPREAD(x, 0), SPREAD(x, 1), SPREAD(x, 2), SPREAD(x, 3)};
#pragma GCC unroll 4
    for (int i = 0; i < MR; i++) {
      acc[i][0] = t_fma(rows[i], p, acc[i][0]);
      acc[i][1] = t_fma(rows[i], q, acc[i][1]);
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < MR * NV; i++) {
    float *o = c + i / NV * ldc + i % NV * VT;
    t_store(o, accumulate ? t_add(t_load(o), acc[i / NV][i % NV]) : acc[i / NV][i % NV]);
  }
}
#else
INLINE void full_tile(long depth, const float *a, long cs, const float *b, long ldb, float *c, long ldc, int accumulate) {
  tile(MR, NV, depth, a, 1, cs, b, ldb, c, ldc, accumulate);
}
#endif

// The same for any number of rows and of lanes (a multiple of LANES): walks the tiles.
#define TILE_CASE(n)                                                                                               \
  case n:                                                                                                          \
    tile(n, V, depth, a, rs, cs, b, ldb, c, ldc, accumulate);                                                      \
    break;
#define TILE_SWITCH(name, V_)                                                                                      \
  static KEEP_APART void name(int rows, long depth, const float *a, long rs, long cs, const float *b, long ldb,    \
                              float *c, long ldc, int accumulate) {                                                \
    enum { V = V_ };                                                                                               \
    switch (rows) { TILE_CASES }                                                                                   \
  }
#define TILE_CASES_2 TILE_CASE(1) TILE_CASE(2)
#define TILE_CASES_4 TILE_CASES_2 TILE_CASE(3) TILE_CASE(4)
#define TILE_CASES_6 TILE_CASES_4 TILE_CASE(5) TILE_CASE(6)
#define TILE_CASES_8 TILE_CASES_6 TILE_CASE(7) TILE_CASE(8)
#define TILE_CASES_12 TILE_CASES_8 TILE_CASE(9) TILE_CASE(10) TILE_CASE(11) TILE_CASE(12)
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define TILE_CASES JOIN(TILE_CASES_, MR)
TILE_SWITCH(tile_rows, NV)
#if NR > LANES
TILE_SWITCH(tile_rows_narrow, 1)
#endif

// C [M, N] (+)= A B for small operands that are in cache; N is a multiple of LANES, the depth is not cut.
static void small_product(long M, long N, long depth, const float *a, long rs, long cs, const float *b, long ldb, float *c,
                          long ldc, int accumulate) {
  for (long i = 0; i < M; i += MR) {
    const int rows = (int)(M - i < MR ? M - i : MR);
    const float *ai = a + i * rs;
    float *ci = c + i * ldc;
    long j = 0;
    if (rs == 1 && rows == MR)
      for (; j + NR <= N; j += NR) full_tile(depth, ai, cs, b + j, ldb, ci + j, ldc, accumulate);
    for (; j + NR <= N; j += NR) tile_rows(rows, depth, ai, rs, cs, b + j, ldb, ci + j, ldc, accumulate);
#if NR > LANES
    for (; j < N; j += LANES) tile_rows_narrow(rows, depth, ai, rs, cs, b + j, ldb, ci + j, ldc, accumulate);
#endif
  }
}

// Copy `count` strided vectors of `depth` elements side by side, `width` apart, the rest 0: o[k * width + i] = s[i][k].
typedef float v4 __attribute__((vector_size(16), aligned(4)));
#if defined(__clang__)
#define SHUFFLE(a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k, l)
#else
typedef int32_t i4 __attribute__((vector_size(16)));
#define SHUFFLE(a, b, i, j, k, l) __builtin_shuffle(a, b, (i4){i, j, k, l})
#endif
static void pack_rows(const float *s, long stride, long count, long depth, float *o, long width) {
  const long whole = count / 4 * 4;
  for (long k0 = 0; k0 < depth; k0 += PACK_TERMS) {
    const long k1 = k0 + PACK_TERMS < depth ? k0 + PACK_TERMS : depth;
    for (long i = 0; i < whole; i += 4) {
      const float *s0 = s + i * stride, *s1 = s0 + stride, *s2 = s1 + stride, *s3 = s2 + stride;
      long k = k0;
      float *q = o + k * width + i;
      for (; k + 4 <= k1; k += 4, q += 4 * width) {
        const v4 a = *(const v4 *)(s0 + k), b = *(const v4 *)(s1 + k), c = *(const v4 *)(s2 + k), d = *(const v4 *)(s3 + k);
        const v4 ab = SHUFFLE(a, b, 0, 4, 1, 5), cd = SHUFFLE(c, d, 0, 4, 1, 5);
        const v4 ef = SHUFFLE(a, b, 2, 6, 3, 7), gh = SHUFFLE(c, d, 2, 6, 3, 7);
        *(v4 *)q = SHUFFLE(ab, cd, 0, 1, 4, 5);
        *(v4 *)(q + width) = SHUFFLE(ab, cd, 2, 3, 6, 7);
        *(v4 *)(q + 2 * width) = SHUFFLE(ef, gh, 0, 1, 4, 5);
        *(v4 *)(q + 3 * width) = SHUFFLE(ef, gh, 2, 3, 6, 7);
      }
      for (; k < k1; k++, q += width) q[0] = s0[k], q[1] = s1[k], q[2] = s2[k], q[3] = s3[k];
    }
  }
  for (long i = whole; i < width; i++)
    for (long k = 0; k < depth; k++) o[k * width + i] = i < count ? s[i * stride + k] : 0.0f;
}
// The same from rows that already lie the right way: o[k * width + i] = s[k * stride + i].
INLINE void pack_columns(const float *s, long stride, long count, long depth, float *o, long width) {
  for (long k = 0; k < depth; k++, s += stride, o += width) {
    long i = 0;
    for (; i + 4 <= count; i += 4) *(v4 *)(o + i) = *(const v4 *)(s + i);
    for (; i < count; i++) o[i] = s[i];
    for (; i < width; i++) o[i] = 0.0f;
  }
}

typedef struct {
  long M, N, K;
  int transpose_a, transpose_b, accumulate;
  int direct_a, direct_b; // read where they lie; otherwise packed
  int is_packed;          // B is packed already, all of it
  const float *A, *B;
  float *C, *packed_b, *packed_a; // packed_a: one piece a thread
  long a_size, columns, depth;    // of B packed at once
  long row_blocks, column_blocks, panels_a; // panels_a: packed at once
  long *taken; // a row of counts for each packing of B and for each multiplication with it
} Product;

INLINE long least(long a, long b) { return a < b ? a : b; }

// The same for several panels of `width` side by side: each row of the source is read once, from its begin to its end.
// Row by row matters where rows lie 4 kB or more apart: each is another page. PACK_COLUMNS rows at a time, so that the lines
// of the second cache that a panel lies in are written whole.
INLINE void pack_panels(const float *s, long stride, long count, long depth, float *o, const long width) {
  const long whole = count / width * width;
  long k = 0;
  for (; k + PACK_COLUMNS <= depth; k += PACK_COLUMNS, s += PACK_COLUMNS * stride, o += PACK_COLUMNS * width) {
    float *q = o;
    for (long i = 0; i < whole; i += width, q += width * depth) {
#pragma GCC unroll 4
      for (long r = 0; r < PACK_COLUMNS; r++) {
        const float *x = s + r * stride + i;
        float *y = q + r * width;
        long j = 0;
#pragma GCC unroll 8
        for (; j + 4 <= width; j += 4) *(v4 *)(y + j) = *(const v4 *)(x + j);
#pragma GCC unroll 4
        for (; j < width; j++) y[j] = x[j];
      }
    }
    if (whole < count) pack_columns(s + whole, stride, count - whole, PACK_COLUMNS, q, width);
  }
  for (; k < depth; k++, s += stride, o += width) {
    float *q = o;
    for (long i = 0; i < whole; i += width, q += width * depth) pack_columns(s + i, 0, width, 1, q, width);
    if (whole < count) pack_columns(s + whole, 0, count - whole, 1, q, width);
  }
}

// Panels q0..q1 of B, k0..k0+kc of the depth.
static void pack_b(const Product *p, long k0, long kc, long n0, long q0, long q1, float *out) {
  const long from = n0 + q0 * NR, to = least(n0 + q1 * NR, p->N);
  if (!p->transpose_b) pack_panels(p->B + k0 * p->N + from, p->N, to - from, kc, out, NR);
  else
    for (long n = from; n < to; n += NR, out += NR * kc)
      pack_rows(p->B + n * p->K + k0, p->K, least(NR, to - n), kc, out, NR);
}

static void pack_a(const Product *p, long k0, long kc, long i0, long i1, float *out) {
  const long from = i0 * MR, to = least(i1 * MR, p->M);
  if (p->transpose_a) pack_panels(p->A + k0 * p->M + from, p->M, to - from, kc, out, MR);
  else
    for (long m = from; m < to; m += MR, out += MR * kc)
      pack_rows(p->A + m * p->K + k0, p->K, least(MR, to - m), kc, out, MR);
}

// One tile of C; b has a full panel of columns, of which those beyond N are not stored.
INLINE void multiply_tile(const Product *p, const float *a, long rs, long cs, const float *b, long ldb, long kc, long m0,
                          long n0, int accumulate) {
  const long rows = least(MR, p->M - m0), columns = least(NR, p->N - n0);
  float *c = p->C + m0 * p->N + n0;
  if (columns == NR) {
    if (rows < MR) tile_rows((int)rows, kc, a, rs, cs, b, ldb, c, p->N, accumulate);
    else if (rs == 1) full_tile(kc, a, cs, b, ldb, c, p->N, accumulate);
    else tile(MR, NV, kc, a, rs, cs, b, ldb, c, p->N, accumulate);
    return;
  }
  float edge[MR * NR];
  tile_rows((int)rows, kc, a, rs, cs, b, ldb, edge, NR, 0);
  for (long i = 0; i < rows; i++)
    for (long j = 0; j < columns; j++) c[i * p->N + j] = accumulate ? c[i * p->N + j] + edge[i * NR + j] : edge[i * NR + j];
}

// Rows i0..i1 and columns n0 + j0 NR .. n0 + j1 NR of C, over k0..k0+kc of the depth. b: the first panel of n0.
static void multiply_block(const Product *p, float *packed_a, const float *b, long k0, long kc, long i0, long i1, long n0,
                           long j0, long j1) {
  const int accumulate = p->accumulate || k0 > 0;
  const long ldb = p->direct_b ? p->N : NR, step_b = p->direct_b ? NR : NR * kc;
  const float *a = p->A;
  long rs = 1, cs = MR, step_a = MR * kc; // of packed rows
  if (!p->direct_a) pack_a(p, k0, kc, i0, i1, packed_a), a = packed_a;
  else if (p->transpose_a) a += k0 * p->M + i0 * MR, cs = p->M, step_a = MR;
  else a += k0 + i0 * MR * p->K, rs = p->K, cs = 1, step_a = MR * p->K;
  for (long j8 = j0; j8 < j1; j8 += PANELS)
    for (long i = i0; i < i1; i++)
      for (long j = j8; j < j8 + PANELS && j < j1; j++)
        multiply_tile(p, a + (i - i0) * step_a, rs, cs, b + j * step_b, ldb, kc, i * MR, n0 + j * NR, accumulate);
}

// For every part of B that is packed at once: all threads pack it, wait for each other, and multiply blocks of C.
static void product_job(void *argument, int thread) {
  const Product *p = argument;
  float *packed_a = p->packed_a + thread * p->a_size;
  const long panels_m = ceil_div(p->M, MR);
  const int threads = pool_threads();
  long *taken = p->taken;
  for (long n0 = 0; n0 < p->N; n0 += p->columns) {
    const long panels_n = ceil_div(least(p->columns, p->N - n0), NR);
    for (long d0 = 0; d0 < p->K; d0 += p->depth) {
      const long depth = least(p->depth, p->K - d0), cuts = ceil_div(depth, KC);
      // panel q of cut c lies at packed_b + (c KC panels_n + q kc) NR
      if (!p->direct_b && !p->is_packed) {
        const long groups = ceil_div(panels_n, GROUP);
        for (long task; (task = pool_part(taken, cuts * groups, thread)) >= 0;) {
          const long c = task / groups, q = task % groups * GROUP, kc = least(KC, depth - c * KC);
          pack_b(p, d0 + c * KC, kc, n0, q, least(q + GROUP, panels_n), p->packed_b + (c * KC * panels_n + q * kc) * NR);
        }
        pool_barrier();
      }
      taken += threads;
      for (long task; (task = pool_part(taken, p->row_blocks * p->column_blocks, thread)) >= 0;) {
        const long r = task / p->column_blocks, s = task % p->column_blocks;
        const long i0 = panels_m * r / p->row_blocks, i1 = panels_m * (r + 1) / p->row_blocks;
        const long j0 = panels_n * s / p->column_blocks, j1 = panels_n * (s + 1) / p->column_blocks;
        for (long c = 0; c < cuts; c++) {
          const long k0 = d0 + c * KC, kc = least(KC, depth - c * KC);
          const float *b = p->direct_b ? p->B + k0 * p->N + n0 : p->packed_b + c * KC * panels_n * NR;
          for (long i = i0; i < i1; i += p->panels_a)
            multiply_block(p, packed_a, b, k0, kc, i, least(i + p->panels_a, i1), n0, j0, j1);
        }
      }
      taken += threads;
      if (d0 + depth < p->K || n0 + p->columns < p->N) pool_barrier(); // before packed_b is written again
    }
  }
}

// May rows of so many floats be read where they lie? Rows a multiple of 4 kB apart would fall into the same cache lines.
INLINE int is_direct(long stride) { return stride % 1024 != 0; }

// The same for A. Packing pays where its rows are read again and again; transposed, unless it is narrow: each step in k reads
// another line, and lines a power of two apart share a few sets of the first cache.
INLINE int is_direct_a(long M, long N, long K, int transpose_a) {
  if (!DIRECT_ROWS) return transpose_a && is_direct(M);
  if (transpose_a) return M < 64;
  return is_direct(K) && N < 512;
}

#if HAS_BF16
// Whether `gemm` and the products of `cross_entropy` are computed in bfloat16, and whether in tile registers.
static int in_bf16, in_tiles;

static int use_bf16(int on) {
#if HAS_AMX
  in_tiles = on && may_use_amx();
#endif
  in_bf16 = on;
  return in_tiles;
}
#else
static int use_bf16(int on) { return on ? -1 : 0; }
#endif

// packed: NULL, or what `pack_for_product` made of B
static int product(long M, long N, long K, int transpose_a, int transpose_b, int accumulate, const float *A, const float *B,
                   const float *packed, float *C) {
  if (M == 0 || N == 0) return 0;
  if (K == 0) {
    for (long i = 0; i < M * N && !accumulate; i++) C[i] = 0.0f;
    return 0;
  }
#if HAS_BF16
  if (in_bf16) return bf16_product(M, N, K, transpose_a, transpose_b, accumulate, in_tiles, A, B, (const uint32_t *)packed, C);
#endif
  const int threads = pool_threads();
  const int direct_a = is_direct_a(M, N, K, transpose_a);
  const int is_packed = packed != NULL;
  const int direct_b = !is_packed && !transpose_b && N % NR == 0 && is_direct(N);
  // all of B at once where it is not large, so that threads wait for each other once; else NC columns, KC deep
  const int whole = direct_b || is_packed || K * N <= PACK_AT_ONCE;
  const long columns = whole ? N : least(N, NC), depth = whole ? K : least(K, KC);
  const long panels_m = ceil_div(M, MR), panels_n = ceil_div(columns, NR);
  const long most = transpose_a || K * N >= B_LARGE ? TASK_ROWS : MC, share = ceil_div(M, threads);
  long row_blocks = ceil_div(M, share < MC ? MC : least(share, most));
  if (row_blocks > 1) row_blocks = ceil_div(row_blocks, threads) * threads; // an even share for each
  if (row_blocks > panels_m) row_blocks = panels_m;
  long column_blocks = 1;
  if (row_blocks < threads) column_blocks = least(ceil_div(2 * threads, row_blocks), panels_n);
  const long task_panels = ceil_div(panels_m, row_blocks);
  const long panels_a = ceil_div(task_panels, ceil_div(task_panels * MR, transpose_a ? MC_TRANSPOSED : MC));
  const long a_size = direct_a ? 0 : panels_a * MR * least(K, KC);
  const long rounds = 2 * ceil_div(N, columns) * ceil_div(K, depth);
  const size_t b_bytes = direct_b || is_packed ? 0 : (size_t)panels_n * NR * depth * sizeof(float);
  const size_t count_bytes = (size_t)ceil_div(rounds * threads * sizeof(long), 64) * 64;
  char *shared = scratch(SCRATCH_PACK_B, b_bytes + count_bytes);
  float *own = scratch(SCRATCH_THREADS, (size_t)threads * a_size * sizeof(float));
  if (shared == NULL || own == NULL) return -1;
  Product p = {M, N, K, transpose_a, transpose_b, accumulate, direct_a, direct_b, is_packed, A, B, C,
               is_packed ? (float *)packed : (float *)(shared + count_bytes), own, a_size, columns, depth, row_blocks,
               column_blocks, panels_a, (long *)shared};
  for (long i = 0; i < rounds * threads; i++) p.taken[i] = 0;
  pool_run(product_job, &p);
  return 0;
}

typedef struct {
  Product product;
  long taken[POOL_MAX_THREADS];
} Packing;

static void packing_job(void *argument, int thread) {
  Packing *s = argument;
  const Product *p = &s->product;
  const long panels = ceil_div(p->N, NR), groups = ceil_div(panels, GROUP), cuts = ceil_div(p->K, KC);
  for (long task; (task = pool_part(s->taken, cuts * groups, thread)) >= 0;) {
    const long c = task / groups, q = task % groups * GROUP, kc = least(KC, p->K - c * KC);
    pack_b(p, c * KC, kc, 0, q, least(q + GROUP, panels), p->packed_b + (c * KC * panels + q * kc) * NR);
  }
}

// All of B in float32, for `multiply_block` and `product`. Returns NULL when there is no memory.
static const float *pack_whole(int slot, long N, long K, int transpose_b, const float *B) {
  float *out = scratch(slot, (size_t)ceil_div(N, NR) * NR * K * sizeof(float));
  if (out == NULL) return NULL;
  Packing s = {.product = {.N = N, .K = K, .transpose_b = transpose_b, .B = B, .packed_b = out}};
  pool_run(packing_job, &s);
  return out;
}

// All of B as `product` wants it, for several products with the same B. Returns NULL when there is no memory.
#if HAS_BF16
static const float *pack_for_product(int slot, long N, long K, int transpose_b, const float *B) {
  if (in_bf16) return (const float *)bf16_pack_whole(slot, N, K, transpose_b, in_tiles, B);
  return pack_whole(slot, N, K, transpose_b, B);
}
#else
#define pack_for_product pack_whole
#endif

static int gemm(long batch, long M, long N, long K, int transpose_a, int transpose_b, int accumulate, const float *A,
                const float *B, float *C) {
  for (long i = 0; i < batch; i++, A += M * K, B += K * N, C += M * N)
    if (product(M, N, K, transpose_a, transpose_b, accumulate, A, B, NULL, C) != 0) return -1;
  return 0;
}

#endif
