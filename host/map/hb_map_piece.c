/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A piece is a dense convolution of some input planes to one block of 16 output channels, on 32 x
 * 32 to two. A layer is:
 *
 * - CONV, MATMUL: a piece for each block (N = 32: pair of blocks) of output channels. With groups,
 * of the planes that the block's groups read; weights of other groups' channels are zero points
 * (hb_map.h).
 * - CONV_TRANSPOSE: the same for each phase: outputs whose place modulo the stride is the same are
 * a convolution of stride 1 with every stride-th tap; its pixels lie `stride` apart.
 * - BATCH_MATMUL: for each matrix. The second operand's tensor is laid out as weights already: its
 * pixels are the inner index, its channels the outputs.
 *
 * A piece is cut into tiles of pixels, a tile's reduction into chunks of planes, and of taps if one
 * plane's weights are still too many; each chunk is a step (hb_map_steps.h).
 *
 * N = 32: a channel step is a pair of planes, one in each bank. Where the second is missing its
 * words are loaded from the input zero points behind the constants, so that whatever weights meet
 * them adds nothing; where the second block of outputs is missing, its columns compute and are not
 * stored.
 */

#include "hb_map_piece.h"

#include <stdio.h>

#include "hb_map_steps.h"
#include "hb_map_time.h"
#include "hb_map_weights.h"
#include "hilbert/hb_tensor.h"
#include "hilbert/hb_tile_regs.h"

enum { PRM_WORDS = 8, BLOCK_BYTES = 256 };

typedef struct piece {
  uint64_t in_at, in_plane_bytes, in_row_bytes; /* in the input tensor */
  uint32_t in_h, in_w, planes;
  uint32_t w_base;      /* relocation base of the weights */
  uint64_t w_at[2];     /* first weight word of each block of outputs */
  uint64_t w_tap_bytes; /* between taps */
  uint32_t w_words;     /* of a tap: input channels, rounded up to 16 where the layout is */
  uint32_t ker_h, ker_w, stride_h, stride_w, dil_h, dil_w;
  int32_t pad_top, pad_left;
  uint32_t out_h, out_w, blocks;
  uint64_t out_at[2], out_row_bytes, out_px_bytes;
  uint32_t prm[2]; /* block of parameters */
} piece_t;

typedef struct emit {
  const hb_layer_t *l;
  const hb_map_tile_t *tile;
  uint32_t halves, banks;
  uint32_t ifm, wgt, acc; /* words, rows of a half (of a bank) */
  uint32_t px_bytes;
  bool w_signed, resident;
  int32_t w_zp;
  hb_map_steps_t s;
} emit_t;

static uint32_t div_up(uint32_t a, uint32_t b) {
  return (a + b - 1u) / b;
}
static uint32_t min_u32(uint32_t a, uint32_t b) {
  return a < b ? a : b;
}

/* Parameters of a piece's blocks: PRM word of each. */
static void parameters(emit_t *e, const piece_t *p, uint32_t words[2]) {
  for (uint32_t b = 0; b < p->blocks; ++b) {
    if (e->resident) {
      words[b] = p->prm[b] * PRM_WORDS;
      continue;
    }
    words[b] = (hb_map_steps_slot(&e->s) * 2u + b) * PRM_WORDS;
    hb_map_steps_load_rows(&e->s, HB_CMD_LOAD_MEM_PRM, words[b], 2,
                           hb_map_prm_offset(e->l) + (uint64_t)p->prm[b] * HB_PRM_BLOCK_BYTES,
                           PRM_WORDS, 1, 0);
  }
}

