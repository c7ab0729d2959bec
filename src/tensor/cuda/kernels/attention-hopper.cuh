// Attention with Hopper's warp group instructions: bf16 or tf32, heads of up to 64 channels. The passes are those of attention.cuh, with
// 64 rows per warp group: operands are read from shared memory once per 64 rows instead of 16. The last warp copies, the others
// multiply. Operands are swizzled rows of 128 bytes (hopper.cuh), so that a tile is one plain copy. Sequence b's rows of head h
// begin at row b q_batch + h q_head (k_batch, k_head for keys and values): they are packed like those of attention.cuh, or are
// the panels of a matrix [B*T][heads*64] themselves. Then a sequence is followed by the next one or by zeros, and results are
// written as such panels, of `out` rows; with out = 0 they are float32.
//
// In tf32 a packed row has two lines of 128 bytes, those of channels 32 to 63 of all rows of a head after the others. Channels of
// a product must be contiguous in both operands, so what is multiplied by the probabilities or their gradient is also packed
// turned: 64 rows (channels) of 32 tokens after another. It follows the other form; in the forward pass v is turned only.

#ifndef CLASS_IT_ATTENTION_HOPPER_CUH
#define CLASS_IT_ATTENTION_HOPPER_CUH

#include "attention.cuh"
#include "panels.cuh"
#include "hopper.cuh"

#define WIDE_ROWS 128 // queries or keys per block in the backward passes
#define WARPS_THREADS 384 // two warp groups that multiply, and one that copies with one thread and gives them its registers
// ROW: bytes of a packed row. STEP: channels per instruction. TURNED: 1 if there are turned operands. Tiles and stages of each
// pass are what fits into shared memory and registers.
template <Mode M> struct WidePass;
template <> struct WidePass<BF16> {
  static constexpr int ROW = 128, STEP = 16, TURNED = 0;
  static constexpr int FORWARD_GROUPS = 3, FORWARD_STAGES = 4, DQ_KEYS = 128, DQ_STAGES = 3, DKV_STAGES = 5;
};
template <> struct WidePass<TF32> {
  static constexpr int ROW = 256, STEP = 8, TURNED = 1;
  static constexpr int FORWARD_GROUPS = 2, FORWARD_STAGES = 3, DQ_KEYS = 64, DQ_STAGES = 3, DKV_STAGES = 2;
};
#define FORWARD_KEYS 128
#define FORWARD_THREADS(M) (128 * (WidePass<M>::FORWARD_GROUPS + 1))
#define DKV_QUERIES 64

#if HOPPER
// Copy rows from `row` on of a head of `rows` rows to a tile of N rows.
template <Mode M, int N> __device__ __forceinline__ void copy_rows(unsigned char *tile, const void *head, long row, long rows, Barrier *b, int n = N) {
#pragma unroll
  for (int line = 0; line < WidePass<M>::ROW / 128; line++)
    bulk_copy(tile + line * N * 128, (const unsigned char *)head + (line * rows + row) * 128, n * 128, b);
}
// c = a bᵀ over 64 channels: the group's 64 rows of a tile of A rows times a tile of N rows.
template <Mode M, int A, int N> __device__ __forceinline__ void wide_rows_by_rows(float (&c)[N / 8][4], uint64_t a, uint64_t b) {
  if constexpr (M == TF32) {
#pragma unroll
    for (int k = 0; k < 8; k++) wgmma_tf32(c, a + k / 4 * (A * 8) + k % 4 * 2, b + k / 4 * (N * 8) + k % 4 * 2, k > 0);
  } else {
#pragma unroll
    for (int k = 0; k < 4; k++) wgmma_shared<0, 0>(c, a + 2 * k, b + 2 * k, k > 0);
  }
}
// c += p b: p holds 64 x N rounded products; b is a tile of N rows of 64 channels, in tf32 turned.
template <Mode M, int N>
__device__ __forceinline__ void wide_products_by_rows(float (&c)[8][4], const uint32_t (&p)[N / WidePass<M>::STEP][4], uint64_t b) {
#pragma unroll
  for (int k = 0; k < N / WidePass<M>::STEP; k++) {
    if constexpr (M == TF32) wgmma_tf32(c, p[k], b + k / 4 * (64 * 8) + k % 4 * 2, 1);
    else wgmma_registers<1>(c, p[k], b + 128 * k, 1);
  }
}
// The operand A of the four products over 64 channels of bf16, 16 rows per warp from `tile` on; and c = a bᵀ.
__device__ __forceinline__ void load_wide_rows(uint32_t (&a)[4][4], const unsigned char *tile) {
  const int row = threadIdx.x % 128 / 32 * 16 + threadIdx.x % 16, piece = threadIdx.x % 32 / 16;
#pragma unroll
  for (int k = 0; k < 4; k++) load_matrices(a[k], tile + row * 128 + ((2 * k + piece) ^ row % 8) * 16);
}
template <int N> __device__ __forceinline__ void wide_registers_by_rows(float (&c)[N][4], const uint32_t (&a)[4][4], uint64_t b) {
#pragma unroll
  for (int k = 0; k < 4; k++) wgmma_registers<0>(c, a[k], b + 2 * k, k > 0);
}
template <Mode M, int N> __device__ __forceinline__ void wide_round(uint32_t (&p)[N / WidePass<M>::STEP][4], const float (&x)[N / 8][4]) {
#pragma unroll
  for (int k = 0; k < N / WidePass<M>::STEP; k++) {
    if constexpr (M == TF32) products_as_tf32(p[k], x[k]);
    else products_as_a(p[k], x[2 * k], x[2 * k + 1]);
  }
}

