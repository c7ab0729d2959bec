// Operands of matrix products, as panels. In bf16: a matrix [rows][columns] in blocks of 64 columns, [columns / 64][rows, padded
// to 64][64]; the padding is zero. A row of a block is 128 bytes; its 16-byte piece c is at place c ^ (row % 8), as the tensor
// cores of Hopper read operands ("128-byte swizzle") and as ldmatrix reads them without bank conflicts.
//
// The same panels are used for a matrix and for its transpose: a tile's rows follow one another in a block, and tensor cores
// read an operand in either direction.

#ifndef CLASS_IT_PANELS_CUH
#define CLASS_IT_PANELS_CUH

#include "device.cuh"

// Four numbers, of which those from the n-th on are 0 and not read. `vector`: aligned to 16 bytes, and n is a multiple of 4.
__device__ __forceinline__ float4 read_four(const float *from, int n, int vector) {
  float4 y = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
  if (vector) {
    if (n > 0) y = *(const float4 *)from;
    return y;
  }
  if (n > 0) y.x = from[0];
  if (n > 1) y.y = from[1];
  if (n > 2) y.z = from[2];
  if (n > 3) y.w = from[3];
  return y;
}

// Eight neighbouring elements of a row are a piece of 16 bytes. The number of the piece, in a matrix of `rows` rows; c8: its
// column / 8.
__device__ __forceinline__ long panel_piece(long rows, long r, int c8) { return ((c8 / 8) * rows + r) * 8 + (c8 % 8 ^ (int)(r % 8)); }
__device__ __forceinline__ void from_piece(float (&x)[8], const int4 &piece) {
  const uint32_t pairs[4] = {(uint32_t)piece.x, (uint32_t)piece.y, (uint32_t)piece.z, (uint32_t)piece.w};
#pragma unroll
  for (int i = 0; i < 4; i++) x[2 * i] = float_of(pairs[i] << 16), x[2 * i + 1] = float_of(pairs[i] & 0xffff0000u);
}
__device__ __forceinline__ float4 from_half_piece(const uint2 &x) {
  return make_float4(float_of(x.x << 16), float_of(x.x & 0xffff0000u), float_of(x.y << 16), float_of(x.y & 0xffff0000u));
}
__device__ __forceinline__ int4 to_piece(const float (&x)[8]) {
  return make_int4((int)to_bf16x2(x[0], x[1]), (int)to_bf16x2(x[2], x[3]), (int)to_bf16x2(x[4], x[5]), (int)to_bf16x2(x[6], x[7]));
}

struct ToPanels {
  const float *x;
  uint16_t *panels;
  int rows, columns, padded, blocks; // padded: rows of a block; blocks: number of blocks of 64 columns
  int vector;                        // rows begin at multiples of 16 bytes
};
// One block of threads has 64 rows of one block of columns, one thread two pieces of 8.
__device__ __forceinline__ void to_panels_body(const ToPanels &s) {
  const int block = (int)(blockIdx.x % s.blocks), r0 = (int)(blockIdx.x / s.blocks) * 64;
  const int piece = threadIdx.x % 8, column = block * 64 + piece * 8;
  const float *x = s.x + (long)blockIdx.y * s.rows * s.columns;
  uint16_t *panels = s.panels + (long)blockIdx.y * s.padded * s.blocks * 64;
#pragma unroll
  for (int i = 0; i < 2; i++) {
    const int r = r0 + threadIdx.x / 8 + 32 * i;
    float4 a = make_float4(0.0f, 0.0f, 0.0f, 0.0f), b = a;
    if (r < s.rows) {
      const float *from = x + (long)r * s.columns + column;
      a = read_four(from, s.columns - column, s.vector);
      b = read_four(from + 4, s.columns - column - 4, s.vector);
    }
    const float eight[8] = {a.x, a.y, a.z, a.w, b.x, b.y, b.z, b.w};
    *(int4 *)(panels + ((long)block * s.padded + r) * 64 + (piece ^ (r & 7)) * 8) = to_piece(eight);
  }
}
KERNEL(to_panels, ToPanels, __launch_bounds__(256), to_panels_body(s))

