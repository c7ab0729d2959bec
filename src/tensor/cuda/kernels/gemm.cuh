// Matrix products on the tensor cores of every card since Ampere (mma.sync).
//
// A block computes a tile of C from panels of A and B. With a long K and few tiles, K is split into parts, whose sums are added
// in order afterwards, so results are deterministic. Three ways to load shared memory: `gemm_any` through registers, for any
// sizes and alignment; `gemm_stream` by asynchronous copies, for float32 operands whose rows begin at multiples of 16 bytes;
// `gemm_panels` likewise, for bf16 operands in panels.

#ifndef CLASS_IT_GEMM_CUH
#define CLASS_IT_GEMM_CUH

#include "device.cuh"
#include "panels.cuh"

struct Gemm {
  const void *A, *B; // float; in gemm_panels, bf16
  float *C;          // with parts > 1: [parts][M][N] partial sums
  int M, N, K;
  int parts, k_part; // k_part: channels per part, a multiple of a panel's channels
  int accumulate, vector_a, vector_b, vector_c; // vector: rows begin at multiples of 16 (C: 8) bytes
  int tiles_m, tiles_n;
  int rows_a, rows_b, blocks_a, blocks_b; // for gemm_panels: padded rows of a block, number of blocks of 64 columns
};

// A panel of an operand: R rows (rows of A, or columns of B) of BK channels. ROWS: the channels of a row are contiguous in
// global and in shared memory; otherwise the rows of a channel are.
template <Mode M, bool ROWS, int R, int BK, int THREADS> struct Panel {
  using E = typename Precision<M>::E;
  static constexpr int STRIDE = ROWS ? BK + Precision<M>::PAD : R + 8;
  static constexpr int SIZE = (ROWS ? R : BK) * STRIDE;
  static constexpr int COUNT = R * BK / 4 / THREADS; // float4 per thread
  static_assert(R * BK / 4 % THREADS == 0, "a panel is shared out evenly");
  float4 staged[COUNT];

  __device__ __forceinline__ void place(int j, int &r, int &k) const {
    const int i = threadIdx.x + j * THREADS;
    if (ROWS) r = i / (BK / 4), k = i % (BK / 4) * 4;
    else k = i / (R / 4), r = i % (R / 4) * 4;
  }
  // rows, channels: the sizes of the whole operand (channels: up to the end of this part of K)
  __device__ __forceinline__ void load(const float *p, int row0, int k0, int rows, int channels, long ld, bool vector) {
#pragma unroll
    for (int j = 0; j < COUNT; j++) {
      int r, k;
      place(j, r, k);
      r += row0, k += k0;
      float4 x = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
      if (ROWS) {
        if (r < rows) {
          const float *s = p + r * ld + k;
          if (vector && k + 3 < channels) x = *(const float4 *)s;
          else {
            if (k < channels) x.x = s[0];
            if (k + 1 < channels) x.y = s[1];
            if (k + 2 < channels) x.z = s[2];
            if (k + 3 < channels) x.w = s[3];
          }
        }
      } else if (k < channels) {
        const float *s = p + k * ld + r;
        if (vector && r + 3 < rows) x = *(const float4 *)s;
        else {
          if (r < rows) x.x = s[0];
          if (r + 1 < rows) x.y = s[1];
          if (r + 2 < rows) x.z = s[2];
          if (r + 3 < rows) x.w = s[3];
        }
      }
      staged[j] = x;
    }
  }
  __device__ __forceinline__ void store(E *tile) const {
#pragma unroll
    for (int j = 0; j < COUNT; j++) {
      int r, k;
      place(j, r, k);
      E *to = tile + (ROWS ? r * STRIDE + k : k * STRIDE + r);
      const float4 x = staged[j];
      if constexpr (M == BF16) *(uint2 *)to = make_uint2(to_bf16x2(x.x, x.y), to_bf16x2(x.z, x.w));
      else if constexpr (M == TF32) *(float4 *)to = make_float4(to_tf32(x.x), to_tf32(x.y), to_tf32(x.z), to_tf32(x.w));
      else *(float4 *)to = x;
    }
  }
  static __device__ __forceinline__ void fragment(FragmentA<M> &a, const E *tile, int row, int k) {
    if constexpr (ROWS) load_a<M>(a, tile, STRIDE, row, k);
    else load_a_down<M>(a, tile, STRIDE, row, k);
  }
  static __device__ __forceinline__ void fragment(FragmentB<M> (&b)[2], const E *tile, int column, int k) {
    if constexpr (ROWS) load_b<M>(b, tile, STRIDE, column, k);
    else load_b_down<M, false>(b, tile, STRIDE, column, k);
  }
};