static void load_input(emit_t *e, const piece_t *p, const hb_map_window_t *rows,
                       const hb_map_window_t *cols, uint32_t first, uint32_t count) {
  const uint32_t image = rows->count * cols->count;
  const uint32_t base = hb_map_steps_side(&e->s) * e->ifm;
  for (uint32_t i = 0; i < count; ++i) {
    for (uint32_t b = 0; b < e->banks; ++b) {
      const uint32_t plane = (first + i) * e->banks + b;
      const uint32_t dst = b * e->tile->ifm_words / e->banks + base + i * image;
      if (plane < p->planes) {
        hb_map_steps_load_rows(&e->s, HB_CMD_LOAD_MEM_IFM, dst, 0,
                               p->in_at + plane * p->in_plane_bytes +
                                   rows->first * p->in_row_bytes +
                                   (uint64_t)cols->first * HB_BEAT_BYTES,
                               cols->count, rows->count, p->in_row_bytes);
        continue;
      }
      /* No such plane: the zero points, HB_MAP_ZERO_BEATS at a time. */
      for (uint32_t at = 0; at < image; at += HB_MAP_ZERO_BEATS) {
        hb_map_steps_load_rows(&e->s, HB_CMD_LOAD_MEM_IFM, dst + at, 2, hb_map_zero_offset(e->l),
                               min_u32(HB_MAP_ZERO_BEATS, image - at), 1, 0);
      }
    }
  }
}

/* Words of `count` plane groups from `first` on, taps tap0 .. tap0 + taps - 1, one tap behind the
 * other. */
static void load_weights(emit_t *e, const piece_t *p, uint32_t first, uint32_t count, uint32_t tap0,
                         uint32_t taps) {
  const uint32_t group = 16u * e->banks; /* words of a plane group */
  const uint32_t words = min_u32(count * group, p->w_words - first * group);
  const uint32_t base = hb_map_steps_side(&e->s) * e->wgt;
  for (uint32_t b = 0; b < p->blocks; ++b) {
    const uint32_t dst = b * e->tile->wgt_words / e->banks + base;
    const uint64_t src =
        p->w_at[b] + tap0 * p->w_tap_bytes + (uint64_t)first * group * HB_BEAT_BYTES;
    if (words == count * group) {
      hb_map_steps_load_rows(&e->s, HB_CMD_LOAD_MEM_WGT, dst, p->w_base, src, words, taps,
                             p->w_tap_bytes);
      continue;
    }
    for (uint32_t t = 0; t < taps;
         ++t) { /* a plane is missing: taps begin at whole groups all the same */
      hb_map_steps_load_rows(&e->s, HB_CMD_LOAD_MEM_WGT, dst + t * count * group, p->w_base,
                             src + t * p->w_tap_bytes, words, 1, 0);
    }
  }
}

static void emit_exec(emit_t *e, const piece_t *p, const hb_map_window_t *rows,
                      const hb_map_window_t *cols, uint32_t out_h, uint32_t out_w, uint32_t count,
                      uint32_t tap0, uint32_t taps, uint32_t half, bool init) {
  const uint32_t n = e->tile->size;
  hb_cmd_exec_t *c = &hb_map_steps_exec(&e->s, HB_CMD_OP_EXEC)->exec;
  c->flags = (uint16_t)((init ? HB_CMD_EXEC_FLAG_INIT : 0u) |
                        (e->l->x_signed ? HB_CMD_EXEC_FLAG_X_SIGNED : 0u) |
                        (e->w_signed ? HB_CMD_EXEC_FLAG_W_SIGNED : 0u) |
                        (half ? HB_CMD_EXEC_FLAG_HALF : 0u));
  c->ifm = (uint16_t)(hb_map_steps_side(&e->s) * e->ifm);
  c->plane_pitch = (uint16_t)(rows->count * cols->count);
  c->row_pitch = c->in_w = (uint16_t)cols->count;
  c->in_h = (uint16_t)rows->count;
  c->org_y = (int16_t)rows->org;
  c->org_x = (int16_t)cols->org;
  c->out_h = (uint16_t)out_h;
  c->out_w = (uint16_t)out_w;
  c->stride_y = (uint8_t)p->stride_h;
  c->stride_x = (uint8_t)p->stride_w;
  c->dil_y = (uint8_t)p->dil_h;
  c->dil_x = (uint8_t)p->dil_w;
  c->ker_h = (uint8_t)p->ker_h;
  c->ker_w = (uint8_t)p->ker_w;
  c->k_c = (uint16_t)(count * 16u * e->banks / n);
  c->r0 = (uint8_t)(tap0 / p->ker_w);
  c->s0 = (uint8_t)(tap0 % p->ker_w);
  c->k_count = (uint16_t)(taps * c->k_c);
  c->wgt = (uint16_t)(hb_map_steps_side(&e->s) * e->wgt);
  c->acc = (uint16_t)(hb_map_steps_acc_side(&e->s) * e->acc + half * out_h * out_w);
  c->x_zp = (uint8_t)e->l->x_zp;
  c->w_zp = (uint8_t)e->w_zp;
}

