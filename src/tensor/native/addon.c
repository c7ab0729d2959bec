// The kernels as functions of JavaScript (Node-API 8).
//
// Every function takes its sizes first, then typed arrays. Each array is checked against the length that the sizes
// demand before its pointer is used; a mismatch throws a RangeError and nothing is computed.

#include <node_api.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../kernels/kernels.h"
#include "../kernels/pool.h"
#include "pool-control.h"

#if defined(__x86_64__)
extern const Kernels kernels_avx512, kernels_avx2;
#endif
extern const Kernels kernels_plain;

static const Kernels *kernels = &kernels_plain;
static pthread_mutex_t busy = PTHREAD_MUTEX_INITIALIZER; // the pool serves one JavaScript thread at a time

// ---------------------------------------------------------------------------------------------------------- arguments
#define MOST 20
typedef struct {
  napi_env env;
  const char *name;
  napi_value values[MOST];
  size_t count, next;
  int failed;
} Arguments;

static Arguments begin(napi_env env, napi_callback_info info, const char *name, size_t wanted) {
  Arguments a = {.env = env, .name = name, .count = MOST};
  if (napi_get_cb_info(env, info, &a.count, a.values, NULL, NULL) != napi_ok || a.count != wanted) {
    char text[128];
    snprintf(text, sizeof text, "native %s: want %zu arguments, got %zu", name, wanted, a.count);
    napi_throw_range_error(env, NULL, text);
    a.failed = 1;
  }
  return a;
}

static void fail(Arguments *a, const char *what) {
  if (a->failed) return;
  a->failed = 1;
  char text[256];
  snprintf(text, sizeof text, "native %s: argument %zu %s", a->name, a->next, what);
  napi_throw_range_error(a->env, NULL, text);
}

static double number(Arguments *a) {
  double x = 0;
  if (a->failed) return 0;
  if (napi_get_value_double(a->env, a->values[a->next++], &x) != napi_ok) fail(a, "wants a number");
  return x;
}

// A whole number from 0 to 2^40, so that a product of three of them is checked without overflow.
static long size(Arguments *a) {
  const double x = number(a);
  if (!a->failed && !(x >= 0 && x <= 1099511627776.0 && x == (double)(long)x)) fail(a, "wants a size");
  return a->failed ? 0 : (long)x;
}

static void *array(Arguments *a, napi_typedarray_type wanted, long double elements, int optional) {
  if (a->failed) return NULL;
  napi_value value = a->values[a->next++];
  napi_valuetype kind;
  if (optional && napi_typeof(a->env, value, &kind) == napi_ok && (kind == napi_null || kind == napi_undefined)) return NULL;
  napi_typedarray_type type;
  size_t length;
  void *data = NULL;
  bool is_array = false;
  if (napi_is_typedarray(a->env, value, &is_array) != napi_ok || !is_array ||
      napi_get_typedarray_info(a->env, value, &type, &length, &data, NULL, NULL) != napi_ok || type != wanted) {
    fail(a, wanted == napi_float32_array ? "wants a Float32Array" : "wants an Int32Array");
    return NULL;
  }
  if ((long double)length < elements) {
    char text[128];
    snprintf(text, sizeof text, "wants %.0Lf elements, got %zu", elements, length);
    fail(a, text);
    return NULL;
  }
  return data;
}
#define FLOATS(n) array(&a, napi_float32_array, (long double)(n), 0)
#define FLOATS_OR_NULL(n) array(&a, napi_float32_array, (long double)(n), 1)
#define INTS(n) array(&a, napi_int32_array, (long double)(n), 0)
#define AREA(x, y) ((long double)(x) * (long double)(y))

// Ids are used as row numbers: none may lie outside.
static void in_range(Arguments *a, const int32_t *ids, long n, long below) {
  if (a->failed) return;
  for (long i = 0; i < n; i++)
    if (ids[i] < 0 || ids[i] >= below) {
      fail(a, "holds an id out of range");
      return;
    }
}

