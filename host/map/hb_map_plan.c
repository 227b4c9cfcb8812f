/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_map_plan.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "hb_map_time.h"
#include "hilbert/hb_tensor.h"
#include "hilbert/hb_tile_regs.h"

static uint32_t min_u32(uint32_t a, uint32_t b) {
  return a < b ? a : b;
}
static uint64_t min_u64(uint64_t a, uint64_t b) {
  return a < b ? a : b;
}
static uint64_t max_u64(uint64_t a, uint64_t b) {
  return a > b ? a : b;
}
static uint32_t div_up(uint32_t a, uint32_t b) {
  return (uint32_t)(((uint64_t)a + b - 1u) / b);
}

/* Input rows `count` outputs cover if the image had no edges. */
static uint64_t reach(uint32_t count, uint32_t stride, uint32_t dil, uint32_t ker) {
  return (uint64_t)(count - 1u) * stride + (uint64_t)dil * (ker - 1u) + 1u;
}

static hb_map_span_t span(uint32_t first, uint32_t count, uint32_t stride, uint32_t dil,
                          uint32_t ker, int32_t pad, uint32_t size) {
  const int64_t from = (int64_t)first * stride - pad;
  const int64_t to = from + (int64_t)reach(count, stride, dil, ker); /* exclusive */
  int64_t lo = from < 0 ? 0 : from;
  int64_t hi = to > (int64_t)size ? (int64_t)size : to;
  lo = lo >= (int64_t)size ? (int64_t)size - 1
                           : lo; /* all taps in the padding: one row nobody hits */
  hi = hi <= lo ? lo + 1 : hi;
  return (hb_map_span_t){
      .lo = (uint32_t)lo, .len = (uint32_t)(hi - lo), .org = (int32_t)(from - lo)};
}

hb_map_span_t hb_map_span_rows(const hb_map_geo_t *geo, uint32_t first, uint32_t count) {
  return span(first, count, geo->stride_h, geo->dil_h, geo->ker_h, geo->pad_top, geo->in_h);
}

hb_map_span_t hb_map_span_cols(const hb_map_geo_t *geo, uint32_t first, uint32_t count) {
  return span(first, count, geo->stride_w, geo->dil_w, geo->ker_w, geo->pad_left, geo->in_w);
}

hb_map_reduction_t hb_map_reduction(const hb_map_geo_t *geo, const hb_map_plan_t *plan,
                                    uint32_t index) {
  hb_map_reduction_t red = {.plane = index * plan->cc};
  red.planes = min_u32(plan->cc, geo->cb - red.plane);
  const uint32_t channels = min_u32(red.planes * 16u, geo->c - red.plane * 16u);
  const uint32_t taps = geo->ker_h * geo->ker_w;
  red.kc = div_up(channels, geo->n);
  red.ktiles = taps * red.kc;
  red.contiguous = taps == 1u || red.kc * geo->n == geo->cb * 16u;
  if (red.contiguous) {
    red.chunks = div_up(red.ktiles, plan->wtiles);
  } else {
    const uint32_t taps_per_chunk = plan->wtiles / red.kc;
    red.chunks = taps_per_chunk ? div_up(taps, taps_per_chunk) : 0u;
  }
  return red;
}

uint32_t hb_map_chunk_start(const hb_map_geo_t *geo, const hb_map_reduction_t *red,
                            uint32_t chunk) {
  if (red->contiguous) {
    return (uint32_t)((uint64_t)chunk * red->ktiles / red->chunks);
  }
  const uint32_t taps = geo->ker_h * geo->ker_w;
  return (uint32_t)((uint64_t)chunk * taps / red->chunks) * red->kc;
}

