/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_wave_event.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hb_trace_reader.h"
#include "hilbert/hb_image.h"
#include "hilbert/hb_telemetry.h"

enum { MAX_WORDS = 6, TEXT_BYTES = 256, WHY_BYTES = 400, MAX_DEADLINES = 64 };

static const char kExpected[] =
    "expected deadline-miss [MODEL], drop [MODEL], error, job MODEL frame N [layer NAME] or cycle "
    "N";

/* ---------------------------------------------------------------------------------------- parsing
 */

static bool take_number(const char *text, uint64_t *number_out) {
  const size_t len = strlen(text);
  if (len < 1 || len > 18 || strspn(text, "0123456789") != len) return false;
  *number_out = strtoull(text, NULL, 10);
  return true;
}

static bool take_name(const char *text, char name[HB_WAVE_NAME_BYTES]) {
  return snprintf(name, HB_WAVE_NAME_BYTES, "%s", text) < HB_WAVE_NAME_BYTES;
}

static bool parse_words(char *const *words, int num, hb_wave_event_t *event) {
  const bool miss = strcmp(words[0], "deadline-miss") == 0;
  if (miss || strcmp(words[0], "drop") == 0) {
    event->kind = miss ? HB_WAVE_DEADLINE_MISS : HB_WAVE_DROP;
    return num == 1 || (num == 2 && take_name(words[1], event->model));
  }
  if (strcmp(words[0], "error") == 0) {
    event->kind = HB_WAVE_ERROR;
    return num == 1;
  }
  if (strcmp(words[0], "cycle") == 0) {
    event->kind = HB_WAVE_CYCLE;
    return num == 2 && take_number(words[1], &event->number);
  }
  event->kind = HB_WAVE_JOB;
  return strcmp(words[0], "job") == 0 && (num == 4 || num == 6) &&
         take_name(words[1], event->model) && strcmp(words[2], "frame") == 0 &&
         take_number(words[3], &event->number) &&
         (num == 4 || (strcmp(words[4], "layer") == 0 && take_name(words[5], event->layer)));
}

hb_status_t hb_wave_event_parse(const char *text, hb_wave_event_t *event_out, char *why,
                                size_t why_len) {
  char copy[TEXT_BYTES];
  char *words[MAX_WORDS] = {NULL};
  int num = 0;
  *event_out = (hb_wave_event_t){0};
  bool ok = snprintf(copy, sizeof(copy), "%s", text) < (int)sizeof(copy);
  char *rest = copy;
  for (char *word; ok && (word = strtok_r(rest, " ", &rest)) != NULL; num++) {
    ok = num < MAX_WORDS;
    if (ok) words[num] = word;
  }
  if (!ok || num == 0 || !parse_words(words, num, event_out)) {
    snprintf(why, why_len, "%s, got '%.100s'", kExpected, text);
    return HB_ERR_ARG;
  }
  return HB_OK;
}

/* ----------------------------------------------------------------------------------------- finding
 */

typedef struct finder {
  const hb_wave_event_t *event;
  hb_trace_reader_t *reader;
  const hb_trace_schema_t *schema;
  hb_trace_record_t record;
  uint32_t model; /* index of the event's; HB_IMAGE_NONE: any */
  uint32_t layer; /* likewise */
  uint32_t frame[HB_IMAGE_MAX_MODELS][MAX_DEADLINES];
  uint64_t deadline[HB_IMAGE_MAX_MODELS][MAX_DEADLINES];
} finder_t;

static bool is_of(const finder_t *f, const char *stream) {
  return strcmp(f->schema->streams[f->record.stream].name, stream) == 0;
}

/* A field of the current record; 0 if there is none of that name. */
static uint64_t get(const finder_t *f, const char *field) {
  const hb_trace_stream_t *stream = &f->schema->streams[f->record.stream];
  for (uint32_t i = 0; i < stream->num_fields; i++) {
    if (strcmp(stream->fields[i].name, field) == 0) return f->record.values[i];
  }
  return 0;
}

static bool of_model(const finder_t *f) {
  return f->model == HB_IMAGE_NONE || get(f, "model") == f->model;
}

/* A frame done after its deadline, or dropped because it would be. */
static bool is_miss(finder_t *f) {
  const uint64_t model = get(f, "model");
  if (model >= HB_IMAGE_MAX_MODELS) return false;
  const uint32_t frame = (uint32_t)get(f, "frame");
  const uint32_t at = frame % MAX_DEADLINES;
  if (is_of(f, "frame_arrived")) {
    f->frame[model][at] = frame;
    f->deadline[model][at] = get(f, "deadline");
    return false;
  }
  if (is_of(f, "frame_dropped")) return of_model(f) && get(f, "reason") == HB_DROP_LATE;
  return is_of(f, "frame_done") && of_model(f) && f->frame[model][at] == frame &&
         f->record.values[0] > f->deadline[model][at];
}

