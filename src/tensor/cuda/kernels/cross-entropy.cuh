// The output layer and its loss, one chunk of rows at a time: logits, softmax and gradient share one buffer.

#ifndef CLASS_IT_CROSS_ENTROPY_CUH
#define CLASS_IT_CROSS_ENTROPY_CUH

#include "device.cuh"
#include "panels.cuh"

#define SOFTMAX_THREADS 512

// Copy rows to or from the places given by an index; one block per row.
struct MoveRows {
  const int32_t *rows;
  const float *from;
  float *to;
  int C;
};
__device__ __forceinline__ void gather_rows_body(const MoveRows &s) {
  const float *from = s.from + (long)s.rows[blockIdx.x] * s.C;
  float *to = s.to + (long)blockIdx.x * s.C;
  for (int i = threadIdx.x; i < s.C; i += blockDim.x) to[i] = from[i];
}
__device__ __forceinline__ void scatter_rows_body(const MoveRows &s) {
  const float *from = s.from + (long)blockIdx.x * s.C;
  float *to = s.to + (long)s.rows[blockIdx.x] * s.C;
  for (int i = threadIdx.x; i < s.C; i += blockDim.x) to[i] = from[i];
}
KERNEL(gather_rows, MoveRows, __launch_bounds__(256), gather_rows_body(s))
KERNEL(scatter_rows, MoveRows, __launch_bounds__(256), scatter_rows_body(s))

// The maximum of a part of the logits and Σ exp(z - maximum), and how two such pairs are combined.
struct Softmax {
  float top, sum;
};
__device__ __forceinline__ Softmax together(Softmax a, Softmax b) {
  const float top = fmaxf(a.top, b.top);
  if (top == -INFINITY) return a;
  return {top, a.sum * exp2f((a.top - top) * 1.4426950408889634f) + b.sum * exp2f((b.top - top) * 1.4426950408889634f)};
}

// One row per block: log softmax at the label. With `gradient`, scale (softmax - onehot) replaces the row, or is written to
// the panels, if there are any, and the row stays (as many rows as blocks; columns and rows are multiples of 64).
struct SoftmaxRows {
  const int32_t *rows, *labels;
  float *logits, *log_probs;
  uint16_t *panels; // or NULL
  int V, gradient;
  float scale;
};
__device__ __forceinline__ void softmax_rows_body(const SoftmaxRows &s) {
  __shared__ Softmax parts[SOFTMAX_THREADS / 32];
  __shared__ float at_label_shared;
  const float L2E = 1.4426950408889634f;
  const long V = s.V;
  float *z = s.logits + blockIdx.x * V;
  const int label = s.labels[s.rows[blockIdx.x]];
  const bool fours = V % 4 == 0;
  // Each thread keeps its own maximum and sum; they are corrected only when the maximum grows.
  Softmax own = {-INFINITY, 0.0f};
  const auto take = [&](float x) {
    if (x > own.top) own.sum *= exp2f((own.top - x) * L2E), own.top = x;
    own.sum += exp2f((x - own.top) * L2E);
  };
  if (fours) {
    for (long i = threadIdx.x; i < V / 4; i += SOFTMAX_THREADS) {
      const float4 x = ((const float4 *)z)[i];
      const float top = fmaxf(fmaxf(x.x, x.y), fmaxf(x.z, x.w));
      if (top > own.top) own.sum *= exp2f((own.top - top) * L2E), own.top = top;
      own.sum += exp2f((x.x - own.top) * L2E) + exp2f((x.y - own.top) * L2E) + exp2f((x.z - own.top) * L2E) +
               exp2f((x.w - own.top) * L2E);
    }
  } else {
    for (long i = threadIdx.x; i < V; i += SOFTMAX_THREADS) take(z[i]);
  }
  if (threadIdx.x == 0) at_label_shared = z[label]; // before any thread changes the row
#pragma unroll
  for (int offset = 16; offset > 0; offset >>= 1) {
    Softmax other;
    other.top = __shfl_xor_sync(0xffffffffu, own.top, offset);
    other.sum = __shfl_xor_sync(0xffffffffu, own.sum, offset);
    own = together(own, other);
  }
  if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = own;
  __syncthreads();
  own = parts[0];
  for (int i = 1; i < SOFTMAX_THREADS / 32; i++) own = together(own, parts[i]);
  if (threadIdx.x == 0) s.log_probs[blockIdx.x] = at_label_shared - own.top - logf(own.sum);
  if (!s.gradient) return; // true for the whole block
  const float scale = s.scale, factor = scale / own.sum;
  if (fours) {
    for (long i = threadIdx.x; i < V / 4; i += SOFTMAX_THREADS) {
      float4 x = ((float4 *)z)[i];
      x.x = exp2f((x.x - own.top) * L2E) * factor, x.y = exp2f((x.y - own.top) * L2E) * factor;
      x.z = exp2f((x.z - own.top) * L2E) * factor, x.w = exp2f((x.w - own.top) * L2E) * factor;
      const int at = label - (int)i * 4;
      if (at == 0) x.x -= scale;
      else if (at == 1) x.y -= scale;
      else if (at == 2) x.z -= scale;
      else if (at == 3) x.w -= scale;
      if (s.panels == NULL) ((float4 *)z)[i] = x;
      else {
        const long column = i * 4, r = blockIdx.x;
        *(uint2 *)(s.panels + (column / 64 * gridDim.x + r) * 64 + (column / 8 % 8 ^ r % 8) * 8 + column % 8) =
            make_uint2(to_bf16x2(x.x, x.y), to_bf16x2(x.z, x.w));
      }
    }
  } else {
    for (long i = threadIdx.x; i < V; i += SOFTMAX_THREADS)
      z[i] = exp2f((z[i] - own.top) * L2E) * factor - (i == label ? scale : 0.0f);
  }
}
KERNEL(softmax_rows, SoftmaxRows, __launch_bounds__(SOFTMAX_THREADS), softmax_rows_body(s))

#endif
