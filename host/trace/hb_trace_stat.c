/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_trace_stat.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "hb_trace_flows.h"
#include "hb_trace_reader.h"
#include "hb_trace_show.h"
#include "hilbert/hb_image.h"

enum { WHY_BYTES = 400, MAX_MODELS = 256, MAX_TILES = 64, FRAMES = 64 };

/* Frames of a model that have arrived and not ended: the last FRAMES of them. */
typedef struct pending {
  uint64_t frame, arrival, deadline;
  bool used;
} pending_t;

typedef struct model_stat {
  uint64_t arrived, started, done, late, dropped;
  uint64_t latency_count, latency_sum, latency_max;
  uint64_t jobs, busy;
  pending_t pending[FRAMES];
} model_stat_t;

typedef struct tile_stat {
  uint64_t jobs, failed;
  uint64_t busy, array, wait_load, wait_store, wait_wgt, wait_cmd;
  uint64_t rd_beats, wr_beats, queued; /* queued: from doorbell to start */
} tile_stat_t;

typedef struct stat {
  hb_trace_reader_t *reader;
  model_stat_t models[MAX_MODELS];
  tile_stat_t tiles[MAX_TILES];
  hb_trace_flows_t flows;
  uint64_t decisions, candidates, interrupts, refused, tile_events, first, last;
  bool any;
} stat_t;

/* A record and its stream, for lookups by name. */
typedef struct view {
  const hb_trace_stream_t *stream;
  const uint64_t *values;
} view_t;

static uint64_t field(const view_t *view, const char *name) {
  for (uint32_t f = 0; f < view->stream->num_fields; f++) {
    if (strcmp(view->stream->fields[f].name, name) == 0) return view->values[f];
  }
  return 0;
}

static void end_frame(model_stat_t *model, uint64_t frame, uint64_t cycle, bool done) {
  pending_t *at = &model->pending[frame % FRAMES];
  if (!at->used || at->frame != frame) return;
  if (done) {
    const uint64_t latency = cycle > at->arrival ? cycle - at->arrival : 0;
    model->late += cycle > at->deadline;
    model->latency_count++;
    model->latency_sum += latency;
    model->latency_max = latency > model->latency_max ? latency : model->latency_max;
  }
  at->used = false;
}

static void count_job(stat_t *stat, const view_t *view) {
  const uint64_t tile = field(view, "tile"), tag = field(view, "tag");
  const uint64_t busy = field(view, "busy");
  if (tile < MAX_TILES) {
    tile_stat_t *sum = &stat->tiles[tile];
    sum->jobs++;
    sum->failed += field(view, "status") != 0;
    sum->busy += busy;
    sum->array += field(view, "array");
    sum->wait_load += field(view, "wait_load");
    sum->wait_store += field(view, "wait_store");
    sum->wait_wgt += field(view, "wait_wgt");
    sum->wait_cmd += field(view, "wait_cmd");
    sum->rd_beats += field(view, "rd_beats");
    sum->wr_beats += field(view, "wr_beats");
    sum->queued += field(view, "start") - field(view, "doorbell");
  }
  if (HB_TAG_MODEL(tag) < MAX_MODELS) {
    stat->models[HB_TAG_MODEL(tag)].jobs++;
    stat->models[HB_TAG_MODEL(tag)].busy += busy;
  }
}

static void count(stat_t *stat, const view_t *view) {
  const char *name = view->stream->name;
  const uint64_t cycle = view->values[0];
  const uint64_t model_id = field(view, "model");
  model_stat_t *model = model_id < MAX_MODELS ? &stat->models[model_id] : NULL;
  const uint64_t frame = field(view, "frame");
  if (strcmp(name, "job") == 0) {
    count_job(stat, view);
  } else if (strcmp(name, "decision") == 0) {
    stat->decisions++;
  } else if (strcmp(name, "candidate") == 0) {
    stat->candidates++;
  } else if (strcmp(name, "irq") == 0) {
    stat->interrupts += field(view, "level") == 1;
  } else if (strcmp(name, "refused") == 0) {
    stat->refused++;
  } else if (strcmp(name, "tile_event") == 0) {
    stat->tile_events++;
  } else if (model == NULL) {
    return;
  } else if (strcmp(name, "frame_arrived") == 0) {
    model->arrived++;
    model->pending[frame % FRAMES] = (pending_t){.frame = frame,
                                                 .arrival = field(view, "arrival"),
                                                 .deadline = field(view, "deadline"),
                                                 .used = true};
  } else if (strcmp(name, "frame_started") == 0) {
    model->started++;
  } else if (strcmp(name, "frame_done") == 0) {
    model->done++;
    end_frame(model, frame, cycle, true);
  } else if (strcmp(name, "frame_dropped") == 0) {
    model->dropped++;
    end_frame(model, frame, cycle, false);
  }
}

