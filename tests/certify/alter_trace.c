/* SPDX-License-Identifier: Apache-2.0 */

/*
 * alter_trace IN OUT [STREAM N FIELD DELTA | STREAM N drop | meta KEY VALUE]...: copies a trace and
 * changes its N-th record of a stream (from 0; negative: from the end), or a metadata value.
 * Prints the changed records' cycles and tiles, one a line.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hb_trace_reader.h"
#include "hb_trace_writer.h"

typedef struct change {
  const char *stream, *field; /* field NULL: drop */
  int64_t index, delta;
} change_t;

enum { MAX_CHANGES = 16 };

static change_t changes[MAX_CHANGES];
static int num_changes;

static int fail(const char *what) {
  fprintf(stderr, "alter_trace: %s\n", what);
  return 2;
}

static bool take(int argc, char **argv, hb_trace_meta_t *meta) {
  for (int i = 3; i < argc;) {
    if (i + 2 < argc && strcmp(argv[i], "meta") == 0) {
      for (uint32_t k = 0; k < meta->num; k++) {
        if (strcmp(meta->keys[k], argv[i + 1]) == 0) {
          free(meta->values[k]);
          meta->values[k] = strdup(argv[i + 2]);
        }
      }
      i += 3;
      continue;
    }
    if (i + 2 >= argc || num_changes == MAX_CHANGES) return false;
    change_t *change = &changes[num_changes++];
    *change = (change_t){.stream = argv[i], .index = strtoll(argv[i + 1], NULL, 10)};
    if (strcmp(argv[i + 2], "drop") == 0) {
      i += 3;
    } else {
      if (i + 3 >= argc) return false;
      change->field = argv[i + 2];
      change->delta = strtoll(argv[i + 3], NULL, 10);
      i += 4;
    }
  }
  return true;
}

/* Copies `record`, changed; false: it is dropped. */
static bool alter(const hb_trace_stream_t *stream, uint64_t number, uint64_t total,
                  uint64_t *values) {
  bool keep = true;
  for (int i = 0; i < num_changes; i++) {
    const change_t *change = &changes[i];
    const int64_t index = change->index < 0 ? (int64_t)total + change->index : change->index;
    if (strcmp(change->stream, stream->name) != 0 || (int64_t)number != index) continue;
    uint64_t tile = 0;
    for (uint32_t f = 0; f < stream->num_fields; f++) {
      if (strcmp(stream->fields[f].name, "tile") == 0) tile = values[f];
    }
    printf("%" PRIu64 " %" PRIu64 "\n", values[0], tile);
    if (change->field == NULL) {
      keep = false;
      continue;
    }
    bool found = false;
    for (uint32_t f = 0; f < stream->num_fields; f++) {
      if (strcmp(stream->fields[f].name, change->field) != 0) continue;
      values[f] += (uint64_t)change->delta;
      found = true;
    }
    if (!found) exit(fail("no such field"));
  }
  return keep;
}

int main(int argc, char **argv) {
  if (argc < 3) return fail("usage: IN OUT CHANGES...");
  char why[512];
  hb_trace_reader_t *reader;
  if (hb_trace_reader_open(argv[1], &reader, why, sizeof(why)) != HB_OK) return fail(why);
  hb_trace_schema_t schema = *hb_trace_reader_schema(reader);
  hb_trace_meta_t meta;
  hb_trace_meta_init(&meta);
  for (uint32_t k = 0; k < schema.meta->num; k++) {
    hb_trace_meta_set(&meta, schema.meta->keys[k], schema.meta->values[k]);
  }
  if (!take(argc, argv, &meta)) return fail("cannot read the changes");
  schema.meta = &meta;
  hb_trace_writer_t *writer;
  if (hb_trace_writer_open(argv[2], &schema, NULL, &writer, why, sizeof(why)) != HB_OK) {
    return fail(why);
  }
  const hb_trace_ending_t *ending = hb_trace_reader_ending(reader);
  uint64_t numbers[HB_TRACE_MAX_STREAMS] = {0};
  hb_trace_record_t record;
  hb_status_t status;
  while ((status = hb_trace_reader_next(reader, &record)) == HB_OK) {
    const hb_trace_stream_t *stream = &schema.streams[record.stream];
    uint64_t values[HB_TRACE_MAX_FIELDS];
    for (uint32_t f = 0; f < stream->num_fields; f++) {
      values[f] = record.values[f];
      if (strcmp(stream->fields[f].type, "string") == 0 &&
          hb_trace_writer_string(writer, hb_trace_reader_string(reader, values[f]), &values[f]) !=
              HB_OK) {
        return fail("out of memory");
      }
    }
    const uint64_t number = numbers[record.stream]++;
    if (alter(stream, number, ending->num_records[record.stream], values) &&
        hb_trace_writer_append(writer, record.stream, values) != HB_OK) {
      return fail(hb_trace_writer_error(writer));
    }
  }
  if (status != HB_ERR_END) return fail(hb_trace_reader_error(reader));
  status = hb_trace_writer_close(writer, ending->complete, ending->reason, why, sizeof(why));
  hb_trace_reader_free(reader);
  hb_trace_meta_release(&meta);
  return status == HB_OK ? 0 : fail(why);
}
