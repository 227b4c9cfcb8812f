/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_wave_signals.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hb_trace_reader.h"
#include "hilbert/hb_image.h"
#include "hilbert/hb_telemetry.h"

enum {
  TEXT_BYTES = 40,
  TEXT_WORDS = TEXT_BYTES / 4,
  SCOPE_BYTES = 96,
  MAX_CANDIDATES = 512, /* of one decision */
  MAX_DEADLINES = 64,   /* frames of a model under way */
  WHY_BYTES = 400,
};

/* ------------------------------------------------------------------------------------- the signals
 */

/* Of the scheduler as a whole. X(name, bits or TEXT) */
#define TEXT (8 * TEXT_BYTES)
#define SCHED_TABLE(X) \
  X(decision, TEXT)    \
  X(decisions, 32)     \
  X(ready, 16)         \
  X(free, 8) X(misses, 32) X(miss, TEXT) X(drops, 32) X(drop, TEXT) X(faults, 32) X(fault, TEXT)
/* Only in a trace with candidates. */
#define SCORE_TABLE(X) X(score, 32) X(term0, 32) X(term1, 32) X(term2, 32) X(term3, 32)
/* Only in a trace of a run that was tuned. */
#define TUNE_TABLE(X) \
  X(alpha_q16, 32) X(beta_q16, 32) X(step_q16, 32) X(ux_cost_q16, 32) X(tuning, TEXT)
#define TILE_TABLE(X) X(busy, 1) X(job, TEXT) X(given, TEXT)
#define MODEL_TABLE(X) X(waiting, 8) X(running, 8) X(frame, 32) X(done, 32)

#define WORDS(bits_) (((bits_) + 31) / 32)
#define MEMBER(name_, bits_) uint32_t name_[WORDS(bits_)];
typedef struct sched {
  SCHED_TABLE(MEMBER)
  SCORE_TABLE(MEMBER)
  TUNE_TABLE(MEMBER)
} sched_t;
typedef struct tile {
  TILE_TABLE(MEMBER)
} tile_t;
typedef struct model {
  MODEL_TABLE(MEMBER)
} model_t;

/* What a model's frames are to be done by. */
typedef struct frames {
  uint32_t frame[MAX_DEADLINES];
  uint64_t deadline[MAX_DEADLINES];
} frames_t;

/* A change of what a tile runs. */
typedef struct edge {
  uint64_t cycle;
  uint32_t tile;
  bool begins;
  uint32_t tag;
} edge_t;

/* A choice that was considered. */
typedef struct candidate {
  uint32_t tile, tag;
  uint64_t score, term0, term1, term2, term3;
} candidate_t;

/* Places of fields in their streams. */
typedef enum place {
  ARRIVED_MODEL,
  ARRIVED_FRAME,
  ARRIVED_DEADLINE,
  DROPPED_MODEL,
  DROPPED_FRAME,
  DROPPED_REASON,
  STARTED_MODEL,
  STARTED_FRAME,
  DONE_MODEL,
  DONE_FRAME,
  DECISION_TILE,
  DECISION_TAG,
  DECISION_READY,
  DECISION_FREE,
  CANDIDATE_TILE,
  CANDIDATE_TAG,
  CANDIDATE_SCORE,
  CANDIDATE_TERM0,
  CANDIDATE_TERM1,
  CANDIDATE_TERM2,
  CANDIDATE_TERM3,
  JOB_DONE_TILE,
  JOB_DONE_TAG,
  JOB_DONE_STATUS,
  FAULT_STATUS,
  FAULT_TAG,
  TUNE_ALPHA,
  TUNE_BETA,
  TUNE_STEP,
  TUNE_UX_COST,
  TUNE_STATE,
  IRQ_LINE,
  IRQ_LEVEL,
  JOB_TILE,
  JOB_TAG,
  JOB_START,
  NUM_PLACES,
} place_t;

