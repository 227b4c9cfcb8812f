/* SPDX-License-Identifier: Apache-2.0 */

/* Parameters of the policy dream as one option. */

#include <string.h>

#include "hb_config.h"
#include "hb_settings.h"

static hb_status_t take_switch(const char *text, bool *value) {
  if (strcmp(text, "on") != 0 && strcmp(text, "off") != 0) {
    return HB_ERR_INPUT;
  }
  *value = strcmp(text, "on") == 0;
  return HB_OK;
}

static const hb_setting_t KEYS[] = {
    {"alpha", "0 .. 2"},
    {"beta", "0 .. 2"},
    {"drop", "on or off"},
    {"drop_window", "1 .. 32"},
    {"drop_max", "0 .. drop_window"},
    {"mapscore", "on or off"},
    {"supernet", "on or off"},
    {"tune", "on or off"},
    {"tune_interval_ms", "0.000000001 .. 1000"},
    {"tune_step", "0.000001 .. 2"},
    {"tune_stop", "0.000001 .. 2"},
};
enum { NUM_KEYS = sizeof(KEYS) / sizeof(KEYS[0]) };
_Static_assert(HB_IMAGE_MAX_DROP_WINDOW == 32, "as KEYS says");

static hb_status_t take(void *ctx, uint32_t key, const char *text) {
  hb_sched_t *sched = ctx;
  uint32_t *const weights[NUM_KEYS] = {[0] = &sched->alpha_ppm,
                                       [1] = &sched->beta_ppm,
                                       [9] = &sched->tune_step_ppm,
                                       [10] = &sched->tune_stop_ppm};
  bool *const switches[NUM_KEYS] = {
      [2] = &sched->drop, [5] = &sched->mapscore, [6] = &sched->supernet, [7] = &sched->tune};
  uint64_t value = 0;
  if (switches[key] != NULL) {
    return take_switch(text, switches[key]);
  }
  if (weights[key] != NULL) {
    HB_TRY(hb_settings_decimal(text, 6, key < 2u ? 0 : 1, HB_SCHED_MAX_WEIGHT_PPM, &value));
    *weights[key] = (uint32_t)value;
    return HB_OK;
  }
  switch (key) {
    case 3:
      HB_TRY(hb_settings_decimal(text, 0, 1, HB_IMAGE_MAX_DROP_WINDOW, &value));
      sched->drop_window = (uint32_t)value;
      sched->drop_max = sched->drop_max < value ? sched->drop_max : (uint32_t)value;
      return HB_OK;
    case 4:
      HB_TRY(hb_settings_decimal(text, 0, 0, sched->drop_window, &value));
      sched->drop_max = (uint32_t)value;
      return HB_OK;
    default:
      return hb_settings_decimal(text, 9, 1, HB_SCHED_MAX_INTERVAL_PS, &sched->tune_interval_ps);
  }
}

hb_status_t hb_config_sched(const char *text, hb_sched_t *sched, char *why, size_t why_len) {
  return hb_settings_take(text, KEYS, NUM_KEYS, "alpha=0.5 or drop=off", take, sched, why, why_len);
}
