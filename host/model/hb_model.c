/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_model.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool hb_layer_same(const hb_layer_t *a, const hb_layer_t *b) {
  return a->op == b->op && a->in_c == b->in_c && a->in_h == b->in_h && a->in_w == b->in_w &&
         a->in2_c == b->in2_c && a->in2_h == b->in2_h && a->in2_w == b->in2_w &&
         a->out_c == b->out_c && a->out_h == b->out_h && a->out_w == b->out_w &&
         a->groups == b->groups && a->ker_h == b->ker_h && a->ker_w == b->ker_w &&
         a->stride_h == b->stride_h && a->stride_w == b->stride_w && a->dil_h == b->dil_h &&
         a->dil_w == b->dil_w && a->pad_top == b->pad_top && a->pad_bottom == b->pad_bottom &&
         a->pad_left == b->pad_left && a->pad_right == b->pad_right &&
         a->out_pad_h == b->out_pad_h && a->out_pad_w == b->out_pad_w && a->batch == b->batch &&
         a->x_heads == b->x_heads && a->x2_heads == b->x2_heads && a->y_heads == b->y_heads &&
         a->slice_c == b->slice_c && a->slice_y == b->slice_y && a->slice_x == b->slice_x &&
         a->count_include_pad == b->count_include_pad && a->unary == b->unary &&
         a->reduce == b->reduce && a->resize == b->resize && a->permute == b->permute &&
         a->alpha == b->alpha && a->beta == b->beta && a->epsilon == b->epsilon &&
         a->x_scale == b->x_scale && a->x2_scale == b->x2_scale && a->y_scale == b->y_scale &&
         a->x_signed == b->x_signed && a->w_signed == b->w_signed && a->y_signed == b->y_signed &&
         a->x_zp == b->x_zp && a->x2_zp == b->x2_zp && a->w_zp == b->w_zp && a->y_zp == b->y_zp &&
         a->clip_min == b->clip_min && a->clip_max == b->clip_max && a->raw_out == b->raw_out;
}

void hb_model_release(hb_model_t *model) {
  free(model->layers);
  free(model->blocks);
  free(model->exits);
  model->layers = NULL;
  model->blocks = NULL;
  model->exits = NULL;
  model->num_layers = model->num_blocks = model->num_exits = model->num_variants = 0;
}

uint32_t hb_model_num_variants(const hb_model_t *model) {
  return model->num_variants > 0 ? model->num_variants : 1u;
}

hb_variant_t hb_model_variant(const hb_model_t *model, uint32_t index) {
  assert(index < hb_model_num_variants(model));
  if (model->num_variants > 0) {
    return model->variants[index];
  }
  hb_variant_t all = {.num_layers = model->num_layers, .accuracy_ppm = 1000000};
  memcpy(all.name, model->name, sizeof(all.name));
  return all;
}

/* Makes room for `more` items behind `num`. */
static hb_status_t grow(void **items, size_t item_bytes, uint32_t num, uint32_t more) {
  void *grown = realloc(*items, ((size_t)num + more + 1u) * item_bytes);
  if (grown == NULL) {
    return HB_ERR_NOMEM;
  }
  *items = grown;
  return HB_OK;
}

/* A layer of a variant that begins at layer `first` of all. */
static hb_layer_t moved_layer(const hb_layer_t *layer, uint32_t first, uint32_t variant) {
  hb_layer_t moved = *layer;
  uint32_t *const inputs[] = {&moved.input, &moved.input2};
  for (size_t i = 0; i < 2; i++) {
    if (*inputs[i] < HB_LAYER_MODEL_INPUT) {
      *inputs[i] += first;
    }
  }
  if (moved.constants != 0) {
    moved.constants += first;
  }
  if (variant > 0) {
    snprintf(moved.name, sizeof(moved.name), "%.*s.%u", HB_NAME_MAX - 4, layer->name, variant);
  }
  return moved;
}

