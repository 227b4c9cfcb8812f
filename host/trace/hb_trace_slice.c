/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_trace_slice.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "hb_trace_buf.h"
#include "hb_trace_copy.h"
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

/* --------------------------------------------------------------------------------------- slice */

/* What a slice holds, those it was itself cut from included. */
typedef struct cut {
  uint64_t from, to;
  hb_trace_level_t level;
  bool some; /* not all streams */
  bool wanted[HB_TRACE_MAX_STREAMS];
} cut_t;

static uint64_t number_of(const hb_trace_reader_t *reader, const char *key, uint64_t otherwise) {
  const char *text = hb_trace_reader_meta(reader, key);
  char *end = NULL;
  errno = 0;
  const uint64_t value = text == NULL ? 0 : strtoull(text, &end, 10);
  return text == NULL || text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ? otherwise
                                                                                      : value;
}

/* Takes the options and what slice.from, slice.to and slice.streams say already. */
static hb_status_t set_cut(const hb_trace_reader_t *reader, const char *path,
                           const hb_trace_slice_options_t *options, cut_t *cut, char *why,
                           size_t why_len) {
  const hb_trace_schema_t *schema = hb_trace_reader_schema(reader);
  const uint64_t from = number_of(reader, "slice.from", 0);
  const uint64_t to = number_of(reader, "slice.to", UINT64_MAX);
  *cut = (cut_t){.from = options->from > from ? options->from : from,
                 .to = options->to < to ? options->to : to,
                 .level = schema->level};
  if (options->level != NULL) {
    if (hb_trace_level_from_name(options->level, &cut->level) != HB_OK) {
      snprintf(why, why_len, "--level: expected decisions, jobs, packets or boundary, got %s",
               options->level);
      return HB_ERR_ARG;
    }
    if (cut->level > schema->level) {
      snprintf(why, why_len, "%s: recorded at level %s, so a slice cannot be of level %s", path,
               hb_trace_level_name((uint32_t)schema->level), options->level);
      return HB_ERR_ARG;
    }
  }
  bool before[HB_TRACE_MAX_STREAMS] = {false};
  bool now[HB_TRACE_MAX_STREAMS] = {false};
  char unused[WHY_BYTES];
  const char *earlier = hb_trace_reader_meta(reader, "slice.streams");
  const bool some_before = earlier != NULL && hb_trace_want_streams(schema, earlier, before, unused,
                                                                    sizeof(unused)) == HB_OK;
  const bool some_now = options->streams != NULL && options->streams[0] != '\0';
  if (some_now) HB_TRY(hb_trace_want_streams(schema, options->streams, now, why, why_len));
  cut->some = some_before || some_now;
  for (uint32_t s = 0; s < schema->num_streams; s++) {
    cut->wanted[s] = (!some_before || before[s]) && (!some_now || now[s]);
  }
  return HB_OK;
}

/* The trace's metadata, and behind it what was cut off. */
static hb_status_t set_meta(const hb_trace_schema_t *schema, const cut_t *cut,
                            hb_trace_meta_t *meta) {
  for (uint32_t i = 0; i < schema->meta->num; i++) {
    const char *key = schema->meta->keys[i];
    const bool replaced = (strcmp(key, "slice.from") == 0 && cut->from > 0) ||
                          (strcmp(key, "slice.to") == 0 && cut->to < UINT64_MAX) ||
                          (strcmp(key, "slice.streams") == 0 && cut->some);
    if (!replaced) hb_trace_meta_set(meta, key, schema->meta->values[i]);
  }
  if (cut->from > 0) hb_trace_meta_set_uint(meta, "slice.from", cut->from);
  if (cut->to < UINT64_MAX) hb_trace_meta_set_uint(meta, "slice.to", cut->to);
  if (cut->some) {
    hb_trace_buf_t names = {0};
    for (uint32_t s = 0; s < schema->num_streams; s++) {
      if (!cut->wanted[s]) continue;
      hb_trace_buf_printf(&names, "%s%s", names.len == 0 ? "" : ",", schema->streams[s].name);
    }
    hb_trace_buf_put(&names, "", 1);
    const hb_status_t status = names.failed ? HB_ERR_NOMEM : HB_OK;
    /* A list above a text's limit (hundreds of long names) is left out: records tell as well. */
    if (status == HB_OK && names.len <= HB_TRACE_MAX_TEXT) {
      hb_trace_meta_set(meta, "slice.streams", (const char *)names.bytes);
    }
    hb_trace_buf_release(&names);
    return status;
  }
  return HB_OK;
}

