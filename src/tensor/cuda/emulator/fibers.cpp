// The emulation: fibers as threads, and the data they exchange.

#include "emulate.h"

#include <sys/mman.h>

#include <map>
#include <vector>

dim3 gridDim, blockDim, blockIdx, threadIdx;

// ---------------------------------------------------------------------------------------------------------------- fibers
namespace {
enum State { READY, AT_BLOCK, AT_WARP, AT_BARRIER, DONE };
struct Copy { void *to; unsigned char data[16]; int group; };
struct Wide { float *d; int n; bool tf32, in_registers; float a[2][16]; uint64_t desc_a, desc_b; int add, ta, tb, group; bool early; std::vector<float> made; };
struct Bulk { void *to; const void *from; int bytes; uint64_t *barrier; };
struct Store { void *to; const void *from; int bytes; bool is_made; };
struct Fiber {
  uint64_t *barrier; int parity; // that the fiber waits for
  std::vector<Wide> wide;
  int wide_group;
  void *sp;
  char *stack;
  State state;
  int turn; // number of exchanges; two sets of slots alternate
  int group; // of copies
  std::vector<Copy> copies;
  std::vector<Store> stores;
};
const size_t STACK = 256 << 10;
std::vector<Fiber> fibers;
std::vector<Bulk> bulks;
bool is_over(uint64_t b, int parity);
void some_bulks();
std::vector<unsigned char> slots; // [2][threads][64]
const std::function<void()> *kernel;
void *scheduler_sp;
int current;
unsigned random_state = getenv("EMULATE_SEED") ? (unsigned)atoi(getenv("EMULATE_SEED")) | 1 : 12345;
unsigned char *shared_base, *shared_memory;
const size_t SHARED_MOST = 232448; // 227 KB, Hopper's limit
int shared_bytes;

extern "C" void emulated_switch(void **save, void *load);
asm(R"(
.text
.globl emulated_switch
.hidden emulated_switch
emulated_switch:
  push %rbp; push %rbx; push %r12; push %r13; push %r14; push %r15
  mov %rsp, (%rdi)
  mov %rsi, %rsp
  pop %r15; pop %r14; pop %r13; pop %r12; pop %rbx; pop %rbp
  ret
)");

void leave(State state) {
  fibers[current].state = state;
  emulated_switch(&fibers[current].sp, scheduler_sp);
}
void body() {
  (*kernel)();
  leave(DONE);
  abort();
}
unsigned draw() {
  random_state ^= random_state << 13, random_state ^= random_state >> 17, random_state ^= random_state << 5;
  return random_state;
}
void resume(int i) {
  current = i;
  threadIdx = dim3(i % blockDim.x, i / blockDim.x, 0);
  emulated_switch(&scheduler_sp, fibers[i].sp);
}
void run_block(int threads) {
  for (int i = 0; i < threads; i++) {
    Fiber &f = fibers[i];
    void **top = (void **)(f.stack + STACK);
    *--top = NULL; // alignment at the entry of body
    *--top = (void *)body;
    for (int r = 0; r < 6; r++) *--top = NULL;
    f.sp = top, f.state = READY, f.turn = 0, f.group = 0;
    f.copies.clear(), f.stores.clear();
    f.wide.clear(), f.wide_group = 0;
  }
  bulks.clear();
  const int warps = (threads + 31) / 32;
  std::vector<int> order(warps);
  for (int w = 0; w < warps; w++) order[w] = w;
  for (;;) {
    bool any = false;
    for (int w = warps - 1; w > 0; w--) std::swap(order[w], order[draw() % (w + 1)]);
    for (int w : order) { // a warp runs as far as possible, its lanes in ascending or descending order
      const int from = w * 32, to = from + 32 < threads ? from + 32 : threads;
      const unsigned turns = 1 + draw() % 64;
      for (unsigned turn = 0; turn < turns; turn++) {
        bool ran = false;
        const bool backwards = draw() & 1;
        for (int l = from; l < to; l++) {
          const int i = backwards ? to - 1 - (l - from) : l;
          if (fibers[i].state == AT_BARRIER && is_over(*fibers[i].barrier, fibers[i].parity)) fibers[i].state = READY;
          if (fibers[i].state == READY) resume(i), ran = true;
        }
        int waiting = 0, live = 0;
        for (int i = from; i < to; i++) waiting += fibers[i].state == AT_WARP, live += fibers[i].state != DONE;
        if (waiting > 0 && waiting == live) {
          for (int i = from; i < to; i++)
            if (fibers[i].state == AT_WARP) fibers[i].state = READY;
          ran = true;
        }
        any |= ran;
        if (!ran) break;
      }
    }
    if (!bulks.empty()) some_bulks(), any = true;
    int waiting = 0, live = 0;
    for (int i = 0; i < threads; i++) waiting += fibers[i].state == AT_BLOCK, live += fibers[i].state != DONE;
    if (live == 0) {
      bool late = !bulks.empty();
      for (int i = 0; i < threads; i++) late |= !fibers[i].wide.empty() || !fibers[i].copies.empty() || !fibers[i].stores.empty();
      if (late) {
        fprintf(stderr, "emulation: a block ends while copies or products are on their way\n");
        abort();
      }
      return;
    }
    if (waiting == live) {
      for (int i = 0; i < threads; i++)
        if (fibers[i].state == AT_BLOCK) fibers[i].state = READY;
      any = true;
    }
    if (!any) {
      fprintf(stderr, "emulation: the block waits for ever (a barrier in a branch?)\n");
      abort();
    }
  }
}
} // namespace

