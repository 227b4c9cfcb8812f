/* SPDX-License-Identifier: Apache-2.0 */

#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

uint64_t fixture_random(uint64_t *state) {
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return *state * 0x2545f4914f6cdd1du;
}

uint8_t *fixture_read(const char *path, size_t *len_out) {
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  assert_int_equal(fseek(file, 0, SEEK_END), 0);
  const long len = ftell(file);
  assert_true(len >= 0);
  rewind(file);
  uint8_t *bytes = malloc((size_t)len + 1);
  assert_non_null(bytes);
  assert_int_equal(fread(bytes, 1, (size_t)len, file), len);
  fclose(file);
  *len_out = (size_t)len;
  return bytes;
}

void fixture_write(const char *path, const uint8_t *bytes, size_t len) {
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, len, file), len);
  assert_int_equal(fclose(file), 0);
}

static const hb_trace_field_t kFrame[] = {
    {"cycle", "cycle", "cycles", "delta"},
    {"model", "model", "", "plain"},
    {"frame", "uint", "", "like model ffffffff"},
    {"score", "int", "", "delta"},
};
static const hb_trace_field_t kJob[] = {
    {"end", "cycle", "cycles", "delta"},
    {"tile", "tile", "", "plain"},
    {"tag", "tag", "", "like tile ff"},
    {"busy", "uint", "cycles", "like tag fc000fff"},
    {"start", "cycle", "cycles", "sum end -busy"},
    {"rest", "hex", "", "sum busy -start tile"},
};
static const hb_trace_field_t kIrq[] = {
    {"cycle", "cycle", "cycles", "delta"},
    {"level", "bool", "", "plain"},
};
static const hb_trace_field_t kText[] = {
    {"cycle", "cycle", "cycles", "delta"},
    {"from", "string", "", "plain"},
    {"status", "enum:status", "", "plain"},
    {"text", "string", "", "delta"},
};
static const hb_trace_field_t kFlit[] = {
    {"cycle", "cycle", "cycles", "delta"},
    {"link", "uint", "", "plain"},
    {"data", "hex", "", "plain"},
};

const hb_trace_stream_t fixture_streams[FIXTURE_STREAMS] = {
    {"frame", HB_TRACE_DECISIONS, 4, kFrame}, {"job", HB_TRACE_JOBS, 6, kJob},
    {"irq", HB_TRACE_JOBS, 2, kIrq},          {"texts", HB_TRACE_DECISIONS, 4, kText},
    {"flit", HB_TRACE_PACKETS, 3, kFlit},
};

static const hb_trace_enum_t kEnums[] = {
    {"status", 0, "OK"},
    {"status", 18446744073709551615u, "LAST"},
};

enum { NUM_TEXTS = 300 };

const char *fixture_text(uint64_t i) {
  static char text[NUM_TEXTS * 14 + 1];
  if (i == 0) return "";
  if (i == 1) return "\x01\n\"quoted\\\" \xff\xc3\xa4";
  text[0] = '\0';
  /* Different lengths up to HB_TRACE_MAX_TEXT. */
  size_t len = 0;
  for (uint64_t left = i * 13; left > 0 && len < HB_TRACE_MAX_TEXT; left--) {
    text[len++] = (char)('a' + (left + i) % 26);
  }
  text[len] = '\0';
  return text;
}

/* Small, middle or any 64-bit number. */
static uint64_t any_value(uint64_t *state) {
  const uint64_t bits = fixture_random(state) % 65;
  const uint64_t value = fixture_random(state);
  return bits == 64 ? value : value & ((1ull << bits) - 1);
}

fixture_record_t *fixture_records(uint64_t seed, size_t num, uint64_t slack) {
  fixture_record_t *records = calloc(num + 1, sizeof(*records));
  assert_non_null(records);
  uint64_t now = 0;
  for (size_t i = 0; i < num; i++) {
    const uint64_t kind = fixture_random(&seed) % 1000;
    if (kind == 0) {
      now += fixture_random(&seed) % 20000000; /* a gap of several windows */
    } else if (kind > 400) {
      now += fixture_random(&seed) % 200;
    }
    fixture_record_t *record = &records[i];
    record->stream = (uint32_t)(fixture_random(&seed) % FIXTURE_STREAMS);
    for (uint32_t f = 1; f < fixture_streams[record->stream].num_fields; f++) {
      record->values[f] = any_value(&seed);
    }
    const uint64_t late = slack == 0 ? 0 : fixture_random(&seed) % (slack + 1);
    record->values[0] = late > now ? 0 : now - late;
    if (record->stream == FIXTURE_TEXTS) {
      record->values[1] = fixture_random(&seed) % NUM_TEXTS;
      record->values[3] = fixture_random(&seed) % 4;
    }
  }
  return records;
}

