/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_trace_perfetto.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "hb_perfetto.pb-c.h"
#include "hb_trace_reader.h"
#include "hb_trace_show.h"
#include "hb_whole_file.h"
#include "hilbert/hb_image.h"

typedef HbPerfetto__DebugAnnotation annotation_t;
typedef HbPerfetto__TrackEvent event_t;

enum {
  WHY_BYTES = 400,
  MAX_MODELS = 64, /* as many as fit into a tag */
  MAX_TILES = 64,
  MAX_FRAME_LANES = 64, /* frames of a model that are open at once */
  MAX_TILE_LANES = 8,   /* jobs of a tile that overlap: none do in a run */
  MAX_LINES = 64,       /* interrupt lines */
  MAX_GAUGES = 256,
  MAX_CANDIDATES = 512, /* of a decision: 32 models on 16 tiles */
  CANDIDATE_VALUES = 8,
  MAX_OFFERS =
      512, /* frames that a model is behind those it waits for: as many as firmware knows */
  MAX_ANNOTATIONS = HB_TRACE_MAX_FIELDS + 8, /* of an event */
  ARENA_BYTES = 8 << 20,                     /* what the annotations of one event take */
  SHOWN_UTF8_BYTES = 3 * HB_TRACE_MAX_TEXT + 1,
  TAG_FRAMES = 1 << 14, /* a tag has that many bits of a frame's number */
  BEAT_BYTES = 16,
  FIRST_STATE = 1, /* SEQ_INCREMENTAL_STATE_CLEARED: the first packet of a sequence */
};

/* Process ids, which also order them. */
enum { PID_SCHEDULER = 1, PID_TILES, PID_INTERRUPTS, PID_MODELS = 16 };

/* A track, and the packet sequence of the same number, which so is in time order. */
typedef struct track {
  uint64_t uuid;  /* 0: not in the file yet */
  uint64_t cycle; /* of its last event */
} track_t;

/* A track that holds one frame after the other; a frame that overlaps them is in the next lane. */
typedef struct frame_lane {
  track_t track;
  bool open;
  bool written;     /* its beginning is in the file */
  bool has_arrived; /* arrival and deadline are known */
  uint64_t frame, begin, arrival, deadline;
  uint64_t jobs, flow;
  uint64_t model, offered; /* the first of the flows to the models that wait for it; 0: none yet */
} frame_lane_t;

/* A frame that is done, and the flow from it to the frame of the same number that waits for it. */
typedef struct offer {
  uint64_t from, frame, flow; /* 0: none, or taken */
} offer_t;

typedef struct model {
  track_t process, drops;
  frame_lane_t lanes[MAX_FRAME_LANES];
  /* By the frame's bits in a tag: it has been opened or dropped, so that a job that comes later
   * does not open it again. */
  uint8_t known[TAG_FRAMES / 8];
  uint64_t waits_for; /* a bit per model */
  offer_t offers[MAX_OFFERS];
  uint64_t num_offers; /* ever; the newest take the places of the oldest */
} model_t;

typedef struct tile {
  track_t lanes[MAX_TILE_LANES];
  track_t read, written;
} tile_t;

typedef struct line {
  track_t track;
  uint64_t line;
} line_t;

#define Q16 "_q16"

/* A field named alpha or beta, or that ends in Q16, of one model or tile if the record says so. */
typedef struct gauge {
  track_t track;
  uint32_t stream, field;
  uint64_t key;
} gauge_t;

typedef struct view view_t;
typedef struct export export_t;
typedef void handler_t(export_t *self, const view_t *view);

struct export {
  hb_trace_reader_t *reader;
  FILE *out;
  hb_status_t status;
  uint64_t khz;  /* of the clock */
  uint64_t last; /* cycle of the last record */
  handler_t *handlers[HB_TRACE_MAX_STREAMS];
  bool has_gauges[HB_TRACE_MAX_STREAMS];
  uint64_t tracks, flows; /* given out so far */
  uint64_t lost_jobs, lost_frames, lost_lines, lost_gauges, lost_candidates;

  track_t scheduler, decisions, ready, free, events;
  track_t tiles_process, interrupts;
  tile_t tiles[MAX_TILES];
  model_t models[MAX_MODELS];
  line_t lines[MAX_LINES];
  uint32_t num_lines;
  gauge_t gauges[MAX_GAUGES];
  uint32_t num_gauges;

  uint32_t candidate_stream, num_candidates; /* since the last decision */
  uint64_t candidates[MAX_CANDIDATES][CANDIDATE_VALUES];

  uint8_t *packed; /* the packet being written */
  size_t packed_size;
  size_t arena_used;
  max_align_t arena[ARENA_BYTES / sizeof(max_align_t)];
};

/* A record and its stream. */
struct view {
  const hb_trace_stream_t *stream;
  const uint64_t *values;
  uint32_t index; /* of the stream */
};

static int find_field(const hb_trace_stream_t *stream, const char *name) {
  for (uint32_t f = 0; f < stream->num_fields; f++) {
    if (strcmp(stream->fields[f].name, name) == 0) return (int)f;
  }
  return -1;
}

/* Handlers are called only for streams that have the fields they need. */
static uint64_t field(const view_t *view, const char *name) {
  const int at = find_field(view->stream, name);
  assert(at >= 0);
  return view->values[at];
}

