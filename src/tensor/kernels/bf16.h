// Matrix products with operands rounded to bfloat16 (8 bits of mantissa) and sums in float32, for training.
//
// Every element of C is one chain over blocks of 32 terms: c + (even + odd), where `even` and `odd` are chains of fused
// multiply-adds over the even and the odd terms of the block, and subnormal numbers count as 0. This is what the
// instruction TDPBF16PS of AMX computes. Without AMX the same operations are done with ordinary vectors, so that the
// bytes are equal on every x86 processor with AVX2, and for any number of threads.
//
// Both operands are packed into tiles of 1 kB. A tile of A has 16 rows of 32 terms; a tile of B has 16 rows of 16 columns,
// each element a pair of neighbouring terms. Rows, columns and terms beyond the edge are 0.

#ifndef CLASS_IT_BF16_H
#define CLASS_IT_BF16_H

#include <string.h>

#include "pool.h"
#include "simd.h"

#if defined(__x86_64__) && defined(__FMA__)
#define HAS_BF16 1
#include <immintrin.h>
#if defined(__linux__) && defined(__AVX512F__)
#define HAS_AMX 1
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#define WITH_AMX __attribute__((target("avx512f,avx512bw,avx512bf16,amx-tile,amx-bf16")))
#else
#define HAS_AMX 0
#endif

#define TERMS 32                  // of a tile
#define TILE_WORDS 256            // 32-bit words of a tile: 16 rows of 16 pairs
#define A_BYTES_MAX (256l << 10)  // of A packed at once by a thread

typedef struct {
  long M, N, K;
  int transpose_a, transpose_b, accumulate, is_packed, amx;
  const float *A, *B;
  float *C;
  uint32_t *packed_b, *packed_a; // packed_a: one piece for each thread
  long a_words, row_blocks, column_blocks;
  long *taken;
} Bf16Product;

// ------------------------------------------------------------------------------------------------- rounding and packing
// Round to nearest even, as the instruction VCVTNEPS2BF16: NaN stays NaN, subnormal numbers become 0.
INLINE uint32_t bf16_bits(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  const uint32_t size = bits & 0x7fffffffu;
  if (size > 0x7f800000u) return bits >> 16 | 0x40u;
  if (size < 0x00800000u) return bits >> 16 & 0x8000u;
  return (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16;
}

// A matrix of 16 x 16 words from 16 rows of up to 32 terms: out[i][p] = the pair of terms 2p and 2p + 1 of row i.
static void pack_rows_plain(const float *s, long stride, long rows, long terms, uint32_t *out) {
  for (long i = 0; i < 16; i++)
    for (long p = 0; p < 16; p++) {
      const uint32_t even = i < rows && 2 * p < terms ? bf16_bits(s[i * stride + 2 * p]) : 0;
      const uint32_t odd = i < rows && 2 * p + 1 < terms ? bf16_bits(s[i * stride + 2 * p + 1]) : 0;
      out[i * 16 + p] = even | odd << 16;
    }
}

// The same from rows of a term each: out[p][j] = the pair of terms 2p and 2p + 1 of column j.
static void pack_pairs_plain(const float *s, long stride, long columns, long terms, uint32_t *out) {
  for (long p = 0; p < 16; p++)
    for (long j = 0; j < 16; j++) {
      const uint32_t even = j < columns && 2 * p < terms ? bf16_bits(s[2 * p * stride + j]) : 0;
      const uint32_t odd = j < columns && 2 * p + 1 < terms ? bf16_bits(s[(2 * p + 1) * stride + j]) : 0;
      out[p * 16 + j] = even | odd << 16;
    }
}

static void transpose_plain(uint32_t *x) {
  for (long i = 0; i < 16; i++)
    for (long j = 0; j < i; j++) {
      const uint32_t t = x[i * 16 + j];
      x[i * 16 + j] = x[j * 16 + i];
      x[j * 16 + i] = t;
    }
}

#if HAS_AMX
WITH_AMX static void pack_rows_amx(const float *s, long stride, long rows, long terms, uint32_t *out) {
  const uint32_t mask = terms >= TERMS ? ~0u : (1u << terms) - 1;
  for (long i = 0; i < 16; i++) {
    __m512i pairs = _mm512_setzero_si512();
    if (i < rows) {
      const float *row = s + i * stride;
      const __m512 low = _mm512_maskz_loadu_ps((__mmask16)mask, row);
      const __m512 high = _mm512_maskz_loadu_ps((__mmask16)(mask >> 16), row + 16);
      pairs = (__m512i)_mm512_cvtne2ps_pbh(high, low);
    }
    _mm512_storeu_si512(out + i * 16, pairs);
  }
}

WITH_AMX static void pack_pairs_amx(const float *s, long stride, long columns, long terms, uint32_t *out) {
  const __mmask16 mask = (__mmask16)(columns >= 16 ? 0xffff : (1 << columns) - 1);
  for (long p = 0; p < 16; p++) {
    __m512i pairs = _mm512_setzero_si512();
    if (2 * p < terms) {
      const __m512 even = _mm512_maskz_loadu_ps(mask, s + 2 * p * stride);
      const __m512 odd = 2 * p + 1 < terms ? _mm512_maskz_loadu_ps(mask, s + (2 * p + 1) * stride) : _mm512_setzero_ps();
      const __m512i e = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(even));
      const __m512i o = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(odd));
      pairs = _mm512_or_si512(e, _mm512_slli_epi32(o, 16));
    }
    _mm512_storeu_si512(out + p * 16, pairs);
  }
}

