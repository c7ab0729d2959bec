// The kernels as functions of JavaScript (Node-API 8).
//
// Every function takes its sizes first, then typed arrays. Each array is checked against the length that the sizes
// demand before its pointer is used; a mismatch throws a RangeError and nothing is computed.
//
// `exports.gemm(...)` computes at once. `exports.later.gemm(...)` only notes the call, and `exports.finish()` checks and
// computes all noted calls in order. Each kernel evicts the code and data of JavaScript from the caches, so JavaScript is
// several times slower between kernels than when all calls of a step are noted first.

#include <node_api.h>
#include <pthread.h>
#include <stdarg.h>
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
typedef enum { OTHER, NUMBER, NOTHING, FLOATS32, INTS32 } Kind;

typedef struct {
  Kind kind;
  double number;
  size_t length; // of an array
  void *data;
} Value;

typedef struct Arguments Arguments;

// A kernel as a function of its arguments: it checks them and computes; an error is noted in them.
typedef struct {
  const char *name;
  size_t count;
  void (*run)(Arguments *);
} Function;

struct Arguments {
  const Function *function;
  size_t next;
  Value values[MOST];
  double result; // if has_result
  int failed, lacks_memory, has_result;
  char error[192];
};

static void fail(Arguments *a, const char *format, ...) {
  if (a->failed) return;
  a->failed = 1;
  const int begun = snprintf(a->error, sizeof a->error, "native %s: argument %zu ", a->function->name, a->next);
  va_list parts;
  va_start(parts, format);
  vsnprintf(a->error + begun, sizeof a->error - (size_t)begun, format, parts);
  va_end(parts);
}

static void throw_error(napi_env env, const Arguments *a) {
  if (a->lacks_memory) napi_throw_error(env, NULL, a->error);
  else napi_throw_range_error(env, NULL, a->error);
}

static Value value_of(napi_env env, napi_value value) {
  Value v = {.kind = OTHER};
  bool is_array = false;
  napi_typedarray_type type;
  napi_valuetype kind;
  if (napi_get_value_double(env, value, &v.number) == napi_ok) v.kind = NUMBER;
  else if (napi_is_typedarray(env, value, &is_array) == napi_ok && is_array) {
    if (napi_get_typedarray_info(env, value, &type, &v.length, &v.data, NULL, NULL) != napi_ok) return v;
    v.kind = type == napi_float32_array ? FLOATS32 : type == napi_int32_array ? INTS32 : OTHER;
  } else if (napi_typeof(env, value, &kind) == napi_ok && (kind == napi_null || kind == napi_undefined)) v.kind = NOTHING;
  return v;
}

// Reads the arguments of a call. Their number is checked here, everything else by the function.
static int begin(napi_env env, napi_callback_info info, Arguments *a) {
  napi_value values[MOST];
  size_t count = MOST;
  void *function;
  if (napi_get_cb_info(env, info, &count, values, NULL, &function) != napi_ok) return 0;
  a->function = function;
  a->next = 0;
  a->failed = a->lacks_memory = a->has_result = 0;
  if (count != a->function->count) {
    const Function *f = a->function;
    snprintf(a->error, sizeof a->error, "native %s: want %zu arguments, got %zu", f->name, f->count, count);
    throw_error(env, a);
    return 0;
  }
  for (size_t i = 0; i < count; i++) a->values[i] = value_of(env, values[i]);
  return 1;
}

static double number(Arguments *a) {
  if (a->failed) return 0;
  const Value *value = &a->values[a->next++];
  if (value->kind == NUMBER) return value->number;
  fail(a, "wants a number");
  return 0;
}

// A whole number from 0 to 2^40, so that a product of three of them is checked without overflow.
static long size(Arguments *a) {
  const double x = number(a);
  if (!a->failed && !(x >= 0 && x <= 1099511627776.0 && x == (double)(long)x)) fail(a, "wants a size");
  return a->failed ? 0 : (long)x;
}

