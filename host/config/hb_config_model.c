/* SPDX-License-Identifier: Apache-2.0 */

/* `model:` files: keys, shapes, quantisation defaults. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hb_config.h"
#include "hb_yaml.h"

/* ------------------------------------------------------------------------------------------- the
 * keys */

enum { TYPE_UINT8 = 0, TYPE_INT8, TYPE_INT32, DECIMAL_BYTES = 32 };

typedef struct raw_layer {
  char name[HB_NAME_MAX];
  int op;
  char **inputs; /* names of layers, or "input"; NULL: the layer before */
  uint32_t inputs_count;
  uint32_t *in;
  uint32_t in_count;
  uint32_t *out_channels, *groups, *batch;
  uint32_t *kernel, *stride, *dilation; /* [rows, columns] or NULL */
  uint32_t *padding;                    /* [top, bottom, left, right] or NULL */
  bool same_padding;
  uint32_t *output_padding, *size; /* [rows, columns] or NULL */
  uint32_t *from;                  /* [channel, row, column] or NULL */
  bool x_heads, x2_heads, y_heads, count_include_pad;
  int *function, *reduce, *mode, *permute;                     /* HB_*, or NULL */
  char *alpha, *beta, *epsilon, *x_scale, *x2_scale, *y_scale; /* decimals, or NULL */
  int *x_type, *w_type, *y_type;                               /* TYPE_* or NULL */
  int32_t *x_zero_point, *x2_zero_point, *w_zero_point, *y_zero_point;
  int32_t *clip;                  /* [min, max] or NULL */
  char constants_of[HB_NAME_MAX]; /* "" if absent */
} raw_layer_t;

typedef struct raw_block {
  char name[HB_NAME_MAX];
  char **layers; /* first, last */
  uint32_t layers_count;
  char skip_probability[DECIMAL_BYTES];
} raw_block_t;

typedef struct raw_exit {
  char after[HB_NAME_MAX];
  char probability[DECIMAL_BYTES];
} raw_exit_t;

typedef struct raw_model {
  char name[HB_NAME_MAX];
  char *source;
  bool *chained;
  raw_layer_t *layers;
  uint32_t layers_count;
  raw_block_t *blocks; /* NULL if absent, as exits */
  uint32_t blocks_count;
  raw_exit_t *exits;
  uint32_t exits_count;
} raw_model_t;

static const cyaml_strval_t OPS[] = {
#define X(symbol_, name_) {#name_, HB_OP_##symbol_},
    HB_OP_TABLE(X)
#undef X
};
static const cyaml_strval_t FUNCTIONS[] = {
#define X(symbol_, name_, formula_) {#name_, HB_UNARY_##symbol_},
    HB_UNARY_TABLE(X)
#undef X
};
static const cyaml_strval_t REDUCTIONS[] = {{"sum", HB_REDUCE_SUM},
                                            {"mean", HB_REDUCE_MEAN},
                                            {"max", HB_REDUCE_MAX},
                                            {"min", HB_REDUCE_MIN},
                                            {"sum_square", HB_REDUCE_SUM_SQUARE}};
static const cyaml_strval_t MODES[] = {{"nearest", HB_RESIZE_NEAREST},
                                       {"linear", HB_RESIZE_LINEAR},
                                       {"linear_corners", HB_RESIZE_LINEAR_CORNERS}};
static const cyaml_strval_t PERMUTATIONS[] = {
    {"hw", HB_PERMUTE_HW}, {"cw", HB_PERMUTE_CW}, {"ch", HB_PERMUTE_CH}};
static const cyaml_strval_t IN_TYPES[] = {{"uint8", TYPE_UINT8}, {"int8", TYPE_INT8}};
static const cyaml_strval_t OUT_TYPES[] = {
    {"uint8", TYPE_UINT8}, {"int8", TYPE_INT8}, {"int32", TYPE_INT32}};

static const cyaml_schema_value_t UINT_VALUE = {CYAML_VALUE_UINT(CYAML_FLAG_DEFAULT, uint32_t)};
static const cyaml_schema_value_t NAME_VALUE = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, HB_NAME_MAX - 1)};
static const cyaml_schema_value_t INT_VALUE = {CYAML_VALUE_INT(CYAML_FLAG_DEFAULT, int32_t)};

#define OPTIONAL_LIST (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
#define OPTIONAL_ENUM (CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT)