// `sees` without branches
__device__ __forceinline__ bool sees_flat(const int4 &token, int i, int j) {
  return ((((j >= token.x) & (j < token.y)) | (j >= token.z)) & (j <= i)) != 0;
}

// Write two rows of one head (i and i + 8).
__device__ __forceinline__ void write_wide(const Attention &s, const float (&c)[8][4], float *to, int b, int head, int heads, int i,
                                           const float (&factor)[2]) {
  if (s.out == 0) {
    const long width = (long)heads * s.D;
    write_rows<64>(c, to + b * s.T * width + head * s.D, width, i, s.T, s.D, factor);
    return;
  }
  uint16_t *rows = (uint16_t *)to + ((long)head * s.out + (long)b * s.T) * 64;
#pragma unroll
  for (int half = 0; half < 2; half++) {
    const int row = i + 8 * half;
    if (row >= s.T) continue;
#pragma unroll
    for (int n = 0; n < 8; n++)
      *(uint32_t *)(rows + (long)row * 64 + (n ^ row % 8) * 8 + 2 * (threadIdx.x % 4)) =
          to_bf16x2(c[n][2 * half] * factor[half], c[n][2 * half + 1] * factor[half]);
  }
}

// What the copying warp does in forward and dq: it copies keys and values of all tiles that the queries may attend to. In tf32,
// turned values (forward), or values and turned keys (dq).
template <Mode M, int KEYS, int STAGES, int STAGE, bool FORWARD>
__device__ __forceinline__ void copy_keys(const int4 &bounds, int j0, int i1, const unsigned char *k, const unsigned char *v, const unsigned char *turned,
                                          long rows, unsigned char *stages, Barrier *full, Barrier *empty) {
  constexpr int TILE = KEYS * WidePass<M>::ROW;
  int stage = 0, parity = 0;
  for (int j = j0; j < i1; j += KEYS) {
    if (!any_sees(bounds, i1, j, j + KEYS)) continue;
    barrier_wait(empty + stage, parity ^ 1);
    barrier_expect(full + stage, STAGE);
    unsigned char *const to = stages + stage * STAGE;
    copy_rows<M, KEYS>(to, k, j, rows, full + stage);
    if (M == BF16 || !FORWARD) copy_rows<M, KEYS>(to + TILE, v, j, rows, full + stage);
    if (M == TF32) bulk_copy(to + STAGE - TILE, turned + (long)j * 256, TILE, full + stage);
    if (++stage == STAGES) stage = 0, parity ^= 1;
  }
}
template <int STAGES, int WARPS> __device__ __forceinline__ void start_barriers(Barrier *full, Barrier *empty, Barrier *once) {
  if (threadIdx.x == 0) {
    for (int i = 0; i < STAGES; i++) barrier_init(full + i, 1), barrier_init(empty + i, WARPS);
    barrier_init(once, 1);
    barrier_fence();
  }
  __syncthreads();
}
#endif

