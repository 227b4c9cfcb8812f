/* SPDX-License-Identifier: Apache-2.0 */

/* Parameters of the policy dream as one option. */

#include <stdio.h>
#include <string.h>

#include "hb_config.h"
#include "hb_decimal.h"

enum { ITEM_BYTES = 64 };

static hb_status_t take_switch(const char *text, bool *value) {
  if (strcmp(text, "on") != 0 && strcmp(text, "off") != 0) {
    return HB_ERR_INPUT;
  }
  *value = strcmp(text, "on") == 0;
  return HB_OK;
}

static hb_status_t take_number(const char *text, unsigned exponent, uint64_t min, uint64_t max,
                               uint64_t *value) {
  return hb_decimal_scaled(text, exponent, value) == HB_OK && *value >= min && *value <= max
             ? HB_OK
             : HB_ERR_INPUT;
}

/* What a key takes; for errors. */
typedef struct key {
  const char *name, *expected;
} key_t;

static const key_t KEYS[] = {
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

static hb_status_t take(uint32_t key, const char *text, hb_sched_t *sched) {
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
    HB_TRY(take_number(text, 6, key < 2u ? 0 : 1, HB_SCHED_MAX_WEIGHT_PPM, &value));
    *weights[key] = (uint32_t)value;
    return HB_OK;
  }
  switch (key) {
    case 3:
      HB_TRY(take_number(text, 0, 1, HB_IMAGE_MAX_DROP_WINDOW, &value));
      sched->drop_window = (uint32_t)value;
      sched->drop_max = sched->drop_max < value ? sched->drop_max : (uint32_t)value;
      return HB_OK;
    case 4:
      HB_TRY(take_number(text, 0, 0, sched->drop_window, &value));
      sched->drop_max = (uint32_t)value;
      return HB_OK;
    default:
      return take_number(text, 9, 1, HB_SCHED_MAX_INTERVAL_PS, &sched->tune_interval_ps);
  }
}

hb_status_t hb_config_sched(const char *text, hb_sched_t *sched, char *why, size_t why_len) {
  for (const char *at = text; at != NULL;) {
    const char *end = strchr(at, ',');
    const size_t len = end != NULL ? (size_t)(end - at) : strlen(at);
    char item[ITEM_BYTES];
    snprintf(item, sizeof(item), "%.*s", (int)(len < sizeof(item) ? len : sizeof(item) - 1u), at);
    char *equals = strchr(item, '=');
    if (len >= sizeof(item) || equals == NULL) {
      snprintf(why, why_len, "expected key=value, such as alpha=0.5 or drop=off, got %s", item);
      return HB_ERR_INPUT;
    }
    *equals = '\0';
    uint32_t key = 0;
    while (key < NUM_KEYS && strcmp(KEYS[key].name, item) != 0) {
      key++;
    }
    if (key == NUM_KEYS) {
      size_t used = (size_t)snprintf(why, why_len, "unknown key %s, expected one of", item);
      for (uint32_t i = 0; i < NUM_KEYS && used < why_len; i++) {
        used +=
            (size_t)snprintf(why + used, why_len - used, "%s %s", i > 0 ? "," : "", KEYS[i].name);
      }
      return HB_ERR_INPUT;
    }
    if (take(key, equals + 1, sched) != HB_OK) {
      snprintf(why, why_len, "%s: expected %s, got %s", item, KEYS[key].expected, equals + 1);
      return HB_ERR_INPUT;
    }
    at = end != NULL ? end + 1 : NULL;
  }
  return HB_OK;
}