/* --------------------------------------------------------------------------- texts, annotations */

/* Room until the event is written; NULL if the arena is full. */
static void *take(export_t *self, size_t size) {
  const size_t step = sizeof(max_align_t);
  const size_t rounded = (size + step - 1) / step * step;
  if (rounded > sizeof(self->arena) - self->arena_used) return NULL;
  void *at = (char *)self->arena + self->arena_used;
  self->arena_used += rounded;
  return at;
}

/* A copy as UTF-8: bytes that are none become U+FFFD, as in the dump. */
static char *utf8(export_t *self, const char *text) {
  char out[SHOWN_UTF8_BYTES];
  size_t used = 0;
  for (const char *at = text; *at != '\0' && used + 4 < sizeof(out);) {
    size_t len = (unsigned char)*at < 0x80 ? 1 : hb_trace_show_utf8_len(at);
    if (len == 0) {
      memcpy(out + used, "\xef\xbf\xbd", 3);
      used += 3;
      at++;
    } else {
      memcpy(out + used, at, len);
      used += len;
      at += len;
    }
  }
  out[used] = '\0';
  char *copy = take(self, used + 1);
  if (copy != NULL) memcpy(copy, out, used + 1);
  return copy;
}

__attribute__((format(printf, 2, 3))) static char *text_of(export_t *self, const char *format,
                                                           ...) {
  char text[SHOWN_UTF8_BYTES];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof(text), format, args);
  va_end(args);
  return utf8(self, text);
}

/* A value's name, or the value as a number. */
static char *shown(export_t *self, const char *type, uint64_t value) {
  char name[HB_TRACE_SHOWN_BYTES];
  if (hb_trace_show_name(self->reader, type, value, name)) return utf8(self, name);
  const bool tag = strcmp(type, "tag") == 0;
  if ((tag || strcmp(type, "tile") == 0) && value == HB_IMAGE_NONE) return text_of(self, "none");
  if (tag) return text_of(self, "0x%" PRIx64, value);
  return text_of(self, "%s %" PRIu64, type, value);
}

typedef struct annotations {
  size_t num;
  annotation_t *list[MAX_ANNOTATIONS];
} annotations_t;

static annotation_t *annotate(export_t *self, annotations_t *to, const char *name) {
  annotation_t *note = to->num < MAX_ANNOTATIONS ? take(self, sizeof(*note)) : NULL;
  if (note == NULL) return NULL;
  hb_perfetto__debug_annotation__init(note);
  note->name = utf8(self, name);
  to->list[to->num++] = note;
  return note;
}

static void annotate_uint(export_t *self, annotations_t *to, const char *name, uint64_t value) {
  annotation_t *note = annotate(self, to, name);
  if (note == NULL) return;
  note->has_uint_value = true;
  note->uint_value = value;
}

static void annotate_true(export_t *self, annotations_t *to, const char *name) {
  annotation_t *note = annotate(self, to, name);
  if (note == NULL) return;
  note->has_bool_value = true;
  note->bool_value = true;
}

/* All fields of a record. */
static void annotate_fields(export_t *self, annotations_t *to, const hb_trace_stream_t *stream,
                            const uint64_t *values, uint32_t num) {
  for (uint32_t f = 0; f < num; f++) {
    const hb_trace_field_t *about = &stream->fields[f];
    annotation_t *note = annotate(self, to, about->name);
    if (note == NULL) return;
    char name[HB_TRACE_SHOWN_BYTES];
    if (hb_trace_show_name(self->reader, about->type, values[f], name)) {
      note->string_value = utf8(self, name);
    } else if (strcmp(about->type, "int") == 0) {
      note->has_int_value = true;
      note->int_value = (int64_t)values[f];
    } else if (strcmp(about->type, "bool") == 0 && values[f] <= 1) {
      note->has_bool_value = true;
      note->bool_value = values[f] == 1;
    } else {
      note->has_uint_value = true;
      note->uint_value = values[f];
    }
  }
}

static void annotate_record(export_t *self, annotations_t *to, const view_t *view) {
  annotate_fields(self, to, view->stream, view->values, view->stream->num_fields);
}

/* ------------------------------------------------------------------------------ packets, tracks */

/* Exact: rounded down, at most INT64_MAX. khz is at most 10^9. */
static uint64_t ns_of(const export_t *self, uint64_t cycle) {
  const uint64_t whole = cycle / self->khz;
  const uint64_t rest = cycle % self->khz;
  if (whole >= INT64_MAX / 1000000) return INT64_MAX;
  return whole * 1000000 + rest * 1000000 / self->khz;
}

/* A file of one packet; files behind each other are one file of all their packets. */
static void put_packet(export_t *self, HbPerfetto__TracePacket *packet) {
  HbPerfetto__Trace trace = HB_PERFETTO__TRACE__INIT;
  trace.n_packet = 1;
  trace.packet = &packet;
  const size_t size = hb_perfetto__trace__get_packed_size(&trace);
  if (size > self->packed_size) {
    uint8_t *grown = realloc(self->packed, size);
    if (grown == NULL) {
      self->status = HB_ERR_NOMEM;
      return;
    }
    self->packed = grown;
    self->packed_size = size;
  }
  hb_perfetto__trace__pack(&trace, self->packed);
  if (fwrite(self->packed, 1, size, self->out) != size) self->status = HB_ERR_IO;
  self->arena_used = 0;
}