static napi_value finish(Arguments *a, int result) {
  if (result != 0) {
    char text[128];
    snprintf(text, sizeof text, "native %s: no memory for scratch", a->name);
    napi_throw_error(a->env, NULL, text);
  }
  return NULL;
}
#define CALL(expression)                                                                                           \
  if (a.failed) return NULL;                                                                                       \
  pthread_mutex_lock(&busy);                                                                                       \
  const int result_ = (expression);                                                                                \
  pthread_mutex_unlock(&busy);                                                                                     \
  return finish(&a, result_);

// ------------------------------------------------------------------------------------------------------------ kernels
static napi_value Gemm(napi_env env, napi_callback_info info) {
  Arguments a = begin(env, info, "gemm", 10);
  const long batch = size(&a), M = size(&a), N = size(&a), K = size(&a);
  const long ta = size(&a), tb = size(&a), accumulate = size(&a);
  const float *A = FLOATS(batch * AREA(M, K)), *B = FLOATS(batch * AREA(K, N));
  float *C = FLOATS(batch * AREA(M, N));
  CALL(kernels->gemm(batch, M, N, K, (int)ta, (int)tb, (int)accumulate, A, B, C))
}

static napi_value RmsNorm(napi_env env, napi_callback_info info) {
  Arguments a = begin(env, info, "rmsNorm", 7);
  const long N = size(&a), C = size(&a);
  const double eps = number(&a);
  const float *x = FLOATS(AREA(N, C)), *w = FLOATS(C);
  float *y = FLOATS(AREA(N, C)), *inverse = FLOATS(N);
  CALL(kernels->rms_norm(N, C, (float)eps, x, w, y, inverse))
}

static napi_value RmsNormGrad(napi_env env, napi_callback_info info) {
  Arguments a = begin(env, info, "rmsNormGrad", 8);
  const long N = size(&a), C = size(&a);
  const float *x = FLOATS(AREA(N, C)), *w = FLOATS(C), *inverse = FLOATS(N), *dy = FLOATS(AREA(N, C));
  float *dx = FLOATS(AREA(N, C)), *dw = FLOATS(C);
  CALL(kernels->rms_norm_grad(N, C, x, w, inverse, dy, dx, dw))
}

static napi_value Rope(napi_env env, napi_callback_info info) {
  Arguments a = begin(env, info, "rope", 10);
  const long N = size(&a), heads = size(&a), D = size(&a), positions = size(&a);
  const double sign = number(&a);
  const int32_t *at = INTS(N);
  const float *cosine = FLOATS(AREA(positions, D / 2)), *sine = FLOATS(AREA(positions, D / 2));
  const float *x = FLOATS(heads * AREA(N, D));
  float *y = FLOATS(heads * AREA(N, D));
  in_range(&a, at, N, positions);
  CALL(kernels->rope(N, heads, D, (float)sign, at, cosine, sine, x, y))
}

static AttentionArgs attention_arguments(Arguments *at) {
  Arguments a = *at;
  AttentionArgs s = {.B = size(&a), .T = 0, .H = 0, .K = 0, .D = 0};
  s.T = size(&a), s.H = size(&a), s.K = size(&a), s.D = size(&a);
  s.context_start = INTS(AREA(s.B, s.T));
  s.context_end = INTS(AREA(s.B, s.T));
  s.branch_start = INTS(AREA(s.B, s.T));
  if (!a.failed && (s.K < 1 || s.D < 1 || s.H % s.K != 0)) fail(&a, "does not fit: H wants to be a multiple of K");
  for (long n = 0; !a.failed && n < s.B * s.T; n++) {
    const long i = n % s.T, from = s.context_start[n], to = s.context_end[n], branch = s.branch_start[n];
    if (from < 0 || from > to || to > s.T || branch < 0 || branch > i) fail(&a, "holds an interval outside its row");
  }
  *at = a;
  return s;
}

