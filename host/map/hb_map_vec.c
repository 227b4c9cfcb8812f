/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Programs for vector tiles.
 *
 * A layer is cut into steps (hb_map_steps.h), each a tile of the output.
 *
 * Lanes: with 8 a block of 16 channels takes two VECs and two STOREs (HALF); with 32 a VEC works on
 * two blocks, one in each bank, and there are two STOREs.
 */

#include "hb_map_vec.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hb_map_steps.h"
#include "hb_map_time.h"
#include "hilbert/hb_tensor.h"
#include "hilbert/hb_tile_regs.h"

enum {
  TABLE_BYTES = 512,
  PRM_WORDS = 8,
  PRM_SLOTS = HB_MAP_STEP_SLOTS,
  FRACTION_BITS = 16, /* of values that a row's scale has multiplied */
};

#define BAD(...)                         \
  do {                                   \
    snprintf(why, why_len, __VA_ARGS__); \
    return HB_ERR_INPUT;                 \
  } while (0)

/* ---------------------------------------------------------------------------------- constants */

static uint32_t div_up(uint32_t a, uint32_t b) {
  return (a + b - 1u) / b;
}

static uint32_t min_u32(uint32_t a, uint32_t b) {
  return a < b ? a : b;
}

/* A convolution that vector tiles can run. */
static bool is_depthwise(const hb_layer_t *l) {
  return hb_layer_is_depthwise(l) && !l->raw_out;
}

static bool runs_here(const hb_layer_t *l) {
  switch (l->op) {
    case HB_OP_CONV:
      return is_depthwise(l);
    case HB_OP_MATMUL:
    case HB_OP_CONV_TRANSPOSE:
    case HB_OP_BATCH_MATMUL:
      return false;
    default:
      return true;
  }
}

/* AVG_POOL whose divisor differs from pixel to pixel. */
static bool counts_taps(const hb_layer_t *l) {
  return l->op == HB_OP_AVG_POOL && !l->count_include_pad &&
         (l->pad_top || l->pad_bottom || l->pad_left || l->pad_right);
}

static bool needs_table(const hb_layer_t *l) {
  return l->op == HB_OP_UNARY || l->op == HB_OP_SOFTMAX || counts_taps(l);
}

/* Whether lanes are moved by masks: a block of the result has channels of two blocks of the input.
 */
static bool moves_lanes(const hb_layer_t *l) {
  return (l->op == HB_OP_CONCAT && l->in_c % 16u != 0) ||
         (l->op == HB_OP_SLICE && l->slice_c % 16u != 0);
}

/* ---- one axis of RESIZE: runs of output places whose sources are an arithmetic progression */
typedef struct run {
  uint32_t out, out_step, count; /* places of the output */
  uint32_t in, in_step;          /* of the first tap */
  uint32_t taps;                 /* 1, or 2 neighbours */
  double weight;                 /* of the second */
} run_t;

static uint32_t gcd(uint32_t a, uint32_t b) {
  return b == 0 ? a : gcd(b, a % b);
}

/* Source of output place x: its first tap and the weight of the next one. */
static void source_of(hb_resize_t mode, uint32_t in, uint32_t out, uint32_t x, int64_t *tap,
                      double *weight) {
  *weight = 0.0;
  if (mode == HB_RESIZE_NEAREST) {
    *tap = (int64_t)((uint64_t)x * in / out);
    return;
  }
  /* As fractions over 2 * out, or out - 1, so that nothing is rounded. */
  int64_t num, den;
  if (mode == HB_RESIZE_LINEAR) {
    num = (int64_t)(2u * x + 1u) * in - out;
    den = 2 * (int64_t)out;
  } else {
    num = out > 1u ? (int64_t)x * (in - 1u) : 0;
    den = out > 1u ? out - 1u : 1;
  }
  const int64_t whole = num >= 0 ? num / den : -1;
  *tap = whole;
  *weight = (double)(num - whole * den) / (double)den;
}

/* Runs of an axis, `runs` or only counted. A run is a residue of the output place modulo the
 * period; places at the edges, where a tap is missing, stand alone. */
static uint32_t axis_runs(hb_resize_t mode, uint32_t in, uint32_t out, run_t *runs) {
  const bool corners = mode == HB_RESIZE_LINEAR_CORNERS;
  const uint32_t n = corners ? (out > 1u ? out - 1u : 1u) : out;
  const uint32_t m = corners ? (out > 1u ? in - 1u : 1u) : in;
  const uint32_t g = m == 0 ? n : gcd(n, m);
  const uint32_t period = n / g, advance = m / g;
  uint32_t num = 0;
  for (uint32_t j = 0; j < period && j < out; ++j) {
    run_t run = {0};
    for (uint32_t x = j; x < out; x += period) {
      int64_t tap;
      double weight;
      source_of(mode, in, out, x, &tap, &weight);
      uint32_t taps = weight > 0.0 ? 2u : 1u;
      if (tap < 0 || tap + 1 >= (int64_t)in) {
        tap = tap < 0 ? 0 : (int64_t)in - 1;
        taps = 1;
        weight = 0.0;
      }
      const bool joins = run.count > 0 && run.taps == taps && fabs(run.weight - weight) < 1e-12 &&
                         run.in + run.count * advance == tap;
      if (!joins) {
        if (run.count > 0 && runs != NULL) {
          runs[num] = run;
        }
        num += run.count > 0;
        run = (run_t){.out = x,
                      .out_step = period,
                      .in = (uint32_t)tap,
                      .in_step = advance,
                      .taps = taps,
                      .weight = weight};
      }
      ++run.count;
    }
    if (run.count > 0 && runs != NULL) {
      runs[num] = run;
    }
    num += run.count > 0;
  }
  return num;
}

/* Bilinear weights of a pair of runs as bytes that sum to 128. */
enum { RESIZE_UNIT = 128 };
static void resize_weights(const run_t *y, const run_t *x, uint8_t out[4]) {
  uint32_t left = RESIZE_UNIT;
  for (uint32_t r = 0; r < y->taps; ++r) {
    for (uint32_t s = 0; s < x->taps; ++s) {
      const double wy = r == 0 ? 1.0 - y->weight : y->weight;
      const double wx = s == 0 ? 1.0 - x->weight : x->weight;
      const bool last = r + 1u == y->taps && s + 1u == x->taps;
      const uint32_t w = last ? left : min_u32(left, (uint32_t)lrint(wy * wx * RESIZE_UNIT));
      out[r * x->taps + s] = (uint8_t)w;
      left -= w;
    }
  }
}

typedef struct resize_axes {
  run_t *y, *x;
  uint32_t num_y, num_x;
} resize_axes_t;

static bool resize_axes(const hb_layer_t *l, resize_axes_t *axes) {
  axes->num_y = axis_runs(l->resize, l->in_h, l->out_h, NULL);
  axes->num_x = axis_runs(l->resize, l->in_w, l->out_w, NULL);
  axes->y = malloc(axes->num_y * sizeof(run_t));
  axes->x = malloc(axes->num_x * sizeof(run_t));
  if (axes->y == NULL || axes->x == NULL) {
    free(axes->y);
    free(axes->x);
    return false;
  }
  axis_runs(l->resize, l->in_h, l->out_h, axes->y);
  axis_runs(l->resize, l->in_w, l->out_w, axes->x);
  return true;
}

static void release_axes(resize_axes_t *axes) {
  free(axes->y);
  free(axes->x);
}

/* Words of 16 bytes that go to WGT. Depthwise: a word a tap, block after block. Moved lanes: word r
 * - 1 selects lanes below r, word 15 + r - 1 the others, r = 1..15. CW and CH: the identity. RESIZE
 * with interpolation: four words for each pair of runs. */
