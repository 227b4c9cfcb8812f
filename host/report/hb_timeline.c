/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_timeline.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hb_plot.h"
#include "hb_trace_reader.h"
#include "hilbert/hb_image.h"

enum {
  WINDOW_MS = 50,      /* what is drawn of a long run */
  STEPS = 5,           /* into which a window is divided to look for the busiest */
  MAX_BOXES = 4000,    /* jobs in a picture: the page stays below 2 MB */
  MAX_ROWS = 64,       /* tiles, or models */
  MAX_NEEDS = 4,       /* fields that are read of a stream */
  MAX_BUSY = 1 << 20,  /* steps of a run */
  ROW_PIXELS = 24,     /* height of a row */
  OTHER_PIXELS = 110,  /* above and below the rows */
  WHY_BYTES = 400,     /* of the trace reader */
  PICTURE_PIXELS = 900 /* wide */
};

/* From `begin` to `end` (the same: a point) in the row of a tile or model. */
typedef struct mark {
  uint64_t begin, end;
  uint32_t row, model;
} mark_t;

typedef struct marks {
  mark_t *list;
  size_t num, room;
} marks_t;

typedef struct frame {
  uint64_t model, number, arrival, deadline;
} frame_t;

/* What a tile was last given. */
typedef struct given {
  bool runs;
  uint64_t tag, cycle;
} given_t;

enum { JOBS, FRAMES, DEADLINES, LATE, DROPPED, NUM_MARKS };

typedef struct timeline {
  hb_trace_reader_t *reader;
  uint64_t khz, cycles;
  uint64_t from, to; /* of what is drawn; `to` is not in it */
  bool busiest;      /* the window was looked for */
  bool full;         /* `to` is where there were too many boxes */
  uint32_t num_tiles, num_models;
  marks_t marks[NUM_MARKS];
  given_t given[MAX_ROWS]; /* by tile */
  frame_t *open;           /* frames that have arrived */
  size_t num_open, open_room;
  hb_status_t status;     /* of the memory */
  char damage[WHY_BYTES]; /* "": none */
} timeline_t;

/* ----------------------------------------------------------------------------------------- reading
 */

enum { END = 0, CYCLE = 0 };
typedef void handler_t(timeline_t *self, const uint64_t *values);

static void *grow(timeline_t *self, void *list, size_t num, size_t *room, size_t size) {
  if (num < *room) {
    return list;
  }
  const size_t more = *room == 0 ? 64 : 2 * *room;
  void *grown = realloc(list, more * size);
  if (grown == NULL) {
    self->status = HB_ERR_NOMEM;
    return list;
  }
  *room = more;
  return grown;
}

/* Keeps what is in the window of it. */
static void put(timeline_t *self, int kind, uint64_t begin, uint64_t end, uint64_t row,
                uint64_t model) {
  marks_t *marks = &self->marks[kind];
  if (begin >= self->to || end < self->from || row >= MAX_ROWS) {
    return;
  }
  marks->list = grow(self, marks->list, marks->num, &marks->room, sizeof(mark_t));
  if (self->status == HB_OK) {
    marks->list[marks->num++] =
        (mark_t){.begin = begin, .end = end, .row = (uint32_t)row, .model = (uint32_t)model};
  }
}

/* values: end, tile, tag, start */
static void on_job(timeline_t *self, const uint64_t *values) {
  const uint64_t end = values[END];
  const uint64_t start = values[3] < end ? values[3] : end;
  const uint64_t tile = values[1];
  put(self, JOBS, start, end, tile, HB_TAG_MODEL((uint32_t)values[2]));
  if (tile < MAX_ROWS && self->given[tile].tag == values[2]) {
    self->given[tile].runs = false;
  }
  if (self->marks[JOBS].num == MAX_BOXES && !self->full) {
    self->full = true;
    self->to = end < self->to ? end : self->to;
  }
}

/* values: cycle, tile, tag */
static void on_decision(timeline_t *self, const uint64_t *values) {
  if (values[1] < MAX_ROWS) {
    self->given[values[1]] = (given_t){.runs = true, .tag = values[2], .cycle = values[CYCLE]};
  }
}

