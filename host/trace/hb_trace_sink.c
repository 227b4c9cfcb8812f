/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_trace_sink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hb_trace_writer.h"
#include "hilbert/hb_image.h"
#include "hilbert/hb_telemetry.h"
#include "hilbert/hb_tile_regs.h"

/* Tags of one layer in different frames: all bits but the frame's. */
#define SAME_LAYER "like tag fc000fff"
_Static_assert(HB_TAG(0, 0x3fff, 0) == 0x03fff000u, "SAME_LAYER leaves the frame out");

/* ----------------------------------------------------------------------------- telemetry records
 */

/* A field of a telemetry record and the bits it is made of: `width` of them from bit `lsb` of
 * `word` on. */
typedef struct tel_field {
  hb_trace_field_t field;
  uint8_t word, lsb, width; /* width 64: `word` is the low half, the next word the high half */
} tel_field_t;

enum { MAX_TEL_FIELDS = 7 };

typedef struct tel_stream {
  const char *name;
  uint32_t type;      /* HB_TEL_* */
  uint32_t num_words; /* behind the head; other lengths go to the stream `telemetry` */
  uint32_t num_fields;
  tel_field_t fields[MAX_TEL_FIELDS];
} tel_stream_t;

/* Records of one cycle are read by stream, in this order: what was chosen from comes before the
 * choice. Every bit of every word is in exactly one field: tests/trace/test_sink.c puts them
 * together again. */
