/* SPDX-License-Identifier: Apache-2.0 */

/* reader_test DATA/node: hb_onnx on real files, on every truncation of them, and on files made
 * wrong. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hb_onnx.h"

#define FILE_NAME "onnx_reader_test.pb"

static const char *g_data;

static void put_file(const void *bytes, size_t len) {
  FILE *file = fopen(FILE_NAME, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, len, file), len);
  assert_int_equal(fclose(file), 0);
}

static void put_message(const ProtobufCMessage *message) {
  const size_t len = protobuf_c_message_get_packed_size(message);
  uint8_t *bytes = malloc(len + 1u);
  protobuf_c_message_pack(message, bytes);
  put_file(bytes, len);
  free(bytes);
}

/* A tensor that is right: int8, 2 x 3, typed data. */
static int64_t g_dims[9] = {2, 3};
static int32_t g_values[6] = {-128, -1, 0, 1, 2, 127};
static Onnx__TensorProto good_tensor(void) {
  Onnx__TensorProto t = ONNX__TENSOR_PROTO__INIT;
  g_dims[0] = 2;
  g_dims[1] = 3;
  g_values[5] = 127;
  t.n_dims = 2;
  t.dims = g_dims;
  t.has_data_type = 1;
  t.data_type = ONNX__TENSOR_PROTO__DATA_TYPE__INT8;
  t.n_int32_data = 6;
  t.int32_data = g_values;
  return t;
}

static void refuses_tensor(const Onnx__TensorProto *proto, hb_status_t status, const char *what) {
  hb_onnx_error_t error = {""};
  hb_onnx_tensor_t tensor = {.num_elements = 77};
  put_message(&proto->base);
  assert_int_equal(hb_onnx_load_tensor(FILE_NAME, &tensor, &error), status);
  assert_int_equal(tensor.num_elements, 77); /* untouched */
  assert_memory_equal(error.text, FILE_NAME ": ", strlen(FILE_NAME ": "));
  if (strstr(error.text, what) == NULL) {
    fail_msg("\"%s\" does not say \"%s\"", error.text, what);
  }
}

static void tensors_bad(void **state) {
  (void)state;
  Onnx__TensorProto t = good_tensor();
  t.has_data_type = 0;
  refuses_tensor(&t, HB_ERR_FORMAT, "without an element type");
  t = good_tensor();
  t.data_type = ONNX__TENSOR_PROTO__DATA_TYPE__STRING;
  refuses_tensor(&t, HB_ERR_INPUT, "element type 8 (STRING) is not supported");
  t = good_tensor();
  t.data_type = 12345;
  refuses_tensor(&t, HB_ERR_INPUT, "of unknown number");
  t = good_tensor();
  g_dims[1] = -3;
  refuses_tensor(&t, HB_ERR_FORMAT, "dimension 1 is -3");
  t = good_tensor();
  g_dims[0] = g_dims[1] = (int64_t)1 << 32; /* the product is 0 in 64 bits */
  refuses_tensor(&t, HB_ERR_INPUT, "more than 2^28 elements");
  t = good_tensor();
  t.n_dims = 9;
  refuses_tensor(&t, HB_ERR_INPUT, "9 dimensions: at most 8");
  t = good_tensor();
  t.n_int32_data = 5;
  refuses_tensor(&t, HB_ERR_FORMAT, "5 elements of data: its dimensions ask for 6");
  t = good_tensor();
  g_values[5] = 128;
  refuses_tensor(&t, HB_ERR_FORMAT, "element 5 is 128: expected -128 to 127");
  t = good_tensor();
  t.data_type = ONNX__TENSOR_PROTO__DATA_TYPE__UINT8;
  refuses_tensor(&t, HB_ERR_FORMAT, "element 0 is -128: expected 0 to 255");
  t = good_tensor();
  t.has_raw_data = 1;
  t.raw_data = (ProtobufCBinaryData){7, (uint8_t[7]){0}};
  refuses_tensor(&t, HB_ERR_FORMAT, "7 bytes of data: its dimensions ask for 6");
  t = good_tensor();
  t.has_data_location = 1;
  t.data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
  refuses_tensor(&t, HB_ERR_INPUT, "data outside the file");
}

