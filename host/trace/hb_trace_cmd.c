/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_trace_cmd.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "hb_trace_reader.h"
#include "hilbert/hb_image.h"

enum { WHY_BYTES = 400, SHOWN_BYTES = HB_TRACE_MAX_TEXT + 1 };

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
  return strncmp(key, "tile.", 5) == 0 || strncmp(key, "model.", 6) == 0 ||
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

/* The name of a value by its field's type; false if it has none. */
static bool name_of(const hb_trace_reader_t *reader, const char *type, uint64_t value,
                    char shown[SHOWN_BYTES]) {
  char key[64];
  const char *name = NULL;
  if (strcmp(type, "tile") == 0 || strcmp(type, "model") == 0) {
    snprintf(key, sizeof(key), "%s.%" PRIu64, type, value);
    name = hb_trace_reader_meta(reader, key);
  } else if (strncmp(type, "enum:", 5) == 0) {
    name = hb_trace_reader_enum(reader, type + 5, value);
  } else if (strcmp(type, "string") == 0) {
    name = hb_trace_reader_string(reader, value);
  } else if (strcmp(type, "tag") == 0 && value <= UINT32_MAX) {
    snprintf(key, sizeof(key), "model.%" PRIu32, HB_TAG_MODEL(value));
    const char *model = hb_trace_reader_meta(reader, key);
    snprintf(key, sizeof(key), "layer.%" PRIu32 ".%" PRIu32, HB_TAG_MODEL(value),
             HB_TAG_LAYER(value));
    const char *layer = hb_trace_reader_meta(reader, key);
    if (model == NULL || layer == NULL) return false;
    snprintf(shown, SHOWN_BYTES, "%.200s#%" PRIu32 "/%.200s", model, HB_TAG_FRAME(value), layer);
    return true;
  }
  if (name == NULL) return false;
  snprintf(shown, SHOWN_BYTES, "%s", name);
  return true;
}

static void print_number(const char *type, uint64_t value, FILE *out) {
  if (strcmp(type, "int") == 0) {
    fprintf(out, "%" PRId64, (int64_t)value);
  } else if (strcmp(type, "hex") == 0 || strcmp(type, "tag") == 0) {
    fprintf(out, "0x%" PRIx64, value);
  } else if (strcmp(type, "tile") == 0 && value == HB_IMAGE_NONE) {
    fprintf(out, "none");
  } else {
    fprintf(out, "%" PRIu64, value);
  }
}

/* Length of the UTF-8 sequence at `at`, 0 if it is not one. */
static size_t utf8_len(const unsigned char *at) {
  const unsigned char lead = at[0];
  size_t len = 0;
  if (lead >= 0xc2 && lead <= 0xdf) len = 2;
  if (lead >= 0xe0 && lead <= 0xef) len = 3;
  if (lead >= 0xf0 && lead <= 0xf4) len = 4;
  for (size_t i = 1; i < len; i++) {
    if ((at[i] & 0xc0) != 0x80) return 0;
  }
  const bool overlong = (lead == 0xe0 && at[1] < 0xa0) || (lead == 0xf0 && at[1] < 0x90);
  const bool beyond = (lead == 0xed && at[1] > 0x9f) || (lead == 0xf4 && at[1] > 0x8f);
  return overlong || beyond ? 0 : len;
}

/* A text in double quotes: control characters escaped, bytes that are not UTF-8 as U+FFFD. */
static void print_quoted(const char *text, FILE *out) {
  fputc('"', out);
  for (const unsigned char *at = (const unsigned char *)text; *at != '\0';) {
    const size_t len = utf8_len(at);
    if (len > 0) {
      fwrite(at, 1, len, out);
      at += len;
    } else if (*at >= 0x80) {
      fputs("\\ufffd", out);
      at++;
    } else {
      if (*at == '"' || *at == '\\') {
        fprintf(out, "\\%c", *at);
      } else if (*at < 0x20 || *at == 0x7f) {
        fprintf(out, "\\u%04x", *at);
      } else {
        fputc(*at, out);
      }
      at++;
    }
  }
  fputc('"', out);
}