static const cyaml_schema_field_t LAYER_FIELDS[] = {
    CYAML_FIELD_STRING("name", CYAML_FLAG_DEFAULT, raw_layer_t, name, 1),
    CYAML_FIELD_ENUM("op", CYAML_FLAG_STRICT, raw_layer_t, op, OPS, CYAML_ARRAY_LEN(OPS)),
    CYAML_FIELD_SEQUENCE("inputs", OPTIONAL_LIST, raw_layer_t, inputs, &NAME_VALUE, 1, 2),
    CYAML_FIELD_SEQUENCE("in", OPTIONAL_LIST, raw_layer_t, in, &UINT_VALUE, 2, 3),
    CYAML_FIELD_UINT_PTR("out_channels", CYAML_FLAG_OPTIONAL, raw_layer_t, out_channels),
    CYAML_FIELD_UINT_PTR("groups", CYAML_FLAG_OPTIONAL, raw_layer_t, groups),
    CYAML_FIELD_SEQUENCE_FIXED("kernel", OPTIONAL_LIST, raw_layer_t, kernel, &UINT_VALUE, 2),
    CYAML_FIELD_SEQUENCE_FIXED("stride", OPTIONAL_LIST, raw_layer_t, stride, &UINT_VALUE, 2),
    CYAML_FIELD_SEQUENCE_FIXED("dilation", OPTIONAL_LIST, raw_layer_t, dilation, &UINT_VALUE, 2),
    CYAML_FIELD_SEQUENCE_FIXED("padding", OPTIONAL_LIST, raw_layer_t, padding, &UINT_VALUE, 4),
    CYAML_FIELD_BOOL("same_padding", CYAML_FLAG_OPTIONAL, raw_layer_t, same_padding),
    CYAML_FIELD_SEQUENCE_FIXED("output_padding", OPTIONAL_LIST, raw_layer_t, output_padding,
                               &UINT_VALUE, 2),
    CYAML_FIELD_BOOL("count_include_pad", CYAML_FLAG_OPTIONAL, raw_layer_t, count_include_pad),
    CYAML_FIELD_UINT_PTR("batch", CYAML_FLAG_OPTIONAL, raw_layer_t, batch),
    CYAML_FIELD_BOOL("x_heads", CYAML_FLAG_OPTIONAL, raw_layer_t, x_heads),
    CYAML_FIELD_BOOL("x2_heads", CYAML_FLAG_OPTIONAL, raw_layer_t, x2_heads),
    CYAML_FIELD_BOOL("y_heads", CYAML_FLAG_OPTIONAL, raw_layer_t, y_heads),
    CYAML_FIELD_SEQUENCE_FIXED("size", OPTIONAL_LIST, raw_layer_t, size, &UINT_VALUE, 2),
    CYAML_FIELD_SEQUENCE_FIXED("from", OPTIONAL_LIST, raw_layer_t, from, &UINT_VALUE, 3),
    CYAML_FIELD_ENUM_PTR("function", OPTIONAL_ENUM, raw_layer_t, function, FUNCTIONS,
                         CYAML_ARRAY_LEN(FUNCTIONS)),
    CYAML_FIELD_ENUM_PTR("reduce", OPTIONAL_ENUM, raw_layer_t, reduce, REDUCTIONS,
                         CYAML_ARRAY_LEN(REDUCTIONS)),
    CYAML_FIELD_ENUM_PTR("mode", OPTIONAL_ENUM, raw_layer_t, mode, MODES, CYAML_ARRAY_LEN(MODES)),
    CYAML_FIELD_ENUM_PTR("permute", OPTIONAL_ENUM, raw_layer_t, permute, PERMUTATIONS,
                         CYAML_ARRAY_LEN(PERMUTATIONS)),
    CYAML_FIELD_STRING_PTR("alpha", CYAML_FLAG_OPTIONAL, raw_layer_t, alpha, 1, 32),
    CYAML_FIELD_STRING_PTR("beta", CYAML_FLAG_OPTIONAL, raw_layer_t, beta, 1, 32),
    CYAML_FIELD_STRING_PTR("epsilon", CYAML_FLAG_OPTIONAL, raw_layer_t, epsilon, 1, 32),
    CYAML_FIELD_STRING_PTR("x_scale", CYAML_FLAG_OPTIONAL, raw_layer_t, x_scale, 1, 32),
    CYAML_FIELD_STRING_PTR("x2_scale", CYAML_FLAG_OPTIONAL, raw_layer_t, x2_scale, 1, 32),
    CYAML_FIELD_STRING_PTR("y_scale", CYAML_FLAG_OPTIONAL, raw_layer_t, y_scale, 1, 32),
    CYAML_FIELD_INT_PTR("x2_zero_point", CYAML_FLAG_OPTIONAL, raw_layer_t, x2_zero_point),
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
    CYAML_FIELD_STRING("constants_of", CYAML_FLAG_OPTIONAL, raw_layer_t, constants_of, 1),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t LAYER_VALUE = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, raw_layer_t, LAYER_FIELDS)};

static const cyaml_schema_field_t BLOCK_FIELDS[] = {
    CYAML_FIELD_STRING("name", CYAML_FLAG_DEFAULT, raw_block_t, name, 1),
    CYAML_FIELD_SEQUENCE("layers", CYAML_FLAG_POINTER, raw_block_t, layers, &NAME_VALUE, 2, 2),
    CYAML_FIELD_STRING("skip_probability", CYAML_FLAG_DEFAULT, raw_block_t, skip_probability, 1),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t BLOCK_VALUE = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, raw_block_t, BLOCK_FIELDS)};

static const cyaml_schema_field_t EXIT_FIELDS[] = {
    CYAML_FIELD_STRING("after", CYAML_FLAG_DEFAULT, raw_exit_t, after, 1),
    CYAML_FIELD_STRING("probability", CYAML_FLAG_DEFAULT, raw_exit_t, probability, 1),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t EXIT_VALUE = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, raw_exit_t, EXIT_FIELDS)};

