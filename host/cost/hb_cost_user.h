/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Cycles of layers on tiles from a CSV file: somebody's own predictions, or a cost table.
 *
 * Columns: model, layer, tile (a tile model's name: ws16), cycles (1 .. 10^15). A row for something
 * that is not there, a second row for the same, and a missing one are errors.
 *
 * Life cycle: hb_cost_user_load() -> hb_cost_user_find() -> hb_cost_user_free().
 */

#ifndef HB_COST_USER_H_
#define HB_COST_USER_H_

#include "hb_config.h"
#include "hb_model.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hb_cost_user hb_cost_user_t;

/** What of a row is not there. */
typedef enum hb_cost_user_unknown {
  HB_COST_USER_KNOWN = 0,
  HB_COST_USER_NO_MODEL,
  HB_COST_USER_NO_LAYER, /* in that model */
  HB_COST_USER_NO_TILE,
} hb_cost_user_unknown_t;

typedef hb_cost_user_unknown_t (*hb_cost_user_check_t)(const void *ctx, const char *model,
                                                       const char *layer, const char *tile);

/**
 * @param check NULL: rows may be of anything.
 * @retval HB_ERR_IO, HB_ERR_INPUT, HB_ERR_NOMEM
 */
HB_MUST_USE hb_status_t hb_cost_user_load(const char *path, hb_cost_user_check_t check,
                                          const void *ctx, hb_cost_user_t **user_out,
                                          hb_config_error_t *error);
void hb_cost_user_free(hb_cost_user_t *user);

/**
 * @param layer of the model.
 * @retval HB_ERR_INPUT there is no such row; `error` points at the layer in its file.
 */
HB_MUST_USE hb_status_t hb_cost_user_find(const hb_cost_user_t *user, const hb_model_t *model,
                                          uint32_t layer, const char *tile, uint64_t *cycles_out,
                                          hb_config_error_t *error);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_COST_USER_H_ */
