/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Options that are lists of settings: "alpha=0.5,drop=off". Private to host/config/.
 */

#ifndef HB_SETTINGS_H_
#define HB_SETTINGS_H_

#include <stddef.h>
#include <stdint.h>

#include "hilbert/hb_status.h"

typedef struct hb_setting {
  const char *name;
  const char *expected; /* what values it takes, for errors */
} hb_setting_t;

enum { HB_SETTINGS_MAX = 32 };

/**
 * Gives each "name=value" of `text` to `take`, in their order, each name once.
 *
 * @param keys     up to HB_SETTINGS_MAX.
 * @param example  for errors: "alpha=0.5 or drop=off".
 * @param take     anything but HB_OK: the value is none.
 * @param[out] why one line on HB_ERR_INPUT.
 */
HB_MUST_USE hb_status_t hb_settings_take(const char *text, const hb_setting_t *keys,
                                         uint32_t num_keys, const char *example,
                                         hb_status_t (*take)(void *ctx, uint32_t key,
                                                             const char *value),
                                         void *ctx, char *why, size_t why_len);

/** Reads a decimal times 10^`exponent` in `min` .. `max`. @retval HB_ERR_INPUT it is none. */
HB_MUST_USE hb_status_t hb_settings_decimal(const char *text, unsigned exponent, uint64_t min,
                                            uint64_t max, uint64_t *value_out);

#endif /* HB_SETTINGS_H_ */
