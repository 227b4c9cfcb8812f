/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_onnx.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ELEMENTS ((uint64_t)1 << 28)
#define MAX_FILE_BYTES ((size_t)1 << 31) /* protobuf's own limit */

#define TYPE(name_) ONNX__TENSOR_PROTO__DATA_TYPE__##name_
#define ATTRIBUTE(name_) ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__##name_

__attribute__((format(printf, 3, 4))) static hb_status_t fail(hb_onnx_error_t *error,
                                                              hb_status_t status,
                                                              const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(error->text, sizeof(error->text), format, args);
  va_end(args);
  return status;
}

static hb_status_t read_file(const char *path, uint8_t **bytes_out, size_t *len_out,
                             hb_onnx_error_t *error) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    return fail(error, HB_ERR_IO, "%s: %s", path, strerror(errno));
  }
  uint8_t *bytes = NULL;
  size_t len = 0, room = 0;
  hb_status_t status = HB_OK;
  do {
    if (len == room) {
      room = room ? room * 2u : 4096u;
      uint8_t *more = room <= MAX_FILE_BYTES ? realloc(bytes, room) : NULL;
      if (more == NULL) {
        status = fail(error, HB_ERR_NOMEM, "%s: too large for memory (2 GiB at most)", path);
        break;
      }
      bytes = more;
    }
    len += fread(bytes + len, 1, room - len, file);
  } while (!feof(file) && !ferror(file));
  if (status == HB_OK && ferror(file)) {
    status = fail(error, HB_ERR_IO, "%s: %s", path, strerror(errno));
  }
  fclose(file);
  if (status != HB_OK) {
    free(bytes);
    return status;
  }
  *bytes_out = bytes;
  *len_out = len;
  return HB_OK;
}

/* ------------------------------------------------------------------------------------- tensors */

void hb_onnx_tensor_release(hb_onnx_tensor_t *tensor) {
  free(tensor->data);
  *tensor = (hb_onnx_tensor_t){0};
}

static size_t element_bytes(int32_t type) {
  switch (type) {
    case TYPE(UINT8):
    case TYPE(INT8):
      return 1;
    case TYPE(FLOAT):
    case TYPE(INT32):
      return 4;
    case TYPE(INT64):
      return 8;
    default:
      return 0;
  }
}

static const char *type_name(int32_t type) {
  const ProtobufCEnumValue *value =
      protobuf_c_enum_descriptor_get_value(&onnx__tensor_proto__data_type__descriptor, type);
  return value ? value->name : "of unknown number";
}

static hb_status_t read_dims(const Onnx__TensorProto *proto, const char *where,
                             hb_onnx_tensor_t *tensor, hb_onnx_error_t *error) {
  if (proto->n_dims > HB_ONNX_MAX_DIMS) {
    return fail(error, HB_ERR_INPUT, "%s: %zu dimensions: at most %d are supported", where,
                proto->n_dims, HB_ONNX_MAX_DIMS);
  }
  uint64_t elements = 1;
  for (size_t i = 0; i < proto->n_dims; ++i) {
    const int64_t dim = proto->dims[i];
    if (dim < 0) {
      return fail(error, HB_ERR_FORMAT, "%s: dimension %zu is %lld: expected 0 or more", where, i,
                  (long long)dim);
    }
    if ((uint64_t)dim > MAX_ELEMENTS || elements * (uint64_t)dim > MAX_ELEMENTS) {
      return fail(error, HB_ERR_INPUT, "%s: more than 2^28 elements", where);
    }
    elements *= (uint64_t)dim;
    tensor->dims[i] = (uint32_t)dim;
  }
  tensor->num_dims = (uint32_t)proto->n_dims;
  tensor->num_elements = (size_t)elements;
  return HB_OK;
}

/* Elements present in the typed field that holds this type. */
static size_t typed_elements(const Onnx__TensorProto *proto) {
  switch (proto->data_type) {
    case TYPE(FLOAT):
      return proto->n_float_data;
    case TYPE(INT64):
      return proto->n_int64_data;
    default:
      return proto->n_int32_data;
  }
}

