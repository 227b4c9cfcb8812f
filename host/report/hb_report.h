/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * A run's metrics.json and trace as one HTML page with pictures.
 */

#ifndef HB_REPORT_H_
#define HB_REPORT_H_

#include <stddef.h>

#include "hb_timeline.h"
#include "hilbert/hb_status.h"

/**
 * Reads `metrics_path` and writes `html_path`, as a whole or not at all.
 * @param trace_path its timeline is drawn; if there is no such file and no window is asked for,
 * there is none.
 * @param tuning_path where the trace's TUNE records go as CSV (hb_tuning.h).
 * @param[out] why one line on failure.
 * @retval HB_ERR_ARG    nothing of the run is in the window.
 * @retval HB_ERR_INPUT  metrics_path is missing, not JSON, or one of the files not of this version.
 * @retval HB_ERR_IO     html_path cannot be written, or gnuplot failed.
 * @retval HB_ERR_NOMEM
 */
HB_MUST_USE hb_status_t hb_report_write(const char *metrics_path, const char *trace_path,
                                        const char *tuning_path, const hb_timeline_window_t *window,
                                        const char *html_path, char *why, size_t why_len);

#endif /* HB_REPORT_H_ */
