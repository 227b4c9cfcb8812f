/* SPDX-License-Identifier: Apache-2.0 */

/* `model:` files: keys, shapes, quantisation defaults. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hb_config.h"
#include "hb_yaml.h"

/* ------------------------------------------------------------------------------------------- the
 * keys */

enum { TYPE_UINT8 = 0, TYPE_INT8, TYPE_INT32 };

typedef struct raw_layer {
  char name[HB_NAME_MAX];
  int op;
  uint32_t *in;
  uint32_t in_count;
  uint32_t out_channels;
  uint32_t *kernel, *stride, *dilation; /* [rows, columns] or NULL */
  uint32_t *padding;                    /* [top, bottom, left, right] or NULL */
  bool same_padding;
  int *x_type, *w_type, *y_type; /* TYPE_* or NULL */
  int32_t *x_zero_point, *w_zero_point, *y_zero_point;
  int32_t *clip; /* [min, max] or NULL */
} raw_layer_t;

typedef struct raw_model {
  char name[HB_NAME_MAX];
  char *source;
  bool *chained;
  raw_layer_t *layers;
  uint32_t layers_count;
} raw_model_t;

static const cyaml_strval_t OPS[] = {{"conv", HB_OP_CONV}, {"matmul", HB_OP_MATMUL}};
static const cyaml_strval_t IN_TYPES[] = {{"uint8", TYPE_UINT8}, {"int8", TYPE_INT8}};
static const cyaml_strval_t OUT_TYPES[] = {
    {"uint8", TYPE_UINT8}, {"int8", TYPE_INT8}, {"int32", TYPE_INT32}};

static const cyaml_schema_value_t UINT_VALUE = {CYAML_VALUE_UINT(CYAML_FLAG_DEFAULT, uint32_t)};
static const cyaml_schema_value_t INT_VALUE = {CYAML_VALUE_INT(CYAML_FLAG_DEFAULT, int32_t)};

#define OPTIONAL_LIST (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
#define OPTIONAL_ENUM (CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT)

static const cyaml_schema_field_t LAYER_FIELDS[] = {
    CYAML_FIELD_STRING("name", CYAML_FLAG_DEFAULT, raw_layer_t, name, 1),
    CYAML_FIELD_ENUM("op", CYAML_FLAG_STRICT, raw_layer_t, op, OPS, CYAML_ARRAY_LEN(OPS)),
    CYAML_FIELD_SEQUENCE("in", OPTIONAL_LIST, raw_layer_t, in, &UINT_VALUE, 2, 3),
    CYAML_FIELD_UINT("out_channels", CYAML_FLAG_DEFAULT, raw_layer_t, out_channels),
    CYAML_FIELD_SEQUENCE_FIXED("kernel", OPTIONAL_LIST, raw_layer_t, kernel, &UINT_VALUE, 2),
    CYAML_FIELD_SEQUENCE_FIXED("stride", OPTIONAL_LIST, raw_layer_t, stride, &UINT_VALUE, 2),
    CYAML_FIELD_SEQUENCE_FIXED("dilation", OPTIONAL_LIST, raw_layer_t, dilation, &UINT_VALUE, 2),
    CYAML_FIELD_SEQUENCE_FIXED("padding", OPTIONAL_LIST, raw_layer_t, padding, &UINT_VALUE, 4),
    CYAML_FIELD_BOOL("same_padding", CYAML_FLAG_OPTIONAL, raw_layer_t, same_padding),
    CYAML_FIELD_ENUM_PTR("x_type", OPTIONAL_ENUM, raw_layer_t, x_type, IN_TYPES,
                         CYAML_ARRAY_LEN(IN_TYPES)),
    CYAML_FIELD_INT_PTR("x_zero_point", CYAML_FLAG_OPTIONAL, raw_layer_t, x_zero_point),
    CYAML_FIELD_ENUM_PTR("w_type", OPTIONAL_ENUM, raw_layer_t, w_type, IN_TYPES,
                         CYAML_ARRAY_LEN(IN_TYPES)),
    CYAML_FIELD_INT_PTR("w_zero_point", CYAML_FLAG_OPTIONAL, raw_layer_t, w_zero_point),
    CYAML_FIELD_ENUM_PTR("y_type", OPTIONAL_ENUM, raw_layer_t, y_type, OUT_TYPES,
                         CYAML_ARRAY_LEN(OUT_TYPES)),
    CYAML_FIELD_INT_PTR("y_zero_point", CYAML_FLAG_OPTIONAL, raw_layer_t, y_zero_point),
    CYAML_FIELD_SEQUENCE_FIXED("clip", OPTIONAL_LIST, raw_layer_t, clip, &INT_VALUE, 2),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t LAYER_VALUE = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, raw_layer_t, LAYER_FIELDS)};

