/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The records of a trace that a certification needs: those of tiles' boundaries, and jobs.
 */

#ifndef HB_CERTIFY_TRACE_H_
#define HB_CERTIFY_TRACE_H_

#include "hb_sim.h"
#include "hb_trace_reader.h"

/* Fields of a record, by the number of their column; -1 if the stream has none of the name. */
enum { HB_CERTIFY_FIELDS = 16 };

typedef struct hb_certify_trace {
  hb_trace_reader_t *reader;
  int kind[HB_TRACE_MAX_STREAMS]; /* hb_boundary_channel_t, HB_CERTIFY_JOB, -1 */
  int8_t column[HB_TRACE_MAX_STREAMS][HB_CERTIFY_FIELDS];
} hb_certify_trace_t;

enum { HB_CERTIFY_JOB = HB_BOUNDARY_CHANNELS };

typedef struct hb_certify_record {
  bool is_job;
  hb_sim_boundary_t boundary;
  hb_sim_job_t job;
} hb_certify_record_t;

/**
 * @param[out] why one line, without the path.
 * @retval HB_ERR_INPUT it lacks streams or metadata: not of a run's boundary, or cut.
 * @retval others       as hb_trace_reader_open().
 */
HB_MUST_USE hb_status_t hb_certify_trace_open(const char *path, hb_certify_trace_t *trace_out,
                                              char *why, size_t why_len);
void hb_certify_trace_close(hb_certify_trace_t *trace);

/**
 * The next of the records wanted. A window of which not every level is there ends the trace: its
 * jobs may be there without what went over their tiles' boundaries.
 * @retval as hb_trace_reader_next().
 */
HB_MUST_USE hb_status_t hb_certify_trace_next(hb_certify_trace_t *trace,
                                              hb_certify_record_t *record_out);

#endif /* HB_CERTIFY_TRACE_H_ */