static void put_track(export_t *self, track_t *track, HbPerfetto__TrackDescriptor *about) {
  track->uuid = ++self->tracks;
  about->has_uuid = true;
  about->uuid = track->uuid;
  HbPerfetto__TracePacket packet = HB_PERFETTO__TRACE_PACKET__INIT;
  packet.track_descriptor = about;
  packet.has_trusted_packet_sequence_id = true;
  packet.trusted_packet_sequence_id = (uint32_t)track->uuid;
  packet.has_sequence_flags = true;
  packet.sequence_flags = FIRST_STATE;
  put_packet(self, &packet);
}

static void need_process(export_t *self, track_t *track, int32_t pid, const char *name) {
  if (track->uuid != 0) return;
  HbPerfetto__ProcessDescriptor process = HB_PERFETTO__PROCESS_DESCRIPTOR__INIT;
  process.has_pid = true;
  process.pid = pid;
  process.process_name = utf8(self, name);
  HbPerfetto__TrackDescriptor about = HB_PERFETTO__TRACK_DESCRIPTOR__INIT;
  about.process = &process;
  put_track(self, track, &about);
}

static void need_track(export_t *self, track_t *track, const track_t *parent, bool counter,
                       const char *name) {
  if (track->uuid != 0) return;
  HbPerfetto__CounterDescriptor counting = HB_PERFETTO__COUNTER_DESCRIPTOR__INIT;
  HbPerfetto__TrackDescriptor about = HB_PERFETTO__TRACK_DESCRIPTOR__INIT;
  about.has_parent_uuid = true;
  about.parent_uuid = parent->uuid;
  about.name = utf8(self, name);
  if (counter) about.counter = &counting;
  put_track(self, track, &about);
}

static void put_event(export_t *self, track_t *track, uint64_t cycle,
                      HbPerfetto__TrackEvent__Type type, event_t *event) {
  assert(cycle >= track->cycle);
  track->cycle = cycle;
  event->has_type = true;
  event->type = type;
  event->has_track_uuid = true;
  event->track_uuid = track->uuid;
  HbPerfetto__TracePacket packet = HB_PERFETTO__TRACE_PACKET__INIT;
  packet.has_timestamp = true;
  packet.timestamp = ns_of(self, cycle);
  packet.has_trusted_packet_sequence_id = true;
  packet.trusted_packet_sequence_id = (uint32_t)track->uuid;
  packet.track_event = event;
  put_packet(self, &packet);
}

/* That begin at a slice, or go on to it. */
typedef struct flows {
  size_t num;
  uint64_t list[1 + MAX_MODELS];
} flows_t;

static void put_named(export_t *self, track_t *track, uint64_t cycle,
                      HbPerfetto__TrackEvent__Type type, const char *category, char *name,
                      annotations_t *notes, flows_t *flows) {
  event_t event = HB_PERFETTO__TRACK_EVENT__INIT;
  char *categories[] = {utf8(self, category)};
  event.name = name;
  event.n_categories = categories[0] != NULL;
  event.categories = categories;
  event.n_debug_annotations = notes->num;
  event.debug_annotations = notes->list;
  if (flows != NULL) {
    event.n_flow_ids = flows->num;
    event.flow_ids = flows->list;
  }
  put_event(self, track, cycle, type, &event);
}

static void put_end(export_t *self, track_t *track, uint64_t cycle) {
  event_t event = HB_PERFETTO__TRACK_EVENT__INIT;
  put_event(self, track, cycle, HB_PERFETTO__TRACK_EVENT__TYPE__TYPE_SLICE_END, &event);
}

static void put_count(export_t *self, track_t *track, uint64_t cycle, int64_t value) {
  event_t event = HB_PERFETTO__TRACK_EVENT__INIT;
  event.has_counter_value = true;
  event.counter_value = value;
  put_event(self, track, cycle, HB_PERFETTO__TRACK_EVENT__TYPE__TYPE_COUNTER, &event);
}

static void put_level(export_t *self, track_t *track, uint64_t cycle, double value) {
  event_t event = HB_PERFETTO__TRACK_EVENT__INIT;
  event.has_double_counter_value = true;
  event.double_counter_value = value;
  put_event(self, track, cycle, HB_PERFETTO__TRACK_EVENT__TYPE__TYPE_COUNTER, &event);
}

/* --------------------------------------------------------------------------------------- frames */

static bool is_known(const model_t *model, uint64_t frame) {
  const uint64_t at = frame % TAG_FRAMES;
  return (model->known[at / 8] >> (at % 8) & 1) != 0;
}

/* And forgets the frame half way round, so that the bits are free when their turn comes. */
static void set_known(model_t *model, uint64_t frame) {
  const uint64_t at = frame % TAG_FRAMES;
  const uint64_t old = (frame + TAG_FRAMES / 2) % TAG_FRAMES;
  model->known[at / 8] |= (uint8_t)(1u << (at % 8));
  model->known[old / 8] &= (uint8_t) ~(1u << (old % 8));
}

