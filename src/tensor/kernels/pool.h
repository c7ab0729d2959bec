// Threads and scratch memory for the kernels. native/pool.c does it with POSIX threads, wasm/pool.c with workers.

#ifndef CLASS_IT_POOL_H
#define CLASS_IT_POOL_H

#include <stddef.h>

// A job runs on every thread at once. Which thread does which part may differ from run to run; no result depends on it.
typedef void (*Job)(void *argument, int thread);

int pool_threads(void);
void pool_run(Job job, void *argument);
void pool_barrier(void); // inside a job: wait until every thread is here

#define POOL_MAX_THREADS 256

// Take the parts 0 .. total-1 of a job, once each over all threads: -1 when none is left. taken: how many of each thread's
// share are gone, 0 at the start. A thread begins with its own share, which is the same part of the rows in every kernel, so
// that it finds in its cache what it wrote there in the kernel before; then it helps the others.
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

// Scratch memory that stays between calls and only grows; aligned to 64 bytes. Reserve before the job starts, from the
// calling thread. Returns NULL when there is no memory.
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
