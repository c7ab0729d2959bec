// Element-wise kernels and reductions: SwiGLU, sums and products, AdamW, sums. All are limited by memory bandwidth: 16 bytes
// per thread and access. Tensors begin at multiples of 256 bytes, so only their ends have a remainder.

#ifndef CLASS_IT_ELEMENTWISE_CUH
#define CLASS_IT_ELEMENTWISE_CUH

#include "device.cuh"
#include "panels.cuh"

// Calls four(i) for each group of four elements, and one(i) for each element of the remainder.
template <class Four, class One> __device__ __forceinline__ void each(long n, Four four, One one) {
  const long first = blockIdx.x * (long)blockDim.x + threadIdx.x, step = (long)gridDim.x * blockDim.x;
  for (long i = first; i < n / 4; i += step) four(i);
  if (first < n % 4) one(n / 4 * 4 + first);
}

// ----------------------------------------------------------------------------------------------------------------- SwiGLU
__device__ __forceinline__ float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }
__device__ __forceinline__ float swiglu_one(float g, float u) { return g * sigmoid(g) * u; }

struct Swiglu {
  long n;
  const float *gate, *up;
  float *y;
};
__device__ __forceinline__ void swiglu_body(const Swiglu &s) {
  each(
      s.n,
      [&](long i) {
        const float4 g = ((const float4 *)s.gate)[i], u = ((const float4 *)s.up)[i];
        ((float4 *)s.y)[i] = make_float4(swiglu_one(g.x, u.x), swiglu_one(g.y, u.y), swiglu_one(g.z, u.z), swiglu_one(g.w, u.w));
      },
      [&](long i) { s.y[i] = swiglu_one(s.gate[i], s.up[i]); });
}
KERNEL(swiglu, Swiglu, __launch_bounds__(256), swiglu_body(s))

// The same for three matrices in bf16 panels of one shape, `n` pieces of 16 bytes.
struct SwigluPanels {
  long n;
  const int4 *gate, *up;
  int4 *y;
};
__device__ __forceinline__ void swiglu_panels_body(const SwigluPanels &s) {
  for (long i = blockIdx.x * (long)blockDim.x + threadIdx.x; i < s.n; i += (long)gridDim.x * blockDim.x) {
    float g[8], u[8];
    from_piece(g, s.gate[i]);
    from_piece(u, s.up[i]);
#pragma unroll
    for (int e = 0; e < 8; e++) g[e] = swiglu_one(g[e], u[e]);
    s.y[i] = to_piece(g);
  }
}
KERNEL(swiglu_panels, SwigluPanels, __launch_bounds__(256), swiglu_panels_body(s))

// d silu(g) = σ (1 + g (1 - σ))
__device__ __forceinline__ void swiglu_grad_one(float g, float u, float d, float &dg, float &du) {
  const float s = sigmoid(g), silu = g * s;
  du = d * silu;
  dg = d * u * (silu * (1.0f - s) + s);
}
struct SwigluGrad {
  long n;
  const float *gate, *up, *dy;
  float *dgate, *dup;
};
__device__ __forceinline__ void swiglu_grad_body(const SwigluGrad &s) {
  each(
      s.n,
      [&](long i) {
        const float4 g = ((const float4 *)s.gate)[i], u = ((const float4 *)s.up)[i], d = ((const float4 *)s.dy)[i];
        float4 dg, du;
        swiglu_grad_one(g.x, u.x, d.x, dg.x, du.x);
        swiglu_grad_one(g.y, u.y, d.y, dg.y, du.y);
        swiglu_grad_one(g.z, u.z, d.z, dg.z, du.z);
        swiglu_grad_one(g.w, u.w, d.w, dg.w, du.w);
        ((float4 *)s.dgate)[i] = dg;
        ((float4 *)s.dup)[i] = du;
      },
      [&](long i) { swiglu_grad_one(s.gate[i], s.up[i], s.dy[i], s.dgate[i], s.dup[i]); });
}
KERNEL(swiglu_grad, SwigluGrad, __launch_bounds__(256), swiglu_grad_body(s))

