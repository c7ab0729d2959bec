// The kernels as a WebAssembly module: a pool of workers on one shared memory, and the kernels with flat arguments in the
// order of the native addon. The operations have checked shapes and ranges; a pointer outside the memory traps and does not
// crash the process.

#include "../kernels/kernels.c"

#define EXPORT(name) __attribute__((export_name(name), used))

// --------------------------------------------------------------------------------------------------------------- memory
// Called only on the main thread; 0 if there is no memory.
__attribute__((import_module("env"), import_name("allocate"))) void *js_allocate(size_t bytes);
__attribute__((import_module("env"), import_name("release"))) void js_release(void *at, size_t bytes);

static struct { void *at; size_t bytes; } pieces[SCRATCH_COUNT];

void *scratch(int slot, size_t bytes) {
  if (pieces[slot].at != NULL && pieces[slot].bytes >= bytes) return pieces[slot].at;
  if (pieces[slot].at != NULL) js_release(pieces[slot].at, pieces[slot].bytes);
  pieces[slot].at = js_allocate(bytes);
  pieces[slot].bytes = pieces[slot].at == NULL ? 0 : bytes;
  return pieces[slot].at;
}

// ---------------------------------------------------------------------------------------------------------------- threads
// The same protocol as native/pool.c. Waiting and waking use JavaScript's Atomics, because in Node 20 an
// inline memory.atomic.wait32 sometimes returned with a local variable of the waiting function set to 0.
__attribute__((import_module("env"), import_name("wait"))) void js_wait(int *at, int value);
__attribute__((import_module("env"), import_name("notify"))) void js_notify(int *at);

#define SPINS 20000
#define LOAD(x) __atomic_load_n(&(x), __ATOMIC_SEQ_CST)
#define STORE(x, v) __atomic_store_n(&(x), v, __ATOMIC_SEQ_CST)

static int threads = 1, generation = 0, running = 0, arrived = 0, passed = 0, ready = 0;
static Job job;
static void *argument;

static void wait_while(int *at, int value) {
  for (int i = 0; i < SPINS; i++)
    if (LOAD(*at) != value) return;
  while (LOAD(*at) == value) js_wait(at, value);
}

// The loop of a worker; it ends with the process.
EXPORT("work") void work(int thread) {
  int seen = 0;
  __atomic_fetch_add(&ready, 1, __ATOMIC_SEQ_CST);
  for (;;) {
    wait_while(&generation, seen);
    seen = LOAD(generation);
    job(argument, thread);
    if (__atomic_sub_fetch(&running, 1, __ATOMIC_SEQ_CST) == 0) js_notify(&running);
  }
}

EXPORT("readyWorkers") int ready_workers(void) { return LOAD(ready); }
EXPORT("useThreads") void use_threads(int count) { threads = count; } // call it only after count - 1 workers are ready

int pool_threads(void) { return threads; }

void pool_run(Job next, void *next_argument) {
  if (threads == 1) {
    next(next_argument, 0);
    return;
  }
  job = next;
  argument = next_argument;
  STORE(running, threads - 1);
  STORE(generation, generation + 1);
  js_notify(&generation);
  next(next_argument, 0);
  for (int left; (left = LOAD(running)) != 0;) wait_while(&running, left);
}

void pool_barrier(void) {
  if (threads == 1) return;
  const int turn = LOAD(passed);
  if (__atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST) == threads) {
    STORE(arrived, 0);
    STORE(passed, turn + 1);
    js_notify(&passed);
  } else wait_while(&passed, turn);
}

// ---------------------------------------------------------------------------------------------------------------- exports
EXPORT("gemm") int x_gemm(long batch, long M, long N, long K, int ta, int tb, int accumulate, const float *A, const float *B,
                          float *C) {
  return gemm(batch, M, N, K, ta, tb, accumulate, A, B, C);
}
EXPORT("rmsNorm") int x_rms_norm(long N, long C, float eps, const float *x, const float *w, float *y, float *inverse) {
  return rms_norm(N, C, eps, x, w, y, inverse);
}
EXPORT("rmsNormGrad") int x_rms_norm_grad(long N, long C, const float *x, const float *w, const float *inverse,
                                          const float *dy, float *dx, float *dw) {
  return rms_norm_grad(N, C, x, w, inverse, dy, dx, dw);
}
EXPORT("rope") int x_rope(long N, long heads, long D, long positions, float sign, const int32_t *at, const float *cosine,
                          const float *sine, const float *x, float *y) {
  (void)positions;
  return rope(N, heads, D, sign, at, cosine, sine, x, y);
}
EXPORT("attention") int x_attention(long B, long T, long H, long K, long D, const int32_t *cs, const int32_t *ce,
                                    const int32_t *bs, const float *q, const float *k, const float *v, float *o, float *lse) {
  const AttentionArgs a = {B, T, H, K, D, cs, ce, bs};
  return attention(&a, q, k, v, o, lse);
}
EXPORT("attentionGrad") int x_attention_grad(long B, long T, long H, long K, long D, const int32_t *cs, const int32_t *ce,
                                             const int32_t *bs, const float *q, const float *k, const float *v,
                                             const float *o, const float *lse, const float *d_o, float *dq, float *dk,
                                             float *dv) {
  const AttentionArgs a = {B, T, H, K, D, cs, ce, bs};
  return attention_grad(&a, q, k, v, o, lse, d_o, dq, dk, dv);
}
EXPORT("swiglu") int x_swiglu(long n, const float *gate, const float *up, float *y) { return swiglu(n, gate, up, y); }
EXPORT("swigluGrad") int x_swiglu_grad(long n, const float *gate, const float *up, const float *dy, float *dgate, float *dup) {
  return swiglu_grad(n, gate, up, dy, dgate, dup);
}
EXPORT("embedding") int x_embedding(long N, long C, long V, const int32_t *ids, const float *table, float *y) {
  (void)V;
  return embedding(N, C, ids, table, y);
}
EXPORT("embeddingGrad") int x_embedding_grad(long N, long C, long V, const int32_t *ids, const float *dy, float *dtable) {
  return embedding_grad(N, C, V, ids, dy, dtable);
}
EXPORT("crossEntropy") int x_cross_entropy(long N, long C, long V, long R, float scale, const int32_t *rows,
                                           const int32_t *labels, const float *x, const float *w, float *log_probs,
                                           float *dx, float *dw) {
  return cross_entropy(N, C, V, R, rows, labels, scale, x, w, log_probs, dx, dw);
}
EXPORT("treeAttention") int x_tree_attention(long N, long H, long K, long D, const int32_t *depths, const float *q,
                                             const float *k, const float *v, float *o) {
  return tree_attention(N, H, K, D, depths, q, k, v, o);
}
EXPORT("logProbs") int x_log_probs(long N, long C, long V, long R, long L, const int32_t *rows, const int32_t *starts,
                                   const int32_t *labels, const float *x, const float *w, float *out) {
  (void)N, (void)L;
  return log_probs(C, V, R, rows, starts, labels, x, w, out);
}
EXPORT("adamw") int x_adamw(long n, double decay, double beta1, double beta2, double eps, double rate, double correction,
                            double scale, float *p, const float *g, float *m, float *v) {
  const double h[7] = {decay, beta1, beta2, eps, rate, correction, scale};
  return adamw(n, p, g, m, v, h);
}
EXPORT("binary") int x_binary(int op, long n, int scalar, const float *a, const float *b, float *y) {
  return binary(op, n, a, b, scalar, y);
}
EXPORT("sumOfSquares") double x_sum_of_squares(long n, const float *x) { return sum_of_squares(n, x); }
