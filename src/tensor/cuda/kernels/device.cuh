// Shared by all kernel files: CUDA itself (or its emulation on the CPU, for tests without a GPU), tensor-core products in
// three precisions, small reductions.
//
// Tensor cores multiply matrices in the "fragments" of PTX's mma.sync: each of 32 lanes holds a few elements. With
// g = lane / 4 and t = lane % 4:
//   A 16 x k   tf32 (k = 8):  a0 (g, t)  a1 (g+8, t)  a2 (g, t+4)  a3 (g+8, t+4)
//              bf16 (k = 16): pairs of neighbouring elements: a0 (g, 2t)  a1 (g+8, 2t)  a2 (g, 2t+8)  a3 (g+8, 2t+8)
//   B k x 8    tf32:          b0 (t, g)  b1 (t+4, g);   bf16: pairs along k: b0 (2t, g)  b1 (2t+8, g)
//   C 16 x 8   c0 (g, 2t)  c1 (g, 2t+1)  c2 (g+8, 2t)  c3 (g+8, 2t+1)
// Both have the same layout of 16 x 32 bytes, so one kernel source covers all precisions.

#ifndef CLASS_IT_DEVICE_CUH
#define CLASS_IT_DEVICE_CUH

#include <limits.h>
#include <math.h>
#include <stdint.h>

#ifdef __CUDACC__
#define DYNAMIC_SHARED(name) extern __shared__ __align__(128) unsigned char name[]
// A kernel with a C name and one argument, a structure `s`. src/tensor/cuda/launches.ts writes the structures.
#define KERNEL(name, Arguments, bounds, ...)                                                                       \
  extern "C" __global__ void bounds name(Arguments s) { __VA_ARGS__; }
#else
#include "emulate.h"
#endif

// F32: three tf32 products instead of one, nearly as precise as float32
enum Mode { F32 = 0, TF32 = 1, BF16 = 2 };

// ------------------------------------------------------------------------------------------------- scalars and lanes
__device__ __forceinline__ uint32_t bits_of(float x) { return __float_as_uint(x); }
__device__ __forceinline__ float float_of(uint32_t x) { return __uint_as_float(x); }

// Round to the nearest tf32 (10 bits of mantissa), ties away from zero.
__device__ __forceinline__ float to_tf32(float x) {
#ifdef __CUDACC__
  uint32_t y;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(y) : "f"(x));
  return float_of(y);
#else
  return emulated_tf32(x);
#endif
}

// Round two numbers to bf16, ties to even; the first is in the low half.
__device__ __forceinline__ uint32_t to_bf16x2(float low, float high) {
#ifdef __CUDACC__
  uint32_t y;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(y) : "f"(high), "f"(low));
  return y;
#else
  return emulated_bf16(low) | emulated_bf16(high) << 16;
#endif
}

__device__ __forceinline__ float4 add4(const float4 &a, const float4 &b) {
  return make_float4(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w);
}

__device__ __forceinline__ float warp_sum(float x) {
#pragma unroll
  for (int offset = 16; offset > 0; offset >>= 1) x += __shfl_xor_sync(0xffffffffu, x, offset);
  return x;
}
__device__ __forceinline__ float warp_max(float x) {
#pragma unroll
  for (int offset = 16; offset > 0; offset >>= 1) x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, offset));
  return x;
}
// Reductions over the four lanes that hold one row of C.
__device__ __forceinline__ float quad_sum(float x) {
  x += __shfl_xor_sync(0xffffffffu, x, 1);
  return x + __shfl_xor_sync(0xffffffffu, x, 2);
}
__device__ __forceinline__ float quad_max(float x) {
  x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, 1));
  return fmaxf(x, __shfl_xor_sync(0xffffffffu, x, 2));
}

// ------------------------------------------------------------------------------------------------------ shared memory
#ifdef __CUDACC__
__device__ __forceinline__ uint32_t shared_address(const void *p) { return (uint32_t)__cvta_generic_to_shared(p); }
#endif

// Copy 16 bytes from global to shared memory without registers, or write zeros; both addresses are aligned to 16.
__device__ __forceinline__ void copy16(void *shared, const void *global, bool present = true) {
#ifdef __CUDACC__
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(shared)), "l"(global), "r"(present ? 16 : 0)
               : "memory");