/* The open frame with these bits of a number; NULL if there is none. */
static frame_lane_t *find_frame(model_t *model, uint64_t frame) {
  for (uint32_t i = 0; i < MAX_FRAME_LANES; i++) {
    frame_lane_t *lane = &model->lanes[i];
    if (lane->open && lane->frame % TAG_FRAMES == frame % TAG_FRAMES) return lane;
  }
  return NULL;
}

static void need_model(export_t *self, uint64_t index) {
  char *name = shown(self, "model", index);
  need_process(self, &self->models[index].process, PID_MODELS + (int32_t)index,
               name == NULL ? "" : name);
}

/* NULL: too many are open. */
static frame_lane_t *open_frame(export_t *self, uint64_t index, uint64_t frame, uint64_t begin) {
  model_t *model = &self->models[index];
  set_known(model, frame);
  for (uint32_t i = 0; i < MAX_FRAME_LANES; i++) {
    frame_lane_t *lane = &model->lanes[i];
    if (lane->open || lane->track.cycle > begin) continue;
    need_model(self, index);
    need_track(self, &lane->track, &model->process, false, "frames");
    *lane = (frame_lane_t){.track = lane->track,
                           .open = true,
                           .frame = frame,
                           .begin = begin,
                           .flow = ++self->flows,
                           .model = index};
    return lane;
  }
  self->lost_frames++;
  return NULL;
}

static bool waits_for(const export_t *self, uint32_t model, uint64_t other) {
  return (self->models[model].waits_for >> other & 1) != 0;
}

/* `offers`: other frames may begin because of it. */
static void begin_frame(export_t *self, frame_lane_t *lane, bool late, bool offers,
                        annotations_t *notes) {
  annotate_uint(self, notes, "frame", lane->frame);
  if (lane->has_arrived) {
    annotate_uint(self, notes, "arrival", lane->arrival);
    annotate_uint(self, notes, "deadline", lane->deadline);
  }
  if (late) annotate_true(self, notes, "late");
  flows_t flows = {.num = 0};
  if (lane->jobs > 0) flows.list[flows.num++] = lane->flow;
  if (offers) lane->offered = self->flows + 1;
  for (uint32_t m = 0; offers && m < MAX_MODELS; m++) {
    if (waits_for(self, m, lane->model)) flows.list[flows.num++] = ++self->flows;
  }
  put_named(self, &lane->track, lane->begin, HB_PERFETTO__TRACK_EVENT__TYPE__TYPE_SLICE_BEGIN,
            "frame", text_of(self, "frame %" PRIu64 "%s", lane->frame, late ? " late" : ""), notes,
            &flows);
  lane->written = true;
}

/* Frames that wait for this one may begin. */
static void offer_frame(export_t *self, const frame_lane_t *lane) {
  uint64_t flow = lane->offered;
  for (uint32_t m = 0; m < MAX_MODELS; m++) {
    if (!waits_for(self, m, lane->model)) continue;
    model_t *model = &self->models[m];
    model->offers[model->num_offers++ % MAX_OFFERS] =
        (offer_t){.from = lane->model, .frame = lane->frame % TAG_FRAMES, .flow = flow++};
  }
}

/* The flows that end in the first job of a frame. */
static void take_offers(model_t *model, uint64_t frame, flows_t *flows) {
  uint64_t missing = model->waits_for;
  const uint64_t num = model->num_offers < MAX_OFFERS ? model->num_offers : MAX_OFFERS;
  for (uint64_t i = 1; missing != 0 && i <= num; i++) { /* the newest first: numbers come again */
    offer_t *offer = &model->offers[(model->num_offers - i) % MAX_OFFERS];
    if (offer->flow == 0 || offer->frame != frame % TAG_FRAMES) continue;
    if ((missing >> offer->from & 1) == 0) continue;
    missing &= ~(UINT64_C(1) << offer->from);
    flows->list[flows->num++] = offer->flow;
    offer->flow = 0;
  }
}

/* The name of a slice is at its beginning, and late is known at its end: both are written here. */
static void end_frame(export_t *self, frame_lane_t *lane, uint64_t cycle, bool done,
                      annotations_t *notes) {
  const uint64_t end = cycle > lane->begin ? cycle : lane->begin;
  if (!lane->written) {
    const bool late = done && lane->has_arrived && cycle > lane->deadline;
    begin_frame(self, lane, late, done, notes);
    put_end(self, &lane->track, end);
  } else {
    event_t event = HB_PERFETTO__TRACK_EVENT__INIT;
    event.n_debug_annotations = notes->num;
    event.debug_annotations = notes->list;
    put_event(self, &lane->track, end, HB_PERFETTO__TRACK_EVENT__TYPE__TYPE_SLICE_END, &event);
  }
  if (done) offer_frame(self, lane);
  lane->open = false;
}

static model_t *model_of(export_t *self, const view_t *view) {
  const uint64_t index = field(view, "model");
  if (index < MAX_MODELS) return &self->models[index];
  self->lost_frames++;
  return NULL;
}

static void on_frame_arrived(export_t *self, const view_t *view) {
  model_t *model = model_of(self, view);
  const uint64_t frame = field(view, "frame");
  if (model == NULL || find_frame(model, frame) != NULL) return;
  /* A frame that jitter made early is announced before its nominal arrival. */
  const uint64_t arrival = field(view, "arrival");
  const uint64_t begin = arrival < view->values[0] ? arrival : view->values[0];
  frame_lane_t *lane = open_frame(self, field(view, "model"), frame, begin);
  if (lane == NULL) return;
  lane->has_arrived = true;
  lane->arrival = arrival;
  lane->deadline = field(view, "deadline");
}

