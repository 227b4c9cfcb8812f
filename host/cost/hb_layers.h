/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Layer lists as files: columns idx, layer, op, N, K, C, Y, X, R, S. A layer is a convolution of
 * stride 1 with K outputs, C inputs, an input of Y x X and a kernel of R x S.
 */

#ifndef HB_LAYERS_H_
#define HB_LAYERS_H_

#include "hb_config.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hb_layer_dims {
  char name[HB_NAME_MAX];
  uint32_t k, c, y, x, r, s; /* 1 .. 65535 */
  uint32_t line, column;     /* of its name in the file */
} hb_layer_dims_t;

typedef struct hb_layers {
  char path[HB_PATH_MAX_BYTES];
  char model[HB_NAME_MAX];
  uint32_t num_layers; /* at least 1 */
  hb_layer_dims_t *layers;
} hb_layers_t;

/**
 * Loads `folder`/`model`.csv.
 * @retval HB_ERR_IO, HB_ERR_INPUT, HB_ERR_NOMEM
 */
HB_MUST_USE hb_status_t hb_layers_load(const char *folder, const char *model,
                                       hb_layers_t *layers_out, hb_config_error_t *error);
void hb_layers_release(hb_layers_t *layers);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_LAYERS_H_ */