hb_status_t hb_model_append(hb_model_t *model, hb_model_t *variant, uint32_t accuracy_ppm) {
  const uint32_t first = model->num_layers, v = model->num_variants;
  if (v == HB_IMAGE_MAX_VARIANTS ||
      model->num_blocks + model->num_exits + variant->num_blocks + variant->num_exits >
          HB_IMAGE_MAX_PATH_BITS) {
    return HB_ERR_RANGE;
  }
  HB_TRY(grow((void **)&model->layers, sizeof(*model->layers), first, variant->num_layers));
  HB_TRY(grow((void **)&model->blocks, sizeof(*model->blocks), model->num_blocks,
              variant->num_blocks));
  HB_TRY(grow((void **)&model->exits, sizeof(*model->exits), model->num_exits, variant->num_exits));
  if (v == 0) {
    memcpy(model->name, variant->name, sizeof(model->name));
    memcpy(model->source, variant->source, sizeof(model->source));
  }
  model->variants[v] = (hb_variant_t){
      .first_layer = first, .num_layers = variant->num_layers, .accuracy_ppm = accuracy_ppm};
  memcpy(model->variants[v].name, variant->name, sizeof(variant->name));
  memcpy(model->variants[v].source, variant->source, sizeof(variant->source));
  for (uint32_t i = 0; i < variant->num_layers; i++) {
    model->layers[first + i] = moved_layer(&variant->layers[i], first, v);
  }
  for (uint32_t i = 0; i < variant->num_blocks; i++) {
    hb_block_t block = variant->blocks[i];
    block.first += first;
    block.last += first;
    model->blocks[model->num_blocks++] = block;
  }
  for (uint32_t i = 0; i < variant->num_exits; i++) {
    model->exits[model->num_exits++] =
        (hb_exit_t){.after = variant->exits[i].after + first, .ppm = variant->exits[i].ppm};
  }
  model->num_layers += variant->num_layers;
  model->num_variants = v + 1u;
  hb_model_release(variant);
  return HB_OK;
}

uint32_t hb_model_path(const hb_model_t *model, uint32_t ppm[HB_IMAGE_MAX_PATH_BITS]) {
  uint32_t num = 0;
  for (uint32_t i = 0; i < model->num_blocks; i++) {
    ppm[num++] = model->blocks[i].skip_ppm;
  }
  for (uint32_t i = 0; i < model->num_exits; i++) {
    ppm[num++] = model->exits[i].ppm;
  }
  return num;
}

static uint32_t variant_of(const hb_model_t *model, uint32_t layer) {
  uint32_t v = 0;
  while (v + 1u < hb_model_num_variants(model) &&
         layer >= hb_model_variant(model, v + 1u).first_layer) {
    v++;
  }
  return v;
}

uint32_t hb_model_skip_mask(const hb_model_t *model, uint32_t layer) {
  uint32_t mask = 0;
  for (uint32_t i = 0; i < model->num_blocks; i++) {
    if (layer >= model->blocks[i].first && layer <= model->blocks[i].last) {
      mask |= 1u << i;
    }
  }
  for (uint32_t i = 0; i < model->num_exits; i++) {
    const uint32_t after = model->exits[i].after;
    if (layer > after && variant_of(model, layer) == variant_of(model, after)) {
      mask |= 1u << (model->num_blocks + i);
    }
  }
  return mask;
}

double hb_model_share(const hb_model_t *model, uint32_t layer) {
  uint32_t ppm[HB_IMAGE_MAX_PATH_BITS];
  const uint32_t bits = hb_model_path(model, ppm), mask = hb_model_skip_mask(model, layer);
  double share = 1.0;
  for (uint32_t i = 0; i < bits; i++) {
    share *= (mask >> i & 1u) != 0 ? 1.0 - ppm[i] / 1e6 : 1.0;
  }
  return share;
}

uint32_t hb_model_source(const hb_model_t *model, uint32_t i, bool second) {
  const hb_layer_t *layer = &model->layers[i];
  if (second && !hb_op_is_binary(layer->op)) {
    return HB_LAYER_NO_INPUT;
  }
  const uint32_t input = second ? layer->input2 : layer->input;
  if (input == HB_LAYER_PREVIOUS) {
    return i > 0 ? i - 1u : HB_LAYER_NO_INPUT;
  }
  return input < i ? input : HB_LAYER_NO_INPUT;
}

