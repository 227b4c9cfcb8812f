/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_trace_copy.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hb_trace_file.h"

/* Records of one stream in the window that is being collected. */
typedef struct table {
  uint32_t num_fields, num_strings;
  uint8_t string_field[HB_TRACE_MAX_FIELDS];
  uint64_t *values;
  size_t num, capacity; /* records */
} table_t;

typedef struct entry {
  uint64_t id;
  size_t text; /* its place in the texts */
  bool used;
} entry_t;

/* The source's string table of one level in that window. */
typedef struct strings {
  bool loaded;
  entry_t *entries; /* ascending ids */
  size_t num, capacity;
  hb_trace_buf_t texts;
} strings_t;

struct hb_trace_copy {
  hb_trace_reader_t *reader;
  hb_trace_file_t file;
  table_t *tables;
  hb_trace_rows_t *rows;
  strings_t strings[HB_TRACE_LEVELS];
  bool collecting;
  hb_trace_walk_t walk; /* of the window that is being collected */
  hb_trace_copied_t copied;
  char *out, *temporary;
  bool created;
};

/* Hands the file's failure on. */
static hb_status_t failed(const hb_trace_copy_t *copy, hb_status_t status, char *why,
                          size_t why_len) {
  const char *text = copy->file.failed == HB_OK ? hb_status_text(status) : copy->file.error;
  snprintf(why, why_len, "%s: %s", copy->out, text);
  return status;
}

hb_status_t hb_trace_copy_check(const char *in, const char *out, char *why, size_t why_len) {
  struct stat source;
  struct stat target;
  if (stat(out, &target) != 0) return HB_OK; /* it is not there, or creating will tell */
  if (stat(in, &source) == 0 && source.st_dev == target.st_dev && source.st_ino == target.st_ino) {
    snprintf(why, why_len, "%s: is the trace that is read; write to another file", out);
    return HB_ERR_ARG;
  }
  if (!S_ISREG(target.st_mode)) {
    snprintf(why, why_len, "%s: is there and no regular file", out);
    return HB_ERR_ARG;
  }
  return HB_OK;
}

/* ------------------------------------------------------------------------------------- strings */

static hb_status_t load_strings(hb_trace_copy_t *copy, uint32_t level) {
  strings_t *strings = &copy->strings[level];
  size_t num;
  const hb_trace_string_t *source = hb_trace_reader_strings(copy->reader, level, &num);
  if (num > strings->capacity) {
    entry_t *entries = realloc(strings->entries, num * sizeof(*entries));
    if (entries == NULL) return HB_ERR_NOMEM;
    strings->entries = entries;
    strings->capacity = num;
  }
  hb_trace_buf_reset(&strings->texts);
  for (size_t i = 0; i < num; i++) {
    strings->entries[i] = (entry_t){.id = source[i].id, .text = strings->texts.len};
    hb_trace_buf_put(&strings->texts, source[i].text, strlen(source[i].text) + 1);
  }
  strings->num = num;
  strings->loaded = true;
  return strings->texts.failed ? HB_ERR_NOMEM : HB_OK;
}