static const cyaml_schema_field_t MODEL_FIELDS[] = {
    CYAML_FIELD_STRING("model", CYAML_FLAG_DEFAULT, raw_model_t, name, 1),
    CYAML_FIELD_STRING_PTR("source", CYAML_FLAG_OPTIONAL, raw_model_t, source, 1, 1000),
    CYAML_FIELD_BOOL_PTR("chained", CYAML_FLAG_OPTIONAL, raw_model_t, chained),
    CYAML_FIELD_SEQUENCE("layers", CYAML_FLAG_POINTER, raw_model_t, layers, &LAYER_VALUE, 1,
                         HB_IMAGE_MAX_LAYERS),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t MODEL_SCHEMA = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, raw_model_t, MODEL_FIELDS)};

/* ---------------------------------------------------------------------------------------- their
 * meaning */

/* Where a layer is read from, for errors. */
typedef struct place {
  hb_yaml_t *yaml;
  hb_config_error_t *error;
  uint32_t index;
} place_t;

static hb_status_t in_range(const place_t *at, const char *key, int64_t value, int64_t min,
                            int64_t max) {
  hb_yaml_at(at->yaml, "layers[%u].%s", at->index, key);
  return hb_yaml_range(at->yaml, value, min, max, at->error);
}

/* Copies an optional list of `count` numbers; absent ones stay as they are. */
static hb_status_t take_list(const place_t *at, const char *key, const uint32_t *list,
                             uint32_t count, uint32_t min, uint32_t max, uint32_t *const values[]) {
  for (uint32_t i = 0; list != NULL && i < count; i++) {
    char item[32];
    snprintf(item, sizeof(item), "%s[%u]", key, i);
    HB_TRY(in_range(at, item, list[i], min, max));
    *values[i] = list[i];
  }
  return HB_OK;
}

/* Input shape: given, or the predecessor's output (`previous` NULL for the first layer). */
static hb_status_t take_shape(const place_t *at, const raw_layer_t *raw, const hb_layer_t *previous,
                              bool chained, hb_layer_t *layer) {
  const bool matmul = layer->op == HB_OP_MATMUL;
  uint32_t chain_h = 0;
  uint32_t chain_w = 0;
  if (previous != NULL) {
    chain_h = hb_layer_out_h(previous);
    chain_w = hb_layer_out_w(previous);
    if (matmul) { /* pixels become rows: the same bytes in memory */
      chain_w *= chain_h;
      chain_h = 1;
    }
  }
  hb_yaml_at(at->yaml, "layers[%u].in", at->index);
  if (raw->in == NULL) {
    if (previous == NULL) {
      return hb_yaml_fail(at->yaml, at->error, "the first layer must give its input shape, in: %s",
                          matmul ? "[rows, channels]" : "[channels, height, width]");
    }
    layer->in_c = previous->out_c;
    layer->in_h = chain_h;
    layer->in_w = chain_w;
    return in_range(at, "in", layer->in_w, 1, 65535);
  }
  if (raw->in_count != (matmul ? 2u : 3u)) {
    return hb_yaml_fail(at->yaml, at->error, "expected %s for a %s",
                        matmul ? "[rows, channels]" : "[channels, height, width]",
                        matmul ? "matmul" : "conv");
  }
  layer->in_h = 1;
  uint32_t *const conv_shape[] = {&layer->in_c, &layer->in_h, &layer->in_w};
  uint32_t *const matmul_shape[] = {&layer->in_w, &layer->in_c};
  HB_TRY(take_list(at, "in", raw->in, raw->in_count, 1, 65535, matmul ? matmul_shape : conv_shape));
  if (chained && previous != NULL &&
      (layer->in_c != previous->out_c || layer->in_h != chain_h || layer->in_w != chain_w)) {
    hb_yaml_at(at->yaml, "layers[%u].in", at->index);
    return hb_yaml_fail(at->yaml, at->error,
                        "the layer before it leaves %u channels of %u x %u; leave `in` out, or say "
                        "`chained: false` for the model",
                        previous->out_c, chain_h, chain_w);
  }
  return HB_OK;
}

/* Padding of one direction that gives ceil(in / stride) outputs, the odd one behind. */
static void same_padding(uint32_t in, uint32_t kernel, uint32_t stride, uint32_t dilation,
                         uint32_t *before, uint32_t *after) {
  const uint32_t out = (in + stride - 1) / stride;
  const uint32_t span = (out - 1) * stride + dilation * (kernel - 1) + 1;
  const uint32_t total = span > in ? span - in : 0;
  *before = total / 2;
  *after = total - total / 2;
}

