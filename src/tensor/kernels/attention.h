// Attention over an interval mask, forward and backward, after FlashAttention (Dao et al. 2022,
// https://arxiv.org/abs/2205.14135): without a T x T matrix. Scratch memory grows with T, not with its square. Keys that no
// query of a block may attend to are not read, so rows packed with short documents are cheap.
//
// A task is one row and one key/value head. It owns its part of dk and dv, so every sum has a fixed order.

#ifndef CLASS_IT_ATTENTION_H
#define CLASS_IT_ATTENTION_H

#include <string.h>

#include "gemm.h"
#include "kernels.h"

#define KEYS (2 * LANES)     // keys per panel, contiguous
// Queries per block, multiples of every MR. They are equal on every instruction set, because the keys of a block determine how
// its sums are split.
#define BLOCK 12             // of the forward pass
#define QUERIES (4 * BLOCK)  // of the backward pass

typedef struct {
  const AttentionArgs *a;
  const float *q, *k, *v, *o, *lse, *d_o;
  float *out, *lse_out, *dq, *dk, *dv, *memory;
  long piece; // floats of scratch memory per thread
  long taken[POOL_MAX_THREADS];
} Attention;

typedef struct { long from, to; } Span; // keys, multiples of KEYS

INLINE long round_up(long n, long to) { return (n + to - 1) / to * to; }

// The panels that queries i0..i1-1 of row b may attend to: one or two spans, in order.
static int visible_spans(const AttentionArgs *a, long b, long i0, long i1, Span *spans) {
  const int32_t *cs = a->context_start + b * a->T, *ce = a->context_end + b * a->T, *bs = a->branch_start + b * a->T;
  long context_from = a->T, context_to = 0, branch_from = a->T;
  for (long i = i0; i < i1; i++) {
    if (cs[i] < ce[i]) {
      if (cs[i] < context_from) context_from = cs[i];
      if (ce[i] > context_to) context_to = ce[i];
    }
    if (bs[i] < branch_from) branch_from = bs[i];
  }
  const Span branch = {branch_from / KEYS * KEYS, round_up(i1, KEYS)};
  if (context_from >= context_to) {
    spans[0] = branch;
    return 1;
  }
  const Span context = {context_from / KEYS * KEYS, round_up(context_to, KEYS)};
  if (context.to >= branch.from) {
    spans[0] = (Span){least(context.from, branch.from), branch.to > context.to ? branch.to : context.to};
    return 1;
  }
  spans[0] = context;
  spans[1] = branch;
  return 2;
}

// The keys that a query attends to, and those that all queries of a block attend to: its context and its own branch.
typedef struct { Span context, branch; } Visible;

INLINE Visible visible_to(const AttentionArgs *a, long b, long i) {
  const long n = b * a->T + i;
  return (Visible){{a->context_start[n], a->context_end[n]}, {a->branch_start[n], i + 1}};
}

static Visible visible_to_all(const AttentionArgs *a, long b, long i0, long i1) {
  Visible all = visible_to(a, b, i0);
  for (long i = i0 + 1; i < i1; i++) {
    const Visible one = visible_to(a, b, i);
    if (one.context.from > all.context.from) all.context.from = one.context.from;
    if (one.context.to < all.context.to) all.context.to = one.context.to;
    if (one.branch.from > all.branch.from) all.branch.from = one.branch.from;
  }
  return all;
}

INLINE int covers(Span keys, long j, long count) { return keys.from <= j && j + count <= keys.to; }
INLINE int meets(Span keys, long j, long count) { return keys.from < keys.to && keys.from < j + count && j < keys.to; }
INLINE int any_visible(const Visible *to, long j, long count) {
  return meets(to->branch, j, count) || meets(to->context, j, count);
}
INLINE int all_visible(const Visible *to, long j, long count) {
  return covers(to->branch, j, count) || covers(to->context, j, count);
}

INLINE long lane(long n) { return n < 0 ? 0 : n > LANES ? LANES : n; }

// x belongs to keys j..j+LANES-1: those that are hidden become `hidden`.
INLINE v16 hide(const Visible *to, long j, v16 x, v16 hidden) {
  if (to->context.from < to->context.to) hidden = v_pick(lane(to->context.from - j), lane(to->context.to - j), x, hidden);
  return v_pick(lane(to->branch.from - j), lane(to->branch.to - j), x, hidden);
}

