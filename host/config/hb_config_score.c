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
