// Attention over an interval mask, forward and backward, after FlashAttention-2 (Dao 2023, https://arxiv.org/abs/2307.08691).
//
// Query, key, value and the output's gradient are packed first, head by head: rows padded to 128, channels to 32, 64 or
// 128, elements in the format of the tensor cores. Every tile is then complete and 16-byte aligned. Tiles of keys that no
// query of a tile may attend to are skipped. The backward pass has two passes, over keys for dk and dv and over queries
// for dq, so that every sum has one owner and a fixed order.

#ifndef CLASS_IT_ATTENTION_CUH
#define CLASS_IT_ATTENTION_CUH

#include "device.cuh"

#define ATTENTION_BOUND 64 // queries per entry of the mask's bounds
#define LOG2E 1.4426950408889634f

struct Attention {
  const int4 *tokens; // [B][Tp] context start, context end, branch start of each token; a padding row attends to nothing
  const int4 *bounds; // [B][Tp/64] first context start, last context end, first and last branch start of 64 queries
  const void *q, *k, *v, *d_o;   // packed, [B][heads][Tp][DP]; for Hopper's kernels see there
  const float *lse2, *delta;     // [B][H][Tp]; lse2 is to base 2
  float *o, *lse, *dq, *dk, *dv; // in the caller's layout, [B*T][heads*D]
  int B, T, Tp, H, K, D;         // Tp: T padded to 128
  float scale;
  int q_batch, q_head, k_batch, k_head, out; // for Hopper's kernels
};

// ROWS: rows of the operand that stays in the block, queries or (for dk, dv) keys; 16 per warp. N: rows of a tile of the other
// operand, which is read tile by tile.
template <Mode M_, int DP_, int ROWS_, int N_> struct Walk {
  static constexpr Mode M = M_;
  using E = typename Precision<M>::E;
  static constexpr int DP = DP_, ROWS = ROWS_, N = N_, THREADS = 2 * ROWS, STRIDE = DP + Precision<M>::PAD;
};

// Whether query i may attend to key j.
__device__ __forceinline__ bool sees(const int4 &token, int i, int j) {
  return ((j >= token.x && j < token.y) || j >= token.z) && j <= i;
}
// Whether any query of i0 .. i1-1 with these bounds may attend to a key of j0 .. j1-1.
__device__ __forceinline__ bool any_sees(const int4 &bounds, int i1, int j0, int j1) {
  return (bounds.x < bounds.y && bounds.x < j1 && bounds.y > j0 && i1 > j0) || (bounds.z < j1 && i1 > j0);
}
// Whether every query from i0 on attends to every key up to j1-1.
__device__ __forceinline__ bool all_see(const int4 &bounds, int i0, int j0, int j1) { return bounds.w <= j0 && j1 - 1 <= i0; }

__device__ __forceinline__ int4 both_bounds(const int4 &a, const int4 &b) {
  return make_int4(min(a.x, b.x), max(a.y, b.y), min(a.z, b.z), max(a.w, b.w));
}

// Start to copy R packed rows into shared memory; copy_wait waits for them.
template <class W, int R> __device__ __forceinline__ void copy_rows(typename W::E *to, const typename W::E *from) {
  constexpr int A_COPY = 16 / (int)sizeof(typename W::E), COPIES = W::DP / A_COPY;
  for (int c = threadIdx.x; c < R * COPIES; c += W::THREADS) {
    const int row = c / COPIES, at = c % COPIES * A_COPY;
    copy16(to + row * W::STRIDE + at, from + (long)row * W::DP + at);
  }
}

template <int N> __device__ __forceinline__ void clear(float (&c)[N][4]) {
#pragma unroll
  for (int n = 0; n < N; n++)
#pragma unroll
    for (int e = 0; e < 4; e++) c[n][e] = 0.0f;
}

