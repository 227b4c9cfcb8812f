/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_trace_writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hb_trace_file.h"

enum {
  DEFAULT_WINDOW_BYTES = 1 << 20,
  MIN_WINDOW_BYTES = 4096,
  MAX_WINDOW_BYTES = 1 << 20,
  DEFAULT_WINDOW_CYCLES = 16000000,
  SLOT_DOUBLINGS = 4,
  DEFAULT_SLACK_CYCLES = 1024,
};

/* Records of one stream that wait for their window's end, in time order. */
typedef struct table {
  uint32_t num_fields;
  uint32_t num_strings; /* fields of type string */
  uint8_t string_field[HB_TRACE_MAX_FIELDS];
  uint64_t *rows; /* num_rows x num_fields */
  size_t num_rows, capacity;
} table_t;

/* Interned texts by id, and a hash table of ids (open addressing, 0: empty, else id + 1). */
typedef struct strings {
  char **texts;
  uint32_t *seen_in; /* number of the last member that holds it */
  uint32_t num, capacity;
  uint32_t *slots;
  uint32_t num_slots; /* a power of two, or 0 */
} strings_t;

struct hb_trace_writer {
  hb_trace_file_t file;
  table_t *tables;
  hb_trace_rows_t *rows; /* by stream, of the window that is being written */
  strings_t strings;

  uint32_t window_bytes;
  uint64_t window_cycles, slack_cycles;
  uint64_t now;           /* latest cycle heard of */
  uint64_t floor;         /* records before this cycle are in the file already */
  size_t pending_bytes;   /* of waiting records and their strings */
  uint64_t pending_first; /* cycle of the earliest waiting record; UINT64_MAX: none waits */
};

/* ------------------------------------------------------------------------------------- windows */