static const struct {
  const char *stream, *field;
} kPlaces[NUM_PLACES] = {
    [ARRIVED_MODEL] = {"frame_arrived", "model"},
    [ARRIVED_FRAME] = {"frame_arrived", "frame"},
    [ARRIVED_DEADLINE] = {"frame_arrived", "deadline"},
    [DROPPED_MODEL] = {"frame_dropped", "model"},
    [DROPPED_FRAME] = {"frame_dropped", "frame"},
    [DROPPED_REASON] = {"frame_dropped", "reason"},
    [STARTED_MODEL] = {"frame_started", "model"},
    [STARTED_FRAME] = {"frame_started", "frame"},
    [DONE_MODEL] = {"frame_done", "model"},
    [DONE_FRAME] = {"frame_done", "frame"},
    [DECISION_TILE] = {"decision", "tile"},
    [DECISION_TAG] = {"decision", "tag"},
    [DECISION_READY] = {"decision", "ready"},
    [DECISION_FREE] = {"decision", "free"},
    [CANDIDATE_TILE] = {"candidate", "tile"},
    [CANDIDATE_TAG] = {"candidate", "tag"},
    [CANDIDATE_SCORE] = {"candidate", "score"},
    [CANDIDATE_TERM0] = {"candidate", "term0"},
    [CANDIDATE_TERM1] = {"candidate", "term1"},
    [CANDIDATE_TERM2] = {"candidate", "term2"},
    [CANDIDATE_TERM3] = {"candidate", "term3"},
    [JOB_DONE_TILE] = {"job_done", "tile"},
    [JOB_DONE_TAG] = {"job_done", "tag"},
    [JOB_DONE_STATUS] = {"job_done", "status"},
    [FAULT_STATUS] = {"fault", "status"},
    [FAULT_TAG] = {"fault", "tag"},
    [TUNE_ALPHA] = {"tune", "alpha_q16"},
    [TUNE_BETA] = {"tune", "beta_q16"},
    [TUNE_STEP] = {"tune", "step_q16"},
    [TUNE_UX_COST] = {"tune", "ux_cost_q16"},
    [TUNE_STATE] = {"tune", "state"},
    [IRQ_LINE] = {"irq", "line"},
    [IRQ_LEVEL] = {"irq", "level"},
    [JOB_TILE] = {"job", "tile"},
    [JOB_TAG] = {"job", "tag"},
    [JOB_START] = {"job", "start"},
};

struct hb_wave_signals {
  char path[1024];
  char error[WHY_BYTES + 1024];
  uint64_t to;
  hb_trace_reader_t *reader;
  const char *stream_of[HB_TRACE_MAX_STREAMS];
  uint32_t place[NUM_PLACES]; /* 0: the trace has no such field */

  edge_t *edges; /* by cycle; ends before begins */
  size_t num_edges, next_edge;
  hb_trace_record_t record; /* the next one, if there is one */
  bool has_record;
  hb_status_t status; /* of the reader once it has no more */

  uint32_t num_tiles, num_models;
  sched_t sched;
  tile_t tiles[HB_MAX_TILES];
  uint32_t irq[32];
  model_t *models;
  frames_t *frames;
  candidate_t candidates[MAX_CANDIDATES]; /* the last ones, a ring */
  uint32_t num_candidates;                /* since the start */

  hb_sim_wave_signal_t *list;
  char (*scopes)[SCOPE_BYTES];
  uint32_t num_signals;
};

/* ------------------------------------------------------------------------------------------- text
 */

/* A text as Verilog has it: its last character in the lowest byte. What is too long loses its
 * beginning least: the end is cut. */
static void set_text(uint32_t words[TEXT_WORDS], const char *text) {
  const size_t len = strnlen(text, TEXT_BYTES);
  memset(words, 0, TEXT_BYTES);
  for (size_t i = 0; i < len; i++) {
    const size_t at = len - 1 - i;
    words[at / 4] |= (uint32_t)(unsigned char)text[i] << (at % 4 * 8);
  }
}

static const char *meta(const hb_wave_signals_t *s, const char *kind, uint32_t index) {
  char key[48];
  snprintf(key, sizeof(key), "%s.%" PRIu32, kind, index);
  const char *text = hb_trace_reader_meta(s->reader, key);
  return text == NULL ? "" : text;
}