void hb_map_geo_init(const hb_layer_t *layer, const hb_map_tile_t *tile, hb_map_geo_t *geo_out) {
  hb_map_geo_t geo = {
      .kind = tile->kind,
      .n = tile->size,
      .halves = HB_BLOCK_CHANNELS / tile->size,
      .c = layer->in_c,
      .cb = hb_tensor_blocks(layer->in_c),
      .k = layer->out_c,
      .kb = hb_tensor_blocks(layer->out_c),
      .in_h = layer->in_h,
      .in_w = layer->in_w,
      .out_h = hb_layer_out_h(layer),
      .out_w = hb_layer_out_w(layer),
      .ker_h = layer->ker_h,
      .ker_w = layer->ker_w,
      .stride_h = layer->stride_h,
      .stride_w = layer->stride_w,
      .dil_h = layer->ker_h == 1u ? 1u : layer->dil_h,
      .dil_w = layer->ker_w == 1u ? 1u : layer->dil_w,
      .pad_top = (int32_t)layer->pad_top,
      .pad_left = (int32_t)layer->pad_left,
      .out_px_bytes = layer->raw_out ? 4u * HB_BEAT_BYTES : HB_BEAT_BYTES,
  };
  geo.in_row_bytes = (uint64_t)geo.in_w * HB_BEAT_BYTES;
  geo.in_plane_bytes = geo.in_row_bytes * geo.in_h;
  const uint32_t padded_h = layer->in_h + layer->pad_top + layer->pad_bottom;
  const uint32_t padded_w = layer->in_w + layer->pad_left + layer->pad_right;
  if (geo.ker_h == 1u && padded_h == layer->in_h && geo.stride_h > 1u) {
    geo.in_h = geo.out_h; /* read only every stride-th row */
    geo.in_row_bytes *= geo.stride_h;
    geo.stride_h = 1u;
  }
  const bool pointwise = geo.ker_h == 1u && geo.ker_w == 1u && geo.stride_h == 1u &&
                         geo.stride_w == 1u && padded_h == layer->in_h && padded_w == layer->in_w;
  if (pointwise && geo.in_row_bytes == (uint64_t)geo.in_w * HB_BEAT_BYTES) {
    geo.in_w *= geo.in_h;
    geo.out_w = geo.in_w;
    geo.in_h = geo.out_h = 1u;
    geo.in_row_bytes = geo.in_plane_bytes;
  }
  geo.out_row_bytes = (uint64_t)geo.out_w * geo.out_px_bytes;
  geo.out_plane_bytes = geo.out_row_bytes * geo.out_h;
  *geo_out = geo;
}

/* --------------------------------------------------------------------------------- closed form */

static uint64_t ktile_cycles(const hb_map_geo_t *geo, uint32_t rows, uint32_t columns) {
  return hb_map_time_ktile((uint64_t)rows * columns, geo->kind, geo->n);
}

/* What a k-tile takes over all spatial tiles. */
static uint64_t array_cycles(const hb_map_geo_t *geo, const hb_map_plan_t *plan) {
  const uint32_t full_h = geo->out_h / plan->th, rest_h = geo->out_h % plan->th;
  const uint32_t full_w = geo->out_w / plan->tw, rest_w = geo->out_w % plan->tw;
  return (uint64_t)full_h * full_w * ktile_cycles(geo, plan->th, plan->tw) +
         (rest_h ? full_w * ktile_cycles(geo, rest_h, plan->tw) : 0u) +
         (rest_w ? full_h * ktile_cycles(geo, plan->th, rest_w) : 0u) +
         (rest_h && rest_w ? ktile_cycles(geo, rest_h, rest_w) : 0u);
}

