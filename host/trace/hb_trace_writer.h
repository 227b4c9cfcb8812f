/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Writes a trace file. Same schema and same records: same bytes.
 *
 * SYNOPSIS: as hb_trace_reader.h. tests/trace/consumer.c is a whole program.
 *
 * Life cycle: hb_trace_writer_open() -> hb_trace_writer_append(), _string(), _tick() -> _close().
 *
 * Records are collected in memory and written as windows: one write(2) of whole gzip members each.
 * A window ends at every multiple of `window_cycles`, and when `window_bytes` of records are
 * waiting. Before cycle 2 * `window_cycles` windows are shorter, from a sixteenth on: at most half
 * of the time so far. A process killed at any moment so leaves every window that was written; a
 * reader loses what is after it.
 *
 * Records may come up to `slack_cycles` late and are put in order, each stream for itself: in one
 * cycle, the order of the calls. (Less late if twice `window_bytes` come within the slack: they are
 * then written without waiting.)
 *
 * A failed write (disk full) comes back once, from the call that hit it; the file is cut back to
 * its last whole window, later appends do nothing and return HB_OK, and _close() returns the
 * failure again.
 */

#ifndef HB_TRACE_WRITER_H_
#define HB_TRACE_WRITER_H_

#include "hb_trace.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hb_trace_writer hb_trace_writer_t;

/** Zeros mean the defaults. */
typedef struct hb_trace_writer_options {
  uint32_t window_bytes;  /* of records, 8 bytes a value: 4096 .. 1 MiB; default 1 MiB */
  uint64_t window_cycles; /* default 16000000 */
  uint32_t slack_cycles;  /* default 1024, less than window_cycles */
} hb_trace_writer_options_t;

/**
 * Creates (or empties) `path` and writes the schema, which is copied.
 *
 * @param options may be NULL.
 * @param[out] why one line on failure, without the path.
 * @retval HB_ERR_ARG   schema or options outside their documented ranges.
 * @retval HB_ERR_IO    the file cannot be created or written.
 * @retval HB_ERR_NOMEM
 */
HB_MUST_USE hb_status_t hb_trace_writer_open(const char *path, const hb_trace_schema_t *schema,
                                             const hb_trace_writer_options_t *options,
                                             hb_trace_writer_t **writer_out, char *why,
                                             size_t why_len);

/**
 * Adds a record: one value per field of the stream, values[0] its cycle. A stream above the trace's
 * level is ignored.
 *
 * @retval HB_ERR_ARG   no such stream, an id that hb_trace_writer_string() did not return, or a
 * record that is later than `slack_cycles` behind; nothing was recorded, going on is safe.
 * @retval HB_ERR_IO    see above.
 * @retval HB_ERR_NOMEM nothing was recorded; going on is safe.
 */
HB_MUST_USE hb_status_t hb_trace_writer_append(hb_trace_writer_t *writer, uint32_t stream,
                                               const uint64_t *values);

/**
 * Interns a text (cut to HB_TRACE_MAX_TEXT bytes) and returns the id that a field of type string
 * takes.
 * @retval HB_ERR_NOMEM
 */
HB_MUST_USE hb_status_t hb_trace_writer_string(hb_trace_writer_t *writer, const char *text,
                                               uint64_t *id_out);

/** Says that time has reached `cycle`, so that waiting windows are written when nothing happens. */
HB_MUST_USE hb_status_t hb_trace_writer_tick(hb_trace_writer_t *writer, uint64_t cycle);

/** More about the last failure. Never NULL. */
const char *hb_trace_writer_error(const hb_trace_writer_t *writer);

/**
 * Writes what waits, the index and the end marker, and frees the writer.
 *
 * @param complete the run reached its end.
 * @param reason one line why it ended; "" if there is nothing to say.
 * @param[out] why one line on failure, without the path.
 * @retval HB_ERR_IO, HB_ERR_NOMEM this write or an earlier one failed; the file ends with its last
 * whole window.
 */
HB_MUST_USE hb_status_t hb_trace_writer_close(hb_trace_writer_t *writer, bool complete,
                                              const char *reason, char *why, size_t why_len);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_TRACE_WRITER_H_ */