/* values: model, frame, arrival, deadline */
static void on_arrived(timeline_t *self, const uint64_t *values) {
  const frame_t frame = {values[0], values[1], values[2], values[3]};
  put(self, DEADLINES, frame.deadline, frame.deadline, frame.model, frame.model);
  self->open = grow(self, self->open, self->num_open, &self->open_room, sizeof(frame_t));
  if (self->status == HB_OK) {
    self->open[self->num_open++] = frame;
  }
}

/* Takes a frame from those that are open; false if it is none of them. */
static bool close_frame(timeline_t *self, uint64_t model, uint64_t number, frame_t *frame_out) {
  for (size_t i = 0; i < self->num_open; i++) {
    if (self->open[i].model == model && self->open[i].number == number) {
      *frame_out = self->open[i];
      self->open[i] = self->open[--self->num_open];
      return true;
    }
  }
  return false;
}

/* values: cycle, model, frame */
static void on_done(timeline_t *self, const uint64_t *values) {
  frame_t frame;
  const uint64_t cycle = values[CYCLE], model = values[1];
  if (!close_frame(self, model, values[2], &frame)) {
    return;
  }
  put(self, FRAMES, frame.arrival, cycle, model, model);
  if (cycle > frame.deadline) {
    put(self, LATE, cycle, cycle, model, model);
  }
}

/* values: cycle, model, frame */
static void on_dropped(timeline_t *self, const uint64_t *values) {
  frame_t frame;
  const uint64_t cycle = values[CYCLE], model = values[1];
  if (close_frame(self, model, values[2], &frame)) {
    put(self, FRAMES, frame.arrival, cycle, model, model);
  }
  put(self, DROPPED, cycle, cycle, model, model);
}

static const struct {
  const char *stream;
  handler_t *handle;
  const char *needs[MAX_NEEDS];
} STREAMS[] = {
    {"job", on_job, {"end", "tile", "tag", "start"}},
    {"decision", on_decision, {"cycle", "tile", "tag"}},
    {"frame_arrived", on_arrived, {"model", "frame", "arrival", "deadline"}},
    {"frame_done", on_done, {"cycle", "model", "frame"}},
    {"frame_dropped", on_dropped, {"cycle", "model", "frame"}},
};
enum { JOB_STREAM, NUM_STREAMS = sizeof(STREAMS) / sizeof(STREAMS[0]) };

/* Where a stream is in the file, and its fields in the record. */
typedef struct source {
  uint32_t stream, num_fields, fields[MAX_NEEDS];
} source_t;

static bool find_field(const hb_trace_stream_t *stream, const char *name, uint32_t *field_out) {
  for (uint32_t f = 0; f < stream->num_fields; f++) {
    if (strcmp(stream->fields[f].name, name) == 0) {
      *field_out = f;
      return true;
    }
  }
  return false;
}

/* False if the file has no such stream, or not all of its fields. */
static bool find_source(const hb_trace_schema_t *schema, int which, source_t *source) {
  *source = (source_t){.stream = HB_TRACE_MAX_STREAMS};
  for (uint32_t s = 0; s < schema->num_streams; s++) {
    if (strcmp(schema->streams[s].name, STREAMS[which].stream) != 0) {
      continue;
    }
    while (source->num_fields < MAX_NEEDS && STREAMS[which].needs[source->num_fields] != NULL) {
      if (!find_field(&schema->streams[s], STREAMS[which].needs[source->num_fields],
                      &source->fields[source->num_fields])) {
        return false;
      }
      source->num_fields++;
    }
    source->stream = s;
    return true;
  }
  return false;
}

/* Hands all records of streams `first` .. `last` to `handle`, or each to its own if that is NULL.
 */
