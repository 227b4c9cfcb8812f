/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Reads a trace file, in time order, in a fixed amount of memory.
 *
 * SYNOPSIS
 *
 *   #include <hilbert/hb_trace_reader.h>
 *   cc prog.c $(pkg-config --cflags --libs hilbert-trace)
 *
 * (`cmake --install build/release --component trace` installs it. Inside of Hilbert: link
 * hb_trace.)
 *
 * EXAMPLE: the last cycle and the number of records of stream "job".
 *
 *   #include <hilbert/hb_trace_reader.h>
 *   #include <inttypes.h>
 *   #include <stdio.h>
 *   #include <string.h>
 *
 *   int main(int argc, char **argv) {
 *     hb_trace_reader_t *reader;
 *     char why[256] = "usage: prog FILE";
 *     if (argc != 2 || hb_trace_reader_open(argv[1], &reader, why, sizeof(why)) != HB_OK) {
 *       fprintf(stderr, "%s\n", why);
 *       return 1;
 *     }
 *     const hb_trace_schema_t *schema = hb_trace_reader_schema(reader);
 *     bool wanted[HB_TRACE_MAX_STREAMS] = {false};
 *     for (uint32_t s = 0; s < schema->num_streams; s++) {
 *       wanted[s] = strcmp(schema->streams[s].name, "job") == 0;
 *     }
 *     hb_trace_reader_select(reader, wanted);
 *     uint64_t count = 0, last = 0;
 *     hb_trace_record_t record;
 *     hb_status_t status;
 *     while ((status = hb_trace_reader_next(reader, &record)) == HB_OK) {
 *       count++;
 *       last = record.values[0];
 *     }
 *     if (status != HB_ERR_END) fprintf(stderr, "%s\n", hb_trace_reader_error(reader));
 *     printf("%" PRIu64 " %" PRIu64 "\n", last, count);
 *     hb_trace_reader_free(reader);
 *     return status != HB_ERR_END;
 *   }
 *
 * DESCRIPTION
 *
 * Life cycle: hb_trace_reader_open() -> _select(), _range() -> _next() until it says HB_ERR_END ->
 * hb_trace_reader_free(). Calling _select() or _range() again starts over.
 *
 * Every byte of a file is checked before anything made from it is handed out. Records before a
 * damaged place are delivered; then _next() returns HB_ERR_FORMAT, and hb_trace_reader_error() says
 * what is wrong, at which byte, and up to which cycle the records are whole. It never goes on
 * behind damage.
 *
 * What a trace is made of: hb_trace.h. Statuses: hb_status.h. Several readers may be used at once,
 * each by one thread at a time.
 */

#ifndef HB_TRACE_READER_H_
#define HB_TRACE_READER_H_

#include "hb_trace.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hb_trace_reader hb_trace_reader_t;

typedef struct hb_trace_record {
  uint32_t stream;        /* index in the schema */
  const uint64_t *values; /* one per field, [0] the cycle; valid until the next call */
} hb_trace_record_t;

/** How the file ends, as its end marker and index say. */
typedef struct hb_trace_ending {
  bool present;       /* false: they are missing or damaged, and all below is zero */
  bool complete;      /* the run reached its end */
  const char *reason; /* why it ended, "" if nothing was said */
  uint64_t num_windows;
  uint64_t first_cycle, last_cycle; /* of all records; 0 if there are none */
  const uint64_t *num_records;      /* by stream */
} hb_trace_ending_t;

/**
 * Opens a file and reads its schema and, if it is there, its index.
 *
 * @param[out] why one line on failure, without the path.
 * @retval HB_ERR_IO     it cannot be opened or read.
 * @retval HB_ERR_FORMAT it is not a trace, is newer than this library (`why` names both versions),
 * or is damaged before the first record.
 * @retval HB_ERR_NOMEM
 */
HB_MUST_USE hb_status_t hb_trace_reader_open(const char *path, hb_trace_reader_t **reader_out,
                                             char *why, size_t why_len);
void hb_trace_reader_free(hb_trace_reader_t *reader);

/** Valid as long as the reader. */
const hb_trace_schema_t *hb_trace_reader_schema(const hb_trace_reader_t *reader);
const hb_trace_ending_t *hb_trace_reader_ending(const hb_trace_reader_t *reader);
uint64_t hb_trace_reader_file_bytes(const hb_trace_reader_t *reader);

/** Text of a metadata key; NULL if there is none. */
const char *hb_trace_reader_meta(const hb_trace_reader_t *reader, const char *key);

/** Name of a value of an enum; NULL if there is none. */
const char *hb_trace_reader_enum(const hb_trace_reader_t *reader, const char *enum_name,
                                 uint64_t value);

/** Text of a string id in the record that _next() returned last; NULL if there is none. */
const char *hb_trace_reader_string(const hb_trace_reader_t *reader, uint64_t id);

/**
 * Delivers only the streams with wanted[id] true (one per stream of the schema; NULL: all) from the
 * file's start on. Members that hold none of them are not even read.
 */
void hb_trace_reader_select(hb_trace_reader_t *reader, const bool *wanted);

/** Delivers only records with from <= cycle <= to, starting over. Windows before `from` are skipped
 * unread. */
void hb_trace_reader_range(hb_trace_reader_t *reader, uint64_t from, uint64_t to);

/**
 * The next record: ascending cycles; in one cycle ascending stream ids; in one stream the order of
 * writing.
 *
 * @retval HB_ERR_END    there are no more, and the file is whole as far as it was read.
 * @retval HB_ERR_FORMAT the file is damaged here; so says every later call.
 * @retval HB_ERR_IO     it cannot be read.
 * @retval HB_ERR_NOMEM
 */
HB_MUST_USE hb_status_t hb_trace_reader_next(hb_trace_reader_t *reader,
                                             hb_trace_record_t *record_out);

/** What _next() found wrong, one line without the path. Never NULL. */
const char *hb_trace_reader_error(const hb_trace_reader_t *reader);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_TRACE_READER_H_ */