// 16 x 16 words in registers: pairs of words, of pairs, of lanes, of halves.
WITH_AMX static void transpose_amx(uint32_t *x) {
  __m512i a[16], b[16];
#pragma GCC unroll 16
  for (int i = 0; i < 16; i++) a[i] = _mm512_loadu_si512(x + i * 16);
#pragma GCC unroll 8
  for (int i = 0; i < 16; i += 2) {
    b[i] = _mm512_unpacklo_epi32(a[i], a[i + 1]);
    b[i + 1] = _mm512_unpackhi_epi32(a[i], a[i + 1]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 16; i += 4)
#pragma GCC unroll 2
    for (int j = 0; j < 2; j++) {
      a[i + 2 * j] = _mm512_unpacklo_epi64(b[i + j], b[i + j + 2]);
      a[i + 2 * j + 1] = _mm512_unpackhi_epi64(b[i + j], b[i + j + 2]);
    }
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) { // a[i], a[i + 4], ...: columns i, i + 4, i + 8, i + 12 of four rows each
    b[i] = _mm512_shuffle_i32x4(a[i], a[i + 4], 0x88);
    b[i + 4] = _mm512_shuffle_i32x4(a[i], a[i + 4], 0xdd);
    b[i + 8] = _mm512_shuffle_i32x4(a[i + 8], a[i + 12], 0x88);
    b[i + 12] = _mm512_shuffle_i32x4(a[i + 8], a[i + 12], 0xdd);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) {
    _mm512_storeu_si512(x + i * 16, _mm512_shuffle_i32x4(b[i], b[i + 8], 0x88));
    _mm512_storeu_si512(x + (i + 8) * 16, _mm512_shuffle_i32x4(b[i], b[i + 8], 0xdd));
    _mm512_storeu_si512(x + (i + 4) * 16, _mm512_shuffle_i32x4(b[i + 4], b[i + 12], 0x88));
    _mm512_storeu_si512(x + (i + 12) * 16, _mm512_shuffle_i32x4(b[i + 4], b[i + 12], 0xdd));
  }
}
#endif

INLINE long at_most(long a, long b) { return a < b ? a : b; }