static uint64_t weight_words(const hb_layer_t *l) {
  if (l->op == HB_OP_CONV) {
    return (uint64_t)hb_tensor_blocks(l->out_c) * l->ker_h * l->ker_w;
  }
  if (moves_lanes(l)) {
    return 30;
  }
  if (l->op == HB_OP_TRANSPOSE && l->permute != HB_PERMUTE_HW) {
    return 16;
  }
  if (l->op == HB_OP_RESIZE && l->resize != HB_RESIZE_NEAREST) {
    return 4ull * axis_runs(l->resize, l->in_h, l->out_h, NULL) *
           axis_runs(l->resize, l->in_w, l->out_w, NULL);
  }
  return 0;
}

/* The vector tiles' part: table | parameters | weights. */
uint32_t hb_map_vec_prm_at(const hb_layer_t *l) {
  return needs_table(l) ? TABLE_BYTES : 0u;
}
static uint32_t weights_at(const hb_layer_t *l) {
  return hb_map_vec_prm_at(l) + hb_tensor_blocks(l->out_c) * HB_PRM_BLOCK_BYTES;
}

uint64_t hb_map_vec_const_bytes(const hb_layer_t *l) {
  if (!runs_here(l)) {
    return 0;
  }
  return weights_at(l) + weight_words(l) * HB_BEAT_BYTES;
}

static double unary(const hb_layer_t *l, double v) {
  const double alpha = l->alpha, beta = l->beta;
  (void)alpha;
  (void)beta;
  switch (l->unary) {
#define X(symbol_, name_, formula_) \
  case HB_UNARY_##symbol_:          \
    return formula_;
    HB_UNARY_TABLE(X)
#undef X
    default:
      return v;
  }
}

static void set_entry(uint8_t *table, uint32_t index, double value) {
  const double limited = isnan(value) ? 0.0 : fmin(fmax(rint(value), -32768.0), 32767.0);
  const int16_t entry = (int16_t)limited;
  memcpy(table + 2u * index, &entry, 2);
}

static void fill_table(const hb_layer_t *l, uint8_t *table) {
  for (uint32_t i = 0; i < 256u; ++i) {
    const int32_t byte = l->x_signed ? (int8_t)(uint8_t)i : (int32_t)i;
    switch (l->op) {
      case HB_OP_UNARY: /* the result itself: the STORE only adds the zero point and clips */
        set_entry(table, i, unary(l, l->x_scale * (byte - l->x_zp)) / l->y_scale);
        break;
      case HB_OP_SOFTMAX: /* exp(-d), d the distance from the largest */
        set_entry(table, i, 32767.0 * exp(-l->x_scale * i));
        break;
      default: /* a tap that is there */
        set_entry(table, i, 1.0);
        break;
    }
  }
}

/* ADD and SUB: multipliers of the operands, and what one unit of the sum is worth. */
static double sum_multipliers(const hb_layer_t *l, int16_t m[2]) {
  const double unit = fmax(l->x_scale, l->x2_scale) / 32767.0;
  m[0] = (int16_t)lrint(l->x_scale / unit);
  m[1] = (int16_t)lrint(l->x2_scale / unit);
  if (l->op == HB_OP_SUB) {
    m[1] = (int16_t)-m[1];
  }
  return unit;
}

/* What a unit of the accumulator is worth, in units of the output. */
static double output_scale(const hb_layer_t *l) {
  const double ratio = l->x_scale / l->y_scale;
  int16_t m[2];
  switch (l->op) {
    case HB_OP_ADD:
    case HB_OP_SUB:
      return sum_multipliers(l, m) / l->y_scale;
    case HB_OP_MUL:
      return l->x_scale * l->x2_scale / l->y_scale;
    case HB_OP_AVG_POOL:
      return counts_taps(l) ? ldexp(ratio, -FRACTION_BITS) : ratio / (l->ker_h * l->ker_w);
    case HB_OP_RESIZE:
      return l->resize == HB_RESIZE_NEAREST ? ratio : ratio / RESIZE_UNIT;
    case HB_OP_REDUCE:
      return l->reduce == HB_REDUCE_MEAN         ? ratio / l->in_c
             : l->reduce == HB_REDUCE_SUM_SQUARE ? ratio * l->x_scale
                                                 : ratio;
    case HB_OP_SOFTMAX:
    case HB_OP_LAYER_NORM:
      return ldexp(1.0 / l->y_scale, -FRACTION_BITS);
    case HB_OP_UNARY:
      return 1.0;
    default:
      return ratio;
  }
}