// Rows of scores against the keys of the spans, side by side: replace each by its exponential after scaling, shifted by the
// row's maximum, 0 where the key is hidden. tops: the scaled maxima; sums: of the exponentials. Row by row in separate loops,
// so that the rows do not wait for each other.
INLINE void exponentials(long rows, float *scores, long stride, float scale, const Span *spans, int count, const Visible *all,
                         const Visible *own, float *tops, float *sums) {
  const v16 least_score = v_set(-__builtin_inff()), scales = v_set(scale);
  for (long i = 0; i < rows; i++) {
    const float *p = scores + i * stride;
    v16 top = least_score;
    for (int e = 0; e < count; e++)
      for (long j = spans[e].from; j < spans[e].to; j += LANES, p += LANES)
        top = v_max(all_visible(all, j, LANES) ? v_load(p) : hide(&own[i], j, v_load(p), least_score), top);
    tops[i] = v_top(top) * scale;
  }
  for (long i = 0; i < rows; i++) {
    const v16 shift = v_set(-tops[i]);
    float *p = scores + i * stride;
    v16 sum = v_zero();
    for (int e = 0; e < count; e++)
      for (long j = spans[e].from; j < spans[e].to; j += LANES, p += LANES) {
        const v16 x = v_exp(v_fma(v_load(p), scales, shift));
        const v16 seen = all_visible(all, j, LANES) ? x : hide(&own[i], j, x, v_zero());
        v_store(p, seen);
        sum = v_add(sum, seen);
      }
    sums[i] = v_sum(sum);
  }
}

// Panels of keys, one row per channel: o[panel][d][KEYS].
static void pack_across(const float *s, long stride, long T, long D, float *o) {
  for (long j = 0; j < T; j += KEYS) pack_rows(s + j * stride, stride, least(KEYS, T - j), D, o + j * D, KEYS);
}
// Copies rows densely, padded to Dp channels; rows T..Tp are 0.
static void pack_down(const float *s, long stride, long T, long Tp, long D, long Dp, float *o) {
  pack_columns(s, stride, D, T, o, Dp);
  memset(o + T * Dp, 0, (Tp - T) * Dp * sizeof(float));
}

// Rows of several arrays that are brought to the cache before they are read or written, a few at a time during the products:
// they lie too far apart for the processor to foresee them.
typedef struct { const float *rows; long stride, width; } Rows;
typedef struct {
  Rows arrays[5];
  int count, array; // array, token: the next row
  long token, tokens;
} Fetch;

INLINE void fetch_rows(Fetch *f, int rows, const int write) {
  for (; rows > 0 && f->token < f->tokens; rows--) {
    const Rows *a = &f->arrays[f->array];
    for (long d = 0; d < a->width; d += LANES) PREFETCH(a->rows + f->token * a->stride + d, write);
    if (++f->array == f->count) f->array = 0, f->token++;
  }
}

// What a task reads or writes. All query heads of a key/value head lie side by side.
static Fetch fetch_task(const Attention *s, long task, const float *const queries[3], const float *const keys[2]) {
  const AttentionArgs *a = s->a;
  const long b = task / a->K, kv = task % a->K, width = a->H / a->K * a->D;
  Fetch f = {.tokens = task < a->B * a->K ? a->T : 0};
  for (int i = 0; i < 3; i++)
    if (queries[i] != NULL)
      f.arrays[f.count++] = (Rows){queries[i] + b * a->T * a->H * a->D + kv * width, a->H * a->D, width};
  for (int i = 0; i < 2; i++)
    if (keys[i] != NULL)
      f.arrays[f.count++] = (Rows){keys[i] + b * a->T * a->K * a->D + kv * a->D, a->K * a->D, a->D};
  return f;
}
#define READS(s, task) fetch_task(s, task, (const float *const[3]){s->q, s->o, s->d_o}, (const float *const[2]){s->k, s->v})
#define WRITES(s, task) fetch_task(s, task, (const float *const[3]){s->out, s->dq}, (const float *const[2]){s->dk, s->dv})

INLINE void copy_row(float *o, const float *s, long n) {
  long i = 0;
  for (; i + LANES <= n; i += LANES) v_store(o + i, v_load(s + i));
  for (; i < n; i++) o[i] = s[i];
}

