/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * A run's metrics.json as one HTML page with pictures.
 */

#ifndef HB_REPORT_H_
#define HB_REPORT_H_

#include <stddef.h>

#include "hilbert/hb_status.h"

/**
 * Reads `metrics_path` and writes `html_path`, as a whole or not at all.
 * @param[out] why one line on failure.
 * @retval HB_ERR_INPUT  metrics_path is missing, not JSON, or not of this version.
 * @retval HB_ERR_IO     html_path cannot be written, or gnuplot failed.
 * @retval HB_ERR_NOMEM
 */
HB_MUST_USE hb_status_t hb_report_write(const char *metrics_path, const char *html_path, char *why,
                                        size_t why_len);

#endif /* HB_REPORT_H_ */
