// Kernels that work row by row: RMSNorm, RoPE, embedding. All are limited by memory bandwidth.

#ifndef CLASS_IT_ROWS_CUH
#define CLASS_IT_ROWS_CUH

#include "panels.cuh"

#define NORM_WARPS 8
#define NORM_THREADS (32 * NORM_WARPS)

// ---------------------------------------------------------------------------------------------------------------- RMSNorm
// y = w x / sqrt(mean(x^2) + eps). With `panels`, y is written there only; N and C are then multiples of 64.
struct RmsNorm {
  const float *x, *w;
  float *y, *inverse;
  uint16_t *panels;
  int N, C;
  float eps;
};
// One warp per row.
__device__ __forceinline__ void rms_norm_body(const RmsNorm &s) {
  const int lane = threadIdx.x % 32, C = s.C;
  const bool fours = C % 4 == 0;
  for (long n = blockIdx.x * (long)NORM_WARPS + threadIdx.x / 32; n < s.N; n += (long)gridDim.x * NORM_WARPS) {
    const float *x = s.x + n * C;
    float *y = s.y + n * C;
    float sum = 0.0f;
    if (fours) {
      for (int i = lane; i < C / 4; i += 32) {
        const float4 a = ((const float4 *)x)[i];
        sum += a.x * a.x + a.y * a.y + a.z * a.z + a.w * a.w;
      }
    } else {
      for (int i = lane; i < C; i += 32) sum += x[i] * x[i];
    }
    const float r = 1.0f / sqrtf(warp_sum(sum) / (float)C + s.eps);
    if (lane == 0) s.inverse[n] = r;
    if (fours) {
      for (int i = lane; i < C / 4; i += 32) {
        const float4 a = ((const float4 *)x)[i], b = ((const float4 *)s.w)[i];
        const float4 to = make_float4(a.x * r * b.x, a.y * r * b.y, a.z * r * b.z, a.w * r * b.w);
        if (s.panels == NULL) ((float4 *)y)[i] = to;
        else ((uint2 *)s.panels)[2 * panel_piece(s.N, n, i / 2) + i % 2] = make_uint2(to_bf16x2(to.x, to.y), to_bf16x2(to.z, to.w));
      }
    } else {
      for (int i = lane; i < C; i += 32) y[i] = x[i] * r * s.w[i];
    }
  }
}

// With g = dy w and r = inverse: dx = r (g - x r^2 mean(g x)) + plus, dw = Σ_n dy x r. `plus` may be NULL or equal dx. With
// `panels`, dx is also written there; with `dy_panels`, dy is read there. N and C are then multiples of 64.
struct RmsNormGrad {
  const float *x, *w, *inverse, *dy, *plus;
  float *dx, *partial; // partial: [blocks][C], each block's partial sum of dw
  uint16_t *panels;    // or NULL
  const uint16_t *dy_panels; // instead of dy, or NULL
  int N, C;
};
// For rows that fit into registers, at most 128 FOURS channels; C is a multiple of 4.
template <int FOURS> __device__ __forceinline__ void rms_norm_grad_body(const RmsNormGrad &s) {
  __shared__ float4 sums[NORM_WARPS][32];
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, C = s.C, count = C / 4;
  float4 dw[FOURS];
#pragma unroll
  for (int i = 0; i < FOURS; i++) dw[i] = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
  for (long n = blockIdx.x * (long)NORM_WARPS + warp; n < s.N; n += (long)gridDim.x * NORM_WARPS) {
    const float4 *x = (const float4 *)(s.x + n * C), *dy = (const float4 *)(s.dy + n * C);
    float4 xs[FOURS], gs[FOURS], ps[FOURS]; // x, dy, plus; all are read before the first is used
#pragma unroll
    for (int i = 0; i < FOURS; i++) {
      const int at = lane + 32 * i;
      if (at >= count) continue;
      xs[i] = x[at];
      gs[i] = s.dy_panels == NULL ? dy[at] : from_half_piece(((const uint2 *)s.dy_panels)[2 * panel_piece(s.N, n, at / 2) + at % 2]);
      ps[i] = s.plus == NULL ? make_float4(0.0f, 0.0f, 0.0f, 0.0f) : ((const float4 *)(s.plus + n * C))[at];
    }
    float sum = 0.0f;
#pragma unroll
    for (int i = 0; i < FOURS; i++) {
      const int at = lane + 32 * i;
      if (at >= count) continue;
      const float4 a = xs[i], d = gs[i], b = ((const float4 *)s.w)[at];
      sum += d.x * a.x * b.x + d.y * a.y * b.y + d.z * a.z * b.z + d.w * a.w * b.w;
    }
    const float r = s.inverse[n], k = warp_sum(sum) * r * r / (float)C;
#pragma unroll
    for (int i = 0; i < FOURS; i++) {
      const int at = lane + 32 * i;
      if (at >= count) continue;
      const float4 a = xs[i], d = gs[i], b = ((const float4 *)s.w)[at];
      float4 dx =
          make_float4(r * (d.x * b.x - a.x * k), r * (d.y * b.y - a.y * k), r * (d.z * b.z - a.z * k), r * (d.w * b.w - a.w * k));
      if (s.plus != NULL) dx = add4(dx, ps[i]);
      ((float4 *)(s.dx + n * C))[at] = dx;
      if (s.panels != NULL)
        ((uint2 *)s.panels)[2 * panel_piece(s.N, n, at / 2) + at % 2] = make_uint2(to_bf16x2(dx.x, dx.y), to_bf16x2(dx.z, dx.w));
      dw[i].x += d.x * a.x * r, dw[i].y += d.y * a.y * r, dw[i].z += d.z * a.z * r, dw[i].w += d.w * a.w * r;
    }
  }
#pragma unroll
  for (int i = 0; i < FOURS; i++) {
    const int at = lane + 32 * i;
    sums[warp][lane] = dw[i];
    __syncthreads();
    if (warp == 0 && at < count) {
      float4 total = sums[0][lane];
      for (int k = 1; k < NORM_WARPS; k++) total = add4(total, sums[k][lane]);
      ((float4 *)(s.partial + (long)blockIdx.x * C))[at] = total;
    }
    __syncthreads();
  }
}
// The same for rows that do not fit: dx with one warp per row, then dw with one thread per column and slab of rows.
__device__ __forceinline__ void rms_norm_dx_body(const RmsNormGrad &s) {
  const int lane = threadIdx.x % 32, C = s.C;
  for (long n = blockIdx.x * (long)NORM_WARPS + threadIdx.x / 32; n < s.N; n += (long)gridDim.x * NORM_WARPS) {
    float sum = 0.0f;
    for (int i = lane; i < C; i += 32) sum += s.dy[n * C + i] * s.x[n * C + i] * s.w[i];
    const float r = s.inverse[n], k = warp_sum(sum) * r * r / (float)C;
    for (int i = lane; i < C; i += 32) {
      const float dx = r * (s.dy[n * C + i] * s.w[i] - s.x[n * C + i] * k);
      s.dx[n * C + i] = s.plus == NULL ? dx : dx + s.plus[n * C + i];
    }
  }
}
__device__ __forceinline__ void rms_norm_dw_body(const RmsNormGrad &s) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x, C = s.C;
  if (i >= C) return;
  float sum = 0.0f;
  for (long n = blockIdx.y; n < s.N; n += gridDim.y) sum += s.dy[n * C + i] * s.x[n * C + i] * s.inverse[n];
  s.partial[blockIdx.y * (long)C + i] = sum;
}