static hb_status_t read_all(timeline_t *self, int first, int last, handler_t *handle) {
  const hb_trace_schema_t *schema = hb_trace_reader_schema(self->reader);
  bool wanted[HB_TRACE_MAX_STREAMS] = {false};
  source_t sources[NUM_STREAMS];
  for (int i = first; i <= last; i++) {
    if (find_source(schema, i, &sources[i])) {
      wanted[sources[i].stream] = true;
    }
  }
  hb_trace_reader_select(self->reader, wanted);
  hb_trace_record_t record;
  hb_status_t status;
  while ((status = hb_trace_reader_next(self->reader, &record)) == HB_OK && self->status == HB_OK) {
    int i = first;
    while (sources[i].stream != record.stream) {
      i++;
    }
    uint64_t values[MAX_NEEDS] = {0};
    for (uint32_t f = 0; f < sources[i].num_fields; f++) {
      values[f] = record.values[sources[i].fields[f]];
    }
    (handle != NULL ? handle : STREAMS[i].handle)(self, values);
  }
  if (status == HB_ERR_FORMAT) {
    snprintf(self->damage, sizeof(self->damage), "%s", hb_trace_reader_error(self->reader));
    status = HB_ERR_END;
  }
  return self->status != HB_OK ? self->status : status == HB_ERR_END ? HB_OK : status;
}

/* ------------------------------------------------------------------------------------------ window
 */

/* Looking for the busiest window: cycles with a job, of all tiles, in each step. */
typedef struct busy {
  timeline_t timeline; /* first: it is what handlers get */
  uint64_t step;
  uint64_t *cycles;
  size_t num;
} busy_t;

static void add_busy(timeline_t *self, const uint64_t *values) {
  busy_t *busy = (busy_t *)self;
  uint64_t at = values[3];
  while (at < values[END]) {
    const uint64_t step = at / busy->step;
    const uint64_t next = (step + 1) * busy->step;
    const uint64_t end = values[END] < next ? values[END] : next;
    if (step < busy->num) {
      busy->cycles[step] += end - at;
    }
    at = end;
  }
}

/* The first of the windows with the most work. */
static hb_status_t find_busiest(timeline_t *self, uint64_t length) {
  busy_t busy = {.timeline = *self, .step = length / STEPS};
  busy.num = (size_t)(self->cycles / busy.step + 1);
  busy.num = busy.num < MAX_BUSY ? busy.num : MAX_BUSY;
  busy.cycles = calloc(busy.num, sizeof(*busy.cycles));
  if (busy.cycles == NULL) {
    return HB_ERR_NOMEM;
  }
  const hb_status_t status = read_all(&busy.timeline, JOB_STREAM, JOB_STREAM, add_busy);
  uint64_t most = 0;
  self->from = 0;
  for (size_t i = 0; status == HB_OK && i + STEPS <= busy.num; i++) {
    uint64_t sum = 0;
    for (size_t s = 0; s < STEPS; s++) {
      sum += busy.cycles[i + s];
    }
    if (sum > most && i * busy.step + length <= self->cycles) {
      most = sum;
      self->from = i * busy.step;
    }
  }
  self->to = self->from + length;
  self->busiest = true;
  free(busy.cycles);
  return status;
}

/* Rounded down. khz is at most 10^9. */
static uint64_t cycle_of(const timeline_t *self, uint64_t ps) {
  return ps / 1000000000 * self->khz + ps % 1000000000 * self->khz / 1000000000;
}

static hb_status_t choose_window(timeline_t *self, const hb_timeline_window_t *window, char *why,
                                 size_t why_len) {
  const uint64_t length = WINDOW_MS * self->khz;
  if (!window->has_from && !window->has_to) {
    self->from = 0;
    self->to = self->cycles;
    return self->cycles <= length ? HB_OK : find_busiest(self, length);
  }
  self->from = window->has_from ? cycle_of(self, window->from_ps) : 0;
  self->to = window->has_to ? cycle_of(self, window->to_ps) : self->from + length;
  if (!window->has_from && self->to > length) {
    self->from = self->to - length;
  }
  if (self->to > self->cycles) {
    self->to = self->cycles;
  }
  if (self->from >= self->to) {
    snprintf(why, why_len, "nothing of the run, which has %.6f ms, is in the window to draw",
             (double)self->cycles / (double)self->khz);
    return HB_ERR_ARG;
  }
  return HB_OK;
}