// One warp group has 64 queries. The products with the next tile of keys are started before those of this tile with the values,
// so that the tensor cores work while the exponentials are computed.
template <Mode M> __device__ __forceinline__ void attention_wide_body(const Attention &s) {
#if HOPPER
  using Pass = WidePass<M>;
  constexpr int N = FORWARD_KEYS, STAGES = Pass::FORWARD_STAGES, ROWS = 64 * Pass::FORWARD_GROUPS, STAGE = 2 * N * Pass::ROW;
  DYNAMIC_SHARED(raw);
  unsigned char *const q = align1024(raw), *const stages = q + ROWS * Pass::ROW;
  Barrier *const full = (Barrier *)(stages + STAGES * STAGE), *const empty = full + STAGES, *const once = empty + STAGES;
  const int tile = gridDim.y - 1 - blockIdx.y, h = blockIdx.x, b = blockIdx.z; // the longest rows of all heads first
  const int i0 = tile * ROWS, i1 = min(i0 + ROWS, s.Tp), kv = h / (s.H / s.K);
  const int4 *edges = s.bounds + (long)b * (s.Tp / ATTENTION_BOUND);
  int4 bounds = edges[i0 / ATTENTION_BOUND];
  for (int i = i0 + ATTENTION_BOUND; i < i1; i += ATTENTION_BOUND) bounds = both_bounds(bounds, edges[i / ATTENTION_BOUND]);
  start_barriers<STAGES, 4 * Pass::FORWARD_GROUPS>(full, empty, once);
  if (threadIdx.x >= 128 * Pass::FORWARD_GROUPS) {
    fewer_registers<M == TF32 ? 40 : 32>();
    if (threadIdx.x != 128 * Pass::FORWARD_GROUPS) return;
    const long from = ((long)b * s.k_batch + (long)kv * s.k_head) * Pass::ROW;
    const unsigned char *k = (const unsigned char *)s.k + from, *v = (const unsigned char *)s.v + from;
    barrier_expect(once, (i1 - i0) * Pass::ROW);
    copy_rows<M, ROWS>(q, (const unsigned char *)s.q + ((long)b * s.q_batch + (long)h * s.q_head) * Pass::ROW, i0, s.q_head, once, i1 - i0);
    copy_keys<M, N, STAGES, STAGE, true>(bounds, 0, i1, k, v, v, s.k_head, stages, full, empty);
    return;
  }
  more_registers<M == TF32 ? 232 : 160>();
  const int group = threadIdx.x / 128, g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
  const int i[2] = {i0 + (int)threadIdx.x / 32 * 16 + g, i0 + (int)threadIdx.x / 32 * 16 + g + 8};
  const float c = s.scale * LOG2E;
  float o[8][4], p[N / 8][4], top[2] = {-INFINITY, -INFINITY}, sum[2] = {0.0f, 0.0f}, shrink[2];
  uint32_t a[N / Pass::STEP][4];
  clear(o);
  // apply the mask and the exponentials to the tile of keys from j on; the caller multiplies o by `shrink` afterwards
  const auto soften = [&](int j) {
    if (!all_see(bounds, i0, j, j + N)) {
      const int4 *token = s.tokens + (long)b * s.Tp;
      const int4 tokens[2] = {token[min(i[0], s.Tp - 1)], token[min(i[1], s.Tp - 1)]}; // rows beyond Tp are not written
#pragma unroll
      for (int n = 0; n < N / 8; n++)
#pragma unroll
        for (int e = 0; e < 4; e++)
          if (!sees(tokens[e / 2], i[e / 2], j + 8 * n + 2 * t + e % 2)) p[n][e] = -INFINITY;
    }
#pragma unroll
    for (int half = 0; half < 2; half++) {
      float x = top[half];
#pragma unroll
      for (int n = 0; n < N / 8; n++) x = fmaxf(x, fmaxf(p[n][2 * half], p[n][2 * half + 1]));
      x = quad_max(x);
      const float shift = x == -INFINITY ? 0.0f : x * c; // no key attended to yet
      shrink[half] = power_of_2(top[half] * c - shift);
      top[half] = x;
      float part = 0.0f;
#pragma unroll
      for (int n = 0; n < N / 8; n++)
#pragma unroll
        for (int e = 2 * half; e < 2 * half + 2; e++) part += p[n][e] = power_of_2(p[n][e] * c - shift);
      sum[half] = sum[half] * shrink[half] + part;
    }
  };
  const auto next_tile = [&](int j) {
    while (j < i1 && !any_sees(bounds, i1, j, j + N)) j += N;
    return j;
  };
  barrier_wait(once, 0);
  const uint64_t rows = operand(q + group * 64 * 128);
  int stage = 0, parity = 0, j = next_tile(0);
  if (j < i1) {
    barrier_wait(full, 0);
    wgmma_fence();
    wide_rows_by_rows<M, ROWS, N>(p, rows, operand(stages));
    wgmma_commit();
    wgmma_wait<0>();
    hold(p);
    soften(j);
    wide_round<M, N>(a, p);
  }
  while (j < i1) {
    const uint64_t values = operand(stages + stage * STAGE + STAGE / 2);
    const int done = stage;
    j = next_tile(j + N);
    if (++stage == STAGES) stage = 0, parity ^= 1;
    if (j < i1) {
      barrier_wait(full + stage, parity);
      hold(p);
      hold(o);
      wgmma_fence();
      wide_rows_by_rows<M, ROWS, N>(p, rows, operand(stages + stage * STAGE));
      wgmma_commit();
      wide_products_by_rows<M, N>(o, a, values);
      wgmma_commit();
      wgmma_wait<1>();
      hold(p);
      soften(j);
      wgmma_wait<0>();
      hold(o);
#pragma unroll
      for (int n = 0; n < 8; n++)
#pragma unroll
        for (int e = 0; e < 4; e++) o[n][e] *= shrink[e / 2];
      wide_round<M, N>(a, p);
    } else {
      hold(o);
      wgmma_fence();
      wide_products_by_rows<M, N>(o, a, values);
      wgmma_commit();
      wgmma_wait<0>();
      hold(o);
    }
    if (threadIdx.x % 32 == 0) barrier_arrive(empty + done);
  }
  float inverse[2];
#pragma unroll
  for (int half = 0; half < 2; half++) {
    const float total = quad_sum(sum[half]);
    inverse[half] = total > 0.0f ? 1.0f / total : 0.0f;
    if (t == 0 && i[half] < s.T) s.lse[((long)b * s.T + i[half]) * s.H + h] = top[half] * s.scale + logf(total);
  }
  write_wide(s, o, s.o, b, h, s.H, i[0], inverse);
#endif
}