static void emit_stores(emit_t *e, const piece_t *p, const uint32_t prm[2], uint32_t y, uint32_t x,
                        uint32_t h, uint32_t w) {
  const bool apart =
      p->out_px_bytes != e->px_bytes; /* pixels lie apart: each is a row of its own */
  for (uint32_t b = 0; b < p->blocks; ++b) {
    for (uint32_t half = 0; half < e->halves; ++half) {
      for (uint32_t row = 0; row < (apart ? h : 1u); ++row) {
        hb_cmd_store_t *s = hb_map_steps_store(&e->s);
        s->flags = (uint16_t)((e->l->raw_out ? HB_CMD_STORE_FLAG_RAW : 0u) |
                              (e->l->y_signed ? HB_CMD_STORE_FLAG_Y_SIGNED : 0u) |
                              (half || b ? HB_CMD_STORE_FLAG_HALF : 0u));
        s->base = 1;
        s->y_zp = (uint8_t)e->l->y_zp;
        s->clip_min = (uint8_t)e->l->clip_min;
        s->clip_max = (uint8_t)e->l->clip_max;
        s->dst = (uint32_t)(p->out_at[b] + (y + row) * p->out_row_bytes + x * p->out_px_bytes);
        s->acc = (uint16_t)(hb_map_steps_acc_side(&e->s) * e->acc + half * h * w + row * w);
        s->prm = (uint16_t)prm[b];
        if (apart) {
          s->rows = (uint16_t)w;
          s->beats = 1;
          s->row_pitch = (uint32_t)p->out_px_bytes;
        } else if (p->out_row_bytes == w * p->out_px_bytes) {
          s->rows = 1;
          s->beats = (uint16_t)(h * w);
        } else {
          s->rows = (uint16_t)h;
          s->beats = (uint16_t)w;
          s->row_pitch = (uint32_t)p->out_row_bytes;
        }
      }
    }
  }
}

static hb_status_t emit_piece(emit_t *e, const piece_t *p, char *why, size_t why_len) {
  const hb_layer_t window = {.ker_h = p->ker_h,
                             .ker_w = p->ker_w,
                             .stride_h = p->stride_h,
                             .stride_w = p->stride_w,
                             .dil_h = p->dil_h,
                             .dil_w = p->dil_w};
  const uint32_t groups = div_up(p->planes, e->banks), taps = p->ker_h * p->ker_w,
                 group = 16u * e->banks;
  uint32_t th, tw;
  if (!hb_map_window_tile(&window, p->in_h, p->in_w, p->out_h, p->out_w, e->acc / e->halves, e->ifm,
                          &th, &tw) ||
      e->wgt < group) {
    snprintf(why, why_len,
             "half a scratchpad is too small for one output pixel, a window of %u x %u", p->ker_h,
             p->ker_w);
    return HB_ERR_INPUT;
  }
  for (uint32_t y = 0; y < p->out_h; y += th) {
    for (uint32_t x = 0; x < p->out_w; x += tw) {
      const uint32_t h = min_u32(th, p->out_h - y), w = min_u32(tw, p->out_w - x);
      const hb_map_window_t rows =
          hb_map_window(y, h, p->stride_h, p->dil_h, p->ker_h, p->pad_top, p->in_h);
      const hb_map_window_t cols =
          hb_map_window(x, w, p->stride_w, p->dil_w, p->ker_w, p->pad_left, p->in_w);
      /* Plane groups and taps of a step. */
      const uint32_t fit = e->wgt / group; /* taps times groups */
      uint32_t chunk = min_u32(groups, e->ifm / (rows.count * cols.count));
      chunk = fit >= taps ? min_u32(chunk, fit / taps) : 1u;
      const uint32_t tap_chunk = min_u32(taps, fit / chunk);
      uint32_t prm[2] = {0, 0};
      for (uint32_t g = 0; g < groups; g += chunk) {
        const uint32_t count = min_u32(chunk, groups - g);
        for (uint32_t t = 0; t < taps; t += tap_chunk) {
          const uint32_t some = min_u32(tap_chunk, taps - t);
          const bool first = g == 0 && t == 0;
          hb_map_steps_begin(&e->s, first);
          if (e->s.num == 1u && e->resident) {
            hb_map_steps_load_rows(&e->s, HB_CMD_LOAD_MEM_PRM, 0, 2, hb_map_prm_offset(e->l),
                                   hb_tensor_blocks(e->l->out_c) * PRM_WORDS, 1, 0);
          }
          if (first) {
            parameters(e, p, prm);
          }
          load_input(e, p, &rows, &cols, g, count);
          load_weights(e, p, g, count, t, some);
          for (uint32_t half = 0; half < e->halves; ++half) {
            emit_exec(e, p, &rows, &cols, h, w, count, t, some, half, first);
          }
        }
      }
      emit_stores(e, p, prm, y, x, h, w);
    }
  }
  return HB_OK;
}

