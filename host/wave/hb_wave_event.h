/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Finds in a trace what somebody wants to look at.
 *
 *   deadline-miss [MODEL]              the first frame done after its deadline, or dropped as late
 *   drop [MODEL]                       the first frame dropped
 *   error                              the first failed job, refused access or fault
 *   job MODEL frame N [layer NAME]     from the first start to the last end of such jobs
 *   cycle N
 */

#ifndef HB_WAVE_EVENT_H_
#define HB_WAVE_EVENT_H_

#include <stddef.h>
#include <stdint.h>

#include "hilbert/hb_status.h"

typedef enum hb_wave_event_kind {
  HB_WAVE_DEADLINE_MISS,
  HB_WAVE_DROP,
  HB_WAVE_ERROR,
  HB_WAVE_JOB,
  HB_WAVE_CYCLE,
} hb_wave_event_kind_t;

enum { HB_WAVE_NAME_BYTES = 64 };

typedef struct hb_wave_event {
  hb_wave_event_kind_t kind;
  char model[HB_WAVE_NAME_BYTES]; /* "": any */
  char layer[HB_WAVE_NAME_BYTES]; /* "": any */
  uint64_t number;                /* frame, cycle */
} hb_wave_event_t;

/** @retval HB_ERR_ARG `text` is none of the above; `why` says what was expected. */
HB_MUST_USE hb_status_t hb_wave_event_parse(const char *text, hb_wave_event_t *event_out, char *why,
                                            size_t why_len);

/**
 * First and last cycle of the event.
 * @param[out] why one line on failure, with the path if the file is to blame.
 * @retval HB_ERR_END it does not happen in the trace; `why` names the models or layers there are if
 * it asks for another.
 * @retval HB_ERR_IO, HB_ERR_FORMAT, HB_ERR_NOMEM the trace cannot be read.
 */
HB_MUST_USE hb_status_t hb_wave_event_find(const char *trace, const hb_wave_event_t *event,
                                           uint64_t *first_out, uint64_t *last_out, char *why,
                                           size_t why_len);

#endif /* HB_WAVE_EVENT_H_ */