static void *array(Arguments *a, Kind wanted, long double elements, int optional) {
  if (a->failed) return NULL;
  const Value *value = &a->values[a->next++];
  if (optional && value->kind == NOTHING) return NULL;
  if (value->kind != wanted) {
    fail(a, wanted == FLOATS32 ? "wants a Float32Array" : "wants an Int32Array");
    return NULL;
  }
  if ((long double)value->length < elements) {
    fail(a, "wants %.0Lf elements, got %zu", elements, value->length);
    return NULL;
  }
  return value->data;
}
#define FLOATS(n) array(a, FLOATS32, (long double)(n), 0)
#define FLOATS_OR_NULL(n) array(a, FLOATS32, (long double)(n), 1)
#define INTS(n) array(a, INTS32, (long double)(n), 0)
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

// Computes if all arguments are right; a kernel's result is not 0 where there is no memory for its scratch.
#define COMPUTE(kernel)                                                                                            \
  if (a->failed || (kernel) == 0) return;                                                                          \
  a->failed = a->lacks_memory = 1;                                                                                 \
  snprintf(a->error, sizeof a->error, "native %s: no memory for scratch", a->function->name);

// ------------------------------------------------------------------------------------------------------------ kernels
static void Gemm(Arguments *a) {
  const long batch = size(a), M = size(a), N = size(a), K = size(a);
  const long ta = size(a), tb = size(a), accumulate = size(a);
  const float *A = FLOATS(batch * AREA(M, K)), *B = FLOATS(batch * AREA(K, N));
  float *C = FLOATS(batch * AREA(M, N));
  COMPUTE(kernels->gemm(batch, M, N, K, (int)ta, (int)tb, (int)accumulate, A, B, C))
}

static void RmsNorm(Arguments *a) {
  const long N = size(a), C = size(a);
  const double eps = number(a);
  const float *x = FLOATS(AREA(N, C)), *w = FLOATS(C);
  float *y = FLOATS(AREA(N, C)), *inverse = FLOATS(N);
  COMPUTE(kernels->rms_norm(N, C, (float)eps, x, w, y, inverse))
}

static void RmsNormGrad(Arguments *a) {
  const long N = size(a), C = size(a);
  const float *x = FLOATS(AREA(N, C)), *w = FLOATS(C), *inverse = FLOATS(N), *dy = FLOATS(AREA(N, C));
  float *dx = FLOATS(AREA(N, C)), *dw = FLOATS(C);
  COMPUTE(kernels->rms_norm_grad(N, C, x, w, inverse, dy, dx, dw))
}

static void Rope(Arguments *a) {
  const long N = size(a), heads = size(a), D = size(a), positions = size(a);
  const double sign = number(a);
  const int32_t *at = INTS(N);
  const float *cosine = FLOATS(AREA(positions, D / 2)), *sine = FLOATS(AREA(positions, D / 2));
  const float *x = FLOATS(heads * AREA(N, D));
  float *y = FLOATS(heads * AREA(N, D));
  in_range(a, at, N, positions);
  COMPUTE(kernels->rope(N, heads, D, (float)sign, at, cosine, sine, x, y))
}

static AttentionArgs attention_arguments(Arguments *a) {
  AttentionArgs s = {.B = size(a), .T = 0, .H = 0, .K = 0, .D = 0};
  s.T = size(a), s.H = size(a), s.K = size(a), s.D = size(a);
  s.context_start = INTS(AREA(s.B, s.T));
  s.context_end = INTS(AREA(s.B, s.T));
  s.branch_start = INTS(AREA(s.B, s.T));
  if (!a->failed && (s.K < 1 || s.D < 1 || s.H % s.K != 0)) fail(a, "does not fit: H wants to be a multiple of K");
  for (long n = 0; !a->failed && n < s.B * s.T; n++) {
    const long i = n % s.T, from = s.context_start[n], to = s.context_end[n], branch = s.branch_start[n];
    if (from < 0 || from > to || to > s.T || branch < 0 || branch > i) fail(a, "holds an interval outside its row");
  }
  return s;
}

static void Attention(Arguments *a) {
  const AttentionArgs s = attention_arguments(a);
  const long double N = AREA(s.B, s.T), wide = N * AREA(s.H, s.D), narrow = N * AREA(s.K, s.D);
  const float *q = FLOATS(wide), *k = FLOATS(narrow), *v = FLOATS(narrow);
  float *o = FLOATS(wide), *lse = FLOATS(N * s.H);
  COMPUTE(kernels->attention(&s, q, k, v, o, lse))
}