template <Mode M> __device__ __forceinline__ void attention_dq_wide_body(const Attention &s) {
#if HOPPER
  using Pass = WidePass<M>;
  constexpr int N = Pass::DQ_KEYS, STAGES = Pass::DQ_STAGES, TILE = N * Pass::ROW, STAGE = (2 + Pass::TURNED) * TILE;
  DYNAMIC_SHARED(raw);
  unsigned char *const q = align1024(raw), *const d_o = q + WIDE_ROWS * Pass::ROW, *const stages = d_o + WIDE_ROWS * Pass::ROW;
  Barrier *const full = (Barrier *)(stages + STAGES * STAGE), *const empty = full + STAGES, *const once = empty + STAGES;
  const int tile = gridDim.y - 1 - blockIdx.y, h = blockIdx.x, b = blockIdx.z;
  const int i0 = tile * WIDE_ROWS, i1 = i0 + WIDE_ROWS, kv = h / (s.H / s.K);
  const int4 *edges = s.bounds + ((long)b * s.Tp + i0) / ATTENTION_BOUND;
  const int4 bounds = both_bounds(edges[0], edges[1]);
  const int j0 = min(bounds.x < bounds.y ? bounds.x : i1, min(bounds.z, i1)) / N * N; // no query attends to an earlier key
  const long at = ((long)b * s.H + h) * s.Tp;
  start_barriers<STAGES, 8>(full, empty, once);
  if (threadIdx.x >= 256) {
    fewer_registers<40>();
    if (threadIdx.x != 256) return;
    const long from = ((long)b * s.k_batch + (long)kv * s.k_head) * Pass::ROW, head = ((long)b * s.q_batch + (long)h * s.q_head) * Pass::ROW;
    const unsigned char *k = (const unsigned char *)s.k + from;
    barrier_expect(once, 2 * WIDE_ROWS * Pass::ROW);
    copy_rows<M, WIDE_ROWS>(q, (const unsigned char *)s.q + head, i0, s.q_head, once);
    copy_rows<M, WIDE_ROWS>(d_o, (const unsigned char *)s.d_o + head, i0, s.q_head, once);
    copy_keys<M, N, STAGES, STAGE, false>(bounds, j0, i1, k, (const unsigned char *)s.v + from, k + (long)s.B * s.k_batch * Pass::ROW, s.k_head, stages, full, empty);
    return;
  }
  more_registers<232>();
  const int group = threadIdx.x / 128, g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
  const int i[2] = {i0 + (int)threadIdx.x / 32 * 16 + g, i0 + (int)threadIdx.x / 32 * 16 + g + 8};
  const int4 *token = s.tokens + (long)b * s.Tp;
  const float lse2[2] = {s.lse2[at + i[0]], s.lse2[at + i[1]]}, delta[2] = {s.delta[at + i[0]], s.delta[at + i[1]]};
  const float c = s.scale * LOG2E;
  float dq[8][4], p[N / 8][4], dp[N / 8][4];
  uint32_t a[N / Pass::STEP][4];
  clear(dq);
  barrier_wait(once, 0);
  const uint64_t rows = operand(q + group * 64 * 128), gradients = operand(d_o + group * 64 * 128);
  int stage = 0, parity = 0, before = -1; // before: the stage whose products with dq may still be going on
  for (int j = j0; j < i1; j += N) {
    if (!any_sees(bounds, i1, j, j + N)) continue;
    unsigned char *const keys = stages + stage * STAGE;
    barrier_wait(full + stage, parity);
    wgmma_fence();
    wide_rows_by_rows<M, WIDE_ROWS, N>(p, rows, operand(keys));
    wgmma_commit();
    wide_rows_by_rows<M, WIDE_ROWS, N>(dp, gradients, operand(keys + TILE));
    wgmma_commit();
    wgmma_wait<1>(); // also for dq of the tile before
    hold(p);
    if (before >= 0 && threadIdx.x % 32 == 0) barrier_arrive(empty + before);
#pragma unroll
    for (int n = 0; n < N / 8; n++)
#pragma unroll
      for (int e = 0; e < 4; e++) p[n][e] = power_of_2(p[n][e] * c - lse2[e / 2]);
    if (!all_see(bounds, i0, j, j + N)) {
      const int4 tokens[2] = {token[i[0]], token[i[1]]};
#pragma unroll
      for (int n = 0; n < N / 8; n++)
#pragma unroll
        for (int e = 0; e < 4; e++)
          if (!sees_flat(tokens[e / 2], i[e / 2], j + 8 * n + 2 * t + e % 2)) p[n][e] = 0.0f;
    }
    wgmma_wait<0>();
    hold(dp);
#pragma unroll
    for (int n = 0; n < N / 8; n++)
#pragma unroll
      for (int e = 0; e < 4; e++) p[n][e] *= dp[n][e] - delta[e / 2];
    wide_round<M, N>(a, p);
    wgmma_fence();
    wide_products_by_rows<M, N>(dq, a, operand(keys + Pass::TURNED * 2 * TILE));
    wgmma_commit();
    before = stage;
    if (++stage == STAGES) stage = 0, parity ^= 1;
  }
  wgmma_wait<0>();
  hold(dq);
  const float factor[2] = {s.scale, s.scale};
  write_wide(s, dq, s.dq, b, h, s.H, i[0], factor);
#endif
}