static void on_frame_started(export_t *self, const view_t *view) {
  model_t *model = model_of(self, view);
  const uint64_t frame = field(view, "frame");
  if (model == NULL || is_known(model, frame)) return;
  open_frame(self, field(view, "model"), frame, view->values[0]);
}

static void on_frame_done(export_t *self, const view_t *view) {
  model_t *model = model_of(self, view);
  frame_lane_t *lane = model == NULL ? NULL : find_frame(model, field(view, "frame"));
  annotations_t notes = {.num = 0};
  if (lane != NULL) end_frame(self, lane, view->values[0], true, &notes);
}

static void on_frame_dropped(export_t *self, const view_t *view) {
  model_t *model = model_of(self, view);
  if (model == NULL) return;
  const uint64_t frame = field(view, "frame");
  const int reason = find_field(view->stream, "reason");
  frame_lane_t *lane = find_frame(model, frame);
  if (lane != NULL) {
    annotations_t notes = {.num = 0};
    annotation_t *dropped = annotate(self, &notes, "dropped");
    if (dropped != NULL) {
      dropped->string_value = shown(self, view->stream->fields[reason].type, view->values[reason]);
    }
    end_frame(self, lane, view->values[0], false, &notes);
  }
  set_known(model, frame);
  need_model(self, field(view, "model"));
  need_track(self, &model->drops, &model->process, false, "drops");
  annotations_t notes = {.num = 0};
  annotate_record(self, &notes, view);
  const char *why = shown(self, view->stream->fields[reason].type, view->values[reason]);
  put_named(self, &model->drops, view->values[0], HB_PERFETTO__TRACK_EVENT__TYPE__TYPE_INSTANT,
            "drop", text_of(self, "frame %" PRIu64 " dropped: %s", frame, why == NULL ? "" : why),
            &notes, NULL);
}

/* Frames that the records leave open end with the last record. */
static void end_all_frames(export_t *self) {
  for (uint32_t m = 0; m < MAX_MODELS; m++) {
    for (uint32_t i = 0; i < MAX_FRAME_LANES; i++) {
      frame_lane_t *lane = &self->models[m].lanes[i];
      if (!lane->open) continue;
      annotations_t notes = {.num = 0};
      annotate_true(self, &notes, "unfinished");
      end_frame(self, lane, self->last, false, &notes);
    }
  }
}

/* ----------------------------------------------------------------------------------------- jobs */

/* The flows that lead to a job: from its frame, which without an arrival begins with its first job,
 * and, to that one, from the frames it has waited for. None if the frame is not drawn. */
static void flows_to_job(export_t *self, const view_t *view, uint64_t begin, flows_t *flows) {
  const uint64_t tag = field(view, "tag");
  if (tag > UINT32_MAX) return;
  model_t *model = &self->models[HB_TAG_MODEL(tag)];
  frame_lane_t *lane = find_frame(model, HB_TAG_FRAME(tag));
  if (lane == NULL) {
    if (is_known(model, HB_TAG_FRAME(tag))) return;
    lane = open_frame(self, HB_TAG_MODEL(tag), HB_TAG_FRAME(tag), begin);
    if (lane == NULL) return;
    /* At once: where times are equal, Perfetto draws flows in the order of the file. */
    lane->jobs++;
    annotations_t notes = {.num = 0};
    begin_frame(self, lane, false, true, &notes);
  } else {
    lane->jobs++;
  }
  flows->list[flows->num++] = lane->flow;
  if (lane->jobs == 1) take_offers(model, lane->frame, flows);
}

/* Bytes in a microsecond, on average over a job. */
static void put_rate(export_t *self, track_t *track, uint64_t begin, uint64_t end, uint64_t beats) {
  if (begin < track->cycle || begin == end) return;
  const double us = (double)(end - begin) * 1000.0 / (double)self->khz;
  put_level(self, track, begin, (double)(beats * BEAT_BYTES) / us);
  put_level(self, track, end, 0.0);
}

static void on_job(export_t *self, const view_t *view) {
  const uint64_t index = field(view, "tile");
  const uint64_t end = view->values[0];
  const uint64_t start = field(view, "start") < end ? field(view, "start") : end;
  uint32_t i = 0;
  while (index < MAX_TILES && i < MAX_TILE_LANES && self->tiles[index].lanes[i].cycle > start) {
    i++;
  }
  if (index >= MAX_TILES || i == MAX_TILE_LANES) {
    self->lost_jobs++;
    return;
  }
  tile_t *tile = &self->tiles[index];
  flows_t flows = {.num = 0};
  flows_to_job(self, view, start, &flows);
  need_process(self, &self->tiles_process, PID_TILES, "tiles");
  const char *name = shown(self, "tile", index);
  char title[HB_TRACE_SHOWN_BYTES];
  snprintf(title, sizeof(title), "%s", name == NULL ? "" : name);
  need_track(self, &tile->lanes[i], &self->tiles_process, false, title);
  annotations_t notes = {.num = 0};
  annotate_record(self, &notes, view);
  put_named(self, &tile->lanes[i], start, HB_PERFETTO__TRACK_EVENT__TYPE__TYPE_SLICE_BEGIN, "job",
            shown(self, "tag", field(view, "tag")), &notes, &flows);
  put_end(self, &tile->lanes[i], end);
  need_track(self, &tile->read, &self->tiles_process, true,
             text_of(self, "%s read, bytes/us", title));
  put_rate(self, &tile->read, start, end, field(view, "rd_beats"));
  need_track(self, &tile->written, &self->tiles_process, true,
             text_of(self, "%s written, bytes/us", title));
  put_rate(self, &tile->written, start, end, field(view, "wr_beats"));
}