/* "KD#3/conv2": model, frame, layer. */
static void name_tag(const hb_wave_signals_t *s, uint32_t tag, char *text, size_t text_len) {
  char key[48];
  snprintf(key, sizeof(key), "layer.%" PRIu32 ".%" PRIu32, HB_TAG_MODEL(tag), HB_TAG_LAYER(tag));
  const char *layer = hb_trace_reader_meta(s->reader, key);
  const char *model = meta(s, "model", HB_TAG_MODEL(tag));
  if (layer == NULL || model[0] == '\0') {
    snprintf(text, text_len, "0x%08" PRIx32, tag);
  } else {
    snprintf(text, text_len, "%s#%" PRIu32 "/%s", model, HB_TAG_FRAME(tag), layer);
  }
}

static void set_tag(const hb_wave_signals_t *s, uint32_t words[TEXT_WORDS], uint32_t tag) {
  char text[256];
  name_tag(s, tag, text, sizeof(text));
  set_text(words, text);
}

/* ---------------------------------------------------------------------------------------- records
 */

/* A field of the current record; 0 if the trace has none of that name. */
static uint64_t get(const hb_wave_signals_t *s, place_t place) {
  return s->place[place] == 0 ? 0 : s->record.values[s->place[place]];
}

static uint32_t get32(const hb_wave_signals_t *s, place_t place) {
  return (uint32_t)get(s, place);
}

static model_t *model_at(hb_wave_signals_t *s, uint32_t model) {
  return model < s->num_models ? &s->models[model] : NULL;
}

static void down(uint32_t *count) {
  if (*count > 0) --*count;
}

static void on_arrived(hb_wave_signals_t *s) {
  const uint32_t m = get32(s, ARRIVED_MODEL);
  model_t *model = model_at(s, m);
  if (model == NULL) return;
  ++*model->waiting;
  const uint32_t frame = get32(s, ARRIVED_FRAME);
  s->frames[m].frame[frame % MAX_DEADLINES] = frame;
  s->frames[m].deadline[frame % MAX_DEADLINES] = get(s, ARRIVED_DEADLINE);
}

static void on_started(hb_wave_signals_t *s) {
  model_t *model = model_at(s, get32(s, STARTED_MODEL));
  if (model == NULL) return;
  down(model->waiting);
  ++*model->running;
  *model->frame = get32(s, STARTED_FRAME);
}

static void on_done(hb_wave_signals_t *s) {
  const uint32_t m = get32(s, DONE_MODEL);
  model_t *model = model_at(s, m);
  if (model == NULL) return;
  down(model->running);
  ++*model->done;
  const uint32_t frame = get32(s, DONE_FRAME);
  const uint32_t at = frame % MAX_DEADLINES;
  if (s->frames[m].frame[at] == frame && s->record.values[0] > s->frames[m].deadline[at]) {
    char text[128];
    snprintf(text, sizeof(text), "%s#%" PRIu32, meta(s, "model", m), frame);
    set_text(s->sched.miss, text);
    ++*s->sched.misses;
  }
}

static void on_dropped(hb_wave_signals_t *s) {
  const uint32_t m = get32(s, DROPPED_MODEL);
  model_t *model = model_at(s, m);
  if (model == NULL) return;
  const uint64_t reason = get(s, DROPPED_REASON);
  /* One at a time runs: the last that began. The others wait, or never came here. */
  const bool began = *model->running > 0 && *model->frame == get32(s, DROPPED_FRAME);
  down(began ? model->running : model->waiting);
  const char *why = hb_trace_reader_enum(s->reader, "drop", reason);
  char text[128];
  snprintf(text, sizeof(text), "%s#%" PRIu32 " %s", meta(s, "model", m), get32(s, DROPPED_FRAME),
           why == NULL ? "?" : why);
  set_text(s->sched.drop, text);
  ++*s->sched.drops;
}