// The copying warp looks for the tiles of queries that may attend to the block's keys, and tells the other warps about each: its
// first query, and whether it is the last and all its queries attend to all these keys.
template <Mode M> __device__ __forceinline__ void attention_dkv_wide_body(const Attention &s) {
#if HOPPER
  using Pass = WidePass<M>;
  constexpr int N = DKV_QUERIES, STAGES = Pass::DKV_STAGES, TILE = N * Pass::ROW;
  constexpr bool IN_REGISTERS = M == BF16; // keys and values, which stay, are operands in registers
  static_assert(N == ATTENTION_BOUND, "a tile of queries has one entry of bounds");
  // a stage: queries, gradients, in tf32 both turned, tokens, lse2, delta, what is known about the tile
  constexpr int TOKENS = (2 + 2 * Pass::TURNED) * TILE, LSE = TOKENS + 16 * N, DELTA = LSE + 4 * N, ABOUT = DELTA + 4 * N, STAGE = TOKENS + 2048;
  enum { WHOLE = 1, LAST = 2, NEVER = 4, NONE = -1 }; // added to the first query
  DYNAMIC_SHARED(raw);
  unsigned char *const keys = align1024(raw), *const values = keys + WIDE_ROWS * Pass::ROW, *const stages = values + WIDE_ROWS * Pass::ROW;
  Barrier *const full = (Barrier *)(stages + STAGES * STAGE), *const empty = full + STAGES, *const once = empty + STAGES;
  const int j0 = blockIdx.y * WIDE_ROWS, j1 = j0 + WIDE_ROWS, kv = blockIdx.x, b = blockIdx.z;
  start_barriers<STAGES, 8>(full, empty, once);
  int stage = 0, parity = 0;
  if (threadIdx.x >= 256) {
    fewer_registers<40>();
    if (threadIdx.x >= 256 + 32) return;
    const int lane = threadIdx.x % 32, group = s.H / s.K, tiles = s.Tp / N;
    const int4 *edges = s.bounds + (long)b * s.Tp / ATTENTION_BOUND;
    if (lane == 0) {
      const long from = ((long)b * s.k_batch + (long)kv * s.k_head) * Pass::ROW;
      barrier_expect(once, 2 * WIDE_ROWS * Pass::ROW);
      copy_rows<M, WIDE_ROWS>(keys, (const unsigned char *)s.k + from, j0, s.k_head, once);
      copy_rows<M, WIDE_ROWS>(values, (const unsigned char *)s.v + from, j0, s.k_head, once);
    }
    // Each of the first lanes copies one part of a tile: a line of the queries or gradients, or their turned form (OPERANDS
    // lanes), lse2, delta, tokens.
    constexpr int LINES = Pass::ROW / 128, OPERANDS = 2 * (LINES + Pass::TURNED);
    const unsigned char *from = (const unsigned char *)(s.tokens + (long)b * s.Tp);
    long head_bytes = 0;
    int width = 16, to = TOKENS; // bytes per query; place in the stage
    if (lane < OPERANDS) {
      const int form = lane / 2, which = lane % 2;
      from = (const unsigned char *)(which == 0 ? s.q : s.d_o) + (long)b * s.q_batch * Pass::ROW;
      from += form < LINES ? (long)form * s.q_head * 128 : (long)s.B * s.q_batch * Pass::ROW;
      head_bytes = (long)s.q_head * Pass::ROW, width = form < LINES ? 128 : Pass::ROW;
      to = form < LINES ? which * TILE + form * N * 128 : (2 + which) * TILE;
    } else if (lane < OPERANDS + 2) {
      from = (const unsigned char *)((lane == OPERANDS ? s.lse2 : s.delta) + (long)b * s.H * s.Tp);
      head_bytes = (long)s.Tp * 4, width = 4, to = lane == OPERANDS ? LSE : DELTA;
    }
    const auto copy = [&](int h, int i0, int about) {
      unsigned char *const tile = stages + stage * STAGE;
      barrier_wait(empty + stage, parity ^ 1);
      if (lane == 0) {
        *(int *)(tile + ABOUT) = i0 | about; // visible to those who wait for the barrier
        barrier_expect(full + stage, TOKENS + N * (16 + 8));
      }
      __syncwarp(); // the bytes are expected before the first are copied
      if (lane < OPERANDS + 3) bulk_copy(tile + to, from + h * head_bytes + (long)i0 * width, N * width, full + stage);
      if (++stage == STAGES) stage = 0, parity ^= 1;
    };
    // Each lane looks at one tile. A tile is copied when the next one is known, so that the last one is known to be it.
    int head = NONE, i0 = 0, about = 0;
    for (int h = kv * group; h < (kv + 1) * group; h++)
      for (int first = j0 / N; first < tiles; first += 32) { // earlier queries attend to none of these keys
        const int tile = first + lane;
        const int4 bounds = tile < tiles ? edges[tile] : make_int4(0, 0, INT_MAX, INT_MAX);
        unsigned seen = __ballot_sync(0xffffffffu, any_sees(bounds, tile * N + N, j0, j1));
        const unsigned whole = __ballot_sync(0xffffffffu, all_see(bounds, tile * N, j0, j1));
        for (; seen != 0; seen &= seen - 1) {
          const int n = __ffs(seen) - 1;
          if (head >= 0) copy(head, i0, about);
          head = h, i0 = (first + n) * N, about = whole >> n & WHOLE;
        }
      }
    if (head >= 0) copy(head, i0, about | LAST);
    else if (lane == 0) {
      *(int *)(stages + ABOUT) = NONE;
      barrier_arrive(full);
    }
    return;
  }
  more_registers<232>();
  const int g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
  const int j[2] = {j0 + (int)threadIdx.x / 32 * 16 + g, j0 + (int)threadIdx.x / 32 * 16 + g + 8};
  const float c = s.scale * LOG2E;
  float dk[8][4], dv[8][4], p[N / 8][4], ds[N / 8][4]; // p, ds: keys down, queries across
  uint32_t a[N / Pass::STEP][4], d[N / Pass::STEP][4], k_rows[4][4], v_rows[4][4];
  clear(dk);
  clear(dv);
  unsigned char *const my_keys = keys + threadIdx.x / 128 * 64 * 128, *const my_values = values + threadIdx.x / 128 * 64 * 128;
  const uint64_t key_rows = operand(my_keys), value_rows = operand(my_values);
  barrier_wait(once, 0);
  if constexpr (IN_REGISTERS) load_wide_rows(k_rows, my_keys), load_wide_rows(v_rows, my_values);
  barrier_wait(full, 0);
  int about = *(const int *)(stages + ABOUT);
  while (about != NONE) {
    unsigned char *const at = stages + stage * STAGE;
    wgmma_fence();
    if constexpr (IN_REGISTERS) wide_registers_by_rows(p, k_rows, operand(at));
    else wide_rows_by_rows<M, WIDE_ROWS, N>(p, key_rows, operand(at));
    wgmma_commit();
    if constexpr (IN_REGISTERS) wide_registers_by_rows(ds, v_rows, operand(at + TILE));
    else wide_rows_by_rows<M, WIDE_ROWS, N>(ds, value_rows, operand(at + TILE));
    wgmma_commit();
    wgmma_wait<1>();
    hold(p);
    const float *lse2 = (const float *)(at + LSE), *delta = (const float *)(at + DELTA);
#pragma unroll
    for (int m = 0; m < N / 8; m++) {
      const float2 l = *(const float2 *)(lse2 + 8 * m + 2 * t);
#pragma unroll
      for (int e = 0; e < 4; e++) p[m][e] = power_of_2(p[m][e] * c - (e % 2 ? l.y : l.x));
    }
    if (!(about & WHOLE)) {
      const int4 *token = (const int4 *)(at + TOKENS);
      const int i0 = about & -N;
#pragma unroll
      for (int m = 0; m < N / 8; m++)
#pragma unroll
        for (int e = 0; e < 2; e++) {
          const int i = 8 * m + 2 * t + e;
          const int4 edges = token[i];
#pragma unroll
          for (int half = 0; half < 2; half++)
            if (!sees_flat(edges, i0 + i, j[half])) p[m][2 * half + e] = 0.0f;
        }
    }
    wide_round<M, N>(a, p);
    hold(dv);
    wgmma_fence();
    wide_products_by_rows<M, N>(dv, a, operand(at + (1 + 2 * Pass::TURNED) * TILE));
    wgmma_commit();
    wgmma_wait<1>(); // ds
    hold(ds);
#pragma unroll
    for (int m = 0; m < N / 8; m++) {
      const float2 x = *(const float2 *)(delta + 8 * m + 2 * t);
#pragma unroll
      for (int e = 0; e < 4; e++) ds[m][e] = p[m][e] * (ds[m][e] - (e % 2 ? x.y : x.x));
    }
    wide_round<M, N>(d, ds);
    hold(dk);
    wgmma_fence();
    wide_products_by_rows<M, N>(dk, d, operand(at + 2 * Pass::TURNED * TILE));
    wgmma_commit();
    wgmma_wait<0>();
    hold(dv);
    hold(dk);
    if (threadIdx.x % 32 == 0) barrier_arrive(empty + stage);
    if (about & LAST) break;
    if (++stage == STAGES) stage = 0, parity ^= 1;
    barrier_wait(full + stage, parity);
    about = *(const int *)(stages + stage * STAGE + ABOUT);
    // Never true. Without it ptxas 13.0 reuses the registers of keys and values for other operands within the loop.
    if constexpr (IN_REGISTERS)
      if (about & NEVER) load_wide_rows(k_rows, my_keys), load_wide_rows(v_rows, my_values);
  }
  const float one[2] = {1.0f, 1.0f}, factor[2] = {s.scale, s.scale};
  write_wide(s, dk, s.dk, b, kv, s.K, j[0], factor);
  write_wide(s, dv, s.dv, b, kv, s.K, j[0], one);
#endif
}