static hb_status_t check_output(const place_t *at, const char *what, uint32_t in, uint32_t pad,
                                uint32_t kernel, uint32_t stride, uint32_t dilation) {
  const uint32_t span = dilation * (kernel - 1) + 1;
  hb_yaml_at(at->yaml, "layers[%u]", at->index);
  if (in + pad < span) {
    return hb_yaml_fail(
        at->yaml, at->error,
        "the output would be empty: the kernel spans %u %s, the padded input has %u", span, what,
        in + pad);
  }
  const uint32_t out = (in + pad - span) / stride + 1;
  if (out > 65535) {
    return hb_yaml_fail(at->yaml, at->error, "the output would have %u %s, expected up to 65535",
                        out, what);
  }
  return HB_OK;
}

static hb_status_t take_window(const place_t *at, const raw_layer_t *raw, hb_layer_t *layer) {
  layer->ker_h = layer->ker_w = 1;
  layer->stride_h = layer->stride_w = 1;
  layer->dil_h = layer->dil_w = 1;
  if (layer->op == HB_OP_MATMUL) {
    const char *key = raw->kernel != NULL     ? "kernel"
                      : raw->stride != NULL   ? "stride"
                      : raw->dilation != NULL ? "dilation"
                      : raw->padding != NULL  ? "padding"
                      : raw->same_padding     ? "same_padding"
                                              : NULL;
    if (key != NULL) {
      hb_yaml_at(at->yaml, "layers[%u].%s", at->index, key);
      return hb_yaml_fail(at->yaml, at->error, "not for a matmul");
    }
    return HB_OK;
  }
  HB_TRY(take_list(at, "kernel", raw->kernel, 2, 1, 255,
                   (uint32_t *const[]){&layer->ker_h, &layer->ker_w}));
  HB_TRY(take_list(at, "stride", raw->stride, 2, 1, 255,
                   (uint32_t *const[]){&layer->stride_h, &layer->stride_w}));
  HB_TRY(take_list(at, "dilation", raw->dilation, 2, 1, 255,
                   (uint32_t *const[]){&layer->dil_h, &layer->dil_w}));
  HB_TRY(take_list(at, "padding", raw->padding, 4, 0, 255,
                   (uint32_t *const[]){&layer->pad_top, &layer->pad_bottom, &layer->pad_left,
                                       &layer->pad_right}));
  if (raw->same_padding) {
    if (raw->padding != NULL) {
      hb_yaml_at(at->yaml, "layers[%u].same_padding", at->index);
      return hb_yaml_fail(at->yaml, at->error, "give padding or same_padding, not both");
    }
    same_padding(layer->in_h, layer->ker_h, layer->stride_h, layer->dil_h, &layer->pad_top,
                 &layer->pad_bottom);
    same_padding(layer->in_w, layer->ker_w, layer->stride_w, layer->dil_w, &layer->pad_left,
                 &layer->pad_right);
    if (layer->pad_bottom > 255 || layer->pad_right > 255) {
      hb_yaml_at(at->yaml, "layers[%u].same_padding", at->index);
      return hb_yaml_fail(at->yaml, at->error, "would need a padding of %u, expected up to 255",
                          layer->pad_bottom > 255 ? layer->pad_bottom : layer->pad_right);
    }
  }
  HB_TRY(check_output(at, "rows", layer->in_h, layer->pad_top + layer->pad_bottom, layer->ker_h,
                      layer->stride_h, layer->dil_h));
  return check_output(at, "columns", layer->in_w, layer->pad_left + layer->pad_right, layer->ker_w,
                      layer->stride_w, layer->dil_w);
}

static int32_t type_min(bool is_signed) {
  return is_signed ? -128 : 0;
}
static int32_t type_max(bool is_signed) {
  return is_signed ? 127 : 255;
}
static int32_t middle(bool is_signed) {
  return is_signed ? 0 : 128;
}

static hb_status_t take_zero_point(const place_t *at, const char *key, const int32_t *given,
                                   bool is_signed, int32_t *zero_point) {
  if (given != NULL) {
    HB_TRY(in_range(at, key, *given, type_min(is_signed), type_max(is_signed)));
    *zero_point = *given;
  }
  return HB_OK;
}