/* Waiting records of a table with a cycle up to `cut`. */
static size_t rows_until(const table_t *table, uint64_t cut) {
  size_t low = 0;
  size_t high = table->num_rows;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (table->rows[middle * table->num_fields] <= cut) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

static int compare_ids(const void *a, const void *b) {
  const uint32_t x = *(const uint32_t *)a;
  const uint32_t y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

/* Puts the texts of all ids that the window's rows of `level` use: ascending ids, each text with
 * its NUL. */
static hb_status_t put_strings(void *ctx, uint32_t level, hb_trace_buf_t *payload) {
  hb_trace_writer_t *w = ctx;
  const hb_trace_schema_t *schema = &w->file.own.schema;
  const uint32_t member = w->file.num_members + 1;
  hb_trace_buf_t ids = {0}; /* of uint32_t */
  for (uint32_t s = 0; s < schema->num_streams; s++) {
    const table_t *table = &w->tables[s];
    if ((uint32_t)schema->streams[s].level != level || table->num_strings == 0) continue;
    for (size_t r = 0; r < w->rows[s].num; r++) {
      for (uint32_t i = 0; i < table->num_strings; i++) {
        const uint32_t id = (uint32_t)table->rows[r * table->num_fields + table->string_field[i]];
        if (w->strings.seen_in[id] == member) continue;
        w->strings.seen_in[id] = member;
        hb_trace_buf_put(&ids, &id, sizeof(id));
      }
    }
  }
  const hb_status_t status = ids.failed ? HB_ERR_NOMEM : HB_OK;
  const size_t num = status == HB_OK ? ids.len / sizeof(uint32_t) : 0;
  if (num > 0) qsort(ids.bytes, num, sizeof(uint32_t), compare_ids);
  hb_trace_buf_put_varint(payload, num);
  for (size_t i = 0; i < num; i++) {
    uint32_t id;
    memcpy(&id, ids.bytes + i * sizeof(id), sizeof(id));
    hb_trace_put_string(payload, id, w->strings.texts[id]);
  }
  hb_trace_buf_release(&ids);
  return status;
}

/* What a record adds to the size of its window. */
static size_t bytes_of(const hb_trace_writer_t *w, const table_t *table, const uint64_t *values) {
  size_t bytes = table->num_fields * sizeof(uint64_t);
  for (uint32_t i = 0; i < table->num_strings; i++) {
    bytes += strlen(w->strings.texts[values[table->string_field[i]]]) + 2 * HB_TRACE_VARINT_MAX;
  }
  return bytes;
}

static void drop_rows(hb_trace_writer_t *w) {
  w->pending_bytes = 0;
  w->pending_first = UINT64_MAX;
  for (uint32_t s = 0; s < w->file.own.schema.num_streams; s++) {
    table_t *table = &w->tables[s];
    const size_t rows = w->rows[s].num;
    table->num_rows -= rows;
    if (rows > 0 && table->num_rows > 0) {
      memmove(table->rows, table->rows + rows * table->num_fields,
              table->num_rows * table->num_fields * sizeof(uint64_t));
    }
    for (size_t r = 0; r < table->num_rows; r++) {
      w->pending_bytes += bytes_of(w, table, table->rows + r * table->num_fields);
    }
    if (table->num_rows > 0 && table->rows[0] < w->pending_first) {
      w->pending_first = table->rows[0];
    }
  }
}

/* Writes the window of all waiting records up to `cut`, of which there is at least one. */
static hb_status_t write_window(hb_trace_writer_t *w, uint64_t cut) {
  for (uint32_t s = 0; s < w->file.own.schema.num_streams; s++) {
    const table_t *table = &w->tables[s];
    w->rows[s] = (hb_trace_rows_t){.values = table->rows, .num = rows_until(table, cut)};
  }
  HB_TRY(hb_trace_file_window(&w->file, w->rows, put_strings, w));
  drop_rows(w);
  if (cut >= w->floor) w->floor = cut + 1;
  return HB_OK;
}

/* Last cycle of the window slot that holds `cycle`. Slots grow with time, by doubling: a run that
 * is killed early loses less. */
static uint64_t slot_end(const hb_trace_writer_t *w, uint64_t cycle) {
  uint64_t length = w->window_cycles;
  for (int i = 0; i < SLOT_DOUBLINGS && length % 2 == 0 && length > cycle / 2; i++)
    length /= 2;
  const uint64_t into = cycle % length;
  const uint64_t left = length - 1 - into;
  return cycle > UINT64_MAX - left ? UINT64_MAX : cycle + left;
}

/* Time goes on to `cycle`: writes the slots that no record can fall into any more. */
static hb_status_t advance(hb_trace_writer_t *w, uint64_t cycle) {
  if (cycle > w->now) w->now = cycle;
  while (w->pending_first != UINT64_MAX && w->now > w->slack_cycles) {
    const uint64_t end = slot_end(w, w->pending_first);
    if (end >= w->now - w->slack_cycles) break;
    HB_TRY(write_window(w, end));
  }
  return HB_OK;
}

/* Writes a window that is full: up to where no record can fall any more; if that gives nothing and
 * it is twice full, up to the cycle before this one. Records of one cycle are never split. */
static hb_status_t make_room(hb_trace_writer_t *w) {
  const size_t limit = w->window_bytes;
  if (w->pending_bytes >= limit && w->now > w->slack_cycles &&
      w->pending_first < w->now - w->slack_cycles) {
    return write_window(w, w->now - w->slack_cycles - 1);
  }
  if (w->pending_bytes >= 2 * limit && w->pending_first < w->now)
    return write_window(w, w->now - 1);
  return HB_OK;
}

/* ------------------------------------------------------------------------------------- strings */

static uint64_t hash_text(const char *text, size_t len) {
  uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a, 64 bits */
  for (size_t i = 0; i < len; i++) {
    hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3u;
  }
  return hash;
}

static uint32_t *find_slot(strings_t *strings, const char *text, size_t len) {
  uint32_t at = (uint32_t)hash_text(text, len) & (strings->num_slots - 1);
  while (strings->slots[at] != 0) {
    const char *other = strings->texts[strings->slots[at] - 1];
    if (strncmp(other, text, len) == 0 && other[len] == '\0') break;
    at = (at + 1) & (strings->num_slots - 1);
  }
  return &strings->slots[at];
}

/* Room for one more text: tables of `num` and a hash table at most half full. */
static bool grow_strings(strings_t *strings) {
  if (strings->num == strings->capacity) {
    const uint32_t capacity = strings->capacity == 0 ? 64 : strings->capacity * 2;
    char **texts = realloc(strings->texts, capacity * sizeof(*texts));
    if (texts != NULL) strings->texts = texts;
    uint32_t *seen_in = realloc(strings->seen_in, capacity * sizeof(*seen_in));
    if (seen_in != NULL) strings->seen_in = seen_in;
    if (texts == NULL || seen_in == NULL) return false;
    strings->capacity = capacity;
  }
  if (strings->num_slots < 2 * (strings->num + 1)) {
    uint32_t *old = strings->slots;
    const uint32_t num_slots = strings->num_slots == 0 ? 128 : strings->num_slots * 2;
    uint32_t *slots = calloc(num_slots, sizeof(*slots));
    if (slots == NULL) return false;
    strings->slots = slots;
    strings->num_slots = num_slots;
    free(old);
    for (uint32_t id = 0; id < strings->num; id++) {
      *find_slot(strings, strings->texts[id], strlen(strings->texts[id])) = id + 1;
    }
  }
  return true;
}

hb_status_t hb_trace_writer_string(hb_trace_writer_t *w, const char *text, uint64_t *id_out) {
  const size_t len = strnlen(text, HB_TRACE_MAX_TEXT);
  if (!grow_strings(&w->strings)) {
    snprintf(w->file.error, sizeof(w->file.error), "%s", hb_status_text(HB_ERR_NOMEM));
    return HB_ERR_NOMEM;
  }
  uint32_t *slot = find_slot(&w->strings, text, len);
  if (*slot == 0) {
    char *copy = strndup(text, len);
    if (copy == NULL) return HB_ERR_NOMEM;
    w->strings.texts[w->strings.num] = copy;
    w->strings.seen_in[w->strings.num] = 0;
    *slot = ++w->strings.num;
  }
  *id_out = *slot - 1;
  return HB_OK;
}

/* ------------------------------------------------------------------------------------- records */

static hb_status_t refuse(hb_trace_writer_t *w, const char *stream, uint64_t cycle,
                          const char *why) {
  snprintf(w->file.error, sizeof(w->file.error),
           "record of stream %s at cycle %" PRIu64 " refused: %s", stream, cycle, why);
  return HB_ERR_ARG;
}

/* Puts a record behind all of its stream that are not later. */
static hb_status_t insert_row(table_t *table, const uint64_t *values) {
  const size_t row_bytes = table->num_fields * sizeof(uint64_t);
  if (table->num_rows == table->capacity) {
    const size_t capacity = table->capacity == 0 ? 64 : table->capacity * 2;
    uint64_t *rows = realloc(table->rows, capacity * row_bytes);
    if (rows == NULL) return HB_ERR_NOMEM;
    table->rows = rows;
    table->capacity = capacity;
  }
  size_t at = table->num_rows;
  if (at > 0 && table->rows[(at - 1) * table->num_fields] > values[0]) {
    at = rows_until(table, values[0]);
    memmove(table->rows + (at + 1) * table->num_fields, table->rows + at * table->num_fields,
            (table->num_rows - at) * row_bytes);
  }
  memcpy(table->rows + at * table->num_fields, values, row_bytes);
  table->num_rows++;
  return HB_OK;
}

hb_status_t hb_trace_writer_append(hb_trace_writer_t *w, uint32_t stream, const uint64_t *values) {
  if (w->file.failed != HB_OK) return HB_OK;
  const hb_trace_schema_t *schema = &w->file.own.schema;
  if (stream >= schema->num_streams) return refuse(w, "?", values[0], "no such stream");
  const hb_trace_stream_t *info = &schema->streams[stream];
  if (info->level > schema->level) return HB_OK;
  table_t *table = &w->tables[stream];
  for (uint32_t i = 0; i < table->num_strings; i++) {
    if (values[table->string_field[i]] >= w->strings.num) {
      return refuse(w, info->name, values[0], "a string id that was never given out");
    }
  }
  const uint64_t cycle = values[0];
  if (cycle < w->floor || (w->now > w->slack_cycles && cycle < w->now - w->slack_cycles)) {
    return refuse(w, info->name, cycle, "it comes too late");
  }
  HB_TRY(advance(w, cycle));
  HB_TRY(make_room(w));
  if (cycle < w->floor) return refuse(w, info->name, cycle, "it comes too late");
  if (w->pending_bytes >= 4 * (size_t)w->window_bytes) {
    return refuse(w, info->name, cycle, "too many records in one cycle");
  }
  const hb_status_t status = insert_row(table, values);
  if (status != HB_OK) {
    snprintf(w->file.error, sizeof(w->file.error), "%s", hb_status_text(status));
    return status;
  }
  w->pending_bytes += bytes_of(w, table, values);
  if (cycle < w->pending_first) w->pending_first = cycle;
  return HB_OK;
}

hb_status_t hb_trace_writer_tick(hb_trace_writer_t *w, uint64_t cycle) {
  return w->file.failed != HB_OK ? HB_OK : advance(w, cycle);
}

const char *hb_trace_writer_error(const hb_trace_writer_t *w) {
  return w->file.error;
}

/* ---------------------------------------------------------------------------------- life cycle */

static void free_writer(hb_trace_writer_t *w) {
  for (uint32_t s = 0; w->tables != NULL && s < w->file.own.schema.num_streams; s++) {
    free(w->tables[s].rows);
  }
  free(w->tables);
  free(w->rows);
  for (uint32_t i = 0; i < w->strings.num; i++) {
    free(w->strings.texts[i]);
  }
  free(w->strings.texts);
  free(w->strings.seen_in);
  free(w->strings.slots);
  hb_trace_file_release(&w->file);
  free(w);
}

static hb_status_t set_options(hb_trace_writer_t *w, const hb_trace_writer_options_t *options) {
  w->window_bytes = DEFAULT_WINDOW_BYTES;
  w->window_cycles = DEFAULT_WINDOW_CYCLES;
  w->slack_cycles = DEFAULT_SLACK_CYCLES;
  if (options != NULL) {
    if (options->window_bytes != 0) w->window_bytes = options->window_bytes;
    if (options->window_cycles != 0) w->window_cycles = options->window_cycles;
    if (options->slack_cycles != 0) w->slack_cycles = options->slack_cycles;
  }
  const bool ok = w->window_bytes >= MIN_WINDOW_BYTES && w->window_bytes <= MAX_WINDOW_BYTES &&
                  w->slack_cycles < w->window_cycles;
  return ok ? HB_OK : hb_trace_file_fail(&w->file, HB_ERR_ARG, "window or slack outside its range");
}

static hb_status_t set_tables(hb_trace_writer_t *w) {
  const uint32_t num_streams = w->file.own.schema.num_streams;
  w->tables = calloc((size_t)num_streams + 1, sizeof(*w->tables));
  w->rows = calloc((size_t)num_streams + 1, sizeof(*w->rows));
  if (w->tables == NULL || w->rows == NULL) {
    return hb_trace_file_fail(&w->file, HB_ERR_NOMEM, hb_status_text(HB_ERR_NOMEM));
  }
  for (uint32_t s = 0; s < num_streams; s++) {
    const hb_trace_stream_t *stream = &w->file.own.schema.streams[s];
    table_t *table = &w->tables[s];
    table->num_fields = stream->num_fields;
    for (uint32_t f = 0; f < stream->num_fields; f++) {
      if (strcmp(stream->fields[f].type, "string") == 0) {
        table->string_field[table->num_strings++] = (uint8_t)f;
      }
    }
  }
  return HB_OK;
}

/* All of open() that can fail once there is a writer. */
static hb_status_t set_up(hb_trace_writer_t *w, const char *path, const hb_trace_schema_t *schema,
                          const hb_trace_writer_options_t *options) {
  HB_TRY(set_options(w, options));
  HB_TRY(hb_trace_file_init(&w->file, schema));
  HB_TRY(set_tables(w));
  return hb_trace_file_create(&w->file, path);
}

hb_status_t hb_trace_writer_open(const char *path, const hb_trace_schema_t *schema,
                                 const hb_trace_writer_options_t *options,
                                 hb_trace_writer_t **writer_out, char *why, size_t why_len) {
  snprintf(why, why_len, "%s", hb_status_text(HB_ERR_NOMEM));
  hb_trace_writer_t *w = calloc(1, sizeof(*w));
  if (w == NULL) return HB_ERR_NOMEM;
  w->pending_first = UINT64_MAX;
  const hb_status_t status = set_up(w, path, schema, options);
  if (status != HB_OK) {
    snprintf(why, why_len, "%s", w->file.error);
    free_writer(w);
    return status;
  }
  *writer_out = w;
  return HB_OK;
}

hb_status_t hb_trace_writer_close(hb_trace_writer_t *w, bool complete, const char *reason,
                                  char *why, size_t why_len) {
  hb_status_t status = w->file.failed;
  if (status == HB_OK && w->pending_first != UINT64_MAX) status = write_window(w, UINT64_MAX);
  if (status == HB_OK) status = hb_trace_file_end(&w->file, complete, reason);
  snprintf(why, why_len, "%s", w->file.error);
  free_writer(w);
  return status;
}