// --------------------------------------------------------------------------------------------------------------- packing
// 8 channels per thread. With `o`, also delta = Σ o x and lse to base 2; the eight threads of a row are neighbours.
struct PackWide {
  const float *x;
  uint16_t *y;
  const float *o, *lse; // with `o`, delta and lse2 are also written
  float *lse2, *delta;
  int B, T, Tp, heads, D;
};
__device__ __forceinline__ void pack_wide_body(const PackWide &s) {
  const long total = (long)s.B * s.Tp * s.heads * 8, padded = (total + 31) / 32 * 32;
  for (long n = blockIdx.x * (long)blockDim.x + threadIdx.x; n < padded; n += (long)gridDim.x * blockDim.x) {
    const bool real = n < total;
    const int piece = (int)(n % 8), d = piece * 8, h = (int)(n / 8 % s.heads), i = (int)(n / 8 / s.heads % s.Tp);
    const int b = (int)(n / 8 / s.heads / s.Tp);
    float a[8] = {0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f}, sum = 0.0f;
    const long row = ((long)b * s.T + i) * s.heads + h;
    if (real && i < s.T) {
      const float *from = s.x + row * s.D + d;
      if (s.D % 4 == 0) {
#pragma unroll
        for (int e = 0; e < 8; e += 4)
          if (d + e < s.D) {
            const float4 f = *(const float4 *)(from + e);
            a[e] = f.x, a[e + 1] = f.y, a[e + 2] = f.z, a[e + 3] = f.w;
            if (s.o != NULL) {
              const float4 f2 = *(const float4 *)(s.o + row * s.D + d + e);
              sum += f.x * f2.x + f.y * f2.y + f.z * f2.z + f.w * f2.w;
            }
          }
      } else {
#pragma unroll
        for (int e = 0; e < 8; e++)
          if (d + e < s.D) {
            a[e] = from[e];
            if (s.o != NULL) sum += a[e] * s.o[row * s.D + d + e];
          }
      }
    }
    const long to = ((long)b * s.heads + h) * s.Tp + i;
    if (s.o != NULL) { // the same for all threads
      sum += __shfl_xor_sync(0xffffffffu, sum, 1);
      sum += __shfl_xor_sync(0xffffffffu, sum, 2);
      sum += __shfl_xor_sync(0xffffffffu, sum, 4);
      if (real && piece == 0) s.lse2[to] = i < s.T ? s.lse[row] * LOG2E : INFINITY, s.delta[to] = i < s.T ? sum : 0.0f;
    }
    if (real)
      *(int4 *)(s.y + to * 64 + (piece ^ (i & 7)) * 8) = make_int4((int)to_bf16x2(a[0], a[1]), (int)to_bf16x2(a[2], a[3]),
                                                                (int)to_bf16x2(a[4], a[5]), (int)to_bf16x2(a[6], a[7]));
  }
}

