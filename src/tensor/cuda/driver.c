// An NVIDIA GPU for JavaScript (Node-API 8), through its driver alone: libcuda is opened at run time, so this file compiles
// without CUDA and loads without a GPU.
//
// JavaScript writes kernel launches into a buffer and submits many at once (`submit`). They are queued, as uploads and small
// downloads are, and a thread of this file passes them to the driver in order, so that JavaScript does not wait for the driver's
// calls. All other functions first wait until the queue is empty. Device addresses are numbers (they are below 2^53). All work
// goes to one stream. Uploads and small downloads use page-locked memory. An error of the driver is thrown with its number as
// `code`, which `errors.ts` explains; one of a queued command is thrown by a later call, and the commands after it are dropped.

#include <dlfcn.h>
#include <node_api.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ----------------------------------------------------------------------------------------------- the driver's interface
typedef int Result; // 0: success
typedef int Device;
typedef uint64_t Address;
typedef struct Context *Context;
typedef struct Stream *Stream;
typedef struct Event *Event;
typedef struct Module *Module;
typedef struct Function *Function;
enum { PROCESSORS = 16, MAJOR = 75, MINOR = 76, SHARED_MOST = 97 }; // CUdevice_attribute
enum { DYNAMIC_SHARED = 8 };                                         // CUfunction_attribute
enum { NON_BLOCKING = 1 };                                           // of streams

#define DRIVER(X)                                                                                                  \
  X(cuInit, (unsigned flags))                                                                                      \
  X(cuDriverGetVersion, (int *version))                                                                            \
  X(cuDeviceGetCount, (int *count))                                                                                \
  X(cuDeviceGet, (Device * device, int index))                                                                     \
  X(cuDeviceGetName, (char *name, int size, Device device))                                                        \
  X(cuDeviceGetAttribute, (int *value, int attribute, Device device))                                              \
  X(cuDeviceTotalMem_v2, (size_t *bytes, Device device))                                                           \
  X(cuDevicePrimaryCtxRetain, (Context * context, Device device))                                                  \
  X(cuCtxSetCurrent, (Context context))                                                                            \
  X(cuStreamCreate, (Stream * stream, unsigned flags))                                                             \
  X(cuStreamSynchronize, (Stream stream))                                                                          \
  X(cuModuleLoadData, (Module * module, const void *image))                                                        \
  X(cuModuleGetFunction, (Function * function, Module module, const char *name))                                   \
  X(cuFuncSetAttribute, (Function function, int attribute, int value))                                             \
  X(cuLaunchKernel, (Function f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,     \
                     unsigned shared, Stream stream, void **parameters, void **extra))                             \
  X(cuMemGetInfo_v2, (size_t *free_bytes, size_t *total))                                                          \
  X(cuMemAlloc_v2, (Address * address, size_t bytes))                                                              \
  X(cuMemFree_v2, (Address address))                                                                               \
  X(cuMemAllocHost_v2, (void **memory, size_t bytes))                                                              \
  X(cuMemcpyHtoDAsync_v2, (Address to, const void *from, size_t bytes, Stream stream))                             \
  X(cuMemcpyDtoHAsync_v2, (void *to, Address from, size_t bytes, Stream stream))                                   \
  X(cuMemcpyDtoDAsync_v2, (Address to, Address from, size_t bytes, Stream stream))                                 \
  X(cuMemsetD8Async, (Address at, unsigned char value, size_t bytes, Stream stream))                               \
  X(cuEventCreate, (Event * event, unsigned flags))                                                                \
  X(cuEventRecord, (Event event, Stream stream))                                                                   \
  X(cuEventElapsedTime, (float *milliseconds, Event from, Event to))                                               \
  X(cuGetErrorString, (Result code, const char **text))

#define DECLARE(name, arguments) static Result(*name) arguments;
DRIVER(DECLARE)

static const char *missing; // the library or function that could not be opened or found
static int open_driver(const char *file) {
  void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    missing = file;
    return -1;
  }
#define FIND(name, arguments)                                                                                      \
  *(void **)&name = dlsym(library, #name);                                                                         \
  if (name == NULL) {                                                                                              \
    missing = #name;                                                                                               \
    return -1;                                                                                                     \
  }
  DRIVER(FIND)
  return 0;
}

// ------------------------------------------------------------------------------------------------------------- the state
#define RING_BYTES ((size_t)32 << 20) // of page-locked memory for uploads, and the same for downloads
static Context context;
static Stream stream;
static char *up_ring, *down_ring;
static size_t up_at, down_at;