// One tile of a matrix [lines, terms], or [terms, lines] if `by_term`, at line l0 and term k0. `pairs_first`: the layout of
// B, otherwise that of A.
static void pack_tile(const float *s, long lines, long terms, int by_term, long l0, long k0, int pairs_first, int amx,
                      uint32_t *out) {
  const long count = at_most(16, lines - l0), depth = at_most(TERMS, terms - k0);
  const float *from = by_term ? s + k0 * lines + l0 : s + l0 * terms + k0;
  if (count <= 0) {
    memset(out, 0, TILE_WORDS * sizeof *out);
    return;
  }
#if HAS_AMX
  if (amx) {
    if (by_term) pack_pairs_amx(from, lines, count, depth, out);
    else pack_rows_amx(from, terms, count, depth, out);
    if (by_term != pairs_first) transpose_amx(out);
    return;
  }
#else
  (void)amx;
#endif
  if (by_term) pack_pairs_plain(from, lines, count, depth, out);
  else pack_rows_plain(from, terms, count, depth, out);
  if (by_term != pairs_first) transpose_plain(out);
}

// ----------------------------------------------------------------------------------------------------------- multiplying
// C [2 x 16 rows, 2 x 16 columns] = or += the product of two rows of tiles of A and two columns of tiles of B.
typedef struct {
  const uint32_t *a0, *a1, *b0, *b1;
  long tiles; // of the depth
  float *c;
  long ldc; // floats
  int accumulate;
} Bf16Block;

INLINE v16 pair_term(const uint32_t *pairs, int odd) {
  uint32_t words[16];
  float floats[16];
  for (int j = 0; j < 16; j++) words[j] = odd ? pairs[j] & 0xffff0000u : pairs[j] << 16;
  memcpy(floats, words, sizeof floats);
  return v_load(floats);
}

INLINE float row_term(uint32_t pair, int odd) {
  const uint32_t word = odd ? pair & 0xffff0000u : pair << 16;
  float x;
  memcpy(&x, &word, sizeof x);
  return x;
}

// Subnormal numbers count as 0, as in AMX; returns what to restore.
INLINE unsigned flush_subnormals(void) {
  const unsigned before = _mm_getcsr();
  _mm_setcsr(before | 0x8040u);
  return before;
}

static void block_plain(const Bf16Block *s) {
  const unsigned before = flush_subnormals();
  for (int half = 0; half < 4; half++) {
    const uint32_t *a = half < 2 ? s->a0 : s->a1, *b = half % 2 == 0 ? s->b0 : s->b1;
    float *c = s->c + (half / 2) * 16 * s->ldc + half % 2 * 16;
    for (long i = 0; i < 16; i++) {
      v16 sum = s->accumulate ? v_load(c + i * s->ldc) : v_set(0.0f);
      for (long t = 0; t < s->tiles; t++) {
        v16 even = v_set(0.0f), odd = v_set(0.0f);
        for (long p = 0; p < 16; p++) {
          const uint32_t pair = a[t * TILE_WORDS + i * 16 + p], *pairs = b + t * TILE_WORDS + p * 16;
          even = v_fma(v_set(row_term(pair, 0)), pair_term(pairs, 0), even);
          odd = v_fma(v_set(row_term(pair, 1)), pair_term(pairs, 1), odd);
        }
        sum = v_add(sum, v_add(even, odd));
      }
      v_store(c + i * s->ldc, sum);
    }
  }
  _mm_setcsr(before);
}