/* Stable: equal keys keep their order. Merge sort, because qsort() is not stable. */
static void merge_sort(fixture_record_t *records, size_t num, fixture_record_t *spare) {
  if (num < 2) return;
  const size_t half = num / 2;
  merge_sort(records, half, spare);
  merge_sort(records + half, num - half, spare);
  memcpy(spare, records, num * sizeof(*records));
  size_t a = 0;
  size_t b = half;
  for (size_t i = 0; i < num; i++) {
    const bool second = a == half || (b < num && (spare[b].values[0] < spare[a].values[0] ||
                                                  (spare[b].values[0] == spare[a].values[0] &&
                                                   spare[b].stream < spare[a].stream)));
    records[i] = second ? spare[b++] : spare[a++];
  }
}

void fixture_sort(fixture_record_t *records, size_t num) {
  fixture_record_t *spare = calloc(num + 1, sizeof(*spare));
  assert_non_null(spare);
  merge_sort(records, num, spare);
  free(spare);
}

void fixture_trace(const char *path, hb_trace_level_t level,
                   const hb_trace_writer_options_t *options, const fixture_record_t *records,
                   size_t num) {
  hb_trace_meta_t meta;
  hb_trace_meta_init(&meta);
  hb_trace_meta_set(&meta, "scenario", "fixture \\ \n and more");
  hb_trace_meta_set_uint(&meta, "clock_khz", 250000);
  hb_trace_meta_set_tile(&meta, 0, "tile0");
  const hb_trace_schema_t schema = {
      .writer = "fixture 1",
      .level = level,
      .meta = &meta,
      .num_streams = FIXTURE_STREAMS,
      .streams = fixture_streams,
      .num_enums = 2,
      .enums = kEnums,
  };
  hb_trace_writer_t *writer;
  char why[256];
  if (hb_trace_writer_open(path, &schema, options, &writer, why, sizeof(why)) != HB_OK) {
    fail_msg("%s", why);
  }
  hb_trace_meta_release(&meta);
  for (size_t i = 0; i < num; i++) {
    uint64_t values[FIXTURE_MAX_FIELDS];
    memcpy(values, records[i].values, sizeof(values));
    if (records[i].stream == FIXTURE_TEXTS) {
      assert_int_equal(hb_trace_writer_string(writer, fixture_text(values[1]), &values[1]), HB_OK);
      assert_int_equal(hb_trace_writer_string(writer, fixture_text(values[3]), &values[3]), HB_OK);
    }
    if (hb_trace_writer_append(writer, records[i].stream, values) != HB_OK) {
      fail_msg("record %zu: %s", i, hb_trace_writer_error(writer));
    }
  }
  if (hb_trace_writer_close(writer, true, "all written", why, sizeof(why)) != HB_OK) {
    fail_msg("%s", why);
  }
}

hb_trace_reader_t *fixture_open(const char *path) {
  hb_trace_reader_t *reader = NULL;
  char why[400];
  if (hb_trace_reader_open(path, &reader, why, sizeof(why)) != HB_OK) fail_msg("%s", why);
  return reader;
}

bool fixture_equal(const hb_trace_reader_t *reader, const hb_trace_record_t *record,
                   const fixture_record_t *expected) {
  if (record->stream != expected->stream) return false;
  const hb_trace_stream_t *stream = &fixture_streams[record->stream];
  for (uint32_t f = 0; f < stream->num_fields; f++) {
    if (strcmp(stream->fields[f].type, "string") == 0) {
      const char *text = hb_trace_reader_string(reader, record->values[f]);
      if (text == NULL || strcmp(text, fixture_text(expected->values[f])) != 0) return false;
    } else if (record->values[f] != expected->values[f]) {
      return false;
    }
  }
  return true;
}