static bool is_error(const finder_t *f) {
  if (is_of(f, "job") || is_of(f, "job_done")) return get(f, "status") != 0;
  return is_of(f, "fault") || is_of(f, "refused") || is_of(f, "tile_event");
}

static bool is_job(const finder_t *f) {
  const uint32_t tag = (uint32_t)get(f, "tag");
  return is_of(f, "job") && HB_TAG_MODEL(tag) == f->model &&
         HB_TAG_FRAME(tag) == f->event->number &&
         (f->layer == HB_IMAGE_NONE || HB_TAG_LAYER(tag) == f->layer);
}

/* Index of the name under keys prefix.0, prefix.1, ...; lists them in `why` if there is none. */
static bool find_name(const finder_t *f, const char *prefix, const char *what, const char *name,
                      uint32_t *index_out, char *why, size_t why_len) {
  int used = snprintf(why, why_len, "the trace has no %s %s; it has", what, name);
  for (uint32_t i = 0;; i++) {
    char key[64];
    snprintf(key, sizeof(key), "%s.%" PRIu32, prefix, i);
    const char *text = hb_trace_reader_meta(f->reader, key);
    if (text == NULL) return false;
    if (strcmp(text, name) == 0) {
      *index_out = i;
      return true;
    }
    if (used > 0 && (size_t)used < why_len) {
      used += snprintf(why + used, why_len - (size_t)used, " %s", text);
    }
  }
}

static hb_status_t search(finder_t *f, uint64_t *first_out, uint64_t *last_out) {
  hb_status_t status;
  bool found = false;
  while ((status = hb_trace_reader_next(f->reader, &f->record)) == HB_OK) {
    const hb_wave_event_kind_t kind = f->event->kind;
    const uint64_t cycle = f->record.values[0];
    if (kind == HB_WAVE_JOB && is_job(f)) {
      const uint64_t start = get(f, "start");
      if (!found || start < *first_out) *first_out = start;
      *last_out = cycle;
      found = true;
    } else if ((kind == HB_WAVE_DEADLINE_MISS && is_miss(f)) ||
               (kind == HB_WAVE_DROP && is_of(f, "frame_dropped") && of_model(f)) ||
               (kind == HB_WAVE_ERROR && is_error(f))) {
      *first_out = *last_out = cycle;
      return HB_OK;
    }
  }
  return status == HB_ERR_END && found ? HB_OK : status;
}

static hb_status_t find(finder_t *f, const char *trace, uint64_t *first_out, uint64_t *last_out,
                        char *why, size_t why_len) {
  const hb_wave_event_t *event = f->event;
  char prefix[32];
  if (event->model[0] != '\0' &&
      !find_name(f, "model", "model", event->model, &f->model, why, why_len)) {
    return HB_ERR_END;
  }
  snprintf(prefix, sizeof(prefix), "layer.%" PRIu32, f->model);
  if (event->layer[0] != '\0' &&
      !find_name(f, prefix, "layer", event->layer, &f->layer, why, why_len)) {
    return HB_ERR_END;
  }
  const hb_status_t status = search(f, first_out, last_out);
  if (status == HB_ERR_END) {
    snprintf(why, why_len, "it does not happen in the run");
  } else if (status != HB_OK) {
    snprintf(why, why_len, "%s: %s", trace, hb_trace_reader_error(f->reader));
  }
  return status;
}

hb_status_t hb_wave_event_find(const char *trace, const hb_wave_event_t *event, uint64_t *first_out,
                               uint64_t *last_out, char *why, size_t why_len) {
  if (event->kind == HB_WAVE_CYCLE) {
    *first_out = *last_out = event->number;
    return HB_OK;
  }
  finder_t *f = calloc(1, sizeof(*f));
  if (f == NULL) {
    snprintf(why, why_len, "%s", hb_status_text(HB_ERR_NOMEM));
    return HB_ERR_NOMEM;
  }
  f->event = event;
  f->model = f->layer = HB_IMAGE_NONE;
  char text[WHY_BYTES];
  hb_status_t status = hb_trace_reader_open(trace, &f->reader, text, sizeof(text));
  if (status != HB_OK) {
    snprintf(why, why_len, "%s: %s", trace, text);
  } else {
    f->schema = hb_trace_reader_schema(f->reader);
    status = find(f, trace, first_out, last_out, why, why_len);
    hb_trace_reader_free(f->reader);
  }
  free(f);
  return status;
}
