/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * What the trace tests share: seeded numbers, files, a schema with every type and coding, and
 * traces whose records are known.
 */

#ifndef HB_TESTS_TRACE_FIXTURE_H_
#define HB_TESTS_TRACE_FIXTURE_H_

#include "hb_trace.h"
#include "hb_trace_reader.h"
#include "hb_trace_writer.h"

/** xorshift64*: the next number of a sequence; `*state` is not zero. */
uint64_t fixture_random(uint64_t *state);

/** Whole file in memory; fails the test if it cannot be read. The caller frees it. */
uint8_t *fixture_read(const char *path, size_t *len_out);
void fixture_write(const char *path, const uint8_t *bytes, size_t len);

enum { FIXTURE_STREAMS = 5, FIXTURE_MAX_FIELDS = 8 };

/** One stream or more at each level but the last; every type and coding; `texts` has two string
 * fields. */
extern const hb_trace_stream_t fixture_streams[FIXTURE_STREAMS];
enum { FIXTURE_TEXTS = 3 };

typedef struct fixture_record {
  uint32_t stream;
  uint64_t values[FIXTURE_MAX_FIELDS]; /* strings: number of the text, fixture_text() */
} fixture_record_t;

/** Text number `i`: of any length, with any bytes. Equal numbers, equal texts. */
const char *fixture_text(uint64_t i);

/**
 * `num` records from `seed`: values from tiny to 64 bits, cycles ascending up to a lateness of
 * `slack`, with bursts and long gaps. The caller frees them.
 */
fixture_record_t *fixture_records(uint64_t seed, size_t num, uint64_t slack);

/** Puts records into the order in which a reader delivers them. */
void fixture_sort(fixture_record_t *records, size_t num);

/** Writes them at the given level and closes the file as complete. */
void fixture_trace(const char *path, hb_trace_level_t level,
                   const hb_trace_writer_options_t *options, const fixture_record_t *records,
                   size_t num);

/** Opens a file that must be readable. */
hb_trace_reader_t *fixture_open(const char *path);

/** Whether a record that was read is `expected`. */
bool fixture_equal(const hb_trace_reader_t *reader, const hb_trace_record_t *record,
                   const fixture_record_t *expected);

#endif /* HB_TESTS_TRACE_FIXTURE_H_ */