static const cyaml_schema_field_t MODEL_FIELDS[] = {
    CYAML_FIELD_STRING("model", CYAML_FLAG_DEFAULT, raw_model_t, name, 1),
    CYAML_FIELD_STRING_PTR("source", CYAML_FLAG_OPTIONAL, raw_model_t, source, 1, 1000),
    CYAML_FIELD_BOOL_PTR("chained", CYAML_FLAG_OPTIONAL, raw_model_t, chained),
    CYAML_FIELD_SEQUENCE("layers", CYAML_FLAG_POINTER, raw_model_t, layers, &LAYER_VALUE, 1,
                         HB_IMAGE_MAX_LAYERS),
    CYAML_FIELD_SEQUENCE("blocks", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, raw_model_t, blocks,
                         &BLOCK_VALUE, 1, HB_IMAGE_MAX_PATH_BITS),
    CYAML_FIELD_SEQUENCE("exits", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, raw_model_t, exits,
                         &EXIT_VALUE, 1, HB_IMAGE_MAX_PATH_BITS),
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
  const hb_model_t *model; /* its layers before this one are there */
  uint32_t index;
} place_t;

/* Operators as bits, for the table of what belongs to which. */
#define OP(symbol_) (1u << HB_OP_##symbol_)
#define WINDOWED (OP(CONV) | OP(CONV_TRANSPOSE) | OP(MAX_POOL) | OP(AVG_POOL))
#define WEIGHTED (OP(CONV) | OP(MATMUL) | OP(CONV_TRANSPOSE))
#define BINARY (OP(BATCH_MATMUL) | OP(ADD) | OP(SUB) | OP(MUL) | OP(CONCAT))

/* Keys that only some operators have: given ones must be allowed, needed ones given. */
static hb_status_t check_keys(const place_t *at, const raw_layer_t *raw) {
  const struct {
    const char *key;
    bool given;
    uint32_t allowed, needed;
  } keys[] = {
      {"out_channels", raw->out_channels != NULL, WEIGHTED | OP(SLICE), WEIGHTED},
      {"kernel", raw->kernel != NULL, WINDOWED, OP(CONV_TRANSPOSE) | OP(MAX_POOL) | OP(AVG_POOL)},
      {"stride", raw->stride != NULL, WINDOWED, 0},
      {"dilation", raw->dilation != NULL, OP(CONV) | OP(MAX_POOL) | OP(AVG_POOL), 0},
      {"padding", raw->padding != NULL, WINDOWED, 0},
      {"same_padding", raw->same_padding, OP(CONV) | OP(MAX_POOL) | OP(AVG_POOL), 0},
      {"groups", raw->groups != NULL, OP(CONV), 0},
      {"output_padding", raw->output_padding != NULL, OP(CONV_TRANSPOSE), 0},
      {"count_include_pad", raw->count_include_pad, OP(AVG_POOL), 0},
      {"batch", raw->batch != NULL, OP(BATCH_MATMUL), OP(BATCH_MATMUL)},
      {"x_heads", raw->x_heads, OP(BATCH_MATMUL), 0},
      {"x2_heads", raw->x2_heads, OP(BATCH_MATMUL), 0},
      {"y_heads", raw->y_heads, OP(BATCH_MATMUL), 0},
      {"size", raw->size != NULL, OP(RESIZE) | OP(SLICE), OP(RESIZE)},
      {"from", raw->from != NULL, OP(SLICE), 0},
      {"function", raw->function != NULL, OP(UNARY), OP(UNARY)},
      {"reduce", raw->reduce != NULL, OP(REDUCE), OP(REDUCE)},
      {"mode", raw->mode != NULL, OP(RESIZE), OP(RESIZE)},
      {"permute", raw->permute != NULL, OP(TRANSPOSE), OP(TRANSPOSE)},
      {"alpha", raw->alpha != NULL, OP(UNARY), 0},
      {"beta", raw->beta != NULL, OP(UNARY), 0},
      {"epsilon", raw->epsilon != NULL, OP(LAYER_NORM), 0},
      {"x2_scale", raw->x2_scale != NULL, BINARY, 0},
      {"x2_zero_point", raw->x2_zero_point != NULL, BINARY, 0},
      {"w_type", raw->w_type != NULL, WEIGHTED, 0},
      {"w_zero_point", raw->w_zero_point != NULL, WEIGHTED, 0},
      {"constants_of", raw->constants_of[0] != '\0', WEIGHTED | OP(LAYER_NORM), 0},
  };
  for (uint32_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
    const bool allowed = keys[i].allowed >> raw->op & 1u, needed = keys[i].needed >> raw->op & 1u;
    if (keys[i].given && !allowed) {
      hb_yaml_at(at->yaml, "layers[%u].%s", at->index, keys[i].key);
      return hb_yaml_fail(at->yaml, at->error, "not for a %s", hb_op_name((hb_op_t)raw->op));
    }
    if (needed && !keys[i].given) {
      hb_yaml_at(at->yaml, "layers[%u]", at->index);
      return hb_yaml_fail(at->yaml, at->error, "a %s needs the key %s",
                          hb_op_name((hb_op_t)raw->op), keys[i].key);
    }
  }
  return HB_OK;
}

/* A tensor of the model: an earlier layer's output, or the model's input. */
static hb_status_t find_input(const place_t *at, const raw_layer_t *raw, uint32_t which,
                              uint32_t *input) {
  const char *name = raw->inputs[which];
  hb_yaml_at(at->yaml, "layers[%u].inputs[%u]", at->index, which);
  if (strcmp(name, "input") == 0) {
    if (which == 1u) {
      return hb_yaml_fail(at->yaml, at->error, "the model's input can only be the first operand");
    }
    *input = HB_LAYER_MODEL_INPUT;
    return HB_OK;
  }
  for (uint32_t i = 0; i < at->index; i++) {
    if (strcmp(at->model->layers[i].name, name) == 0) {
      *input = i;
      return HB_OK;
    }
  }
  return hb_yaml_fail(at->yaml, at->error, "expected `input` or an earlier layer, got %s", name);
}