void emulated_launch(dim3 grid, dim3 block, int shared, const std::function<void()> &k) {
  const int threads = block.x * block.y * block.z;
  if (shared < 0 || (size_t)shared > SHARED_MOST || threads > 1024 || grid.x == 0 || grid.y == 0 || grid.z == 0 ||
      grid.y > 65535 || grid.z > 65535 || grid.x > 0x7fffffffu) {
    fprintf(stderr, "emulation: a launch that a GPU refuses (%d bytes of shared memory, %d threads)\n", shared, threads);
    abort();
  }
  if (shared_base == NULL) {
    const size_t pages = (SHARED_MOST + 4095) / 4096 * 4096;
    shared_base = (unsigned char *)mmap(NULL, pages + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(shared_base + pages, 4096, PROT_NONE);
  }
  const size_t pages = (SHARED_MOST + 4095) / 4096 * 4096;
  shared_bytes = shared;
  shared_memory = shared_base + pages - (shared + 127) / 128 * 128; // DYNAMIC_SHARED's alignment
  while ((int)fibers.size() < threads) {
    Fiber f = {};
    f.stack = (char *)mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    fibers.push_back(f);
  }
  slots.resize(2 * 64 * 1024);
  kernel = &k;
  gridDim = grid, blockDim = block;
  for (unsigned z = 0; z < grid.z; z++)
    for (unsigned y = 0; y < grid.y; y++)
      for (unsigned x = 0; x < grid.x; x++) {
        blockIdx = dim3(x, y, z);
        memset(shared_memory, 0xff, shared);
        run_block(threads);
      }
}

unsigned char *emulated_shared() { return shared_memory; }
void __syncthreads() { leave(AT_BLOCK); }
void __syncwarp() { leave(AT_WARP); }

const unsigned char *emulated_exchange(const void *mine, size_t n) {
  Fiber &f = fibers[current];
  unsigned char *set = slots.data() + (f.turn++ & 1) * 64 * 1024;
  memcpy(set + 64 * current, mine, n);
  const unsigned char *warp = set + 64 * (current & ~31);
  leave(AT_WARP);
  return warp;
}

// The data is read immediately or late, and always written late, so that a kernel that reads before waiting gets the old content.
void emulated_copy16(void *shared, const void *global, bool present) {
  if ((uintptr_t)shared % 16 != 0 || (uintptr_t)global % 16 != 0) {
    fprintf(stderr, "emulation: a copy of 16 bytes that is not aligned\n");
    abort();
  }
  Copy c;
  c.to = shared, c.group = fibers[current].group;
  if (present) memcpy(c.data, global, 16);
  else memset(c.data, 0, 16);
  fibers[current].copies.push_back(c);
}
void emulated_copy_commit() { fibers[current].group++; }
void emulated_copy_wait(int groups) {
  Fiber &f = fibers[current];
  std::vector<Copy> left;
  for (const Copy &c : f.copies) {
    if (c.group < f.group - groups) memcpy(c.to, c.data, 16);
    else left.push_back(c);
  }
  f.copies.swap(left);
}

void emulated_load_matrices(uint32_t (&r)[4], const void *row, bool transposed) {
  if ((uintptr_t)row % 16 != 0) {
    fprintf(stderr, "emulation: ldmatrix of a row that is not aligned\n");
    abort();
  }
  const unsigned char *at = (const unsigned char *)row;
  if (at < shared_memory || at + 16 > shared_memory + (shared_bytes + 15) / 16 * 16) {
    fprintf(stderr, "emulation: ldmatrix outside shared memory\n");
    abort();
  }
  const unsigned char *all = emulated_exchange(&row, sizeof row);
  const int lane = threadIdx.x & 31, g = lane / 4, t = lane % 4;
  for (int m = 0; m < 4; m++) {
    const unsigned char *rows[8];
    for (int i = 0; i < 8; i++) memcpy(&rows[i], all + 64 * (8 * m + i), sizeof rows[i]);
    if (!transposed) memcpy(&r[m], rows[g] + 4 * t, 4);
    else {
      uint16_t low, high;
      memcpy(&low, rows[2 * t] + 2 * g, 2);
      memcpy(&high, rows[2 * t + 1] + 2 * g, 2);
      r[m] = low | (uint32_t)high << 16;
    }
  }
}

void emulated_mma(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2], bool bf16) {
  uint32_t mine[6] = {a[0], a[1], a[2], a[3], b[0], b[1]};
  const unsigned char *all = emulated_exchange(mine, sizeof mine);
  const auto of = [&](int lane, int i) {
    uint32_t x;
    memcpy(&x, all + 64 * lane + 4 * i, 4);
    return x;
  };
  const auto value = [](uint32_t x) { return __uint_as_float(x); };
  const int lane = threadIdx.x & 31, g = lane / 4, t = lane % 4;
  for (int e = 0; e < 4; e++) {
    const int row = e / 2, column = 2 * t + e % 2; // row: g + 8 row
    double sum = c[e];
    if (bf16) {
      for (int k = 0; k < 16; k++) { // element k: pair k/2 % 4 of half k/8
        const uint32_t x = of(g * 4 + k / 2 % 4, row + 2 * (k / 8)), y = of(column * 4 + k / 2 % 4, 4 + k / 8);
        sum += (double)value(k % 2 ? x & 0xffff0000u : x << 16) * value(k % 2 ? y & 0xffff0000u : y << 16);
      }
    } else {
      for (int k = 0; k < 8; k++) // tensor cores ignore the low 13 bits
        sum += (double)value(of(g * 4 + k % 4, row + 2 * (k / 4)) & 0xffffe000u) *
               value(of(column * 4 + k % 4, 4 + k / 4) & 0xffffe000u);
    }
    float cut = (float)sum; // tensor cores round towards 0
    if (fabs((double)cut) > fabs(sum)) cut = nextafterf(cut, 0.0f);
    c[e] = cut;
  }
}

