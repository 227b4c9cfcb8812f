/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Pictures by gnuplot.
 */

#ifndef HB_PLOT_H_
#define HB_PLOT_H_

#include <stddef.h>

#include "hb_html.h"
#include "hilbert/hb_status.h"

/**
 * Runs gnuplot on `script`, which has no `set terminal` or `set output`, and adds the SVG element
 * to `out`. `width`, `height`: in pixels.
 * @param[out] why one line on failure.
 * @retval HB_ERR_IO    gnuplot is missing or complained.
 * @retval HB_ERR_NOMEM
 */
HB_MUST_USE hb_status_t hb_plot_svg(const char *script, unsigned width, unsigned height,
                                    hb_text_t *out, char *why, size_t why_len);

#endif /* HB_PLOT_H_ */