// c = a bᵀ over DP channels: 16 rows of one tile, from `row` on, times N rows of another.
template <class W> __device__ __forceinline__ void rows_by_rows(float (&c)[W::N / 8][4], const typename W::E *a, int row, const typename W::E *b) {
  constexpr Mode M = W::M;
  constexpr int STRIDE = W::STRIDE, N = W::N, DP = W::DP;
  clear(c);
#pragma unroll
  for (int k = 0; k < DP; k += Precision<M>::STEP) {
    FragmentA<M> fa;
    load_a<M>(fa, a, STRIDE, row, k);
#pragma unroll
    for (int n = 0; n < N / 16; n++) {
      FragmentB<M> fb[2];
      load_b<M>(fb, b, STRIDE, 16 * n, k);
      multiply<M>(c[2 * n], fa, fb[0]);
      multiply<M>(c[2 * n + 1], fa, fb[1]);
    }
  }
}
// c += p b: p holds 16 x N products, b is a tile of N rows of DP channels.
template <class W>
__device__ __forceinline__ void products_by_rows(float (&c)[W::DP / 8][4], const float (&p)[W::N / 8][4], const typename W::E *b) {
  constexpr Mode M = W::M;
  constexpr int N = W::N, DP = W::DP;
#pragma unroll
  for (int k = 0; k < N; k += Precision<M>::STEP) {
    FragmentA<M> fa;
    from_products<M>(fa, &p[k / 8]);
#pragma unroll
    for (int n = 0; n < DP / 16; n++) {
      FragmentB<M> fb[2];
      load_b_down<M, true>(fb, b, W::STRIDE, 16 * n, k);
      multiply<M>(c[2 * n], fa, fb[0]);
      multiply<M>(c[2 * n + 1], fa, fb[1]);
    }
  }
}

// Write two rows of C (i and i + 8) to [row][channel], only the channels below D.
template <int DP>
__device__ __forceinline__ void write_rows(const float (&c)[DP / 8][4], float *out, long stride, int i, int T, int D,
                                           const float (&factor)[2]) {
  const int t = threadIdx.x & 3;
#pragma unroll
  for (int half = 0; half < 2; half++) {
    if (i + 8 * half >= T) continue;
    float *row = out + (i + 8 * half) * stride;
#pragma unroll
    for (int n = 0; n < DP / 8; n++) {
      const int d = 8 * n + 2 * t;
      const float2 x = make_float2(c[n][2 * half] * factor[half], c[n][2 * half + 1] * factor[half]);
      if (D % 2 == 0) {
        if (d < D) *(float2 *)(row + d) = x;
      } else {
        if (d < D) row[d] = x.x;
        if (d + 1 < D) row[d + 1] = x.y;
      }
    }
  }
}

