/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_trace_diff.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "hb_trace_reader.h"
#include "hb_trace_show.h"

enum { WHY_BYTES = 400, CONTEXT = 5, MAX_TOLERANCES = 64, NONE = -1 };

typedef struct tolerance {
  char field[HB_TRACE_MAX_NAME + 1];
  uint64_t most;
} tolerance_t;

/* What a stream's comparison found. */
typedef struct stream_diff {
  const char *name;
  int id[2];                      /* in A and B; NONE: not there */
  uint64_t records[2], different; /* different: pairs, and records without a partner */
  bool any;                       /* `first_*` hold */
  uint64_t first_cycle, first_index;
  uint64_t field_count[HB_TRACE_MAX_FIELDS]; /* pairs that differ, by field of A */
} stream_diff_t;

typedef struct diff {
  const char *path[2];
  hb_trace_reader_t *reader[2];
  const hb_trace_diff_options_t *options;
  tolerance_t tolerances[MAX_TOLERANCES];
  uint32_t num_tolerances;
  stream_diff_t streams[2 * HB_TRACE_MAX_STREAMS];
  uint32_t num_streams;
  const char *damage[2]; /* what a reader found wrong; NULL: nothing */
  char damage_text[2][WHY_BYTES];
} diff_t;

static int find_stream(const hb_trace_schema_t *schema, const char *name) {
  for (uint32_t s = 0; s < schema->num_streams; s++) {
    if (strcmp(schema->streams[s].name, name) == 0) return (int)s;
  }
  return NONE;
}

static int find_field(const hb_trace_stream_t *stream, const char *name) {
  for (uint32_t f = 0; f < stream->num_fields; f++) {
    if (strcmp(stream->fields[f].name, name) == 0) return (int)f;
  }
  return NONE;
}

static uint64_t tolerance_of(const diff_t *diff, const char *field) {
  for (uint32_t i = 0; i < diff->num_tolerances; i++) {
    if (strcmp(diff->tolerances[i].field, field) == 0) return diff->tolerances[i].most;
  }
  return 0;
}

/* "field=most,..." */
static hb_status_t parse_tolerances(diff_t *diff, char *why, size_t why_len) {
  const char *at = diff->options->tolerance == NULL ? "" : diff->options->tolerance;
  while (*at != '\0') {
    const size_t len = strcspn(at, ",");
    const size_t name_len = strcspn(at, "=");
    char *end = NULL;
    errno = 0;
    const bool digit = name_len + 1 < len && at[name_len + 1] >= '0' && at[name_len + 1] <= '9';
    const uint64_t most = digit ? strtoull(at + name_len + 1, &end, 10) : 0;
    if (!digit || end != at + len || errno != 0 || name_len == 0 || name_len > HB_TRACE_MAX_NAME ||
        diff->num_tolerances == MAX_TOLERANCES) {
      snprintf(why, why_len, "--tolerance: expected FIELD=NUMBER, got '%.*s'",
               (int)(len < 80 ? len : 80), at);
      return HB_ERR_ARG;
    }
    tolerance_t *next = &diff->tolerances[diff->num_tolerances++];
    snprintf(next->field, sizeof(next->field), "%.*s", (int)name_len, at);
    next->most = most;
    bool known = false;
    for (int side = 0; side < 2; side++) {
      const hb_trace_schema_t *schema = hb_trace_reader_schema(diff->reader[side]);
      for (uint32_t s = 0; s < schema->num_streams; s++) {
        known = known || find_field(&schema->streams[s], next->field) != NONE;
      }
    }
    if (!known) {
      snprintf(why, why_len, "--tolerance: no stream has a field '%s'", next->field);
      return HB_ERR_ARG;
    }
    at += len + (at[len] == ',');
  }
  return HB_OK;
}

