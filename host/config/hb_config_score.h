/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The key `score_constants`, which suites and scenarios share. Private to host/config/.
 */

#ifndef HB_CONFIG_SCORE_H_
#define HB_CONFIG_SCORE_H_

#include "hb_config.h"
#include "hb_yaml.h"

enum { HB_CONFIG_SCORE_BYTES = 32 };

typedef struct hb_config_score {
  char k_per_ms[HB_CONFIG_SCORE_BYTES], energy_max_mj[HB_CONFIG_SCORE_BYTES]; /* "" if absent */
} hb_config_score_t;

extern const cyaml_schema_field_t HB_CONFIG_SCORE_FIELDS[];

/** XRBench's constants where a key is absent. @retval HB_ERR_INPUT out of range, or no decimal. */
HB_MUST_USE hb_status_t hb_config_score_take(hb_yaml_t *yaml, const hb_config_score_t *raw,
                                             hb_score_constants_t *constants_out,
                                             hb_config_error_t *error);

#endif /* HB_CONFIG_SCORE_H_ */
