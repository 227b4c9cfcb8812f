/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_config_score.h"

#include "hb_settings.h"

const cyaml_schema_field_t HB_CONFIG_SCORE_FIELDS[] = {
    CYAML_FIELD_STRING("k_per_ms", CYAML_FLAG_OPTIONAL, hb_config_score_t, k_per_ms, 1),
    CYAML_FIELD_STRING("energy_max_mj", CYAML_FLAG_OPTIONAL, hb_config_score_t, energy_max_mj, 1),
    CYAML_FIELD_END,
};

/* Both in millionths. */
enum { K_PER_MS, ENERGY_MAX_MJ, NUM_KEYS };
static const hb_setting_t KEYS[NUM_KEYS] = {
    [K_PER_MS] = {"k_per_ms", "0 .. 1000000"},
    [ENERGY_MAX_MJ] = {"energy_max_mj", "0.000001 .. 1000000000"},
};
static const uint64_t LEAST[NUM_KEYS] = {[K_PER_MS] = 0, [ENERGY_MAX_MJ] = 1};
static const uint64_t MOST[NUM_KEYS] = {
    [K_PER_MS] = UINT64_C(1000000000000), [ENERGY_MAX_MJ] = UINT64_C(1000000000000000)};

static void put(hb_score_constants_t *constants, uint32_t key, uint64_t value) {
  double *const to[NUM_KEYS] = {
      [K_PER_MS] = &constants->k_per_ms, [ENERGY_MAX_MJ] = &constants->energy_max_mj};
  *to[key] = (double)value / 1e6;
}

hb_status_t hb_config_score_take(hb_yaml_t *yaml, const hb_config_score_t *raw,
                                 hb_score_constants_t *constants, hb_config_error_t *error) {
  const char *const texts[NUM_KEYS] = {
      [K_PER_MS] = raw->k_per_ms, [ENERGY_MAX_MJ] = raw->energy_max_mj};
  *constants = HB_SCORE_XRBENCH;
  for (uint32_t key = 0; key < NUM_KEYS; key++) {
    uint64_t value = 0;
    if (texts[key][0] != '\0') {
      hb_yaml_at(yaml, "score_constants.%s", KEYS[key].name);
      HB_TRY(hb_yaml_decimal(yaml, texts[key], 6, LEAST[key], MOST[key], &value, error));
      put(constants, key, value);
    }
  }
  return HB_OK;
}

static hb_status_t take_setting(void *ctx, uint32_t key, const char *text) {
  uint64_t value = 0;
  HB_TRY(hb_settings_decimal(text, 6, LEAST[key], MOST[key], &value));
  put(ctx, key, value);
  return HB_OK;
}

hb_status_t hb_config_score(const char *text, hb_score_constants_t *constants, char *why,
                            size_t why_len) {
  return hb_settings_take(text, KEYS, NUM_KEYS, "k_per_ms=15", take_setting, constants, why,
                          why_len);
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