/* Streams of both, A's first, those that were asked for. */
static hb_status_t list_streams(diff_t *diff, char *why, size_t why_len) {
  bool wanted[2][HB_TRACE_MAX_STREAMS];
  const char *list = diff->options->streams;
  const bool all = list == NULL || list[0] == '\0';
  bool found = false;
  for (int side = 0; side < 2; side++) {
    memset(wanted[side], all, sizeof(wanted[side]));
    if (all) continue;
    const hb_trace_schema_t *schema = hb_trace_reader_schema(diff->reader[side]);
    found = hb_trace_want_streams(schema, list, wanted[side], why, why_len) == HB_OK || found;
  }
  if (!all && !found) return HB_ERR_ARG;
  const hb_trace_schema_t *a = hb_trace_reader_schema(diff->reader[0]);
  const hb_trace_schema_t *b = hb_trace_reader_schema(diff->reader[1]);
  for (uint32_t s = 0; s < a->num_streams; s++) {
    if (wanted[0][s]) {
      diff->streams[diff->num_streams++] = (stream_diff_t){
          .name = a->streams[s].name, .id = {(int)s, find_stream(b, a->streams[s].name)}};
    }
  }
  for (uint32_t s = 0; s < b->num_streams; s++) {
    if (wanted[1][s] && find_stream(a, b->streams[s].name) == NONE) {
      diff->streams[diff->num_streams++] =
          (stream_diff_t){.name = b->streams[s].name, .id = {NONE, (int)s}};
    }
  }
  return HB_OK;
}

/* Whether a field of two records agrees; strings by their text, as ids are a file's own. */
static bool agrees(const diff_t *diff, const hb_trace_field_t *field, uint64_t a, uint64_t b) {
  if (strcmp(field->type, "string") == 0) {
    const char *text_a = hb_trace_reader_string(diff->reader[0], a);
    const char *text_b = hb_trace_reader_string(diff->reader[1], b);
    if (text_a == NULL && text_b == NULL) return a == b; /* shown as numbers */
    return text_a != NULL && text_b != NULL && strcmp(text_a, text_b) == 0;
  }
  if (a == b) return true;
  const bool below = strcmp(field->type, "int") == 0 ? (int64_t)a < (int64_t)b : a < b;
  return (below ? b - a : a - b) <= tolerance_of(diff, field->name);
}

/* Fields of two records that differ: counted, and whether there are any. */
static bool compare_records(const diff_t *diff, stream_diff_t *found, const hb_trace_record_t *a,
                            const hb_trace_record_t *b) {
  const hb_trace_stream_t *stream_a = &hb_trace_reader_schema(diff->reader[0])->streams[a->stream];
  const hb_trace_stream_t *stream_b = &hb_trace_reader_schema(diff->reader[1])->streams[b->stream];
  bool differ = stream_a->num_fields != stream_b->num_fields;
  for (uint32_t f = 0; f < stream_a->num_fields; f++) {
    const int other = find_field(stream_b, stream_a->fields[f].name);
    if (other == NONE || !agrees(diff, &stream_a->fields[f], a->values[f], b->values[other])) {
      differ = true;
      found->field_count[f]++;
    }
  }
  return differ;
}

/* The next record; false at the end or at damage, which is kept. */
static hb_status_t next_record(diff_t *diff, int side, hb_trace_record_t *record, bool *there) {
  const hb_status_t status = hb_trace_reader_next(diff->reader[side], record);
  *there = status == HB_OK;
  if (status == HB_ERR_FORMAT && diff->damage[side] == NULL) {
    snprintf(diff->damage_text[side], WHY_BYTES, "%s", hb_trace_reader_error(diff->reader[side]));
    diff->damage[side] = diff->damage_text[side];
  }
  return status == HB_OK || status == HB_ERR_END || status == HB_ERR_FORMAT ? HB_OK : status;
}

static void only_stream(const diff_t *diff, int side, int id) {
  bool wanted[HB_TRACE_MAX_STREAMS] = {false};
  if (id != NONE) wanted[id] = true;
  hb_trace_reader_select(diff->reader[side], wanted);
  hb_trace_reader_range(diff->reader[side], diff->options->from, diff->options->to);
}

static hb_status_t compare_stream(diff_t *diff, stream_diff_t *found) {
  for (int side = 0; side < 2; side++) {
    only_stream(diff, side, found->id[side]);
  }
  for (uint64_t index = 0;; index++) {
    hb_trace_record_t record[2];
    bool there[2] = {false, false};
    for (int side = 0; side < 2; side++) {
      if (found->id[side] != NONE) {
        HB_TRY(next_record(diff, side, &record[side], &there[side]));
      }
      found->records[side] += there[side];
    }
    if (!there[0] && !there[1]) return HB_OK;
    const bool both = there[0] && there[1];
    if (both && !compare_records(diff, found, &record[0], &record[1])) continue;
    found->different++;
    if (!found->any) {
      found->any = true;
      found->first_index = index;
      found->first_cycle = both && record[1].values[0] < record[0].values[0] ? record[1].values[0]
                           : there[0]                                        ? record[0].values[0]
                                                                             : record[1].values[0];
    }
  }
}