static void attention_job(void *argument, int thread) {
  Attention *s = argument;
  const AttentionArgs *a = s->a;
  const long T = a->T, D = a->D, Dp = round_up(D, LANES), Tp = round_up(T, KEYS), group = a->H / a->K;
  const long q_stride = a->H * D, k_stride = a->K * D;
  float *keys = s->memory + thread * s->piece, *values = keys + Tp * D, *scores = values + Tp * Dp, *mixed = scores + BLOCK * Tp;
  const float scale = 1.0f / __builtin_sqrtf((float)D);
  for (long task; (task = pool_part(s->taken, a->B * a->K, thread)) >= 0;) {
    const long b = task / a->K, kv = task % a->K;
    Fetch reads = READS(s, task + 1), writes = WRITES(s, task);
    pack_across(s->k + b * T * k_stride + kv * D, k_stride, T, D, keys);
    pack_down(s->v + b * T * k_stride + kv * D, k_stride, T, Tp, D, Dp, values);
    for (long h = kv * group; h < (kv + 1) * group; h++)
      for (long i0 = 0; i0 < T; i0 += BLOCK) {
        const long rows = least(BLOCK, T - i0);
        const float *q = s->q + (b * T + i0) * q_stride + h * D;
        Span spans[2];
        const int count = visible_spans(a, b, i0, i0 + rows, spans);
        long width = 0; // the spans are contiguous in `scores`
        for (int e = 0; e < count; e++)
          for (long j = spans[e].from; j < spans[e].to; j += KEYS, width += KEYS)
            small_product(rows, KEYS, D, q, q_stride, 1, keys + j * D, KEYS, scores + width, Tp, 0);
        const Visible all = visible_to_all(a, b, i0, i0 + rows);
        Visible own[BLOCK];
        float tops[BLOCK], sums[BLOCK], inverse[BLOCK];
        for (long i = 0; i < rows; i++) {
          own[i] = visible_to(a, b, i0 + i);
          fetch_rows(&reads, 3, 0);
          fetch_rows(&writes, 1, 1);
        }
        exponentials(rows, scores, Tp, scale, spans, count, &all, own, tops, sums);
        for (long i = 0; i < rows; i++) {
          inverse[i] = 1.0f / sums[i];
          if (s->lse_out) s->lse_out[(b * T + i0 + i) * a->H + h] = tops[i] + (float)natural_log(sums[i]);
        }
        long at = 0;
        for (int e = 0; e < count; at += spans[e].to - spans[e].from, e++)
          small_product(rows, Dp, spans[e].to - spans[e].from, scores + at, Tp, 1, values + spans[e].from * Dp, Dp, mixed, Dp,
                        e > 0);
        for (long i = 0; i < rows; i++) {
          float *o = s->out + (b * T + i0 + i) * q_stride + h * D;
          const v16 factor = v_set(inverse[i]);
          long d = 0;
          for (; d + LANES <= D; d += LANES) v_store(o + d, v_mul(v_load(mixed + i * Dp + d), factor));
          for (; d < D; d++) o[d] = mixed[i * Dp + d] * inverse[i];
        }
      }
  }
}

static int attention(const AttentionArgs *a, const float *q, const float *k, const float *v, float *o, float *lse) {
  const long Dp = round_up(a->D, LANES), Tp = round_up(a->T, KEYS);
  const long piece = round_up(Tp * (a->D + Dp) + BLOCK * (Tp + Dp), LANES);
  float *memory = scratch(SCRATCH_THREADS, (size_t)piece * pool_threads() * sizeof(float));
  if (memory == NULL) return -1;
  Attention s = {.a = a, .q = q, .k = k, .v = v, .out = o, .lse_out = lse, .memory = memory, .piece = piece};
  pool_run(attention_job, &s);
  return 0;
}

