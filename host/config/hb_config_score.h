/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * What suites and scenarios share of scores: the key `score_constants`, and accuracies against
 * targets. Private to host/config/.
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

typedef struct hb_config_accuracy {
  char measured[HB_CONFIG_SCORE_BYTES], target[HB_CONFIG_SCORE_BYTES];
  int better; /* 0 higher, 1 lower */
} hb_config_accuracy_t;

/** Fields `measured`, `target` and `better` of a structure with an hb_config_accuracy_t `member_`.
 */
#define HB_CONFIG_ACCURACY_FIELDS(type_, member_)                                 \
  CYAML_FIELD_STRING("measured", CYAML_FLAG_DEFAULT, type_, member_.measured, 1), \
      CYAML_FIELD_STRING("target", CYAML_FLAG_DEFAULT, type_, member_.target, 1), \
      CYAML_FIELD_ENUM("better", CYAML_FLAG_STRICT, type_, member_.better, HB_CONFIG_BETTER, 2)

extern const cyaml_strval_t HB_CONFIG_BETTER[2];

/**
 * @param at path of the mapping in the file, such as "accuracy[0]".
 * @retval HB_ERR_INPUT out of range, or no decimal.
 */
HB_MUST_USE hb_status_t hb_config_accuracy_take(hb_yaml_t *yaml, const char *at,
                                                const hb_config_accuracy_t *raw,
                                                hb_task_accuracy_t *accuracy_out,
                                                hb_config_error_t *error);

#endif /* HB_CONFIG_SCORE_H_ */
