/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_trace_cmd.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "hb_trace_reader.h"
#include "hb_trace_show.h"

enum { WHY_BYTES = 400 };

static hb_status_t open_reader(const char *path, hb_trace_reader_t **reader_out, char *why,
                               size_t why_len) {
  char text[WHY_BYTES];
  const hb_status_t status = hb_trace_reader_open(path, reader_out, text, sizeof(text));
  if (status != HB_OK) snprintf(why, why_len, "%s: %s", path, text);
  return status;
}

/* Takes the reader's failure over, or that of `out`. */
static hb_status_t result(const char *path, const hb_trace_reader_t *reader, hb_status_t status,
                          FILE *out, char *why, size_t why_len) {
  if (status == HB_ERR_END) status = HB_OK;
  if (status != HB_OK) {
    snprintf(why, why_len, "%s: %s", path, hb_trace_reader_error(reader));
  } else if (fflush(out) != 0 || ferror(out) != 0) {
    snprintf(why, why_len, "cannot write the output: %s", strerror(errno));
    status = HB_ERR_IO;
  }
  return status;
}

/* ---------------------------------------------------------------------------------------- info */

static bool is_name_key(const char *key) {
  return strncmp(key, "noc.", 4) == 0 || strncmp(key, "node.", 5) == 0 ||
         strncmp(key, "tile.", 5) == 0 || strncmp(key, "model.", 6) == 0 ||
         strncmp(key, "layer.", 6) == 0;
}

static uint32_t count_keys(const hb_trace_meta_t *meta, const char *prefix) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < meta->num; i++) {
    count += strncmp(meta->keys[i], prefix, strlen(prefix)) == 0;
  }
  return count;
}

static void print_names(const hb_trace_meta_t *meta, const char *title, const char *prefix,
                        FILE *out) {
  const uint32_t count = count_keys(meta, prefix);
  if (count == 0) return;
  fprintf(out, "%-10s %" PRIu32 ":", title, count);
  for (uint32_t i = 0; i < meta->num; i++) {
    if (strncmp(meta->keys[i], prefix, strlen(prefix)) == 0) fprintf(out, " %s", meta->values[i]);
  }
  fprintf(out, "\n");
}

/* Of the mesh, in one line. */
static void print_noc(const hb_trace_meta_t *meta, FILE *out) {
  if (count_keys(meta, "noc.") == 0) return;
  fprintf(out, "%-10s", "noc");
  for (uint32_t i = 0; i < meta->num; i++) {
    if (strncmp(meta->keys[i], "noc.", 4) == 0) {
      fprintf(out, " %s=%s", meta->keys[i] + 4, meta->values[i]);
    }
  }
  fprintf(out, "\n");
}

/* Milliseconds of `cycles`, if the file says how long a cycle is. */
static void print_cycle(const hb_trace_reader_t *reader, const char *title, uint64_t cycle,
                        FILE *out) {
  fprintf(out, "%-10s cycle %" PRIu64, title, cycle);
  const char *clock = hb_trace_reader_meta(reader, "clock_khz");
  const double khz = clock == NULL ? 0.0 : strtod(clock, NULL);
  if (khz > 0.0) fprintf(out, " (%.6f ms)", (double)cycle / khz);
  fprintf(out, "\n");
}

/* Counts by reading everything: for files whose index is missing. */
static hb_status_t count_records(hb_trace_reader_t *reader, uint64_t *counts, uint64_t *first_out,
                                 uint64_t *last_out, bool *any_out) {
  hb_trace_record_t record;
  hb_status_t status;
  while ((status = hb_trace_reader_next(reader, &record)) == HB_OK) {
    if (!*any_out) *first_out = record.values[0];
    *any_out = true;
    *last_out = record.values[0];
    counts[record.stream]++;
  }
  return status;
}

static void print_streams(const hb_trace_schema_t *schema, const uint64_t *counts, FILE *out) {
  fprintf(out, "\n%-16s %-10s %12s  %s\n", "stream", "level", "records", "fields");
  for (uint32_t s = 0; s < schema->num_streams; s++) {
    const hb_trace_stream_t *stream = &schema->streams[s];
    fprintf(out, "%-16s %-10s ", stream->name, hb_trace_level_name((uint32_t)stream->level));
    if (stream->level > schema->level) {
      fprintf(out, "%12s ", "not recorded");
    } else {
      fprintf(out, "%12" PRIu64 " ", counts[s]);
    }
    for (uint32_t f = 0; f < stream->num_fields; f++) {
      fprintf(out, " %s", stream->fields[f].name);
    }
    fprintf(out, "\n");
  }
}