// out[i] = Σ_b partial[b][i], in order; one block of 32 x 8 threads per 32 columns.
struct AddRows {
  const float *partial;
  float *out;
  int blocks, C;
};
__device__ __forceinline__ void add_rows_body(const AddRows &s) {
  __shared__ float sums[8][32];
  const int x = threadIdx.x % 32, y = threadIdx.x / 32, i = blockIdx.x * 32 + x;
  float sum = 0.0f;
  if (i < s.C)
    for (int b = y; b < s.blocks; b += 8) sum += s.partial[(long)b * s.C + i];
  sums[y][x] = sum;
  __syncthreads();
  if (y > 0 || i >= s.C) return;
  for (int k = 1; k < 8; k++) sum += sums[k][x];
  s.out[i] = sum;
}

KERNEL(rms_norm, RmsNorm, __launch_bounds__(NORM_THREADS), rms_norm_body(s))
KERNEL(rms_norm_grad_768, RmsNormGrad, __launch_bounds__(NORM_THREADS, 2), rms_norm_grad_body<6>(s))
KERNEL(rms_norm_grad_1024, RmsNormGrad, __launch_bounds__(NORM_THREADS), rms_norm_grad_body<8>(s))
KERNEL(rms_norm_dx, RmsNormGrad, __launch_bounds__(NORM_THREADS), rms_norm_dx_body(s))
KERNEL(rms_norm_dw, RmsNormGrad, __launch_bounds__(128), rms_norm_dw_body(s))
KERNEL(add_rows, AddRows, __launch_bounds__(256), add_rows_body(s))