// BM x BN elements of C per block, WM x WN per warp.
template <int BM_, int BN_, int WM_, int WN_> struct Shape {
  static constexpr int BM = BM_, BN = BN_, WM = WM_, WN = WN_, THREADS = 32 * (BM / WM) * (BN / WN), TM = WM / 16, TN = WN / 8;
};

// The tile that a block computes: blocks go down bands of 8 tiles, so that neighbours share panels in the L2 cache.
struct Place {
  int m0, n0, part, batch;
};
template <class S> __device__ __forceinline__ Place place_of_block(const Gemm &s) {
  constexpr int BAND = 8;
  const int band = blockIdx.x / (BAND * s.tiles_n), in_band = blockIdx.x % (BAND * s.tiles_n);
  const int height = min(BAND, s.tiles_m - band * BAND);
  return {(band * BAND + in_band % height) * S::BM, in_band / height * S::BN, (int)blockIdx.z % s.parts, (int)blockIdx.z / s.parts};
}

// Write a warp's products to matrix `which` of C, from row m and column n on.
template <class S>
__device__ __forceinline__ void write_tile(const Gemm &s, const float (&c)[S::TM][S::TN][4], int m, int n, int which) {
  const int g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
  float *C = s.C + (long)which * s.M * s.N;
#pragma unroll
  for (int i = 0; i < S::TM; i++)
#pragma unroll
    for (int half = 0; half < 2; half++) {
      const int row = m + 16 * i + 8 * half + g;
      if (row >= s.M) continue;
#pragma unroll
      for (int j = 0; j < S::TN; j++) {
        const int column = n + 8 * j + 2 * t;
        float *to = C + (long)row * s.N + column;
        float2 x = make_float2(c[i][j][2 * half], c[i][j][2 * half + 1]);
        if (s.vector_c && column + 1 < s.N) {
          if (s.accumulate) {
            const float2 y = *(const float2 *)to;
            x.x += y.x, x.y += y.y;
          }
          *(float2 *)to = x;
        } else {
          if (column < s.N) to[0] = s.accumulate ? to[0] + x.x : x.x;
          if (column + 1 < s.N) to[1] = s.accumulate ? to[1] + x.y : x.y;
        }
      }
    }
}

// Multiply one panel.
template <Mode M, class PanelA, class PanelB, class S, bool ROUND>
__device__ __forceinline__ void multiply_panels(float (&c)[S::TM][S::TN][4], const typename Precision<M>::E *ta,
                                                const typename Precision<M>::E *tb, int wm, int wn) {
#pragma unroll
  for (int k = 0; k < Precision<M>::DEPTH; k += Precision<M>::STEP) {
    FragmentA<M> fa[S::TM];
#pragma unroll
    for (int i = 0; i < S::TM; i++) {
      PanelA::fragment(fa[i], ta, wm + 16 * i, k);
      if constexpr (ROUND) round_tf32(fa[i].hi);
    }
#pragma unroll
    for (int j = 0; j < S::TN; j += 2) {
      FragmentB<M> fb[2];
      PanelB::fragment(fb, tb, wn + 8 * j, k);
      if constexpr (ROUND) round_tf32(fb[0].hi), round_tf32(fb[1].hi);
#pragma unroll
      for (int i = 0; i < S::TM; i++) {
        multiply<M>(c[i][j], fa[i], fb[0]);
        multiply<M>(c[i][j + 1], fa[i], fb[1]);
      }
    }
  }
}