struct SwigluGradPanels {
  long n;
  const int4 *gate, *up, *dy;
  int4 *dgate, *dup;
};
__device__ __forceinline__ void swiglu_grad_panels_body(const SwigluGradPanels &s) {
  for (long i = blockIdx.x * (long)blockDim.x + threadIdx.x; i < s.n; i += (long)gridDim.x * blockDim.x) {
    float g[8], u[8], d[8];
    from_piece(g, s.gate[i]);
    from_piece(u, s.up[i]);
    from_piece(d, s.dy[i]);
#pragma unroll
    for (int e = 0; e < 8; e++) {
      float dg, du;
      swiglu_grad_one(g[e], u[e], d[e], dg, du);
      g[e] = dg, u[e] = du;
    }
    s.dgate[i] = to_piece(g);
    s.dup[i] = to_piece(u);
  }
}
KERNEL(swiglu_grad_panels, SwigluGradPanels, __launch_bounds__(256), swiglu_grad_panels_body(s))

// ------------------------------------------------------------------------------------------------- sums, products of two
struct Binary {
  long n;
  const float *a, *b;
  float *y;
  int scalar; // b is one number
};
template <int OP> __device__ __forceinline__ float binary_one(float a, float b) { return OP == 0 ? a + b : OP == 1 ? a - b : a * b; }
template <int OP> __device__ __forceinline__ void binary_body(const Binary &s) {
  const float c = s.scalar ? s.b[0] : 0.0f;
  each(
      s.n,
      [&](long i) {
        const float4 p = ((const float4 *)s.a)[i], q = s.scalar ? make_float4(c, c, c, c) : ((const float4 *)s.b)[i];
        ((float4 *)s.y)[i] =
            make_float4(binary_one<OP>(p.x, q.x), binary_one<OP>(p.y, q.y), binary_one<OP>(p.z, q.z), binary_one<OP>(p.w, q.w));
      },
      [&](long i) { s.y[i] = binary_one<OP>(s.a[i], s.scalar ? c : s.b[i]); });
}
KERNEL(add, Binary, __launch_bounds__(256), binary_body<0>(s))
KERNEL(subtract, Binary, __launch_bounds__(256), binary_body<1>(s))
KERNEL(multiply_elements, Binary, __launch_bounds__(256), binary_body<2>(s))

// ------------------------------------------------------------------------------------------------------- AdamW, clipping
// Sum over 256 threads in a fixed order; valid in thread 0.
__device__ __forceinline__ double block_sum(double x) {
  __shared__ double shares[256];
  shares[threadIdx.x] = x;
  __syncthreads();
  for (int half = 128; half > 0; half /= 2) {
    if ((int)threadIdx.x < half) shares[threadIdx.x] += shares[threadIdx.x + half];
    __syncthreads();
  }
  return shares[0];
}

// Sums of squares of many tensors in one launch: one block per piece of a tensor.
struct SquaresPiece {
  const float *x;
  int n, padding;
};
struct Squares {
  const SquaresPiece *pieces;
  double *sums; // one per piece
};
__device__ __forceinline__ void squares_body(const Squares &s) {
  const SquaresPiece a = s.pieces[blockIdx.x];
  double sum = 0;
  for (int i = threadIdx.x; i < a.n / 4; i += 256) {
    const float4 x = ((const float4 *)a.x)[i];
    sum += (double)x.x * x.x + (double)x.y * x.y + (double)x.z * x.z + (double)x.w * x.w;
  }
  const int i = a.n / 4 * 4 + threadIdx.x;
  if (i < a.n) sum += (double)a.x[i] * a.x[i];
  sum = block_sum(sum);
  if (threadIdx.x == 0) s.sums[blockIdx.x] = sum;
}
KERNEL(squares, Squares, __launch_bounds__(256), squares_body(s))