/* CONV, MATMUL, CONV_TRANSPOSE. */
static hb_status_t convolutions(emit_t *e, char *why, size_t why_len) {
  const hb_layer_t *l = e->l;
  const bool transposed = l->op == HB_OP_CONV_TRANSPOSE, grouped = hb_layer_groups(l) > 1u;
  const uint32_t out_h = hb_layer_out_h(l), out_w = hb_layer_out_w(l);
  const uint64_t plane_bytes = (uint64_t)l->in_h * l->in_w * HB_BEAT_BYTES;
  const uint64_t out_row = (uint64_t)out_w * e->px_bytes, out_plane = out_row * out_h;
  hb_map_wblock_t block = hb_map_wblock_first(l);
  for (bool more = true; more;) {
    piece_t p = {
        .in_at = block.plane * plane_bytes,
        .in_plane_bytes = plane_bytes,
        .in_row_bytes = (uint64_t)l->in_w * HB_BEAT_BYTES,
        .in_h = l->in_h,
        .in_w = l->in_w,
        .planes = block.planes,
        .w_base = 2,
        .w_at = {block.offset, block.offset + block.bytes},
        .w_tap_bytes = (uint64_t)block.planes * BLOCK_BYTES,
        .w_words = block.planes * 16u,
        .ker_h = block.ker_h,
        .ker_w = block.ker_w,
        .stride_h = transposed ? 1u : l->stride_h,
        .stride_w = transposed ? 1u : l->stride_w,
        .dil_h = l->dil_h,
        .dil_w = l->dil_w,
        .pad_top = (int32_t)l->pad_top,
        .pad_left = (int32_t)l->pad_left,
        .out_h = out_h,
        .out_w = out_w,
        .blocks = 1,
        .out_at = {block.kb * out_plane, (block.kb + 1u) * out_plane},
        .out_row_bytes = out_row,
        .out_px_bytes = e->px_bytes,
        .prm = {block.kb, block.kb + 1u},
    };
    const uint32_t phase = block.phase;
    more = hb_map_wblock_next(l, &block);
    if (e->banks == 2u && !grouped && more && block.phase == phase) {
      p.blocks = 2;
      more = hb_map_wblock_next(l, &block);
    }
    if (transposed) {
      /* Output y = stride * m - pad + phase, m from m0 on, is the sum over input rows m - j of tap
       * phase + stride * j; ascending rows are descending j. */
      const uint32_t fy = phase / l->stride_w, fx = phase % l->stride_w;
      const uint32_t my = l->pad_top > fy ? div_up(l->pad_top - fy, l->stride_h) : 0u;
      const uint32_t mx = l->pad_left > fx ? div_up(l->pad_left - fx, l->stride_w) : 0u;
      const uint32_t y0 = my * l->stride_h + fy - l->pad_top,
                     x0 = mx * l->stride_w + fx - l->pad_left;
      if (y0 >= out_h || x0 >= out_w) {
        continue;
      }
      p.pad_top = (int32_t)p.ker_h - 1 - (int32_t)my;
      p.pad_left = (int32_t)p.ker_w - 1 - (int32_t)mx;
      p.out_h = div_up(out_h - y0, l->stride_h);
      p.out_w = div_up(out_w - x0, l->stride_w);
      for (uint32_t b = 0; b < 2u; ++b) {
        p.out_at[b] += y0 * out_row + (uint64_t)x0 * e->px_bytes;
      }
      p.out_row_bytes *= l->stride_h;
      p.out_px_bytes *= l->stride_w;
    }
    HB_TRY(emit_piece(e, &p, why, why_len));
  }
  return HB_OK;
}