template <class S> __device__ __forceinline__ void clear_tile(float (&c)[S::TM][S::TN][4]) {
#pragma unroll
  for (int i = 0; i < S::TM; i++)
#pragma unroll
    for (int j = 0; j < S::TN; j++)
#pragma unroll
      for (int e = 0; e < 4; e++) c[i][j][e] = 0.0f;
}

// Any sizes and any alignment: loaded through registers.
template <Mode M, bool TA, bool TB, class S> __device__ __forceinline__ void gemm_any_body(const Gemm &s) {
  constexpr int BK = Precision<M>::DEPTH;
  using PanelA = Panel<M, !TA, S::BM, BK, S::THREADS>;
  using PanelB = Panel<M, TB, S::BN, BK, S::THREADS>;
  using E = typename Precision<M>::E;
  DYNAMIC_SHARED(memory);
  E *const tiles_a = (E *)memory, *const tiles_b = tiles_a + 2 * PanelA::SIZE;
  const Place at = place_of_block<S>(s);
  const float *A = (const float *)s.A + (long)at.batch * s.M * s.K, *B = (const float *)s.B + (long)at.batch * s.K * s.N;
  const int from = at.part * s.k_part, to = min(s.K, from + s.k_part);
  const long lda = TA ? s.M : s.K, ldb = TB ? s.K : s.N;
  const int warp = threadIdx.x / 32, wm = warp / (S::BN / S::WN) * S::WM, wn = warp % (S::BN / S::WN) * S::WN;
  float c[S::TM][S::TN][4];
  clear_tile<S>(c);
  PanelA a;
  PanelB b;
  a.load(A, at.m0, from, s.M, to, lda, s.vector_a);
  b.load(B, at.n0, from, s.N, to, ldb, s.vector_b);
  a.store(tiles_a);
  b.store(tiles_b);
  __syncthreads();
  int stage = 0;
  for (int k0 = from; k0 < to; k0 += BK) {
    const bool more = k0 + BK < to;
    if (more) {
      a.load(A, at.m0, k0 + BK, s.M, to, lda, s.vector_a);
      b.load(B, at.n0, k0 + BK, s.N, to, ldb, s.vector_b);
    }
    multiply_panels<M, PanelA, PanelB, S, false>(c, tiles_a + stage * PanelA::SIZE, tiles_b + stage * PanelB::SIZE, wm, wn);
    stage ^= 1;
    if (more) { // into the other panels, which no thread reads after the previous barrier
      a.store(tiles_a + stage * PanelA::SIZE);
      b.store(tiles_b + stage * PanelB::SIZE);
    }
    __syncthreads();
  }
  write_tile<S>(s, c, at.m0 + wm, at.n0 + wn, s.parts > 1 ? at.part : at.batch);
}

// A panel whose elements need no conversion (float32, rounded later; or bf16) is copied without registers. Rows in memory are
// multiples of 16 bytes.
template <Mode M, bool ROWS, int R, int BK, int THREADS>
__device__ __forceinline__ void copy_panel(typename Precision<M>::E *tile, const typename Precision<M>::E *p, int row0, int k0,
                                           int rows, int channels, long ld) {
  using E = typename Precision<M>::E;
  constexpr int A_COPY = 16 / (int)sizeof(E), LINE = (ROWS ? BK : R) / A_COPY, COUNT = R * BK / A_COPY / THREADS;
  constexpr int STRIDE = Panel<M, ROWS, R, BK, THREADS>::STRIDE;
  static_assert(R * BK / A_COPY % THREADS == 0, "a panel is shared out evenly");
#pragma unroll
  for (int j = 0; j < COUNT; j++) {
    const int i = threadIdx.x + j * THREADS, line = i / LINE, at = i % LINE * A_COPY;
    const int r = row0 + (ROWS ? line : at), k = k0 + (ROWS ? at : line);
    const bool present = r < rows && k < channels;
    copy16(tile + line * STRIDE + at, present ? p + (ROWS ? r * ld + k : k * ld + r) : p, present);
  }
}

