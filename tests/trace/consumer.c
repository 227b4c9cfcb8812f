/* SPDX-License-Identifier: Apache-2.0 */

/* consumer FILE OUT: a program of someone else's. Counts the records of a trace, writes a trace of
 * the counts. */

#include <hilbert/hb_trace_reader.h>
#include <hilbert/hb_trace_writer.h>
#include <stdio.h>

int main(int argc, char **argv) {
  static uint64_t counts[HB_TRACE_MAX_STREAMS];
  static const hb_trace_field_t fields[] = {{"cycle", "cycle", "cycles", "delta"},
                                            {"stream", "string", "", "plain"},
                                            {"records", "uint", "", "plain"}};
  static const hb_trace_stream_t stream = {"count", HB_TRACE_DECISIONS, 3, fields};
  hb_trace_reader_t *reader = NULL;
  hb_trace_writer_t *writer = NULL;
  hb_trace_record_t record;
  char why[256] = "usage: consumer FILE OUT";
  if (argc != 3 || hb_trace_reader_open(argv[1], &reader, why, sizeof(why)) != HB_OK)
    return puts(why), 1;
  hb_status_t status;
  uint64_t last = 0;
  while ((status = hb_trace_reader_next(reader, &record)) == HB_OK)
    counts[record.stream]++, last = record.values[0];
  if (status != HB_ERR_END) return puts(hb_trace_reader_error(reader)), (int)status;
  hb_trace_meta_t meta;
  hb_trace_meta_init(&meta);
  const hb_trace_schema_t out = {"consumer", HB_TRACE_DECISIONS, &meta, 1, &stream, 0, NULL};
  if (hb_trace_writer_open(argv[2], &out, NULL, &writer, why, sizeof(why)) != HB_OK)
    return puts(why), 1;
  for (uint32_t s = 0; s < hb_trace_reader_schema(reader)->num_streams; s++) {
    uint64_t values[] = {last, 0, counts[s]};
    if (hb_trace_writer_string(writer, hb_trace_reader_schema(reader)->streams[s].name,
                               &values[1]) != HB_OK)
      return 1;
    if (hb_trace_writer_append(writer, 0, values) != HB_OK)
      return puts(hb_trace_writer_error(writer)), 1;
  }
  status = hb_trace_writer_close(writer, true, hb_status_text(HB_OK), why, sizeof(why));
  printf("%s %d\n", hb_trace_reader_ending(reader)->complete ? "complete" : "incomplete",
         (int)status);
  hb_trace_reader_free(reader);
  return status;
}