// P = exp(scale q·k - lse), dP = dO·vᵀ, dS = P (dP - Σ dO O) scale; dV = Pᵀ dO, dK = dSᵀ q, dQ = dS k.
static void attention_grad_job(void *argument, int thread) {
  Attention *s = argument;
  const AttentionArgs *a = s->a;
  const long T = a->T, D = a->D, Dp = round_up(D, LANES), Tp = round_up(T, KEYS), group = a->H / a->K;
  const long q_stride = a->H * D, k_stride = a->K * D;
  float *keys_across = s->memory + thread * s->piece, *values_across = keys_across + Tp * D;
  float *keys = values_across + Tp * D, *dk = keys + Tp * Dp, *dv = dk + Tp * Dp;
  float *q = dv + Tp * Dp, *d_o = q + QUERIES * Dp, *dq = d_o + QUERIES * Dp, *p = dq + QUERIES * Dp, *dp = p + QUERIES * KEYS;
  const float scale = 1.0f / __builtin_sqrtf((float)D);
  const v16 scales = v_set(scale);
  for (long task; (task = pool_part(s->taken, a->B * a->K, thread)) >= 0;) {
    const long b = task / a->K, kv = task % a->K, kv_at = b * T * k_stride + kv * D;
    Fetch reads = READS(s, task + 1), writes = WRITES(s, task);
    pack_across(s->k + kv_at, k_stride, T, D, keys_across);
    pack_across(s->v + kv_at, k_stride, T, D, values_across);
    pack_down(s->k + kv_at, k_stride, T, Tp, D, Dp, keys);
    memset(dk, 0, Tp * Dp * sizeof(float));
    memset(dv, 0, Tp * Dp * sizeof(float));
    for (long h = kv * group; h < (kv + 1) * group; h++)
      for (long i0 = 0; i0 < T; i0 += QUERIES) {
        const long rows = least(QUERIES, T - i0), at = (b * T + i0) * q_stride + h * D;
        pack_down(s->q + at, q_stride, rows, rows, D, Dp, q);
        pack_down(s->d_o + at, q_stride, rows, rows, D, Dp, d_o);
        memset(dq, 0, rows * Dp * sizeof(float));
        Visible own[QUERIES];
        float delta[QUERIES], lse[QUERIES];
        for (long i = 0; i < rows; i++) {
          const float *o = s->o + at + i * q_stride;
          v16 sum = v_zero();
          long d = 0;
          for (; d + LANES <= D; d += LANES) sum = v_fma(v_load(o + d), v_load(d_o + i * Dp + d), sum);
          if (d < D) sum = v_fma(v_load_n(o + d, D - d), v_load(d_o + i * Dp + d), sum);
          delta[i] = v_sum(sum);
          lse[i] = s->lse[(b * T + i0 + i) * a->H + h];
          own[i] = visible_to(a, b, i0 + i);
        }
        Span spans[2];
        const int count = visible_spans(a, b, i0, i0 + rows, spans);
        for (int e = 0; e < count; e++)
          for (long j = spans[e].from; j < spans[e].to; j += KEYS) {
            // queries from..to-1; those before and after see no key of the panel and would only add zeros
            long from = 0, to = rows;
            while (from < to && !any_visible(&own[from], j, KEYS)) from++;
            while (from < to && !any_visible(&own[to - 1], j, KEYS)) to--;
            if (from == to) continue;
            const long seeing = to - from;
            float *p0 = p + from * KEYS, *ds0 = dp + from * KEYS;
            const float *q0 = q + from * Dp, *d_o0 = d_o + from * Dp;
            small_product(seeing, KEYS, D, q0, Dp, 1, keys_across + j * D, KEYS, p0, KEYS, 0);
            small_product(seeing, KEYS, D, d_o0, Dp, 1, values_across + j * D, KEYS, ds0, KEYS, 0);
            for (long i = from; i < to; i++) {
              const v16 logs = v_set(-lse[i]), shift = v_set(-delta[i]);
              const int is_clear = all_visible(&own[i], j, KEYS);
              fetch_rows(&reads, 2, 0);
              fetch_rows(&writes, 2, 1);
              for (long c = i * KEYS; c < (i + 1) * KEYS; c += LANES) {
                v16 x = v_exp(v_fma(v_load(p + c), scales, logs));
                if (!is_clear) x = hide(&own[i], j + c - i * KEYS, x, v_zero());
                v_store(p + c, x);
                v_store(dp + c, v_mul(v_mul(x, v_add(v_load(dp + c), shift)), scales));
              }
            }
            small_product(KEYS, Dp, seeing, p0, 1, KEYS, d_o0, Dp, dv + j * Dp, Dp, 1);
            small_product(KEYS, Dp, seeing, ds0, 1, KEYS, q0, Dp, dk + j * Dp, Dp, 1);
            small_product(seeing, Dp, KEYS, ds0, KEYS, 1, keys + j * Dp, Dp, dq + from * Dp, Dp, 1);
          }
        for (long i = 0; i < rows; i++) copy_row(s->dq + at + i * q_stride, dq + i * Dp, D);
      }
    for (long j = 0; j < T; j++) {
      copy_row(s->dk + kv_at + j * k_stride, dk + j * Dp, D);
      copy_row(s->dv + kv_at + j * k_stride, dv + j * Dp, D);
    }
  }
}

static int attention_grad(const AttentionArgs *a, const float *q, const float *k, const float *v, const float *o,
                          const float *lse, const float *d_o, float *dq, float *dk, float *dv) {
  const long Dp = round_up(a->D, LANES), Tp = round_up(a->T, KEYS);
  const long piece = round_up(2 * Tp * a->D + 3 * Tp * Dp + QUERIES * (3 * Dp + 2 * KEYS), LANES);
  float *memory = scratch(SCRATCH_THREADS, (size_t)piece * pool_threads() * sizeof(float));
  if (memory == NULL) return -1;
  Attention s = {.a = a, .q = q, .k = k, .v = v, .o = o, .lse = lse, .d_o = d_o, .dq = dq, .dk = dk, .dv = dv,
                 .memory = memory, .piece = piece};
  pool_run(attention_grad_job, &s);
  return 0;
}

#endif