/* clang-format off */
static const tel_stream_t kTelStreams[] = {
    {"boot", HB_TEL_BOOT, 4, 4,
     {{{"version", "uint", "", "plain"}, 0, 0, 32},
      {{"policy", "enum:policy", "", "plain"}, 1, 0, 32},
      {{"models", "uint", "", "plain"}, 2, 0, 32},
      {{"tiles", "uint", "", "plain"}, 3, 0, 32}}},
    {"frame_arrived", HB_TEL_FRAME_ARRIVED, 6, 4,
     {{{"model", "model", "", "plain"}, 0, 0, 32},
      {{"frame", "uint", "", "like model ffffffff"}, 1, 0, 32},
      {{"arrival", "cycle", "cycles", "sum cycle"}, 2, 0, 64},
      {{"deadline", "cycle", "cycles", "sum arrival"}, 4, 0, 64}}},
    {"frame_dropped", HB_TEL_FRAME_DROPPED, 3, 3,
     {{{"model", "model", "", "plain"}, 0, 0, 32},
      {{"frame", "uint", "", "like model ffffffff"}, 1, 0, 32},
      {{"reason", "enum:drop", "", "plain"}, 2, 0, 32}}},
    {"frame_started", HB_TEL_FRAME_STARTED, 2, 2,
     {{{"model", "model", "", "plain"}, 0, 0, 32},
      {{"frame", "uint", "", "like model ffffffff"}, 1, 0, 32}}},
    {"frame_done", HB_TEL_FRAME_DONE, 2, 2,
     {{{"model", "model", "", "plain"}, 0, 0, 32},
      {{"frame", "uint", "", "like model ffffffff"}, 1, 0, 32}}},
    {"candidate", HB_TEL_CANDIDATE, 7, 7,
     {{{"tag", "tag", "", "delta"}, 0, 0, 32},
      {{"tile", "tile", "", "delta"}, 1, 0, 32},
      {{"score", "int", "", "like tag ffffffff"}, 2, 0, 32},
      {{"term0", "int", "", "like tag ffffffff"}, 3, 0, 32},
      {{"term1", "int", "", "like tag ffffffff"}, 4, 0, 32},
      {{"term2", "int", "", "like tag ffffffff"}, 5, 0, 32},
      {{"term3", "int", "", "like tag ffffffff"}, 6, 0, 32}}},
    {"decision", HB_TEL_DECISION, 4, 4,
     {{{"tile", "tile", "", "plain"}, 1, 0, 32},
      {{"tag", "tag", "", "like tile ffffffff"}, 0, 0, 32},
      {{"ready", "uint", "jobs", "delta"}, 2, 0, 32},
      {{"free", "uint", "tiles", "delta"}, 3, 0, 32}}},
    {"job_done", HB_TEL_JOB_DONE, 3, 5,
     {{{"tile", "tile", "", "plain"}, 1, 0, 32},
      {{"tag", "tag", "", "like tile ffffffff"}, 0, 0, 32},
      {{"status", "enum:job_status", "", "plain"}, 2, 0, 8},
      {{"command", "uint", "", "plain"}, 2, 8, 20},
      {{"flags", "hex", "", "plain"}, 2, 28, 4}}},
    {"fault", HB_TEL_FAULT, 4, 4,
     {{{"status", "enum:status", "", "plain"}, 0, 0, 32},
      {{"tile", "tile", "", "plain"}, 1, 0, 32},
      {{"tag", "tag", "", "plain"}, 2, 0, 32},
      {{"detail", "hex", "", "plain"}, 3, 0, 32}}},
    {"tune", HB_TEL_TUNE, 5, 5,
     {{{"alpha_q16", "uint", "", "plain"}, 0, 0, 32},
      {{"beta_q16", "uint", "", "plain"}, 1, 0, 32},
      {{"step_q16", "uint", "", "plain"}, 2, 0, 32},
      {{"ux_cost_q16", "uint", "", "plain"}, 3, 0, 32},
      {{"state", "enum:tune", "", "plain"}, 4, 0, 32}}},
    {"variant_candidate", HB_TEL_VARIANT_CANDIDATE, 7, 7,
     {{{"model", "model", "", "plain"}, 0, 0, 32},
      {{"frame", "uint", "", "like model ffffffff"}, 1, 0, 32},
      {{"variant", "uint", "", "like model ffffffff"}, 2, 0, 32},
      {{"togo", "uint", "cycles", "like variant ffffffff"}, 3, 0, 32},
      {{"slack", "uint", "cycles", "like model ffffffff"}, 4, 0, 32},
      {{"sharing", "uint", "", "delta"}, 5, 0, 32},
      {{"verdict", "enum:verdict", "", "delta"}, 6, 0, 32}}},
    {"variant", HB_TEL_VARIANT, 3, 3,
     {{{"model", "model", "", "plain"}, 0, 0, 32},
      {{"frame", "uint", "", "like model ffffffff"}, 1, 0, 32},
      {{"variant", "uint", "", "like model ffffffff"}, 2, 0, 32}}},
    {"tile_reset", HB_TEL_TILE_RESET, 3, 3,
     {{{"tile", "tile", "", "plain"}, 0, 0, 32},
      {{"tag", "tag", "", "plain"}, 1, 0, 32},
      {{"resets", "uint", "", "plain"}, 2, 0, 32}}},
};
/* clang-format on */

/* -------------------------------------------------------------------------------- other streams */

#define CYCLE_FIELD \
  { "cycle", "cycle", "cycles", "delta" }
#define WORD_FIELD(name_) \
  { name_, "hex", "", "plain" }

/* A record of a type or length that kTelStreams does not have, as it came. */
static const hb_trace_field_t kTelemetryFields[] = {
    CYCLE_FIELD,
    {"head", "hex", "", "delta"},
    {"num", "uint", "words", "delta"},
    WORD_FIELD("w0"),
    WORD_FIELD("w1"),
    WORD_FIELD("w2"),
    WORD_FIELD("w3"),
    WORD_FIELD("w4"),
    WORD_FIELD("w5"),
    WORD_FIELD("w6"),
    WORD_FIELD("w7"),
    WORD_FIELD("w8"),
    WORD_FIELD("w9"),
    WORD_FIELD("w10"),
    WORD_FIELD("w11"),
    WORD_FIELD("w12"),
    WORD_FIELD("w13"),
    WORD_FIELD("w14"),
};

