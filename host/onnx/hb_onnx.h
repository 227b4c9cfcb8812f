/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Reads ONNX files: models (ModelProto) and tensors (TensorProto, the .pb files of ONNX test data).
 *
 * Messages are protobuf-c's, generated at build time from Debian's onnx.proto; its comments say
 * what each field means. What this unit adds: files, checks, and tensors as plain arrays.
 *
 * Every function that fails leaves its output untouched and one line in `error`, and returns:
 *   HB_ERR_IO      the file cannot be read
 *   HB_ERR_FORMAT  it is not what ONNX allows there
 *   HB_ERR_INPUT   valid ONNX that is not supported (element type, external data, too large)
 *   HB_ERR_NOMEM   out of memory
 */

#ifndef HB_ONNX_H_
#define HB_ONNX_H_

#include <stddef.h>
#include <stdint.h>

#include "hilbert/hb_status.h"
#include "onnx.pb-c.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { HB_ONNX_MAX_DIMS = 8 };

typedef struct hb_onnx_error {
  char text[1024]; /* "file: reason"; longer paths are cut */
} hb_onnx_error_t;

/** Element types that are read; the numbers are ONNX's. */
typedef enum hb_onnx_type {
  HB_ONNX_FLOAT = 1,
  HB_ONNX_UINT8 = 2,
  HB_ONNX_INT8 = 3,
  HB_ONNX_INT32 = 6,
  HB_ONNX_INT64 = 7,
} hb_onnx_type_t;

/** A tensor in row-major order. A scalar has no dimension and one element. */
typedef struct hb_onnx_tensor {
  hb_onnx_type_t type;
  uint32_t num_dims;
  uint32_t dims[HB_ONNX_MAX_DIMS];
  size_t num_elements; /* product of dims, at most 2^28 */
  void *data;          /* owned; elements in host byte order, aligned for any type */
} hb_onnx_tensor_t;

void hb_onnx_tensor_release(hb_onnx_tensor_t *tensor);

/** Element `i` of an integer tensor of any type; it is not float. */
int64_t hb_onnx_tensor_int(const hb_onnx_tensor_t *tensor, size_t i);

/**
 * Reads a model. It has a graph; every node has an operator; every attribute has a name.
 * hb_onnx_model_free() frees it.
 */
HB_MUST_USE hb_status_t hb_onnx_load_model(const char *path, Onnx__ModelProto **model_out,
                                           hb_onnx_error_t *error);
void hb_onnx_model_free(Onnx__ModelProto *model);

HB_MUST_USE hb_status_t hb_onnx_load_tensor(const char *path, hb_onnx_tensor_t *tensor_out,
                                            hb_onnx_error_t *error);

/** Unpacks a tensor found inside a model: initialiser or attribute. `where` starts the error line.
 */
HB_MUST_USE hb_status_t hb_onnx_unpack_tensor(const Onnx__TensorProto *proto, const char *where,
                                              hb_onnx_tensor_t *tensor_out, hb_onnx_error_t *error);

/** The graph's initialiser `name`, or NULL. */
const Onnx__TensorProto *hb_onnx_initialiser(const Onnx__GraphProto *graph, const char *name);

/** The node's attribute `name`, or NULL. */
const Onnx__AttributeProto *hb_onnx_attribute(const Onnx__NodeProto *node, const char *name);

/**
 * Attributes by type; an absent one leaves the caller's value, which is the operator's default.
 * @retval HB_ERR_FORMAT the attribute has another type, or not `num` integers.
 */
HB_MUST_USE hb_status_t hb_onnx_get_int(const Onnx__NodeProto *node, const char *name,
                                        int64_t *value, hb_onnx_error_t *error);
HB_MUST_USE hb_status_t hb_onnx_get_float(const Onnx__NodeProto *node, const char *name,
                                          float *value, hb_onnx_error_t *error);
HB_MUST_USE hb_status_t hb_onnx_get_ints(const Onnx__NodeProto *node, const char *name, size_t num,
                                         int64_t *values, hb_onnx_error_t *error);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_ONNX_H_ */