// norm[0] = sqrt(Σ sums), norm[1] = the factor of the gradients: scale, times the clipping of the scaled norm; NaN if the norm
// is not finite.
struct Norm {
  const double *sums;
  double *norm;
  double scale, most; // most: the clipping norm; below 0: no clipping
  int count;
};
__device__ __forceinline__ void norm_body(const Norm &s) {
  double sum = 0;
  for (int i = threadIdx.x; i < s.count; i += 256) sum += s.sums[i];
  sum = block_sum(sum);
  if (threadIdx.x != 0) return;
  const double norm = sqrt(sum), scaled = norm * s.scale;
  double factor = s.scale;
  if (s.most >= 0 && s.most / (scaled + 1e-6) < 1) factor *= s.most / (scaled + 1e-6);
  s.norm[0] = norm;
  s.norm[1] = factor + (scaled - scaled); // 0, or NaN if the norm is infinite or NaN
}
KERNEL(gradient_norm, Norm, __launch_bounds__(256), norm_body(s))

// AdamW in PyTorch's order of operations; one block per piece of a tensor.
struct AdamWHyper {
  float decay, beta1, rest1, beta2, rest2, eps, rate, correction;
};
// `panels`, if not NULL: the bf16 panels of the weight [rows][columns], multiples of 64, which are kept up to date; the piece
// begins at element `from` of the weight.
struct AdamWPiece {
  float *p, *m, *v;
  const float *g;
  uint2 *panels;
  int n, hyper, from, rows, columns, padding;
};
struct AdamW {
  const AdamWPiece *pieces;
  const AdamWHyper *hypers;
  const double *norm; // norm[1]: the gradients' factor, NaN: skip the update; NULL: the factor is `scale`
  float scale;
};
__device__ __forceinline__ void adamw_one(const AdamWHyper &h, float scale, float &p, float g, float &m, float &v) {
  g *= scale;
  m = g * h.rest1 + m * h.beta1;
  v = g * g * h.rest2 + v * h.beta2;
  p = p * h.decay - m / (sqrtf(v) / h.correction + h.eps) * h.rate;
}
__device__ __forceinline__ void adamw_body(const AdamW &s) {
  const AdamWPiece a = s.pieces[blockIdx.x];
  const AdamWHyper h = s.hypers[a.hyper];
  const float scale = s.norm == NULL ? s.scale : (float)s.norm[1];
  if (scale != scale) return;
  for (int i = threadIdx.x; i < a.n / 4; i += 256) {
    float4 p = ((float4 *)a.p)[i], m = ((float4 *)a.m)[i], v = ((float4 *)a.v)[i];
    const float4 g = ((const float4 *)a.g)[i];
    adamw_one(h, scale, p.x, g.x, m.x, v.x);
    adamw_one(h, scale, p.y, g.y, m.y, v.y);
    adamw_one(h, scale, p.z, g.z, m.z, v.z);
    adamw_one(h, scale, p.w, g.w, m.w, v.w);
    ((float4 *)a.p)[i] = p, ((float4 *)a.m)[i] = m, ((float4 *)a.v)[i] = v;
    if (a.panels == NULL) continue;
    const int at = a.from + 4 * i, r = at / a.columns, c4 = (at - r * a.columns) / 4;
    a.panels[2 * panel_piece(a.rows, r, c4 / 2) + c4 % 2] = make_uint2(to_bf16x2(p.x, p.y), to_bf16x2(p.z, p.w));
  }
  const int i = a.n / 4 * 4 + threadIdx.x;
  if (i < a.n) adamw_one(h, scale, a.p[i], a.g[i], a.m[i], a.v[i]);
}
KERNEL(adamw, AdamW, __launch_bounds__(256), adamw_body(s))

// to[0] = factor Σ x; one block.
struct ScaledSum {
  const float *x;
  float *to;
  double factor;
  long n;
};
__device__ __forceinline__ void scaled_sum_body(const ScaledSum &s) {
  double sum = 0;
  for (long i = threadIdx.x; i < s.n; i += 256) sum += s.x[i];
  sum = block_sum(sum);
  if (threadIdx.x == 0) s.to[0] = (float)(sum * s.factor + 0.0); // an empty sum is 0, not -0
}
KERNEL(scaled_sum, ScaledSum, __launch_bounds__(256), scaled_sum_body(s))

#endif