static const hb_trace_field_t kNoteFields[] = {
    CYCLE_FIELD,
    {"text", "string", "", "plain"},
};

/*
 * A job: its time is its end. Predictions: a tile goes on with the next layer of its model; a layer
 * computes and waits as long as in its last frame; the execute engine's five states make up the
 * busy cycles; a job is busy from start to end; its doorbell rang when it started.
 */
static const hb_trace_field_t kJobFields[] = {
    {"end", "cycle", "cycles", "delta"},
    {"tile", "tile", "", "plain"},
    {"tag", "tag", "", "like tile ffffffff"},
    {"status", "enum:job_status", "", "plain"},
    {"command", "uint", "", "plain"},
    {"array", "uint", "cycles", SAME_LAYER},
    {"wait_load", "uint", "cycles", SAME_LAYER},
    {"wait_store", "uint", "cycles", SAME_LAYER},
    {"wait_wgt", "uint", "cycles", SAME_LAYER},
    {"wait_cmd", "uint", "cycles", SAME_LAYER},
    {"busy", "uint", "cycles", "sum array wait_load wait_store wait_wgt wait_cmd"},
    {"start", "cycle", "cycles", "sum end -busy"},
    {"doorbell", "cycle", "cycles", "sum start"},
    {"rd_beats", "uint", "beats", SAME_LAYER},
    {"wr_beats", "uint", "beats", SAME_LAYER},
};

static const hb_trace_field_t kIrqFields[] = {
    CYCLE_FIELD,
    {"line", "enum:irq", "", "delta"},
    {"level", "bool", "", "plain"},
};

/* The host awake: its time is when it went to sleep. */
static const hb_trace_field_t kPassFields[] = {
    CYCLE_FIELD,
    {"awake", "uint", "cycles", "plain"},
};

static const hb_trace_field_t kRefusedFields[] = {
    CYCLE_FIELD,
    {"tile", "tile", "", "plain"},
    {"tag", "tag", "", "plain"},
    {"addr", "hex", "", "delta"},
    {"beats", "uint", "beats", "plain"},
    {"write", "bool", "", "plain"},
};

static const hb_trace_field_t kTileEventFields[] = {
    CYCLE_FIELD,
    {"tile", "tile", "", "plain"},
    {"event", "enum:tile_event", "", "plain"},
    {"running", "bool", "", "plain"},
    {"tag", "tag", "", "plain"},
    {"start", "cycle", "cycles", "sum cycle"},
};

static const hb_trace_field_t kPathFields[] = {
    CYCLE_FIELD,
    {"model", "model", "", "plain"},
    {"frame", "uint", "", "like model ffffffff"},
    {"path", "hex", "", "plain"},
};

#define RESP_FIELD \
  { "resp", "enum:resp", "", "plain" }

/*
 * Packets of the NoC, a stream a kind: what is at either end of a flow, and where its next access
 * goes, is then the same from record to record. `end`: the node that asked, where the tile is.
 */
#define PACKET_FIELDS(end_, more_)                                                           \
  {                                                                                          \
    CYCLE_FIELD, {"src", "node", "", "plain"}, {"dst", "node", "", "plain"},                 \
        {"id", "uint", "", "like " end_ " ffff"}, {"addr", "hex", "", "like " end_ " ffff"}, \
        {"beats", "uint", "beats", "like " end_ " ffff"},                                    \
        {"latency", "uint", "cycles", "plain"} more_                                         \
  }
static const hb_trace_field_t kRequestFields[] = PACKET_FIELDS("src", );
#define PACKET_RESP , RESP_FIELD
static const hb_trace_field_t kResponseFields[] = PACKET_FIELDS("dst", PACKET_RESP);

/* Boundaries of tiles, a stream a channel. */
#define BOUNDARY_HEAD           \
  CYCLE_FIELD, {                \
    "tile", "tile", "", "plain" \
  }
#define WAIT_FIELD \
  { "wait", "uint", "cycles", "plain" }
#define ID_FIELD \
  { "id", "uint", "", "plain" }