/* ----------------------------------------------------------------------------------------- picture
 */

static double ms_of(const timeline_t *self, uint64_t cycle) {
  return (double)cycle / (double)self->khz;
}

/* In double quotes; without escapes of gnuplot's. */
static void quoted(hb_text_t *script, const char *name) {
  hb_text_addf(script, "\"");
  for (; *name != '\0'; name++) {
    const char plain = strchr("\"\\`'\n", *name) != NULL ? '_' : *name;
    hb_text_add(script, &plain, 1);
  }
  hb_text_addf(script, "\"");
}

/* Told apart also by those who do not see all colours. */
static const char *color_of(uint32_t model) {
  static const char *const COLORS[] = {"#4477aa", "#ee8866", "#44aa77", "#aa4499", "#bbaa33",
                                       "#77ccdd", "#994455", "#777777", "#223388", "#99bb55"};
  return COLORS[model % (sizeof(COLORS) / sizeof(COLORS[0]))];
}

static const char *name_of(const timeline_t *self, const char *kind, uint32_t index) {
  char key[32];
  snprintf(key, sizeof(key), "%s.%" PRIu32, kind, index);
  return hb_trace_reader_meta(self->reader, key);
}

static uint32_t count_names(const timeline_t *self, const char *kind) {
  uint32_t num = 0;
  while (num < MAX_ROWS && name_of(self, kind, num) != NULL) {
    num++;
  }
  return num;
}

/* Models above tiles. */
static double row_of(const timeline_t *self, int kind, const mark_t *mark) {
  return mark->row + (kind == JOBS ? self->num_models : 0);
}

/* A block "begin end row" (of points "time row") of a model, or of all if `model` is NONE. False,
 * and no block, if it were empty: gnuplot complains of those. */
static bool block(const timeline_t *self, hb_text_t *script, int kind, uint32_t model,
                  const char *name) {
  const marks_t *marks = &self->marks[kind];
  bool any = false;
  for (size_t i = 0; i < marks->num; i++) {
    const mark_t *mark = &marks->list[i];
    const uint32_t rows = kind == JOBS ? self->num_tiles : self->num_models;
    if ((model != HB_IMAGE_NONE && mark->model != model) || mark->row >= rows ||
        mark->begin >= self->to) {
      continue;
    }
    if (!any) {
      hb_text_addf(script, "%s << EOD\n", name);
      any = true;
    }
    const uint64_t begin = mark->begin > self->from ? mark->begin : self->from;
    const uint64_t end = mark->end < self->to ? mark->end : self->to;
    if (kind == JOBS || kind == FRAMES) {
      hb_text_addf(script, "%.6f %.6f %g\n", ms_of(self, begin), ms_of(self, end),
                   row_of(self, kind, mark));
    } else {
      hb_text_addf(script, "%.6f %g\n", ms_of(self, mark->begin), row_of(self, kind, mark));
    }
  }
  if (any) {
    hb_text_addf(script, "EOD\n");
  }
  return any;
}

/* The blocks go to `script`, how to draw them to `plots`. */
static void boxes(const timeline_t *self, hb_text_t *script, hb_text_t *plots, int kind,
                  const char *prefix, double half, double fill) {
  for (uint32_t m = 0; m < self->num_models; m++) {
    char name[32];
    snprintf(name, sizeof(name), "$%s%" PRIu32, prefix, m);
    if (block(self, script, kind, m, name)) {
      hb_text_addf(plots,
                   ", %s using 1:3:1:2:($3-%g):($3+%g) with boxxyerror fs solid %g border lc rgb "
                   "'%s' lw 0.7 lc rgb '%s' notitle",
                   name, half, half, fill, color_of(m), color_of(m));
    }
  }
}