#define GEMM_STAGES 4

template <Mode M, bool TA, bool TB, class S> __device__ __forceinline__ void gemm_stream_body(const Gemm &s) {
  constexpr int BK = Precision<M>::DEPTH;
  using PanelA = Panel<M, !TA, S::BM, BK, S::THREADS>;
  using PanelB = Panel<M, TB, S::BN, BK, S::THREADS>;
  using E = typename Precision<M>::E;
  DYNAMIC_SHARED(memory);
  E *const tiles_a = (E *)memory, *const tiles_b = tiles_a + GEMM_STAGES * PanelA::SIZE;
  const Place at = place_of_block<S>(s);
  const E *A = (const E *)s.A + (long)at.batch * s.M * s.K, *B = (const E *)s.B + (long)at.batch * s.K * s.N;
  const int from = at.part * s.k_part, to = min(s.K, from + s.k_part), panels = (to - from + BK - 1) / BK;
  const long lda = TA ? s.M : s.K, ldb = TB ? s.K : s.N;
  const int warp = threadIdx.x / 32, wm = warp / (S::BN / S::WN) * S::WM, wn = warp % (S::BN / S::WN) * S::WN;
  const auto fetch = [&](int panel) { // always commits a group of copies, even an empty one
    if (panel < panels) {
      const int stage = panel % GEMM_STAGES, k0 = from + panel * BK;
      copy_panel<M, !TA, S::BM, BK, S::THREADS>(tiles_a + stage * PanelA::SIZE, A, at.m0, k0, s.M, to, lda);
      copy_panel<M, TB, S::BN, BK, S::THREADS>(tiles_b + stage * PanelB::SIZE, B, at.n0, k0, s.N, to, ldb);
    }
    copy_commit();
  };
  for (int panel = 0; panel < GEMM_STAGES - 1; panel++) fetch(panel);
  float c[S::TM][S::TN][4];
  clear_tile<S>(c);
  for (int panel = 0; panel < panels; panel++) {
    copy_wait<GEMM_STAGES - 2>();
    __syncthreads(); // all threads can read this panel, and none reads the previous one, which is overwritten next
    fetch(panel + GEMM_STAGES - 1);
    const int stage = panel % GEMM_STAGES;
    multiply_panels<M, PanelA, PanelB, S, M == TF32>(c, tiles_a + stage * PanelA::SIZE, tiles_b + stage * PanelB::SIZE, wm, wn);
  }
  copy_wait<0>();
  write_tile<S>(s, c, at.m0 + wm, at.n0 + wn, s.parts > 1 ? at.part : at.batch);
}

// C (+)= the sum of the parts, in order.
struct AddParts {
  const float *sums;
  float *C;
  long n;
  int parts, accumulate;
};
__device__ __forceinline__ void add_parts_body(const AddParts &s) {
  for (long i = blockIdx.x * (long)blockDim.x + threadIdx.x; i < s.n; i += (long)gridDim.x * blockDim.x) {
    float total = s.accumulate ? s.C[i] : 0.0f;
    for (int p = 0; p < s.parts; p++) total += s.sums[p * s.n + i];
    s.C[i] = total;
  }
}
KERNEL(add_parts, AddParts, __launch_bounds__(256), add_parts_body(s))