// tf32 operands: the same with blocks of 32 columns, each number rounded to tf32, since tensor cores cut the low 13 bits.
// They want an operand's channels contiguous, so the transposed matrix has panels of its own; both are made in one pass.
struct ToTf32Panels {
  const float *x;
  float *panels, *turned; // either may be NULL
  int rows, columns, padded, blocks, turned_padded, turned_blocks;
  int vector; // rows begin at multiples of 16 bytes
};
// One block of threads has 64 rows and 64 columns.
__device__ __forceinline__ void to_tf32_panels_body(const ToTf32Panels &s) {
  __shared__ float tile[64][65];
  const int across = s.turned_padded / 64, r0 = (int)(blockIdx.x / across) * 64, c0 = (int)(blockIdx.x % across) * 64;
  const float *x = s.x + (long)blockIdx.y * s.rows * s.columns;
  float *panels = s.panels == NULL ? NULL : s.panels + (long)blockIdx.y * s.padded * s.blocks * 32;
#pragma unroll
  for (int i = 0; i < 4; i++) {
    const int at = threadIdx.x + 256 * i, r = at / 16, quad = at % 16, column = c0 + 4 * quad;
    float4 y = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
    if (r0 + r < s.rows) {
      y = read_four(x + (long)(r0 + r) * s.columns + column, s.columns - column, s.vector);
    }
    y = make_float4(to_tf32(y.x), to_tf32(y.y), to_tf32(y.z), to_tf32(y.w));
    const int block = column / 32;
    if (panels != NULL && block < s.blocks)
      *(float4 *)(panels + ((long)block * s.padded + r0 + r) * 32 + (quad % 8 ^ (r & 7)) * 4) = y;
    float *to = &tile[r][4 * quad];
    to[0] = y.x, to[1] = y.y, to[2] = y.z, to[3] = y.w;
  }
  if (s.turned == NULL) return;
  __syncthreads();
  float *turned = s.turned + (long)blockIdx.y * s.turned_padded * s.turned_blocks * 32;
#pragma unroll
  for (int i = 0; i < 4; i++) {
    const int at = threadIdx.x + 256 * i, piece = at % 8, c = at / 8 % 64, r = at / 512 * 32 + 4 * piece;
    const int block = (r0 + r) / 32;
    if (block < s.turned_blocks)
      *(float4 *)(turned + ((long)block * s.turned_padded + c0 + c) * 32 + (piece ^ (c & 7)) * 4) =
          make_float4(tile[r][c], tile[r + 1][c], tile[r + 2][c], tile[r + 3][c]);
  }
}
KERNEL(to_tf32_panels, ToTf32Panels, __launch_bounds__(256), to_tf32_panels_body(s))

// The matrix as float32; columns are a multiple of 64. With `a`, it is added: y = a + panels.
struct FromPanels {
  const uint16_t *panels;
  const float *a;
  float *y;
  int rows, columns, padded;
};
__device__ __forceinline__ void from_panels_body(const FromPanels &s) {
  const int eights = s.columns / 8;
  const long total = (long)s.rows * eights;
  for (long i = blockIdx.x * (long)blockDim.x + threadIdx.x; i < total; i += (long)gridDim.x * blockDim.x) {
    const long r = i / eights;
    float x[8];
    from_piece(x, ((const int4 *)s.panels)[panel_piece(s.padded, r, (int)(i - r * eights))]);
    float4 low = make_float4(x[0], x[1], x[2], x[3]), high = make_float4(x[4], x[5], x[6], x[7]);
    if (s.a != NULL) low = add4(((const float4 *)s.a)[2 * i], low), high = add4(((const float4 *)s.a)[2 * i + 1], high);
    ((float4 *)s.y)[2 * i] = low;
    ((float4 *)s.y)[2 * i + 1] = high;
  }
}
KERNEL(from_panels, FromPanels, __launch_bounds__(256), from_panels_body(s))

#endif