hb_sched_t hb_sched_defaults(void) {
  return (hb_sched_t){.drop = true,
                      .mapscore = true,
                      .supernet = true,
                      .tune = true,
                      .alpha_ppm = 1000000,
                      .beta_ppm = 1000000,
                      .tune_interval_ps = UINT64_C(100000000000),
                      .tune_step_ppm = 500000,
                      .tune_stop_ppm = 50000,
                      .drop_window = 10,
                      .drop_max = 2};
}

void hb_scenario_release(hb_scenario_t *scenario) {
  for (uint32_t i = 0; i < scenario->num_tasks; i++) {
    hb_model_release(&scenario->tasks[i].model);
  }
  free(scenario->tasks);
  free(scenario->faults);
  scenario->tasks = NULL;
  scenario->num_tasks = 0;
}

const char *hb_op_name(hb_op_t op) {
  static const char *const kNames[] = {
#define X(symbol_, name_) #name_,
      HB_OP_TABLE(X)
#undef X
  };
  return (uint32_t)op < HB_OP_COUNT ? kNames[op] : "?";
}

const char *hb_unary_name(hb_unary_t unary) {
  static const char *const kNames[] = {
#define X(symbol_, name_, formula_) #name_,
      HB_UNARY_TABLE(X)
#undef X
  };
  return (uint32_t)unary < HB_UNARY_COUNT ? kNames[unary] : "?";
}

bool hb_op_is_binary(hb_op_t op) {
  return op == HB_OP_BATCH_MATMUL || op == HB_OP_ADD || op == HB_OP_SUB || op == HB_OP_MUL ||
         op == HB_OP_CONCAT;
}

bool hb_op_has_weights(hb_op_t op) {
  return op == HB_OP_CONV || op == HB_OP_MATMUL || op == HB_OP_CONV_TRANSPOSE;
}

bool hb_op_is_windowed(hb_op_t op) {
  return op == HB_OP_CONV || op == HB_OP_CONV_TRANSPOSE || op == HB_OP_MAX_POOL ||
         op == HB_OP_AVG_POOL;
}

uint32_t hb_layer_groups(const hb_layer_t *l) {
  return l->groups ? l->groups : 1u;
}

bool hb_layer_is_depthwise(const hb_layer_t *l) {
  return l->op == HB_OP_CONV && l->in_c > 1u && l->in_c == l->out_c &&
         hb_layer_groups(l) == l->in_c;
}

hb_batch_shape_t hb_layer_batch_shape(const hb_layer_t *l) {
  return (hb_batch_shape_t){.batch = l->batch,
                            .m = l->in_w,
                            .k = l->x_heads ? l->in_c / l->batch : l->in_c,
                            .n = l->x2_heads ? l->in2_c / l->batch : l->in2_c};
}

uint32_t hb_layer_out_c(const hb_layer_t *l) {
  switch (l->op) {
    case HB_OP_CONV:
    case HB_OP_MATMUL:
    case HB_OP_CONV_TRANSPOSE:
    case HB_OP_SLICE:
      return l->out_c;
    case HB_OP_BATCH_MATMUL:
      return hb_layer_batch_shape(l).n * (l->y_heads ? l->batch : 1u);
    case HB_OP_REDUCE:
      return 1;
    case HB_OP_CONCAT:
      return l->in_c + l->in2_c;
    case HB_OP_TRANSPOSE:
      return l->permute == HB_PERMUTE_CW   ? l->in_w
             : l->permute == HB_PERMUTE_CH ? l->in_h
                                           : l->in_c;
    default:
      return l->in_c;
  }
}

/* Outputs of a sliding window, 0 if it does not fit once. */
static uint32_t window(uint32_t in, uint32_t before, uint32_t after, uint32_t ker, uint32_t stride,
                       uint32_t dil) {
  const uint32_t reach = dil * (ker - 1u) + 1u, padded = in + before + after;
  return reach > padded ? 0u : (padded - reach) / stride + 1u;
}

