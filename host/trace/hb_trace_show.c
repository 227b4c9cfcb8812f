/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_trace_show.h"

#include <inttypes.h>
#include <string.h>

#include "hilbert/hb_image.h"

bool hb_trace_show_name(const hb_trace_reader_t *reader, const char *type, uint64_t value,
                        char shown[HB_TRACE_SHOWN_BYTES]) {
  char key[64];
  const char *name = NULL;
  if (strcmp(type, "node") == 0 || strcmp(type, "tile") == 0 || strcmp(type, "model") == 0) {
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
    snprintf(shown, HB_TRACE_SHOWN_BYTES, "%.200s#%" PRIu32 "/%.200s", model, HB_TAG_FRAME(value),
             layer);
    return true;
  }
  if (name == NULL) return false;
  snprintf(shown, HB_TRACE_SHOWN_BYTES, "%s", name);
  return true;
}

static void print_number(const char *type, uint64_t value, FILE *out) {
  if (strcmp(type, "int") == 0) {
    fprintf(out, "%" PRId64, (int64_t)value);
  } else if ((strcmp(type, "tile") == 0 || strcmp(type, "tag") == 0) && value == HB_IMAGE_NONE) {
    fprintf(out, "none");
  } else if (strcmp(type, "hex") == 0 || strcmp(type, "tag") == 0) {
    fprintf(out, "0x%" PRIx64, value);
  } else {
    fprintf(out, "%" PRIu64, value);
  }
}

size_t hb_trace_show_utf8_len(const char *text) {
  const unsigned char *at = (const unsigned char *)text;
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
void hb_trace_show_quoted(const char *text, FILE *out) {
  fputc('"', out);
  for (const unsigned char *at = (const unsigned char *)text; *at != '\0';) {
    const size_t len = hb_trace_show_utf8_len((const char *)at);
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

void hb_trace_show_text(const hb_trace_reader_t *reader, const hb_trace_record_t *record,
                        FILE *out) {
  const hb_trace_stream_t *stream = &hb_trace_reader_schema(reader)->streams[record->stream];
  fprintf(out, "%14" PRIu64 "  %-14s", record->values[0], stream->name);
  for (uint32_t f = 1; f < stream->num_fields; f++) {
    const hb_trace_field_t *field = &stream->fields[f];
    char shown[HB_TRACE_SHOWN_BYTES];
    fprintf(out, " %s=", field->name);
    if (!hb_trace_show_name(reader, field->type, record->values[f], shown)) {
      print_number(field->type, record->values[f], out);
    } else if (strcmp(field->type, "string") == 0) {
      hb_trace_show_quoted(shown, out);
    } else {
      fputs(shown, out);
    }
  }
  fputc('\n', out);
}

void hb_trace_show_json(const hb_trace_reader_t *reader, const hb_trace_record_t *record,
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
    char shown[HB_TRACE_SHOWN_BYTES];
    if (hb_trace_show_name(reader, field->type, value, shown)) {
      fprintf(out, ",\"%s_name\":", field->name);
      hb_trace_show_quoted(shown, out);
    }
  }
  fputs("}\n", out);
}

void hb_trace_show_csv_head(const hb_trace_stream_t *stream, FILE *out) {
  for (uint32_t f = 0; f < stream->num_fields; f++) {
    fprintf(out, "%s%s", f == 0 ? "" : ",", stream->fields[f].name);
  }
  fputc('\n', out);
}

void hb_trace_show_csv(const hb_trace_reader_t *reader, const hb_trace_record_t *record,
                       FILE *out) {
  const hb_trace_stream_t *stream = &hb_trace_reader_schema(reader)->streams[record->stream];
  for (uint32_t f = 0; f < stream->num_fields; f++) {
    const hb_trace_field_t *field = &stream->fields[f];
    char shown[HB_TRACE_SHOWN_BYTES];
    fputs(f == 0 ? "" : ",", out);
    if (!hb_trace_show_name(reader, field->type, record->values[f], shown)) {
      print_number(field->type, record->values[f], out);
    } else if (strpbrk(shown, ",\"\r\n") == NULL) {
      fputs(shown, out);
    } else {
      fputc('"', out);
      for (const char *at = shown; *at != '\0'; at++) {
        fputs(*at == '"' ? "\"" : "", out);
        fputc(*at, out);
      }
      fputc('"', out);
    }
  }
  fputc('\n', out);
}

/* Marks the streams named in `list`. */
hb_status_t hb_trace_want_streams(const hb_trace_schema_t *schema, const char *list, bool *wanted,
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
