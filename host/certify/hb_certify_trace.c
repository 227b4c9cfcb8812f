/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_certify_trace.h"

#include <stdio.h>
#include <string.h>

#include "hb_trace_walk.h"

static const char *const STREAMS[] = {
    [HB_BOUNDARY_REG_AW] = "reg_aw",    [HB_BOUNDARY_REG_W] = "reg_w",
    [HB_BOUNDARY_REG_B] = "reg_b",      [HB_BOUNDARY_REG_AR] = "reg_ar",
    [HB_BOUNDARY_REG_R] = "reg_r",      [HB_BOUNDARY_AR] = "axi_ar",
    [HB_BOUNDARY_R] = "axi_r",          [HB_BOUNDARY_AW] = "axi_aw",
    [HB_BOUNDARY_W] = "axi_w",          [HB_BOUNDARY_B] = "axi_b",
    [HB_BOUNDARY_IRQ] = "irq_wire",     [HB_BOUNDARY_IDLE] = "idle_wire",
    [HB_BOUNDARY_RESET] = "reset", [HB_CERTIFY_JOB] = "job",
};
enum { NUM_STREAMS = sizeof(STREAMS) / sizeof(STREAMS[0]) };

enum { TILE, WAIT, ADDR, DATA, BEATS, STROBE, ID, RESP, LAST, LEVEL, BOUNDARY_FIELDS };
static const char *const BOUNDARY_NAMES[BOUNDARY_FIELDS] = {
    "tile", "wait", "addr", "data", "beats", "strobe", "id", "resp", "last", "level"};

enum {
  JOB_TILE,
  TAG,
  STATUS,
  COMMAND,
  BUSY,
  ARRAY,
  WAIT_LOAD,
  WAIT_STORE,
  WAIT_WGT,
  WAIT_CMD,
  RD_BEATS,
  WR_BEATS,
  START,
  DOORBELL,
  JOB_FIELDS
};
static const char *const JOB_NAMES[JOB_FIELDS] = {
    "tile",       "tag",      "status",   "command",  "busy",     "array", "wait_load",
    "wait_store", "wait_wgt", "wait_cmd", "rd_beats", "wr_beats", "start", "doorbell"};

_Static_assert(BOUNDARY_FIELDS <= HB_CERTIFY_FIELDS && JOB_FIELDS <= HB_CERTIFY_FIELDS,
               "room for columns");

static void find_columns(const hb_trace_stream_t *stream, const char *const *names, int num,
                         int8_t *columns) {
  for (int i = 0; i < num; i++) {
    columns[i] = -1;
    for (uint32_t f = 0; f < stream->num_fields; f++) {
      if (strcmp(stream->fields[f].name, names[i]) == 0) columns[i] = (int8_t)f;
    }
  }
}

static hb_status_t find_streams(hb_certify_trace_t *trace, char *why, size_t why_len) {
  const hb_trace_schema_t *schema = hb_trace_reader_schema(trace->reader);
  static const char *const CUT[] = {"slice.from", "slice.streams"};
  for (size_t i = 0; i < sizeof(CUT) / sizeof(CUT[0]); i++) {
    if (hb_trace_reader_meta(trace->reader, CUT[i]) != NULL) {
      snprintf(why, why_len, "it is a slice that does not begin with the run or lacks streams (%s)",
               CUT[i]);
      return HB_ERR_INPUT;
    }
  }
  if (schema->level < HB_TRACE_BOUNDARY) {
    snprintf(why, why_len, "it was recorded at level %s; record it with --trace boundary",
             hb_trace_level_name((uint32_t)schema->level));
    return HB_ERR_INPUT;
  }
  bool wanted[HB_TRACE_MAX_STREAMS] = {false};
  int found = 0;
  for (uint32_t s = 0; s < schema->num_streams; s++) {
    trace->kind[s] = -1;
    for (int kind = 0; kind < NUM_STREAMS; kind++) {
      if (strcmp(schema->streams[s].name, STREAMS[kind]) != 0) continue;
      trace->kind[s] = kind;
      wanted[s] = true;
      found += kind != HB_BOUNDARY_RESET; /* older traces lack it: nothing was reset */
      if (kind == HB_CERTIFY_JOB) {
        find_columns(&schema->streams[s], JOB_NAMES, JOB_FIELDS, trace->column[s]);
      } else {
        find_columns(&schema->streams[s], BOUNDARY_NAMES, BOUNDARY_FIELDS, trace->column[s]);
      }
    }
  }
  if (found != NUM_STREAMS - 1) {
    snprintf(why, why_len, "it lacks streams of tiles' boundaries");
    return HB_ERR_INPUT;
  }
  hb_trace_reader_select(trace->reader, wanted);
  return HB_OK;
}

hb_status_t hb_certify_trace_open(const char *path, hb_certify_trace_t *trace_out, char *why,
                                  size_t why_len) {
  *trace_out = (hb_certify_trace_t){0};
  HB_TRY(hb_trace_reader_open(path, &trace_out->reader, why, why_len));
  const hb_status_t status = find_streams(trace_out, why, why_len);
  if (status != HB_OK) hb_certify_trace_close(trace_out);
  return status;
}

void hb_certify_trace_close(hb_certify_trace_t *trace) {
  hb_trace_reader_free(trace->reader);
  trace->reader = NULL;
}

static uint64_t value_of(const hb_trace_record_t *record, int8_t column) {
  return column < 0 ? 0 : record->values[column];
}

hb_status_t hb_certify_trace_next(hb_certify_trace_t *trace, hb_certify_record_t *record_out) {
  hb_trace_record_t record;
  do {
    HB_TRY(hb_trace_reader_next(trace->reader, &record));
  } while (!hb_trace_reader_walk(trace->reader).whole);
  const int8_t *column = trace->column[record.stream];
#define VALUE(field_) value_of(&record, column[field_])
  record_out->is_job = trace->kind[record.stream] == HB_CERTIFY_JOB;
  if (record_out->is_job) {
    record_out->job = (hb_sim_job_t){
        .tile = (uint32_t)VALUE(JOB_TILE),
        .tag = (uint32_t)VALUE(TAG),
        .status = (uint32_t)VALUE(STATUS),
        .command = (uint32_t)VALUE(COMMAND),
        .doorbell = VALUE(DOORBELL),
        .start = VALUE(START),
        .end = record.values[0],
        .busy = VALUE(BUSY),
        .array = VALUE(ARRAY),
        .wait_load = VALUE(WAIT_LOAD),
        .wait_store = VALUE(WAIT_STORE),
        .wait_wgt = VALUE(WAIT_WGT),
        .wait_cmd = VALUE(WAIT_CMD),
        .rd_beats = VALUE(RD_BEATS),
        .wr_beats = VALUE(WR_BEATS),
    };
    return HB_OK;
  }
  record_out->boundary = (hb_sim_boundary_t){
      .cycle = record.values[0],
      .tile = (uint32_t)VALUE(TILE),
      .channel = (hb_boundary_channel_t)trace->kind[record.stream],
      .wait = (uint32_t)VALUE(WAIT),
      .addr = (uint32_t)VALUE(ADDR),
      .data = (uint32_t)(VALUE(DATA) | VALUE(LEVEL)),
      .beats = (uint32_t)VALUE(BEATS),
      .strobe = (uint32_t)VALUE(STROBE),
      .id = (uint8_t)VALUE(ID),
      .resp = (uint8_t)VALUE(RESP),
      .last = VALUE(LAST) != 0,
  };
#undef VALUE
  return HB_OK;
}