/* ------------------------------------------------------------------------- scheduler, interrupts
 */

static void on_candidate(export_t *self, const view_t *view) {
  if (self->num_candidates == MAX_CANDIDATES) {
    self->lost_candidates++;
    return;
  }
  const uint32_t num = view->stream->num_fields;
  self->candidate_stream = view->index;
  memcpy(self->candidates[self->num_candidates++], view->values,
         (num < CANDIDATE_VALUES ? num : CANDIDATE_VALUES) * sizeof(uint64_t));
}

/* The candidates since the last decision, as an array of dictionaries. */
static void annotate_candidates(export_t *self, annotations_t *to) {
  if (self->num_candidates == 0) return;
  const hb_trace_stream_t *stream =
      &hb_trace_reader_schema(self->reader)->streams[self->candidate_stream];
  const uint32_t num =
      stream->num_fields < CANDIDATE_VALUES ? stream->num_fields : CANDIDATE_VALUES;
  annotation_t *all = annotate(self, to, "candidates");
  if (all == NULL) return;
  all->array_values = take(self, self->num_candidates * sizeof(annotation_t *));
  for (uint32_t c = 0; all->array_values != NULL && c < self->num_candidates; c++) {
    annotation_t *one = take(self, sizeof(*one));
    annotation_t **entries = take(self, num * sizeof(*entries));
    if (one == NULL || entries == NULL) break;
    annotations_t fields = {.num = 0};
    annotate_fields(self, &fields, stream, self->candidates[c], num);
    memcpy(entries, fields.list, fields.num * sizeof(*entries));
    hb_perfetto__debug_annotation__init(one);
    one->n_dict_entries = fields.num;
    one->dict_entries = entries;
    all->array_values[all->n_array_values++] = one;
  }
  self->lost_candidates += self->num_candidates - all->n_array_values;
  self->num_candidates = 0;
}

static void need_scheduler(export_t *self) {
  need_process(self, &self->scheduler, PID_SCHEDULER, "scheduler");
}

static void on_decision(export_t *self, const view_t *view) {
  need_scheduler(self);
  need_track(self, &self->decisions, &self->scheduler, false, "decisions");
  need_track(self, &self->ready, &self->scheduler, true, "ready jobs");
  need_track(self, &self->free, &self->scheduler, true, "free tiles");
  annotations_t notes = {.num = 0};
  annotate_record(self, &notes, view);
  annotate_candidates(self, &notes);
  const uint64_t cycle = view->values[0];
  put_named(self, &self->decisions, cycle, HB_PERFETTO__TRACK_EVENT__TYPE__TYPE_INSTANT, "decision",
            shown(self, "tag", field(view, "tag")), &notes, NULL);
  put_count(self, &self->ready, cycle, (int64_t)field(view, "ready"));
  put_count(self, &self->free, cycle, (int64_t)field(view, "free"));
}

/* What happens rarely and is worth seeing. */
static void on_other(export_t *self, const view_t *view) {
  need_scheduler(self);
  need_track(self, &self->events, &self->scheduler, false, "events");
  annotations_t notes = {.num = 0};
  annotate_record(self, &notes, view);
  put_named(self, &self->events, view->values[0], HB_PERFETTO__TRACK_EVENT__TYPE__TYPE_INSTANT,
            "event", utf8(self, view->stream->name), &notes, NULL);
}

static void on_irq(export_t *self, const view_t *view) {
  const uint64_t number = field(view, "line");
  uint32_t i = 0;
  while (i < self->num_lines && self->lines[i].line != number) {
    i++;
  }
  if (i == MAX_LINES) {
    self->lost_lines++;
    return;
  }
  line_t *line = &self->lines[i];
  if (i == self->num_lines) {
    self->num_lines++;
    line->line = number;
    need_process(self, &self->interrupts, PID_INTERRUPTS, "interrupts");
    const int at = find_field(view->stream, "line");
    const char *name = shown(self, view->stream->fields[at].type, number);
    need_track(self, &line->track, &self->interrupts, true, name == NULL ? "" : name);
  }
  put_count(self, &line->track, view->values[0], (int64_t)field(view, "level"));
}

/* --------------------------------------------------------------------------------------- gauges */

static bool is_gauge_name(const char *name) {
  return strcmp(name, "alpha") == 0 || strcmp(name, "beta") == 0;
}

/* Length of a name without the ending that says that 65536 is 1; 0 if it has none. */
static size_t q16_length(const char *name) {
  const size_t len = strlen(name), end = strlen(Q16);
  return len > end && strcmp(name + len - end, Q16) == 0 ? len - end : 0;
}

