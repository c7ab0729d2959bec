// bf16 operands of matrix products, as panels: a matrix [rows][columns] in blocks of 64 columns, [columns / 64][rows, padded
// to 64][64]; the padding is zero. A row of a block is 128 bytes; its 16-byte piece c is at place c ^ (row % 8), as the tensor
// cores of Hopper read operands ("128-byte swizzle") and as ldmatrix reads them without bank conflicts.
//
// The same panels are used for a matrix and for its transpose: a tile's rows follow one another in a block, and tensor cores
// read an operand in either direction.

#ifndef CLASS_IT_PANELS_CUH
#define CLASS_IT_PANELS_CUH

#include "device.cuh"

// Write four neighbouring elements of a row, in a matrix whose rows and columns are multiples of 64; i counts groups of four
// over the whole matrix.
__device__ __forceinline__ void put_in_panels(uint16_t *panels, unsigned rows, unsigned columns, long i, const float4 &x) {
  const unsigned fours = columns / 4, r = (unsigned)i / fours, c = ((unsigned)i - r * fours) * 4;
  *(uint2 *)(panels + ((long)(c / 64) * rows + r) * 64 + (c / 8 % 8 ^ r % 8) * 8 + c % 8) =
      make_uint2(to_bf16x2(x.x, x.y), to_bf16x2(x.z, x.w));
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
      if (s.vector) {
        if (column < s.columns) a = ((const float4 *)from)[0];
        if (column + 4 < s.columns) b = ((const float4 *)from)[1];
      } else {
        const int n = s.columns - column;
        if (n > 0) a.x = from[0];
        if (n > 1) a.y = from[1];
        if (n > 2) a.z = from[2];
        if (n > 3) a.w = from[3];
        if (n > 4) b.x = from[4];
        if (n > 5) b.y = from[5];
        if (n > 6) b.z = from[6];
        if (n > 7) b.w = from[7];
      }
    }
    *(int4 *)(panels + ((long)block * s.padded + r) * 64 + (piece ^ (r & 7)) * 8) =
        make_int4((int)to_bf16x2(a.x, a.y), (int)to_bf16x2(a.z, a.w), (int)to_bf16x2(b.x, b.y), (int)to_bf16x2(b.z, b.w));
  }
}
KERNEL(to_panels, ToPanels, __launch_bounds__(256), to_panels_body(s))

#endif