/* ---------------------------------------------------------------------------------------- output
 */

/* Record `index` of a stream of one side, as a line behind `mark`. */
static hb_status_t show_record(diff_t *diff, int side, const stream_diff_t *found, char mark,
                               FILE *out) {
  hb_trace_record_t record;
  bool there = found->id[side] != NONE;
  only_stream(diff, side, found->id[side]);
  for (uint64_t i = 0; there && i <= found->first_index; i++) {
    HB_TRY(next_record(diff, side, &record, &there));
  }
  fprintf(out, "%c ", mark);
  if (there) {
    hb_trace_show_text(diff->reader[side], &record, out);
  } else {
    fprintf(out, "(no record %" PRIu64 " of %s)\n", found->first_index + 1, found->name);
  }
  return HB_OK;
}

/* The last records of A before the first difference, of all streams asked for. */
static hb_status_t show_context(diff_t *diff, const stream_diff_t *first, FILE *out) {
  char *lines[CONTEXT] = {NULL};
  uint64_t count = 0;
  bool wanted[HB_TRACE_MAX_STREAMS] = {false};
  for (uint32_t i = 0; i < diff->num_streams; i++) {
    if (diff->streams[i].id[0] != NONE) wanted[diff->streams[i].id[0]] = true;
  }
  hb_trace_reader_select(diff->reader[0], wanted);
  hb_trace_reader_range(diff->reader[0], diff->options->from, diff->options->to);
  hb_status_t status = HB_OK;
  for (;;) {
    hb_trace_record_t record;
    bool there = false;
    status = next_record(diff, 0, &record, &there);
    if (status != HB_OK || !there || record.values[0] >= first->first_cycle) break;
    char **line = &lines[count++ % CONTEXT];
    size_t length = 0;
    free(*line);
    *line = NULL;
    FILE *memory = open_memstream(line, &length);
    if (memory == NULL) {
      status = HB_ERR_NOMEM;
      break;
    }
    hb_trace_show_text(diff->reader[0], &record, memory);
    if (fclose(memory) != 0) {
      status = HB_ERR_NOMEM;
      break;
    }
  }
  const uint64_t shown = count < CONTEXT ? count : CONTEXT;
  for (uint64_t i = 0; status == HB_OK && i < shown; i++) {
    fprintf(out, "  %s", lines[(count - shown + i) % CONTEXT]);
  }
  for (int i = 0; i < CONTEXT; i++) {
    free(lines[i]);
  }
  return status;
}

static const hb_trace_stream_t *stream_of_a(const diff_t *diff, const stream_diff_t *found) {
  return found->id[0] == NONE ? NULL
                              : &hb_trace_reader_schema(diff->reader[0])->streams[found->id[0]];
}

static hb_status_t print_text(diff_t *diff, const stream_diff_t *first, FILE *out) {
  if (first == NULL) {
    fprintf(out, "no difference\n");
  } else {
    const char *clock = hb_trace_reader_meta(diff->reader[0], "clock_khz");
    const double khz = clock == NULL ? 0.0 : strtod(clock, NULL);
    fprintf(out, "first difference at cycle %" PRIu64, first->first_cycle);
    if (khz > 0.0) fprintf(out, " (%.6f ms)", (double)first->first_cycle / khz);
    fprintf(out, ": record %" PRIu64 " of %s\n", first->first_index + 1, first->name);
    HB_TRY(show_context(diff, first, out));
    HB_TRY(show_record(diff, 0, first, '-', out));
    HB_TRY(show_record(diff, 1, first, '+', out));
  }
  fprintf(out, "\n%-16s %12s %12s %12s  %s\n", "stream", "records", "in the other", "different",
          "fields");
  for (uint32_t i = 0; i < diff->num_streams; i++) {
    const stream_diff_t *found = &diff->streams[i];
    fprintf(out, "%-16s %12" PRIu64 " %12" PRIu64 " %12" PRIu64 " ", found->name, found->records[0],
            found->records[1], found->different);
    const hb_trace_stream_t *stream = stream_of_a(diff, found);
    for (uint32_t f = 0; stream != NULL && f < stream->num_fields; f++) {
      if (found->field_count[f] != 0) {
        fprintf(out, " %s:%" PRIu64, stream->fields[f].name, found->field_count[f]);
      }
    }
    fprintf(out, "\n");
  }
  return HB_OK;
}

