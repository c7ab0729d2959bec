// Matrix products with Hopper's warp group instructions: operands in panels of bf16 or tf32, float32 sums.
//
// A line of a panel is 128 bytes, 64 channels of bf16 or 32 of tf32, so both take the same copies, stages and descriptors. In
// tf32, channels must be contiguous in both operands, so the packing transposes where they are not (panels.cuh).
//
// One persistent block of threads per multiprocessor computes one tile after another: one thread copies, two warp groups
// multiply 64 rows each and write, while the next tile's panels are being copied.

#ifndef CLASS_IT_GEMM_HOPPER_CUH
#define CLASS_IT_GEMM_HOPPER_CUH

#include "hopper.cuh"

struct WideGemm {
  const unsigned char *A, *B;
  float *C;
  uint16_t *panels; // instead of C, if not NULL; M and N are then multiples of 64
  int M, N, tiles_m, tiles_n, parts, blocks_k, part_k; // blocks_k: number of blocks of channels (of 128 bytes); part_k: of these per part
  int tiles;                                           // over all parts and matrices
  int rows_a, rows_b, blocks_a, blocks_b;              // of the panels: padded rows, blocks of columns
  int accumulate, vector_c;
};

#define WIDE_BM 128
#define PANEL_LINE 128 // bytes of a row of a block

template <int BN> struct WideTile {
  static constexpr int A_BYTES = WIDE_BM * PANEL_LINE, B_BYTES = BN * PANEL_LINE, STAGE = A_BYTES + B_BYTES;
  static constexpr int CTAS = BN == 128 ? 2 : 1; // blocks per multiprocessor: one multiplies while the other writes
  static constexpr int THREADS = CTAS == 1 ? 384 : 288; // the last warp, or the last group of four warps, copies
  static constexpr int STAGES = BN == 256 ? 4 : BN == 192 ? 5 : 3;
  static constexpr int SHARED = STAGES * STAGE + 1024 + 2 * STAGES * (int)sizeof(uint64_t);
};