typedef struct { Function function; char name[64]; int shared; double milliseconds; long launches; } Kernel;
static Kernel *kernels;
static int kernel_count, kernel_room;
static Module *modules;
static int module_count;

static int profiling;
typedef struct { int kernel; Event from, to; } Span;
static Span *spans;
static int span_count, span_room;

// ---------------------------------------------------------------------------------------------------- errors, arguments
static void throw_driver(napi_env env, Result code, const char *what) {
  const char *text = NULL;
  if (cuGetErrorString == NULL || cuGetErrorString(code, &text) != 0 || text == NULL) text = "an unknown error";
  char number[16], message[320];
  snprintf(number, sizeof number, "%d", code);
  snprintf(message, sizeof message, "%s: %s", what, text);
  napi_throw_error(env, number, message);
}
// Throw and return if a call of the driver fails.
#define CALL(call)                                                                                                 \
  do {                                                                                                             \
    const Result code_ = call;                                                                                     \
    if (code_ != 0) {                                                                                              \
      throw_driver(env, code_, #call);                                                                             \
      return NULL;                                                                                                 \
    }                                                                                                              \
  } while (0)
#define TRY(call)                                                                                                  \
  do {                                                                                                             \
    if ((call) != napi_ok) {                                                                                       \
      napi_throw_type_error(env, NULL, "cuda: unexpected arguments");                                              \
      return NULL;                                                                                                 \
    }                                                                                                              \
  } while (0)
#define ARGUMENTS(n)                                                                                               \
  napi_value argument[n];                                                                                          \
  size_t argument_count = n;                                                                                       \
  TRY(napi_get_cb_info(env, info, &argument_count, argument, NULL, NULL));                                         \
  if (argument_count != n) TRY(napi_invalid_arg)

static napi_value number_of(napi_env env, double x) {
  napi_value value;
  return napi_create_double(env, x, &value) == napi_ok ? value : NULL;
}
static napi_value text_of(napi_env env, const char *text) {
  napi_value value;
  return napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value) == napi_ok ? value : NULL;
}
static int put(napi_env env, napi_value object, const char *name, napi_value value) {
  return value != NULL && napi_set_named_property(env, object, name, value) == napi_ok ? 0 : -1;
}
// The bytes of a typed array or Buffer.
static void *bytes_of(napi_env env, napi_value value, size_t *bytes) {
  napi_typedarray_type type;
  size_t length = 0;
  void *data = NULL;
  static const size_t sizes[] = {1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8};
  if (napi_get_typedarray_info(env, value, &type, &length, &data, NULL, NULL) != napi_ok || (size_t)type > 10) return NULL;
  *bytes = length * sizes[type];
  return data == NULL && length == 0 ? (void *)"" : data;
}
static Address address_of(napi_env env, napi_value value) {
  double x = 0;
  return napi_get_value_double(env, value, &x) == napi_ok && x > 0 ? (Address)x : 0;
}

// ------------------------------------------------------------------------------------------------------------- the queue
enum { LAUNCH, COPY, CLEAR, UPLOAD, DOWNLOAD };
enum { QUEUE_WORDS = 1 << 18 }; // 1 MB, some 8,000 launches

typedef struct { Result code; char what[64]; } Failure; // code 0: none
static Failure execute(uint32_t *word, const uint32_t *end);

static uint64_t queue[QUEUE_WORDS / 2]; // JavaScript's thread writes beyond `filled`, the driver's thread reads up to it
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; // of the variables below
static pthread_cond_t has_more = PTHREAD_COND_INITIALIZER, is_empty = PTHREAD_COND_INITIALIZER;
static size_t filled, executed; // words
static Failure failure;
static int is_stopping;
static pthread_t thread;
static int is_running; // the thread

// The driver's thread.
static void *run_queue(void *unused) {
  (void)unused;
  pthread_mutex_lock(&lock);
  failure = (Failure){cuCtxSetCurrent(context), "cuCtxSetCurrent"};
  for (;;) {
    while (executed == filled && !is_stopping) pthread_cond_wait(&has_more, &lock);
    if (is_stopping) break;
    const size_t from = executed, to = filled;
    const int drops = failure.code != 0;
    pthread_mutex_unlock(&lock);
    const Failure now = drops ? (Failure){0} : execute((uint32_t *)queue + from, (uint32_t *)queue + to);
    pthread_mutex_lock(&lock);
    if (now.code != 0) failure = now;
    executed = to;
    if (executed == filled) pthread_cond_signal(&is_empty);
  }
  pthread_mutex_unlock(&lock);
  return NULL;
}