static napi_value Attention(napi_env env, napi_callback_info info) {
  Arguments a = begin(env, info, "attention", 13);
  const AttentionArgs s = attention_arguments(&a);
  const long double N = AREA(s.B, s.T), wide = N * AREA(s.H, s.D), narrow = N * AREA(s.K, s.D);
  const float *q = FLOATS(wide), *k = FLOATS(narrow), *v = FLOATS(narrow);
  float *o = FLOATS(wide), *lse = FLOATS(N * s.H);
  CALL(kernels->attention(&s, q, k, v, o, lse))
}

static napi_value AttentionGrad(napi_env env, napi_callback_info info) {
  Arguments a = begin(env, info, "attentionGrad", 17);
  const AttentionArgs s = attention_arguments(&a);
  const long double N = AREA(s.B, s.T), wide = N * AREA(s.H, s.D), narrow = N * AREA(s.K, s.D);
  const float *q = FLOATS(wide), *k = FLOATS(narrow), *v = FLOATS(narrow);
  const float *o = FLOATS(wide), *lse = FLOATS(N * s.H), *d_o = FLOATS(wide);
  float *dq = FLOATS(wide), *dk = FLOATS(narrow), *dv = FLOATS(narrow);
  CALL(kernels->attention_grad(&s, q, k, v, o, lse, d_o, dq, dk, dv))
}

static napi_value Swiglu(napi_env env, napi_callback_info info) {
  Arguments a = begin(env, info, "swiglu", 4);
  const long n = size(&a);
  const float *gate = FLOATS(n), *up = FLOATS(n);
  float *y = FLOATS(n);
  CALL(kernels->swiglu(n, gate, up, y))
}

static napi_value SwigluGrad(napi_env env, napi_callback_info info) {
  Arguments a = begin(env, info, "swigluGrad", 6);
  const long n = size(&a);
  const float *gate = FLOATS(n), *up = FLOATS(n), *dy = FLOATS(n);
  float *dgate = FLOATS(n), *dup = FLOATS(n);
  CALL(kernels->swiglu_grad(n, gate, up, dy, dgate, dup))
}

static napi_value Embedding(napi_env env, napi_callback_info info) {
  Arguments a = begin(env, info, "embedding", 6);
  const long N = size(&a), C = size(&a), V = size(&a);
  const int32_t *ids = INTS(N);
  const float *table = FLOATS(AREA(V, C));
  float *y = FLOATS(AREA(N, C));
  in_range(&a, ids, N, V);
  CALL(kernels->embedding(N, C, ids, table, y))
}

static napi_value EmbeddingGrad(napi_env env, napi_callback_info info) {
  Arguments a = begin(env, info, "embeddingGrad", 6);
  const long N = size(&a), C = size(&a), V = size(&a);
  const int32_t *ids = INTS(N);
  const float *dy = FLOATS(AREA(N, C));
  float *dtable = FLOATS(AREA(V, C));
  in_range(&a, ids, N, V);
  CALL(kernels->embedding_grad(N, C, V, ids, dy, dtable))
}

static napi_value CrossEntropy(napi_env env, napi_callback_info info) {
  Arguments a = begin(env, info, "crossEntropy", 12);
  const long N = size(&a), C = size(&a), V = size(&a), R = size(&a);
  const double scale = number(&a);
  const int32_t *rows = INTS(R), *labels = INTS(N);
  const float *x = FLOATS(AREA(N, C)), *w = FLOATS(AREA(V, C));
  float *log_probs = FLOATS(R), *dx = FLOATS_OR_NULL(AREA(N, C)), *dw = FLOATS_OR_NULL(AREA(V, C));
  if (!a.failed && (R > N || (dx == NULL) != (dw == NULL))) fail(&a, "does not fit: R <= N; dx and dw come together");
  in_range(&a, rows, R, N);
  for (long r = 0; !a.failed && r < R; r++) in_range(&a, labels + rows[r], 1, V);
  CALL(kernels->cross_entropy(N, C, V, R, rows, labels, (float)scale, x, w, log_probs, dx, dw))
}

