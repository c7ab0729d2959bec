// The libcuda of the emulator, which src/tensor/cuda/driver.c opens instead of the driver. Modules are ignored; a kernel is
// found by its name among the compiled ones.
//
// Tests set the environment: EMULATE_CAPABILITY (80, 86, 90; default 90), EMULATE_DRIVER (default 12040), EMULATE_DEVICES
// (default 1), EMULATE_MEMORY (bytes of a card), EMULATE_FAIL ("name:code": this function of the driver returns this code in
// every call; "cuLaunchKernel:700:5": from the sixth call on).
//
// EMULATE_HOST=3 measures the host instead, as `gpu-check --only speed`: an H100 of which memory is only addresses, kernels and
// copies do nothing, and each of these calls takes 3 microseconds.

#include <time.h>

#include "emulate.h"

EmulatedKernel *emulated_kernels;

typedef int Result;
typedef uint64_t Address;
enum { INVALID = 1, NO_MEMORY = 2, NOT_FOUND = 500 };

static long setting(const char *name, long otherwise) {
  const char *text = getenv(name);
  return text == NULL || text[0] == 0 ? otherwise : atol(text);
}
static double host_microseconds() { // of a call; below 0: kernels and copies are emulated
  static const char *text = getenv("EMULATE_HOST");
  static const double microseconds = text == NULL ? -1 : atof(text);
  return microseconds;
}
static double now() { // microseconds
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return 1e6 * (double)t.tv_sec + 1e-3 * (double)t.tv_nsec;
}
// Whether the call does nothing; then its time has passed.
static bool only_host() {
  if (host_microseconds() < 0) return false;
  for (const double end = now() + host_microseconds(); now() < end;) continue;
  return true;
}
static int capability() { return (int)setting("EMULATE_CAPABILITY", 90); }
static size_t shared_most() { return capability() == 90 ? 232448 : capability() == 80 ? 166912 : 101376; }

// The code that a test requested for this call, or 0.
static Result ordered(const char *name) {
  static int calls;
  const char *text = getenv("EMULATE_FAIL");
  const size_t length = strlen(name);
  if (text == NULL || strncmp(text, name, length) != 0 || text[length] != ':') return 0;
  char *rest;
  const Result code = (Result)strtol(text + length + 1, &rest, 10);
  return calls++ < (*rest == ':' ? atoi(rest + 1) : 0) ? 0 : code;
}
#define ORDERED(name)                                                                                              \
  do {                                                                                                             \
    const Result code_ = ordered(name);                                                                            \
    if (code_ != 0) return code_;                                                                                  \
  } while (0)

static size_t used;
static struct { Address at; size_t bytes; } *blocks;
static size_t block_count;

