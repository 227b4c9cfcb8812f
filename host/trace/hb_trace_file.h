/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * A trace file while it is written: schema, windows, index, end marker. Internal.
 *
 * What windows hold is the caller's: hb_trace_writer collects records and puts them in order,
 * hb_trace_copy takes them from another trace.
 *
 * Life cycle: a zeroed struct -> hb_trace_file_init() -> _create() -> _window() ... -> _end() ->
 * hb_trace_file_release(), which may come at any time. The first failure stays in `failed`, its
 * text in `error`; the file is then cut back to its last whole window.
 */

#ifndef HB_TRACE_FILE_H_
#define HB_TRACE_FILE_H_

#include <zlib.h>

#include "hb_trace.h"
#include "hb_trace_buf.h"
#include "hb_trace_codec.h"
#include "hb_trace_index.h"
#include "hb_trace_schema.h"

enum { HB_TRACE_FILE_ERROR_BYTES = 256 };

typedef struct hb_trace_file {
  bool open;
  int fd;
  hb_trace_schema_own_t own;
  hb_trace_codec_t *codecs; /* by stream */
  hb_trace_index_t index;
  z_stream deflater;
  bool deflater_ready;
  uint32_t num_members; /* written so far */
  uint32_t prev_bytes;  /* of the last member */
  uint64_t file_bytes;  /* whole windows in the file */
  hb_trace_buf_t payload, columns[HB_TRACE_MAX_FIELDS], out;
  hb_status_t failed;
  char error[HB_TRACE_FILE_ERROR_BYTES];
} hb_trace_file_t;

/** Records of one stream, ascending cycles, a value per field each. */
typedef struct hb_trace_rows {
  const uint64_t *values;
  size_t num;
} hb_trace_rows_t;

/** Appends the string table of a level's member: what the rows of its streams use. */
typedef hb_status_t hb_trace_put_strings_t(void *ctx, uint32_t level, hb_trace_buf_t *payload);

/** Appends an entry of a string table. */
void hb_trace_put_string(hb_trace_buf_t *payload, uint64_t id, const char *text);

/** Keeps `status` and `text` as the file's failure, and returns `status`. */
hb_status_t hb_trace_file_fail(hb_trace_file_t *file, hb_status_t status, const char *text);

/**
 * Checks and copies `schema`.
 * @retval HB_ERR_ARG the schema breaks a rule. @retval HB_ERR_NOMEM
 */
HB_MUST_USE hb_status_t hb_trace_file_init(hb_trace_file_t *file, const hb_trace_schema_t *schema);

/** Creates (or empties) `path` and writes the schema. @retval HB_ERR_IO @retval HB_ERR_NOMEM */
HB_MUST_USE hb_status_t hb_trace_file_create(hb_trace_file_t *file, const char *path);

/**
 * Writes a window of `rows` (one per stream) if there are any: later than all written before.
 * @param put_strings called for each level that has rows, with `ctx`.
 * @retval HB_ERR_IO @retval HB_ERR_NOMEM or what `put_strings` returned.
 */
HB_MUST_USE hb_status_t hb_trace_file_window(hb_trace_file_t *file, const hb_trace_rows_t *rows,
                                             hb_trace_put_strings_t *put_strings, void *ctx);

/** Writes index and end marker and closes the file. @retval HB_ERR_IO @retval HB_ERR_NOMEM */
HB_MUST_USE hb_status_t hb_trace_file_end(hb_trace_file_t *file, bool complete, const char *reason);

void hb_trace_file_release(hb_trace_file_t *file);

#endif /* HB_TRACE_FILE_H_ */