// Commands that the driver has not got yet are dropped. Also called when the process ends, before the driver's own clean-up.
static void stop_queue(void) {
  if (!is_running) return;
  pthread_mutex_lock(&lock);
  is_stopping = 1;
  pthread_cond_signal(&has_more);
  pthread_mutex_unlock(&lock);
  pthread_join(thread, NULL);
  is_running = is_stopping = 0;
  filled = executed = 0;
}

// Wait until the driver has got all commands. Returns the first failure since the last call.
static Failure drain(void) {
  pthread_mutex_lock(&lock);
  while (executed < filled) pthread_cond_wait(&is_empty, &lock);
  filled = executed = 0;
  const Failure first = failure;
  failure.code = 0;
  pthread_mutex_unlock(&lock);
  return first;
}

// A place for commands of this many words, at most QUEUE_WORDS; `push` hands them to the driver's thread.
static Failure place(size_t words, uint32_t **to) {
  pthread_mutex_lock(&lock);
  const int waits = failure.code != 0 || filled + words > QUEUE_WORDS;
  pthread_mutex_unlock(&lock);
  const Failure first = waits ? drain() : (Failure){0};
  *to = (uint32_t *)queue + filled; // only this thread changes `filled`
  return first;
}
static void push(size_t words) {
  pthread_mutex_lock(&lock);
  filled += words;
  pthread_cond_signal(&has_more);
  pthread_mutex_unlock(&lock);
}
static Failure push_transfer(uint32_t command, uint64_t to, uint64_t from, size_t bytes) {
  uint32_t *word;
  const Failure failed = place(8, &word);
  if (failed.code != 0) return failed;
  word[0] = command;
  memcpy(word + 2, (uint64_t[]){to, from, bytes}, 24);
  push(8);
  return failed;
}

// Throw and return if a queued command has failed.
#define QUEUED(call)                                                                                               \
  do {                                                                                                             \
    const Failure failed_ = call;                                                                                  \
    if (failed_.code != 0) {                                                                                       \
      throw_driver(env, failed_.code, failed_.what);                                                               \
      return NULL;                                                                                                 \
    }                                                                                                              \
  } while (0)

// -------------------------------------------------------------------------------------------------------------- the card
// open(file): { driver, devices: [{ name, major, minor, processors, sharedBytes, totalBytes }] }. If there
// is no such file, it throws with the code "open".
static napi_value Open(napi_env env, napi_callback_info info) {
  ARGUMENTS(1);
  char file[1024];
  TRY(napi_get_value_string_utf8(env, argument[0], file, sizeof file, NULL));
  if (cuInit == NULL && open_driver(file) != 0) {
    char message[1200];
    snprintf(message, sizeof message, "%s is not there", missing);
    cuInit = NULL;
    napi_throw_error(env, "open", message);
    return NULL;
  }
  CALL(cuInit(0));
  int version = 0, count = 0;
  CALL(cuDriverGetVersion(&version));
  CALL(cuDeviceGetCount(&count));
  napi_value result, devices;
  TRY(napi_create_object(env, &result));
  TRY(napi_create_array(env, &devices));
  for (int i = 0; i < count; i++) {
    Device device;
    char name[128] = "";
    int major = 0, minor = 0, processors = 0, shared = 0;
    size_t total = 0;
    CALL(cuDeviceGet(&device, i));
    CALL(cuDeviceGetName(name, sizeof name, device));
    CALL(cuDeviceGetAttribute(&major, MAJOR, device));
    CALL(cuDeviceGetAttribute(&minor, MINOR, device));
    CALL(cuDeviceGetAttribute(&processors, PROCESSORS, device));
    CALL(cuDeviceGetAttribute(&shared, SHARED_MOST, device));
    CALL(cuDeviceTotalMem_v2(&total, device));
    napi_value entry;
    TRY(napi_create_object(env, &entry));
    if (put(env, entry, "name", text_of(env, name)) != 0 || put(env, entry, "major", number_of(env, major)) != 0 ||
        put(env, entry, "minor", number_of(env, minor)) != 0 || put(env, entry, "processors", number_of(env, processors)) != 0 ||
        put(env, entry, "sharedBytes", number_of(env, shared)) != 0 ||
        put(env, entry, "totalBytes", number_of(env, (double)total)) != 0)
      return NULL;
    TRY(napi_set_element(env, devices, (uint32_t)i, entry));
  }
  if (put(env, result, "driver", number_of(env, version)) != 0 || put(env, result, "devices", devices) != 0) return NULL;
  return result;
}

