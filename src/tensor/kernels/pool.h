// Threads and scratch memory for the kernels. native/pool.c does it with POSIX threads, wasm/pool.c with workers.

#ifndef CLASS_IT_POOL_H
#define CLASS_IT_POOL_H

#include <stddef.h>

// A job runs on every thread at once. Which thread does which part may differ from run to run; no result depends on it.
typedef void (*Job)(void *argument, int thread);

int pool_threads(void);
void pool_run(Job job, void *argument);
void pool_barrier(void); // inside a job: wait until every thread is here

// Take parts one by one: returns 0, 1, 2, ... once each over all threads; *counter starts at 0.
static inline long pool_next(long *counter) { return __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED); }

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