// ---------------------------------------------------------------------------------------------------------------- Hopper
// A barrier: bits 0-19 missing arrivals, 20-39 arrivals per phase, 40 the phase's parity, 41-63 missing bytes.
namespace {
struct Fields { int missing, count, parity; long bytes; };
Fields fields(uint64_t b) { return {(int)(b & 0xfffff), (int)(b >> 20 & 0xfffff), (int)(b >> 40 & 1), (long)b >> 41}; }
void store(uint64_t *b, Fields f) {
  if (f.missing == 0 && f.bytes == 0) f.missing = f.count, f.parity ^= 1;
  *b = (uint64_t)f.missing | (uint64_t)f.count << 20 | (uint64_t)f.parity << 40 | (uint64_t)f.bytes << 41;
}
bool is_over(uint64_t b, int parity) { return fields(b).parity != parity; }
void check_shared(const void *p, size_t n, size_t align, const char *what) {
  const unsigned char *at = (const unsigned char *)p;
  if (at < shared_memory || at + n > shared_memory + (shared_bytes + 15) / 16 * 16 || (uintptr_t)at % align != 0) {
    fprintf(stderr, "emulation: %s outside shared memory or not aligned\n", what);
    abort();
  }
}
void land(size_t i) {
  const Bulk c = bulks[i];
  bulks.erase(bulks.begin() + i);
  memcpy(c.to, c.from, c.bytes);
  Fields f = fields(*c.barrier);
  f.bytes -= c.bytes;
  store(c.barrier, f);
}
void some_bulks() {
  for (int n = 1 + draw() % 3; n > 0 && !bulks.empty(); n--) land(draw() % bulks.size());
}
// Element (row or column x, channel k) of an operand: PTX's canonical layouts with 128-byte swizzle.
float element(uint64_t desc, bool tf32, int across, int x, int k) {
  const uint32_t bytes = tf32 ? 4 : 2;
  const uint32_t start = (desc & 0x3fff) << 4, leading = (desc >> 16 & 0x3fff) << 4, stride = (desc >> 32 & 0x3fff) << 4;
  if (desc >> 62 != 1 || (desc >> 49 & 7) != 0) {
    fprintf(stderr, "emulation: a descriptor that is not for 128-byte swizzle\n");
    abort();
  }
  uint32_t at = start;
  if (across) at += x % 64 * 2 + x / 64 * leading + k % 8 * 128 + k / 8 * stride;
  else at += k * bytes + x % 8 * 128 + x / 8 * stride;
  at ^= (at >> 7 & 7) << 4;
  const unsigned char *p = shared_base + at;
  check_shared(p, bytes, bytes, "an operand of wgmma");
  uint32_t y = 0;
  memcpy(&y, p, bytes);
  return __uint_as_float(tf32 ? y & 0xffffe000u : y << 16); // tensor cores ignore the low 13 bits
}
void make_wide(Wide &w, int thread) { // this lane's products, before they are added to the sum
  const int warp = thread / 32 % 4, g = thread % 32 / 4, t = thread % 4, channels = w.tf32 ? 8 : 16;
  float a[2][16];
  for (int h = 0; h < 2; h++)
    for (int k = 0; k < channels; k++)
      a[h][k] = w.in_registers ? w.a[h][k] : element(w.desc_a, w.tf32, w.ta, 16 * warp + g + 8 * h, k);
  w.made.resize(w.n / 2);
  for (int j = 0; j < w.n / 8; j++)
    for (int c = 0; c < 2; c++) {
      float b[16];
      for (int k = 0; k < channels; k++) b[k] = element(w.desc_b, w.tf32, w.tb, 8 * j + 2 * t + c, k);
      for (int h = 0; h < 2; h++) {
        double sum = 0;
        for (int k = 0; k < channels; k++) sum += (double)a[h][k] * b[k];
        w.made[4 * j + 2 * h + c] = (float)sum;
      }
    }
  w.early = true;
}
} // namespace