static void AttentionGrad(Arguments *a) {
  const AttentionArgs s = attention_arguments(a);
  const long double N = AREA(s.B, s.T), wide = N * AREA(s.H, s.D), narrow = N * AREA(s.K, s.D);
  const float *q = FLOATS(wide), *k = FLOATS(narrow), *v = FLOATS(narrow);
  const float *o = FLOATS(wide), *lse = FLOATS(N * s.H), *d_o = FLOATS(wide);
  float *dq = FLOATS(wide), *dk = FLOATS(narrow), *dv = FLOATS(narrow);
  COMPUTE(kernels->attention_grad(&s, q, k, v, o, lse, d_o, dq, dk, dv))
}

static void Swiglu(Arguments *a) {
  const long n = size(a);
  const float *gate = FLOATS(n), *up = FLOATS(n);
  float *y = FLOATS(n);
  COMPUTE(kernels->swiglu(n, gate, up, y))
}

static void SwigluGrad(Arguments *a) {
  const long n = size(a);
  const float *gate = FLOATS(n), *up = FLOATS(n), *dy = FLOATS(n);
  float *dgate = FLOATS(n), *dup = FLOATS(n);
  COMPUTE(kernels->swiglu_grad(n, gate, up, dy, dgate, dup))
}

static void Embedding(Arguments *a) {
  const long N = size(a), C = size(a), V = size(a);
  const int32_t *ids = INTS(N);
  const float *table = FLOATS(AREA(V, C));
  float *y = FLOATS(AREA(N, C));
  in_range(a, ids, N, V);
  COMPUTE(kernels->embedding(N, C, ids, table, y))
}

static void EmbeddingGrad(Arguments *a) {
  const long N = size(a), C = size(a), V = size(a);
  const int32_t *ids = INTS(N);
  const float *dy = FLOATS(AREA(N, C));
  float *dtable = FLOATS(AREA(V, C));
  in_range(a, ids, N, V);
  COMPUTE(kernels->embedding_grad(N, C, V, ids, dy, dtable))
}

static void CrossEntropy(Arguments *a) {
  const long N = size(a), C = size(a), V = size(a), R = size(a);
  const double scale = number(a);
  const int32_t *rows = INTS(R), *labels = INTS(N);
  const float *x = FLOATS(AREA(N, C)), *w = FLOATS(AREA(V, C));
  float *log_probs = FLOATS(R), *dx = FLOATS_OR_NULL(AREA(N, C)), *dw = FLOATS_OR_NULL(AREA(V, C));
  if (!a->failed && (R > N || (dx == NULL) != (dw == NULL))) fail(a, "does not fit: R <= N; dx and dw come together");
  in_range(a, rows, R, N);
  for (long r = 0; !a->failed && r < R; r++) in_range(a, labels + rows[r], 1, V);
  COMPUTE(kernels->cross_entropy(N, C, V, R, rows, labels, (float)scale, x, w, log_probs, dx, dw))
}

static void TreeAttention(Arguments *a) {
  const long N = size(a), H = size(a), K = size(a), D = size(a);
  const int32_t *depths = INTS(N);
  if (!a->failed && (K < 1 || D < 1 || H % K != 0)) fail(a, "does not fit: H wants to be a multiple of K");
  for (long n = 0; !a->failed && n < N; n++)
    if (depths[n] < 0 || depths[n] > (n == 0 ? 0 : (long)depths[n - 1] + 1)) fail(a, "holds a depth that skips one");
  const long double wide = N * AREA(H, D), narrow = N * AREA(K, D);
  const float *q = FLOATS(wide), *k = FLOATS(narrow), *v = FLOATS(narrow);
  float *o = FLOATS(wide);
  COMPUTE(kernels->tree_attention(N, H, K, D, depths, q, k, v, o))
}

