// A vector of sixteen float lanes on every processor.
//
// Every kernel uses this one type, so that each result is the same sequence of IEEE operations on every instruction set:
// AVX-512 computes sixteen lanes at once, AVX2 twice eight, NEON and WebAssembly four times four, plain C one after another.
// With a fused multiply-add (all but WebAssembly without relaxed SIMD) the bytes are equal too.

#ifndef CLASS_IT_SIMD_H
#define CLASS_IT_SIMD_H

#include <stddef.h>
#include <stdint.h>

#define LANES 16
#define INLINE static inline __attribute__((always_inline))

#if defined(__AVX512F__)
// ------------------------------------------------------------------------------------------------ AVX-512: one register
#include <immintrin.h>
typedef __m512 v16;
INLINE v16 v_load(const float *p) { return _mm512_loadu_ps(p); }
INLINE void v_store(float *p, v16 x) { _mm512_storeu_ps(p, x); }
INLINE v16 v_set(float x) { return _mm512_set1_ps(x); }
INLINE v16 v_add(v16 a, v16 b) { return _mm512_add_ps(a, b); }
INLINE v16 v_sub(v16 a, v16 b) { return _mm512_sub_ps(a, b); }
INLINE v16 v_mul(v16 a, v16 b) { return _mm512_mul_ps(a, b); }
INLINE v16 v_div(v16 a, v16 b) { return _mm512_div_ps(a, b); }
INLINE v16 v_max(v16 a, v16 b) { return _mm512_max_ps(a, b); }
INLINE v16 v_min(v16 a, v16 b) { return _mm512_min_ps(a, b); }
INLINE v16 v_sqrt(v16 a) { return _mm512_sqrt_ps(a); }
INLINE v16 v_fma(v16 a, v16 b, v16 c) { return _mm512_fmadd_ps(a, b, c); }
INLINE v16 v_ldexp(v16 p, v16 t) { // p * 2^n, n = the integer in the low bits of t
  return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(p), _mm512_slli_epi32(_mm512_castps_si512(t), 23)));
}
INLINE v16 v_pick(long from, long to, v16 x, v16 other) { // lanes from..to-1 of x, the rest of other; 0 <= from, to <= 16
  return _mm512_mask_blend_ps((__mmask16)(((1u << to) - 1) & ~((1u << from) - 1)), other, x);
}

#elif defined(__AVX2__) && defined(__FMA__)
// ----------------------------------------------------------------------------------------------- AVX2: two registers
#include <immintrin.h>
typedef struct { __m256 a, b; } v16;
#define V2(name, op) INLINE v16 name(v16 x, v16 y) { return (v16){op(x.a, y.a), op(x.b, y.b)}; }
INLINE v16 v_load(const float *p) { return (v16){_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}; }
INLINE void v_store(float *p, v16 x) { _mm256_storeu_ps(p, x.a); _mm256_storeu_ps(p + 8, x.b); }
INLINE v16 v_set(float x) { return (v16){_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
V2(v_add, _mm256_add_ps) V2(v_sub, _mm256_sub_ps) V2(v_mul, _mm256_mul_ps) V2(v_div, _mm256_div_ps)
V2(v_max, _mm256_max_ps) V2(v_min, _mm256_min_ps)
INLINE v16 v_sqrt(v16 x) { return (v16){_mm256_sqrt_ps(x.a), _mm256_sqrt_ps(x.b)}; }
INLINE v16 v_fma(v16 x, v16 y, v16 z) { return (v16){_mm256_fmadd_ps(x.a, y.a, z.a), _mm256_fmadd_ps(x.b, y.b, z.b)}; }
INLINE __m256 ldexp8(__m256 p, __m256 t) {
  return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(p), _mm256_slli_epi32(_mm256_castps_si256(t), 23)));
}
INLINE v16 v_ldexp(v16 p, v16 t) { return (v16){ldexp8(p.a, t.a), ldexp8(p.b, t.b)}; }
#define LANE_MASKS
INLINE v16 v_choose(v16 mask, v16 x, v16 y) {
  return (v16){_mm256_blendv_ps(y.a, x.a, mask.a), _mm256_blendv_ps(y.b, x.b, mask.b)};
}
V2(v_and, _mm256_and_ps)