// ------------------------------------------------------------------------------------------------------------------- RoPE
struct Rope {
  const int32_t *positions;
  const float *cosine, *sine, *x;
  float *y;
  int N, heads, half;
  float sign;
};
// One pair of channels per thread, or four pairs where channels are in groups of four.
template <int WIDE> __device__ __forceinline__ void rope_body(const Rope &s) {
  const int half = s.half, per_head = half / WIDE;
  const long total = (long)s.N * s.heads * per_head;
  for (long j = blockIdx.x * (long)blockDim.x + threadIdx.x; j < total; j += (long)gridDim.x * blockDim.x) {
    const int i = (int)(j % per_head) * WIDE;
    const long head = j / per_head, n = head / s.heads;
    const long table = (long)s.positions[n] * half + i, at = head * 2 * half + i;
    if constexpr (WIDE == 4) {
      const float4 c = *(const float4 *)(s.cosine + table), t = *(const float4 *)(s.sine + table);
      const float4 p = *(const float4 *)(s.x + at), q = *(const float4 *)(s.x + at + half);
      const float4 u = make_float4(t.x * s.sign, t.y * s.sign, t.z * s.sign, t.w * s.sign);
      *(float4 *)(s.y + at) = make_float4(p.x * c.x - q.x * u.x, p.y * c.y - q.y * u.y, p.z * c.z - q.z * u.z, p.w * c.w - q.w * u.w);
      *(float4 *)(s.y + at + half) =
          make_float4(q.x * c.x + p.x * u.x, q.y * c.y + p.y * u.y, q.z * c.z + p.z * u.z, q.w * c.w + p.w * u.w);
    } else {
      const float c = s.cosine[table], t = s.sine[table] * s.sign, p = s.x[at], q = s.x[at + half];
      s.y[at] = p * c - q * t;
      s.y[at + half] = q * c + p * t;
    }
  }
}
KERNEL(rope_fours, Rope, __launch_bounds__(256), rope_body<4>(s))
KERNEL(rope_pairs, Rope, __launch_bounds__(256), rope_body<1>(s))

// The same for bf16 panels, eight pairs per thread; `half` is 8, 16 or 32, and N a multiple of 64.
struct RopePanels {
  const int32_t *positions;
  const float *cosine, *sine;
  const uint16_t *x;
  uint16_t *y;
  int N, blocks, half; // blocks of 64 channels
  float sign;
};
__device__ __forceinline__ void rope_panels_body(const RopePanels &s) {
  const int per_head = s.half / 8;
  const long total = (long)s.N * s.blocks * 4;
  for (long j = blockIdx.x * (long)blockDim.x + threadIdx.x; j < total; j += (long)gridDim.x * blockDim.x) {
    const int part = (int)(j % 4), i = part % per_head, piece = part / per_head * 2 * per_head + i;
    const long row = j / 4, n = row % s.N, table = (long)s.positions[n] * s.half + 8 * i;
    const long at = row * 8 + (piece ^ (int)(n % 8)), at_other = row * 8 + (piece + per_head ^ (int)(n % 8));
    float p[8], q[8], a[8], b[8];
    from_piece(p, ((const int4 *)s.x)[at]);
    from_piece(q, ((const int4 *)s.x)[at_other]);
#pragma unroll
    for (int e = 0; e < 8; e += 4) {
      const float4 c = *(const float4 *)(s.cosine + table + e), t = *(const float4 *)(s.sine + table + e);
      const float cs[4] = {c.x, c.y, c.z, c.w}, ts[4] = {t.x, t.y, t.z, t.w};
#pragma unroll
      for (int k = 0; k < 4; k++) {
        const float u = ts[k] * s.sign;
        a[e + k] = p[e + k] * cs[k] - q[e + k] * u;
        b[e + k] = q[e + k] * cs[k] + p[e + k] * u;
      }
    }
    ((int4 *)s.y)[at] = to_piece(a);
    ((int4 *)s.y)[at_other] = to_piece(b);
  }
}
KERNEL(rope_panels, RopePanels, __launch_bounds__(256), rope_panels_body(s))

// -------------------------------------------------------------------------------------------------------------- embedding
struct Embedding {
  const int32_t *ids;
  const float *table;
  float *y;
  int N, C;
};
__device__ __forceinline__ void embedding_body(const Embedding &s) {
  const bool fours = s.C % 4 == 0;
  const int width = fours ? s.C / 4 : s.C;
  const long total = (long)s.N * width;
  for (long j = blockIdx.x * (long)blockDim.x + threadIdx.x; j < total; j += (long)gridDim.x * blockDim.x) {
    const long from = (long)s.ids[j / width] * width + j % width;
    if (fours) ((float4 *)s.y)[j] = ((const float4 *)s.table)[from];
    else s.y[j] = s.table[from];
  }
}
KERNEL(embedding, Embedding, __launch_bounds__(256), embedding_body(s))

// A block owns one id and adds the rows of its tokens in order. order: tokens sorted by id; starts: [V+1] positions in it.
struct EmbeddingGrad {
  const int32_t *starts, *order;
  const float *dy;
  float *dtable;
  int C;
};
__device__ __forceinline__ void embedding_grad_body(const EmbeddingGrad &s) {
  const long id = blockIdx.x;
  const int from = s.starts[id], to = s.starts[id + 1];
  for (int i = threadIdx.x; i < s.C; i += blockDim.x) {
    float sum = 0.0f;
    int k = from;
    for (; k + 8 <= to; k += 8) { // eight loads at the same time
      float d[8];
#pragma unroll
      for (int e = 0; e < 8; e++) d[e] = s.dy[(long)s.order[k + e] * s.C + i];
#pragma unroll
      for (int e = 0; e < 8; e++) sum += d[e];
    }
    for (; k < to; k++) sum += s.dy[(long)s.order[k] * s.C + i];
    s.dtable[id * s.C + i] = sum;
  }
}
KERNEL(embedding_grad, EmbeddingGrad, __launch_bounds__(256), embedding_grad_body(s))

#endif