static uint64_t closed_form(const hb_map_geo_t *geo, const hb_map_plan_t *plan) {
  const uint32_t taps = geo->ker_h * geo->ker_w;
  const uint64_t nh = div_up(geo->out_h, plan->th), nw = div_up(geo->out_w, plan->tw);
  const uint64_t spatial = nh * nw;
  const uint64_t groups = div_up(geo->kb, plan->gk);
  const uint64_t ncc = div_up(geo->cb, plan->cc);
  const hb_map_reduction_t head = hb_map_reduction(geo, plan, 0);
  const hb_map_reduction_t tail = hb_map_reduction(geo, plan, (uint32_t)ncc - 1u);
  const uint64_t chunks = head.chunks * (ncc - 1u) + tail.chunks; /* per output block */
  const uint64_t ktiles = (uint64_t)taps * div_up(geo->c, geo->n);

  uint64_t compute = ktiles * array_cycles(geo, plan) +
                     spatial * chunks * hb_map_time_exec(0, 0, geo->kind, geo->n);
  compute *= (uint64_t)geo->kb * geo->halves;

  const uint64_t win_h = min_u64(reach(plan->th, geo->stride_h, geo->dil_h, geo->ker_h), geo->in_h);
  const uint64_t win_w = min_u64(reach(plan->tw, geo->stride_w, geo->dil_w, geo->ker_w), geo->in_w);
  const bool whole_rows = win_w == geo->in_w && geo->in_row_bytes == win_w * HB_BEAT_BYTES;
  const uint64_t in_rows = whole_rows ? (win_h == geo->in_h ? 1u : plan->cc) : win_h * plan->cc;
  const uint64_t in_item = hb_map_time_beats(win_h * win_w * plan->cc / in_rows, in_rows);
  uint64_t in_loads = spatial * ncc;
  if (in_loads > plan->ifm_slots) {
    in_loads *= groups * (ncc > plan->ifm_slots ? div_up(plan->gk, plan->gb) : 1u);
  }
  const uint64_t in_total = in_loads * in_item;

  const uint64_t w_rows = head.contiguous ? 1u : div_up(taps, head.chunks);
  const uint64_t w_item =
      hb_map_time_beats((uint64_t)head.ktiles * geo->n / head.chunks / w_rows, w_rows);
  const uint64_t w_passes = plan->gk * chunks <= plan->wgt_slots ? 1u : spatial;
  const uint64_t w_total = w_passes * geo->kb * chunks * w_item;
  const uint64_t prm_passes = plan->prm_slots >= geo->kb ? 1u : spatial;
  const uint64_t prm_total = prm_passes * geo->kb * HB_MAP_PRM_WORDS;
  const uint64_t load = in_total + w_total + prm_total;

  const uint64_t px_beats = geo->out_px_bytes / HB_BEAT_BYTES;
  const uint64_t store_rows = plan->tw == geo->out_w ? 1u : plan->th;
  const uint64_t store =
      (uint64_t)geo->kb * geo->halves * spatial *
      hb_map_time_store((uint64_t)plan->th * plan->tw * px_beats / store_rows, store_rows);

  if (plan->ifm_slots == 1u && in_loads > 1u) {
    compute += in_total - in_item;
  }
  if (plan->wgt_slots == 1u && w_passes * geo->kb * chunks > 1u) {
    compute += w_total - w_item;
  }
  const uint64_t drain =
      hb_map_time_store((uint64_t)plan->th * plan->tw * px_beats / store_rows, store_rows);
  const uint64_t beats =
      in_total + w_total + prm_total + store; /* bursts and overheads for beats: near enough */
  return max_u64(compute, max_u64(load, store)) + in_item + w_item + drain +
         hb_map_time_traffic(beats);
}

/* -------------------------------------------------------------------------------------- search */

typedef struct search {
  const hb_map_geo_t *geo;
  const hb_map_tile_t *tile;
  hb_map_plan_t *best;
  uint32_t num;
} search_t;

/* Keeps the HB_MAP_MAX_PLANS cheapest; of equals the one found first. */
static void keep(search_t *s, const hb_map_plan_t *plan) {
  uint32_t at = s->num;
  while (at > 0 && s->best[at - 1u].cost > plan->cost) {
    --at;
  }
  for (uint32_t i = 0; i < s->num; ++i) {
    const hb_map_plan_t *b = &s->best[i]; /* these six determine the rest */
    if (b->th == plan->th && b->tw == plan->tw && b->cc == plan->cc && b->gb == plan->gb &&
        b->gk == plan->gk && b->wtiles == plan->wtiles) {
      return;
    }
  }
  if (at == HB_MAP_MAX_PLANS) {
    return;
  }
  s->num = min_u32(s->num + 1u, HB_MAP_MAX_PLANS);
  memmove(&s->best[at + 1u], &s->best[at], (s->num - 1u - at) * sizeof(*plan));
  s->best[at] = *plan;
}