extern "C" {
#define API __attribute__((visibility("default"))) Result
API cuInit(unsigned) {
  ORDERED("cuInit");
  return 0;
}
API cuDriverGetVersion(int *version) {
  *version = (int)setting("EMULATE_DRIVER", 12040);
  return 0;
}
API cuDeviceGetCount(int *count) {
  *count = (int)setting("EMULATE_DEVICES", 1);
  return 0;
}
API cuDeviceGet(int *device, int index) {
  *device = index;
  return index < setting("EMULATE_DEVICES", 1) ? 0 : 101;
}
API cuDeviceGetName(char *name, int size, int device) {
  snprintf(name, (size_t)size, host_microseconds() < 0 ? "emulated card %d" : "no card %d", device);
  return 0;
}
API cuDeviceGetAttribute(int *value, int attribute, int) {
  *value = attribute == 16 ? (host_microseconds() < 0 ? 4 : 132) : attribute == 75 ? capability() / 10 : attribute == 76 ? capability() % 10 : (int)shared_most();
  return 0;
}
API cuDeviceTotalMem_v2(size_t *bytes, int) {
  *bytes = (size_t)setting("EMULATE_MEMORY", host_microseconds() < 0 ? 1l << 34 : 80l << 30);
  return 0;
}
API cuDevicePrimaryCtxRetain(void **context, int) {
  ORDERED("cuDevicePrimaryCtxRetain");
  *context = &used;
  return 0;
}
API cuCtxSetCurrent(void *) { return 0; }
API cuStreamCreate(void **stream, unsigned) {
  *stream = &used;
  return 0;
}
API cuStreamSynchronize(void *) {
  ORDERED("cuStreamSynchronize");
  return 0;
}
API cuModuleLoadData(void **module, const void *) {
  ORDERED("cuModuleLoadData");
  *module = &used;
  return 0;
}
API cuModuleGetFunction(void **function, void *, const char *name) {
  for (EmulatedKernel *kernel = emulated_kernels; kernel != NULL; kernel = kernel->next)
    if (strcmp(kernel->name, name) == 0) {
      *function = kernel;
      return 0;
    }
  return NOT_FOUND;
}
API cuFuncSetAttribute(void *, int, int bytes) { return (size_t)bytes > shared_most() ? INVALID : 0; }
API cuLaunchKernel(void *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared,
                   void *, void **parameters, void **) {
  ORDERED("cuLaunchKernel");
  if (shared > shared_most() || by != 1 || bz != 1) return INVALID;
  if (only_host()) return 0;
  const auto call = ((EmulatedKernel *)function)->call;
  const void *argument = parameters[0];
  emulated_launch(dim3(gx, gy, gz), dim3(bx, 1, 1), (int)shared, [=] { call(argument); });
  return 0;
}
API cuMemGetInfo_v2(size_t *free_bytes, size_t *total) {
  cuDeviceTotalMem_v2(total, 0);
  *free_bytes = *total - used;
  return 0;
}
API cuMemAlloc_v2(Address *address, size_t bytes) {
  size_t total;
  cuDeviceTotalMem_v2(&total, 0);
  if (bytes == 0) return INVALID;
  static Address next = (Address)1 << 40;
  void *p = used + bytes > total ? NULL : host_microseconds() < 0 ? emulated_allocate(bytes) : (void *)next;
  if (p == NULL) return NO_MEMORY;
  next += (bytes + 511) / 512 * 512;
  used += bytes;
  *address = (Address)p;
  blocks = (decltype(blocks))realloc((void *)blocks, (block_count + 1) * sizeof *blocks);
  blocks[block_count++] = {*address, bytes};
  return 0;
}
API cuMemFree_v2(Address address) {
  for (size_t i = 0; i < block_count; i++)
    if (blocks[i].at == address) {
      used -= blocks[i].bytes;
      blocks[i] = blocks[--block_count];
      emulated_release((void *)address);
      return 0;
    }
  return INVALID;
}
API cuMemAllocHost_v2(void **memory, size_t bytes) {
  *memory = malloc(bytes);
  return *memory == NULL ? NO_MEMORY : 0;
}
// A copy outside one allocation is refused.
static bool inside(Address at, size_t bytes) {
  for (size_t i = 0; i < block_count; i++)
    if (at >= blocks[i].at && at + bytes <= blocks[i].at + blocks[i].bytes) return true;
  return bytes == 0;
}
API cuMemcpyHtoDAsync_v2(Address to, const void *from, size_t bytes, void *) {
  if (!inside(to, bytes)) return INVALID;
  if (only_host()) return 0;
  memcpy((void *)to, from, bytes);
  return 0;
}
API cuMemcpyDtoHAsync_v2(void *to, Address from, size_t bytes, void *) {
  if (!inside(from, bytes)) return INVALID;
  if (only_host()) memset(to, 0, bytes);
  else memcpy(to, (const void *)from, bytes);
  return 0;
}
API cuMemcpyDtoDAsync_v2(Address to, Address from, size_t bytes, void *) {
  if (!inside(to, bytes) || !inside(from, bytes)) return INVALID;
  if (only_host()) return 0;
  memcpy((void *)to, (const void *)from, bytes);
  return 0;
}
API cuMemsetD8Async(Address at, unsigned char value, size_t bytes, void *) {
  if (!inside(at, bytes)) return INVALID;
  if (only_host()) return 0;
  memset((void *)at, value, bytes);
  return 0;
}
API cuEventCreate(void **event, unsigned) {
  *event = &used;
  return 0;
}
API cuEventRecord(void *, void *) { return 0; }
API cuEventElapsedTime(float *milliseconds, void *, void *) {
  *milliseconds = host_microseconds() < 0 ? 1 : 0;
  return 0;
}
API cuGetErrorString(Result code, const char **text) {
  *text = code == 2 ? "out of memory" : code == 700 ? "an illegal memory access was encountered" : code == 222 ? "the provided PTX was compiled with an unsupported toolchain." : "an emulated error";
  return 0;
}
}