/* Synthetic gamma in 0.5 .. 1.5, beta in -0.5 .. 0.5 (times 2 ^ FRACTION_BITS). */
static double unit_value(uint64_t stream, uint32_t index) {
  uint64_t z = stream + 0x9e3779b97f4a7c15u * (index + 1u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return (double)((z ^ (z >> 31)) >> 40) / 16777216.0;
}

void hb_map_vec_parameter(const hb_layer_t *l, uint8_t *vec, uint32_t channel, int32_t bias,
                          float scale) {
  uint8_t *block = vec + hb_map_vec_prm_at(l) + channel / 16u * HB_PRM_BLOCK_BYTES;
  memcpy(block + channel % 16u * 4u, &bias, 4);
  memcpy(block + 64u + channel % 16u * 4u, &scale, 4);
}

void hb_map_vec_norm(const hb_layer_t *l, uint8_t *vec, uint32_t channel, double gamma,
                     double beta) {
  const double one = ldexp(1.0, FRACTION_BITS);
  /* A gamma of nothing leaves beta alone. */
  const double g = fabs(gamma) < 1e-6 ? (gamma < 0 ? -1e-6 : 1e-6) : gamma;
  const double bias = fmin(fmax(rint(beta / g * one), -1e9), 1e9);
  hb_map_vec_parameter(l, vec, channel, (int32_t)bias, (float)(g * output_scale(l)));
}

void hb_map_vec_synthesise(const hb_layer_t *l, uint64_t stream, const uint8_t *consts,
                           uint8_t *vec) {
  if (!runs_here(l)) {
    return;
  }
  memset(vec, 0, hb_map_vec_const_bytes(l));
  if (needs_table(l)) {
    fill_table(l, vec);
  }
  const uint32_t lanes = hb_tensor_blocks(l->out_c) * 16u;
  for (uint32_t c = 0; c < lanes; ++c) {
    /* Lanes beyond C: whatever is in them becomes the zero point. */
    hb_map_vec_parameter(l, vec, c, 0, c < l->out_c ? (float)output_scale(l) : 0x1p-126f);
    if (l->op == HB_OP_LAYER_NORM && c < l->out_c) {
      hb_map_vec_norm(l, vec, c, 0.5 + unit_value(stream, 2u * c),
                      unit_value(stream, 2u * c + 1u) - 0.5);
    }
  }
  uint8_t *words = vec + weights_at(l);
  if (l->op == HB_OP_CONV) {
    memcpy(vec + hb_map_vec_prm_at(l), consts + hb_map_prm_offset(l),
           lanes / 16u * HB_PRM_BLOCK_BYTES);
    memset(words, (uint8_t)l->w_zp, weight_words(l) * HB_BEAT_BYTES);
    const uint32_t taps = l->ker_h * l->ker_w;
    for (uint32_t k = 0; k < l->out_c; ++k) {
      for (uint32_t t = 0; t < taps; ++t) {
        words[((uint64_t)(k / 16u) * taps + t) * 16u + k % 16u] =
            consts[hb_map_weight_offset(l, k, 0, t / l->ker_w, t % l->ker_w)];
      }
    }
  } else if (moves_lanes(l)) {
    for (uint32_t r = 1; r < 16u; ++r) {
      memset(words + (r - 1u) * 16u, 1, r);
      memset(words + (15u + r - 1u) * 16u + r, 1, 16u - r);
    }
  } else if (l->op == HB_OP_TRANSPOSE && l->permute != HB_PERMUTE_HW) {
    for (uint32_t i = 0; i < 16u; ++i) {
      words[i * 16u + i] = 1;
    }
  } else if (l->op == HB_OP_RESIZE && l->resize != HB_RESIZE_NEAREST) {
    resize_axes_t axes;
    if (resize_axes(l, &axes)) {
      for (uint32_t y = 0; y < axes.num_y; ++y) {
        for (uint32_t x = 0; x < axes.num_x; ++x) {
          uint8_t w[4] = {0};
          resize_weights(&axes.y[y], &axes.x[x], w);
          for (uint32_t t = 0; t < 4u; ++t, words += 16) {
            memset(words, w[t], 16);
          }
        }
      }
      release_axes(&axes);
    }
  }
}

/* ------------------------------------------------------------------------------------- steps */

typedef struct emit {
  const hb_layer_t *l;
  uint32_t lanes;         /* L */
  uint32_t halves, pair;  /* VECs a block (L = 8: 2); blocks a VEC (L = 32: 2) */
  uint32_t ifm, wgt, acc; /* words, rows of a half (of a bank) */
  uint32_t ifm_bank, wgt_bank;
  uint32_t prm_blocks; /* that fit */
  bool resident;       /* all parameters stay */
  uint32_t vec_at;     /* vector part in the constants */
  hb_map_steps_t s;
} emit_t;

/* Halves of the step under construction. */
static uint32_t ifm_base(const emit_t *e) {
  return hb_map_steps_side(&e->s) * e->ifm;
}
static uint32_t wgt_base(const emit_t *e) {
  return hb_map_steps_side(&e->s) * e->wgt;
}
static uint32_t acc_base(const emit_t *e) {
  return hb_map_steps_acc_side(&e->s) * e->acc;
}

static void load(emit_t *e, uint32_t mem, uint32_t dst, uint32_t base, uint64_t src, uint32_t beats,
                 uint32_t rows, uint64_t row_pitch) {
  hb_map_steps_load_rows(&e->s, mem, dst, base, src, beats, rows, row_pitch);
}

static void begin_step(emit_t *e) {
  hb_map_steps_begin(&e->s, true);
  if (e->s.num > 1u) {
    return;
  }
  if (needs_table(e->l)) {
    load(e, HB_CMD_LOAD_MEM_TAB, 0, 2, e->vec_at, TABLE_BYTES / HB_BEAT_BYTES, 1, 0);
  }
  if (e->resident) {
    load(e, HB_CMD_LOAD_MEM_PRM, 0, 2, e->vec_at + hb_map_vec_prm_at(e->l),
         hb_tensor_blocks(e->l->out_c) * PRM_WORDS, 1, 0);
  }
}

/* Makes the parameters of blocks first .. first + count - 1 present; returns the PRM word of the
 * first. */
static uint32_t parameters(emit_t *e, uint32_t first, uint32_t count) {
  if (e->resident) {
    return first * PRM_WORDS;
  }
  const uint32_t word = hb_map_steps_slot(&e->s) * (e->prm_blocks / PRM_SLOTS) * PRM_WORDS;
  load(e, HB_CMD_LOAD_MEM_PRM, word, 2,
       e->vec_at + hb_map_vec_prm_at(e->l) + (uint64_t)first * HB_PRM_BLOCK_BYTES,
       count * PRM_WORDS, 1, 0);
  return word;
}

static hb_cmd_vec_t *vec(emit_t *e, uint32_t fn) {
  hb_cmd_vec_t *v = &hb_map_steps_exec(&e->s, HB_CMD_OP_VEC)->vec;
  v->fn = (uint8_t)fn;
  v->flags = e->l->x_signed ? HB_CMD_VEC_FLAG_X_SIGNED : 0u;
  v->lanes = (uint8_t)e->lanes;
  v->in_h = v->in_w = v->out_h = v->out_w = v->row_pitch = 1;
  v->stride_y = v->stride_x = v->dil_y = v->dil_x = v->ker_h = v->ker_w = 1;
  v->k_c = 1;
  v->acc_dx = 1;
  v->m0 = v->m1 = 1;
  v->x_zp = v->x2_zp = (uint8_t)e->l->x_zp;
  return v;
}

static void half_of(hb_cmd_vec_t *v, uint32_t half) {
  v->flags = (uint16_t)(v->flags | (half ? HB_CMD_VEC_FLAG_HALF : 0u));
}

/* STORE of `rows` x `beats` pixels of one block from accumulator row `acc` on. `half`: of the block
 * (L = 8), of the row's lanes (L = 32). */
static void store(emit_t *e, uint32_t acc, uint32_t half, uint32_t prm, uint64_t dst, uint32_t rows,
                  uint32_t beats, uint64_t row_pitch) {
  if (rows > 1u && row_pitch == (uint64_t)beats * HB_BEAT_BYTES) {
    beats *= rows;
    rows = 1;
  }
  hb_cmd_store_t *s = hb_map_steps_store(&e->s);
  s->flags = (uint16_t)((e->l->y_signed ? HB_CMD_STORE_FLAG_Y_SIGNED : 0u) |
                        (half ? HB_CMD_STORE_FLAG_HALF : 0u));
  s->base = 1;
  s->y_zp = (uint8_t)e->l->y_zp;
  s->clip_min = (uint8_t)e->l->clip_min;
  s->clip_max = (uint8_t)e->l->clip_max;
  s->dst = (uint32_t)dst;
  s->row_pitch = rows > 1u ? (uint32_t)row_pitch : 0u;
  s->acc = (uint16_t)acc;
  s->prm = (uint16_t)prm;
  s->beats = (uint16_t)beats;
  s->rows = (uint16_t)rows;
}

/* --------------------------------------------------------------------------------- operators */

/* Stores what the VECs of `groups` groups of blocks left: per group and half a run of rows x
 * columns accumulator rows. */
typedef struct tile_out {
  uint32_t first_block; /* of the output */
  uint32_t blocks;
  uint32_t y, x, th, tw; /* of the output image */
  uint32_t out_h, out_w;
} tile_out_t;

static void store_tile(emit_t *e, const tile_out_t *t) {
  const uint32_t prm = parameters(e, t->first_block, t->blocks);
  const uint64_t row_bytes = (uint64_t)t->out_w * HB_BEAT_BYTES;
  for (uint32_t b = 0; b < t->blocks; ++b) {
    const uint64_t dst = ((uint64_t)(t->first_block + b) * t->out_h + t->y) * row_bytes +
                         (uint64_t)t->x * HB_BEAT_BYTES;
    for (uint32_t h = 0; h < e->halves; ++h) {
      const uint32_t run = e->pair == 2u ? b / 2u : b * e->halves + h;
      store(e, acc_base(e) + run * t->th * t->tw, e->pair == 2u ? b % 2u : h, prm + b * PRM_WORDS,
            dst, t->th, t->tw, row_bytes);
    }
  }
}

/* Loads rows of one block into IFM: word `at` of bank `bank`. */
static void load_image(emit_t *e, uint32_t base, uint32_t block, uint32_t at, uint32_t bank,
                       uint32_t h, uint32_t w, uint32_t y, uint32_t x, uint32_t rows,
                       uint32_t columns) {
  load(e, HB_CMD_LOAD_MEM_IFM, bank * e->ifm_bank + at, base,
       (((uint64_t)block * h + y) * w + x) * HB_BEAT_BYTES, columns, rows,
       (uint64_t)w * HB_BEAT_BYTES);
}

/* CONV (depthwise), MAX_POOL, AVG_POOL. */
static hb_status_t windowed(emit_t *e, char *why, size_t why_len) {
  const hb_layer_t *l = e->l;
  const uint32_t out_h = hb_layer_out_h(l), out_w = hb_layer_out_w(l);
  const uint32_t blocks = hb_tensor_blocks(l->in_c), taps = l->ker_h * l->ker_w;
  const bool conv = l->op == HB_OP_CONV, counting = counts_taps(l);
  const uint32_t kinds = counting ? 3u : 1u; /* runs of rows a half: result, counts, scales */
  if (conv && taps > e->wgt) {
    BAD("the WGT scratchpad is too small: needs %u words for a block's taps, half of it has %u",
        taps, e->wgt);
  }
  uint32_t th, tw;
  if (!hb_map_window_tile(l, l->in_h, l->in_w, out_h, out_w, e->acc / e->halves / kinds, e->ifm,
                          &th, &tw)) {
    BAD("the IFM scratchpad is too small for the window of one output pixel, %u x %u words",
        l->ker_h, l->ker_w);
  }
  /* Several groups of blocks in a step if whole images are small. */
  uint32_t groups = 1;
  if (th == out_h && tw == out_w) {
    groups = e->ifm / min_u32(l->in_h * l->in_w, e->ifm);
    groups = min_u32(groups, e->acc / (th * tw * e->halves * kinds));
    groups = min_u32(groups, conv ? e->wgt / taps : 255u);
    groups = min_u32(groups, 4u);
  }
  if (!e->resident) {
    groups = min_u32(groups, e->prm_blocks / PRM_SLOTS / e->pair);
  }
  const uint32_t step_blocks = groups * e->pair;
  for (uint32_t b0 = 0; b0 < blocks; b0 += step_blocks) {
    const uint32_t nb = min_u32(step_blocks, blocks - b0);
    for (uint32_t y = 0; y < out_h; y += th) {
      for (uint32_t x = 0; x < out_w; x += tw) {
        const uint32_t h = min_u32(th, out_h - y), w = min_u32(tw, out_w - x);
        const hb_map_window_t rows =
            hb_map_window(y, h, l->stride_h, l->dil_h, l->ker_h, (int32_t)l->pad_top, l->in_h);
        const hb_map_window_t cols =
            hb_map_window(x, w, l->stride_w, l->dil_w, l->ker_w, (int32_t)l->pad_left, l->in_w);
        const uint32_t image = rows.count * cols.count;
        begin_step(e);
        for (uint32_t b = 0; b < nb; ++b) {
          load_image(e, 0, b0 + b, ifm_base(e) + b / e->pair * image, b % e->pair, l->in_h, l->in_w,
                     rows.first, cols.first, rows.count, cols.count);
          if (conv) {
            load(e, HB_CMD_LOAD_MEM_WGT,
                 b % e->pair * e->wgt_bank + wgt_base(e) + b / e->pair * taps, 2,
                 e->vec_at + weights_at(l) + (uint64_t)(b0 + b) * taps * HB_BEAT_BYTES, taps, 1, 0);
          }
        }
        const uint32_t runs = div_up(nb, e->pair) * e->halves;
        for (uint32_t pass = 0; pass < (counting ? 2u : 1u); ++pass) {
          for (uint32_t g = 0; g < div_up(nb, e->pair); ++g) {
            for (uint32_t half = 0; half < e->halves; ++half) {
              const uint32_t run = g * e->halves + half;
              hb_cmd_vec_t *v = vec(e, conv                      ? HB_CMD_VEC_FN_MAC
                                       : l->op == HB_OP_MAX_POOL ? HB_CMD_VEC_FN_MAX
                                                                 : HB_CMD_VEC_FN_SUM);
              half_of(v, half);
              if (conv) {
                v->flags = (uint16_t)(v->flags | (l->w_signed ? HB_CMD_VEC_FLAG_W_SIGNED : 0u));
                v->wgt = (uint16_t)(wgt_base(e) + g * taps);
                v->x2_zp = (uint8_t)l->w_zp;
              }
              v->ifm = (uint16_t)(ifm_base(e) + g * image);
              v->row_pitch = v->in_w = (uint16_t)cols.count;
              v->in_h = (uint16_t)rows.count;
              v->org_y = (int16_t)rows.org;
              v->org_x = (int16_t)cols.org;
              v->out_h = (uint16_t)h;
              v->out_w = v->acc_dy = (uint16_t)w;
              v->stride_y = (uint8_t)l->stride_h;
              v->stride_x = (uint8_t)l->stride_w;
              v->dil_y = (uint8_t)l->dil_h;
              v->dil_x = (uint8_t)l->dil_w;
              v->ker_h = (uint8_t)l->ker_h;
              v->ker_w = (uint8_t)l->ker_w;
              v->acc = (uint16_t)(acc_base(e) + run * h * w);
              if (counting && pass == 0) { /* how many taps are there, into the rows of counts */
                v->flags = (uint16_t)(v->flags | HB_CMD_VEC_FLAG_TABLE);
                v->acc = (uint16_t)(v->acc + runs * h * w);
                hb_cmd_stat_t *s = &hb_map_steps_exec(&e->s, HB_CMD_OP_STAT)->stat;
                s->fn = HB_CMD_STAT_FN_RECIP;
                s->rows = (uint16_t)(h * w);
                s->a = s->b = (uint16_t)(acc_base(e) + (runs + run) * h * w);
                s->dst = (uint16_t)(acc_base(e) + (2u * runs + run) * h * w);
              } else if (counting) {
                v->flags = (uint16_t)(v->flags | HB_CMD_VEC_FLAG_SCALE);
                v->stat = (uint16_t)(acc_base(e) + (2u * runs + run) * h * w);
              }
            }
          }
        }
        store_tile(e, &(tile_out_t){b0, nb, y, x, h, w, out_h, out_w});
      }
    }
  }
  return HB_OK;
}

/* ADD, SUB, MUL, UNARY, REQUANTISE: pixel by pixel. */
static hb_status_t pointwise(emit_t *e, char *why, size_t why_len) {
  const hb_layer_t *l = e->l;
  const bool binary = hb_op_is_binary(l->op);
  const bool one_pixel = binary && l->in2_h == 1u && l->in2_w == 1u && l->in_h * l->in_w > 1u;
  const bool one_channel = binary && l->in2_c == 1u && l->in_c > 1u;
  const bool mul = l->op == HB_OP_MUL;
  if (mul && one_channel) {
    BAD("a vector tile multiplies by a tensor of as many channels, not by one channel");
  }
  const bool by_weights = mul && one_pixel; /* the second operand goes to WGT */
  const uint32_t pixels = l->in_h * l->in_w, blocks = hb_tensor_blocks(l->in_c);
  const uint64_t plane = (uint64_t)pixels * HB_BEAT_BYTES;
  const uint64_t plane2 = (uint64_t)l->in2_h * l->in2_w * HB_BEAT_BYTES;
  uint32_t run = min_u32(pixels, min_u32(e->acc / e->halves, e->ifm / (binary ? 2u : 1u)));
  run = div_up(pixels, div_up(pixels, run));
  uint32_t groups =
      run < pixels ? 1u : min_u32(e->acc / (run * e->halves), e->ifm / (run * (binary ? 2u : 1u)));
  groups = min_u32(groups, 4u);
  if (!e->resident) {
    groups = min_u32(groups, e->prm_blocks / PRM_SLOTS / e->pair);
  }
  int16_t m[2] = {1, 1};
  if (l->op == HB_OP_ADD || l->op == HB_OP_SUB) {
    sum_multipliers(l, m);
  }
  for (uint32_t b0 = 0; b0 < blocks; b0 += groups * e->pair) {
    const uint32_t nb = min_u32(groups * e->pair, blocks - b0);
    for (uint32_t p = 0; p < pixels; p += run) {
      const uint32_t n = min_u32(run, pixels - p);
      begin_step(e);
      for (uint32_t b = 0; b < nb; ++b) {
        const uint32_t at = ifm_base(e) + b / e->pair * 2u * n, bank = b % e->pair;
        load(e, HB_CMD_LOAD_MEM_IFM,
             bank * e->ifm_bank + (binary ? at : ifm_base(e) + b / e->pair * n), 0,
             (b0 + b) * plane + (uint64_t)p * HB_BEAT_BYTES, n, 1, 0);
        if (binary) {
          const uint64_t src = (one_channel ? 0u : (b0 + b) * plane2) +
                               (one_pixel ? 0u : (uint64_t)p * HB_BEAT_BYTES);
          if (by_weights) {
            load(e, HB_CMD_LOAD_MEM_WGT, bank * e->wgt_bank + wgt_base(e) + b / e->pair, 3, src, 1,
                 1, 0);
          } else {
            load(e, HB_CMD_LOAD_MEM_IFM, bank * e->ifm_bank + at + n, 3, src, one_pixel ? 1u : n, 1,
                 0);
          }
        }
      }
      for (uint32_t g = 0; g < div_up(nb, e->pair); ++g) {
        for (uint32_t half = 0; half < e->halves; ++half) {
          const uint32_t acc = acc_base(e) + (g * e->halves + half) * n;
          hb_cmd_vec_t *v = vec(e, by_weights ? HB_CMD_VEC_FN_MAC
                                   : mul      ? HB_CMD_VEC_FN_MUL
                                              : HB_CMD_VEC_FN_SUM);
          half_of(v, half);
          v->ifm = (uint16_t)(ifm_base(e) + g * n * (binary ? 2u : 1u));
          v->in_w = v->out_w = v->row_pitch = (uint16_t)n;
          v->acc = (uint16_t)acc;
          v->m0 = m[0];
          if (l->op == HB_OP_UNARY) {
            v->flags = (uint16_t)(v->flags | HB_CMD_VEC_FLAG_TABLE);
          } else if (by_weights) {
            v->wgt = (uint16_t)(wgt_base(e) + g);
            v->x2_zp = (uint8_t)l->x2_zp;
            v->flags = (uint16_t)(v->flags | (l->x_signed ? HB_CMD_VEC_FLAG_W_SIGNED : 0u));
          } else if (binary && !one_pixel && !one_channel) { /* both in one command */
            v->k_c = 2;
            v->plane_pitch = (uint16_t)n;
            v->m1 = m[1];
            v->x2_zp = (uint8_t)l->x2_zp;
          } else if (binary) { /* the second one again and again */
            v = vec(e, HB_CMD_VEC_FN_SUM);
            half_of(v, one_channel ? 0u : half);
            v->flags = (uint16_t)(v->flags | HB_CMD_VEC_FLAG_ACC);
            v->ifm = (uint16_t)(ifm_base(e) + g * 2u * n + n);
            v->x_zp = (uint8_t)l->x2_zp;
            v->m0 = m[1];
            v->acc = (uint16_t)acc;
            v->acc_dx = 1;
            v->acc_dy = 1;
            if (one_channel) { /* columns one below the other, so that LANE takes byte 0 */
              v->flags = (uint16_t)(v->flags | HB_CMD_VEC_FLAG_LANE);
              v->out_h = (uint16_t)n;
              v->in_h = (uint16_t)(one_pixel ? 1u : n);
              v->stride_y = one_pixel ? 0 : 1;
            } else {
              v->out_w = (uint16_t)n;
              v->stride_x = 0;
            }
          }
        }
      }
      store_tile(e, &(tile_out_t){b0, nb, 0, p, 1, n, 1, pixels});
    }
  }
  return HB_OK;
}

/* Loads all blocks of pixels p .. p + n - 1, group after group of `pair` blocks. */
static void load_columns(emit_t *e, uint32_t p, uint32_t n) {
  const hb_layer_t *l = e->l;
  const uint64_t plane = (uint64_t)l->in_h * l->in_w * HB_BEAT_BYTES;
  for (uint32_t b = 0; b < hb_tensor_blocks(l->in_c); ++b) {
    load(e, HB_CMD_LOAD_MEM_IFM, b % e->pair * e->ifm_bank + ifm_base(e) + b / e->pair * n, 0,
         b * plane + (uint64_t)p * HB_BEAT_BYTES, n, 1, 0);
  }
}

/* A VEC over all channels of n pixels: channel steps are groups of blocks. */
static hb_cmd_vec_t *across(emit_t *e, uint32_t fn, uint32_t n, uint32_t acc, uint32_t half) {
  const hb_layer_t *l = e->l;
  const uint32_t blocks = hb_tensor_blocks(l->in_c);
  hb_cmd_vec_t *v = vec(e, fn);
  half_of(v, half);
  v->flags = (uint16_t)(v->flags | HB_CMD_VEC_FLAG_ACROSS);
  v->ifm = (uint16_t)ifm_base(e);
  v->plane_pitch = (uint16_t)n;
  v->k_c = (uint16_t)div_up(blocks, e->pair);
  v->in_w = v->out_w = v->row_pitch = (uint16_t)n;
  v->acc = (uint16_t)acc;
  /* Lanes of the last channel step: of the half (L = 8) or pair of blocks (L = 32) it is. */
  const uint32_t rest = l->in_c - (v->k_c - 1u) * 16u * e->pair; /* channels in it */
  const uint32_t mine = e->halves == 1u ? rest
                        : half == 0     ? min_u32(rest, 8u)
                        : rest > 8u     ? rest - 8u
                                        : 0u;
  v->lanes = (uint8_t)(mine > 0 ? mine : 1u);
  if (mine == 0) { /* nothing in the last step: one step less */
    --v->k_c;
    v->lanes = (uint8_t)e->lanes;
  }
  return v;
}

/* The combination over all channels into rows from `acc` on. `m`: SUM: multiplier. */
static void whole(emit_t *e, uint32_t fn, uint32_t n, uint32_t acc, bool raw, uint32_t m) {
  for (uint32_t half = 0; half < e->halves; ++half) {
    if (half == 1u && e->l->in_c <= 8u) {
      break;
    }
    hb_cmd_vec_t *v = across(e, fn, n, acc, half);
    if (half == 1u) {
      v->flags = (uint16_t)(v->flags | HB_CMD_VEC_FLAG_ACC);
    }
    v->m0 = v->m1 = (int16_t)m;
    if (raw) {
      v->x_zp = v->x2_zp = 0;
    }
  }
}

/* What a layer normalisation asks of STAT and VEC. With C channels of values x (less their zero
 * point), A = sum x and B = sum x^2, the normalised value is (C x - A) / sqrt(C B - A^2 + C^2
 * epsilon / scale^2). Both sides are multiplied by k, so that epsilon, an integer to STAT, has
 * log2(k^2) bits behind the point: C B - A^2 is at least C - 1 wherever a numerator is not 0, and
 * few channels leave room for a large k. */
typedef struct norm {
  uint32_t k;         /* SUM's multiplier: STAT's A is k A */
  uint16_t count;     /* k^2 C, for STAT's B = B */
  int16_t multiplier; /* k C, for x */
  uint32_t eps;       /* k^2 C^2 epsilon / scale^2 */
} norm_t;

/* False if epsilon does not fit with any k. */
static bool norm_of(const hb_layer_t *l, norm_t *out) {
  const double c = l->in_c, eps = c * c * l->epsilon / (l->x_scale * l->x_scale);
  double k = floor(fmin(sqrt(65535.0 / c), sqrt(4294967295.0 / fmax(eps, 1.0))));
  k = fmin(k, 32767.0 / c);
  if (k < 1.0) {
    return false;
  }
  k = floor(k);
  *out = (norm_t){.k = (uint32_t)k,
                  .count = (uint16_t)(k * k * c),
                  .multiplier = (int16_t)(k * c),
                  .eps = (uint32_t)rint(k * k * eps)};
  return true;
}

/* REDUCE, SOFTMAX, LAYER_NORM: over the channels of a pixel. */
static hb_status_t per_pixel(emit_t *e, char *why, size_t why_len) {
  const hb_layer_t *l = e->l;
  const uint32_t blocks = hb_tensor_blocks(l->in_c), groups = div_up(blocks, e->pair);
  const bool reduce = l->op == HB_OP_REDUCE, softmax = l->op == HB_OP_SOFTMAX;
  const uint32_t pixels = l->in_h * l->in_w;
  /* Accumulator rows a pixel takes: two sums, which the scales replace; a result for each block. */
  const uint32_t rows = reduce ? e->halves : 2u + groups * e->halves;
  uint32_t run = min_u32(pixels, min_u32(e->acc / rows, e->ifm / groups));
  if (run == 0) {
    BAD("%u channels: at most %u fit the accumulator and IFM", l->in_c,
        min_u32(((e->acc - 2u) / e->halves) * e->pair, e->ifm * e->pair) * 16u);
  }
  if (softmax && e->lanes == 8u && l->in_c > 8u) {
    BAD("8 lanes cannot add the exponentials of more than 8 channels");
  }
  if (!reduce && !e->resident && blocks > e->prm_blocks / PRM_SLOTS) {
    BAD("%u channels: their parameters do not fit the PRM scratchpad", l->in_c);
  }
  if (l->op == HB_OP_LAYER_NORM && l->in_c > 32767u) {
    BAD("%u channels: a layer normalisation has up to 32767", l->in_c);
  }
  norm_t norm = {.k = 1};
  if (l->op == HB_OP_LAYER_NORM && !norm_of(l, &norm)) {
    BAD("epsilon %g is too large for an input scale of %g", l->epsilon, l->x_scale);
  }
  run = div_up(pixels, div_up(pixels, run));
  for (uint32_t p = 0; p < pixels; p += run) {
    const uint32_t n = min_u32(run, pixels - p);
    begin_step(e);
    load_columns(e, p, n);
    const uint32_t a = acc_base(e), b = a + n, results = b + n;
    if (reduce) {
      static const uint8_t kFn[] = {[HB_REDUCE_SUM] = HB_CMD_VEC_FN_SUM,
                                    [HB_REDUCE_MEAN] = HB_CMD_VEC_FN_SUM,
                                    [HB_REDUCE_MAX] = HB_CMD_VEC_FN_MAX,
                                    [HB_REDUCE_MIN] = HB_CMD_VEC_FN_MIN,
                                    [HB_REDUCE_SUM_SQUARE] = HB_CMD_VEC_FN_SUMSQ};
      for (uint32_t half = 0; half < e->halves; ++half) { /* every lane of both halves gets it */
        whole(e, kFn[l->reduce], n, a + half * n, false, 1);
      }
      const uint32_t prm = parameters(e, 0, 1);
      for (uint32_t half = 0; half < e->halves; ++half) {
        store(e, a + half * n, half, prm, (uint64_t)p * HB_BEAT_BYTES, 1, n, 0);
      }
      continue;
    }
    if (softmax) {
      whole(e, HB_CMD_VEC_FN_MAX, n, a, true, 1);
      hb_cmd_vec_t *v = across(e, HB_CMD_VEC_FN_SUM, n, b, 0);
      v->flags = (uint16_t)(v->flags | HB_CMD_VEC_FLAG_TABLE | HB_CMD_VEC_FLAG_OFFSET);
      /* The offset is lane 1 of a row; the largest is in all of them. */
      v->stat = (uint16_t)a;
    } else {
      whole(e, HB_CMD_VEC_FN_SUM, n, a, false, norm.k);
      whole(e, HB_CMD_VEC_FN_SUMSQ, n, b, false, 1);
    }
    hb_cmd_stat_t *s = &hb_map_steps_exec(&e->s, HB_CMD_OP_STAT)->stat;
    s->fn = softmax ? HB_CMD_STAT_FN_RECIP : HB_CMD_STAT_FN_RSQRT;
    s->rows = (uint16_t)n;
    s->a = s->dst = (uint16_t)a;
    s->b = (uint16_t)b;
    if (!softmax) {
      s->count = norm.count;
      s->eps = norm.eps;
    }
    for (uint32_t g = 0; g < groups; ++g) {
      for (uint32_t half = 0; half < e->halves; ++half) {
        hb_cmd_vec_t *v = vec(e, HB_CMD_VEC_FN_SUM);
        half_of(v, half);
        v->flags = (uint16_t)(v->flags | HB_CMD_VEC_FLAG_OFFSET | HB_CMD_VEC_FLAG_SCALE |
                              (softmax ? HB_CMD_VEC_FLAG_TABLE : 0u));
        v->ifm = (uint16_t)(ifm_base(e) + g * n);
        v->in_w = v->out_w = v->row_pitch = (uint16_t)n;
        v->acc = (uint16_t)(results + (g * e->halves + half) * n);
        v->stat = (uint16_t)a;
        v->m0 = softmax ? 1 : norm.multiplier;
      }
    }
    const uint32_t prm = parameters(e, 0, blocks);
    for (uint32_t k = 0; k < blocks; ++k) {
      for (uint32_t half = 0; half < e->halves; ++half) {
        const uint32_t at = results + (e->pair == 2u ? k / 2u : k * e->halves + half) * n;
        store(e, at, e->pair == 2u ? k % 2u : half, prm + k * PRM_WORDS,
              ((uint64_t)k * pixels + p) * HB_BEAT_BYTES, 1, n, 0);
      }
    }
  }
  return HB_OK;
}

/* RESIZE: a VEC for each pair of runs, its pixels scattered over the accumulator rows of the output
 * tile. */
static hb_status_t resize(emit_t *e, char *why, size_t why_len) {
  const hb_layer_t *l = e->l;
  resize_axes_t axes;
  if (!resize_axes(l, &axes)) {
    return HB_ERR_NOMEM;
  }
  const bool linear = l->resize != HB_RESIZE_NEAREST;
  const uint32_t blocks = hb_tensor_blocks(l->in_c), out_h = l->out_h, out_w = l->out_w;
  hb_status_t status = HB_OK;
  if (l->in_w * 2u > e->ifm || out_w * e->halves > e->acc) {
    snprintf(why, why_len, "rows of %u and %u pixels do not fit IFM and the accumulator", l->in_w,
             out_w);
    status = HB_ERR_INPUT;
  }
  for (uint32_t i = 0; status == HB_OK && i < axes.num_x; ++i) {
    if (axes.x[i].out_step > 255u || axes.x[i].in_step > 255u) {
      snprintf(why, why_len,
               "%u to %u columns: the ratio is too odd for an address step of up to 255", l->in_w,
               out_w);
      status = HB_ERR_INPUT;
    }
  }
  /* Output rows one by one pay for all ratios: those of a tile come from consecutive input rows. */
  uint32_t th = status == HB_OK ? e->acc / (out_w * e->halves) : 1u;
  th = min_u32(th, out_h);
  for (uint32_t b0 = 0; b0 < blocks && status == HB_OK; b0 += e->pair) {
    const uint32_t nb = min_u32(e->pair, blocks - b0);
    for (uint32_t y0 = 0; y0 < out_h && status == HB_OK;) {
      /* As many rows as their sources fit. */
      uint32_t h = 0, first = 0, last = 0;
      while (h < th && y0 + h < out_h) {
        int64_t tap;
        double weight;
        source_of(l->resize, l->in_h, out_h, y0 + h, &tap, &weight);
        const int64_t lo = tap < 0 ? 0 : tap;
        int64_t hi = weight > 0.0 ? tap + 1 : tap;
        hi = hi >= (int64_t)l->in_h ? (int64_t)l->in_h - 1 : hi < lo ? lo : hi;
        first = h == 0 ? (uint32_t)lo : first;
        if (((uint32_t)hi - first + 1u) * l->in_w > e->ifm) {
          break;
        }
        last = (uint32_t)hi;
        ++h;
      }
      begin_step(e);
      for (uint32_t b = 0; b < nb; ++b) {
        load_image(e, 0, b0 + b, ifm_base(e), b, l->in_h, l->in_w, first, 0, last - first + 1u,
                   l->in_w);
      }
      uint32_t words = 0;
      for (uint32_t iy = 0; iy < axes.num_y; ++iy) {
        const run_t *y = &axes.y[iy];
        /* The run's places in y0 .. y0 + h - 1. */
        const uint32_t skip = y0 > y->out ? div_up(y0 - y->out, y->out_step) : 0u;
        if (skip >= y->count || y->out + skip * y->out_step >= y0 + h) {
          continue;
        }
        const uint32_t from = y->out + skip * y->out_step;
        const uint32_t count = min_u32(y->count - skip, div_up(y0 + h - from, y->out_step));
        for (uint32_t ix = 0; ix < axes.num_x; ++ix) {
          const run_t *x = &axes.x[ix];
          const uint32_t taps = y->taps * x->taps;
          if (linear) {
            if (words + taps > e->wgt) {
              snprintf(why, why_len, "%ux%u to %ux%u: the ratio has too many phases", l->in_h,
                       l->in_w, out_h, out_w);
              status = HB_ERR_INPUT;
              break;
            }
            for (uint32_t bank = 0; bank < e->pair; ++bank) {
              load(
                  e, HB_CMD_LOAD_MEM_WGT, bank * e->wgt_bank + wgt_base(e) + words, 2,
                  e->vec_at + weights_at(l) + ((uint64_t)iy * axes.num_x + ix) * 4u * HB_BEAT_BYTES,
                  taps, 1, 0);
            }
          }
          for (uint32_t half = 0; half < e->halves; ++half) {
            hb_cmd_vec_t *v = vec(e, linear ? HB_CMD_VEC_FN_MAC : HB_CMD_VEC_FN_SUM);
            half_of(v, half);
            v->ifm = (uint16_t)ifm_base(e);
            v->in_h = (uint16_t)(last - first + 1u);
            v->in_w = v->row_pitch = (uint16_t)l->in_w;
            v->org_y = (int16_t)(y->in + skip * y->in_step - first);
            v->org_x = (int16_t)x->in;
            v->ker_h = (uint8_t)y->taps;
            v->ker_w = (uint8_t)x->taps;
            v->out_h = (uint16_t)count;
            v->out_w = (uint16_t)x->count;
            v->stride_y = (uint8_t)(count > 1u ? y->in_step : 0u);
            v->stride_x = (uint8_t)x->in_step;
            v->acc = (uint16_t)(acc_base(e) + half * h * out_w + (from - y0) * out_w + x->out);
            v->acc_dy = (uint16_t)(count > 1u ? y->out_step * out_w : 0u);
            v->acc_dx = (uint8_t)x->out_step;
            if (linear) {
              v->wgt = (uint16_t)(wgt_base(e) + words);
              v->x2_zp = 0;
            }
            if (count > 1u && y->in_step > 255u) {
              snprintf(why, why_len,
                       "%u to %u rows: the ratio is too odd for an address step of up to 255",
                       l->in_h, out_h);
              status = HB_ERR_INPUT;
            }
          }
          words += taps;
        }
      }
      store_tile(e, &(tile_out_t){b0, nb, y0, 0, h, out_w, out_h, out_w});
      y0 += h;
    }
  }
  release_axes(&axes);
  return status;
}

/* A piece of one output block: channels from two input blocks at most, or a whole one. */
typedef struct source {
  uint32_t base, block; /* tensor, block of it */
  uint32_t rot;         /* its byte rot becomes byte 0 */
  uint32_t mask;        /* word of the masks, or NONE */
} source_t;
#define NONE UINT32_MAX

/* Where channels of output block `block` come from: `x` has xc channels, from channel `shift` on;
 * then those of x2. */
static uint32_t sources(const hb_layer_t *l, uint32_t block, source_t out[2]) {
  const uint32_t xc = l->in_c, shift = l->op == HB_OP_SLICE ? l->slice_c : 0u;
  uint32_t num = 0, lane = 0;
  while (lane < 16u) {
    const uint32_t k = block * 16u + lane; /* output channel */
    if (k >= l->out_c && lane > 0) {
      break;
    }
    const bool second = l->op == HB_OP_CONCAT && k >= xc;
    const uint32_t c = second ? k - xc : k + shift, total = second ? l->in2_c : xc;
    const uint32_t here = min_u32(min_u32(16u - c % 16u, 16u - lane), total - c);
    source_t *s = &out[num++];
    *s = (source_t){.base = second ? 3u : 0u,
                    .block = c / 16u,
                    .rot = (c % 16u + 16u - lane) % 16u,
                    .mask = NONE};
    /* The first source fills the lanes below the second one's, that one the others. */
    s->mask = lane == 0 ? here - 1u : 15u + lane - 1u;
    lane += here;
  }
  if (num == 1u) {
    out[0].mask = NONE; /* lanes beyond C do not matter */
  }
  return num;
}

/* CONCAT, SLICE. */
static hb_status_t moves(emit_t *e, char *why, size_t why_len) {
  const hb_layer_t *l = e->l;
  const uint32_t out_h = hb_layer_out_h(l), out_w = hb_layer_out_w(l);
  const uint32_t blocks = hb_tensor_blocks(l->out_c);
  const uint32_t y0 = l->op == HB_OP_SLICE ? l->slice_y : 0u,
                 x0 = l->op == HB_OP_SLICE ? l->slice_x : 0u;
  if (l->op == HB_OP_CONCAT &&
      (l->x2_zp != l->x_zp || fabs(l->x2_scale - l->x_scale) > 1e-9 * l->x_scale)) {
    BAD("concat needs both operands in the same quantisation");
  }
  const uint32_t limit = min_u32(e->acc, e->ifm) / 2u; /* two sources; two halves or turns */
  const uint32_t tw = min_u32(out_w, limit), th = min_u32(out_h, limit / tw);
  for (uint32_t b0 = 0; b0 < blocks; b0 += e->pair) {
    const uint32_t nb = min_u32(e->pair, blocks - b0);
    for (uint32_t y = 0; y < out_h; y += th) {
      for (uint32_t x = 0; x < out_w; x += tw) {
        const uint32_t h = min_u32(th, out_h - y), w = min_u32(tw, out_w - x), n = h * w;
        begin_step(e);
        source_t from[2][2];
        uint32_t num[2] = {0, 0};
        for (uint32_t b = 0; b < nb; ++b) {
          num[b] = sources(l, b0 + b, from[b]);
          for (uint32_t i = 0; i < num[b]; ++i) {
            load_image(e, from[b][i].base, from[b][i].block, ifm_base(e) + i * n, b, l->in_h,
                       l->in_w, y0 + y, x0 + x, h, w);
          }
        }
        if (moves_lanes(l)) {
          for (uint32_t bank = 0; bank < e->pair; ++bank) {
            load(e, HB_CMD_LOAD_MEM_WGT, bank * e->wgt_bank + wgt_base(e), 2,
                 e->vec_at + weights_at(l), 30, 1, 0);
          }
        }
        bool alike = nb == 1u || num[0] == num[1];
        for (uint32_t i = 0; nb == 2u && alike && i < num[0]; ++i) {
          alike = from[0][i].rot == from[1][i].rot && from[0][i].mask == from[1][i].mask;
        }
        const uint32_t turns =
            alike ? 1u : 2u; /* each turn for one bank's block, into rows of its own */
        for (uint32_t turn = 0; turn < turns; ++turn) {
          for (uint32_t i = 0; i < num[turn]; ++i) {
            const source_t *s = &from[turn][i];
            for (uint32_t half = 0; half < e->halves; ++half) {
              hb_cmd_vec_t *v = vec(e, s->mask == NONE ? HB_CMD_VEC_FN_SUM : HB_CMD_VEC_FN_MAC);
              half_of(v, half);
              v->flags = (uint16_t)(v->flags | (i > 0 ? HB_CMD_VEC_FLAG_ACC : 0u));
              v->ifm = (uint16_t)(ifm_base(e) + i * n);
              v->in_w = v->out_w = v->row_pitch = (uint16_t)n;
              v->acc = (uint16_t)(acc_base(e) + (turn + half) * n);
              v->rot = (uint8_t)s->rot;
              if (s->mask != NONE) {
                v->wgt = (uint16_t)(wgt_base(e) + s->mask);
                v->x2_zp = 0;
              }
            }
          }
        }
        const uint32_t prm = parameters(e, b0, nb);
        const uint64_t row_bytes = (uint64_t)out_w * HB_BEAT_BYTES;
        for (uint32_t b = 0; b < nb; ++b) {
          for (uint32_t half = 0; half < e->halves; ++half) {
            store(e, acc_base(e) + (alike ? half : b) * n, e->pair == 2u ? b : half,
                  prm + b * PRM_WORDS,
                  ((uint64_t)(b0 + b) * out_h + y) * row_bytes + (uint64_t)x * HB_BEAT_BYTES, h, w,
                  row_bytes);
          }
        }
      }
    }
  }
  return HB_OK;
}

/* TRANSPOSE. With 32 lanes the upper ones do not take part in CW and CH. */
static void transpose(emit_t *e) {
  const hb_layer_t *l = e->l;
  const uint32_t out_h = hb_layer_out_h(l), out_w = hb_layer_out_w(l),
                 blocks = hb_tensor_blocks(l->out_c);
  if (l->permute == HB_PERMUTE_HW) {
    /* Tiles of the input th x tw become tw x th. */
    const uint32_t limit = min_u32(e->acc / e->halves, e->ifm);
    const uint32_t tw = min_u32(l->in_w, 16u), th = min_u32(min_u32(l->in_h, limit / tw), 255u);
    for (uint32_t b0 = 0; b0 < blocks; b0 += e->pair) {
      const uint32_t nb = min_u32(e->pair, blocks - b0);
      for (uint32_t y = 0; y < l->in_h; y += th) {
        for (uint32_t x = 0; x < l->in_w; x += tw) {
          const uint32_t h = min_u32(th, l->in_h - y), w = min_u32(tw, l->in_w - x);
          begin_step(e);
          for (uint32_t b = 0; b < nb; ++b) {
            load_image(e, 0, b0 + b, ifm_base(e), b, l->in_h, l->in_w, y, x, h, w);
          }
          for (uint32_t half = 0; half < e->halves; ++half) {
            hb_cmd_vec_t *v = vec(e, HB_CMD_VEC_FN_SUM);
            half_of(v, half);
            v->ifm = (uint16_t)ifm_base(e);
            v->in_h = v->out_h = (uint16_t)h;
            v->in_w = v->out_w = v->row_pitch = (uint16_t)w;
            v->acc = (uint16_t)(acc_base(e) + half * h * w);
            v->acc_dy = 1;
            v->acc_dx = (uint8_t)h;
          }
          store_tile(e, &(tile_out_t){b0, nb, x, y, w, h, out_h, out_w});
        }
      }
    }
    return;
  }
  /*
   * CW, CH: 16 pixels along the axis that becomes channels make a block; output pixel c (a channel
   * of the input) takes byte c % 16 of each of the 16, lane i of the i-th: LANE selects the byte,
   * the identity in WGT the lane.
   */
  const bool cw = l->permute == HB_PERMUTE_CW;
  const uint32_t axis = cw ? l->in_w : l->in_h;  /* becomes channels */
  const uint32_t other = cw ? l->in_h : l->in_w; /* stays */
  const uint32_t in_blocks = hb_tensor_blocks(l->in_c);
  for (uint32_t b = 0; b < blocks; ++b) {
    const uint32_t first = b * 16u, count = min_u32(16u, axis - first);
    for (uint32_t o = 0; o < other; ++o) {
      for (uint32_t ib = 0; ib < in_blocks; ++ib) {
        const uint32_t channels = min_u32(16u, l->in_c - ib * 16u);
        begin_step(e);
        load_image(e, 0, ib, ifm_base(e), 0, l->in_h, l->in_w, cw ? o : first, cw ? first : o,
                   cw ? 1u : count, cw ? count : 1u);
        load(e, HB_CMD_LOAD_MEM_WGT, wgt_base(e), 2, e->vec_at + weights_at(l), 16, 1, 0);
        for (uint32_t half = 0; half < e->halves; ++half) {
          hb_cmd_vec_t *v = vec(e, HB_CMD_VEC_FN_MAC);
          v->flags = (uint16_t)(v->flags | HB_CMD_VEC_FLAG_LANE);
          half_of(v, half);
          v->ifm = (uint16_t)ifm_base(e);
          v->in_w = v->row_pitch = (uint16_t)count;
          v->ker_w = 16;
          v->out_w = (uint16_t)channels;
          v->stride_x = 0;
          v->acc = (uint16_t)(acc_base(e) + half * channels);
          v->wgt = (uint16_t)wgt_base(e);
          v->x2_zp = 0;
        }
        const uint32_t prm = parameters(e, b, 1);
        for (uint32_t half = 0; half < e->halves; ++half) {
          /* CW: row o, columns from ib * 16 on; CH: rows from ib * 16 on, column o. */
          const uint64_t dst = cw ? ((uint64_t)b * out_h + o) * out_w + ib * 16u
                                  : ((uint64_t)b * out_h + ib * 16u) * out_w + o;
          store(e, acc_base(e) + half * channels, half, prm, dst * HB_BEAT_BYTES,
                cw ? 1u : channels, cw ? channels : 1u, (uint64_t)out_w * HB_BEAT_BYTES);
        }
      }
    }
  }
}

hb_status_t hb_map_vec_layer(const hb_layer_t *l, const hb_map_tile_t *tile,
                             hb_program_t *program_out, char *why, size_t why_len) {
  if (!runs_here(l)) {
    if (l->op == HB_OP_CONV) {
      BAD("a vector tile runs only depthwise convolutions with 8-bit output");
    }
    BAD("a vector tile cannot run %s layers", hb_op_name(l->op));
  }
  const uint32_t banks = tile->size == 32u ? 2u : 1u;
  emit_t e = {
      .l = l,
      .lanes = tile->size,
      .halves = tile->size == 8u ? 2u : 1u,
      .pair = banks,
      .ifm = tile->ifm_words / banks / 2u,
      .wgt = tile->wgt_words / banks / 2u,
      .acc = tile->acc_rows / 2u,
      .ifm_bank = tile->ifm_words / banks,
      .wgt_bank = tile->wgt_words / banks,
      .prm_blocks = tile->prm_words / PRM_WORDS,
      .resident = hb_tensor_blocks(l->out_c) <= tile->prm_words / PRM_WORDS,
      .vec_at = (uint32_t)hb_map_vec_offset(l),
  };
  hb_status_t status = HB_OK;
  switch (l->op) {
    case HB_OP_CONV:
    case HB_OP_MAX_POOL:
    case HB_OP_AVG_POOL:
      status = windowed(&e, why, why_len);
      break;
    case HB_OP_ADD:
    case HB_OP_SUB:
    case HB_OP_MUL:
    case HB_OP_UNARY:
    case HB_OP_REQUANTISE:
      status = pointwise(&e, why, why_len);
      break;
    case HB_OP_REDUCE:
    case HB_OP_SOFTMAX:
    case HB_OP_LAYER_NORM:
      status = per_pixel(&e, why, why_len);
      break;
    case HB_OP_RESIZE:
      status = resize(&e, why, why_len);
      break;
    case HB_OP_CONCAT:
    case HB_OP_SLICE:
      status = moves(&e, why, why_len);
      break;
    default:
      transpose(&e);
      break;
  }
  if (status != HB_OK) {
    e.s.status = status;
  }
  status = hb_map_steps_finish(&e.s, program_out);
  if (status == HB_ERR_RANGE) {
    BAD("the program would exceed 2^20 - 1 commands");
  }
  HB_TRY(status);
  program_out->est_cycles =
      hb_map_time(program_out->commands, program_out->num_commands, tile->kind, tile->size);
  program_out->macs = hb_layer_macs(l);
  return HB_OK;
}
