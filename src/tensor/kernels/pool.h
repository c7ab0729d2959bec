// Threads and scratch memory for the kernels. native/pool.c implements them with POSIX threads, wasm/module.c with workers.

#ifndef CLASS_IT_POOL_H
#define CLASS_IT_POOL_H

#include <stddef.h>

// A job runs on all threads. Which thread computes which part can differ from run to run; no result depends on it.
typedef void (*Job)(void *argument, int thread);

int pool_threads(void);
void pool_run(Job job, void *argument);
void pool_barrier(void); // inside a job: wait until every thread has called it

#define POOL_MAX_THREADS 256

// Returns the next part, 0 .. total-1, of a job; each part is returned once over all threads, then -1. taken: how many parts of
// each thread's share are taken, 0 at the start. A thread begins with its own share. That is the same part of the rows in every
// kernel, so the data that the thread wrote in the previous kernel is in its cache. Then it takes parts of the others.
static inline long pool_part(long *taken, long total, int thread) {
  const int threads = pool_threads();
  for (int i = 0; i < threads; i++) {
    const int whose = thread + i < threads ? thread + i : thread + i - threads;
    const long from = total * whose / threads, size = total * (whose + 1) / threads - from;
    if (__atomic_load_n(&taken[whose], __ATOMIC_RELAXED) >= size) continue;
    const long part = __atomic_fetch_add(&taken[whose], 1, __ATOMIC_RELAXED);
    if (part < size) return from + part;
  }
  return -1;
}
static inline long ceil_div(long a, long b) { return (a + b - 1) / b; }

// Scratch memory, kept between calls and only enlarged; aligned to 64 bytes. Reserve it before the job starts, from the calling
// thread. Returns NULL if there is no memory.
enum {
  SCRATCH_PACK_B,
  SCRATCH_WEIGHTS,
  SCRATCH_LOGITS,
  SCRATCH_ROWS,
  SCRATCH_ROW_GRADIENTS,
  SCRATCH_PARTIAL,
  SCRATCH_THREADS,
  SCRATCH_COUNT
};
void *scratch(int slot, size_t bytes);

#endif