static void reads_every_type(void **state) {
  (void)state;
  hb_onnx_error_t error;
  hb_onnx_tensor_t tensor;
  Onnx__TensorProto t = good_tensor();
  put_message(&t.base);
  assert_int_equal(hb_onnx_load_tensor(FILE_NAME, &tensor, &error), HB_OK);
  assert_int_equal(tensor.num_dims, 2);
  assert_int_equal(tensor.dims[1], 3);
  for (size_t i = 0; i < 6; ++i) {
    assert_int_equal(hb_onnx_tensor_int(&tensor, i), g_values[i]);
  }
  hb_onnx_tensor_release(&tensor);

  int64_t wide[6] = {INT64_MIN, -1, 0, 1, 2, INT64_MAX};
  t.n_int32_data = 0;
  t.data_type = ONNX__TENSOR_PROTO__DATA_TYPE__INT64;
  t.n_int64_data = 6;
  t.int64_data = wide;
  put_message(&t.base);
  assert_int_equal(hb_onnx_load_tensor(FILE_NAME, &tensor, &error), HB_OK);
  assert_memory_equal(tensor.data, wide, sizeof(wide));
  hb_onnx_tensor_release(&tensor);

  float reals[6] = {0.5f, -1.0f, 3e38f, 1e-40f, 0, 2};
  t.data_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
  t.n_float_data = 6;
  t.float_data = reals;
  put_message(&t.base);
  assert_int_equal(hb_onnx_load_tensor(FILE_NAME, &tensor, &error), HB_OK);
  assert_memory_equal(tensor.data, reals, sizeof(reals));
  hb_onnx_tensor_release(&tensor);

  uint8_t raw[24];
  for (uint8_t i = 0; i < 24; ++i) {
    raw[i] = (uint8_t)(i * 37u + 200u);
  }
  t.data_type = ONNX__TENSOR_PROTO__DATA_TYPE__INT32;
  t.has_raw_data = 1;
  t.raw_data = (ProtobufCBinaryData){24, raw};
  put_message(&t.base);
  assert_int_equal(hb_onnx_load_tensor(FILE_NAME, &tensor, &error), HB_OK);
  int32_t second;
  memcpy(&second, raw + 4, 4);
  assert_int_equal(hb_onnx_tensor_int(&tensor, 1), second);
  hb_onnx_tensor_release(&tensor);
}

static void refuses_model(const ProtobufCMessage *message, const char *what) {
  hb_onnx_error_t error = {""};
  Onnx__ModelProto *model = NULL;
  put_message(message);
  assert_int_equal(hb_onnx_load_model(FILE_NAME, &model, &error), HB_ERR_FORMAT);
  assert_null(model);
  if (strstr(error.text, what) == NULL) {
    fail_msg("\"%s\" does not say \"%s\"", error.text, what);
  }
}