static bool is_number(const char *type) {
  return strcmp(type, "int") == 0 || strcmp(type, "uint") == 0 || strcmp(type, "hex") == 0 ||
         strcmp(type, "bool") == 0;
}

/* A field of that name, or that ends in _q16, or any number of a stream of that name. */
static bool is_gauge(const hb_trace_stream_t *stream, uint32_t f) {
  return f > 0 && is_number(stream->fields[f].type) &&
         (is_gauge_name(stream->fields[f].name) || q16_length(stream->fields[f].name) > 0 ||
          is_gauge_name(stream->name));
}

static void put_gauge(export_t *self, const view_t *view, uint32_t f, int key_field) {
  const uint64_t key = key_field < 0 ? 0 : view->values[key_field];
  uint32_t i = 0;
  while (i < self->num_gauges && !(self->gauges[i].stream == view->index &&
                                   self->gauges[i].field == f && self->gauges[i].key == key)) {
    i++;
  }
  if (i == MAX_GAUGES) {
    self->lost_gauges++;
    return;
  }
  gauge_t *gauge = &self->gauges[i];
  const hb_trace_field_t *about = &view->stream->fields[f];
  const size_t q16 = q16_length(about->name);
  if (i == self->num_gauges) {
    self->num_gauges++;
    *gauge = (gauge_t){.stream = view->index, .field = f, .key = key};
    need_scheduler(self);
    const char *of = key_field < 0 ? "" : shown(self, view->stream->fields[key_field].type, key);
    const char *first = is_gauge_name(about->name) || q16 > 0 ? "" : view->stream->name;
    const int len = q16 > 0 ? (int)q16 : (int)strlen(about->name);
    need_track(self, &gauge->track, &self->scheduler, true,
               text_of(self, "%s%s%.*s%s%s", first, *first == '\0' ? "" : " ", len, about->name,
                       of == NULL || *of == '\0' ? "" : " ", of == NULL ? "" : of));
  }
  if (q16 > 0) {
    put_level(self, &gauge->track, view->values[0], (double)(int64_t)view->values[f] / 65536.0);
  } else {
    put_count(self, &gauge->track, view->values[0], (int64_t)view->values[f]);
  }
}

static void put_gauges(export_t *self, const view_t *view) {
  int key_field = -1;
  for (uint32_t f = 1; key_field < 0 && f < view->stream->num_fields; f++) {
    const char *type = view->stream->fields[f].type;
    if (strcmp(type, "model") == 0 || strcmp(type, "tile") == 0) key_field = (int)f;
  }
  for (uint32_t f = 1; f < view->stream->num_fields; f++) {
    if (is_gauge(view->stream, f)) put_gauge(self, view, f, key_field);
  }
}

/* ---------------------------------------------------------------------------------- the whole */

enum { MAX_NEEDS = 5 };

static const struct {
  const char *stream;
  handler_t *handle;
  const char *needs[MAX_NEEDS];
} kHandlers[] = {
    {"frame_arrived", on_frame_arrived, {"model", "frame", "arrival", "deadline"}},
    {"frame_started", on_frame_started, {"model", "frame"}},
    {"frame_done", on_frame_done, {"model", "frame"}},
    {"frame_dropped", on_frame_dropped, {"model", "frame", "reason"}},
    {"decision", on_decision, {"tag", "ready", "free"}},
    {"candidate", on_candidate, {NULL}},
    {"job", on_job, {"tile", "tag", "start", "rd_beats", "wr_beats"}},
    {"irq", on_irq, {"line", "level"}},
    {"fault", on_other, {NULL}},
    {"note", on_other, {NULL}},
    {"refused", on_other, {NULL}},
    {"tile_event", on_other, {NULL}},
};

static handler_t *handler_of(const hb_trace_stream_t *stream) {
  for (size_t i = 0; i < sizeof(kHandlers) / sizeof(kHandlers[0]); i++) {
    if (strcmp(kHandlers[i].stream, stream->name) != 0) continue;
    for (uint32_t n = 0; n < MAX_NEEDS && kHandlers[i].needs[n] != NULL; n++) {
      if (find_field(stream, kHandlers[i].needs[n]) < 0) return NULL;
    }
    return kHandlers[i].handle;
  }
  return NULL;
}

static void choose_streams(export_t *self) {
  const hb_trace_schema_t *schema = hb_trace_reader_schema(self->reader);
  bool wanted[HB_TRACE_MAX_STREAMS] = {false};
  for (uint32_t s = 0; s < schema->num_streams; s++) {
    const hb_trace_stream_t *stream = &schema->streams[s];
    self->handlers[s] = handler_of(stream);
    for (uint32_t f = 0; f < stream->num_fields; f++) {
      self->has_gauges[s] = self->has_gauges[s] || is_gauge(stream, f);
    }
    /* All of a run's streams: the last record of any of them ends what is open. */
    wanted[s] = stream->level <= HB_TRACE_JOBS || self->has_gauges[s];
  }
  hb_trace_reader_select(self->reader, wanted);
}

static void read_clock(export_t *self, const char *path, FILE *notes) {
  const char *text = hb_trace_reader_meta(self->reader, "clock_khz");
  char *end = NULL;
  const uint64_t khz = text != NULL && *text >= '0' && *text <= '9' ? strtoull(text, &end, 10) : 0;
  if (khz > 0 && khz <= 1000000000 && *end == '\0') {
    self->khz = khz;
    return;
  }
  self->khz = 1000000;
  fprintf(notes, "%s: the trace does not say clock_khz: a cycle is drawn as a nanosecond\n", path);
}

