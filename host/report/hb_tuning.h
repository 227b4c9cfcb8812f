/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * How the scheduler tuned itself: TUNE records of a trace as a picture and as a table.
 */

#ifndef HB_TUNING_H_
#define HB_TUNING_H_

#include "hb_html.h"
#include "hilbert/hb_status.h"

/**
 * Adds alpha, beta and UXCost over time; nothing if there are no records. A UXCost that is
 * saturated is not drawn. Up to a damaged place of the trace; the timeline says so.
 * @param csv_path also gets a row per record: ms,alpha,beta,step,ux_cost,state; removed if there
 * are none.
 * @param[out] why one line on failure.
 * @retval HB_ERR_INPUT  no trace, or one of another version.
 * @retval HB_ERR_IO     it cannot be read, `csv_path` not be written, or gnuplot failed.
 * @retval HB_ERR_NOMEM
 */
HB_MUST_USE hb_status_t hb_tuning_add(const char *trace_path, const char *csv_path, hb_text_t *html,
                                      char *why, size_t why_len);

#endif /* HB_TUNING_H_ */