static void LogProbs(Arguments *a) {
  const long N = size(a), C = size(a), V = size(a), R = size(a), L = size(a);
  const int32_t *rows = INTS(R), *starts = INTS(R + 1), *labels = INTS(L);
  const float *x = FLOATS(AREA(N, C)), *w = FLOATS(AREA(V, C));
  float *out = FLOATS(L);
  in_range(a, rows, R, N);
  in_range(a, labels, L, V);
  for (long r = 0; !a->failed && r < R; r++)
    if (starts[r] < 0 || starts[r] > starts[r + 1] || starts[r + 1] > L) fail(a, "holds an interval outside the labels");
  COMPUTE(kernels->log_probs(C, V, R, rows, starts, labels, x, w, out))
}

static void AdamW(Arguments *a) {
  const long n = size(a);
  double h[7];
  for (int i = 0; i < 7; i++) h[i] = number(a);
  float *p = FLOATS(n);
  const float *g = FLOATS(n);
  float *m = FLOATS(n), *v = FLOATS(n);
  COMPUTE(kernels->adamw(n, p, g, m, v, h))
}

static void Binary(Arguments *a) {
  const long op = size(a), n = size(a), scalar = size(a);
  const float *x = FLOATS(n), *y = FLOATS(scalar ? 1 : n);
  float *z = FLOATS(n);
  COMPUTE(kernels->binary((int)op, n, x, y, (int)scalar, z))
}

static void SumOfSquares(Arguments *a) {
  const long n = size(a);
  const float *x = FLOATS(n);
  if (a->failed) return;
  a->result = kernels->sum_of_squares(n, x);
  a->has_result = 1;
  COMPUTE(a->result < 0)
}

// useBf16(on): 1 where the processor has instructions for it, else 0
static void UseBf16(Arguments *a) {
  const long on = size(a);
  if (a->failed) return;
  a->result = kernels->use_bf16(on != 0);
  a->has_result = 1;
  a->next = 0;
  if (a->result < 0) fail(a, "this instruction set has no bfloat16 products; it needs avx512 or avx2");
}

// -------------------------------------------------------------------------------------------------------------- calls
// The noted calls of one JavaScript thread. Arrays of floats are its tensors' memory, which it keeps until the calls are
// computed; arrays of ids are copied, since the caller may change them.
typedef struct {
  Arguments *calls;
  size_t count, room;
} Noted;

static int copy_ids(Arguments *a) {
  for (size_t i = 0; i < a->function->count; i++) {
    Value *value = &a->values[i];
    if (value->kind != INTS32) continue;
    void *copy = malloc(value->length * sizeof(int32_t) + 1);
    if (copy == NULL) {
      while (i-- > 0) if (a->values[i].kind == INTS32) free(a->values[i].data);
      return 0;
    }
    value->data = memcpy(copy, value->data, value->length * sizeof(int32_t));
  }
  return 1;
}

static void forget(Noted *noted) {
  for (size_t c = 0; c < noted->count; c++)
    for (size_t i = 0; i < noted->calls[c].function->count; i++)
      if (noted->calls[c].values[i].kind == INTS32) free(noted->calls[c].values[i].data);
  noted->count = 0;
}

static void free_noted(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  forget(data);
  free(((Noted *)data)->calls);
  free(data);
}

static napi_value CallNow(napi_env env, napi_callback_info info) {
  Arguments a;
  if (!begin(env, info, &a)) return NULL;
  pthread_mutex_lock(&busy);
  a.function->run(&a);
  pthread_mutex_unlock(&busy);
  napi_value result = NULL;
  if (a.failed) throw_error(env, &a);
  else if (a.has_result) napi_create_double(env, a.result, &result);
  return result;
}

static napi_value CallLater(napi_env env, napi_callback_info info) {
  Noted *noted = NULL;
  if (napi_get_instance_data(env, (void **)&noted) != napi_ok) return NULL;
  if (noted->count == noted->room) {
    const size_t room = noted->room == 0 ? 256 : 2 * noted->room;
    Arguments *calls = realloc(noted->calls, room * sizeof *calls);
    if (calls != NULL) noted->calls = calls, noted->room = room;
  }
  Arguments *a = &noted->calls[noted->count];
  if (noted->count < noted->room && !begin(env, info, a)) return NULL;
  if (noted->count < noted->room && copy_ids(a)) noted->count++;
  else napi_throw_error(env, NULL, "native: no memory to note a call");
  return NULL;
}

