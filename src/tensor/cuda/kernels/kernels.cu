// All kernels. src/tensor/cuda/build.mjs compiles them for NVIDIA's processors, and for the CPU with the emulator.

#include "attention-hopper.cuh"
#include "attention.cuh"
#include "cross-entropy.cuh"
#include "elementwise.cuh"
#include "gemm-hopper.cuh"
#include "gemm.cuh"
#include "panels.cuh"
#include "rows.cuh"