#elif defined(__ARM_NEON) && defined(__aarch64__)
// ------------------------------------------------------------------------------------------------ NEON: four registers
#include <arm_neon.h>
typedef struct { float32x4_t q[4]; } v16;
#define EACH(expression) ({ v16 o_; for (int i = 0; i < 4; i++) o_.q[i] = (expression); o_; })
INLINE v16 v_load(const float *p) { return EACH(vld1q_f32(p + 4 * i)); }
INLINE void v_store(float *p, v16 x) { for (int i = 0; i < 4; i++) vst1q_f32(p + 4 * i, x.q[i]); }
INLINE v16 v_set(float x) { return EACH(vdupq_n_f32(x)); }
INLINE v16 v_add(v16 x, v16 y) { return EACH(vaddq_f32(x.q[i], y.q[i])); }
INLINE v16 v_sub(v16 x, v16 y) { return EACH(vsubq_f32(x.q[i], y.q[i])); }
INLINE v16 v_mul(v16 x, v16 y) { return EACH(vmulq_f32(x.q[i], y.q[i])); }
INLINE v16 v_div(v16 x, v16 y) { return EACH(vdivq_f32(x.q[i], y.q[i])); }
INLINE v16 v_max(v16 x, v16 y) { return EACH(vbslq_f32(vcgtq_f32(x.q[i], y.q[i]), x.q[i], y.q[i])); }
INLINE v16 v_min(v16 x, v16 y) { return EACH(vbslq_f32(vcltq_f32(x.q[i], y.q[i]), x.q[i], y.q[i])); }
INLINE v16 v_sqrt(v16 x) { return EACH(vsqrtq_f32(x.q[i])); }
INLINE v16 v_fma(v16 x, v16 y, v16 z) { return EACH(vfmaq_f32(z.q[i], x.q[i], y.q[i])); }
INLINE v16 v_ldexp(v16 p, v16 t) {
  return EACH(vreinterpretq_f32_s32(
      vaddq_s32(vreinterpretq_s32_f32(p.q[i]), vshlq_n_s32(vreinterpretq_s32_f32(t.q[i]), 23))));
}
#define LANE_MASKS
INLINE v16 v_choose(v16 mask, v16 x, v16 y) { return EACH(vbslq_f32(vreinterpretq_u32_f32(mask.q[i]), x.q[i], y.q[i])); }
INLINE v16 v_and(v16 x, v16 y) {
  return EACH(vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(x.q[i]), vreinterpretq_u32_f32(y.q[i]))));
}

#elif defined(__wasm_simd128__)
// ----------------------------------------------------------- WebAssembly: four registers, and no fused multiply-add
#include <wasm_simd128.h>
typedef struct { v128_t a, b, c, d; } v16;
#define V4(name, op) INLINE v16 name(v16 x, v16 y) { return (v16){op(x.a, y.a), op(x.b, y.b), op(x.c, y.c), op(x.d, y.d)}; }
INLINE v16 v_load(const float *p) {
  return (v16){wasm_v128_load(p), wasm_v128_load(p + 4), wasm_v128_load(p + 8), wasm_v128_load(p + 12)};
}
INLINE void v_store(float *p, v16 x) {
  wasm_v128_store(p, x.a); wasm_v128_store(p + 4, x.b); wasm_v128_store(p + 8, x.c); wasm_v128_store(p + 12, x.d);
}
INLINE v16 v_set(float x) { v128_t s = wasm_f32x4_splat(x); return (v16){s, s, s, s}; }
V4(v_add, wasm_f32x4_add) V4(v_sub, wasm_f32x4_sub) V4(v_mul, wasm_f32x4_mul) V4(v_div, wasm_f32x4_div)
#define WASM_MAX(x, y) wasm_f32x4_pmax(y, x) // x > y ? x : y
#define WASM_MIN(x, y) wasm_f32x4_pmin(y, x)
V4(v_max, WASM_MAX) V4(v_min, WASM_MIN)
INLINE v16 v_sqrt(v16 x) {
  return (v16){wasm_f32x4_sqrt(x.a), wasm_f32x4_sqrt(x.b), wasm_f32x4_sqrt(x.c), wasm_f32x4_sqrt(x.d)};
}
#if defined(__wasm_relaxed_simd__) // fused if the processor supports it
#define WASM_FMA(x, y, z) ((v128_t)__builtin_wasm_fma_f32x4((__f32x4)(x), (__f32x4)(y), (__f32x4)(z)))
#else
#define WASM_FMA(x, y, z) wasm_f32x4_add(wasm_f32x4_mul(x, y), z)
#endif
INLINE v16 v_fma(v16 x, v16 y, v16 z) {
  return (v16){WASM_FMA(x.a, y.a, z.a), WASM_FMA(x.b, y.b, z.b), WASM_FMA(x.c, y.c, z.c), WASM_FMA(x.d, y.d, z.d)};
}
#define WASM_LDEXP(p, t) wasm_i32x4_add(p, wasm_i32x4_shl(t, 23))
V4(v_ldexp, WASM_LDEXP)
#define LANE_MASKS
INLINE v16 v_choose(v16 m, v16 x, v16 y) {
  return (v16){wasm_v128_bitselect(x.a, y.a, m.a), wasm_v128_bitselect(x.b, y.b, m.b), wasm_v128_bitselect(x.c, y.c, m.c),
               wasm_v128_bitselect(x.d, y.d, m.d)};
}
V4(v_and, wasm_v128_and)