static void rows(const timeline_t *self, hb_text_t *script) {
  hb_text_addf(script, "set ytics (");
  for (uint32_t m = 0; m < self->num_models; m++) {
    quoted(script, name_of(self, "model", m));
    hb_text_addf(script, " %" PRIu32 ", ", m);
  }
  for (uint32_t t = 0; t < self->num_tiles; t++) {
    quoted(script, name_of(self, "tile", t));
    hb_text_addf(script, " %" PRIu32 "%s", self->num_models + t,
                 t + 1 < self->num_tiles ? ", " : ")");
  }
  hb_text_addf(script,
               " noenhanced scale 0\nset yrange [%g:-0.6]\nset xrange [%.6f:%.6f]\n"
               "set arrow from graph 0,first %g to graph 1,first %g nohead lc rgb '#888888'\n",
               self->num_models + self->num_tiles - 0.4, ms_of(self, self->from),
               ms_of(self, self->to), self->num_models - 0.5, self->num_models - 0.5);
}

static void make_script(const timeline_t *self, hb_text_t *script) {
  static const struct {
    int kind;
    const char *block, *draw, *title;
  } SIGNS[] = {
      {DEADLINES, "$deadlines",
       "using 1:($2-0.42):(0):(0.84) with vectors nohead lw 1.5 lc rgb '#000000' notitle",
       "keyentry with lines lw 1.5 lc rgb '#000000' title 'deadline'"},
      {LATE, "$late", "using 1:2 with points pt 2 ps 0.9 lw 2.5 lc rgb '#cc0022' notitle",
       "keyentry with points pt 2 ps 0.9 lw 2.5 lc rgb '#cc0022' title 'done late'"},
      {DROPPED, "$dropped", "using 1:2 with points pt 11 ps 0.9 lc rgb '#000000' notitle",
       "keyentry with points pt 11 ps 0.9 lc rgb '#000000' title 'dropped'"},
  };
  enum { NUM_SIGNS = sizeof(SIGNS) / sizeof(SIGNS[0]) };
  hb_text_t plots = {0};
  rows(self, script);
  boxes(self, script, &plots, FRAMES, "frames", 0.2, 0.3);
  boxes(self, script, &plots, JOBS, "jobs", 0.38, 0.7);
  for (size_t i = 0; i < NUM_SIGNS; i++) {
    if (block(self, script, SIGNS[i].kind, HB_IMAGE_NONE, SIGNS[i].block)) {
      hb_text_addf(&plots, ", %s %s", SIGNS[i].block, SIGNS[i].draw);
    }
  }
  hb_text_addf(script,
               "set xlabel 'ms'\nset grid x\nset key outside top center horizontal noenhanced\n"
               "plot ");
  for (uint32_t m = 0; m < self->num_models; m++) {
    hb_text_addf(script, "keyentry with boxes fs solid 0.7 lc rgb '%s' title ", color_of(m));
    quoted(script, name_of(self, "model", m));
    hb_text_addf(script, ", ");
  }
  for (size_t i = 0; i < NUM_SIGNS; i++) {
    hb_text_addf(script, "%s%s", i == 0 ? "" : ", ", SIGNS[i].title);
  }
  hb_text_addf(script, ", NaN notitle"); /* a plot, if there is nothing else */
  hb_text_add(script, plots.text, plots.length);
  hb_text_addf(script, "\n");
  script->failed = script->failed || plots.failed;
  hb_text_release(&plots);
}

static void caption(const timeline_t *self, hb_text_t *html) {
  hb_text_addf(html,
               "<p>%.3f to %.3f ms of %.3f ms%s%s. A box is a job on a tile. Above, the frames of "
               "each model: a bar from arrival to its end, a line at the deadline.</p>\n",
               ms_of(self, self->from), ms_of(self, self->to), ms_of(self, self->cycles),
               self->busiest ? ", where the tiles work most" : "",
               self->full ? ", no more because of the number of jobs" : "");
  if (self->damage[0] != '\0') {
    hb_text_addf(html, "<p class=\"bad\">The trace is damaged: ");
    hb_html_escape(html, self->damage);
    hb_text_addf(html, "</p>\n");
  }
}

