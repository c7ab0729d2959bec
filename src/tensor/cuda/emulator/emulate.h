// Emulates the parts of CUDA that the kernels use, on the CPU, to test them without a GPU. Each CUDA thread is a fiber, a
// block's fibers run in a random order between barriers, and mma, ldmatrix and shuffles exchange operands within a warp. Shared
// and device memory end at a protected page and are filled with NaN at first. Slow; only for tests.

#ifndef CLASS_IT_EMULATE_H
#define CLASS_IT_EMULATE_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <functional>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __shared__ static
#define DYNAMIC_SHARED(name) unsigned char *const name = emulated_shared()

struct dim3 {
  unsigned x, y, z;
  dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};
extern dim3 gridDim, blockDim, blockIdx, threadIdx;
void emulated_launch(dim3 grid, dim3 block, int shared, const std::function<void()> &kernel);
unsigned char *emulated_shared();
void __syncthreads();
void __syncwarp();
// Pass n bytes to the warp's other lanes and get a table of the bytes of all 32 lanes, stride 64.
const unsigned char *emulated_exchange(const void *mine, size_t n);

struct alignas(16) float4 { float x, y, z, w; };
struct alignas(8) float2 { float x, y; };
struct alignas(16) int4 { int x, y, z, w; };
struct alignas(8) uint2 { unsigned x, y; };
static inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
static inline float2 make_float2(float x, float y) { return {x, y}; }
static inline int4 make_int4(int x, int y, int z, int w) { return {x, y, z, w}; }
static inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
static inline int min(int a, int b) { return a < b ? a : b; }
static inline int max(int a, int b) { return a > b ? a : b; }
static inline uint32_t __float_as_uint(float x) { uint32_t y; memcpy(&y, &x, 4); return y; }
static inline float __uint_as_float(uint32_t x) { float y; memcpy(&y, &x, 4); return y; }

static inline float emulated_tf32(float x) { // to the nearest, ties away
  const uint32_t u = __float_as_uint(x);
  if ((u & 0x7f800000u) == 0x7f800000u) return x;
  return __uint_as_float((u + 0x1000u) & 0xffffe000u);
}
static inline uint32_t emulated_bf16(float x) { // to the nearest even
  const uint32_t u = __float_as_uint(x);
  if ((u & 0x7fffffffu) > 0x7f800000u) return 0x7fc0u;
  return (u + 0x7fffu + ((u >> 16) & 1)) >> 16;
}

template <class T> static inline T __shfl_xor_sync(unsigned, T x, int mask) {
  const unsigned char *all = emulated_exchange(&x, sizeof x);
  T y;
  memcpy(&y, all + 64 * ((threadIdx.x & 31) ^ mask), sizeof y);
  return y;
}

static inline unsigned __ballot_sync(unsigned, int x) {
  const unsigned char *all = emulated_exchange(&x, sizeof x);
  unsigned y = 0;
  for (int l = 0; l < 32; l++) {
    int other;
    memcpy(&other, all + 64 * l, sizeof other);
    y |= (unsigned)(other != 0) << l;
  }
  return y;
}
static inline int __ffs(unsigned x) { return __builtin_ffs((int)x); }

void emulated_copy16(void *shared, const void *global, bool present); // copies when the kernel waits for it
void emulated_copy_commit();
void emulated_copy_wait(int groups);
void emulated_load_matrices(uint32_t (&r)[4], const void *row, bool transposed);
void emulated_mma(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2], bool bf16);

// Hopper. Copies and products happen at a random time between their start and the wait.
uint32_t emulated_shared_address(const void *p);
void emulated_barrier_init(uint64_t *b, int count);
void emulated_barrier_arrive(uint64_t *b, int bytes);
void emulated_barrier_wait(uint64_t *b, int parity);
void emulated_bulk_copy(void *shared, const void *global, int bytes, uint64_t *b);
void emulated_bulk_store(void *global, const void *shared, int bytes);
void emulated_bulk_store_wait(int stores);
void emulated_wgmma(float *d, int n, const uint32_t *a_registers, uint64_t a, uint64_t b, int add, int ta, int tb);
void emulated_wgmma_tf32(float *d, int n, const uint32_t *a_registers, uint64_t a, uint64_t b, int add);
void emulated_wgmma_commit();
void emulated_wgmma_wait(int groups);

// ------------------------------------------------------------------------------------------------------------ the kernels
// Every kernel adds itself to a list, in which driver.cpp finds it by name.
struct EmulatedKernel {
  const char *name;
  size_t bytes; // of its argument
  void (*call)(const void *argument);
  EmulatedKernel *next;
};
extern EmulatedKernel *emulated_kernels;
struct EmulatedRegistration {
  EmulatedKernel kernel;
  EmulatedRegistration(const char *name, size_t bytes, void (*call)(const void *)) : kernel{name, bytes, call, emulated_kernels} {
    emulated_kernels = &kernel;
  }
};
#define KERNEL(name, Arguments, bounds, ...)                                                                       \
  static void kernel_##name(const void *argument) {                                                                \
    Arguments s;                                                                                                   \
    memcpy(&s, argument, sizeof s);                                                                                \
    __VA_ARGS__;                                                                                                   \
  }                                                                                                                \
  static EmulatedRegistration registration_##name(#name, sizeof(Arguments), kernel_##name);

void *emulated_allocate(size_t bytes); // ends at a protected page and is filled with NaN; NULL if there is no memory
void emulated_release(void *p);

#endif