hb_status_t hb_trace_cmd_info(const char *path, FILE *out, char *why, size_t why_len) {
  hb_trace_reader_t *reader;
  HB_TRY(open_reader(path, &reader, why, why_len));
  const hb_trace_schema_t *schema = hb_trace_reader_schema(reader);
  const hb_trace_ending_t *ending = hb_trace_reader_ending(reader);
  hb_status_t status = HB_OK;
  uint64_t counts[HB_TRACE_MAX_STREAMS] = {0};
  uint64_t first = 0;
  uint64_t last = 0;
  bool any = false;
  if (ending->present) {
    for (uint32_t s = 0; s < schema->num_streams; s++) {
      counts[s] = ending->num_records[s];
    }
    first = ending->first_cycle;
    last = ending->last_cycle;
    any = ending->num_windows > 0;
  } else {
    status = count_records(reader, counts, &first, &last, &any);
  }

  fprintf(out, "%-10s format %u, written by %s, %" PRIu64 " bytes\n", "trace", HB_TRACE_VERSION,
          schema->writer, hb_trace_reader_file_bytes(reader));
  fprintf(out, "%-10s %s\n", "level", hb_trace_level_name((uint32_t)schema->level));
  for (uint32_t i = 0; i < schema->meta->num; i++) {
    if (!is_name_key(schema->meta->keys[i])) {
      fprintf(out, "%-10s %s\n", schema->meta->keys[i], schema->meta->values[i]);
    }
  }
  print_noc(schema->meta, out);
  print_names(schema->meta, "tiles", "tile.", out);
  print_names(schema->meta, "models", "model.", out);
  const uint32_t layers = count_keys(schema->meta, "layer.");
  if (layers > 0) fprintf(out, "%-10s %" PRIu32 "\n", "layers", layers);
  if (any) {
    print_cycle(reader, "first", first, out);
    print_cycle(reader, "last", last, out);
  }
  if (!ending->present) {
    fprintf(out, "%-10s unknown: the end of the file is missing or damaged\n", "ended");
  } else {
    fprintf(out, "%-10s %s%s%s\n", "ended", ending->complete ? "complete" : "incomplete",
            ending->reason[0] == '\0' ? "" : ": ", ending->reason);
  }
  print_streams(schema, counts, out);

  status = result(path, reader, status, out, why, why_len);
  hb_trace_reader_free(reader);
  return status;
}

/* ---------------------------------------------------------------------------------------- dump */

hb_status_t hb_trace_cmd_dump(const char *path, const hb_trace_dump_options_t *options, FILE *out,
                              char *why, size_t why_len) {
  if (options->from > options->to) {
    snprintf(why, why_len, "the range of cycles is empty: from %" PRIu64 " to %" PRIu64,
             options->from, options->to);
    return HB_ERR_ARG;
  }
  const bool one = options->streams != NULL && options->streams[0] != '\0' &&
                   strchr(options->streams, ',') == NULL;
  if (options->csv && (!one || options->json)) {
    snprintf(why, why_len,
             options->json ? "--csv or --json, not both" : "--csv needs one stream: --stream=NAME");
    return HB_ERR_ARG;
  }
  hb_trace_reader_t *reader;
  HB_TRY(open_reader(path, &reader, why, why_len));
  hb_status_t status = HB_OK;
  if (options->streams != NULL && options->streams[0] != '\0') {
    bool wanted[HB_TRACE_MAX_STREAMS] = {false};
    status = hb_trace_want_streams(hb_trace_reader_schema(reader), options->streams, wanted, why,
                                   why_len);
    if (status != HB_OK) goto out;
    hb_trace_reader_select(reader, wanted);
    for (uint32_t s = 0; options->csv && s < HB_TRACE_MAX_STREAMS; s++) {
      if (wanted[s]) {
        hb_trace_show_csv_head(&hb_trace_reader_schema(reader)->streams[s], out);
      }
    }
  }
  hb_trace_reader_range(reader, options->from, options->to);
  hb_trace_record_t record;
  while ((status = hb_trace_reader_next(reader, &record)) == HB_OK) {
    if (options->csv) {
      hb_trace_show_csv(reader, &record, out);
    } else if (options->json) {
      hb_trace_show_json(reader, &record, out);
    } else {
      hb_trace_show_text(reader, &record, out);
    }
  }
  status = result(path, reader, status, out, why, why_len);
out:
  hb_trace_reader_free(reader);
  return status;
}