// start(index): use this device from now on
static napi_value Start(napi_env env, napi_callback_info info) {
  ARGUMENTS(1);
  int32_t index;
  TRY(napi_get_value_int32(env, argument[0], &index));
  Device device;
  stop_queue();
  CALL(cuDeviceGet(&device, index));
  CALL(cuDevicePrimaryCtxRetain(&context, device));
  CALL(cuCtxSetCurrent(context));
  CALL(cuStreamCreate(&stream, NON_BLOCKING));
  CALL(cuMemAllocHost_v2((void **)&up_ring, RING_BYTES));
  CALL(cuMemAllocHost_v2((void **)&down_ring, RING_BYTES));
  static int stops_at_exit;
  if (!stops_at_exit && atexit(stop_queue) != 0) TRY(napi_generic_failure);
  stops_at_exit = 1;
  if (pthread_create(&thread, NULL, run_queue, NULL) != 0) TRY(napi_generic_failure);
  is_running = 1;
  return NULL;
}

// load(image): add a module, a cubin or PTX that ends with a zero byte
static napi_value Load(napi_env env, napi_callback_info info) {
  ARGUMENTS(1);
  size_t bytes = 0;
  const char *image = bytes_of(env, argument[0], &bytes);
  if (image == NULL || bytes == 0 || image[bytes - 1] != 0) TRY(napi_invalid_arg);
  Module *more = realloc(modules, (size_t)(module_count + 1) * sizeof *modules);
  if (more == NULL) TRY(napi_generic_failure);
  modules = more;
  CALL(cuModuleLoadData(&modules[module_count], image));
  module_count++;
  return NULL;
}

// kernel(name): the kernel's number, for `submit`
static napi_value KernelNumber(napi_env env, napi_callback_info info) {
  ARGUMENTS(1);
  Kernel kernel = {0};
  QUEUED(drain());
  TRY(napi_get_value_string_utf8(env, argument[0], kernel.name, sizeof kernel.name, NULL));
  Result code = 500; // not found
  for (int i = 0; i < module_count && kernel.function == NULL; i++) code = cuModuleGetFunction(&kernel.function, modules[i], kernel.name);
  if (kernel.function == NULL) {
    throw_driver(env, code, kernel.name);
    return NULL;
  }
  if (kernel_count == kernel_room) {
    Kernel *more = realloc(kernels, (size_t)(kernel_room + 64) * sizeof *kernels);
    if (more == NULL) TRY(napi_generic_failure);
    kernels = more, kernel_room += 64;
  }
  kernels[kernel_count] = kernel;
  return number_of(env, kernel_count++);
}

// --------------------------------------------------------------------------------------------------------------- memory
// allocate(bytes): an address; 0 if there is not enough memory
static napi_value Allocate(napi_env env, napi_callback_info info) {
  ARGUMENTS(1);
  double bytes;
  TRY(napi_get_value_double(env, argument[0], &bytes));
  Address address = 0;
  QUEUED(drain());
  const Result code = cuMemAlloc_v2(&address, (size_t)bytes);
  if (code == 2) return number_of(env, 0); // CUDA_ERROR_OUT_OF_MEMORY
  CALL(code);
  return number_of(env, (double)address);
}

// release(address): frees the memory after all earlier work
static napi_value Release(napi_env env, napi_callback_info info) {
  ARGUMENTS(1);
  QUEUED(drain());
  CALL(cuStreamSynchronize(stream));
  CALL(cuMemFree_v2(address_of(env, argument[0])));
  return NULL;
}

// room(): [free, total] bytes
static napi_value Room(napi_env env, napi_callback_info info) {
  (void)info;
  size_t bytes[2] = {0, 0};
  CALL(cuMemGetInfo_v2(&bytes[0], &bytes[1]));
  napi_value result;
  TRY(napi_create_array(env, &result));
  for (uint32_t i = 0; i < 2; i++) TRY(napi_set_element(env, result, i, number_of(env, (double)bytes[i])));
  return result;
}