static void on_candidate(hb_wave_signals_t *s) {
  s->candidates[s->num_candidates++ % MAX_CANDIDATES] =
      (candidate_t){.tile = get32(s, CANDIDATE_TILE),
                    .tag = get32(s, CANDIDATE_TAG),
                    .score = get(s, CANDIDATE_SCORE),
                    .term0 = get(s, CANDIDATE_TERM0),
                    .term1 = get(s, CANDIDATE_TERM1),
                    .term2 = get(s, CANDIDATE_TERM2),
                    .term3 = get(s, CANDIDATE_TERM3)};
}

/* The latest of this job on this tile; NULL if it is not known. */
static const candidate_t *find_candidate(const hb_wave_signals_t *s, uint32_t tile, uint32_t tag) {
  for (uint32_t i = 1; i <= MAX_CANDIDATES && i <= s->num_candidates; i++) {
    const candidate_t *candidate = &s->candidates[(s->num_candidates - i) % MAX_CANDIDATES];
    if (candidate->tile == tile && candidate->tag == tag) return candidate;
  }
  return NULL;
}

static void on_decision(hb_wave_signals_t *s) {
  const uint32_t tile = get32(s, DECISION_TILE);
  const uint32_t tag = get32(s, DECISION_TAG);
  char job[256];
  char text[320];
  name_tag(s, tag, job, sizeof(job));
  snprintf(text, sizeof(text), "%s>%s", job, meta(s, "tile", tile));
  set_text(s->sched.decision, text);
  *s->sched.ready = get32(s, DECISION_READY);
  *s->sched.free = get32(s, DECISION_FREE);
  ++*s->sched.decisions;
  if (tile >= s->num_tiles) return;
  set_tag(s, s->tiles[tile].given, tag);
  const candidate_t *candidate = find_candidate(s, tile, tag);
  if (candidate != NULL) {
    *s->sched.score = (uint32_t)candidate->score;
    *s->sched.term0 = (uint32_t)candidate->term0;
    *s->sched.term1 = (uint32_t)candidate->term1;
    *s->sched.term2 = (uint32_t)candidate->term2;
    *s->sched.term3 = (uint32_t)candidate->term3;
  }
}

static void set_fault(hb_wave_signals_t *s, const char *what, uint32_t tag) {
  char job[256];
  char text[400];
  name_tag(s, tag, job, sizeof(job));
  snprintf(text, sizeof(text), "%s %s", what == NULL ? "?" : what, job);
  set_text(s->sched.fault, text);
  ++*s->sched.faults;
}

static void on_job_done(hb_wave_signals_t *s) {
  const uint64_t status = get(s, JOB_DONE_STATUS);
  if (status != 0) {
    set_fault(s, hb_trace_reader_enum(s->reader, "job_status", status), get32(s, JOB_DONE_TAG));
  }
}

static void on_fault(hb_wave_signals_t *s) {
  set_fault(s, hb_trace_reader_enum(s->reader, "status", get(s, FAULT_STATUS)),
            get32(s, FAULT_TAG));
}

static void on_tune(hb_wave_signals_t *s) {
  const char *state = hb_trace_reader_enum(s->reader, "tune", get(s, TUNE_STATE));
  *s->sched.alpha_q16 = get32(s, TUNE_ALPHA);
  *s->sched.beta_q16 = get32(s, TUNE_BETA);
  *s->sched.step_q16 = get32(s, TUNE_STEP);
  *s->sched.ux_cost_q16 = get32(s, TUNE_UX_COST);
  set_text(s->sched.tuning, state == NULL ? "?" : state);
}

static void on_irq(hb_wave_signals_t *s) {
  const uint64_t line = get(s, IRQ_LINE);
  for (uint32_t bit = 0; bit < 32; bit++) {
    if ((line >> bit & 1) != 0) s->irq[bit] = get32(s, IRQ_LEVEL);
  }
}

static const struct {
  const char *stream;
  void (*take)(hb_wave_signals_t *s);
} kTakers[] = {
    {"frame_arrived", on_arrived},
    {"frame_started", on_started},
    {"frame_done", on_done},
    {"frame_dropped", on_dropped},
    {"candidate", on_candidate},
    {"decision", on_decision},
    {"job_done", on_job_done},
    {"fault", on_fault},
    {"tune", on_tune},
    {"irq", on_irq},
};
enum { NUM_TAKERS = sizeof(kTakers) / sizeof(kTakers[0]) };