/* Weight chunking, grouping and batching for a fixed tile shape and input chunk. */
static void search_weights(search_t *s, hb_map_plan_t plan) {
  const hb_map_geo_t *geo = s->geo;
  const uint32_t prm_blocks = s->tile->prm_words / HB_MAP_PRM_WORDS;
  const uint32_t ncc = div_up(geo->cb, plan.cc);
  const uint32_t spatial = div_up(geo->out_h, plan.th) * div_up(geo->out_w, plan.tw);
  const uint32_t pixels = plan.th * plan.tw * geo->halves;
  plan.prm_slots = prm_blocks >= geo->kb ? geo->kb : min_u32(prm_blocks, HB_MAP_MAX_PRM_SLOTS);

  static const uint32_t kSlots[] = {2, 3, 4, 8, 1};
  uint32_t last_chunks = 0;
  for (uint32_t i = 0; i < sizeof(kSlots) / sizeof(kSlots[0]); ++i) {
    plan.wtiles = s->tile->wgt_words / kSlots[i] / geo->n;
    if (plan.wtiles == 0) {
      continue;
    }
    uint32_t chunks = 0; /* per output block */
    plan.wgt_slot_words = 0;
    bool fits = true;
    for (uint32_t q = 0; q < ncc;
         q = q + 2u < ncc ? ncc - 1u : q + 1u) { /* all but the last are alike */
      const hb_map_reduction_t red = hb_map_reduction(geo, &plan, q);
      fits = fits && red.chunks > 0;
      if (!fits) {
        break;
      }
      chunks += red.chunks * (q + 1u < ncc ? ncc - 1u : 1u);
      const uint32_t unit = red.contiguous ? 1u : red.kc;
      const uint32_t words = div_up(red.ktiles / unit, red.chunks) * unit * geo->n;
      plan.wgt_slot_words = words > plan.wgt_slot_words ? words : plan.wgt_slot_words;
    }
    if (!fits || chunks == last_chunks) {
      continue; /* this many slots cut no finer than the last */
    }
    last_chunks = chunks;
    plan.wtiles = plan.wgt_slot_words / geo->n;
    plan.wgt_slots = min_u32(s->tile->wgt_words / plan.wgt_slot_words, HB_MAP_MAX_WGT_SLOTS);

    const uint32_t resident = plan.wgt_slots / chunks; /* whole blocks the scratchpad holds */
    const uint32_t group[] = {geo->kb, resident, resident > 1u ? resident - 1u : 0u, resident / 2u};
    const uint32_t num_groups = resident >= geo->kb || spatial == 1u ? 1u : 4u;
    for (uint32_t g = 0; g < num_groups; ++g) {
      if (group[g] == 0) {
        continue;
      }
      plan.gk = group[g];
      /* Several blocks in one accumulator half pay only when the input streams past them. */
      const uint32_t max_batch = ncc == 1u ? 1u : plan.gk;
      for (plan.gb = 1; plan.gb <= max_batch && plan.gb * pixels <= plan.acc_half; plan.gb *= 2u) {
        if (plan.prm_slots < geo->kb && plan.prm_slots < 3u * plan.gb) {
          break;
        }
        plan.cost = closed_form(geo, &plan);
        keep(s, &plan);
      }
    }
  }
}

/* An output-stationary array works on blocks of n pixels. The smallest count from `count` on, else
 * the largest below it, up to `limit`, so that count * other is whole blocks; `count` where there
 * is none or nothing is cut. */
static uint32_t whole_blocks(const hb_map_geo_t *geo, uint32_t count, uint32_t other,
                             uint64_t limit, uint32_t size) {
  uint32_t step = geo->n; /* a power of two */
  for (uint32_t rest = other; rest % 2u == 0 && step > 1u; rest /= 2u) {
    step /= 2u;
  }
  const uint32_t up = div_up(count, step) * step, down = count / step * step;
  if (count == size || (up > limit && down == 0)) {
    return count;
  }
  return up <= limit ? min_u32(up, size) : down;
}

/* Tile shapes for a fixed input chunk when the scratchpad is to hold `slots` of them. */
static void search_shapes(search_t *s, uint32_t cc, uint32_t slots) {
  const hb_map_geo_t *geo = s->geo;
  const uint32_t slot_words = s->tile->ifm_words / slots;
  const uint32_t max_pixels = s->tile->acc_rows / 2u / geo->halves;
  const uint64_t ker_reach_h = min_u64(reach(1, 1, geo->dil_h, geo->ker_h), geo->in_h);
  const uint64_t ker_reach_w = reach(1, 1, geo->dil_w, geo->ker_w);
  if (max_pixels == 0) {
    return;
  }
  /* Widest tile of one row. */
  const uint64_t columns = slot_words / (ker_reach_h * cc);
  uint64_t max_tw = max_pixels;
  if (columns < geo->in_w) {
    if (columns < min_u64(ker_reach_w, geo->in_w)) {
      return;
    }
    max_tw = min_u64(max_tw, (columns - ker_reach_w) / geo->stride_w + 1u);
  }
  const uint32_t min_nw = div_up(geo->out_w, (uint32_t)min_u64(max_tw, geo->out_w));
  const uint32_t nw[] = {min_nw,      min_nw + 1u, min_nw + 2u, min_nw * 2u,
                         min_nw * 3u, min_nw * 4u, min_nw * 8u};
  const uint32_t variants = geo->kind == HB_TILE_KIND_OS ? 2u : 1u; /* as cut; in whole blocks */
  for (uint32_t i = 0; i < variants * sizeof(nw) / sizeof(nw[0]); ++i) {
    const bool whole = i % variants == 1u;
    hb_map_plan_t plan = {.cc = cc, .acc_half = s->tile->acc_rows / 2u};
    plan.tw = div_up(geo->out_w, min_u32(nw[i / variants], geo->out_w));
    if (whole) {
      plan.tw = whole_blocks(geo, plan.tw, 1u, max_tw, geo->out_w);
    }
    const uint64_t win_w =
        min_u64(reach(plan.tw, geo->stride_w, geo->dil_w, geo->ker_w), geo->in_w);
    const uint64_t rows = slot_words / (win_w * cc);
    uint64_t max_th = max_pixels / plan.tw;
    if (rows < geo->in_h) {
      const uint64_t need = reach(1, 1, geo->dil_h, geo->ker_h);
      if (rows < need) {
        continue;
      }
      max_th = min_u64(max_th, (rows - need) / geo->stride_h + 1u);
    }
    if (max_th == 0) {
      continue;
    }
    const uint32_t min_nh = div_up(geo->out_h, (uint32_t)min_u64(max_th, geo->out_h));
    const uint32_t nh[] = {min_nh, min_nh + 1u, min_nh * 2u, min_nh * 4u};
    for (uint32_t j = 0; j < sizeof(nh) / sizeof(nh[0]); ++j) {
      plan.th = div_up(geo->out_h, min_u32(nh[j], geo->out_h));
      if (whole) {
        plan.th = whole_blocks(geo, plan.th, plan.tw, max_th, geo->out_h);
      }
      const uint64_t win_h =
          min_u64(reach(plan.th, geo->stride_h, geo->dil_h, geo->ker_h), geo->in_h);
      plan.ifm_slot_words = (uint32_t)(win_h * win_w * cc);
      plan.ifm_slots = min_u32(s->tile->ifm_words / plan.ifm_slot_words, HB_MAP_MAX_IFM_SLOTS);
      search_weights(s, plan);
    }
  }
}