#else
  emulated_copy16(shared, global, present);
#endif
}
__device__ __forceinline__ void copy_commit() {
#ifdef __CUDACC__
  asm volatile("cp.async.commit_group;" ::: "memory");
#else
  emulated_copy_commit();
#endif
}
// Wait until at most N groups of this thread's copies are unfinished.
template <int N> __device__ __forceinline__ void copy_wait() {
#ifdef __CUDACC__
  asm volatile("cp.async.wait_group %0;" ::"n"(N) : "memory");
#else
  emulated_copy_wait(N);
#endif
}

// Four 8 x 8 matrices of 16-bit elements (or 8 x 4 of 32 bits); lane l gives the address of row l % 8 of matrix l / 8.
__device__ __forceinline__ void load_matrices(uint32_t (&r)[4], const void *row) {
#ifdef __CUDACC__
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(shared_address(row))
               : "memory");
#else
  emulated_load_matrices(r, row, false);
#endif
}
// The same, each matrix of 16-bit elements transposed.
__device__ __forceinline__ void load_transposed(uint32_t (&r)[4], const void *row) {
#ifdef __CUDACC__
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(shared_address(row))
               : "memory");
#else
  emulated_load_matrices(r, row, true);
#endif
}

// -------------------------------------------------------------------------------------------------------- fragments
template <Mode M> struct Precision {
  using E = float; // element in shared memory
  static constexpr int STEP = 8;   // channels of one mma
  static constexpr int DEPTH = 16; // channels of one panel of a matrix product
  static constexpr int PAD = 4; // elements per row, so that the rows of a matrix are in different banks
};
template <> struct Precision<BF16> {
  using E = uint16_t;
  static constexpr int STEP = 16;
  static constexpr int DEPTH = 32;
  static constexpr int PAD = 8;
};

// lo: the rest of a float32 after rounding to tf32, only in mode F32
template <Mode M> struct FragmentA { uint32_t hi[4], lo[M == F32 ? 4 : 1]; };
template <Mode M> struct FragmentB { uint32_t hi[2], lo[M == F32 ? 2 : 1]; };

__device__ __forceinline__ void split(float x, uint32_t &hi, uint32_t &lo) {
  const float h = to_tf32(x);
  hi = bits_of(h);
  lo = bits_of(to_tf32(x - h));
}