static void take_record(hb_wave_signals_t *s) {
  const char *stream = s->stream_of[s->record.stream];
  for (size_t i = 0; i < NUM_TAKERS; i++) {
    if (strcmp(kTakers[i].stream, stream) == 0) {
      kTakers[i].take(s);
      return;
    }
  }
}

static void take_edge(hb_wave_signals_t *s, const edge_t *edge) {
  tile_t *tile = &s->tiles[edge->tile];
  *tile->busy = edge->begins ? 1 : 0;
  if (edge->begins) {
    set_tag(s, tile->job, edge->tag);
  } else {
    set_text(tile->job, "");
  }
}

static void read_next(hb_wave_signals_t *s) {
  const hb_status_t status = hb_trace_reader_next(s->reader, &s->record);
  s->has_record = status == HB_OK;
  if (status != HB_OK && status != HB_ERR_END) {
    s->status = status;
    snprintf(s->error, sizeof(s->error), "%s: %s", s->path, hb_trace_reader_error(s->reader));
  }
}

uint64_t hb_wave_signals_next(const hb_wave_signals_t *s) {
  uint64_t next = UINT64_MAX;
  if (s->has_record) next = s->record.values[0];
  if (s->next_edge < s->num_edges && s->edges[s->next_edge].cycle < next) {
    next = s->edges[s->next_edge].cycle;
  }
  return next <= s->to ? next : UINT64_MAX;
}

hb_status_t hb_wave_signals_advance(hb_wave_signals_t *s, uint64_t cycle) {
  while (s->has_record && s->record.values[0] <= cycle) {
    take_record(s);
    read_next(s);
  }
  while (s->next_edge < s->num_edges && s->edges[s->next_edge].cycle <= cycle) {
    take_edge(s, &s->edges[s->next_edge++]);
  }
  return s->status;
}

/* ------------------------------------------------------------------------------------ life cycle
 */

static int compare_edges(const void *a, const void *b) {
  const edge_t *x = a;
  const edge_t *y = b;
  if (x->cycle != y->cycle) return x->cycle < y->cycle ? -1 : 1;
  if (x->begins != y->begins) return x->begins ? 1 : -1;
  return (x->tile > y->tile) - (x->tile < y->tile);
}

/* The field's index in the stream, 0 if there is none: index 0 is the time. */
static uint32_t find_field(const hb_trace_schema_t *schema, const char *stream, const char *field) {
  for (uint32_t i = 0; i < schema->num_streams; i++) {
    if (strcmp(schema->streams[i].name, stream) != 0) continue;
    for (uint32_t f = 1; f < schema->streams[i].num_fields; f++) {
      if (strcmp(schema->streams[i].fields[f].name, field) == 0) return f;
    }
  }
  return 0;
}

static bool add_edge(hb_wave_signals_t *s, size_t *capacity, edge_t edge) {
  if (s->num_edges == *capacity) {
    *capacity = *capacity == 0 ? 256 : 2 * *capacity;
    edge_t *grown = realloc(s->edges, *capacity * sizeof(*grown));
    if (grown == NULL) return false;
    s->edges = grown;
  }
  s->edges[s->num_edges++] = edge;
  return true;
}

/* All jobs that touch the cycles asked for: a job's record comes when it has ended. */
static hb_status_t read_jobs(hb_wave_signals_t *s, uint64_t from) {
  const hb_trace_schema_t *schema = hb_trace_reader_schema(s->reader);
  bool wanted[HB_TRACE_MAX_STREAMS] = {false};
  size_t capacity = 0;
  for (uint32_t i = 0; i < schema->num_streams; i++) {
    wanted[i] = strcmp(schema->streams[i].name, "job") == 0;
  }
  hb_trace_reader_select(s->reader, wanted);
  hb_trace_reader_range(s->reader, from, UINT64_MAX);
  hb_status_t status;
  while ((status = hb_trace_reader_next(s->reader, &s->record)) == HB_OK) {
    const uint64_t start = get(s, JOB_START);
    const uint32_t tile = get32(s, JOB_TILE);
    if (start > s->to || tile >= s->num_tiles) continue;
    const uint64_t end = s->record.values[0];
    if (!add_edge(s, &capacity, (edge_t){start, tile, true, get32(s, JOB_TAG)}) ||
        !add_edge(s, &capacity, (edge_t){end, tile, false, 0})) {
      return HB_ERR_NOMEM;
    }
  }
  if (s->num_edges > 0) qsort(s->edges, s->num_edges, sizeof(*s->edges), compare_edges);
  /* A damaged place is found again, and told, when the other records are read up to it. */
  return status == HB_ERR_END || status == HB_ERR_FORMAT ? HB_OK : status;
}

