/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * What a cost model provides to hb_cost.c, which lists them.
 */

#ifndef HB_COST_KIND_H_
#define HB_COST_KIND_H_

#include "hb_cost.h"

typedef struct hb_cost_kind {
  const char *name;
  /** Makes `*self_out`, which free() below takes. */
  hb_status_t (*create)(const hb_suite_t *suite, void **self_out, hb_config_error_t *error);
  void (*free)(void *self);
  /** As hb_cost_of(). */
  hb_status_t (*network)(void *self, const hb_cost_question_t *question, hb_cost_t *cost_out,
                         hb_config_error_t *error);
} hb_cost_kind_t;

extern const hb_cost_kind_t hb_cost_table;

/** "(scenarios.csv:3, accelerators/a-4k.yaml)": who asks, for errors. */
const char *hb_cost_asker(const hb_cost_question_t *question, char *text, size_t text_len);

#endif /* HB_COST_KIND_H_ */
