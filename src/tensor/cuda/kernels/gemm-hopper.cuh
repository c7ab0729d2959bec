// Matrix products with Hopper's warp group instructions: operands in panels of bf16 or tf32, float32 sums.
//
// A line of a panel is 128 bytes, 64 channels of bf16 or 32 of tf32, so both take the same copies, stages and descriptors. In
// tf32, channels must be contiguous in both operands, so the packing transposes where they are not (panels.cuh).
//
// One persistent block of threads per multiprocessor computes one tile after another: one thread copies, two warp groups
// multiply 64 rows each and write, while the next tile's panels are being copied. Results that are panels again are laid out in
// shared memory first: 16 rows of 64 channels are then one plain copy, which goes on while the next tile is multiplied.
//
// Up to three products are added in one sum, the gradients of several linear maps for their common input.

#ifndef CLASS_IT_GEMM_HOPPER_CUH
#define CLASS_IT_GEMM_HOPPER_CUH

#include "hopper.cuh"

struct WideGemm {
  const unsigned char *A0, *A1, *A2, *B0, *B1, *B2; // of the products that are added
  float *C;
  uint16_t *panels; // instead of C, if not NULL; M and N are then multiples of 64
  int M, N, tiles_m, tiles_n, parts, blocks_k, part_k; // blocks_k: number of blocks of channels (of 128 bytes); part_k: of these per part
  int tiles;                                           // over all parts and matrices
  int rows_a, blocks_a, blocks_b;                      // of the panels: padded rows, blocks of columns
  int rows_b0, rows_b1, rows_b2, until0, until1;       // until: block of channels at which the first and second product end
  int accumulate, vector_c;
};

#define WIDE_BM 128
#define PANEL_LINE 128 // bytes of a row of a block

template <int BN> struct WideTile {
  static constexpr int A_BYTES = WIDE_BM * PANEL_LINE, B_BYTES = BN * PANEL_LINE, STAGE = A_BYTES + B_BYTES;
  static constexpr int CTAS = BN == 128 ? 2 : 1; // blocks per multiprocessor: one multiplies while the other writes
  static constexpr int THREADS = CTAS == 1 ? 384 : 288; // the last warp, or the last group of four warps, copies
  static constexpr int STAGES = CTAS == 1 ? 4 : 3;
  static constexpr int WRITES = CTAS == 1 ? 2 : 1; // copies of a warp's results on their way
};