static hb_status_t draw(timeline_t *self, hb_text_t *html, char *why, size_t why_len) {
  hb_text_t script = {0};
  make_script(self, &script);
  hb_status_t status = HB_ERR_NOMEM;
  if (script.failed) {
    snprintf(why, why_len, "out of memory");
  } else {
    hb_text_addf(html, "<figure>");
    status = hb_plot_svg(script.text, PICTURE_PIXELS,
                         OTHER_PIXELS + ROW_PIXELS * (self->num_models + self->num_tiles), html,
                         why, why_len);
    hb_text_addf(html, "</figure>\n");
    caption(self, html);
  }
  hb_text_release(&script);
  return status;
}

/* ------------------------------------------------------------------------------------------- whole
 */

static hb_status_t read_clock(timeline_t *self, const char *path, char *why, size_t why_len) {
  const char *text = hb_trace_reader_meta(self->reader, "clock_khz");
  self->khz = text == NULL ? 0 : strtoull(text, NULL, 10);
  if (self->khz == 0 || self->khz > 1000000000) {
    snprintf(why, why_len, "%s: the trace does not say clock_khz", path);
    return HB_ERR_INPUT;
  }
  return HB_OK;
}

/* Frames that have arrived, and jobs, of which there is no record: they begin where it was decided.
 */
static void end_with_run(timeline_t *self) {
  for (size_t i = 0; i < self->num_open; i++) {
    const frame_t *frame = &self->open[i];
    put(self, FRAMES, frame->arrival, self->cycles, frame->model, frame->model);
  }
  for (uint32_t t = 0; t < MAX_ROWS; t++) {
    const given_t *given = &self->given[t];
    if (given->runs) {
      put(self, JOBS, given->cycle, self->cycles, t, HB_TAG_MODEL((uint32_t)given->tag));
    }
  }
}

static hb_status_t add(timeline_t *self, const char *path, const hb_timeline_window_t *window,
                       hb_text_t *html, char *why, size_t why_len) {
  const hb_trace_schema_t *schema = hb_trace_reader_schema(self->reader);
  source_t job;
  self->num_tiles = count_names(self, "tile");
  self->num_models = count_names(self, "model");
  if (schema->level < HB_TRACE_JOBS || !find_source(schema, JOB_STREAM, &job) ||
      self->num_tiles == 0 || self->num_models == 0) {
    hb_text_addf(html, "<p>There are no jobs in a trace of level %s.</p>\n",
                 hb_trace_level_name(schema->level));
    return HB_OK;
  }
  HB_TRY(read_clock(self, path, why, why_len));
  hb_status_t status = choose_window(self, window, why, why_len);
  if (status == HB_OK) {
    status = read_all(self, 0, NUM_STREAMS - 1, NULL);
  }
  if (status == HB_ERR_NOMEM || status == HB_ERR_IO) {
    snprintf(why, why_len, "%s: %s", path,
             status == HB_ERR_NOMEM ? "out of memory" : hb_trace_reader_error(self->reader));
  }
  HB_TRY(status);
  end_with_run(self);
  HB_TRY(self->status);
  return draw(self, html, why, why_len);
}

hb_status_t hb_timeline_add(const char *trace_path, const hb_timeline_window_t *window,
                            uint64_t cycles, hb_text_t *html, char *why, size_t why_len) {
  timeline_t self = {.cycles = cycles};
  char text[WHY_BYTES];
  hb_status_t status = hb_trace_reader_open(trace_path, &self.reader, text, sizeof(text));
  if (status != HB_OK) {
    snprintf(why, why_len, "%s: %s", trace_path, text);
    return status == HB_ERR_NOMEM ? status : HB_ERR_INPUT;
  }
  hb_text_addf(html, "<h2>Timeline</h2>\n");
  status = add(&self, trace_path, window, html, why, why_len);
  for (int i = 0; i < NUM_MARKS; i++) {
    free(self.marks[i].list);
  }
  free(self.open);
  hb_trace_reader_free(self.reader);
  return status;
}