// finish(): the first error ends the noted calls
static napi_value Finish(napi_env env, napi_callback_info info) {
  (void)info;
  Noted *noted = NULL;
  if (napi_get_instance_data(env, (void **)&noted) != napi_ok || noted->count == 0) return NULL;
  pthread_mutex_lock(&busy);
  size_t c = 0;
  while (c < noted->count) {
    Arguments *a = &noted->calls[c];
    a->function->run(a);
    if (a->failed) break;
    c++;
  }
  pthread_mutex_unlock(&busy);
  if (c < noted->count) throw_error(env, &noted->calls[c]);
  forget(noted);
  return NULL;
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
  napi_value values[2];
  size_t count = 2;
  char wanted[16] = "";
  double threads = 0;
  if (napi_get_cb_info(env, info, &count, values, NULL, NULL) != napi_ok || count < 2 ||
      napi_get_value_string_utf8(env, values[0], wanted, sizeof wanted, NULL) != napi_ok ||
      napi_get_value_double(env, values[1], &threads) != napi_ok || !(threads >= 0 && threads < 1e9)) {
    napi_throw_range_error(env, NULL, "native configure: wants the name of an instruction set and a number of threads");
    return NULL;
  }
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

static void release(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  free(data);
}

// The longest ArrayBuffer of Node 20. Wrapping more memory than V8 allows ends the process.
#define LARGEST_BUFFER 4294967296L

// allocate(bytes): an ArrayBuffer aligned for the kernels; its content is whatever was there
static napi_value Allocate(napi_env env, napi_callback_info info) {
  Arguments a;
  if (!begin(env, info, &a)) return NULL;
  const long bytes = size(&a);
  if (bytes > LARGEST_BUFFER) fail(&a, "wants a size of at most 4294967296 bytes");
  if (a.failed) {
    throw_error(env, &a);
    return NULL;
  }
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

static int set_function(napi_env env, napi_value object, const Function *function, napi_callback callback) {
  napi_value value;
  return napi_create_function(env, function->name, NAPI_AUTO_LENGTH, callback, (void *)function, &value) == napi_ok &&
         napi_set_named_property(env, object, function->name, value) == napi_ok;
}

NAPI_MODULE_INIT() {
  static const Function table[] = {
      {"gemm", 10, Gemm}, {"rmsNorm", 7, RmsNorm}, {"rmsNormGrad", 8, RmsNormGrad}, {"rope", 10, Rope},
      {"attention", 13, Attention}, {"attentionGrad", 17, AttentionGrad}, {"swiglu", 4, Swiglu},
      {"swigluGrad", 6, SwigluGrad}, {"embedding", 6, Embedding}, {"embeddingGrad", 6, EmbeddingGrad},
      {"crossEntropy", 12, CrossEntropy}, {"treeAttention", 9, TreeAttention}, {"logProbs", 11, LogProbs},
      {"adamw", 12, AdamW}, {"binary", 6, Binary},
  };
  static const Function with_result[] = {{"sumOfSquares", 2, SumOfSquares}, {"useBf16", 1, UseBf16}};
  static const struct { Function function; napi_callback callback; } control[] = {
      {{"finish", 0, NULL}, Finish}, {{"instructionSets", 0, NULL}, InstructionSets}, {{"configure", 2, NULL}, Configure},
      {{"allocate", 1, NULL}, Allocate}, {{"scratchBytes", 0, NULL}, ScratchBytes},
  };
  Noted *noted = calloc(1, sizeof *noted);
  napi_value later;
  if (noted == NULL || napi_set_instance_data(env, noted, free_noted, NULL) != napi_ok) return NULL;
  if (napi_create_object(env, &later) != napi_ok || napi_set_named_property(env, exports, "later", later) != napi_ok)
    return NULL;
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    if (!set_function(env, exports, &table[i], CallNow) || !set_function(env, later, &table[i], CallLater)) return NULL;
  for (size_t i = 0; i < sizeof with_result / sizeof *with_result; i++)
    if (!set_function(env, exports, &with_result[i], CallNow)) return NULL;
  for (size_t i = 0; i < sizeof control / sizeof *control; i++)
    if (!set_function(env, exports, &control[i].function, control[i].callback)) return NULL;
  return exports;
}