__device__ __forceinline__ void mma_tf32(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
#ifdef __CUDACC__
  asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
               : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
  emulated_mma(c, a, b, false);
#endif
}
__device__ __forceinline__ void mma_bf16(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
#ifdef __CUDACC__
  asm(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
  emulated_mma(c, a, b, true);
#endif
}

// c += a b. Tensor cores truncate each addition towards 0, and the errors add up over a long sum. So in mode F32 the sum is
// computed by ordinary additions, which round to the nearest.
template <Mode M>
__device__ __forceinline__ void multiply(float (&c)[4], const FragmentA<M> &a, const FragmentB<M> &b) {
  if constexpr (M == BF16) mma_bf16(c, a.hi, b.hi);
  else if constexpr (M == TF32) mma_tf32(c, a.hi, b.hi);
  else {
    float part[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    mma_tf32(part, a.lo, b.hi); // small terms first
    mma_tf32(part, a.hi, b.lo);
    mma_tf32(part, a.hi, b.hi);
#pragma unroll
    for (int e = 0; e < 4; e++) c[e] += part[e];
  }
}

// In mode F32 a tile holds full float32 numbers, which are split when a fragment is loaded. In mode TF32 they are rounded already.
template <Mode M, int N> __device__ __forceinline__ void finish_fragment(uint32_t (&hi)[N], uint32_t *lo) {
  if constexpr (M == F32) {
#pragma unroll
    for (int i = 0; i < N; i++) split(float_of(hi[i]), hi[i], lo[i]);
  }
}

// Convert a float32 to the operand of a product.
template <int N> __device__ __forceinline__ void round_tf32(uint32_t (&x)[N]) {
#pragma unroll
  for (int i = 0; i < N; i++) x[i] = bits_of(to_tf32(float_of(x[i])));
}

// Load A: 16 rows from `row` on, channels from k on, of a tile [row][k].
template <Mode M>
__device__ __forceinline__ void load_a(FragmentA<M> &a, const typename Precision<M>::E *tile, int stride, int row, int k) {
  const int lane = threadIdx.x & 31;
  load_matrices(a.hi, tile + (row + (lane & 15)) * stride + k + (lane >> 4) * (Precision<M>::STEP / 2));
  finish_fragment<M>(a.hi, a.lo);
}
// The same for a tile [k][row].
template <Mode M>
__device__ __forceinline__ void load_a_down(FragmentA<M> &a, const typename Precision<M>::E *tile, int stride, int row,
                                            int k) {
  const int lane = threadIdx.x & 31;
  if constexpr (M == BF16) {
    load_transposed(a.hi, tile + (k + (lane & 7) + (lane >> 4) * 8) * stride + row + ((lane >> 3) & 1) * 8);
  } else {
    const int g = lane >> 2, t = lane & 3;
    const typename Precision<M>::E *p = tile + (k + t) * stride + row + g;
    a.hi[0] = bits_of(p[0]), a.hi[1] = bits_of(p[8]);
    a.hi[2] = bits_of(p[4 * stride]), a.hi[3] = bits_of(p[4 * stride + 8]);
  }
  finish_fragment<M>(a.hi, a.lo);
}
// Load B: 16 columns from `column` on as two fragments, channels from k on, of a tile [column][k].
template <Mode M>
__device__ __forceinline__ void load_b(FragmentB<M> (&b)[2], const typename Precision<M>::E *tile, int stride, int column,
                                       int k) {
  const int lane = threadIdx.x & 31;
  uint32_t r[4];
  load_matrices(r, tile + (column + (lane & 7) + (lane >> 4) * 8) * stride + k +
                       ((lane >> 3) & 1) * (Precision<M>::STEP / 2));
#pragma unroll
  for (int i = 0; i < 2; i++) {
    b[i].hi[0] = r[2 * i], b[i].hi[1] = r[2 * i + 1];
    finish_fragment<M>(b[i].hi, b[i].lo);
  }
}
// The same for a tile [k][column]. PAIRED: channels 2t and 2t+1 are at places t and t+4, as in A from `from_products`.
template <Mode M, bool PAIRED>
__device__ __forceinline__ void load_b_down(FragmentB<M> (&b)[2], const typename Precision<M>::E *tile, int stride,
                                            int column, int k) {
  const int lane = threadIdx.x & 31;
  if constexpr (M == BF16) {
    uint32_t r[4];
    load_transposed(r, tile + (k + (lane & 15)) * stride + column + (lane >> 4) * 8);
#pragma unroll
    for (int i = 0; i < 2; i++) b[i].hi[0] = r[2 * i], b[i].hi[1] = r[2 * i + 1];
  } else {
    const int g = lane >> 2, t = lane & 3;
    const typename Precision<M>::E *p = tile + (k + (PAIRED ? 2 * t : t)) * stride + column + g;
    const int next = (PAIRED ? 1 : 4) * stride;
#pragma unroll
    for (int i = 0; i < 2; i++) {
      b[i].hi[0] = bits_of(p[8 * i]), b[i].hi[1] = bits_of(p[8 * i + next]);
      finish_fragment<M>(b[i].hi, b[i].lo);
    }
  }
}

// Convert products C to the operand A of the next product: the columns of C become channels. c: one tile of 8 columns (tf32) or
// two (bf16).
template <Mode M> __device__ __forceinline__ void from_products(FragmentA<M> &a, const float (*c)[4]) {
  if constexpr (M == BF16) {
    a.hi[0] = to_bf16x2(c[0][0], c[0][1]), a.hi[1] = to_bf16x2(c[0][2], c[0][3]);
    a.hi[2] = to_bf16x2(c[1][0], c[1][1]), a.hi[3] = to_bf16x2(c[1][2], c[1][3]);
  } else {
    constexpr int order[4] = {0, 2, 1, 3}; // column 2t at place t, column 2t+1 at place t+4
#pragma unroll
    for (int i = 0; i < 4; i++) {
      if constexpr (M == F32) split(c[0][order[i]], a.hi[i], a.lo[i]);
      else a.hi[i] = bits_of(to_tf32(c[0][order[i]]));
    }
  }
}

#endif