static const hb_trace_field_t kBoundaryRegAddrFields[] = {
    BOUNDARY_HEAD, WAIT_FIELD, {"addr", "hex", "", "like tile ffff"}};
static const hb_trace_field_t kBoundaryRegWFields[] = {
    BOUNDARY_HEAD, WAIT_FIELD, {"data", "hex", "", "plain"}, {"strobe", "hex", "", "plain"}};
static const hb_trace_field_t kBoundaryRegRFields[] = {
    BOUNDARY_HEAD, WAIT_FIELD, {"data", "hex", "", "plain"}, RESP_FIELD};
static const hb_trace_field_t kBoundaryRegBFields[] = {BOUNDARY_HEAD, WAIT_FIELD, RESP_FIELD};
static const hb_trace_field_t kBoundaryAddrFields[] = {BOUNDARY_HEAD,
                                                       WAIT_FIELD,
                                                       ID_FIELD,
                                                       {"addr", "hex", "", "like tile ffff"},
                                                       {"beats", "uint", "beats", "plain"}};
static const hb_trace_field_t kBoundaryRFields[] = {
    BOUNDARY_HEAD, WAIT_FIELD,
    ID_FIELD,      {"beats", "uint", "beats", "plain"},
    RESP_FIELD,    {"last", "bool", "", "plain"}};
static const hb_trace_field_t kBoundaryWFields[] = {BOUNDARY_HEAD,
                                                    WAIT_FIELD,
                                                    {"beats", "uint", "beats", "plain"},
                                                    {"strobe", "hex", "", "plain"},
                                                    {"last", "bool", "", "plain"}};
static const hb_trace_field_t kBoundaryBFields[] = {BOUNDARY_HEAD, WAIT_FIELD, ID_FIELD,
                                                    RESP_FIELD};
static const hb_trace_field_t kBoundaryResetFields[] = {BOUNDARY_HEAD};
static const hb_trace_field_t kBoundaryWireFields[] = {BOUNDARY_HEAD,
                                                       {"level", "bool", "", "plain"}};

#define COUNT(array_) ((uint32_t)(sizeof(array_) / sizeof((array_)[0])))

/* Streams in the order of the file: kTelStreams, then these. */
enum {
  NUM_TEL = sizeof(kTelStreams) / sizeof(kTelStreams[0]),
  STREAM_TELEMETRY = NUM_TEL,
  STREAM_NOTE,
  STREAM_JOB,
  STREAM_IRQ,
  STREAM_REFUSED,
  STREAM_PATH,
  STREAM_READ_REQUEST,
  STREAM_WRITE_REQUEST,
  STREAM_READ_RESPONSE,
  STREAM_WRITE_RESPONSE,
  STREAM_BOUNDARY, /* and on, by channel */
  STREAM_BOUNDARY_LAST = STREAM_BOUNDARY + HB_BOUNDARY_CHANNELS - 1,
  STREAM_TILE_EVENT,
  STREAM_PASS,
  NUM_STREAMS,
};

