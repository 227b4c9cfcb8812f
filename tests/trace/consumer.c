/* SPDX-License-Identifier: Apache-2.0 */

/* consumer FILE OUT: a program of someone else's. Counts the records of a trace, writes a trace of
 * the counts. */

#include <hilbert/hb_trace_reader.h>
#include <hilbert/hb_trace_writer.h>
#include <stdio.h>

static uint64_t counts[HB_TRACE_MAX_STREAMS];

static hb_status_t write_counts(hb_trace_writer_t *writer, const hb_trace_schema_t *schema,
                                uint64_t cycle) {
  for (uint32_t s = 0; s < schema->num_streams; s++) {
    uint64_t values[] = {cycle, 0, counts[s]};
    HB_TRY(hb_trace_writer_string(writer, schema->streams[s].name, &values[1]));
    HB_TRY(hb_trace_writer_append(writer, 0, values));
  }
  return HB_OK;
}

int main(int argc, char **argv) {
  static const hb_trace_field_t fields[] = {{"cycle", "cycle", "cycles", "delta"},
                                            {"stream", "string", "", "plain"},
                                            {"records", "uint", "", "plain"}};
  static const hb_trace_stream_t stream = {"count", HB_TRACE_DECISIONS, 3, fields};
  hb_trace_meta_t meta;
  hb_trace_meta_init(&meta);
  const hb_trace_schema_t schema = {"consumer", HB_TRACE_DECISIONS, &meta, 1, &stream, 0, NULL};
  hb_trace_reader_t *reader;
  hb_trace_writer_t *writer;
  char why[256] = "usage: consumer FILE OUT";
  if (argc != 3 || hb_trace_reader_open(argv[1], &reader, why, sizeof(why)) != HB_OK ||
      hb_trace_writer_open(argv[2], &schema, NULL, &writer, why, sizeof(why)) != HB_OK) {
    fprintf(stderr, "%s\n", why);
    return 1;
  }
  hb_trace_record_t record;
  hb_status_t status;
  uint64_t last = 0;
  while ((status = hb_trace_reader_next(reader, &record)) == HB_OK) {
    counts[record.stream]++;
    last = record.values[0];
  }
  const bool whole = status == HB_ERR_END;
  status = write_counts(writer, hb_trace_reader_schema(reader), last);
  if (status == HB_OK) {
    status = hb_trace_writer_close(writer, whole, hb_status_text(status), why, sizeof(why));
  }
  printf("%s, %s\n", hb_trace_reader_ending(reader)->complete ? "complete" : "incomplete",
         hb_status_text(status));
  hb_trace_reader_free(reader);
  return whole && status == HB_OK ? 0 : 1;
}
