// All kernels. Compiled for the processors of src/tensor/cuda/build.mjs, and for the CPU by its emulator.

#include "attention-hopper.cuh"
#include "attention.cuh"
#include "cross-entropy.cuh"
#include "elementwise.cuh"
#include "gemm-hopper.cuh"
#include "gemm.cuh"
#include "panels.cuh"
#include "rows.cuh"