static hb_status_t copy_typed(const Onnx__TensorProto *proto, const char *where,
                              hb_onnx_tensor_t *tensor, hb_onnx_error_t *error) {
  for (size_t i = 0; i < tensor->num_elements; ++i) {
    if (proto->data_type == TYPE(FLOAT)) {
      ((float *)tensor->data)[i] = proto->float_data[i];
    } else if (proto->data_type == TYPE(INT64)) {
      ((int64_t *)tensor->data)[i] = proto->int64_data[i];
    } else if (proto->data_type == TYPE(INT32)) {
      ((int32_t *)tensor->data)[i] = proto->int32_data[i];
    } else {
      const int32_t value = proto->int32_data[i];
      const int32_t min = proto->data_type == TYPE(INT8) ? INT8_MIN : 0;
      if (value < min || value > min + UINT8_MAX) {
        return fail(error, HB_ERR_FORMAT, "%s: element %zu is %d: expected %d to %d", where, i,
                    value, min, min + UINT8_MAX);
      }
      ((uint8_t *)tensor->data)[i] = (uint8_t)value;
    }
  }
  return HB_OK;
}

hb_status_t hb_onnx_unpack_tensor(const Onnx__TensorProto *proto, const char *where,
                                  hb_onnx_tensor_t *tensor_out, hb_onnx_error_t *error) {
  const size_t size = element_bytes(proto->data_type);
  if (!proto->has_data_type || proto->data_type == TYPE(UNDEFINED)) {
    return fail(error, HB_ERR_FORMAT, "%s: a tensor without an element type", where);
  }
  if (size == 0) {
    return fail(error, HB_ERR_INPUT,
                "%s: element type %d (%s) is not supported: expected float, uint8, int8, int32 or "
                "int64",
                where, proto->data_type, type_name(proto->data_type));
  }
  if (proto->n_external_data != 0 ||
      (proto->has_data_location &&
       proto->data_location != ONNX__TENSOR_PROTO__DATA_LOCATION__DEFAULT) ||
      proto->segment != NULL) {
    return fail(error, HB_ERR_INPUT, "%s: data outside the file is not supported", where);
  }
  hb_onnx_tensor_t tensor = {.type = (hb_onnx_type_t)proto->data_type};
  HB_TRY(read_dims(proto, where, &tensor, error));
  const size_t have = proto->has_raw_data ? proto->raw_data.len : typed_elements(proto);
  const size_t need = tensor.num_elements * (proto->has_raw_data ? size : 1u);
  if (have != need) {
    return fail(error, HB_ERR_FORMAT, "%s: %zu %s of data: its dimensions ask for %zu", where, have,
                proto->has_raw_data ? "bytes" : "elements", need);
  }
  tensor.data = calloc(tensor.num_elements ? tensor.num_elements : 1u, size);
  if (tensor.data == NULL) {
    return fail(error, HB_ERR_NOMEM, "%s: out of memory", where);
  }
  if (!proto->has_raw_data) {
    const hb_status_t status = copy_typed(proto, where, &tensor, error);
    if (status != HB_OK) {
      free(tensor.data);
      return status;
    }
  } else if (need != 0) {
    memcpy(tensor.data, proto->raw_data.data, need); /* little endian, as our hosts are */
  }
  *tensor_out = tensor;
  return HB_OK;
}

int64_t hb_onnx_tensor_int(const hb_onnx_tensor_t *tensor, size_t i) {
  switch (tensor->type) {
    case HB_ONNX_UINT8:
      return ((const uint8_t *)tensor->data)[i];
    case HB_ONNX_INT8:
      return ((const int8_t *)tensor->data)[i];
    case HB_ONNX_INT32:
      return ((const int32_t *)tensor->data)[i];
    default:
      return ((const int64_t *)tensor->data)[i];
  }
}

hb_status_t hb_onnx_load_tensor(const char *path, hb_onnx_tensor_t *tensor_out,
                                hb_onnx_error_t *error) {
  uint8_t *bytes = NULL;
  size_t len = 0;
  HB_TRY(read_file(path, &bytes, &len, error));
  Onnx__TensorProto *proto = onnx__tensor_proto__unpack(NULL, len, bytes);
  free(bytes);
  if (proto == NULL) {
    return fail(error, HB_ERR_FORMAT, "%s: not an ONNX tensor (TensorProto)", path);
  }
  const hb_status_t status = hb_onnx_unpack_tensor(proto, path, tensor_out, error);
  onnx__tensor_proto__free_unpacked(proto, NULL);
  return status;
}

/* -------------------------------------------------------------------------------------- models */