// delta = Σ o d_o and lse to base 2, from panels of [B*T][heads*64]; eight neighbouring threads have one row of one head.
struct DeltaPanels {
  const int4 *o, *d_o;
  const float *lse;
  float *lse2, *delta;
  int B, T, Tp, heads, rows; // rows: of the panels
};
__device__ __forceinline__ void delta_panels_body(const DeltaPanels &s) {
  const long total = (long)s.B * s.Tp * s.heads * 8, padded = (total + 31) / 32 * 32;
  for (long n = blockIdx.x * (long)blockDim.x + threadIdx.x; n < padded; n += (long)gridDim.x * blockDim.x) {
    const int piece = (int)(n % 8), i = (int)(n / 8 % s.Tp), h = (int)(n / 8 / s.Tp % s.heads), b = (int)(n / 8 / s.Tp / s.heads);
    const bool real = n < total && i < s.T;
    float sum = 0.0f;
    if (real) {
      const long at = ((long)h * s.rows + (long)b * s.T + i) * 8 + piece; // the same place in both, so the order does not matter
      float x[8], y[8];
      from_piece(x, s.o[at]);
      from_piece(y, s.d_o[at]);
#pragma unroll
      for (int e = 0; e < 8; e++) sum += x[e] * y[e];
    }
    sum += __shfl_xor_sync(0xffffffffu, sum, 1);
    sum += __shfl_xor_sync(0xffffffffu, sum, 2);
    sum += __shfl_xor_sync(0xffffffffu, sum, 4);
    if (n < total && piece == 0) {
      const long to = ((long)b * s.heads + h) * s.Tp + i;
      s.lse2[to] = real ? s.lse[((long)b * s.T + i) * s.heads + h] * LOG2E : INFINITY;
      s.delta[to] = sum;
    }
  }
}
KERNEL(delta_panels, DeltaPanels, __launch_bounds__(256), delta_panels_body(s))