/* Outputs of a transposed one, 0 if padding leaves none. */
static uint32_t spread(uint32_t in, uint32_t before, uint32_t after, uint32_t ker, uint32_t stride,
                       uint32_t extra) {
  const uint32_t full = (in - 1u) * stride + ker + extra;
  return full > before + after ? full - before - after : 0u;
}

uint32_t hb_layer_out_h(const hb_layer_t *l) {
  switch (l->op) {
    case HB_OP_CONV:
    case HB_OP_MATMUL:
    case HB_OP_MAX_POOL:
    case HB_OP_AVG_POOL:
      return window(l->in_h, l->pad_top, l->pad_bottom, l->ker_h, l->stride_h, l->dil_h);
    case HB_OP_CONV_TRANSPOSE:
      return spread(l->in_h, l->pad_top, l->pad_bottom, l->ker_h, l->stride_h, l->out_pad_h);
    case HB_OP_BATCH_MATMUL:
      return l->y_heads ? 1u : l->batch;
    case HB_OP_RESIZE:
    case HB_OP_SLICE:
      return l->out_h;
    case HB_OP_TRANSPOSE:
      return l->permute == HB_PERMUTE_HW   ? l->in_w
             : l->permute == HB_PERMUTE_CH ? l->in_c
                                           : l->in_h;
    default:
      return l->in_h;
  }
}

uint32_t hb_layer_out_w(const hb_layer_t *l) {
  switch (l->op) {
    case HB_OP_CONV:
    case HB_OP_MATMUL:
    case HB_OP_MAX_POOL:
    case HB_OP_AVG_POOL:
      return window(l->in_w, l->pad_left, l->pad_right, l->ker_w, l->stride_w, l->dil_w);
    case HB_OP_CONV_TRANSPOSE:
      return spread(l->in_w, l->pad_left, l->pad_right, l->ker_w, l->stride_w, l->out_pad_w);
    case HB_OP_RESIZE:
    case HB_OP_SLICE:
      return l->out_w;
    case HB_OP_TRANSPOSE:
      return l->permute == HB_PERMUTE_HW   ? l->in_h
             : l->permute == HB_PERMUTE_CW ? l->in_c
                                           : l->in_w;
    default:
      return l->in_w;
  }
}

uint64_t hb_layer_macs(const hb_layer_t *l) {
  const uint64_t taps = (uint64_t)l->ker_h * l->ker_w;
  switch (l->op) {
    case HB_OP_CONV:
    case HB_OP_MATMUL:
      return hb_layer_out_h(l) * taps * hb_layer_out_w(l) * l->out_c *
             (l->in_c / hb_layer_groups(l));
    case HB_OP_CONV_TRANSPOSE:
      return l->in_h * taps * l->in_w * l->out_c * l->in_c;
    case HB_OP_BATCH_MATMUL: {
      const hb_batch_shape_t s = hb_layer_batch_shape(l);
      return (uint64_t)s.batch * s.m * s.k * s.n;
    }
    default:
      return 0;
  }
}

#define BAD(...)                         \
  do {                                   \
    snprintf(why, why_len, __VA_ARGS__); \
    return HB_ERR_INPUT;                 \
  } while (0)

static hb_status_t check_batch(const hb_layer_t *l, char *why, size_t why_len) {
  if (l->batch == 0 ||
      (l->x_heads ? l->in_c % l->batch != 0 || l->in_h != 1u : l->in_h != l->batch)) {
    BAD("%u x %u x %u is not %u batches of the first operand", l->in_c, l->in_h, l->in_w, l->batch);
  }
  if (l->x2_heads ? l->in2_c % l->batch != 0 || l->in2_h != 1u : l->in2_h != l->batch) {
    BAD("%u x %u x %u is not %u batches of the second operand", l->in2_c, l->in2_h, l->in2_w,
        l->batch);
  }
  const hb_batch_shape_t s = hb_layer_batch_shape(l);
  if (s.k != l->in2_w) {
    BAD("the first operand has %u inner elements, the second %u", s.k, l->in2_w);
  }
  if ((l->x_heads && s.k % 16u != 0) || ((l->x2_heads || l->y_heads) && s.n % 16u != 0)) {
    BAD("batches side by side in the channels must each have a multiple of 16");
  }
  return HB_OK;
}

