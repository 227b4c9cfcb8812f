/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * How long a network takes on a part of an accelerator, and what energy: cost models behind one
 * interface. host/cost/README.md says what each model is.
 *
 * Life cycle: hb_cost_new() -> hb_cost_of() any number of times -> hb_cost_free().
 */

#ifndef HB_COST_H_
#define HB_COST_H_

#include "hb_config.h"
#include "hb_suite.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hb_cost {
  double latency_ms; /* above 0 */
  double energy_mj;
} hb_cost_t;

/** What is asked: a whole network, all layers one after the other, alone on the part. */
typedef struct hb_cost_question {
  const hb_suite_t *suite;
  const hb_load_task_t *task;
  const hb_accelerator_t *accelerator;
  const hb_part_t *part; /* of the accelerator */
} hb_cost_question_t;

typedef struct hb_cost_model hb_cost_model_t;

/** Names of the models there are; NULL past the end. */
const char *hb_cost_model_name(uint32_t index);

/**
 * @param name one of those names.
 * @retval HB_ERR_INPUT  the suite lacks what the model needs, or that is not valid.
 * @retval HB_ERR_IO, HB_ERR_NOMEM
 */
HB_MUST_USE hb_status_t hb_cost_new(const char *name, const hb_suite_t *suite,
                                    hb_cost_model_t **model_out, hb_config_error_t *error);
void hb_cost_free(hb_cost_model_t *model);

/**
 * @retval HB_ERR_INPUT  the model has no answer; `error` says what is missing and who asks.
 * @retval HB_ERR_NOMEM
 */
HB_MUST_USE hb_status_t hb_cost_of(hb_cost_model_t *model, const hb_cost_question_t *question,
                                   hb_cost_t *cost_out, hb_config_error_t *error);

/**
 * Reads every file that the suite names for costs, whichever model is to use it: cost table,
 * mappings, and the layer list of each model.
 * @retval HB_ERR_IO, HB_ERR_INPUT, HB_ERR_NOMEM
 */
HB_MUST_USE hb_status_t hb_cost_read_all(const hb_suite_t *suite, hb_config_error_t *error);

/**
 * That, and whether they answer what the suite asks: the table all of it, the mappings for the
 * parts of their dataflow.
 */
HB_MUST_USE hb_status_t hb_cost_check(const hb_suite_t *suite, hb_config_error_t *error);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_COST_H_ */