// upload(address, array): the array may change as soon as the call returns
static napi_value Upload(napi_env env, napi_callback_info info) {
  ARGUMENTS(2);
  size_t bytes = 0;
  const char *from = bytes_of(env, argument[1], &bytes);
  Address to = address_of(env, argument[0]);
  if (from == NULL || to == 0) TRY(napi_invalid_arg);
  while (bytes > 0) {
    if (up_at == RING_BYTES) { // the ring is full: wait until the copies from its beginning are done
      QUEUED(drain());
      CALL(cuStreamSynchronize(stream));
      up_at = 0;
    }
    const size_t n = bytes < RING_BYTES - up_at ? bytes : RING_BYTES - up_at;
    memcpy(up_ring + up_at, from, n);
    QUEUED(push_transfer(UPLOAD, to, (uintptr_t)up_ring + up_at, n));
    up_at += (n + 255) / 256 * 256;
    from += n, to += n, bytes -= n;
  }
  return NULL;
}

// download(address, array): waits
static napi_value Download(napi_env env, napi_callback_info info) {
  ARGUMENTS(2);
  size_t bytes = 0;
  char *to = bytes_of(env, argument[1], &bytes);
  Address from = address_of(env, argument[0]);
  if (to == NULL || from == 0) TRY(napi_invalid_arg);
  QUEUED(drain());
  CALL(cuStreamSynchronize(stream));
  down_at = 0;
  while (bytes > 0) {
    const size_t n = bytes < RING_BYTES ? bytes : RING_BYTES;
    CALL(cuMemcpyDtoHAsync_v2(down_ring, from, n, stream));
    CALL(cuStreamSynchronize(stream));
    memcpy(to, down_ring, n);
    to += n, from += n, bytes -= n;
  }
  return NULL;
}

// queueDownload(address, bytes): the position for `collect` after `wait`; -1 if there is no room before the next `wait`
static napi_value QueueDownload(napi_env env, napi_callback_info info) {
  ARGUMENTS(2);
  double bytes;
  TRY(napi_get_value_double(env, argument[1], &bytes));
  const size_t n = (size_t)bytes, room = (n + 255) / 256 * 256;
  if (room > RING_BYTES - down_at) return number_of(env, -1);
  QUEUED(push_transfer(DOWNLOAD, (uintptr_t)down_ring + down_at, address_of(env, argument[0]), n));
  down_at += room;
  return number_of(env, (double)(down_at - room));
}

// wait(): waits until all work is done
static napi_value Wait(napi_env env, napi_callback_info info) {
  (void)info;
  QUEUED(drain());
  CALL(cuStreamSynchronize(stream));
  return NULL;
}

// collect(at, array): the bytes of `queueDownload` at this position; after the last one, call `collected`
static napi_value Collect(napi_env env, napi_callback_info info) {
  ARGUMENTS(2);
  size_t bytes = 0;
  double at;
  TRY(napi_get_value_double(env, argument[0], &at));
  char *to = bytes_of(env, argument[1], &bytes);
  if (to == NULL || (size_t)at + bytes > RING_BYTES) TRY(napi_invalid_arg);
  memcpy(to, down_ring + (size_t)at, bytes);
  return NULL;
}
static napi_value Collected(napi_env env, napi_callback_info info) {
  (void)env, (void)info;
  down_at = 0;
  return NULL;
}

// ------------------------------------------------------------------------------------------------------------- launches
static Result span_begin(int kernel) {
  if (span_count == span_room) {
    Span *more = realloc(spans, (size_t)(span_room + 1024) * sizeof *spans);
    if (more == NULL) return 2;
    memset(more + span_room, 0, 1024 * sizeof *spans);
    spans = more, span_room += 1024;
  }
  Span *span = &spans[span_count];
  Result code = 0;
  if (span->from == NULL) code = cuEventCreate(&span->from, 0);
  if (code == 0 && span->to == NULL) code = cuEventCreate(&span->to, 0);
  span->kernel = kernel;
  return code != 0 ? code : cuEventRecord(span->from, stream);
}

// Return the failure of a call of the driver.
#define PASS(call, name)                                                                                           \
  do {                                                                                                             \
    Failure failed_ = {call, ""};                                                                                  \
    if (failed_.code != 0) {                                                                                       \
      snprintf(failed_.what, sizeof failed_.what, "%s", name);                                                     \
      return failed_;                                                                                              \
    }                                                                                                              \
  } while (0)