// ---------------------------------------------------------------------------------------------------------------- packing
struct PackHeads {
  const float *x;
  void *y;
  int B, T, Tp, heads, D;
};
template <Mode M, int DP> __device__ __forceinline__ void pack_heads_body(const PackHeads &s) {
  constexpr int FOURS = DP / 4;
  const int T = s.T, Tp = s.Tp, heads = s.heads, D = s.D;
  const long total = (long)s.B * Tp * heads * FOURS;
  for (long n = blockIdx.x * (long)blockDim.x + threadIdx.x; n < total; n += (long)gridDim.x * blockDim.x) {
    const int d = (int)(n % FOURS) * 4, h = (int)(n / FOURS % heads), i = (int)(n / FOURS / heads % Tp);
    const int b = (int)(n / FOURS / heads / Tp);
    float a[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    if (i < T) {
      const float *from = s.x + (((long)b * T + i) * heads + h) * D + d;
      if (D % 4 == 0) {
        if (d < D) {
          const float4 f = *(const float4 *)from;
          a[0] = f.x, a[1] = f.y, a[2] = f.z, a[3] = f.w;
        }
      } else {
#pragma unroll
        for (int e = 0; e < 4; e++)
          if (d + e < D) a[e] = from[e];
      }
    }
    typename Precision<M>::E *to = (typename Precision<M>::E *)s.y + (((long)b * heads + h) * Tp + i) * DP + d;
    if constexpr (M == BF16) *(uint2 *)to = make_uint2(to_bf16x2(a[0], a[1]), to_bf16x2(a[2], a[3]));
    else if constexpr (M == TF32) *(float4 *)to = make_float4(to_tf32(a[0]), to_tf32(a[1]), to_tf32(a[2]), to_tf32(a[3]));
    else *(float4 *)to = make_float4(a[0], a[1], a[2], a[3]);
  }
}

// delta = Σ o do of each query and head, and lse to base 2; one warp per query and head.
struct AttentionDelta {
  const float *o, *d_o, *lse;
  float *lse2, *delta;
  int B, T, Tp, H, D;
};
__device__ __forceinline__ void attention_delta_body(const AttentionDelta &s) {
  const long n = (blockIdx.x * (long)blockDim.x + threadIdx.x) / 32, total = (long)s.B * s.Tp * s.H;
  if (n >= total) return; // only whole warps return here
  const int lane = threadIdx.x & 31, h = (int)(n % s.H), i = (int)(n / s.H % s.Tp), b = (int)(n / s.H / s.Tp);
  const long to = ((long)b * s.H + h) * s.Tp + i;
  if (i >= s.T) {
    if (lane == 0) s.lse2[to] = INFINITY, s.delta[to] = 0.0f;
    return;
  }
  const long from = ((long)b * s.T + i) * s.H + h;
  float sum = 0.0f;
  for (int d = lane; d < s.D; d += 32) sum += s.o[from * s.D + d] * s.d_o[from * s.D + d];
  sum = warp_sum(sum);
  if (lane == 0) s.lse2[to] = s.lse[from] * LOG2E, s.delta[to] = sum;
}
KERNEL(attention_delta, AttentionDelta, __launch_bounds__(256), attention_delta_body(s))

// ---------------------------------------------------------------------------------------------------------------- forward
// One block has ROWS queries of one head, one warp 16 of them.
template <class W> __device__ __forceinline__ void attention_body(const Attention &s) {
  using E = typename W::E;
  constexpr Mode M = W::M;
  constexpr int N = W::N, DP = W::DP, STRIDE = W::STRIDE, STEP = Precision<M>::STEP;
  static_assert(4 * N >= W::ROWS, "the queries pass through the memory of keys and values");
  DYNAMIC_SHARED(memory);
  E *const keys = (E *)memory, *const values = keys + 2 * N * STRIDE; // two stages of each
  const int tile = gridDim.y - 1 - blockIdx.y, h = blockIdx.x, b = blockIdx.z; // the longest rows of all heads first
  const int i0 = tile * W::ROWS, i1 = i0 + W::ROWS, kv = h / (s.H / s.K);
  const int warp = threadIdx.x / 32, g = threadIdx.x % 32 / 4, t = threadIdx.x % 4, row = warp * 16;
  const E *k = (const E *)s.k + ((long)b * s.K + kv) * s.Tp * DP, *v = (const E *)s.v + ((long)b * s.K + kv) * s.Tp * DP;
  const int4 *edges = s.bounds + ((long)b * s.Tp + i0) / ATTENTION_BOUND;
  const int4 bounds = W::ROWS > ATTENTION_BOUND ? both_bounds(edges[0], edges[1]) : edges[0];
  const int i[2] = {i0 + row + g, i0 + row + g + 8};
  const int4 token[2] = {s.tokens[(long)b * s.Tp + i[0]], s.tokens[(long)b * s.Tp + i[1]]};

  FragmentA<M> q[DP / STEP]; // loaded through the shared memory that keys and values use afterwards
  copy_rows<W, W::ROWS>(keys, (const E *)s.q + (((long)b * s.H + h) * s.Tp + i0) * DP);
  copy_commit();
  copy_wait<0>();
  __syncthreads();
#pragma unroll
  for (int d = 0; d < DP / STEP; d++) load_a<M>(q[d], keys, STRIDE, row, d * STEP);
  __syncthreads();

  const float c = s.scale * LOG2E;
  const bool lives = i0 + row < s.T; // at least one of this warp's rows is a token
  float o[DP / 8][4], top[2] = {-INFINITY, -INFINITY}, sum[2] = {0.0f, 0.0f};
  clear(o);
  int j = 0, stage = 0;
  while (j < i1 && !any_sees(bounds, i1, j, j + N)) j += N;
  if (j < i1) {
    copy_rows<W, N>(keys, k + (long)j * DP);
    copy_rows<W, N>(values, v + (long)j * DP);
  }
  copy_commit();
  while (j < i1) {
    int next = j + N;
    while (next < i1 && !any_sees(bounds, i1, next, next + N)) next += N;
    if (next < i1) {
      copy_rows<W, N>(keys + (stage ^ 1) * N * STRIDE, k + (long)next * DP);
      copy_rows<W, N>(values + (stage ^ 1) * N * STRIDE, v + (long)next * DP);
    }
    copy_commit();
    copy_wait<1>();
    __syncthreads();
    if (lives) {
      float p[N / 8][4];
      clear(p);
      const E *kt = keys + stage * N * STRIDE;
#pragma unroll
      for (int d = 0; d < DP / STEP; d++)
#pragma unroll
        for (int n = 0; n < N / 16; n++) {
          FragmentB<M> fb[2];
          load_b<M>(fb, kt, STRIDE, 16 * n, d * STEP);
          multiply<M>(p[2 * n], q[d], fb[0]);
          multiply<M>(p[2 * n + 1], q[d], fb[1]);
        }
      if (!all_see(bounds, i0, j, j + N)) {
#pragma unroll
        for (int n = 0; n < N / 8; n++)
#pragma unroll
          for (int e = 0; e < 4; e++)
            if (!sees(token[e / 2], i[e / 2], j + 8 * n + 2 * t + e % 2)) p[n][e] = -INFINITY;
      }
#pragma unroll
      for (int half = 0; half < 2; half++) {
        float x = top[half];
#pragma unroll
        for (int n = 0; n < N / 8; n++) x = fmaxf(x, fmaxf(p[n][2 * half], p[n][2 * half + 1]));
        x = quad_max(x);
        const float shift = x == -INFINITY ? 0.0f : x * c; // no key attended to yet
        const float shrink = exp2f(top[half] * c - shift);
        top[half] = x;
        float part = 0.0f;
#pragma unroll
        for (int n = 0; n < N / 8; n++)
#pragma unroll
          for (int e = 2 * half; e < 2 * half + 2; e++) part += p[n][e] = exp2f(p[n][e] * c - shift);
        sum[half] = sum[half] * shrink + part;
#pragma unroll
        for (int n = 0; n < DP / 8; n++) o[n][2 * half] *= shrink, o[n][2 * half + 1] *= shrink;
      }
      products_by_rows<W>(o, p, values + stage * N * STRIDE);
    }
    __syncthreads(); // the next iteration overwrites this stage
    j = next;
    stage ^= 1;
  }
  float inverse[2];
#pragma unroll
  for (int half = 0; half < 2; half++) {
    const float total = quad_sum(sum[half]);
    inverse[half] = total > 0.0f ? 1.0f / total : 0.0f;
    if (t == 0 && i[half] < s.T) s.lse[((long)b * s.T + i[half]) * s.H + h] = top[half] * s.scale + logf(total);
  }
  const long width = (long)s.H * s.D;
  write_rows<DP>(o, s.o + b * s.T * width + h * s.D, width, i[0], s.T, s.D, inverse);
}

// --------------------------------------------------------------------------------------------------------------- backward
// P = exp(scale q·k - lse), dP = dO·vᵀ, dS = P (dP - delta) scale; dQ = dS k. One block has ROWS queries of one head.
template <class W> __device__ __forceinline__ void attention_dq_body(const Attention &s) {
  using E = typename W::E;
  constexpr int N = W::N, DP = W::DP, STRIDE = W::STRIDE;
  DYNAMIC_SHARED(memory);
  E *const q = (E *)memory, *const d_o = q + W::ROWS * STRIDE;
  E *const keys = d_o + W::ROWS * STRIDE, *const values = keys + 2 * N * STRIDE; // two stages of each
  const int tile = gridDim.y - 1 - blockIdx.y, h = blockIdx.x, b = blockIdx.z;
  const int i0 = tile * W::ROWS, i1 = i0 + W::ROWS, kv = h / (s.H / s.K);
  const int warp = threadIdx.x / 32, g = threadIdx.x % 32 / 4, t = threadIdx.x % 4, row = warp * 16;
  const E *k = (const E *)s.k + ((long)b * s.K + kv) * s.Tp * DP, *v = (const E *)s.v + ((long)b * s.K + kv) * s.Tp * DP;
  const int4 *edges = s.bounds + ((long)b * s.Tp + i0) / ATTENTION_BOUND;
  const int4 bounds = W::ROWS > ATTENTION_BOUND ? both_bounds(edges[0], edges[1]) : edges[0];
  const int i[2] = {i0 + row + g, i0 + row + g + 8};
  const int4 token[2] = {s.tokens[(long)b * s.Tp + i[0]], s.tokens[(long)b * s.Tp + i[1]]};
  const long at = ((long)b * s.H + h) * s.Tp;
  const float lse2[2] = {s.lse2[at + i[0]], s.lse2[at + i[1]]}, delta[2] = {s.delta[at + i[0]], s.delta[at + i[1]]};
  copy_rows<W, W::ROWS>(q, (const E *)s.q + (at + i0) * DP);
  copy_rows<W, W::ROWS>(d_o, (const E *)s.d_o + (at + i0) * DP);
  const float c = s.scale * LOG2E;
  const bool lives = i0 + row < s.T;
  float dq[DP / 8][4];
  clear(dq);
  int j = 0, stage = 0;
  while (j < i1 && !any_sees(bounds, i1, j, j + N)) j += N;
  if (j < i1) {
    copy_rows<W, N>(keys, k + (long)j * DP);
    copy_rows<W, N>(values, v + (long)j * DP);
  }
  copy_commit();
  while (j < i1) {
    int next = j + N;
    while (next < i1 && !any_sees(bounds, i1, next, next + N)) next += N;
    if (next < i1) {
      copy_rows<W, N>(keys + (stage ^ 1) * N * STRIDE, k + (long)next * DP);
      copy_rows<W, N>(values + (stage ^ 1) * N * STRIDE, v + (long)next * DP);
    }
    copy_commit();
    copy_wait<1>();
    __syncthreads();
    if (lives) {
      const E *kt = keys + stage * N * STRIDE, *vt = values + stage * N * STRIDE;
      float p[N / 8][4], dp[N / 8][4];
      rows_by_rows<W>(p, q, row, kt);
      rows_by_rows<W>(dp, d_o, row, vt);
      const bool whole = all_see(bounds, i0, j, j + N);
#pragma unroll
      for (int n = 0; n < N / 8; n++)
#pragma unroll
        for (int e = 0; e < 4; e++) {
          float x = exp2f(p[n][e] * c - lse2[e / 2]);
          if (!whole && !sees(token[e / 2], i[e / 2], j + 8 * n + 2 * t + e % 2)) x = 0.0f;
          p[n][e] = x * (dp[n][e] - delta[e / 2]) * s.scale;
        }
      products_by_rows<W>(dq, p, kt);
    }
    __syncthreads();
    j = next;
    stage ^= 1;
  }
  copy_wait<0>();
  const float one[2] = {1.0f, 1.0f};
  const long width = (long)s.H * s.D;
  write_rows<DP>(dq, s.dq + b * s.T * width + h * s.D, width, i[0], s.T, s.D, one);
}

// dV = Pᵀ dO, dK = dSᵀ q. One block has ROWS keys of one key/value head, and all queries that may attend to them.
template <class W> __device__ __forceinline__ void attention_dkv_body(const Attention &s) {
  using E = typename W::E;
  constexpr int N = W::N, DP = W::DP, STRIDE = W::STRIDE;
  DYNAMIC_SHARED(memory);
  E *const keys = (E *)memory, *const values = keys + W::ROWS * STRIDE;
  E *const q = values + W::ROWS * STRIDE, *const d_o = q + 2 * N * STRIDE; // two stages each, like everything below
  int4 *const tokens = (int4 *)(d_o + 2 * N * STRIDE);
  float *const lse2 = (float *)(tokens + 2 * N), *const delta = lse2 + 2 * N;
  const int j0 = blockIdx.y * W::ROWS, j1 = j0 + W::ROWS, kv = blockIdx.x, b = blockIdx.z;
  const int warp = threadIdx.x / 32, g = threadIdx.x % 32 / 4, t = threadIdx.x % 4, row = warp * 16;
  const int j[2] = {j0 + row + g, j0 + row + g + 8};
  const int group = s.H / s.K, turns = s.Tp / N; // tiles of queries per head; the heads of the group follow one another
  const int4 *edges = s.bounds + (long)b * s.Tp / ATTENTION_BOUND;
  copy_rows<W, W::ROWS>(keys, (const E *)s.k + (((long)b * s.K + kv) * s.Tp + j0) * DP);
  copy_rows<W, W::ROWS>(values, (const E *)s.v + (((long)b * s.K + kv) * s.Tp + j0) * DP);
  const float c = s.scale * LOG2E;
  const bool lives = j0 + row < s.T;
  float dk[DP / 8][4], dv[DP / 8][4];
  clear(dk);
  clear(dv);

  // the first tile of queries, from `n` (head * turns + tile) on, that may attend to a key of this block
  const auto seeing = [&](int n) {
    for (; n < group * turns; n++) {
      const int i0 = n % turns * N;
      if (i0 + N <= j0) {
        n += (j0 - i0) / N - 1; // earlier queries attend to none of them
        continue;
      }
      if (any_sees(edges[i0 / ATTENTION_BOUND], i0 + N, j0, j1)) break;
    }
    return n;
  };
  const auto fetch = [&](int n, int stage) {
    const int h = kv * group + n / turns, i0 = n % turns * N;
    const long at = ((long)b * s.H + h) * s.Tp + i0;
    copy_rows<W, N>(q + stage * N * STRIDE, (const E *)s.q + at * DP);
    copy_rows<W, N>(d_o + stage * N * STRIDE, (const E *)s.d_o + at * DP);
    const int x = threadIdx.x;
    if (x < N) copy16(tokens + stage * N + x, s.tokens + (long)b * s.Tp + i0 + x);
    else if (x < N + N / 4) copy16(lse2 + stage * N + (x - N) * 4, s.lse2 + at + (x - N) * 4);
    else if (x < N + N / 2) copy16(delta + stage * N + (x - N - N / 4) * 4, s.delta + at + (x - N - N / 4) * 4);
  };
  int n = seeing(0), stage = 0;
  if (n < group * turns) fetch(n, stage);
  copy_commit();
  while (n < group * turns) {
    const int next = seeing(n + 1);
    if (next < group * turns) fetch(next, stage ^ 1);
    copy_commit();
    copy_wait<1>();
    __syncthreads();
    if (lives) {
      const int i0 = n % turns * N;
      const E *qt = q + stage * N * STRIDE, *ot = d_o + stage * N * STRIDE;
      const int4 *token = tokens + stage * N;
      float p[N / 8][4], ds[N / 8][4]; // keys down, queries across
      rows_by_rows<W>(p, keys, row, qt);
      const bool whole = all_see(edges[i0 / ATTENTION_BOUND], i0, j0, j1);
#pragma unroll
      for (int m = 0; m < N / 8; m++)
#pragma unroll
        for (int e = 0; e < 4; e++) {
          const int i = 8 * m + 2 * t + e % 2;
          p[m][e] = exp2f(p[m][e] * c - lse2[stage * N + i]);
          if (!whole && !sees(token[i], i0 + i, j[e / 2])) p[m][e] = 0.0f;
        }
      products_by_rows<W>(dv, p, ot);
      rows_by_rows<W>(ds, values, row, ot);
#pragma unroll
      for (int m = 0; m < N / 8; m++)
#pragma unroll
        for (int e = 0; e < 4; e++) ds[m][e] = p[m][e] * (ds[m][e] - delta[stage * N + 8 * m + 2 * t + e % 2]) * s.scale;
      products_by_rows<W>(dk, ds, qt);
    }
    __syncthreads();
    n = next;
    stage ^= 1;
  }
  copy_wait<0>();
  const float one[2] = {1.0f, 1.0f};
  const long width = (long)s.K * s.D, at = b * s.T * width + kv * s.D;
  write_rows<DP>(dk, s.dk + at, width, j[0], s.T, s.D, one);
  write_rows<DP>(dv, s.dv + at, width, j[0], s.T, s.D, one);
}

// ---------------------------------------------------------------------------------------------------------- the instances
// "small": for cards with less shared memory (Ada, consumer Ampere).
#define ATTENTION(name, M, DP, ROWS, N, blocks)                                                                    \
  typedef Walk<M, DP, ROWS, N> Walk_##name;                                                                        \
  KERNEL(attention_##name, Attention, __launch_bounds__(2 * ROWS, blocks), attention_body<Walk_##name>(s))         \
  KERNEL(attention_dq_##name, Attention, __launch_bounds__(2 * ROWS, 1), attention_dq_body<Walk_##name>(s))        \
  KERNEL(attention_dkv_##name, Attention, __launch_bounds__(2 * ROWS, 1), attention_dkv_body<Walk_##name>(s))
ATTENTION(f32_32, F32, 32, 128, 64, 1)
ATTENTION(f32_64, F32, 64, 128, 64, 1)
ATTENTION(f32_128, F32, 128, 128, 32, 1)
ATTENTION(tf32_32, TF32, 32, 128, 64, 2)
ATTENTION(tf32_64, TF32, 64, 128, 64, 2)
ATTENTION(tf32_128, TF32, 128, 128, 32, 1)
ATTENTION(bf16_32, BF16, 32, 128, 64, 2)
ATTENTION(bf16_64, BF16, 64, 128, 64, 2)
ATTENTION(bf16_128, BF16, 128, 128, 32, 1)
ATTENTION(f32_64_small, F32, 64, 64, 32, 1)
ATTENTION(f32_128_small, F32, 128, 32, 16, 1)
ATTENTION(tf32_64_small, TF32, 64, 64, 32, 1)
ATTENTION(tf32_128_small, TF32, 128, 32, 16, 1)
ATTENTION(bf16_128_small, BF16, 128, 32, 16, 1)

#define PACK_HEADS(mode, M, DP) KERNEL(pack_heads_##mode##_##DP, PackHeads, __launch_bounds__(256), pack_heads_body<M, DP>(s))
#define PACK_HEADS_OF(DP) PACK_HEADS(f32, F32, DP) PACK_HEADS(tf32, TF32, DP) PACK_HEADS(bf16, BF16, DP)
PACK_HEADS_OF(32)
PACK_HEADS_OF(64)
PACK_HEADS_OF(128)

#endif