#if HAS_AMX
WITH_AMX static void block_amx(const Bf16Block *s) {
  const long stride = s->ldc * (long)sizeof(float);
  float *c = s->c, *d = s->c + 16 * s->ldc;
  if (s->accumulate) {
    _tile_loadd(0, c, stride);
    _tile_loadd(1, c + 16, stride);
    _tile_loadd(2, d, stride);
    _tile_loadd(3, d + 16, stride);
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  for (long t = 0; t < s->tiles; t++) {
    _tile_loadd(4, s->a0 + t * TILE_WORDS, 64);
    _tile_loadd(6, s->b0 + t * TILE_WORDS, 64);
    _tile_loadd(5, s->a1 + t * TILE_WORDS, 64);
    _tile_loadd(7, s->b1 + t * TILE_WORDS, 64);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_stored(0, c, stride);
  _tile_stored(1, c + 16, stride);
  _tile_stored(2, d, stride);
  _tile_stored(3, d + 16, stride);
}

// All eight tile registers as 16 rows of 64 bytes. Constant, because the compiler takes it that only the first 8 bytes are
// read, and would drop the other stores to a variable.
static const struct {
  uint8_t palette, start_row, reserved[14];
  uint16_t columns[16];
  uint8_t rows[16];
} TILES = {.palette = 1, .columns = {64, 64, 64, 64, 64, 64, 64, 64}, .rows = {16, 16, 16, 16, 16, 16, 16, 16}};

WITH_AMX static void begin_tiles(void) { _tile_loadconfig(&TILES); }

WITH_AMX static void end_tiles(void) { _tile_release(); }

// Whether the processor has the instructions and the system lets this process use the tile registers.
static int ask_for_amx(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(d >> 22 & 1) || !(d >> 24 & 1) || !(b >> 30 & 1)) return 0;
  if (!__get_cpuid_count(7, 1, &a, &b, &c, &d) || !(a >> 5 & 1)) return 0; // conversions to bfloat16
  return syscall(SYS_arch_prctl, 0x1023 /* ARCH_REQ_XCOMP_PERM */, 18 /* tile data */) == 0;
}

static int may_use_amx(void) {
  static int answer = -1;
  if (answer < 0) answer = ask_for_amx();
  return answer;
}
#endif

static void multiply_pair(const Bf16Product *p, const uint32_t *a, const uint32_t *b, long m, long n) {
  const long tiles = ceil_div(p->K, TERMS), step = tiles * TILE_WORDS;
  const long rows = at_most(32, p->M - m), columns = at_most(32, p->N - n);
  float edge[32 * 32], *c = p->C + m * p->N + n;
  const int whole = rows == 32 && columns == 32;
  Bf16Block s = {a, a + step, b, b + step, tiles, whole ? c : edge, whole ? p->N : 32, p->accumulate};
  if (!whole && p->accumulate) {
    memset(edge, 0, sizeof edge);
    for (long i = 0; i < rows; i++) memcpy(edge + i * 32, c + i * p->N, columns * sizeof(float));
  }
  if (m + 64 <= p->M) // the block below comes next: by then its place is in the cache
    for (long i = 32; i < 64; i++) __builtin_prefetch(c + i * p->N, 1), __builtin_prefetch(c + i * p->N + 16, 1);
#if HAS_AMX
  if (p->amx) block_amx(&s);
  else
#endif
    block_plain(&s);
  if (whole) return;
  for (long i = 0; i < rows; i++) memcpy(c + i * p->N, edge + i * 32, columns * sizeof(float));
}

static void pack_b_tile(const Bf16Product *p, long task) { // a column of tiles
  const long tiles = ceil_div(p->K, TERMS);
  for (long t = 0; t < tiles; t++)
    pack_tile(p->B, p->N, p->K, !p->transpose_b, task * 16, t * TERMS, 1, p->amx, p->packed_b + (task * tiles + t) * TILE_WORDS);
}

static void bf16_job(void *argument, int thread) {
  const Bf16Product *p = argument;
  const long tiles = ceil_div(p->K, TERMS), step = tiles * TILE_WORDS;
  const long row_pairs = ceil_div(p->M, 32), column_pairs = ceil_div(p->N, 32);
  uint32_t *packed_a = p->packed_a + thread * p->a_words;
  long *taken = p->taken;
  if (!p->is_packed) {
    for (long task; (task = pool_part(taken, 2 * column_pairs, thread)) >= 0;) pack_b_tile(p, task);
    pool_barrier();
  }
  taken += pool_threads();
#if HAS_AMX
  if (p->amx) begin_tiles();
#endif
  for (long task; (task = pool_part(taken, p->row_blocks * p->column_blocks, thread)) >= 0;) {
    const long r = task / p->column_blocks, s = task % p->column_blocks;
    const long i0 = row_pairs * r / p->row_blocks, i1 = row_pairs * (r + 1) / p->row_blocks;
    const long j0 = column_pairs * s / p->column_blocks, j1 = column_pairs * (s + 1) / p->column_blocks;
    for (long i = 2 * i0; i < 2 * i1; i++)
      for (long t = 0; t < tiles; t++)
        pack_tile(p->A, p->M, p->K, p->transpose_a, i * 16, t * TERMS, 0, p->amx,
                  packed_a + ((i - 2 * i0) * tiles + t) * TILE_WORDS);
    for (long j = j0; j < j1; j++)
      for (long i = i0; i < i1; i++)
        multiply_pair(p, packed_a + 2 * (i - i0) * step, p->packed_b + 2 * j * step, i * 32, j * 32);
  }
#if HAS_AMX
  if (p->amx) end_tiles();
#endif
}

INLINE size_t bf16_b_words(long N, long K) { return (size_t)2 * ceil_div(N, 32) * ceil_div(K, TERMS) * TILE_WORDS; }

// packed: NULL, or what `bf16_pack_whole` made of B
static int bf16_product(long M, long N, long K, int transpose_a, int transpose_b, int accumulate, int amx, const float *A,
                        const float *B, const uint32_t *packed, float *C) {
  const long threads = pool_threads(), row_pairs = ceil_div(M, 32), column_pairs = ceil_div(N, 32);
  const long pair_words = 2 * ceil_div(K, TERMS) * TILE_WORDS; // of A: two rows of tiles
  long row_blocks = ceil_div(row_pairs * pair_words * 4, A_BYTES_MAX);
  if (row_blocks < 2 * threads) row_blocks = 2 * threads;
  if (row_blocks > row_pairs) row_blocks = row_pairs;
  const long column_blocks = row_blocks < 2 * threads ? at_most(ceil_div(2 * threads, row_blocks), column_pairs) : 1;
  const long a_words = ceil_div(row_pairs, row_blocks) * pair_words;
  const size_t b_bytes = packed != NULL ? 0 : bf16_b_words(N, K) * sizeof(uint32_t);
  const size_t count_bytes = (size_t)ceil_div(2 * threads * sizeof(long), 64) * 64;
  char *shared = scratch(SCRATCH_PACK_B, b_bytes + count_bytes);
  uint32_t *own = scratch(SCRATCH_THREADS, (size_t)threads * a_words * sizeof(uint32_t));
  if (shared == NULL || own == NULL) return -1;
  Bf16Product p = {M, N, K, transpose_a, transpose_b, accumulate, packed != NULL, amx, A, B, C,
                   packed != NULL ? (uint32_t *)packed : (uint32_t *)(shared + count_bytes), own, a_words, row_blocks,
                   column_blocks, (long *)shared};
  memset(p.taken, 0, 2 * threads * sizeof(long));
  pool_run(bf16_job, &p);
  return 0;
}

typedef struct {
  Bf16Product product;
  long taken[POOL_MAX_THREADS];
} Bf16Packing;

static void bf16_packing_job(void *argument, int thread) {
  Bf16Packing *s = argument;
  for (long task; (task = pool_part(s->taken, 2 * ceil_div(s->product.N, 32), thread)) >= 0;) pack_b_tile(&s->product, task);
}

// All of B as `bf16_product` wants it. Returns NULL when there is no memory.
static const uint32_t *bf16_pack_whole(int slot, long N, long K, int transpose_b, int amx, const float *B) {
  uint32_t *out = scratch(slot, bf16_b_words(N, K) * sizeof(uint32_t));
  if (out == NULL) return NULL;
  Bf16Packing s = {.product = {.N = N, .K = K, .transpose_b = transpose_b, .amx = amx, .B = B, .packed_b = out}};
  pool_run(bf16_packing_job, &s);
  return out;
}

#else
#define HAS_BF16 0
#define HAS_AMX 0
#endif

#endif
