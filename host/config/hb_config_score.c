/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_config_score.h"

const cyaml_schema_field_t HB_CONFIG_SCORE_FIELDS[] = {
    CYAML_FIELD_STRING("k_per_ms", CYAML_FLAG_OPTIONAL, hb_config_score_t, k_per_ms, 1),
    CYAML_FIELD_STRING("energy_max_mj", CYAML_FLAG_OPTIONAL, hb_config_score_t, energy_max_mj, 1),
    CYAML_FIELD_END,
};

hb_status_t hb_config_score_take(hb_yaml_t *yaml, const hb_config_score_t *raw,
                                 hb_score_constants_t *constants, hb_config_error_t *error) {
  uint64_t value = 0;
  *constants = HB_SCORE_XRBENCH;
  if (raw->k_per_ms[0] != '\0') {
    hb_yaml_at(yaml, "score_constants.k_per_ms");
    HB_TRY(hb_yaml_decimal(yaml, raw->k_per_ms, 6, 0, 1000000000000, &value, error));
    constants->k_per_ms = (double)value / 1e6;
  }
  if (raw->energy_max_mj[0] != '\0') {
    hb_yaml_at(yaml, "score_constants.energy_max_mj");
    HB_TRY(hb_yaml_decimal(yaml, raw->energy_max_mj, 6, 1, 1000000000000000, &value, error));
    constants->energy_max_mj = (double)value / 1e6;
  }
  return HB_OK;
}

const cyaml_strval_t HB_CONFIG_BETTER[2] = {{"higher", 0}, {"lower", 1}};

#define MAX_ACCURACY_MICRO UINT64_C(1000000000000)

hb_status_t hb_config_accuracy_take(hb_yaml_t *yaml, const char *at,
                                    const hb_config_accuracy_t *raw,
                                    hb_task_accuracy_t *accuracy_out, hb_config_error_t *error) {
  uint64_t measured = 0;
  uint64_t target = 0;
  hb_yaml_at(yaml, "%s.measured", at);
  HB_TRY(hb_yaml_decimal(yaml, raw->measured, 6, 1, MAX_ACCURACY_MICRO, &measured, error));
  hb_yaml_at(yaml, "%s.target", at);
  HB_TRY(hb_yaml_decimal(yaml, raw->target, 6, 1, MAX_ACCURACY_MICRO, &target, error));
  *accuracy_out = (hb_task_accuracy_t){.measured = (double)measured / 1e6,
                                       .target = (double)target / 1e6,
                                       .lower_is_better = raw->better == 1};
  return HB_OK;
}