static hb_status_t check_model(const Onnx__ModelProto *model, const char *path,
                               hb_onnx_error_t *error) {
  if (model->graph == NULL) {
    return fail(error, HB_ERR_FORMAT, "%s: a model without a graph", path);
  }
  const Onnx__GraphProto *graph = model->graph;
  for (size_t i = 0; i < graph->n_input; ++i) {
    if (graph->input[i]->name == NULL) {
      return fail(error, HB_ERR_FORMAT, "%s: graph input %zu has no name", path, i);
    }
  }
  for (size_t i = 0; i < graph->n_node; ++i) {
    const Onnx__NodeProto *node = graph->node[i];
    if (node->op_type == NULL || node->op_type[0] == '\0') {
      return fail(error, HB_ERR_FORMAT, "%s: node %zu has no operator (op_type)", path, i);
    }
    for (size_t a = 0; a < node->n_attribute; ++a) {
      if (node->attribute[a]->name == NULL) {
        return fail(error, HB_ERR_FORMAT, "%s: node %zu (%s): attribute %zu has no name", path, i,
                    node->op_type, a);
      }
    }
  }
  return HB_OK;
}

hb_status_t hb_onnx_load_model(const char *path, Onnx__ModelProto **model_out,
                               hb_onnx_error_t *error) {
  uint8_t *bytes = NULL;
  size_t len = 0;
  HB_TRY(read_file(path, &bytes, &len, error));
  Onnx__ModelProto *model = onnx__model_proto__unpack(NULL, len, bytes);
  free(bytes);
  if (model == NULL) {
    return fail(error, HB_ERR_FORMAT, "%s: not an ONNX model (ModelProto)", path);
  }
  const hb_status_t status = check_model(model, path, error);
  if (status != HB_OK) {
    hb_onnx_model_free(model);
    return status;
  }
  *model_out = model;
  return HB_OK;
}

void hb_onnx_model_free(Onnx__ModelProto *model) {
  onnx__model_proto__free_unpacked(model, NULL);
}

const Onnx__TensorProto *hb_onnx_initialiser(const Onnx__GraphProto *graph, const char *name) {
  for (size_t i = 0; i < graph->n_initializer; ++i) {
    const char *have = graph->initializer[i]->name;
    if (have != NULL && strcmp(have, name) == 0) {
      return graph->initializer[i];
    }
  }
  return NULL;
}

const Onnx__AttributeProto *hb_onnx_attribute(const Onnx__NodeProto *node, const char *name) {
  for (size_t i = 0; i < node->n_attribute; ++i) {
    if (strcmp(node->attribute[i]->name, name) == 0) {
      return node->attribute[i];
    }
  }
  return NULL;
}

hb_status_t hb_onnx_get_int(const Onnx__NodeProto *node, const char *name, int64_t *value,
                            hb_onnx_error_t *error) {
  const Onnx__AttributeProto *attribute = hb_onnx_attribute(node, name);
  if (attribute == NULL) {
    return HB_OK;
  }
  if (attribute->type != ATTRIBUTE(INT)) {
    return fail(error, HB_ERR_FORMAT, "%s: %s: expected an integer", node->op_type, name);
  }
  *value = attribute->i;
  return HB_OK;
}

hb_status_t hb_onnx_get_float(const Onnx__NodeProto *node, const char *name, float *value,
                              hb_onnx_error_t *error) {
  const Onnx__AttributeProto *attribute = hb_onnx_attribute(node, name);
  if (attribute == NULL) {
    return HB_OK;
  }
  if (attribute->type != ATTRIBUTE(FLOAT)) {
    return fail(error, HB_ERR_FORMAT, "%s: %s: expected a float", node->op_type, name);
  }
  *value = attribute->f;
  return HB_OK;
}

hb_status_t hb_onnx_get_ints(const Onnx__NodeProto *node, const char *name, size_t num,
                             int64_t *values, hb_onnx_error_t *error) {
  const Onnx__AttributeProto *attribute = hb_onnx_attribute(node, name);
  if (attribute == NULL) {
    return HB_OK;
  }
  if (attribute->type != ATTRIBUTE(INTS) || attribute->n_ints != num) {
    return fail(error, HB_ERR_FORMAT, "%s: %s: expected %zu integers", node->op_type, name, num);
  }
  memcpy(values, attribute->ints, num * sizeof(*values));
  return HB_OK;
}