// ----------------------------------------------------------------------------------------------------------- bf16 panels
// A tile of an operand in panels. ROWS: its rows are the panel's rows and its 64 channels the panel's columns; otherwise its
// channels are the panel's rows and its rows are columns of R / 64 blocks. In both cases lines are 128 bytes, swizzled.
template <bool ROWS, int R> struct PanelTile {
  static constexpr int LINES = R; // ROWS: R lines of one block; otherwise 64 lines of R / 64 blocks
  static constexpr int SIZE = R * 64;
  template <int THREADS>
  static __device__ __forceinline__ void copy(uint16_t *tile, const uint16_t *panels, int row0, int k0, int rows, int blocks) {
#pragma unroll
    for (int j = 0; j < LINES * 8 / THREADS; j++) {
      const int i = threadIdx.x + j * THREADS, line = i / 8, piece = i % 8;
      const int block = ROWS ? k0 / 64 : row0 / 64 + line / 64, r = ROWS ? row0 + line : k0 + line % 64;
      const bool present = block < blocks && r < rows;
      copy16(tile + line * 64 + piece * 8, present ? panels + ((long)block * rows + r) * 64 + piece * 8 : panels, present);
    }
  }
  static __device__ __forceinline__ const uint16_t *at(const uint16_t *tile, int line, int column) { // column: a multiple of 8
    return tile + line * 64 + (column / 8 ^ line % 8) * 8;
  }
  static __device__ __forceinline__ void fragment(FragmentA<BF16> &a, const uint16_t *tile, int row, int k) {
    const int lane = threadIdx.x & 31;
    if constexpr (ROWS) load_matrices(a.hi, at(tile, row + (lane & 15), k + (lane >> 4) * 8));
    else {
      const int x = row + ((lane >> 3) & 1) * 8;
      load_transposed(a.hi, at(tile, x / 64 * 64 + k + (lane & 7) + (lane >> 4) * 8, x % 64));
    }
  }
  static __device__ __forceinline__ void fragment(FragmentB<BF16> (&b)[2], const uint16_t *tile, int column, int k) {
    const int lane = threadIdx.x & 31;
    uint32_t r[4];
    if constexpr (ROWS) load_matrices(r, at(tile, column + (lane & 7) + (lane >> 4) * 8, k + ((lane >> 3) & 1) * 8));
    else {
      const int x = column + (lane >> 4) * 8;
      load_transposed(r, at(tile, x / 64 * 64 + k + (lane & 15), x % 64));
    }
#pragma unroll
    for (int i = 0; i < 2; i++) b[i].hi[0] = r[2 * i], b[i].hi[1] = r[2 * i + 1];
  }
};

#define PANEL_STAGES 3

template <bool TA, bool TB, class S> __device__ __forceinline__ void gemm_panels_body(const Gemm &s) {
  using TileA = PanelTile<!TA, S::BM>;
  using TileB = PanelTile<TB, S::BN>;
  DYNAMIC_SHARED(memory);
  uint16_t *const tiles_a = (uint16_t *)memory, *const tiles_b = tiles_a + PANEL_STAGES * TileA::SIZE;
  const Place at = place_of_block<S>(s);
  const uint16_t *A = (const uint16_t *)s.A + (long)at.batch * s.rows_a * s.blocks_a * 64;
  const uint16_t *B = (const uint16_t *)s.B + (long)at.batch * s.rows_b * s.blocks_b * 64;
  const int from = at.part * s.k_part, to = min(s.K, from + s.k_part), panels = (to - from + 63) / 64;
  const int warp = threadIdx.x / 32, wm = warp / (S::BN / S::WN) * S::WM, wn = warp % (S::BN / S::WN) * S::WN;
  const auto fetch = [&](int panel) { // always commits a group of copies, even an empty one
    if (panel < panels) {
      const int stage = panel % PANEL_STAGES, k0 = from + panel * 64;
      TileA::template copy<S::THREADS>(tiles_a + stage * TileA::SIZE, A, at.m0, k0, s.rows_a, s.blocks_a);
      TileB::template copy<S::THREADS>(tiles_b + stage * TileB::SIZE, B, at.n0, k0, s.rows_b, s.blocks_b);
    }
    copy_commit();
  };
  for (int panel = 0; panel < PANEL_STAGES - 1; panel++) fetch(panel);
  float c[S::TM][S::TN][4];
  clear_tile<S>(c);
  for (int panel = 0; panel < panels; panel++) {
    copy_wait<PANEL_STAGES - 2>();
    __syncthreads(); // all threads can read this panel, and none reads the previous one, which is overwritten next
    fetch(panel + PANEL_STAGES - 1);
    const uint16_t *const ta = tiles_a + panel % PANEL_STAGES * TileA::SIZE, *const tb = tiles_b + panel % PANEL_STAGES * TileB::SIZE;
#pragma unroll
    for (int k = 0; k < 64; k += 16) {
      FragmentA<BF16> fa[S::TM];
#pragma unroll
      for (int i = 0; i < S::TM; i++) TileA::fragment(fa[i], ta, wm + 16 * i, k);
#pragma unroll
      for (int j = 0; j < S::TN; j += 2) {
        FragmentB<BF16> fb[2];
        TileB::fragment(fb, tb, wn + 8 * j, k);
#pragma unroll
        for (int i = 0; i < S::TM; i++) {
          multiply<BF16>(c[i][j], fa[i], fb[0]);
          multiply<BF16>(c[i][j + 1], fa[i], fb[1]);
        }
      }
    }
  }
  copy_wait<0>();
  write_tile<S>(s, c, at.m0 + wm, at.n0 + wn, s.parts > 1 ? at.part : at.batch);
}