// tf32: one block of threads has 64 tokens of one head. `turned`: each 8 tokens in the order of `products_as_tf32`.
struct PackWideTf32 {
  const float *x;
  float *y, *turned; // either may be NULL
  const float *o, *lse; // as in PackWide
  float *lse2, *delta;
  int B, T, Tp, heads, D;
};
__device__ __forceinline__ void pack_wide_tf32_body(const PackWideTf32 &s) {
  __shared__ float tile[64][65];
  const int i0 = blockIdx.x * 64, h = blockIdx.y, b = blockIdx.z;
  const long head = ((long)b * s.heads + h) * s.Tp;
#pragma unroll
  for (int step = 0; step < 4; step++) {
    const int at = threadIdx.x + 256 * step, r = at / 16, quad = at % 16, d = 4 * quad, i = i0 + r;
    const long row = ((long)b * s.T + i) * s.heads + h;
    float4 y = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
    float sum = 0.0f;
    if (i < s.T) {
      const int n = s.D - d;
      y = read_four(s.x + row * s.D + d, n, s.D % 4 == 0);
      if (s.o != NULL) {
        const float *o = s.o + row * s.D + d;
        if (n > 0) sum += y.x * o[0];
        if (n > 1) sum += y.y * o[1];
        if (n > 2) sum += y.z * o[2];
        if (n > 3) sum += y.w * o[3];
      }
    }
    if (s.o != NULL) { // the same for all threads; 16 neighbours have one row
#pragma unroll
      for (int offset = 1; offset < 16; offset *= 2) sum += __shfl_xor_sync(0xffffffffu, sum, offset);
      if (quad == 0) s.lse2[head + i] = i < s.T ? s.lse[row] * LOG2E : INFINITY, s.delta[head + i] = i < s.T ? sum : 0.0f;
    }
    y = make_float4(to_tf32(y.x), to_tf32(y.y), to_tf32(y.z), to_tf32(y.w));
    if (s.y != NULL) *(float4 *)(s.y + head * 64 + ((long)(quad / 8) * s.Tp + i) * 32 + (quad % 8 ^ (i & 7)) * 4) = y;
    float *to = &tile[r][d];
    to[0] = y.x, to[1] = y.y, to[2] = y.z, to[3] = y.w;
  }
  if (s.turned == NULL) return;
  __syncthreads();
#pragma unroll
  for (int step = 0; step < 4; step++) {
    const int at = threadIdx.x + 256 * step, piece = at % 8, c = at / 8 % 64, block = at / 512;
    const int r = 32 * block + piece / 2 * 8 + piece % 2;
    *(float4 *)(s.turned + head * 64 + ((long)(i0 / 32 + block) * 64 + c) * 32 + (piece ^ (c & 7)) * 4) =
        make_float4(tile[r][c], tile[r + 2][c], tile[r + 4][c], tile[r + 6][c]);
  }
}
KERNEL(pack_wide_tf32, PackWideTf32, __launch_bounds__(256), pack_wide_tf32_body(s))

KERNEL(attention_wide, Attention, __launch_bounds__(FORWARD_THREADS(BF16), 1), attention_wide_body<BF16>(s))
KERNEL(attention_dq_wide, Attention, __launch_bounds__(WARPS_THREADS, 1), attention_dq_wide_body<BF16>(s))
KERNEL(attention_dkv_wide, Attention, __launch_bounds__(WARPS_THREADS, 1), attention_dkv_wide_body<BF16>(s))
KERNEL(attention_wide_tf32, Attention, __launch_bounds__(FORWARD_THREADS(TF32), 1), attention_wide_body<TF32>(s))
KERNEL(attention_dq_wide_tf32, Attention, __launch_bounds__(WARPS_THREADS, 1), attention_dq_wide_body<TF32>(s))
KERNEL(attention_dkv_wide_tf32, Attention, __launch_bounds__(WARPS_THREADS, 1), attention_dkv_wide_body<TF32>(s))
KERNEL(pack_wide, PackWide, __launch_bounds__(256), pack_wide_body(s))

#endif