static void say_short(const char *pad, uint64_t need, uint64_t have, const char *what, char *why,
                      size_t why_len) {
  snprintf(why, why_len, "%s is too small: needs at least %llu bytes (%s), has %llu", pad,
           (unsigned long long)need, what, (unsigned long long)have);
}

hb_status_t hb_map_plan(const hb_map_geo_t *geo, const hb_map_tile_t *tile,
                        hb_map_plan_t *plans_out, uint32_t *num_out, char *why, size_t why_len) {
  const uint64_t window = min_u64(reach(1, 1, geo->dil_h, geo->ker_h), geo->in_h) *
                          min_u64(reach(1, 1, geo->dil_w, geo->ker_w), geo->in_w);
  const uint32_t prm_blocks = min_u32(geo->kb, 3u);
  if (window > tile->ifm_words) {
    say_short("the IFM scratchpad", window * HB_BEAT_BYTES,
              (uint64_t)tile->ifm_words * HB_BEAT_BYTES, "16 channels under one output pixel", why,
              why_len);
    return HB_ERR_INPUT;
  }
  if (tile->wgt_words < HB_BLOCK_CHANNELS) {
    say_short("the WGT scratchpad", HB_BLOCK_CHANNELS * HB_BEAT_BYTES,
              (uint64_t)tile->wgt_words * HB_BEAT_BYTES, "one 16 x 16 block of weights", why,
              why_len);
    return HB_ERR_INPUT;
  }
  if (tile->prm_words < prm_blocks * HB_MAP_PRM_WORDS) {
    say_short("the PRM scratchpad", (uint64_t)prm_blocks * HB_PRM_BLOCK_BYTES,
              (uint64_t)tile->prm_words * HB_BEAT_BYTES,
              "parameters of three 16-channel blocks, or all", why, why_len);
    return HB_ERR_INPUT;
  }
  if (tile->acc_rows < 2u * geo->halves) {
    say_short("the accumulator", 2u * (uint64_t)geo->halves * geo->n * 4u,
              (uint64_t)tile->acc_rows * geo->n * 4u, "one pixel of 16 channels in each half", why,
              why_len);
    return HB_ERR_INPUT;
  }

  search_t s = {.geo = geo, .tile = tile, .best = plans_out};
  for (uint32_t slots = 2; slots > 0; --slots) {
    uint32_t last_cc = 0;
    for (uint32_t parts = 1; last_cc != 1u; parts *= 2u) {
      const uint32_t cc = parts < geo->cb ? div_up(geo->cb, parts) : 1u;
      if (cc != last_cc) {
        search_shapes(&s, cc, slots);
      }
      last_cc = cc;
    }
  }
  assert(s.num > 0); /* one pixel, one plane, one k-tile at a time passed the checks above */
  *num_out = s.num;
  return HB_OK;
}
