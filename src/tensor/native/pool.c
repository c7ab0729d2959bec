// A pool of POSIX threads that all run one job, and scratch memory.
//
// Whoever waits spins for some microseconds (the next kernel of a training step comes at once), then gives way to others
// for some hundred (between two kernels lies some JavaScript, and waking a sleeper takes longer than that), then sleeps;
// so an idle process takes no processor time, and a busy machine is not made busier.

#include "../kernels/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "pool-control.h"

#if defined(__x86_64__)
#define PAUSE() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define PAUSE() __asm__ volatile("yield")
#else
#define PAUSE() (void)0
#endif
#define SPINS 1000
#define YIELDS 600

static int threads = 1, started = 0;
static pthread_t workers[POOL_MAX_THREADS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER; // one of the three counters below
static int sleepers = 0;
static int generation = 0;          // a new number is a new job
static int running = 0;             // workers still in the job
static int arrived = 0, passed = 0; // the barrier inside a job
static Job job;
static void *argument;

// Sequentially consistent: a sleeper announces itself and then looks at the counter; who changes the counter then looks
// for sleepers. One of the two sees the other.
#define LOAD(x) __atomic_load_n(&(x), __ATOMIC_SEQ_CST)
#define STORE(x, v) __atomic_store_n(&(x), v, __ATOMIC_SEQ_CST)

static void wait_while(const int *counter, int value) {
  for (int i = 0; i < SPINS; i++) {
    if (LOAD(*counter) != value) return;
    PAUSE();
  }
  for (int i = 0; i < YIELDS; i++) {
    if (LOAD(*counter) != value) return;
    sched_yield();
  }
  pthread_mutex_lock(&lock);
  __atomic_fetch_add(&sleepers, 1, __ATOMIC_SEQ_CST);
  while (LOAD(*counter) == value) pthread_cond_wait(&changed, &lock);
  __atomic_fetch_sub(&sleepers, 1, __ATOMIC_SEQ_CST);
  pthread_mutex_unlock(&lock);
}

static void wake_sleepers(void) {
  if (LOAD(sleepers) == 0) return;
  pthread_mutex_lock(&lock);
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
}

static void *work(void *which) {
  const int thread = (int)(intptr_t)which;
  int seen = 0;
  for (;;) {
    wait_while(&generation, seen);
    seen = LOAD(generation);
    const Job todo = job;
    if (todo != NULL) todo(argument, thread);
    if (__atomic_sub_fetch(&running, 1, __ATOMIC_SEQ_CST) == 0) wake_sleepers();
    if (todo == NULL) return NULL;
  }
}

static void announce(Job next, void *next_argument) {
  job = next;
  argument = next_argument;
  STORE(running, started);
  STORE(generation, generation + 1);
  wake_sleepers();
}

static void wait_for_workers(void) {
  for (int left; (left = LOAD(running)) > 0;) wait_while(&running, left);
}

// Threads start at the first job. If the system refuses one, the pool is smaller; results are the same.
static void start(void) {
  for (; started < threads - 1; started++) {
    // before the thread reads `generation`, it must be 0 as the thread expects
    if (started == 0) generation = 0;
    if (pthread_create(&workers[started], NULL, work, (void *)(intptr_t)(started + 1)) != 0) break;
  }
  threads = started + 1;
}

int pool_threads(void) {
  if (started != threads - 1) start();
  return threads;
}

void pool_set_threads(int count) {
  if (count < 1) count = 1;
  if (count > POOL_MAX_THREADS) count = POOL_MAX_THREADS;
  if (count == threads) return;
  if (started > 0) {
    announce(NULL, NULL);
    for (int i = 0; i < started; i++) pthread_join(workers[i], NULL);
    started = 0;
  }
  threads = count;
}

void pool_run(Job next, void *next_argument) {
  if (pool_threads() == 1) {
    next(next_argument, 0);
    return;
  }
  announce(next, next_argument);
  next(next_argument, 0);
  wait_for_workers();
}

void pool_barrier(void) {
  if (threads == 1) return;
  const int turn = LOAD(passed);
  if (__atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST) == threads) {
    STORE(arrived, 0);
    STORE(passed, turn + 1);
    wake_sleepers();
  } else wait_while(&passed, turn);
}

#define HUGE_PAGE ((size_t)2 << 20)

void *aligned_memory(size_t bytes) {
  void *p = NULL;
  const size_t alignment = bytes >= HUGE_PAGE ? HUGE_PAGE : 64;
  if (bytes > SIZE_MAX / 2 || posix_memalign(&p, alignment, bytes == 0 ? 64 : bytes) != 0) return NULL;
#if defined(__linux__)
  if (alignment == HUGE_PAGE) madvise(p, bytes, MADV_HUGEPAGE); // fewer page faults; only advice
#endif
  return p;
}

static struct { void *at; size_t bytes; } pieces[SCRATCH_COUNT];

void *scratch(int slot, size_t bytes) {
  if (pieces[slot].bytes >= bytes && pieces[slot].at != NULL) return pieces[slot].at;
  free(pieces[slot].at);
  pieces[slot].at = aligned_memory(bytes);
  pieces[slot].bytes = pieces[slot].at == NULL ? 0 : bytes;
  return pieces[slot].at;
}

size_t scratch_bytes(void) {
  size_t total = 0;
  for (int i = 0; i < SCRATCH_COUNT; i++) total += pieces[i].bytes;
  return total;
}
