/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * What a cost model provides to hb_cost.c, which lists them.
 */

#ifndef HB_COST_KIND_H_
#define HB_COST_KIND_H_

#include "hb_cost.h"
#include "hb_layers.h"

typedef struct hb_cost_kind {
  const char *name;
  /** Makes `*self_out`, which free() below takes. */
  hb_status_t (*create)(const hb_suite_t *suite, void **self_out, hb_config_error_t *error);
  void (*free)(void *self);
  /** As hb_cost_of(). */
  hb_status_t (*network)(void *self, const hb_cost_question_t *question, hb_cost_t *cost_out,
                         hb_config_error_t *error);
} hb_cost_kind_t;

extern const hb_cost_kind_t hb_cost_table, hb_cost_maestro, hb_cost_roofline, hb_cost_systolic;

/** Writes "file:line:column: parts[0]: message" about the part asked for. Returns HB_ERR_INPUT. */
__attribute__((format(printf, 3, 4))) hb_status_t hb_cost_bad_part(
    const hb_cost_question_t *question, hb_config_error_t *error, const char *format, ...);

/** Likewise "file:line:column: model: message" about the model in the table of loads. */
__attribute__((format(printf, 3, 4))) hb_status_t hb_cost_bad_model(
    const hb_cost_question_t *question, hb_config_error_t *error, const char *format, ...);

/** Writes that the suite lacks a key, and what for. Returns HB_ERR_INPUT. */
hb_status_t hb_cost_missing_key(const hb_suite_t *suite, const char *key, const char *what_for,
                                hb_config_error_t *error);

/** Loads the layer list of the model asked for; the suite has the key `layers`. */
HB_MUST_USE hb_status_t hb_cost_load_layers(const hb_cost_question_t *question,
                                            hb_layers_t *layers_out, hb_config_error_t *error);

#endif /* HB_COST_KIND_H_ */