/* An id without a text stays one: readers show its number. */
static void use_string(strings_t *strings, uint64_t id) {
  size_t low = 0;
  size_t high = strings->num;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (strings->entries[middle].id == id) {
      strings->entries[middle].used = true;
      return;
    }
    if (strings->entries[middle].id < id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
}

static hb_status_t put_strings(void *ctx, uint32_t level, hb_trace_buf_t *payload) {
  const hb_trace_copy_t *copy = ctx;
  const strings_t *strings = &copy->strings[level];
  size_t num = 0;
  for (size_t i = 0; strings->loaded && i < strings->num; i++) {
    num += strings->entries[i].used;
  }
  hb_trace_buf_put_varint(payload, num);
  for (size_t i = 0; strings->loaded && i < strings->num; i++) {
    const entry_t *entry = &strings->entries[i];
    if (!entry->used) continue;
    hb_trace_put_string(payload, entry->id, (const char *)strings->texts.bytes + entry->text);
  }
  return HB_OK;
}

/* ------------------------------------------------------------------------------------- windows */

/* Forgets what was collected. */
static void drop_window(hb_trace_copy_t *copy) {
  for (uint32_t s = 0; s < copy->file.own.schema.num_streams; s++) {
    copy->tables[s].num = 0;
  }
  for (uint32_t level = 0; level < HB_TRACE_LEVELS; level++) {
    copy->strings[level].loaded = false;
  }
  copy->collecting = false;
}

static hb_status_t write_window(hb_trace_copy_t *copy) {
  if (!copy->collecting) return HB_OK;
  for (uint32_t s = 0; s < copy->file.own.schema.num_streams; s++) {
    const table_t *table = &copy->tables[s];
    copy->rows[s] = (hb_trace_rows_t){.values = table->values, .num = table->num};
    copy->copied.num_records += table->num;
  }
  HB_TRY(hb_trace_file_window(&copy->file, copy->rows, put_strings, copy));
  copy->copied.num_windows++;
  copy->copied.last_cycle = copy->file.index.last_cycle;
  copy->copied.end = copy->walk.end;
  drop_window(copy);
  return HB_OK;
}

static hb_status_t add_record(hb_trace_copy_t *copy, const hb_trace_record_t *record) {
  table_t *table = &copy->tables[record->stream];
  if (table->num == table->capacity) {
    const size_t capacity = table->capacity == 0 ? 64 : table->capacity * 2;
    uint64_t *values =
        realloc(table->values, capacity * table->num_fields * sizeof(*table->values));
    if (values == NULL) return HB_ERR_NOMEM;
    table->values = values;
    table->capacity = capacity;
  }
  memcpy(table->values + table->num * table->num_fields, record->values,
         table->num_fields * sizeof(*table->values));
  table->num++;
  if (table->num_strings == 0) return HB_OK;
  const uint32_t level = (uint32_t)copy->file.own.schema.streams[record->stream].level;
  if (!copy->strings[level].loaded) HB_TRY(load_strings(copy, level));
  for (uint32_t i = 0; i < table->num_strings; i++) {
    use_string(&copy->strings[level], record->values[table->string_field[i]]);
  }
  return HB_OK;
}

hb_status_t hb_trace_copy_records(hb_trace_copy_t *copy, bool whole_only,
                                  hb_trace_copied_t *copied_out, char *why, size_t why_len) {
  hb_status_t status = HB_OK;
  hb_status_t source;
  hb_trace_record_t record;
  while ((source = hb_trace_reader_next(copy->reader, &record)) == HB_OK) {
    const hb_trace_walk_t walk = hb_trace_reader_walk(copy->reader);
    if (copy->collecting && walk.window != copy->walk.window) status = write_window(copy);
    copy->collecting = true;
    copy->walk = walk;
    if (status == HB_OK) status = add_record(copy, &record);
    if (status != HB_OK) return failed(copy, status, why, why_len);
  }
  if (source == HB_ERR_NOMEM) return failed(copy, source, why, why_len);
  /* What was collected last may have turned out to be damaged while it was read. */
  const hb_trace_walk_t walk = hb_trace_reader_walk(copy->reader);
  const bool whole = walk.window == copy->walk.window ? walk.whole : copy->walk.whole;
  if (whole_only && !whole) drop_window(copy);
  status = write_window(copy);
  if (status != HB_OK) return failed(copy, status, why, why_len);
  copy->copied.source = source;
  *copied_out = copy->copied;
  return HB_OK;
}

/* ---------------------------------------------------------------------------------- life cycle */

static hb_status_t set_tables(hb_trace_copy_t *copy) {
  const hb_trace_schema_t *schema = &copy->file.own.schema;
  copy->tables = calloc((size_t)schema->num_streams + 1, sizeof(*copy->tables));
  copy->rows = calloc((size_t)schema->num_streams + 1, sizeof(*copy->rows));
  if (copy->tables == NULL || copy->rows == NULL) return HB_ERR_NOMEM;
  for (uint32_t s = 0; s < schema->num_streams; s++) {
    table_t *table = &copy->tables[s];
    table->num_fields = schema->streams[s].num_fields;
    for (uint32_t f = 0; f < table->num_fields; f++) {
      if (strcmp(schema->streams[s].fields[f].type, "string") == 0) {
        table->string_field[table->num_strings++] = (uint8_t)f;
      }
    }
  }
  return HB_OK;
}

static hb_status_t set_up(hb_trace_copy_t *copy, const hb_trace_schema_t *schema) {
  HB_TRY(hb_trace_file_init(&copy->file, schema));
  HB_TRY(set_tables(copy));
  copy->created = true;
  return hb_trace_file_create(&copy->file, copy->temporary);
}

hb_status_t hb_trace_copy_open(hb_trace_reader_t *reader, const hb_trace_schema_t *schema,
                               const char *out, hb_trace_copy_t **copy_out, char *why,
                               size_t why_len) {
  snprintf(why, why_len, "%s", hb_status_text(HB_ERR_NOMEM));
  hb_trace_copy_t *copy = calloc(1, sizeof(*copy));
  if (copy == NULL) return HB_ERR_NOMEM;
  copy->reader = reader;
  const size_t len = strlen(out) + 32;
  copy->out = strdup(out);
  copy->temporary = malloc(len);
  hb_status_t status = HB_ERR_NOMEM;
  if (copy->out != NULL && copy->temporary != NULL) {
    snprintf(copy->temporary, len, "%s.part%ld", out, (long)getpid());
    status = set_up(copy, schema);
    if (status != HB_OK) failed(copy, status, why, why_len);
  }
  if (status != HB_OK) {
    hb_trace_copy_free(copy);
    return status;
  }
  *copy_out = copy;
  return HB_OK;
}

hb_status_t hb_trace_copy_end(hb_trace_copy_t *copy, bool complete, const char *reason, char *why,
                              size_t why_len) {
  hb_status_t status = hb_trace_file_end(&copy->file, complete, reason);
  if (status == HB_OK && rename(copy->temporary, copy->out) != 0) {
    status = hb_trace_file_fail(&copy->file, HB_ERR_IO, strerror(errno));
  }
  if (status != HB_OK) return failed(copy, status, why, why_len);
  copy->created = false;
  return HB_OK;
}

void hb_trace_copy_free(hb_trace_copy_t *copy) {
  if (copy == NULL) return;
  if (copy->created) unlink(copy->temporary);
  for (uint32_t s = 0; copy->tables != NULL && s < copy->file.own.schema.num_streams; s++) {
    free(copy->tables[s].values);
  }
  free(copy->tables);
  free(copy->rows);
  for (uint32_t level = 0; level < HB_TRACE_LEVELS; level++) {
    free(copy->strings[level].entries);
    hb_trace_buf_release(&copy->strings[level].texts);
  }
  hb_trace_file_release(&copy->file);
  free(copy->out);
  free(copy->temporary);
  free(copy);
}
