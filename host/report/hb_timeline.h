/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * A trace as a picture: a row per model with its frames, a row per tile with its jobs, over time.
 */

#ifndef HB_TIMELINE_H_
#define HB_TIMELINE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hb_html.h"
#include "hilbert/hb_status.h"

/** What to draw. Neither given: a short run whole, of a longer one the time with the most work. */
typedef struct hb_timeline_window {
  bool has_from, has_to;
  uint64_t from_ps, to_ps;
} hb_timeline_window_t;

/**
 * Adds the picture and a caption that says which part of the run it shows. A trace without jobs
 * gets a sentence instead; one that is damaged is drawn up to there, and the caption says so.
 * @param cycles of the run.
 * @param[out] why one line on failure.
 * @retval HB_ERR_ARG    nothing of the run is in the window.
 * @retval HB_ERR_INPUT  no trace, or one of another version.
 * @retval HB_ERR_IO     it cannot be read, or gnuplot failed.
 * @retval HB_ERR_NOMEM
 */
HB_MUST_USE hb_status_t hb_timeline_add(const char *trace_path, const hb_timeline_window_t *window,
                                        uint64_t cycles, hb_text_t *html, char *why,
                                        size_t why_len);

#endif /* HB_TIMELINE_H_ */