/* ---------------------------------------------------------------------------------------- output
 */

static const char *name_of(const stat_t *stat, const char *what, uint32_t index) {
  char key[32];
  snprintf(key, sizeof(key), "%s.%" PRIu32, what, index);
  return hb_trace_reader_meta(stat->reader, key);
}

static double percent(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0.0 : 100.0 * (double)part / (double)whole;
}

static double mean(uint64_t sum, uint64_t count) {
  return count == 0 ? 0.0 : (double)sum / (double)count;
}

static void print_text(const stat_t *stat, FILE *out) {
  const uint64_t length = stat->any ? stat->last - stat->first + 1 : 0;
  fprintf(out,
          "cycles %" PRIu64 " .. %" PRIu64 "; %" PRIu64 " decisions, %" PRIu64
          " candidates, %" PRIu64 " interrupts, %" PRIu64 " refused accesses",
          stat->first, stat->last, stat->decisions, stat->candidates, stat->interrupts,
          stat->refused);
  if (stat->tile_events != 0) {
    fprintf(out, ", %" PRIu64 " faults and resets of tiles", stat->tile_events);
  }
  fputs("\n\n", out);
  fprintf(out, "%-12s %8s %8s %8s %8s %8s %13s %13s %9s %12s\n", "model", "arrived", "started",
          "done", "late", "dropped", "mean latency", "max latency", "jobs", "busy");
  for (uint32_t i = 0; i < MAX_MODELS; i++) {
    const model_stat_t *m = &stat->models[i];
    const char *name = name_of(stat, "model", i);
    if (name == NULL) continue;
    fprintf(out,
            "%-12s %8" PRIu64 " %8" PRIu64 " %8" PRIu64 " %8" PRIu64 " %8" PRIu64
            " %13.1f %13" PRIu64 " %9" PRIu64 " %12" PRIu64 "\n",
            name, m->arrived, m->started, m->done, m->late, m->dropped,
            mean(m->latency_sum, m->latency_count), m->latency_max, m->jobs, m->busy);
  }
  fprintf(out, "\n%-12s %8s %8s %8s %8s %8s %8s %8s %8s %10s %12s %12s\n", "tile", "jobs", "failed",
          "busy%", "array%", "load%", "store%", "wgt%", "cmd%", "queued", "rd bytes", "wr bytes");
  for (uint32_t i = 0; i < MAX_TILES; i++) {
    const tile_stat_t *t = &stat->tiles[i];
    const char *name = name_of(stat, "tile", i);
    if (name == NULL) continue;
    fprintf(out,
            "%-12s %8" PRIu64 " %8" PRIu64 " %8.1f %8.1f %8.1f %8.1f %8.1f %8.1f %10.1f %12" PRIu64
            " %12" PRIu64 "\n",
            name, t->jobs, t->failed, percent(t->busy, length), percent(t->array, t->busy),
            percent(t->wait_load, t->busy), percent(t->wait_store, t->busy),
            percent(t->wait_wgt, t->busy), percent(t->wait_cmd, t->busy), mean(t->queued, t->jobs),
            t->rd_beats * 16, t->wr_beats * 16);
  }
  hb_trace_flows_print(&stat->flows, length, out);
}