static hb_status_t products(emit_t *e, char *why, size_t why_len) {
  const hb_layer_t *l = e->l;
  const hb_batch_shape_t s = hb_layer_batch_shape(l);
  const uint32_t blocks = hb_tensor_blocks(s.n);
  for (uint32_t b = 0; b < s.batch; ++b) {
    for (uint32_t nb = 0; nb < blocks; nb += e->banks) {
      /* Planes are `batch` rows high, or one where the batches lie in the channels. */
      const uint64_t in_row = (uint64_t)s.m * HB_BEAT_BYTES, out_row = (uint64_t)s.m * e->px_bytes;
      const uint64_t w_row = (uint64_t)s.k * HB_BEAT_BYTES;
      piece_t p = {
          .in_at = in_row * (l->x_heads ? b * (s.k / 16u) : b),
          .in_plane_bytes = in_row * (l->x_heads ? 1u : s.batch),
          .in_row_bytes = in_row,
          .in_h = 1,
          .in_w = s.m,
          .planes = hb_tensor_blocks(s.k),
          .w_base = 3,
          .w_tap_bytes = w_row,
          .w_words = s.k,
          .ker_h = 1,
          .ker_w = 1,
          .stride_h = 1,
          .stride_w = 1,
          .dil_h = 1,
          .dil_w = 1,
          .out_h = 1,
          .out_w = s.m,
          .blocks = min_u32(e->banks, blocks - nb),
          .out_row_bytes = out_row,
          .out_px_bytes = e->px_bytes,
      };
      for (uint32_t i = 0; i < p.blocks; ++i) {
        const uint32_t n = nb + i;
        p.w_at[i] = w_row * (l->x2_heads ? b * blocks + n : n * s.batch + b);
        p.out_at[i] = out_row * (l->y_heads ? b * blocks + n : n * s.batch + b);
        p.prm[i] = l->y_heads ? b * blocks + n : n;
      }
      HB_TRY(emit_piece(e, &p, why, why_len));
    }
  }
  return HB_OK;
}

hb_status_t hb_map_piece_layer(const hb_layer_t *layer, const hb_map_tile_t *tile,
                               hb_program_t *program_out, char *why, size_t why_len) {
  const bool product = layer->op == HB_OP_BATCH_MATMUL;
  const uint32_t banks = tile->size == 32u ? 2u : 1u;
  emit_t e = {
      .l = layer,
      .tile = tile,
      .halves = tile->size == 8u ? 2u : 1u,
      .banks = banks,
      .ifm = tile->ifm_words / banks / 2u,
      .wgt = tile->wgt_words / banks / 2u,
      .acc = tile->acc_rows / 2u,
      .px_bytes = layer->raw_out ? 4u * HB_BEAT_BYTES : HB_BEAT_BYTES,
      .w_signed = product ? layer->x_signed : layer->w_signed,
      .w_zp = product ? layer->x2_zp : layer->w_zp,
      .resident = hb_tensor_blocks(layer->out_c) <= tile->prm_words / PRM_WORDS,
  };
  hb_status_t status = product ? products(&e, why, why_len) : convolutions(&e, why, why_len);
  if (status != HB_OK) {
    e.s.status = status;
  }
  status = hb_map_steps_finish(&e.s, program_out);
  if (status == HB_ERR_RANGE) {
    snprintf(why, why_len,
             "the program would exceed 2^20 - 1 commands: the scratchpads are too small");
    return HB_ERR_INPUT;
  }
  HB_TRY(status);
  program_out->est_cycles =
      hb_map_time(program_out->commands, program_out->num_commands, tile->kind, tile->size);
  program_out->macs = hb_layer_macs(layer);
  return HB_OK;
}