template <Mode M, bool TA, bool TB, int BN> __device__ __forceinline__ void gemm_wide_body(const WideGemm &s) {
#if HOPPER
  static_assert(M == BF16 || (M == TF32 && !TA && TB), "in tf32, channels are contiguous");
  using Tile = WideTile<BN>;
  constexpr int STAGES = Tile::STAGES;
  DYNAMIC_SHARED(raw);
  unsigned char *const memory = align1024(raw);
  unsigned char *const results = memory + STAGES * Tile::STAGE;
  Barrier *const full = (Barrier *)(results + 8 * Tile::WRITES * 2048), *const empty = full + STAGES;
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
      const int to = min(s.blocks_k, (part + 1) * s.part_k);
      const int columns_a = TA ? min(WIDE_BM / 64, s.blocks_a - m0 / 64) : 0, columns_b = TB ? 0 : min(BN / 64, s.blocks_b - n0 / 64);
      const int bytes = (TA ? columns_a * 8192 : Tile::A_BYTES) + (TB ? Tile::B_BYTES : columns_b * 8192);
      for (int i = part * s.part_k; i < to; i++) {
        const int which = (i >= s.until0) + (i >= s.until1), k = i - (which == 0 ? 0 : which == 1 ? s.until0 : s.until1);
        const int rows_b = which == 0 ? s.rows_b0 : which == 1 ? s.rows_b1 : s.rows_b2;
        const unsigned char *A = (which == 0 ? s.A0 : which == 1 ? s.A1 : s.A2) + (long)batch * s.rows_a * s.blocks_a * PANEL_LINE;
        const unsigned char *B = (which == 0 ? s.B0 : which == 1 ? s.B1 : s.B2) + (long)batch * rows_b * s.blocks_b * PANEL_LINE;
        barrier_wait(empty + stage, parity ^ 1);
        barrier_expect(full + stage, bytes);
        unsigned char *a = memory + stage * Tile::STAGE, *b = a + Tile::A_BYTES;
        if (TA) {
          for (int j = 0; j < columns_a; j++) bulk_copy(a + j * 8192, A + ((long)(m0 / 64 + j) * s.rows_a + k * 64) * PANEL_LINE, 8192, full + stage);
        } else bulk_copy(a, A + ((long)k * s.rows_a + m0) * PANEL_LINE, Tile::A_BYTES, full + stage);
        if (TB) bulk_copy(b, B + ((long)k * rows_b + n0) * PANEL_LINE, Tile::B_BYTES, full + stage);
        else
          for (int j = 0; j < columns_b; j++) bulk_copy(b + j * 8192, B + ((long)(n0 / 64 + j) * rows_b + k * 64) * PANEL_LINE, 8192, full + stage);
        if (++stage == STAGES) stage = 0, parity ^= 1;
      }
    }
  } else {
    if constexpr (Tile::CTAS == 1) more_registers<232>();
    const int group = threadIdx.x / 128, warp = threadIdx.x % 128 / 32, g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
    int write = 0;
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
      unsigned char *const mine = results + threadIdx.x / 32 * Tile::WRITES * 2048;
      if (M == BF16 && s.panels != NULL) {
        const int row = m0 + group * 64 + warp * 16;
        if (row >= s.M) continue;
#pragma unroll
        for (int j = 0; j < BN / 64; j++) {
          if (n0 + 64 * j >= s.N) break;
          if (threadIdx.x % 32 == 0) bulk_store_wait<Tile::WRITES - 1>();
          __syncwarp();
          uint32_t *to = (uint32_t *)(mine + write * 2048);
#pragma unroll
          for (int half = 0; half < 2; half++)
#pragma unroll
            for (int n = 0; n < 8; n++) // row % 8 is g
              to[(8 * half + g) * 32 + (n ^ g) * 4 + t] = to_bf16x2(c[8 * j + n][2 * half], c[8 * j + n][2 * half + 1]);
          shared_written();
          __syncwarp();
          if (threadIdx.x % 32 == 0) bulk_store(s.panels + ((long)(n0 / 64 + j) * s.M + row) * 64, to, 2048);
          write = Tile::WRITES - 1 - write;
        }
        continue;
      }
      float *C = s.C + (long)(s.parts > 1 ? part : batch) * s.M * s.N;
      if (s.vector_c) { // 16 rows of 32 columns at a time by way of shared memory, so that whole lines are written
        const int lane = threadIdx.x % 32, row = m0 + group * 64 + warp * 16 + lane / 8;
#pragma unroll
        for (int j = 0; j < BN / 32; j++) {
          const int column = n0 + 32 * j + 4 * (lane % 8);
          if (n0 + 32 * j >= s.N) break;
          __syncwarp();
#pragma unroll
          for (int half = 0; half < 2; half++)
#pragma unroll
            for (int n = 0; n < 4; n++)
              *(float2 *)(mine + (8 * half + g) * 128 + (2 * n + t / 2 ^ g) * 16 + t % 2 * 8) = make_float2(c[4 * j + n][2 * half], c[4 * j + n][2 * half + 1]);
          __syncwarp();
#pragma unroll(Tile::CTAS == 1 ? 4 : 1)
          for (int i = 0; i < 4; i++) {
            if (row + 4 * i >= s.M || column >= s.N) continue;
            const int r = 4 * i + lane / 8;
            float4 x = *(const float4 *)(mine + r * 128 + (lane % 8 ^ r % 8) * 16), *to = (float4 *)(C + (long)(row + 4 * i) * s.N + column);
            if (s.accumulate) x = add4(*to, x);
            *to = x;
          }
        }
        continue;
      }
#pragma unroll
      for (int half = 0; half < 2; half++) {
        const int row = m0 + group * 64 + warp * 16 + half * 8 + g;
        if (row >= s.M) continue;
        float *to_row = C + (long)row * s.N;
#pragma unroll
        for (int j = 0; j < BN / 8; j++)
#pragma unroll
          for (int e = 0; e < 2; e++) {
            const int column = n0 + 8 * j + 2 * t + e;
            const float x = c[j][2 * half + e];
            if (column < s.N) to_row[column] = s.accumulate ? to_row[column] + x : x;
          }
      }
    }
    bulk_store_wait<0>();
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