static void print_json(const stat_t *stat, FILE *out) {
  fprintf(out,
          "{\"first\":%" PRIu64 ",\"last\":%" PRIu64 ",\"decisions\":%" PRIu64
          ",\"candidates\":%" PRIu64 ",\"interrupts\":%" PRIu64 ",\"refused\":%" PRIu64
          ",\"tile_events\":%" PRIu64 ",\"models\":[",
          stat->first, stat->last, stat->decisions, stat->candidates, stat->interrupts,
          stat->refused, stat->tile_events);
  const char *comma = "";
  for (uint32_t i = 0; i < MAX_MODELS; i++) {
    const model_stat_t *m = &stat->models[i];
    const char *name = name_of(stat, "model", i);
    if (name == NULL) continue;
    fprintf(out, "%s{\"name\":", comma);
    hb_trace_show_quoted(name, out);
    fprintf(out,
            ",\"arrived\":%" PRIu64 ",\"started\":%" PRIu64 ",\"done\":%" PRIu64
            ",\"late\":%" PRIu64 ",\"dropped\":%" PRIu64
            ",\"latency_mean_cycles\":%.3f,\"latency_max_cycles\":%" PRIu64 ",\"jobs\":%" PRIu64
            ",\"busy_cycles\":%" PRIu64 "}",
            m->arrived, m->started, m->done, m->late, m->dropped,
            mean(m->latency_sum, m->latency_count), m->latency_max, m->jobs, m->busy);
    comma = ",";
  }
  fprintf(out, "],\"tiles\":[");
  comma = "";
  for (uint32_t i = 0; i < MAX_TILES; i++) {
    const tile_stat_t *t = &stat->tiles[i];
    const char *name = name_of(stat, "tile", i);
    if (name == NULL) continue;
    fprintf(out, "%s{\"name\":", comma);
    hb_trace_show_quoted(name, out);
    fprintf(out,
            ",\"jobs\":%" PRIu64 ",\"failed\":%" PRIu64 ",\"busy_cycles\":%" PRIu64
            ",\"array_cycles\":%" PRIu64 ",\"wait_load_cycles\":%" PRIu64
            ",\"wait_store_cycles\":%" PRIu64 ",\"wait_wgt_cycles\":%" PRIu64
            ",\"wait_cmd_cycles\":%" PRIu64 ",\"queued_mean_cycles\":%.3f,\"read_bytes\":%" PRIu64
            ",\"write_bytes\":%" PRIu64 "}",
            t->jobs, t->failed, t->busy, t->array, t->wait_load, t->wait_store, t->wait_wgt,
            t->wait_cmd, mean(t->queued, t->jobs), t->rd_beats * 16, t->wr_beats * 16);
    comma = ",";
  }
  fprintf(out, "],");
  hb_trace_flows_print_json(&stat->flows, out);
  fprintf(out, "}\n");
}

static hb_status_t sum_up(stat_t *stat, const char *path, bool json, FILE *out, char *why,
                          size_t why_len) {
  const hb_trace_schema_t *schema = hb_trace_reader_schema(stat->reader);
  bool run = false;
  for (uint32_t s = 0; s < schema->num_streams; s++) {
    run = run || strcmp(schema->streams[s].name, "frame_arrived") == 0;
  }
  if (!run) {
    snprintf(why, why_len, "%s: no trace of a run: it has no stream frame_arrived", path);
    return HB_ERR_INPUT;
  }
  hb_trace_record_t record;
  hb_status_t status;
  while ((status = hb_trace_reader_next(stat->reader, &record)) == HB_OK) {
    const view_t view = {.stream = &schema->streams[record.stream], .values = record.values};
    if (!stat->any) stat->first = record.values[0];
    stat->any = true;
    stat->last = record.values[0];
    count(stat, &view);
    const hb_status_t counted = hb_trace_flows_count(&stat->flows, view.stream, view.values);
    if (counted != HB_OK) {
      snprintf(why, why_len, "out of memory");
      return counted;
    }
  }
  if (json) {
    print_json(stat, out);
  } else {
    print_text(stat, out);
  }
  if (status != HB_ERR_END) {
    snprintf(why, why_len, "%s: %s", path, hb_trace_reader_error(stat->reader));
    return status;
  }
  if (fflush(out) != 0 || ferror(out) != 0) {
    snprintf(why, why_len, "cannot write the output: %s", strerror(errno));
    return HB_ERR_IO;
  }
  return HB_OK;
}

hb_status_t hb_trace_stat(const char *path, bool json, uint64_t from, uint64_t to, FILE *out,
                          char *why, size_t why_len) {
  if (from > to) {
    snprintf(why, why_len, "the range of cycles is empty: from %" PRIu64 " to %" PRIu64, from, to);
    return HB_ERR_ARG;
  }
  stat_t *stat = calloc(1, sizeof(*stat));
  if (stat == NULL) {
    snprintf(why, why_len, "out of memory");
    return HB_ERR_NOMEM;
  }
  char text[WHY_BYTES];
  hb_status_t status = hb_trace_reader_open(path, &stat->reader, text, sizeof(text));
  if (status == HB_OK) {
    hb_trace_reader_range(stat->reader, from, to);
    hb_trace_flows_init(&stat->flows, stat->reader);
    status = sum_up(stat, path, json, out, why, why_len);
  } else {
    snprintf(why, why_len, "%s: %s", path, text);
  }
  hb_trace_flows_release(&stat->flows);
  hb_trace_reader_free(stat->reader);
  free(stat);
  return status;
}