static uint32_t count_meta(const hb_trace_schema_t *schema, const char *prefix) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < schema->meta->num; i++) {
    count += strncmp(schema->meta->keys[i], prefix, strlen(prefix)) == 0;
  }
  return count;
}

static void add_signal(hb_wave_signals_t *s, const char *name, uint32_t bits,
                       const uint32_t *value) {
  s->list[s->num_signals] = (hb_sim_wave_signal_t){.scope = s->scopes[s->num_signals],
                                                   .name = name,
                                                   .bits = bits,
                                                   .text = bits == TEXT,
                                                   .value = value};
  s->num_signals++;
}

/* "sched.tile0": every character that a scope cannot have is an underscore. */
static void set_scope(hb_wave_signals_t *s, const char *first, const char *second) {
  char *scope = s->scopes[s->num_signals];
  size_t len = (size_t)snprintf(scope, SCOPE_BYTES, "%s", first);
  if (second[0] == '\0') return;
  scope[len++] = '.';
  for (; *second != '\0' && len + 1 < SCOPE_BYTES; second++) {
    const bool plain = (*second >= 'a' && *second <= 'z') || (*second >= 'A' && *second <= 'Z') ||
                       (*second >= '0' && *second <= '9');
    scope[len++] = plain ? *second : '_';
  }
  scope[len] = '\0';
}

/* Whether a stream holds anything; of a file without its end: whether it could. */
static bool has_records(const hb_wave_signals_t *s, const char *stream) {
  const hb_trace_schema_t *schema = hb_trace_reader_schema(s->reader);
  const hb_trace_ending_t *ending = hb_trace_reader_ending(s->reader);
  for (uint32_t i = 0; i < schema->num_streams; i++) {
    if (strcmp(schema->streams[i].name, stream) == 0) {
      return !ending->present || ending->num_records[i] > 0;
    }
  }
  return false;
}