static hb_status_t check_second(const hb_layer_t *l, char *why, size_t why_len) {
  if (l->in2_c == 0 || l->in2_h == 0 || l->in2_w == 0) {
    BAD("%s needs a second operand", hb_op_name(l->op));
  }
  const bool same_image = l->in2_h == l->in_h && l->in2_w == l->in_w;
  if (l->op == HB_OP_BATCH_MATMUL) {
    return check_batch(l, why, why_len);
  }
  if (l->op == HB_OP_CONCAT ? !same_image
                            : !((same_image || (l->in2_h == 1u && l->in2_w == 1u)) &&
                                (l->in2_c == l->in_c || l->in2_c == 1u))) {
    BAD("operands of %u x %u x %u and %u x %u x %u do not fit", l->in_c, l->in_h, l->in_w, l->in2_c,
        l->in2_h, l->in2_w);
  }
  return HB_OK;
}

hb_status_t hb_layer_check(const hb_layer_t *l, char *why, size_t why_len) {
  if ((uint32_t)l->op >= HB_OP_COUNT) {
    BAD("there is no operator %u", (uint32_t)l->op);
  }
  if (l->in_c == 0 || l->in_h == 0 || l->in_w == 0) {
    BAD("the input is empty");
  }
  if (hb_op_is_windowed(l->op) || l->op == HB_OP_MATMUL) {
    if (l->ker_h == 0 || l->ker_w == 0 || l->stride_h == 0 || l->stride_w == 0 || l->dil_h == 0 ||
        l->dil_w == 0) {
      BAD("kernel, stride and dilation are 1 or more");
    }
    const uint32_t padded_h = l->in_h + l->pad_top + l->pad_bottom;
    const uint32_t padded_w = l->in_w + l->pad_left + l->pad_right;
    const uint32_t reach_h = l->dil_h * (l->ker_h - 1u) + 1u;
    const uint32_t reach_w = l->dil_w * (l->ker_w - 1u) + 1u;
    if (l->op != HB_OP_CONV_TRANSPOSE && (reach_h > padded_h || reach_w > padded_w)) {
      BAD("the kernel covers %ux%u pixels, the padded input only %ux%u", reach_h, reach_w, padded_h,
          padded_w);
    }
  }
  const uint32_t groups = hb_layer_groups(l);
  if (l->op == HB_OP_CONV ? l->in_c % groups != 0 || l->out_c % groups != 0 : groups != 1u) {
    BAD("%u groups do not divide %u input and %u output channels", groups, l->in_c, l->out_c);
  }
  if (l->op == HB_OP_CONV_TRANSPOSE &&
      (l->dil_h != 1u || l->dil_w != 1u || l->out_pad_h >= l->stride_h ||
       l->out_pad_w >= l->stride_w)) {
    BAD("conv_transpose has dilation 1 and less output padding than stride");
  }
  if (hb_op_is_binary(l->op)) {
    HB_TRY(check_second(l, why, why_len));
  }
  const uint32_t c = hb_layer_out_c(l), h = hb_layer_out_h(l), w = hb_layer_out_w(l);
  if (l->out_c != c || c == 0 || h == 0 || w == 0 || c > 65535u || h > 65535u || w > 65535u) {
    BAD("an output of %u x %u x %u (out_c %u) is not possible", c, h, w, l->out_c);
  }
  if (l->op == HB_OP_SLICE &&
      ((uint64_t)l->slice_c + c > l->in_c || (uint64_t)l->slice_y + h > l->in_h ||
       (uint64_t)l->slice_x + w > l->in_w)) {
    BAD("the slice leaves the input of %u x %u x %u", l->in_c, l->in_h, l->in_w);
  }
  return HB_OK;
}