static hb_status_t take_numbers(const place_t *at, const raw_layer_t *raw,
                                const hb_layer_t *previous, hb_layer_t *layer) {
  layer->x_signed = previous != NULL && previous->y_signed;
  layer->x_zp = previous != NULL ? previous->y_zp : middle(false);
  if (raw->x_type != NULL && (*raw->x_type == TYPE_INT8) != layer->x_signed) {
    layer->x_signed = !layer->x_signed;
    layer->x_zp = middle(layer->x_signed);
  }
  HB_TRY(take_zero_point(at, "x_zero_point", raw->x_zero_point, layer->x_signed, &layer->x_zp));

  layer->w_signed = raw->w_type == NULL || *raw->w_type == TYPE_INT8;
  layer->w_zp = middle(layer->w_signed);
  HB_TRY(take_zero_point(at, "w_zero_point", raw->w_zero_point, layer->w_signed, &layer->w_zp));

  layer->raw_out = raw->y_type != NULL && *raw->y_type == TYPE_INT32;
  layer->y_signed = raw->y_type != NULL && *raw->y_type != TYPE_UINT8;
  layer->y_zp = middle(layer->y_signed);
  if (layer->raw_out && (raw->y_zero_point != NULL || raw->clip != NULL)) {
    hb_yaml_at(at->yaml, "layers[%u].%s", at->index,
               raw->y_zero_point != NULL ? "y_zero_point" : "clip");
    return hb_yaml_fail(at->yaml, at->error, "not for an int32 output");
  }
  HB_TRY(take_zero_point(at, "y_zero_point", raw->y_zero_point, layer->y_signed, &layer->y_zp));
  layer->clip_min =
      layer->op == HB_OP_CONV && !layer->raw_out ? layer->y_zp : type_min(layer->y_signed);
  layer->clip_max = type_max(layer->y_signed);
  if (raw->clip != NULL) {
    HB_TRY(in_range(at, "clip[0]", raw->clip[0], type_min(layer->y_signed),
                    type_max(layer->y_signed)));
    HB_TRY(in_range(at, "clip[1]", raw->clip[1], raw->clip[0], type_max(layer->y_signed)));
    layer->clip_min = raw->clip[0];
    layer->clip_max = raw->clip[1];
  }
  return HB_OK;
}

static hb_status_t take_layer(const place_t *at, const raw_layer_t *raw, const hb_layer_t *previous,
                              bool chained, hb_layer_t *layer) {
  memset(layer, 0, sizeof(*layer));
  hb_yaml_at(at->yaml, "layers[%u].name", at->index);
  HB_TRY(hb_yaml_name(at->yaml, raw->name, at->error));
  snprintf(layer->name, sizeof(layer->name), "%s", raw->name);
  layer->op = (hb_op_t)raw->op;
  if (previous != NULL && previous->raw_out) {
    hb_yaml_at(at->yaml, "layers[%u].y_type", at->index - 1);
    return hb_yaml_fail(at->yaml, at->error, "int32 output is for the last layer only");
  }
  HB_TRY(take_shape(at, raw, previous, chained, layer));
  HB_TRY(in_range(at, "out_channels", raw->out_channels, 1, 65535));
  layer->out_c = raw->out_channels;
  HB_TRY(take_window(at, raw, layer));
  return take_numbers(at, raw, previous, layer);
}

static hb_status_t take_model(hb_yaml_t *yaml, const raw_model_t *raw, hb_model_t *model,
                              hb_config_error_t *error) {
  hb_yaml_at(yaml, "model");
  HB_TRY(hb_yaml_name(yaml, raw->name, error));
  snprintf(model->name, sizeof(model->name), "%s", raw->name);
  const bool chained = raw->chained == NULL || *raw->chained;
  model->num_layers = raw->layers_count;
  model->layers = calloc(raw->layers_count, sizeof(*model->layers));
  if (model->layers == NULL) {
    return HB_ERR_NOMEM;
  }
  for (uint32_t i = 0; i < raw->layers_count; i++) {
    const place_t at = {.yaml = yaml, .error = error, .index = i};
    HB_TRY(take_layer(&at, &raw->layers[i], i == 0 ? NULL : &model->layers[i - 1], chained,
                      &model->layers[i]));
    for (uint32_t j = 0; j < i; j++) {
      if (strcmp(model->layers[j].name, model->layers[i].name) == 0) {
        hb_yaml_at(yaml, "layers[%u].name", i);
        return hb_yaml_fail(yaml, error, "another layer is named %s already",
                            model->layers[i].name);
      }
    }
  }
  return HB_OK;
}

hb_status_t hb_config_load_model(const char *path, hb_model_t *model_out,
                                 hb_config_error_t *error) {
  hb_yaml_t *yaml = NULL;
  HB_TRY(hb_yaml_open(path, &yaml, error));
  void *raw = NULL;
  hb_model_t model = {0};
  hb_status_t status = hb_yaml_load(yaml, &MODEL_SCHEMA, &raw, error);
  if (status == HB_OK) {
    snprintf(model.source, sizeof(model.source), "%s", path);
    snprintf(error->text, sizeof(error->text), "%s: out of memory", path);
    status = take_model(yaml, raw, &model, error);
    hb_yaml_free(&MODEL_SCHEMA, raw);
  }
  if (status == HB_OK) {
    *model_out = model;
  } else {
    hb_model_release(&model);
  }
  hb_yaml_close(yaml);
  return status;
}