/* Copies what the cut lets through. */
static hb_status_t write_slice(hb_trace_reader_t *reader, const char *in, const char *out,
                               const cut_t *cut, char *why, size_t why_len) {
  hb_trace_schema_t schema = *hb_trace_reader_schema(reader);
  bool wanted[HB_TRACE_MAX_STREAMS] = {false};
  for (uint32_t s = 0; s < schema.num_streams; s++) {
    wanted[s] =
        cut->wanted[s] && (cut->level == schema.level || schema.streams[s].level <= cut->level);
  }
  hb_trace_reader_select(reader, wanted);
  hb_trace_reader_range(reader, cut->from, cut->to);

  hb_trace_meta_t meta;
  hb_trace_meta_init(&meta);
  hb_trace_copy_t *copy = NULL;
  hb_status_t status = set_meta(&schema, cut, &meta);
  snprintf(why, why_len, "%s", hb_status_text(status));
  schema.meta = &meta;
  schema.level = cut->level;
  if (status == HB_OK) status = hb_trace_copy_open(reader, &schema, out, &copy, why, why_len);
  hb_trace_meta_release(&meta);
  if (status != HB_OK) return status;

  hb_trace_copied_t copied = {0};
  const hb_trace_ending_t *ending = hb_trace_reader_ending(reader);
  status = hb_trace_copy_records(copy, false, &copied, why, why_len);
  const bool damaged = copied.source != HB_ERR_END;
  if (status == HB_OK) {
    char reason[WHY_BYTES + 64] = "sliced from a trace without an end";
    if (damaged) {
      snprintf(reason, sizeof(reason), "sliced from a damaged trace: %s",
               hb_trace_reader_error(reader));
    }
    const bool as_source = !damaged && ending->present;
    status = hb_trace_copy_end(copy, as_source && ending->complete,
                               as_source ? ending->reason : reason, why, why_len);
  }
  hb_trace_copy_free(copy);
  if (status != HB_OK || !damaged) return status;
  snprintf(why, why_len, "%s: %s; %s holds what could be read", in, hb_trace_reader_error(reader),
           out);
  return copied.source;
}

hb_status_t hb_trace_slice(const char *in, const char *out, const hb_trace_slice_options_t *options,
                           char *why, size_t why_len) {
  if (options->from > options->to) {
    snprintf(why, why_len, "the range of cycles is empty: from %" PRIu64 " to %" PRIu64,
             options->from, options->to);
    return HB_ERR_ARG;
  }
  HB_TRY(hb_trace_copy_check(in, out, why, why_len));
  hb_trace_reader_t *reader;
  HB_TRY(open_reader(in, &reader, why, why_len));
  cut_t cut;
  hb_status_t status = set_cut(reader, in, options, &cut, why, why_len);
  if (status == HB_OK) status = write_slice(reader, in, out, &cut, why, why_len);
  hb_trace_reader_free(reader);
  return status;
}

/* ------------------------------------------------------------------------------------- recover */

typedef struct outcome {
  const char *in, *out, *damage;
  hb_trace_copied_t copied;
  uint64_t bytes, kept; /* of `in` */
} outcome_t;

