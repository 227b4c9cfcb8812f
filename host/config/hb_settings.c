/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_settings.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "hb_decimal.h"

enum { ITEM_BYTES = 64 };

hb_status_t hb_settings_decimal(const char *text, unsigned exponent, uint64_t min, uint64_t max,
                                uint64_t *value_out) {
  return hb_decimal_scaled(text, exponent, value_out) == HB_OK && *value_out >= min &&
                 *value_out <= max
             ? HB_OK
             : HB_ERR_INPUT;
}

hb_status_t hb_settings_take(const char *text, const hb_setting_t *keys, uint32_t num_keys,
                             const char *example,
                             hb_status_t (*take)(void *ctx, uint32_t key, const char *value),
                             void *ctx, char *why, size_t why_len) {
  bool given[HB_SETTINGS_MAX] = {false};
  assert(num_keys <= HB_SETTINGS_MAX);
  for (const char *at = text; at != NULL;) {
    const char *end = strchr(at, ',');
    const size_t len = end != NULL ? (size_t)(end - at) : strlen(at);
    char item[ITEM_BYTES];
    snprintf(item, sizeof(item), "%.*s", (int)(len < sizeof(item) ? len : sizeof(item) - 1u), at);
    char *equals = strchr(item, '=');
    if (len == 0) {
      snprintf(why, why_len, "expected key=value, such as %s, got nothing%s", example,
               text[0] == '\0' ? ""
               : at == text    ? " before a comma"
                               : " behind a comma");
      return HB_ERR_INPUT;
    }
    if (len >= sizeof(item) || equals == NULL) {
      snprintf(why, why_len, "expected key=value, such as %s, got %s", example, item);
      return HB_ERR_INPUT;
    }
    *equals = '\0';
    uint32_t key = 0;
    while (key < num_keys && strcmp(keys[key].name, item) != 0) {
      key++;
    }
    if (key == num_keys) {
      size_t used = (size_t)snprintf(why, why_len, "unknown key %s, expected one of", item);
      for (uint32_t i = 0; i < num_keys && used < why_len; i++) {
        used +=
            (size_t)snprintf(why + used, why_len - used, "%s %s", i > 0 ? "," : "", keys[i].name);
      }
      return HB_ERR_INPUT;
    }
    if (given[key]) {
      snprintf(why, why_len, "%s is given twice", item);
      return HB_ERR_INPUT;
    }
    given[key] = true;
    if (take(ctx, key, equals + 1) != HB_OK) {
      snprintf(why, why_len, "%s: expected %s, got %s", item, keys[key].expected, equals + 1);
      return HB_ERR_INPUT;
    }
    at = end != NULL ? end + 1 : NULL;
  }
  return HB_OK;
}