uint32_t emulated_shared_address(const void *p) { return (uint32_t)((const unsigned char *)p - shared_base); }
void emulated_barrier_init(uint64_t *b, int count) {
  check_shared(b, 8, 8, "a barrier");
  *b = (uint64_t)count | (uint64_t)count << 20;
}
void emulated_barrier_arrive(uint64_t *b, int bytes) {
  check_shared(b, 8, 8, "a barrier");
  Fields f = fields(*b);
  if (f.missing == 0) fprintf(stderr, "emulation: too many arrivals at a barrier\n"), abort();
  f.missing--, f.bytes += bytes;
  store(b, f);
}
void emulated_barrier_wait(uint64_t *b, int parity) {
  check_shared(b, 8, 8, "a barrier");
  if (is_over(*b, parity)) return;
  fibers[current].barrier = b, fibers[current].parity = parity;
  leave(AT_BARRIER);
}
void emulated_bulk_copy(void *shared, const void *global, int bytes, uint64_t *b) {
  check_shared(shared, bytes, 16, "a bulk copy");
  if ((uintptr_t)global % 16 != 0 || bytes % 16 != 0 || bytes <= 0) fprintf(stderr, "emulation: a bulk copy that is not aligned\n"), abort();
  memset(shared, 0xff, bytes); // a kernel that still reads the old content gets NaN
  bulks.push_back({shared, global, bytes, b});
}
void emulated_bulk_store(void *global, const void *shared, int bytes) { // reads at once or as late as possible
  check_shared(shared, bytes, 16, "a bulk store");
  if ((uintptr_t)global % 16 != 0 || bytes % 16 != 0 || bytes <= 0) fprintf(stderr, "emulation: a bulk store that is not aligned\n"), abort();
  const bool now = draw() & 1;
  if (now) memcpy(global, shared, bytes);
  fibers[current].stores.push_back({global, shared, bytes, now});
}
void emulated_bulk_store_wait(int n) {
  std::vector<Store> &stores = fibers[current].stores;
  while ((int)stores.size() > n) {
    if (!stores[0].is_made) memcpy(stores[0].to, stores[0].from, stores[0].bytes);
    stores.erase(stores.begin());
  }
}
void emulated_wgmma(float *d, int n, const uint32_t *registers, uint64_t a, uint64_t b, int add, int ta, int tb) {
  Wide w = {};
  w.d = d, w.n = n, w.in_registers = registers != NULL, w.desc_a = a, w.desc_b = b, w.add = add, w.ta = ta, w.tb = tb;
  w.group = fibers[current].wide_group;
  if (registers != NULL) {
    uint32_t mine[4] = {registers[0], registers[1], registers[2], registers[3]};
    const unsigned char *all = emulated_exchange(mine, sizeof mine);
    const int g = current % 32 / 4;
    for (int h = 0; h < 2; h++)
      for (int k = 0; k < 16; k++) {
        uint32_t x;
        memcpy(&x, all + 64 * (g * 4 + k / 2 % 4) + 4 * (h + 2 * (k / 8)), 4);
        w.a[h][k] = __uint_as_float(k % 2 ? x & 0xffff0000u : x << 16);
      }
  }
  if (draw() & 1) make_wide(w, current);
  fibers[current].wide.push_back(w);
}
void emulated_wgmma_tf32(float *d, int n, const uint32_t *registers, uint64_t a, uint64_t b, int add) {
  Wide w = {};
  w.d = d, w.n = n, w.tf32 = true, w.in_registers = registers != NULL, w.desc_a = a, w.desc_b = b, w.add = add;
  w.group = fibers[current].wide_group;
  if (registers != NULL) {
    uint32_t mine[4] = {registers[0], registers[1], registers[2], registers[3]};
    const unsigned char *all = emulated_exchange(mine, sizeof mine);
    for (int h = 0; h < 2; h++)
      for (int k = 0; k < 8; k++) { // as mma.sync's A
        uint32_t x;
        memcpy(&x, all + 64 * (current % 32 / 4 * 4 + k % 4) + 4 * (h + 2 * (k / 4)), 4);
        w.a[h][k] = __uint_as_float(x & 0xffffe000u);
      }
  }
  if (draw() & 1) make_wide(w, current);
  fibers[current].wide.push_back(w);
}
void emulated_wgmma_commit() { fibers[current].wide_group++; }
void emulated_wgmma_wait(int groups) {
  Fiber &f = fibers[current];
  std::vector<Wide> left;
  for (Wide &w : f.wide) {
    if (w.group < f.wide_group - groups) {
      if (!w.early) make_wide(w, current);
      for (int i = 0; i < w.n / 2; i++) {
        const double sum = (w.add ? (double)w.d[i] : 0) + w.made[i];
        float cut = (float)sum;
        if (fabs((double)cut) > fabs(sum)) cut = nextafterf(cut, 0.0f);
        w.d[i] = cut;
      }
    } else left.push_back(w);
  }
  f.wide.swap(left);
}

// ---------------------------------------------------------------------------------------------------------------- memory
static std::map<void *, std::pair<char *, size_t>> allocations;
void *emulated_allocate(size_t bytes) {
  const size_t padded = (bytes + 15) / 16 * 16, pages = (padded + 4095) / 4096 * 4096;
  char *base = (char *)mmap(NULL, pages + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED) return NULL;
  mprotect(base + pages, 4096, PROT_NONE);
  char *const p = base + pages - padded;
  memset(p, 0xff, padded);
  allocations[p] = {base, pages + 4096};
  return p;
}
void emulated_release(void *p) {
  const auto it = allocations.find(p);
  if (it == allocations.end()) return;
  munmap(it->second.first, it->second.second);
  allocations.erase(it);
}