// Pass commands to the driver; each begins at a multiple of 8 bytes.
//   LAUNCH, kernel, grid x, y, z, threads, bytes of shared memory, bytes of the argument, the argument
//   COPY, UPLOAD or DOWNLOAD, -, to (8 bytes), from (8), bytes (8);   CLEAR, -, at (8), bytes (8)
static Failure execute(uint32_t *word, const uint32_t *end) {
  while (word < end) {
    const uint64_t *wide = (const uint64_t *)(word + 2);
    if (word[0] == COPY) {
      PASS(cuMemcpyDtoDAsync_v2(wide[0], wide[1], wide[2], stream), "a copy");
      word += 8;
    } else if (word[0] == UPLOAD) {
      PASS(cuMemcpyHtoDAsync_v2(wide[0], (const void *)(uintptr_t)wide[1], wide[2], stream), "an upload");
      word += 8;
    } else if (word[0] == DOWNLOAD) {
      PASS(cuMemcpyDtoHAsync_v2((void *)(uintptr_t)wide[0], wide[1], wide[2], stream), "a download");
      word += 8;
    } else if (word[0] == CLEAR) {
      PASS(cuMemsetD8Async(wide[0], 0, wide[1], stream), "clearing memory");
      word += 6;
    } else {
      if (word[1] >= (uint32_t)kernel_count) PASS(400, "a launch"); // invalid handle
      Kernel *kernel = &kernels[word[1]];
      if ((int)word[6] > 48 * 1024 && (int)word[6] > kernel->shared) {
        PASS(cuFuncSetAttribute(kernel->function, DYNAMIC_SHARED, (int)word[6]), kernel->name);
        kernel->shared = (int)word[6];
      }
      void *parameters[1] = {word + 8};
      if (profiling) PASS(span_begin((int)word[1]), kernel->name);
      PASS(cuLaunchKernel(kernel->function, word[2], word[3], word[4], word[5], 1, 1, word[6], stream, parameters, NULL),
           kernel->name);
      if (profiling) PASS(cuEventRecord(spans[span_count++].to, stream), kernel->name);
      word += 8 + (word[7] + 7) / 8 * 2;
    }
  }
  return (Failure){0};
}

// submit(words, count): queues commands
static napi_value Submit(napi_env env, napi_callback_info info) {
  ARGUMENTS(2);
  size_t bytes = 0;
  double count;
  TRY(napi_get_value_double(env, argument[1], &count));
  const uint32_t *words = bytes_of(env, argument[0], &bytes);
  const size_t length = (size_t)count;
  if (words == NULL || length * 4 > bytes || length > QUEUE_WORDS || length % 2 != 0) TRY(napi_invalid_arg);
  uint32_t *to;
  QUEUED(place(length, &to));
  memcpy(to, words, length * 4);
  push(length);
  return NULL;
}

// profile(on): { kernel: [milliseconds on the device, launches] } since profiling was enabled; enables it again or disables it
static napi_value Profile(napi_env env, napi_callback_info info) {
  ARGUMENTS(1);
  bool on = false;
  TRY(napi_get_value_bool(env, argument[0], &on));
  QUEUED(drain());
  CALL(cuStreamSynchronize(stream));
  for (int i = 0; i < span_count; i++) {
    float milliseconds = 0;
    CALL(cuEventElapsedTime(&milliseconds, spans[i].from, spans[i].to));
    kernels[spans[i].kernel].milliseconds += milliseconds;
    kernels[spans[i].kernel].launches++;
  }
  span_count = 0;
  profiling = on;
  napi_value result;
  TRY(napi_create_object(env, &result));
  for (int i = 0; i < kernel_count; i++) {
    if (kernels[i].launches == 0) continue;
    napi_value pair;
    TRY(napi_create_array(env, &pair));
    TRY(napi_set_element(env, pair, 0, number_of(env, kernels[i].milliseconds)));
    TRY(napi_set_element(env, pair, 1, number_of(env, (double)kernels[i].launches)));
    if (put(env, result, kernels[i].name, pair) != 0) return NULL;
    kernels[i].milliseconds = 0, kernels[i].launches = 0;
  }
  return result;
}

NAPI_MODULE_INIT() {
  static const struct { const char *name; napi_callback function; } table[] = {
      {"open", Open}, {"start", Start}, {"load", Load}, {"kernel", KernelNumber}, {"allocate", Allocate},
      {"release", Release}, {"room", Room}, {"upload", Upload}, {"download", Download}, {"queueDownload", QueueDownload},
      {"wait", Wait}, {"collect", Collect}, {"collected", Collected}, {"submit", Submit}, {"profile", Profile},
  };
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    napi_value function;
    if (napi_create_function(env, table[i].name, NAPI_AUTO_LENGTH, table[i].function, NULL, &function) != napi_ok ||
        napi_set_named_property(env, exports, table[i].name, function) != napi_ok)
      return NULL;
  }
  return exports;
}