/* Which model waits for which; what is no list of models is passed over. */
static void read_dependencies(export_t *self) {
  for (uint32_t m = 0; m < MAX_MODELS; m++) {
    char key[32];
    snprintf(key, sizeof(key), "depends.%" PRIu32, m);
    const char *at = hb_trace_reader_meta(self->reader, key);
    while (at != NULL && *at >= '0' && *at <= '9') {
      char *end;
      const uint64_t other = strtoull(at, &end, 10);
      if (other < MAX_MODELS) self->models[m].waits_for |= UINT64_C(1) << other;
      at = end + strspn(end, " ");
    }
  }
}

static void note_lost(uint64_t count, const char *what, const char *path, FILE *notes) {
  if (count > 0) fprintf(notes, "%s: left out: %" PRIu64 " %s\n", path, count, what);
}

/* HB_OK also if the records end in damage: `damage_out` then says so. */
static hb_status_t export_records(export_t *self, hb_status_t *damage_out) {
  const hb_trace_schema_t *schema = hb_trace_reader_schema(self->reader);
  hb_trace_record_t record;
  hb_status_t status = HB_OK;
  while (self->status == HB_OK && (status = hb_trace_reader_next(self->reader, &record)) == HB_OK) {
    const view_t view = {
        .stream = &schema->streams[record.stream], .values = record.values, .index = record.stream};
    self->last = record.values[0];
    if (self->handlers[record.stream] != NULL) self->handlers[record.stream](self, &view);
    if (self->has_gauges[record.stream]) put_gauges(self, &view);
  }
  if (self->status != HB_OK) return self->status;
  if (status != HB_ERR_END && status != HB_ERR_FORMAT) return status;
  end_all_frames(self);
  *damage_out = status == HB_ERR_FORMAT ? status : HB_OK;
  return self->status;
}

static hb_status_t export_file(export_t *self, const char *path, const char *out_path, FILE *notes,
                               char *why, size_t why_len) {
  hb_status_t damage = HB_OK;
  hb_whole_file_t file;
  HB_TRY(hb_whole_file_open(&file, out_path, why, why_len));
  self->out = file.out;
  const hb_status_t exported = export_records(self, &damage);
  const bool unread = exported != HB_OK && self->status == HB_OK;
  /* A failure to write is told by the file. */
  const hb_status_t written = self->status == HB_ERR_IO ? HB_OK : exported;
  const hb_status_t status = hb_whole_file_close(&file, written, why, why_len);
  if (status == HB_OK) {
    note_lost(self->lost_frames, "frames: too many at once, or of no model", path, notes);
    note_lost(self->lost_jobs, "jobs: too many at once, or of no tile", path, notes);
    note_lost(self->lost_lines, "changes of interrupt lines above 64", path, notes);
    note_lost(self->lost_gauges, "values of alpha and beta", path, notes);
    note_lost(self->lost_candidates, "candidates", path, notes);
  }
  if (unread || (status == HB_OK && damage != HB_OK)) {
    snprintf(why, why_len, "%s: %s", path, hb_trace_reader_error(self->reader));
  } else if (written == HB_ERR_NOMEM) {
    snprintf(why, why_len, "%s: out of memory", out_path);
  }
  return status == HB_OK ? damage : status;
}

/* Renaming would replace a device, or the trace. */
static hb_status_t check_out(const char *path, const char *out_path, char *why, size_t why_len) {
  struct stat in, out;
  if (stat(out_path, &out) != 0) return HB_OK;
  if (!S_ISREG(out.st_mode)) {
    snprintf(why, why_len, "%s: no regular file", out_path);
    return HB_ERR_ARG;
  }
  if (stat(path, &in) == 0 && in.st_dev == out.st_dev && in.st_ino == out.st_ino) {
    snprintf(why, why_len, "%s: is the trace itself", out_path);
    return HB_ERR_ARG;
  }
  return HB_OK;
}

hb_status_t hb_trace_perfetto(const char *path, const char *out_path, uint64_t from, uint64_t to,
                              FILE *notes, char *why, size_t why_len) {
  if (from > to) {
    snprintf(why, why_len, "the range of cycles is empty: from %" PRIu64 " to %" PRIu64, from, to);
    return HB_ERR_ARG;
  }
  HB_TRY(check_out(path, out_path, why, why_len));
  export_t *self = calloc(1, sizeof(*self));
  hb_status_t status = HB_ERR_NOMEM;
  if (self == NULL) {
    snprintf(why, why_len, "out of memory");
    goto out;
  }
  char text[WHY_BYTES];
  status = hb_trace_reader_open(path, &self->reader, text, sizeof(text));
  if (status != HB_OK) {
    snprintf(why, why_len, "%s: %s", path, text);
    goto out;
  }
  choose_streams(self);
  hb_trace_reader_range(self->reader, from, to);
  read_clock(self, path, notes);
  read_dependencies(self);
  status = export_file(self, path, out_path, notes, why, why_len);
out:
  if (self != NULL) {
    hb_trace_reader_free(self->reader);
    free(self->packed);
  }
  free(self);
  return status;
}