static napi_value TreeAttention(napi_env env, napi_callback_info info) {
  Arguments a = begin(env, info, "treeAttention", 9);
  const long N = size(&a), H = size(&a), K = size(&a), D = size(&a);
  const int32_t *depths = INTS(N);
  if (!a.failed && (K < 1 || D < 1 || H % K != 0)) fail(&a, "does not fit: H wants to be a multiple of K");
  for (long n = 0; !a.failed && n < N; n++)
    if (depths[n] < 0 || depths[n] > (n == 0 ? 0 : (long)depths[n - 1] + 1)) fail(&a, "holds a depth that skips one");
  const long double wide = N * AREA(H, D), narrow = N * AREA(K, D);
  const float *q = FLOATS(wide), *k = FLOATS(narrow), *v = FLOATS(narrow);
  float *o = FLOATS(wide);
  CALL(kernels->tree_attention(N, H, K, D, depths, q, k, v, o))
}

static napi_value LogProbs(napi_env env, napi_callback_info info) {
  Arguments a = begin(env, info, "logProbs", 11);
  const long N = size(&a), C = size(&a), V = size(&a), R = size(&a), L = size(&a);
  const int32_t *rows = INTS(R), *starts = INTS(R + 1), *labels = INTS(L);
  const float *x = FLOATS(AREA(N, C)), *w = FLOATS(AREA(V, C));
  float *out = FLOATS(L);
  in_range(&a, rows, R, N);
  in_range(&a, labels, L, V);
  for (long r = 0; !a.failed && r < R; r++)
    if (starts[r] < 0 || starts[r] > starts[r + 1] || starts[r + 1] > L) fail(&a, "holds an interval outside the labels");
  CALL(kernels->log_probs(C, V, R, rows, starts, labels, x, w, out))
}

static napi_value AdamW(napi_env env, napi_callback_info info) {
  Arguments a = begin(env, info, "adamw", 12);
  const long n = size(&a);
  double h[7];
  for (int i = 0; i < 7; i++) h[i] = number(&a);
  float *p = FLOATS(n);
  const float *g = FLOATS(n);
  float *m = FLOATS(n), *v = FLOATS(n);
  CALL(kernels->adamw(n, p, g, m, v, h))
}

static napi_value Binary(napi_env env, napi_callback_info info) {
  Arguments a = begin(env, info, "binary", 6);
  const long op = size(&a), n = size(&a), scalar = size(&a);
  const float *x = FLOATS(n), *y = FLOATS(scalar ? 1 : n);
  float *z = FLOATS(n);
  CALL(kernels->binary((int)op, n, x, y, (int)scalar, z))
}

static napi_value SumOfSquares(napi_env env, napi_callback_info info) {
  Arguments a = begin(env, info, "sumOfSquares", 2);
  const long n = size(&a);
  const float *x = FLOATS(n);
  if (a.failed) return NULL;
  pthread_mutex_lock(&busy);
  const double total = kernels->sum_of_squares(n, x);
  pthread_mutex_unlock(&busy);
  if (total < 0) return finish(&a, -1);
  napi_value result;
  return napi_create_double(env, total, &result) == napi_ok ? result : NULL;
}

// ------------------------------------------------------------------------------------------------------------ control
typedef struct { const char *name; const Kernels *kernels; } InstructionSet;

// The instruction sets this processor has, best first.
static size_t instruction_sets(InstructionSet *out) {
  size_t n = 0;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    out[n++] = (InstructionSet){"avx512", &kernels_avx512};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) out[n++] = (InstructionSet){"avx2", &kernels_avx2};
#endif
#if defined(__aarch64__)
  out[n++] = (InstructionSet){"neon", &kernels_plain};
#else
  out[n++] = (InstructionSet){"scalar", &kernels_plain};
#endif
  return n;
}

static napi_value InstructionSets(napi_env env, napi_callback_info info) {
  (void)info;
  InstructionSet sets[4];
  const size_t n = instruction_sets(sets);
  napi_value list, text;
  if (napi_create_array(env, &list) != napi_ok) return NULL;
  for (size_t i = 0; i < n; i++)
    if (napi_create_string_utf8(env, sets[i].name, NAPI_AUTO_LENGTH, &text) == napi_ok) napi_set_element(env, list, i, text);
  return list;
}