#else
// -------------------------------------------------------------------------------------------------- plain C: the reference
#include <math.h>
typedef struct { float f[16]; } v16;
#define EACH(expression) ({ v16 o_; for (int i = 0; i < 16; i++) o_.f[i] = (expression); o_; })
INLINE v16 v_load(const float *p) { return EACH(p[i]); }
INLINE void v_store(float *p, v16 x) { for (int i = 0; i < 16; i++) p[i] = x.f[i]; }
INLINE v16 v_set(float x) { return EACH(x); }
INLINE v16 v_add(v16 x, v16 y) { return EACH(x.f[i] + y.f[i]); }
INLINE v16 v_sub(v16 x, v16 y) { return EACH(x.f[i] - y.f[i]); }
INLINE v16 v_mul(v16 x, v16 y) { return EACH(x.f[i] * y.f[i]); }
INLINE v16 v_div(v16 x, v16 y) { return EACH(x.f[i] / y.f[i]); }
INLINE v16 v_max(v16 x, v16 y) { return EACH(x.f[i] > y.f[i] ? x.f[i] : y.f[i]); }
INLINE v16 v_min(v16 x, v16 y) { return EACH(x.f[i] < y.f[i] ? x.f[i] : y.f[i]); }
INLINE v16 v_sqrt(v16 x) { return EACH(sqrtf(x.f[i])); }
INLINE v16 v_fma(v16 x, v16 y, v16 z) { return EACH(fmaf(x.f[i], y.f[i], z.f[i])); }
INLINE float ldexp1(float p, float t) {
  union { float f; uint32_t u; } a = {p}, b = {t};
  a.u += b.u << 23;
  return a.f;
}
INLINE v16 v_ldexp(v16 p, v16 t) { return EACH(ldexp1(p.f[i], t.f[i])); }
INLINE v16 v_pick(long from, long to, v16 x, v16 other) { return EACH(i >= from && i < to ? x.f[i] : other.f[i]); }
#endif