static hb_status_t take_inputs(const place_t *at, const raw_layer_t *raw, hb_layer_t *layer) {
  layer->input = at->index > 0 ? at->index - 1u : HB_LAYER_MODEL_INPUT;
  layer->input2 = HB_LAYER_NO_INPUT;
  const bool binary = hb_op_is_binary(layer->op);
  if (raw->inputs == NULL) {
    if (binary) {
      hb_yaml_at(at->yaml, "layers[%u]", at->index);
      return hb_yaml_fail(at->yaml, at->error, "a %s needs the key inputs: [first, second]",
                          hb_op_name(layer->op));
    }
    return HB_OK;
  }
  if (raw->inputs_count != (binary ? 2u : 1u)) {
    hb_yaml_at(at->yaml, "layers[%u].inputs", at->index);
    return hb_yaml_fail(at->yaml, at->error, "a %s has %s", hb_op_name(layer->op),
                        binary ? "two inputs" : "one input");
  }
  HB_TRY(find_input(at, raw, 0, &layer->input));
  return binary ? find_input(at, raw, 1, &layer->input2) : HB_OK;
}

/* The layer whose output `input` is, or NULL. */
static const hb_layer_t *producer(const place_t *at, uint32_t input) {
  return input < at->index ? &at->model->layers[input] : NULL;
}

/* Shape and quantisation of the model's input: what its first layer says. */
static const hb_layer_t *model_input(const place_t *at, uint32_t input) {
  return input == HB_LAYER_MODEL_INPUT && at->index > 0 ? &at->model->layers[0] : NULL;
}

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

/* Whether a tensor read in another shape is the same bytes: blocks of 16 channels, then pixels. */
static bool same_bytes(uint32_t c, uint32_t h, uint32_t w, uint32_t c2, uint32_t h2, uint32_t w2) {
  const uint64_t pixels = (uint64_t)h * w, pixels2 = (uint64_t)h2 * w2;
  return (c == c2 && pixels == pixels2) ||
         (c % 16u == 0 && c2 % 16u == 0 && c * pixels == c2 * pixels2);
}

/* The pixels of an operand whose batches are rows: consecutive ones, so the same bytes. */
static void split_batches(uint32_t batch, uint32_t *h, uint32_t *w) {
  const uint64_t pixels = (uint64_t)*h * *w;
  if (batch != 0 && pixels % batch == 0 && pixels / batch <= 65535u) {
    *h = batch;
    *w = (uint32_t)(pixels / batch);
  }
}