// configure(instructionSet, threads)
static napi_value Configure(napi_env env, napi_callback_info info) {
  Arguments a = begin(env, info, "configure", 2);
  if (a.failed) return NULL;
  char wanted[16] = "";
  if (napi_get_value_string_utf8(env, a.values[a.next++], wanted, sizeof wanted, NULL) != napi_ok) fail(&a, "wants a name");
  const long threads = size(&a);
  if (a.failed) return NULL;
  InstructionSet sets[4];
  const size_t n = instruction_sets(sets);
  for (size_t i = 0; i < n; i++)
    if (strcmp(sets[i].name, wanted) == 0) {
      pthread_mutex_lock(&busy);
      kernels = sets[i].kernels;
      pool_set_threads((int)threads);
      pthread_mutex_unlock(&busy);
      return NULL;
    }
  napi_throw_range_error(env, NULL, "native configure: this processor does not have that instruction set");
  return NULL;
}

// useBf16(on): 1 where the processor has instructions for it, else 0
static napi_value UseBf16(napi_env env, napi_callback_info info) {
  Arguments a = begin(env, info, "useBf16", 1);
  const long on = size(&a);
  if (a.failed) return NULL;
  pthread_mutex_lock(&busy);
  const int how = kernels->use_bf16(on != 0);
  pthread_mutex_unlock(&busy);
  if (how < 0) {
    napi_throw_range_error(env, NULL, "native useBf16: this instruction set has no bfloat16 products; it needs avx512 or avx2");
    return NULL;
  }
  napi_value result;
  return napi_create_int32(env, how, &result) == napi_ok ? result : NULL;
}

static void release(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  free(data);
}

// The longest ArrayBuffer of Node 20. Wrapping more memory than V8 allows ends the process.
#define LARGEST_BUFFER 4294967296L

// allocate(bytes): an ArrayBuffer aligned for the kernels; its content is whatever was there
static napi_value Allocate(napi_env env, napi_callback_info info) {
  Arguments a = begin(env, info, "allocate", 1);
  const long bytes = size(&a);
  if (bytes > LARGEST_BUFFER) fail(&a, "wants a size of at most 4294967296 bytes");
  if (a.failed) return NULL;
  void *data = aligned_memory((size_t)bytes);
  napi_value buffer;
  if (data == NULL || napi_create_external_arraybuffer(env, data, (size_t)bytes, release, NULL, &buffer) != napi_ok) {
    free(data);
    char text[128];
    snprintf(text, sizeof text, "native: no memory for a tensor of %ld bytes", bytes);
    napi_throw_range_error(env, NULL, text);
    return NULL;
  }
  return buffer;
}

static napi_value ScratchBytes(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value result;
  return napi_create_double(env, (double)scratch_bytes(), &result) == napi_ok ? result : NULL;
}

NAPI_MODULE_INIT() {
  static const struct { const char *name; napi_callback function; } table[] = {
      {"gemm", Gemm}, {"rmsNorm", RmsNorm}, {"rmsNormGrad", RmsNormGrad}, {"rope", Rope}, {"attention", Attention},
      {"attentionGrad", AttentionGrad}, {"swiglu", Swiglu}, {"swigluGrad", SwigluGrad}, {"embedding", Embedding},
      {"embeddingGrad", EmbeddingGrad}, {"crossEntropy", CrossEntropy}, {"adamw", AdamW}, {"binary", Binary},
      {"sumOfSquares", SumOfSquares}, {"treeAttention", TreeAttention},
      {"logProbs", LogProbs}, {"instructionSets", InstructionSets}, {"configure", Configure}, {"useBf16", UseBf16},
      {"allocate", Allocate}, {"scratchBytes", ScratchBytes},
  };
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    napi_value function;
    if (napi_create_function(env, table[i].name, NAPI_AUTO_LENGTH, table[i].function, NULL, &function) != napi_ok ||
        napi_set_named_property(env, exports, table[i].name, function) != napi_ok)
      return NULL;
  }
  return exports;
}