#ifdef LANE_MASKS
// As on AVX-512, with masks read from a table: lane i of the first is set from `from` on, of the second before `to`.
INLINE v16 v_pick(long from, long to, v16 x, v16 other) {
  static const int32_t set[3 * LANES] = {[LANES] = -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
  const float *lanes = (const float *)set;
  return v_choose(v_and(v_load(lanes + LANES - from), v_load(lanes + 2 * LANES - to)), x, other);
}
#endif

// ------------------------------------------------------------------------------------------------------ all instruction sets
INLINE v16 v_zero(void) { return v_set(0.0f); }

// The first n lanes (the others 0), for the end of a row.
INLINE v16 v_load_n(const float *p, long n) {
  float t[LANES] = {0};
  for (long i = 0; i < n; i++) t[i] = p[i];
  return v_load(t);
}
INLINE void v_store_n(float *p, v16 x, long n) {
  float t[LANES];
  v_store(t, x);
  for (long i = 0; i < n; i++) p[i] = t[i];
}

// Sums and maxima over the lanes, halving: lane i with lane i + 8, then + 4, + 2, + 1; the same order everywhere.
#if defined(__AVX2__)
#if defined(__AVX512F__)
INLINE __m256 v_low(v16 x) { return _mm512_castps512_ps256(x); }
INLINE __m256 v_high(v16 x) { return _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(x), 1)); }
#else
INLINE __m256 v_low(v16 x) { return x.a; }
INLINE __m256 v_high(v16 x) { return x.b; }
#endif
#define HALVE(op8, op4, op1)                                                                                       \
  const __m256 y = op8(v_low(x), v_high(x));                                                                       \
  const __m128 z = op4(_mm256_castps256_ps128(y), _mm256_extractf128_ps(y, 1)), w = op4(z, _mm_movehl_ps(z, z));   \
  return _mm_cvtss_f32(op1(w, _mm_movehdup_ps(w)));
INLINE float v_sum(v16 x) { HALVE(_mm256_add_ps, _mm_add_ps, _mm_add_ss) }
INLINE float v_top(v16 x) { HALVE(_mm256_max_ps, _mm_max_ps, _mm_max_ss) }
#else
INLINE float v_sum(v16 x) {
  float t[LANES];
  v_store(t, x);
  for (int h = LANES / 2; h > 0; h /= 2)
    for (int i = 0; i < h; i++) t[i] += t[i + h];
  return t[0];
}
INLINE float v_top(v16 x) {
  float t[LANES];
  v_store(t, x);
  for (int h = LANES / 2; h > 0; h /= 2)
    for (int i = 0; i < h; i++) t[i] = t[i] > t[i + h] ? t[i] : t[i + h];
  return t[0];
}
#endif

// e^x after Cephes (S. Moshier): about 1e-7 relative. Clamped to [-87, 88], so that no result is denormal or infinite; a
// NaN stays a NaN because it is the second operand of max and min.
INLINE v16 v_exp(v16 x) {
  x = v_min(v_set(88.0f), v_max(v_set(-87.0f), x));
  const v16 magic = v_set(12582912.0f); // 1.5 * 2^23: adding it leaves the nearest integer in the low bits
  const v16 t = v_fma(x, v_set(1.44269504f), magic);
  const v16 n = v_sub(t, magic);
  x = v_fma(n, v_set(-0.693359375f), x);
  x = v_fma(n, v_set(2.12194440e-4f), x);
  v16 p = v_set(1.9875691500e-4f);
  p = v_fma(p, x, v_set(1.3981999507e-3f));
  p = v_fma(p, x, v_set(8.3334519073e-3f));
  p = v_fma(p, x, v_set(4.1665795894e-2f));
  p = v_fma(p, x, v_set(1.6666665459e-1f));
  p = v_fma(p, x, v_set(5.0000001201e-1f));
  p = v_add(v_fma(p, v_mul(x, x), x), v_set(1.0f));
  return v_ldexp(p, t);
}

// Natural logarithm of a positive normal number in float64, without a mathematics library (WebAssembly has none):
// x = m 2^e with m in [sqrt(1/2), sqrt(2)), ln m = 2 atanh((m - 1) / (m + 1)); relative error below 1e-10,
// far below that of the float32 it is rounded to.
INLINE double natural_log(double x) {
  if (!(x > 0) || x - x != 0) return x == 0 ? -__builtin_inf() : x > 0 ? x : __builtin_nan("");
  union { double f; uint64_t u; } b = {x};
  int e = (int)((b.u >> 52) & 2047) - 1023;
  b.u = (b.u & 0x000fffffffffffffull) | 0x3ff0000000000000ull;
  if (b.f > 1.4142135623730951) { b.f *= 0.5; e++; }
  const double s = (b.f - 1) / (b.f + 1), z = s * s; // |s| < 0.1716, z < 0.0295
  double series = 0;
  for (int k = 13; k >= 1; k -= 2) series = series * z + 1.0 / k;
  return 2 * s * series + e * 0.69314718055994530942;
}

#endif