/* Names are [a-z0-9_]: nothing to escape. */
static void print_json(const diff_t *diff, const stream_diff_t *first, FILE *out) {
  fprintf(out, "{\"same\":%s,\"first\":", first == NULL ? "true" : "false");
  if (first == NULL) {
    fprintf(out, "null");
  } else {
    fprintf(out, "{\"cycle\":%" PRIu64 ",\"stream\":\"%s\",\"record\":%" PRIu64 "}",
            first->first_cycle, first->name, first->first_index + 1);
  }
  fprintf(out, ",\"streams\":[");
  for (uint32_t i = 0; i < diff->num_streams; i++) {
    const stream_diff_t *found = &diff->streams[i];
    fprintf(out,
            "%s{\"stream\":\"%s\",\"records\":[%" PRIu64 ",%" PRIu64 "],\"different\":%" PRIu64
            ",\"fields\":{",
            i == 0 ? "" : ",", found->name, found->records[0], found->records[1], found->different);
    const hb_trace_stream_t *stream = stream_of_a(diff, found);
    const char *comma = "";
    for (uint32_t f = 0; stream != NULL && f < stream->num_fields; f++) {
      if (found->field_count[f] != 0) {
        fprintf(out, "%s\"%s\":%" PRIu64, comma, stream->fields[f].name, found->field_count[f]);
        comma = ",";
      }
    }
    fprintf(out, "}}");
  }
  fprintf(out, "]}\n");
}

static hb_status_t run(diff_t *diff, FILE *out, bool *same_out, char *why, size_t why_len) {
  if (diff->options->from > diff->options->to) {
    snprintf(why, why_len, "the range of cycles is empty: from %" PRIu64 " to %" PRIu64,
             diff->options->from, diff->options->to);
    return HB_ERR_ARG;
  }
  HB_TRY(parse_tolerances(diff, why, why_len));
  HB_TRY(list_streams(diff, why, why_len));
  const stream_diff_t *first = NULL;
  for (uint32_t i = 0; i < diff->num_streams; i++) {
    stream_diff_t *found = &diff->streams[i];
    HB_TRY(compare_stream(diff, found));
    if (found->any && (first == NULL || found->first_cycle < first->first_cycle)) first = found;
  }
  *same_out = first == NULL;
  if (diff->options->json) {
    print_json(diff, first, out);
  } else {
    HB_TRY(print_text(diff, first, out));
  }
  for (int side = 0; side < 2; side++) {
    if (diff->damage[side] != NULL) {
      snprintf(why, why_len, "%s: %s", diff->path[side], diff->damage[side]);
      return HB_ERR_FORMAT;
    }
  }
  if (fflush(out) != 0 || ferror(out) != 0) {
    snprintf(why, why_len, "cannot write the output: %s", strerror(errno));
    return HB_ERR_IO;
  }
  return HB_OK;
}

hb_status_t hb_trace_diff(const char *path_a, const char *path_b,
                          const hb_trace_diff_options_t *options, FILE *out, bool *same_out,
                          char *why, size_t why_len) {
  *same_out = false;
  diff_t *diff = calloc(1, sizeof(*diff));
  hb_status_t status = diff == NULL ? HB_ERR_NOMEM : HB_OK;
  snprintf(why, why_len, "out of memory");
  if (diff != NULL) {
    *diff = (diff_t){.path = {path_a, path_b}, .options = options};
  }
  for (int side = 0; status == HB_OK && side < 2; side++) {
    char text[WHY_BYTES];
    status = hb_trace_reader_open(diff->path[side], &diff->reader[side], text, sizeof(text));
    if (status != HB_OK) snprintf(why, why_len, "%s: %s", diff->path[side], text);
  }
  if (status == HB_OK) status = run(diff, out, same_out, why, why_len);
  if (diff != NULL) {
    hb_trace_reader_free(diff->reader[0]);
    hb_trace_reader_free(diff->reader[1]);
    free(diff);
  }
  return status;
}