static void print_text(const hb_trace_reader_t *reader, const hb_trace_record_t *record,
                       FILE *out) {
  const hb_trace_stream_t *stream = &hb_trace_reader_schema(reader)->streams[record->stream];
  fprintf(out, "%14" PRIu64 "  %-14s", record->values[0], stream->name);
  for (uint32_t f = 1; f < stream->num_fields; f++) {
    const hb_trace_field_t *field = &stream->fields[f];
    char shown[SHOWN_BYTES];
    fprintf(out, " %s=", field->name);
    if (!name_of(reader, field->type, record->values[f], shown)) {
      print_number(field->type, record->values[f], out);
    } else if (strcmp(field->type, "string") == 0) {
      print_quoted(shown, out);
    } else {
      fputs(shown, out);
    }
  }
  fputc('\n', out);
}

static void print_json(const hb_trace_reader_t *reader, const hb_trace_record_t *record,
                       FILE *out) {
  const hb_trace_stream_t *stream = &hb_trace_reader_schema(reader)->streams[record->stream];
  fprintf(out, "{\"stream\":\"%s\"", stream->name);
  for (uint32_t f = 0; f < stream->num_fields; f++) {
    const hb_trace_field_t *field = &stream->fields[f];
    const uint64_t value = record->values[f];
    if (strcmp(field->type, "int") == 0) {
      fprintf(out, ",\"%s\":%" PRId64, field->name, (int64_t)value);
    } else if (strcmp(field->type, "bool") == 0 && value <= 1) {
      fprintf(out, ",\"%s\":%s", field->name, value == 1 ? "true" : "false");
    } else {
      fprintf(out, ",\"%s\":%" PRIu64, field->name, value);
    }
    char shown[SHOWN_BYTES];
    if (name_of(reader, field->type, value, shown)) {
      fprintf(out, ",\"%s_name\":", field->name);
      print_quoted(shown, out);
    }
  }
  fputs("}\n", out);
}

/* Marks the streams named in `list`. */
static hb_status_t want_streams(const hb_trace_schema_t *schema, const char *list, bool *wanted,
                                char *why, size_t why_len) {
  for (const char *at = list; *at != '\0';) {
    const size_t len = strcspn(at, ",");
    uint32_t s = 0;
    while (s < schema->num_streams && !(strlen(schema->streams[s].name) == len &&
                                        memcmp(schema->streams[s].name, at, len) == 0)) {
      s++;
    }
    if (s == schema->num_streams) {
      int used = snprintf(why, why_len, "no stream '%.*s' in the trace; it has",
                          (int)(len < 64 ? len : 64), at);
      for (s = 0; s < schema->num_streams && used > 0 && (size_t)used < why_len; s++) {
        used += snprintf(why + used, why_len - (size_t)used, " %s", schema->streams[s].name);
      }
      return HB_ERR_ARG;
    }
    wanted[s] = true;
    at += len + (at[len] == ',');
  }
  return HB_OK;
}

hb_status_t hb_trace_cmd_dump(const char *path, const hb_trace_dump_options_t *options, FILE *out,
                              char *why, size_t why_len) {
  if (options->from > options->to) {
    snprintf(why, why_len, "the range of cycles is empty: from %" PRIu64 " to %" PRIu64,
             options->from, options->to);
    return HB_ERR_ARG;
  }
  hb_trace_reader_t *reader;
  HB_TRY(open_reader(path, &reader, why, why_len));
  hb_status_t status = HB_OK;
  if (options->streams != NULL && options->streams[0] != '\0') {
    bool wanted[HB_TRACE_MAX_STREAMS] = {false};
    status = want_streams(hb_trace_reader_schema(reader), options->streams, wanted, why, why_len);
    if (status != HB_OK) goto out;
    hb_trace_reader_select(reader, wanted);
  }
  hb_trace_reader_range(reader, options->from, options->to);
  hb_trace_record_t record;
  while ((status = hb_trace_reader_next(reader, &record)) == HB_OK) {
    if (options->json) {
      print_json(reader, &record, out);
    } else {
      print_text(reader, &record, out);
    }
  }
  status = result(path, reader, status, out, why, why_len);
out:
  hb_trace_reader_free(reader);
  return status;
}