static const hb_trace_stream_t kOtherStreams[] = {
    {"telemetry", HB_TRACE_DECISIONS, COUNT(kTelemetryFields), kTelemetryFields},
    {"note", HB_TRACE_DECISIONS, COUNT(kNoteFields), kNoteFields},
    {"job", HB_TRACE_JOBS, COUNT(kJobFields), kJobFields},
    {"irq", HB_TRACE_JOBS, COUNT(kIrqFields), kIrqFields},
    {"refused", HB_TRACE_DECISIONS, COUNT(kRefusedFields), kRefusedFields},
    {"path", HB_TRACE_DECISIONS, COUNT(kPathFields), kPathFields},
    {"read_request", HB_TRACE_PACKETS, COUNT(kRequestFields), kRequestFields},
    {"write_request", HB_TRACE_PACKETS, COUNT(kRequestFields), kRequestFields},
    {"read_response", HB_TRACE_PACKETS, COUNT(kResponseFields), kResponseFields},
    {"write_response", HB_TRACE_PACKETS, COUNT(kResponseFields), kResponseFields},
    {"reg_aw", HB_TRACE_BOUNDARY, COUNT(kBoundaryRegAddrFields), kBoundaryRegAddrFields},
    {"reg_w", HB_TRACE_BOUNDARY, COUNT(kBoundaryRegWFields), kBoundaryRegWFields},
    {"reg_b", HB_TRACE_BOUNDARY, COUNT(kBoundaryRegBFields), kBoundaryRegBFields},
    {"reg_ar", HB_TRACE_BOUNDARY, COUNT(kBoundaryRegAddrFields), kBoundaryRegAddrFields},
    {"reg_r", HB_TRACE_BOUNDARY, COUNT(kBoundaryRegRFields), kBoundaryRegRFields},
    {"axi_ar", HB_TRACE_BOUNDARY, COUNT(kBoundaryAddrFields), kBoundaryAddrFields},
    {"axi_r", HB_TRACE_BOUNDARY, COUNT(kBoundaryRFields), kBoundaryRFields},
    {"axi_aw", HB_TRACE_BOUNDARY, COUNT(kBoundaryAddrFields), kBoundaryAddrFields},
    {"axi_w", HB_TRACE_BOUNDARY, COUNT(kBoundaryWFields), kBoundaryWFields},
    {"axi_b", HB_TRACE_BOUNDARY, COUNT(kBoundaryBFields), kBoundaryBFields},
    {"irq_wire", HB_TRACE_BOUNDARY, COUNT(kBoundaryWireFields), kBoundaryWireFields},
    {"idle_wire", HB_TRACE_BOUNDARY, COUNT(kBoundaryWireFields), kBoundaryWireFields},
    {"reset", HB_TRACE_BOUNDARY, COUNT(kBoundaryResetFields), kBoundaryResetFields},
    {"tile_event", HB_TRACE_DECISIONS, COUNT(kTileEventFields), kTileEventFields},
    {"pass", HB_TRACE_JOBS, COUNT(kPassFields), kPassFields},
};