static void models_bad(void **state) {
  (void)state;
  Onnx__ModelProto model = ONNX__MODEL_PROTO__INIT;
  Onnx__GraphProto graph = ONNX__GRAPH_PROTO__INIT;
  Onnx__NodeProto node = ONNX__NODE_PROTO__INIT;
  Onnx__AttributeProto attribute = ONNX__ATTRIBUTE_PROTO__INIT;
  Onnx__ValueInfoProto input = ONNX__VALUE_INFO_PROTO__INIT;
  Onnx__NodeProto *nodes[] = {&node};
  Onnx__AttributeProto *attributes[] = {&attribute};
  Onnx__ValueInfoProto *inputs[] = {&input};
  refuses_model(&model.base, "a model without a graph");
  model.graph = &graph;
  graph.n_node = 1;
  graph.node = nodes;
  refuses_model(&model.base, "node 0 has no operator");
  node.op_type = "Conv";
  node.n_attribute = 1;
  node.attribute = attributes;
  refuses_model(&model.base, "node 0 (Conv): attribute 0 has no name");
  attribute.name = "group";
  graph.n_input = 1;
  graph.input = inputs;
  refuses_model(&model.base, "graph input 0 has no name");

  hb_onnx_error_t error;
  int64_t value = 5, values[2] = {1, 2};
  attribute.has_type = 1;
  attribute.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS;
  attribute.n_ints = 1;
  attribute.ints = &value;
  assert_int_equal(hb_onnx_get_int(&node, "group", &value, &error), HB_ERR_FORMAT);
  assert_string_equal(error.text, "Conv: group: expected an integer");
  assert_int_equal(hb_onnx_get_ints(&node, "group", 2, values, &error), HB_ERR_FORMAT);
  assert_string_equal(error.text, "Conv: group: expected 2 integers");
  assert_int_equal(hb_onnx_get_ints(&node, "pads", 2, values, &error), HB_OK); /* absent */
  assert_int_equal(values[1], 2);
}

static uint8_t *slurp(const char *name, size_t *len) {
  char path[600];
  snprintf(path, sizeof(path), "%s/%s", g_data, name);
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  uint8_t *bytes = malloc(1 << 16);
  *len = fread(bytes, 1, 1 << 16, file);
  fclose(file);
  return bytes;
}

/* Every prefix and every single-byte change is read or refused, never more (run it under sanitize).
 */
static void survives_damage(void **state) {
  (void)state;
  static const char *const kFiles[] = {"test_qlinearconv/model.onnx",
                                       "test_qlinearconv/test_data_set_0/input_0.pb"};
  uint32_t refused = 0;
  for (uint32_t f = 0; f < 2; ++f) {
    size_t len = 0;
    uint8_t *bytes = slurp(kFiles[f], &len);
    for (size_t i = 0; i < 2u * len; ++i) {
      hb_onnx_error_t error;
      const uint8_t kept = bytes[i % len];
      bytes[i % len] = (uint8_t)(i < len ? kept : kept ^ 0x55u);
      put_file(bytes, i < len ? i : len);
      bytes[i % len] = kept;
      if (f == 0) {
        Onnx__ModelProto *model = NULL;
        const hb_status_t status = hb_onnx_load_model(FILE_NAME, &model, &error);
        refused += status != HB_OK;
        if (status == HB_OK) {
          hb_onnx_model_free(model);
        }
      } else {
        hb_onnx_tensor_t tensor;
        const hb_status_t status = hb_onnx_load_tensor(FILE_NAME, &tensor, &error);
        refused += status != HB_OK;
        if (status == HB_OK) {
          hb_onnx_tensor_release(&tensor);
        }
      }
    }
    free(bytes);
  }
  assert_true(refused > 100);
}

static void files_bad(void **state) {
  (void)state;
  hb_onnx_error_t error;
  hb_onnx_tensor_t tensor;
  Onnx__ModelProto *model = NULL;
  assert_int_equal(hb_onnx_load_tensor("no/such.pb", &tensor, &error), HB_ERR_IO);
  assert_string_equal(error.text, "no/such.pb: No such file or directory");
  put_file("\xff\xff\xff\xff", 4);
  assert_int_equal(hb_onnx_load_tensor(FILE_NAME, &tensor, &error), HB_ERR_FORMAT);
  assert_string_equal(error.text, FILE_NAME ": not an ONNX tensor (TensorProto)");
  assert_int_equal(hb_onnx_load_model(FILE_NAME, &model, &error), HB_ERR_FORMAT);
  assert_string_equal(error.text, FILE_NAME ": not an ONNX model (ModelProto)");
  assert_int_equal(hb_onnx_load_model(".", &model, &error), HB_ERR_IO);
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: reader_test DATA/node\n");
    return 2;
  }
  g_data = argv[1];
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_every_type), cmocka_unit_test(tensors_bad),
      cmocka_unit_test(models_bad),       cmocka_unit_test(files_bad),
      cmocka_unit_test(survives_damage),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