template <Mode M, bool TA, bool TB, int BN> __device__ __forceinline__ void gemm_wide_body(const WideGemm &s) {
#if HOPPER
  static_assert(M == BF16 || (M == TF32 && !TA && TB), "in tf32, channels are contiguous");
  using Tile = WideTile<BN>;
  constexpr int STAGES = Tile::STAGES;
  DYNAMIC_SHARED(raw);
  unsigned char *const memory = align1024(raw);
  Barrier *const full = (Barrier *)(memory + STAGES * Tile::STAGE), *const empty = full + STAGES;
  if (threadIdx.x == 0) {
    for (int i = 0; i < STAGES; i++) barrier_init(full + i, 1), barrier_init(empty + i, 8);
    barrier_fence();
  }
  __syncthreads();
  const auto place = [&](int tile, int &m0, int &n0, int &part, int &batch) { // bands of 8 tiles share panels in the cache
    constexpr int BAND = 8;
    const int flat = s.tiles_m * s.tiles_n, z = tile / flat, x = tile % flat;
    const int band = x / (BAND * s.tiles_n), in_band = x % (BAND * s.tiles_n), height = min(BAND, s.tiles_m - band * BAND);
    m0 = (band * BAND + in_band % height) * WIDE_BM, n0 = in_band / height * BN, part = z % s.parts, batch = z / s.parts;
  };
  int stage = 0, parity = 0;
  if (threadIdx.x >= 256) {
    if constexpr (Tile::CTAS == 1) fewer_registers<40>();
    if (threadIdx.x != 256) return;
    for (int tile = blockIdx.x; tile < s.tiles; tile += gridDim.x) {
      int m0, n0, part, batch;
      place(tile, m0, n0, part, batch);
      const unsigned char *A = s.A + (long)batch * s.rows_a * s.blocks_a * PANEL_LINE, *B = s.B + (long)batch * s.rows_b * s.blocks_b * PANEL_LINE;
      const int to = min(s.blocks_k, (part + 1) * s.part_k);
      const int columns_a = TA ? min(WIDE_BM / 64, s.blocks_a - m0 / 64) : 0, columns_b = TB ? 0 : min(BN / 64, s.blocks_b - n0 / 64);
      const int bytes = (TA ? columns_a * 8192 : Tile::A_BYTES) + (TB ? Tile::B_BYTES : columns_b * 8192);
      for (int k = part * s.part_k; k < to; k++) {
        barrier_wait(empty + stage, parity ^ 1);
        barrier_expect(full + stage, bytes);
        unsigned char *a = memory + stage * Tile::STAGE, *b = a + Tile::A_BYTES;
        if (TA) {
          for (int i = 0; i < columns_a; i++) bulk_copy(a + i * 8192, A + ((long)(m0 / 64 + i) * s.rows_a + k * 64) * PANEL_LINE, 8192, full + stage);
        } else bulk_copy(a, A + ((long)k * s.rows_a + m0) * PANEL_LINE, Tile::A_BYTES, full + stage);
        if (TB) bulk_copy(b, B + ((long)k * s.rows_b + n0) * PANEL_LINE, Tile::B_BYTES, full + stage);
        else
          for (int i = 0; i < columns_b; i++) bulk_copy(b + i * 8192, B + ((long)(n0 / 64 + i) * s.rows_b + k * 64) * PANEL_LINE, 8192, full + stage);
        if (++stage == STAGES) stage = 0, parity ^= 1;
      }
    }
  } else {
    if constexpr (Tile::CTAS == 1) more_registers<232>();
    const int group = threadIdx.x / 128, warp = threadIdx.x % 128 / 32, g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
    float c[BN / 8][4];
    for (int tile = blockIdx.x; tile < s.tiles; tile += gridDim.x) {
      int m0, n0, part, batch, before = -1;
      place(tile, m0, n0, part, batch);
      const int from = part * s.part_k, to = min(s.blocks_k, from + s.part_k);
      for (int k = from; k < to; k++) {
        barrier_wait(full + stage, parity);
        const unsigned char *a = memory + stage * Tile::STAGE + group * 8192, *b = memory + stage * Tile::STAGE + Tile::A_BYTES;
        const uint64_t at_a = operand(a, TA ? 8192 : 16), at_b = operand(b, TB ? 16 : 8192);
        hold(c);
        wgmma_fence();
#pragma unroll
        for (int i = 0; i < 4; i++) { // 16 channels of bf16 or 8 of tf32
          if constexpr (M == TF32) wgmma_tf32(c, at_a + i * 2, at_b + i * 2, i > 0 || k > from);
          else wgmma_shared<TA ? 1 : 0, TB ? 0 : 1>(c, at_a + i * (TA ? 128 : 2), at_b + i * (TB ? 2 : 128), i > 0 || k > from);
        }
        wgmma_commit();
        wgmma_wait<1>(); // the previous products are done, so their stage is free
        if (before >= 0 && threadIdx.x % 32 == 0) barrier_arrive(empty + before);
        before = stage;
        if (++stage == STAGES) stage = 0, parity ^= 1;
      }
      wgmma_wait<0>();
      hold(c);
      if (threadIdx.x % 32 == 0) barrier_arrive(empty + before);
      float *C = s.C + (long)(s.parts > 1 ? part : batch) * s.M * s.N;
#pragma unroll
      for (int half = 0; half < 2; half++) {
        const int row = m0 + group * 64 + warp * 16 + half * 8 + g;
        if (row >= s.M) continue;
        if (M == BF16 && s.panels != NULL) {
#pragma unroll
          for (int j = 0; j < BN / 8; j++) { // row % 8 is g
            const int block = n0 / 64 + j / 8;
            if (block * 64 < s.N)
              *(uint32_t *)(s.panels + ((long)block * s.M + row) * 64 + (j % 8 ^ g) * 8 + 2 * t) = to_bf16x2(c[j][2 * half], c[j][2 * half + 1]);
          }
          continue;
        }
        float *to_row = C + (long)row * s.N;
#pragma unroll
        for (int j = 0; j < BN / 8; j++) {
          const int column = n0 + 8 * j + 2 * t;
          float2 x = make_float2(c[j][2 * half], c[j][2 * half + 1]);
          if (s.vector_c && column + 1 < s.N) {
            if (s.accumulate) {
              const float2 y = *(const float2 *)(to_row + column);
              x.x += y.x, x.y += y.y;
            }
            *(float2 *)(to_row + column) = x;
          } else {
            if (column < s.N) to_row[column] = s.accumulate ? to_row[column] + x.x : x.x;
            if (column + 1 < s.N) to_row[column + 1] = s.accumulate ? to_row[column + 1] + x.y : x.y;
          }
        }
      }
    }
  }
#endif
}

#define WIDE_ORDERS(name, BN)                                                                                      \
  KERNEL(name##_nn, WideGemm, __launch_bounds__(WideTile<BN>::THREADS, WideTile<BN>::CTAS), gemm_wide_body<BF16, false, false, BN>(s)) \
  KERNEL(name##_nt, WideGemm, __launch_bounds__(WideTile<BN>::THREADS, WideTile<BN>::CTAS), gemm_wide_body<BF16, false, true, BN>(s))  \
  KERNEL(name##_tn, WideGemm, __launch_bounds__(WideTile<BN>::THREADS, WideTile<BN>::CTAS), gemm_wide_body<BF16, true, false, BN>(s))  \
  KERNEL(name##_tt, WideGemm, __launch_bounds__(WideTile<BN>::THREADS, WideTile<BN>::CTAS), gemm_wide_body<BF16, true, true, BN>(s))
WIDE_ORDERS(gemm_wide_256, 256)
WIDE_ORDERS(gemm_wide_192, 192)
WIDE_ORDERS(gemm_wide_128, 128)
#define WIDE_TF32(name, BN)                                                                                        \
  KERNEL(name, WideGemm, __launch_bounds__(WideTile<BN>::THREADS, WideTile<BN>::CTAS), gemm_wide_body<TF32, false, true, BN>(s))
WIDE_TF32(gemm_wide_tf32_256, 256)
WIDE_TF32(gemm_wide_tf32_192, 192)
WIDE_TF32(gemm_wide_tf32_128, 128)

#endif