#define TILE_IRQ(i_) \
  { "irq", HB_IRQ_TILE(i_), "tile" #i_ }
#define POLICY_ENUM(name_, value_) {"policy", (value_), #name_},
#define STATUS_ENUM(name_, value_, text_) {"status", (value_), #name_},

static const hb_trace_enum_t kEnums[] = {
    HB_POLICY_TABLE(POLICY_ENUM) HB_STATUS_TABLE(STATUS_ENUM){"drop", HB_DROP_LATE, "LATE"},
    {"drop", HB_DROP_OVERRUN, "OVERRUN"},
    {"drop", HB_DROP_DEPENDENCY, "DEPENDENCY"},
    {"drop", HB_DROP_FAULT, "FAULT"},
    {"drop", HB_DROP_SMART, "SMART"},
    {"tune", HB_TUNE_BASE, "BASE"},
    {"tune", HB_TUNE_PROBING, "PROBING"},
    {"tune", HB_TUNE_SETTLED, "SETTLED"},
    {"tune", HB_TUNE_RESTARTED, "RESTARTED"},
    {"tune", HB_TUNE_FLAT, "FLAT"},
    {"verdict", 0, "NEITHER"},
    {"verdict", HB_VARIANT_USABLE, "TOO_LONG"},
    {"verdict", HB_VARIANT_FITS, "NO_TILES"},
    {"verdict", HB_VARIANT_USABLE | HB_VARIANT_FITS, "FITS"},
    {"job_status", HB_TILE_STATUS_OK, "OK"},
    {"job_status", HB_TILE_STATUS_BAD_OPCODE, "BAD_OPCODE"},
    {"job_status", HB_TILE_STATUS_BAD_FIELD, "BAD_FIELD"},
    {"job_status", HB_TILE_STATUS_AXI_READ, "AXI_READ"},
    {"job_status", HB_TILE_STATUS_AXI_WRITE, "AXI_WRITE"},
    {"job_status", HB_TILE_STATUS_WATCHDOG, "WATCHDOG"},
    {"job_status", HB_TILE_STATUS_NO_END, "NO_END"},
    TILE_IRQ(0),
    TILE_IRQ(1),
    TILE_IRQ(2),
    TILE_IRQ(3),
    TILE_IRQ(4),
    TILE_IRQ(5),
    TILE_IRQ(6),
    TILE_IRQ(7),
    TILE_IRQ(8),
    TILE_IRQ(9),
    TILE_IRQ(10),
    TILE_IRQ(11),
    TILE_IRQ(12),
    TILE_IRQ(13),
    TILE_IRQ(14),
    TILE_IRQ(15),
    {"tile_event", HB_TILE_EVENT_HANG, "HANG"},
    {"tile_event", HB_TILE_EVENT_ERROR, "ERROR"},
    {"tile_event", HB_TILE_EVENT_RESET, "RESET"},
    {"resp", 0, "OKAY"},
    {"resp", 2, "SLVERR"},
    {"resp", 3, "DECERR"},
    {"irq", HB_IRQ_MAILBOX, "mailbox"},
    {"irq", HB_IRQ_TIMER, "timer"},
};
_Static_assert(HB_MAX_TILES == 16u, "kEnums names every tile's interrupt");

struct hb_trace_sink {
  hb_trace_writer_t *writer;
  hb_trace_level_t level;
  hb_status_t status; /* first failure */
  char error[256];
};

/* ---------------------------------------------------------------------------------- life cycle */

hb_status_t hb_trace_sink_open(const char *path, hb_trace_level_t level,
                               const hb_trace_meta_t *meta, hb_trace_sink_t **sink_out, char *why,
                               size_t why_len) {
  hb_trace_field_t tel_fields[NUM_TEL][MAX_TEL_FIELDS + 1];
  hb_trace_stream_t streams[NUM_STREAMS];
  for (uint32_t s = 0; s < NUM_TEL; s++) {
    const tel_stream_t *tel = &kTelStreams[s];
    tel_fields[s][0] = (hb_trace_field_t)CYCLE_FIELD;
    for (uint32_t f = 0; f < tel->num_fields; f++) {
      tel_fields[s][f + 1] = tel->fields[f].field;
    }
    streams[s] = (hb_trace_stream_t){.name = tel->name,
                                     .level = HB_TRACE_DECISIONS,
                                     .num_fields = tel->num_fields + 1,
                                     .fields = tel_fields[s]};
  }
  memcpy(streams + NUM_TEL, kOtherStreams, sizeof(kOtherStreams));
  const hb_trace_schema_t schema = {
      .writer = "hilbert " HB_VERSION,
      .level = level,
      .meta = meta,
      .num_streams = NUM_STREAMS,
      .streams = streams,
      .num_enums = COUNT(kEnums),
      .enums = kEnums,
  };
  hb_trace_sink_t *sink = calloc(1, sizeof(*sink));
  if (sink == NULL) {
    snprintf(why, why_len, "%s", hb_status_text(HB_ERR_NOMEM));
    return HB_ERR_NOMEM;
  }
  sink->level = level;
  const hb_status_t status = hb_trace_writer_open(path, &schema, NULL, &sink->writer, why, why_len);
  if (status != HB_OK) {
    free(sink);
    return status;
  }
  *sink_out = sink;
  return HB_OK;
}

/* Keeps the first failure with its text. */
static void note_status(hb_trace_sink_t *sink, hb_status_t status) {
  if (status == HB_OK || sink->status != HB_OK) return;
  sink->status = status;
  snprintf(sink->error, sizeof(sink->error), "%s", hb_trace_writer_error(sink->writer));
}

hb_status_t hb_trace_sink_status(const hb_trace_sink_t *sink) {
  return sink->status;
}

hb_status_t hb_trace_sink_close(hb_trace_sink_t *sink, bool complete, const char *reason, char *why,
                                size_t why_len) {
  hb_status_t status = hb_trace_writer_close(sink->writer, complete, reason, why, why_len);
  if (sink->status != HB_OK) {
    status = sink->status;
    snprintf(why, why_len, "%s", sink->error);
  }
  free(sink);
  return status;
}

/* ------------------------------------------------------------------------------------- records */

static uint64_t field_value(const tel_field_t *field, const uint32_t *words) {
  if (field->width == 64) return words[field->word] | ((uint64_t)words[field->word + 1] << 32);
  uint64_t value = words[field->word] >> field->lsb;
  if (field->width < 32) value &= (1u << field->width) - 1u;
  const bool is_signed = strcmp(field->field.type, "int") == 0;
  return is_signed ? (uint64_t)(int64_t)(int32_t)value : value;
}

static void put_unknown(hb_trace_sink_t *sink, uint64_t cycle, const uint32_t *words,
                        uint32_t num) {
  uint64_t values[3 + HB_TEL_MAX_WORDS] = {cycle, words[0], num - 1};
  for (uint32_t i = 1; i < num && i <= HB_TEL_MAX_WORDS; i++) {
    values[2 + i] = words[i];
  }
  note_status(sink, hb_trace_writer_append(sink->writer, STREAM_TELEMETRY, values));
}

void hb_trace_sink_telemetry(void *ctx, uint64_t cycle, const uint32_t *words, uint32_t num) {
  hb_trace_sink_t *sink = ctx;
  if (num == 0) return;
  for (uint32_t s = 0; s < NUM_TEL; s++) {
    const tel_stream_t *tel = &kTelStreams[s];
    if (words[0] != HB_TEL_HEAD(tel->type, tel->num_words) || num != tel->num_words + 1) continue;
    uint64_t values[MAX_TEL_FIELDS + 1] = {cycle};
    for (uint32_t f = 0; f < tel->num_fields; f++) {
      values[f + 1] = field_value(&tel->fields[f], words + 1);
    }
    note_status(sink, hb_trace_writer_append(sink->writer, s, values));
    return;
  }
  put_unknown(sink, cycle, words, num);
}

void hb_trace_sink_job(void *ctx, const hb_sim_job_t *job) {
  hb_trace_sink_t *sink = ctx;
  /* The order of kJobFields. */
  const uint64_t values[] = {
      job->end,   job->tile,      job->tag,        job->status,   job->command,
      job->array, job->wait_load, job->wait_store, job->wait_wgt, job->wait_cmd,
      job->busy,  job->start,     job->doorbell,   job->rd_beats, job->wr_beats,
  };
  _Static_assert(sizeof(values) / sizeof(values[0]) == sizeof(kJobFields) / sizeof(kJobFields[0]),
                 "one value per field");
  note_status(sink, hb_trace_writer_append(sink->writer, STREAM_JOB, values));
}

void hb_trace_sink_irq(void *ctx, uint64_t cycle, uint32_t bit, bool level) {
  hb_trace_sink_t *sink = ctx;
  const uint64_t values[] = {cycle, bit, level ? 1u : 0u};
  note_status(sink, hb_trace_writer_append(sink->writer, STREAM_IRQ, values));
}

void hb_trace_sink_pass(void *ctx, uint64_t woke, uint64_t slept) {
  hb_trace_sink_t *sink = ctx;
  const uint64_t values[] = {slept, slept - woke};
  note_status(sink, hb_trace_writer_append(sink->writer, STREAM_PASS, values));
}

void hb_trace_sink_refused(void *ctx, const hb_sim_refused_t *refused) {
  hb_trace_sink_t *sink = ctx;
  const uint64_t values[] = {refused->cycle, refused->tile,  refused->tag,
                             refused->addr,  refused->beats, refused->write ? 1u : 0u};
  note_status(sink, hb_trace_writer_append(sink->writer, STREAM_REFUSED, values));
}

void hb_trace_sink_tile_event(void *ctx, const hb_sim_tile_event_t *event) {
  hb_trace_sink_t *sink = ctx;
  const uint64_t values[] = {event->cycle, event->tile, event->kind, event->running ? 1u : 0u,
                             event->tag,   event->start};
  note_status(sink, hb_trace_writer_append(sink->writer, STREAM_TILE_EVENT, values));
}

void hb_trace_sink_path(void *ctx, const hb_sim_path_t *path) {
  hb_trace_sink_t *sink = ctx;
  const uint64_t values[] = {path->cycle, path->stream, path->frame, path->path};
  note_status(sink, hb_trace_writer_append(sink->writer, STREAM_PATH, values));
}

void hb_trace_sink_packet(void *ctx, const hb_sim_packet_t *packet) {
  hb_trace_sink_t *sink = ctx;
  const uint32_t stream = STREAM_READ_REQUEST + (packet->write ? 1u : 0u) +
                          (packet->response ? STREAM_READ_RESPONSE - STREAM_READ_REQUEST : 0u);
  /* The order of kResponseFields; a request ends before the last. */
  const uint64_t values[] = {
      packet->arrived,
      packet->src,
      packet->dst,
      packet->id,
      packet->addr,
      packet->beats,
      packet->arrived - packet->injected,
      packet->resp,
  };
  note_status(sink, hb_trace_writer_append(sink->writer, stream, values));
}

/* Value of a field of a boundary's record, by its name. */
static uint64_t boundary_value(const hb_sim_boundary_t *record, const char *field) {
  const struct {
    const char *name;
    uint64_t value;
  } values[] = {
      {"cycle", record->cycle}, {"tile", record->tile},     {"wait", record->wait},
      {"addr", record->addr},   {"data", record->data},     {"level", record->data},
      {"beats", record->beats}, {"strobe", record->strobe}, {"id", record->id},
      {"resp", record->resp},   {"last", record->last},
  };
  size_t i = 0;
  while (strcmp(values[i].name, field) != 0)
    i++;
  return values[i].value;
}

void hb_trace_sink_boundary(void *ctx, const hb_sim_boundary_t *record) {
  hb_trace_sink_t *sink = ctx;
  const uint32_t stream = STREAM_BOUNDARY + (uint32_t)record->channel;
  const hb_trace_stream_t *fields = &kOtherStreams[stream - NUM_TEL];
  uint64_t values[8];
  for (uint32_t f = 0; f < fields->num_fields; f++) {
    values[f] = boundary_value(record, fields->fields[f].name);
  }
  note_status(sink, hb_trace_writer_append(sink->writer, stream, values));
}

void hb_trace_sink_note(hb_trace_sink_t *sink, uint64_t cycle, const char *text) {
  uint64_t id;
  const hb_status_t status = hb_trace_writer_string(sink->writer, text, &id);
  if (status != HB_OK) {
    note_status(sink, status);
    return;
  }
  const uint64_t values[] = {cycle, id};
  note_status(sink, hb_trace_writer_append(sink->writer, STREAM_NOTE, values));
}

void hb_trace_sink_tick(hb_trace_sink_t *sink, uint64_t cycle) {
  note_status(sink, hb_trace_writer_tick(sink->writer, cycle));
}

hb_sim_sink_t hb_trace_sink_callbacks(hb_trace_sink_t *sink) {
  return (hb_sim_sink_t){
      .ctx = sink,
      .telemetry = hb_trace_sink_telemetry,
      .job = hb_trace_sink_job,
      .irq = hb_trace_sink_irq,
      .pass = hb_trace_sink_pass,
      .refused = hb_trace_sink_refused,
      .tile_event = hb_trace_sink_tile_event,
      .path = hb_trace_sink_path,
      .packet = sink->level >= HB_TRACE_PACKETS ? hb_trace_sink_packet : NULL,
      .boundary = sink->level >= HB_TRACE_BOUNDARY ? hb_trace_sink_boundary : NULL,
  };
}