/* Input shape: given, or that of the tensor it reads. */
static hb_status_t take_shape(const place_t *at, const raw_layer_t *raw, bool chained,
                              hb_layer_t *layer) {
  const bool matmul = layer->op == HB_OP_MATMUL;
  const hb_layer_t *from = producer(at, layer->input), *first = model_input(at, layer->input);
  uint32_t chain_c = 0, chain_h = 0, chain_w = 0;
  const bool known = from != NULL || first != NULL;
  if (known) {
    chain_c = from != NULL ? from->out_c : first->in_c;
    chain_h = from != NULL ? hb_layer_out_h(from) : first->in_h;
    chain_w = from != NULL ? hb_layer_out_w(from) : first->in_w;
    if (matmul) { /* pixels become rows: the same bytes in memory */
      chain_w *= chain_h;
      chain_h = 1;
    }
  }
  hb_yaml_at(at->yaml, "layers[%u].in", at->index);
  if (raw->in == NULL) {
    if (!known) {
      return hb_yaml_fail(at->yaml, at->error, "the first layer must give its input shape, in: %s",
                          matmul ? "[rows, channels]" : "[channels, height, width]");
    }
    layer->in_c = chain_c;
    layer->in_h = chain_h;
    layer->in_w = chain_w;
    HB_TRY(in_range(at, "in", layer->in_w, 1, 65535));
  } else {
    if (raw->in_count != (matmul ? 2u : 3u)) {
      return hb_yaml_fail(at->yaml, at->error, "expected %s for a %s",
                          matmul ? "[rows, channels]" : "[channels, height, width]",
                          hb_op_name(layer->op));
    }
    layer->in_h = 1;
    uint32_t *const image_shape[] = {&layer->in_c, &layer->in_h, &layer->in_w};
    uint32_t *const matmul_shape[] = {&layer->in_w, &layer->in_c};
    HB_TRY(
        take_list(at, "in", raw->in, raw->in_count, 1, 65535, matmul ? matmul_shape : image_shape));
    if (chained && known &&
        !same_bytes(layer->in_c, layer->in_h, layer->in_w, chain_c, chain_h, chain_w)) {
      hb_yaml_at(at->yaml, "layers[%u].in", at->index);
      return hb_yaml_fail(
          at->yaml, at->error,
          "the layer before it leaves %u channels of %u x %u; leave `in` out, give a shape of the "
          "same bytes, or say `chained: false` for the model",
          chain_c, chain_h, chain_w);
    }
  }
  const hb_layer_t *second = producer(at, layer->input2);
  if (second != NULL) {
    layer->in2_c = second->out_c;
    layer->in2_h = hb_layer_out_h(second);
    layer->in2_w = hb_layer_out_w(second);
  }
  if (layer->op == HB_OP_BATCH_MATMUL && raw->batch != NULL) {
    if (!raw->x_heads && raw->in == NULL) {
      split_batches(*raw->batch, &layer->in_h, &layer->in_w);
    }
    if (!raw->x2_heads) {
      split_batches(*raw->batch, &layer->in2_h, &layer->in2_w);
    }
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
  if (!hb_op_is_windowed(layer->op)) {
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
  HB_TRY(take_list(at, "output_padding", raw->output_padding, 2, 0, 254,
                   (uint32_t *const[]){&layer->out_pad_h, &layer->out_pad_w}));
  if (layer->op == HB_OP_CONV_TRANSPOSE) {
    return HB_OK; /* hb_layer_check() looks at its output */
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

/* A decimal above 0, or what `value` holds already. */
static hb_status_t take_decimal(const place_t *at, const char *key, const char *text,
                                double *value) {
  if (text != NULL) {
    uint64_t scaled = 0;
    hb_yaml_at(at->yaml, "layers[%u].%s", at->index, key);
    HB_TRY(
        hb_yaml_decimal(at->yaml, text, 9, 1, 1000000u * UINT64_C(1000000000), &scaled, at->error));
    *value = (double)scaled / 1e9;
  }
  return HB_OK;
}

/* Scale of the output where the file gives none: what fits the operator's results. */
static double default_scale(const hb_layer_t *layer) {
  switch (layer->op) {
    case HB_OP_ADD:
    case HB_OP_SUB:
      return layer->x_scale + layer->x2_scale;
    case HB_OP_MUL:
      return layer->x_scale * layer->x2_scale * 128.0;
    case HB_OP_SOFTMAX:
      return 1.0 / 256.0;
    case HB_OP_LAYER_NORM:
      return 1.0 / 32.0;
    case HB_OP_UNARY:
      return layer->unary == HB_UNARY_SIGMOID || layer->unary == HB_UNARY_HARD_SIGMOID ? 1.0 / 256.0
             : layer->unary == HB_UNARY_TANH                                           ? 1.0 / 128.0
                                             : layer->x_scale;
    case HB_OP_REDUCE:
      return layer->reduce == HB_REDUCE_SUM ? layer->x_scale * layer->in_c
             : layer->reduce == HB_REDUCE_SUM_SQUARE
                 ? layer->x_scale * layer->x_scale * 128.0 * layer->in_c
                 : layer->x_scale;
    case HB_OP_CONV:
    case HB_OP_MATMUL:
    case HB_OP_CONV_TRANSPOSE:
      return 1.0 / 32.0; /* their parameters make what range there is */
    case HB_OP_BATCH_MATMUL:
      return layer->x_scale * layer->x2_scale * 64.0;
    default:
      return layer->x_scale;
  }
}

static hb_status_t take_scales(const place_t *at, const raw_layer_t *raw, hb_layer_t *layer) {
  const hb_layer_t *from = producer(at, layer->input), *first = model_input(at, layer->input);
  const hb_layer_t *second = producer(at, layer->input2);
  layer->x_scale = from != NULL ? from->y_scale : first != NULL ? first->x_scale : 1.0 / 32.0;
  HB_TRY(take_decimal(at, "x_scale", raw->x_scale, &layer->x_scale));
  layer->x2_scale = second != NULL ? second->y_scale : 0.0;
  HB_TRY(take_decimal(at, "x2_scale", raw->x2_scale, &layer->x2_scale));
  layer->y_scale = default_scale(layer);
  HB_TRY(take_decimal(at, "y_scale", raw->y_scale, &layer->y_scale));
  layer->alpha = layer->unary == HB_UNARY_HARD_SIGMOID ? 0.2
                 : layer->unary == HB_UNARY_LEAKY_RELU ? 0.01
                                                       : 1.0;
  layer->beta = 0.5;
  layer->epsilon = layer->op == HB_OP_LAYER_NORM ? 1e-5 : 0.0;
  if (layer->op != HB_OP_UNARY) {
    layer->alpha = layer->beta = 0.0;
  }
  HB_TRY(take_decimal(at, "alpha", raw->alpha, &layer->alpha));
  HB_TRY(take_decimal(at, "beta", raw->beta, &layer->beta));
  return take_decimal(at, "epsilon", raw->epsilon, &layer->epsilon);
}

static hb_status_t take_numbers(const place_t *at, const raw_layer_t *raw, hb_layer_t *layer) {
  const hb_layer_t *from = producer(at, layer->input), *first = model_input(at, layer->input);
  const hb_layer_t *second = producer(at, layer->input2);
  layer->x_signed = from != NULL ? from->y_signed : first != NULL && first->x_signed;
  layer->x_zp = from != NULL ? from->y_zp : first != NULL ? first->x_zp : middle(false);
  if (raw->x_type != NULL && (*raw->x_type == TYPE_INT8) != layer->x_signed) {
    layer->x_signed = !layer->x_signed;
    layer->x_zp = middle(layer->x_signed);
  }
  HB_TRY(take_zero_point(at, "x_zero_point", raw->x_zero_point, layer->x_signed, &layer->x_zp));

  if (second != NULL) {
    if (second->y_signed != layer->x_signed) {
      hb_yaml_at(at->yaml, "layers[%u].inputs[1]", at->index);
      return hb_yaml_fail(at->yaml, at->error, "both operands have the same type: %s is %s",
                          second->name, second->y_signed ? "int8" : "uint8");
    }
    layer->x2_zp = second->y_zp;
    HB_TRY(
        take_zero_point(at, "x2_zero_point", raw->x2_zero_point, layer->x_signed, &layer->x2_zp));
  }

  layer->w_signed = raw->w_type == NULL || *raw->w_type == TYPE_INT8;
  layer->w_zp = middle(layer->w_signed);
  HB_TRY(take_zero_point(at, "w_zero_point", raw->w_zero_point, layer->w_signed, &layer->w_zp));

  if (!hb_op_has_weights(layer->op)) {
    layer->w_signed = false;
    layer->w_zp = 0;
  }

  layer->raw_out = raw->y_type != NULL && *raw->y_type == TYPE_INT32;
  if (layer->raw_out && !hb_op_has_weights(layer->op) && layer->op != HB_OP_BATCH_MATMUL) {
    hb_yaml_at(at->yaml, "layers[%u].y_type", at->index);
    return hb_yaml_fail(at->yaml, at->error, "a %s has no int32 output", hb_op_name(layer->op));
  }
  /* What only moves bytes keeps their type and zero point. */
  const bool keeps = layer->op == HB_OP_MAX_POOL || layer->op == HB_OP_AVG_POOL ||
                     layer->op == HB_OP_RESIZE || layer->op == HB_OP_CONCAT ||
                     layer->op == HB_OP_SLICE || layer->op == HB_OP_TRANSPOSE;
  layer->y_signed = raw->y_type != NULL ? *raw->y_type != TYPE_UINT8 : keeps && layer->x_signed;
  layer->y_zp = keeps && layer->y_signed == layer->x_signed ? layer->x_zp : middle(layer->y_signed);
  if (raw->y_type == NULL &&
      (layer->op == HB_OP_SOFTMAX ||
       (layer->op == HB_OP_UNARY &&
        (layer->unary == HB_UNARY_SIGMOID || layer->unary == HB_UNARY_HARD_SIGMOID)))) {
    layer->y_zp = 0; /* never negative */
  }
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

/* Members that only some operators have; input shapes are known. */
static hb_status_t take_operator(const place_t *at, const raw_layer_t *raw, hb_layer_t *layer) {
  layer->groups = 0;
  if (raw->groups != NULL) {
    HB_TRY(in_range(at, "groups", *raw->groups, 1, 65535));
    layer->groups = *raw->groups;
  }
  layer->count_include_pad = raw->count_include_pad;
  layer->unary = raw->function != NULL ? (hb_unary_t)*raw->function : (hb_unary_t)0;
  layer->reduce = raw->reduce != NULL ? (hb_reduce_t)*raw->reduce : (hb_reduce_t)0;
  layer->resize = raw->mode != NULL ? (hb_resize_t)*raw->mode : (hb_resize_t)0;
  layer->permute = raw->permute != NULL ? (hb_permute_t)*raw->permute : (hb_permute_t)0;
  if (raw->batch != NULL) {
    HB_TRY(in_range(at, "batch", *raw->batch, 1, 65535));
    layer->batch = *raw->batch;
  }
  layer->x_heads = raw->x_heads;
  layer->x2_heads = raw->x2_heads;
  layer->y_heads = raw->y_heads;
  if (layer->op == HB_OP_SLICE) {
    layer->out_h = layer->in_h;
    layer->out_w = layer->in_w;
  }
  HB_TRY(take_list(at, "size", raw->size, 2, 1, 65535,
                   (uint32_t *const[]){&layer->out_h, &layer->out_w}));
  HB_TRY(take_list(at, "from", raw->from, 3, 0, 65535,
                   (uint32_t *const[]){&layer->slice_c, &layer->slice_y, &layer->slice_x}));
  if (raw->out_channels != NULL) {
    HB_TRY(in_range(at, "out_channels", *raw->out_channels, 1, 65535));
    layer->out_c = *raw->out_channels;
  } else if (layer->op == HB_OP_SLICE) {
    layer->out_c = layer->in_c - (layer->slice_c < layer->in_c ? layer->slice_c : 0u);
  }
  return HB_OK;
}

/* The earlier layer whose constants this one has. */
static hb_status_t take_constants(const place_t *at, const raw_layer_t *raw, hb_layer_t *layer) {
  if (raw->constants_of[0] == '\0') {
    return HB_OK;
  }
  hb_yaml_at(at->yaml, "layers[%u].constants_of", at->index);
  uint32_t other = 0;
  while (other < at->index && strcmp(at->model->layers[other].name, raw->constants_of) != 0) {
    other++;
  }
  if (other == at->index) {
    return hb_yaml_fail(at->yaml, at->error, "expected an earlier layer, got %s",
                        raw->constants_of);
  }
  if (!hb_layer_same(&at->model->layers[other], layer)) {
    return hb_yaml_fail(at->yaml, at->error,
                        "%s differs in more than its inputs: operator, shapes, types, scales, zero "
                        "points and clip must be the same",
                        raw->constants_of);
  }
  const uint32_t owner = at->model->layers[other].constants;
  layer->constants = owner != 0 ? owner : other + 1u;
  return HB_OK;
}

static hb_status_t take_layer(const place_t *at, const raw_layer_t *raw, bool chained,
                              hb_layer_t *layer) {
  memset(layer, 0, sizeof(*layer));
  hb_yaml_at(at->yaml, "layers[%u].name", at->index);
  hb_yaml_position(at->yaml, &layer->line, &layer->column);
  HB_TRY(hb_yaml_name(at->yaml, raw->name, at->error));
  if (strcmp(raw->name, "input") == 0) {
    return hb_yaml_fail(at->yaml, at->error, "`input` names the model's input");
  }
  snprintf(layer->name, sizeof(layer->name), "%s", raw->name);
  layer->op = (hb_op_t)raw->op;
  HB_TRY(check_keys(at, raw));
  HB_TRY(take_inputs(at, raw, layer));
  const uint32_t inputs[] = {layer->input, layer->input2};
  for (uint32_t i = 0; i < 2u; i++) {
    const hb_layer_t *from = producer(at, inputs[i]);
    if (from != NULL && from->raw_out) {
      hb_yaml_at(at->yaml, "layers[%u].y_type", inputs[i]);
      return hb_yaml_fail(at->yaml, at->error, "int32 output is for the last layer only");
    }
  }
  HB_TRY(take_shape(at, raw, chained, layer));
  HB_TRY(take_operator(at, raw, layer));
  HB_TRY(take_window(at, raw, layer));
  if (raw->out_channels == NULL && layer->op != HB_OP_SLICE) {
    layer->out_c = hb_layer_out_c(layer);
  }
  HB_TRY(take_scales(at, raw, layer));
  HB_TRY(take_numbers(at, raw, layer));
  char why[200];
  if (hb_layer_check(layer, why, sizeof(why)) != HB_OK) {
    hb_yaml_at(at->yaml, "layers[%u]", at->index);
    return hb_yaml_fail(at->yaml, at->error, "%s", why);
  }
  return take_constants(at, raw, layer);
}

/* Index of the layer of that name; num_layers: there is none. */
static uint32_t find_layer(const hb_model_t *model, const char *name) {
  uint32_t i = 0;
  while (i < model->num_layers && strcmp(model->layers[i].name, name) != 0) {
    i++;
  }
  return i;
}

static bool reads(const hb_model_t *model, uint32_t layer, uint32_t tensor) {
  return hb_model_source(model, layer, false) == tensor ||
         hb_model_source(model, layer, true) == tensor;
}

/* Whether a layer that reads the tensor may write its output over it: it looks at each value once,
 * where it is. */
static bool may_overwrite(const hb_model_t *model, uint32_t index, uint32_t tensor) {
  const hb_layer_t *layer = &model->layers[index], *from = &model->layers[tensor];
  if (layer->op != HB_OP_ADD && layer->op != HB_OP_SUB && layer->op != HB_OP_MUL &&
      layer->op != HB_OP_UNARY && layer->op != HB_OP_REQUANTISE) {
    return false;
  }
  const bool first = hb_model_source(model, index, false) == tensor;
  const bool second = hb_model_source(model, index, true) == tensor;
  const bool whole_first = layer->in_c == from->out_c && layer->in_h == hb_layer_out_h(from) &&
                           layer->in_w == hb_layer_out_w(from);
  const bool whole_second =
      layer->in2_c == layer->in_c && layer->in2_h == layer->in_h && layer->in2_w == layer->in_w;
  return (!first || whole_first) && (!second || whole_second);
}

/* What hb_block_t asks for, so that the block's output can lie where its input does. */
static hb_status_t check_block(hb_yaml_t *yaml, const hb_model_t *model, const hb_block_t *block,
                               hb_config_error_t *error) {
  const uint32_t input = hb_model_source(model, block->first, false);
  const hb_layer_t *first = &model->layers[block->first], *last = &model->layers[block->last];
  if (input == HB_LAYER_NO_INPUT) {
    return hb_yaml_fail(
        yaml, error, "%s reads the model's input, which nothing may be written over", first->name);
  }
  const hb_layer_t *from = &model->layers[input];
  const uint32_t h = hb_layer_out_h(from), w = hb_layer_out_w(from);
  const uint32_t last_h = hb_layer_out_h(last), last_w = hb_layer_out_w(last);
  if (from->out_c != last->out_c || h != last_h || w != last_w) {
    return hb_yaml_fail(yaml, error,
                        "a skipped block leaves its input: %s leaves [%u, %u, %u], %s [%u, %u, %u]",
                        from->name, from->out_c, h, w, last->name, last->out_c, last_h, last_w);
  }
  if (from->y_signed != last->y_signed || from->y_zp != last->y_zp ||
      from->y_scale != last->y_scale || last->raw_out) {
    return hb_yaml_fail(yaml, error,
                        "a skipped block leaves its input: type, zero point and scale of %s and %s "
                        "must be the same",
                        from->name, last->name);
  }
  if (reads(model, block->last, input) && !may_overwrite(model, block->last, input)) {
    return hb_yaml_fail(yaml, error,
                        "%s cannot write over %s while it reads it; the last layer is an add, sub, "
                        "mul, unary or requantise of the same shape, or reads something else",
                        last->name, from->name);
  }
  for (uint32_t i = block->last + 1u; i < model->num_layers; i++) {
    if (reads(model, i, input)) {
      return hb_yaml_fail(yaml, error, "%s reads %s, which the block overwrites",
                          model->layers[i].name, from->name);
    }
    for (uint32_t inside = block->first; inside < block->last; inside++) {
      if (reads(model, i, inside)) {
        return hb_yaml_fail(yaml, error, "%s reads %s, which is not there if the block is skipped",
                            model->layers[i].name, model->layers[inside].name);
      }
    }
  }
  return HB_OK;
}

static hb_status_t take_block(hb_yaml_t *yaml, const raw_model_t *raw, uint32_t index,
                              hb_model_t *model, hb_config_error_t *error) {
  const raw_block_t *from = &raw->blocks[index];
  hb_block_t *block = &model->blocks[index];
  hb_yaml_at(yaml, "blocks[%u].name", index);
  HB_TRY(hb_yaml_name(yaml, from->name, error));
  for (uint32_t i = 0; i < index; i++) {
    if (strcmp(model->blocks[i].name, from->name) == 0) {
      return hb_yaml_fail(yaml, error, "another block is named %s already", from->name);
    }
  }
  snprintf(block->name, sizeof(block->name), "%s", from->name);
  uint32_t *const ends[] = {&block->first, &block->last};
  for (uint32_t i = 0; i < 2u; i++) {
    hb_yaml_at(yaml, "blocks[%u].layers[%u]", index, i);
    *ends[i] = find_layer(model, from->layers[i]);
    if (*ends[i] == model->num_layers) {
      return hb_yaml_fail(yaml, error, "no layer is named %s", from->layers[i]);
    }
  }
  if (block->last < block->first) {
    return hb_yaml_fail(yaml, error, "%s comes before %s", from->layers[1], from->layers[0]);
  }
  hb_yaml_at(yaml, "blocks[%u].layers", index);
  if (index > 0 && block->first <= model->blocks[index - 1u].last) {
    return hb_yaml_fail(yaml, error, "expected layers behind those of block %s",
                        model->blocks[index - 1u].name);
  }
  HB_TRY(check_block(yaml, model, block, error));
  uint64_t ppm = 0;
  hb_yaml_at(yaml, "blocks[%u].skip_probability", index);
  HB_TRY(hb_yaml_decimal(yaml, from->skip_probability, 6, 0, 1000000, &ppm, error));
  block->skip_ppm = (uint32_t)ppm;
  return HB_OK;
}

static hb_status_t take_exit(hb_yaml_t *yaml, const raw_model_t *raw, uint32_t index,
                             hb_model_t *model, hb_config_error_t *error) {
  const raw_exit_t *from = &raw->exits[index];
  hb_exit_t *exit = &model->exits[index];
  hb_yaml_at(yaml, "exits[%u].after", index);
  exit->after = find_layer(model, from->after);
  if (exit->after == model->num_layers) {
    return hb_yaml_fail(yaml, error, "no layer is named %s", from->after);
  }
  if (exit->after + 1u == model->num_layers) {
    return hb_yaml_fail(yaml, error, "%s is the last layer: there is nothing to leave out",
                        from->after);
  }
  if (index > 0 && exit->after <= model->exits[index - 1u].after) {
    return hb_yaml_fail(yaml, error, "expected a layer behind %s, the exit before",
                        raw->exits[index - 1u].after);
  }
  for (uint32_t i = 0; i < model->num_blocks; i++) {
    if (exit->after >= model->blocks[i].first && exit->after <= model->blocks[i].last) {
      return hb_yaml_fail(yaml, error, "%s is in block %s, which may be skipped", from->after,
                          model->blocks[i].name);
    }
  }
  uint64_t ppm = 0;
  hb_yaml_at(yaml, "exits[%u].probability", index);
  HB_TRY(hb_yaml_decimal(yaml, from->probability, 6, 0, 1000000, &ppm, error));
  exit->ppm = (uint32_t)ppm;
  return HB_OK;
}

/* Blocks that frames skip, exits where they leave: known layers. */
static hb_status_t take_paths(hb_yaml_t *yaml, const raw_model_t *raw, hb_model_t *model,
                              hb_config_error_t *error) {
  model->blocks = calloc(raw->blocks_count + 1u, sizeof(*model->blocks));
  model->exits = calloc(raw->exits_count + 1u, sizeof(*model->exits));
  if (model->blocks == NULL || model->exits == NULL) {
    return HB_ERR_NOMEM;
  }
  if (raw->blocks_count + raw->exits_count > HB_IMAGE_MAX_PATH_BITS) {
    hb_yaml_at(yaml, "exits");
    return hb_yaml_fail(yaml, error, "%u blocks and %u exits: a frame's path has %d bits",
                        raw->blocks_count, raw->exits_count, HB_IMAGE_MAX_PATH_BITS);
  }
  for (uint32_t i = 0; i < raw->blocks_count; i++) {
    HB_TRY(take_block(yaml, raw, i, model, error));
    model->num_blocks = i + 1u;
  }
  for (uint32_t i = 0; i < raw->exits_count; i++) {
    HB_TRY(take_exit(yaml, raw, i, model, error));
    model->num_exits = i + 1u;
  }
  return HB_OK;
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
    const place_t at = {.yaml = yaml, .error = error, .model = model, .index = i};
    HB_TRY(take_layer(&at, &raw->layers[i], chained, &model->layers[i]));
    for (uint32_t j = 0; j < i; j++) {
      if (strcmp(model->layers[j].name, model->layers[i].name) == 0) {
        hb_yaml_at(yaml, "layers[%u].name", i);
        return hb_yaml_fail(yaml, error, "another layer is named %s already",
                            model->layers[i].name);
      }
    }
  }
  return take_paths(yaml, raw, model, error);
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
