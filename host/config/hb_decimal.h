/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Decimal numbers as people write them, converted exactly: no binary floating point on the way.
 *
 * A decimal is `[digits][.digits]` with at least one digit: "250", "16.67", "0.625". No sign, no
 * exponent, no blanks.
 */

#ifndef HB_DECIMAL_H_
#define HB_DECIMAL_H_

#include <stdint.h>

#include "hilbert/hb_status.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Reads `text` times 10^`exponent` (0 .. 18): with exponent 3, "5.25" is 5250.
 * @retval HB_ERR_FORMAT not a decimal.
 * @retval HB_ERR_INPUT  finer than 10^-exponent: "0.0005" with exponent 3.
 * @retval HB_ERR_RANGE  does not fit 64 bits.
 */
HB_MUST_USE hb_status_t hb_decimal_scaled(const char *text, unsigned exponent, uint64_t *value_out);

/**
 * Reads `text` as a fraction in lowest terms: "16.67" is 1667 / 100, "2.50" is 5 / 2, "0" is 0 / 1.
 * @retval HB_ERR_FORMAT not a decimal.
 * @retval HB_ERR_RANGE  a term does not fit 64 bits.
 */
HB_MUST_USE hb_status_t hb_decimal_fraction(const char *text, uint64_t *num_out, uint64_t *den_out);

/**
 * Reads a duration: a decimal directly followed by s, ms, us, ns or ps ("34ms", "1.5s"), in ps.
 * @retval HB_ERR_FORMAT not a duration.
 * @retval HB_ERR_INPUT  finer than 1 ps.
 * @retval HB_ERR_RANGE  does not fit 64 bits (above 213 days).
 */
HB_MUST_USE hb_status_t hb_duration_parse(const char *text, uint64_t *ps_out);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_DECIMAL_H_ */