static hb_status_t make_list(hb_wave_signals_t *s) {
#define COUNT_ONE(name_, bits_) +1
  const size_t num = (SCHED_TABLE(COUNT_ONE) SCORE_TABLE(COUNT_ONE) TUNE_TABLE(COUNT_ONE)) +
                     s->num_tiles * ((TILE_TABLE(COUNT_ONE)) + 1u) +
                     s->num_models * (MODEL_TABLE(COUNT_ONE)) + 32u;
  s->list = calloc(num, sizeof(*s->list));
  s->scopes = calloc(num, sizeof(*s->scopes));
  s->models = calloc(s->num_models + 1u, sizeof(*s->models));
  s->frames = calloc(s->num_models + 1u, sizeof(*s->frames));
  if (s->list == NULL || s->scopes == NULL || s->models == NULL || s->frames == NULL) {
    return HB_ERR_NOMEM;
  }
#define ADD_SCHED(name_, bits_) \
  set_scope(s, "sched", "");    \
  add_signal(s, #name_, (bits_), s->sched.name_);
  SCHED_TABLE(ADD_SCHED)
  if (has_records(s, "candidate")) {
    SCORE_TABLE(ADD_SCHED)
  }
  if (has_records(s, "tune")) {
    TUNE_TABLE(ADD_SCHED)
  }
  for (uint32_t i = 0; i < s->num_tiles; i++) {
    const char *name = meta(s, "tile", i);
#define ADD_TILE(name_, bits_) \
  set_scope(s, "sched", name); \
  add_signal(s, #name_, (bits_), s->tiles[i].name_);
    TILE_TABLE(ADD_TILE)
  }
  for (uint32_t bit = 0; bit < 32; bit++) {
    const char *line = hb_trace_reader_enum(s->reader, "irq", UINT64_C(1) << bit);
    if (line == NULL || (bit < HB_MAX_TILES && bit >= s->num_tiles)) continue;
    set_scope(s, "sched", "irq");
    add_signal(s, line, 1, &s->irq[bit]);
  }
  for (uint32_t m = 0; m < s->num_models; m++) {
    const char *name = meta(s, "model", m);
#define ADD_MODEL(name_, bits_) \
  set_scope(s, "model", name);  \
  add_signal(s, #name_, (bits_), s->models[m].name_);
    MODEL_TABLE(ADD_MODEL)
  }
  return HB_OK;
}

static hb_status_t set_up(hb_wave_signals_t *s, uint64_t from) {
  const hb_trace_schema_t *schema = hb_trace_reader_schema(s->reader);
  bool wanted[HB_TRACE_MAX_STREAMS] = {false};
  for (uint32_t i = 0; i < schema->num_streams; i++) {
    s->stream_of[i] = schema->streams[i].name;
    for (size_t k = 0; k < NUM_TAKERS; k++) {
      wanted[i] |= strcmp(s->stream_of[i], kTakers[k].stream) == 0;
    }
  }
  for (uint32_t i = 0; i < NUM_PLACES; i++) {
    s->place[i] = find_field(schema, kPlaces[i].stream, kPlaces[i].field);
  }
  s->num_tiles = count_meta(schema, "tile.");
  if (s->num_tiles > HB_MAX_TILES) s->num_tiles = HB_MAX_TILES;
  s->num_models = count_meta(schema, "model.");
  HB_TRY(make_list(s));
  const hb_status_t status = read_jobs(s, from);
  if (status != HB_OK) {
    snprintf(s->error, sizeof(s->error), "%s: %s", s->path, hb_trace_reader_error(s->reader));
    return status;
  }
  hb_trace_reader_select(s->reader, wanted);
  hb_trace_reader_range(s->reader, 0, s->to);
  read_next(s);
  return s->status;
}

hb_status_t hb_wave_signals_open(const char *trace, uint64_t from, uint64_t to,
                                 hb_wave_signals_t **signals_out, char *why, size_t why_len) {
  hb_wave_signals_t *s = calloc(1, sizeof(*s));
  if (s == NULL) {
    snprintf(why, why_len, "%s", hb_status_text(HB_ERR_NOMEM));
    return HB_ERR_NOMEM;
  }
  snprintf(s->path, sizeof(s->path), "%s", trace);
  s->to = to;
  char text[WHY_BYTES];
  hb_status_t status = hb_trace_reader_open(trace, &s->reader, text, sizeof(text));
  if (status != HB_OK) {
    snprintf(why, why_len, "%s: %s", trace, text);
  } else {
    status = set_up(s, from);
    snprintf(why, why_len, "%s", s->error[0] != '\0' ? s->error : hb_status_text(status));
  }
  if (status != HB_OK) {
    hb_wave_signals_free(s);
    return status;
  }
  *signals_out = s;
  return HB_OK;
}

void hb_wave_signals_free(hb_wave_signals_t *s) {
  if (s == NULL) return;
  if (s->reader != NULL) hb_trace_reader_free(s->reader);
  free(s->edges);
  free(s->models);
  free(s->frames);
  free(s->list);
  free(s->scopes);
  free(s);
}

const hb_sim_wave_signal_t *hb_wave_signals_list(const hb_wave_signals_t *s, uint32_t *num_out) {
  *num_out = s->num_signals;
  return s->list;
}

uint64_t hb_wave_signals_clock_khz(const hb_wave_signals_t *s) {
  const char *text = hb_trace_reader_meta(s->reader, "clock_khz");
  return text == NULL ? 0 : strtoull(text, NULL, 10);
}

const char *hb_wave_signals_error(const hb_wave_signals_t *s) {
  return s->error;
}