static void print_json(const outcome_t *o, FILE *report) {
  fprintf(report, "{\"damaged\":true,\"windows\":%" PRIu64 ",\"records\":%" PRIu64 ",\"whole_to\":",
          o->copied.num_windows, o->copied.num_records);
  if (o->copied.num_windows > 0) {
    fprintf(report, "%" PRIu64, o->copied.last_cycle);
  } else {
    fprintf(report, "null");
  }
  fprintf(report, ",\"bytes_kept\":%" PRIu64 ",\"bytes_dropped\":%" PRIu64 ",\"damage\":", o->kept,
          o->bytes - o->kept);
  hb_trace_show_quoted(o->damage, report);
  fprintf(report, ",\"out\":");
  hb_trace_show_quoted(o->out, report);
  fprintf(report, "}\n");
}

static void print_text(const outcome_t *o, FILE *report) {
  char whole_to[24] = "-";
  if (o->copied.num_windows > 0) {
    snprintf(whole_to, sizeof(whole_to), "%" PRIu64, o->copied.last_cycle);
  }
  fprintf(report, "%10s %12s %20s %14s %14s\n", "windows", "records", "whole up to cycle",
          "bytes kept", "bytes dropped");
  fprintf(report, "%10" PRIu64 " %12" PRIu64 " %20s %14" PRIu64 " %14" PRIu64 "\n\n",
          o->copied.num_windows, o->copied.num_records, whole_to, o->kept, o->bytes - o->kept);
  fprintf(report, "%s: %s\nwrote %s\n", o->in, o->damage, o->out);
}

/* Reads everything: how it ends. */
static hb_status_t scan(hb_trace_reader_t *reader) {
  hb_trace_record_t record;
  hb_status_t status;
  while ((status = hb_trace_reader_next(reader, &record)) == HB_OK) {
  }
  return status;
}

/* Copies the whole windows of a damaged trace. */
static hb_status_t write_recovered(hb_trace_reader_t *reader, outcome_t *o, char *why,
                                   size_t why_len) {
  hb_trace_reader_select(reader, NULL); /* from the start */
  o->bytes = hb_trace_reader_file_bytes(reader);
  o->kept = hb_trace_reader_walk(reader).end;
  hb_trace_copy_t *copy;
  HB_TRY(hb_trace_copy_open(reader, hb_trace_reader_schema(reader), o->out, &copy, why, why_len));
  hb_status_t status = hb_trace_copy_records(copy, true, &o->copied, why, why_len);
  if (status == HB_OK) {
    char reason[WHY_BYTES + 64];
    snprintf(reason, sizeof(reason), "recovered: %s", hb_trace_reader_error(reader));
    status = hb_trace_copy_end(copy, false, reason, why, why_len);
  }
  hb_trace_copy_free(copy);
  if (o->copied.num_windows > 0) o->kept = o->copied.end;
  o->damage = hb_trace_reader_error(reader);
  return status;
}

hb_status_t hb_trace_recover(const char *in, const char *out, bool json, FILE *report, char *why,
                             size_t why_len) {
  HB_TRY(hb_trace_copy_check(in, out, why, why_len));
  hb_trace_reader_t *reader;
  HB_TRY(open_reader(in, &reader, why, why_len));
  hb_status_t status = scan(reader);
  if (status == HB_ERR_END) {
    status = HB_OK;
    if (json) {
      fprintf(report, "{\"damaged\":false}\n");
    } else {
      fprintf(report, "%s: undamaged, there is nothing to recover; %s was not written\n", in, out);
    }
  } else if (status == HB_ERR_NOMEM) {
    snprintf(why, why_len, "%s: %s", in, hb_trace_reader_error(reader));
  } else {
    outcome_t outcome = {.in = in, .out = out};
    status = write_recovered(reader, &outcome, why, why_len);
    if (status == HB_OK && json) print_json(&outcome, report);
    if (status == HB_OK && !json) print_text(&outcome, report);
  }
  hb_trace_reader_free(reader);
  if (status == HB_OK && (fflush(report) != 0 || ferror(report) != 0)) {
    snprintf(why, why_len, "cannot write the output: %s", strerror(errno));
    status = HB_ERR_IO;
  }
  return status;
}
