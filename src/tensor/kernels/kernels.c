// One translation unit of all kernels, compiled once for every instruction set under another name.

#include "kernels.h"

#include "attention.h"
#include "cross-entropy.h"
#include "elementwise.h"
#include "gemm.h"
#include "rows.h"
#include "tree-attention.h"

#ifndef KERNELS
#define KERNELS kernels_plain
#define KERNELS_NAME "plain C"
#endif

const Kernels KERNELS = {
    .name = KERNELS_NAME,
    .gemm = gemm,
    .rms_norm = rms_norm,
    .rms_norm_grad = rms_norm_grad,
    .rope = rope,
    .attention = attention,
    .attention_grad = attention_grad,
    .swiglu = swiglu,
    .swiglu_grad = swiglu_grad,
    .embedding = embedding,
    .embedding_grad = embedding_grad,
    .cross_entropy = cross_entropy,
    .adamw = adamw,
    .sum_of_squares = sum_of_squares,
    .binary = binary,
    .tree_attention = tree_attention,
    .log_probs = log_probs,
    .use_bf16 = use_bf16,
};