// ---------------------------------------------------------------------------------------------------------- the instances
// Tiles: large ones if they fill the card, small ones otherwise. Orders of A and B: n as stored, t transposed.
using Small = Shape<64, 64, 32, 32>;
using Middle = Shape<128, 128, 64, 32>;
using Large = Shape<128, 256, 64, 64>;

#define GEMM_ORDERS(name, body, M, S, blocks)                                                                      \
  KERNEL(name##_nn, Gemm, __launch_bounds__(S::THREADS, blocks), body<M, false, false, S>(s))                      \
  KERNEL(name##_nt, Gemm, __launch_bounds__(S::THREADS, blocks), body<M, false, true, S>(s))                       \
  KERNEL(name##_tn, Gemm, __launch_bounds__(S::THREADS, blocks), body<M, true, false, S>(s))                       \
  KERNEL(name##_tt, Gemm, __launch_bounds__(S::THREADS, blocks), body<M, true, true, S>(s))
GEMM_ORDERS(gemm_any_f32_small, gemm_any_body, F32, Small, 4)
GEMM_ORDERS(gemm_any_f32_middle, gemm_any_body, F32, Middle, 2)
GEMM_ORDERS(gemm_any_tf32_small, gemm_any_body, TF32, Small, 4)
GEMM_ORDERS(gemm_any_tf32_middle, gemm_any_body, TF32, Middle, 2)
GEMM_ORDERS(gemm_stream_f32_small, gemm_stream_body, F32, Small, 2)
GEMM_ORDERS(gemm_stream_f32_middle, gemm_stream_body, F32, Middle, 2)
GEMM_ORDERS(gemm_stream_tf32_small, gemm_stream_body, TF32, Small, 2)
GEMM_ORDERS(gemm_stream_tf32_middle, gemm_stream_body, TF32, Middle, 2)
GEMM_ORDERS(gemm_stream_tf32_large, gemm_stream_body, TF32, Large, 1)
#define PANEL_ORDERS(name, S)                                                                                      \
  KERNEL(name##_nn, Gemm, __launch_bounds__(S::THREADS, 2), gemm_panels_body<false, false, S>(s))                  \
  KERNEL(name##_nt, Gemm, __launch_bounds__(S::THREADS, 2), gemm_panels_body<false, true, S>(s))                   \
  KERNEL(name##_tn, Gemm, __launch_bounds__(S::THREADS, 2), gemm_panels_body<true, false, S>(s))                   \
  KERNEL(name##_tt, Gemm, __launch_bounds__(S::THREADS, 2), gemm_panels_body<true, true, S>(s))
PANEL_ORDERS(gemm_panels_small, Small)
PANEL_ORDERS(gemm_panels_middle, Middle)

#endif
