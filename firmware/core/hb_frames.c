/* SPDX-License-Identifier: Apache-2.0 */

#include "core/hb_frames.h"

#include "drv/hb_sensor.h"
#include "drv/hb_telemetry.h"
#include "hilbert/hb_memmap.h"
#include "hilbert/hb_telemetry.h"

/* What became of a frame. */
typedef enum outcome { OUTCOME_OPEN = 0, OUTCOME_DONE = 1, OUTCOME_LOST = 2 } outcome_t;

_Static_assert(HB_FRAMES_HISTORY >= 16 && (HB_FRAMES_HISTORY & (HB_FRAMES_HISTORY - 1)) == 0,
               "the history is a power of two of whole words");

static uint32_t outcome_shift(uint32_t number) {
  return (number % 16u) * 2u;
}

static void set_outcome(hb_model_t *m, uint32_t number, outcome_t outcome) {
  uint32_t *const word = &m->outcome[number % HB_FRAMES_HISTORY / 16u];
  *word = (*word & ~(3u << outcome_shift(number))) | ((uint32_t)outcome << outcome_shift(number));
}

static outcome_t get_outcome(const hb_model_t *m, uint32_t number) {
  if (number >= m->announced) {
    return OUTCOME_OPEN;
  }
  if (m->announced - number > HB_FRAMES_HISTORY) {
    return OUTCOME_LOST;
  }
  const uint32_t word = m->outcome[number % HB_FRAMES_HISTORY / 16u];
  return (outcome_t)((word >> outcome_shift(number)) & 3u);
}

static hb_frame_t *queued(hb_model_t *m, uint32_t position) {
  return &m->queue[(m->head + position) % HB_IMAGE_MAX_SLOTS];
}

/* Takes the frame at `position` out of the queue; those behind it move up. */
static hb_frame_t remove_frame(hb_model_t *m, uint32_t position) {
  const hb_frame_t removed = *queued(m, position);
  if (position == 0) {
    m->head = (m->head + 1u) % HB_IMAGE_MAX_SLOTS;
    m->failures = 0;
    m->failed_on = 0;
    m->started = false;
    m->running = false;
  } else {
    for (uint32_t i = position; i + 1u < m->count; ++i) {
      *queued(m, i) = *queued(m, i + 1u);
    }
  }
  --m->count;
  return removed;
}

/* The frame at `position` ends here as lost. */
static uint32_t drop_one(hb_frames_t *frames, uint32_t model, uint32_t position, uint32_t reason) {
  const bool started = position == 0 && frames->model[model].started;
  const hb_frame_t frame = remove_frame(&frames->model[model], position);
  set_outcome(&frames->model[model], frame.number, OUTCOME_LOST);
  hb_telemetry_frame_dropped(model, frame.number, reason);
  hb_sensor_release(model, frame.slot);
  frames->on_end(frames->ctx, model, &frame, started, true);
  return frame.number;
}

/* Position in the queue of the frame with this number, or HB_IMAGE_NONE. */
static uint32_t find_frame(hb_model_t *m, uint32_t number) {
  for (uint32_t i = 0; i < m->count; ++i) {
    if (queued(m, i)->number == number) {
      return i;
    }
  }
  return HB_IMAGE_NONE;
}

/*
 * Frame `number` of `model` is lost: so are the frames of that number that wait for it, and those
 * that wait for them. Each pass goes one step down the dependencies, which have no cycle, so
 * num_models passes reach everyone.
 */
static void drop_dependents(hb_frames_t *frames, uint32_t model, uint32_t number) {
  const uint32_t num_models = frames->tables->header->num_models;
  uint32_t lost = 1u << model;
  for (uint32_t pass = 0; pass < num_models; ++pass) {
    uint32_t more = 0;
    for (uint32_t m = 0; m < num_models; ++m) {
      const uint32_t parent = frames->tables->models[m].depends_on;
      if (parent == HB_IMAGE_NONE || ((lost >> parent) & 1u) == 0) {
        continue;
      }
      const uint32_t position = find_frame(&frames->model[m], number);
      if (position != HB_IMAGE_NONE) {
        (void)drop_one(frames, m, position, HB_DROP_DEPENDENCY);
        more |= 1u << m;
      }
    }
    if (more == 0) {
      return;
    }
    lost = more;
  }
}

static void drop(hb_frames_t *frames, uint32_t model, uint32_t position, uint32_t reason) {
  const uint32_t number = drop_one(frames, model, position, reason);
  drop_dependents(frames, model, number);
}

void hb_frames_init(hb_frames_t *frames, const hb_tables_t *tables, hb_frames_on_end_t on_end,
                    void *ctx) {
  frames->tables = tables;
  frames->on_end = on_end;
  frames->ctx = ctx;
  for (uint32_t i = 0; i < tables->header->num_models; ++i) {
    frames->model[i] = (hb_model_t){.last_tile = HB_IMAGE_NONE};
  }
}

static bool message_fits(const hb_frames_t *frames, const hb_mbox_message_t *message) {
  if (message->stream >= frames->tables->header->num_models) {
    return false;
  }
  const hb_model_t *const m = &frames->model[message->stream];
  if (message->frame != m->announced) {
    return false;
  }
  if ((message->flags & HB_MBOX_FLAG_OVERRUN) != 0) {
    return true;
  }
  const uint32_t num_slots = frames->tables->models[message->stream].num_slots;
  return (message->flags & 0xffu) < num_slots && m->count < num_slots;
}

hb_status_t hb_frames_announce(hb_frames_t *frames, const hb_mbox_message_t *message) {
  if (!message_fits(frames, message)) {
    return HB_ERR_ARG;
  }

  const uint32_t model = message->stream;
  hb_model_t *const m = &frames->model[model];
  const uint32_t number = message->frame;
  const uint32_t slot = message->flags & 0xffu;
  const bool overrun = (message->flags & HB_MBOX_FLAG_OVERRUN) != 0;
  m->announced = number + 1u;
  set_outcome(m, number, OUTCOME_OPEN);

  if ((message->flags & HB_MBOX_FLAG_TRIGGERED) == 0) {
    set_outcome(m, number, OUTCOME_LOST);
    if (!overrun) {
      hb_sensor_release(model, slot);
    }
    drop_dependents(frames, model, number);
    return HB_OK;
  }

  hb_telemetry_frame_arrived(model, number, message->arrival, message->deadline);
  if (overrun) {
    set_outcome(m, number, OUTCOME_LOST);
    hb_telemetry_frame_dropped(model, number, HB_DROP_OVERRUN);
    frames->on_end(frames->ctx, model,
                   &(hb_frame_t){.number = number, .deadline = message->deadline}, false, true);
    drop_dependents(frames, model, number);
    return HB_OK;
  }

  *queued(m, m->count) = (hb_frame_t){.number = number,
                                      .slot = slot,
                                      .path = message->path,
                                      .arrival = message->arrival,
                                      .deadline = message->deadline};
  ++m->count;
  if (m->usable == 0) {
    drop(frames, model, m->count - 1u, HB_DROP_FAULT);
    return HB_OK;
  }
  const uint32_t parent = frames->tables->models[model].depends_on;
  if (parent != HB_IMAGE_NONE && get_outcome(&frames->model[parent], number) == OUTCOME_LOST) {
    drop(frames, model, m->count - 1u, HB_DROP_DEPENDENCY);
  }
  return HB_OK;
}

void hb_frames_drop_late(hb_frames_t *frames, uint64_t now) {
  for (uint32_t model = 0; model < frames->tables->header->num_models; ++model) {
    hb_model_t *const m = &frames->model[model];
    uint32_t position = m->started ? 1u : 0u;
    for (uint32_t left = m->count - position; left > 0; --left) {
      if (queued(m, position)->deadline < now) {
        drop(frames, model, position, HB_DROP_LATE);
      } else {
        ++position;
      }
    }
  }
}

bool hb_frames_ready(const hb_frames_t *frames, uint32_t model) {
  const hb_model_t *const m = &frames->model[model];
  if (m->count == 0 || m->running) {
    return false;
  }
  const uint32_t parent = frames->tables->models[model].depends_on;
  return m->started || parent == HB_IMAGE_NONE ||
         get_outcome(&frames->model[parent], m->queue[m->head].number) == OUTCOME_DONE;
}

const hb_frame_t *hb_frames_head(const hb_frames_t *frames, uint32_t model) {
  const hb_model_t *const m = &frames->model[model];
  return &m->queue[m->head];
}

static void announce_start(hb_frames_t *frames, uint32_t model) {
  hb_model_t *const m = &frames->model[model];
  const uint32_t number = m->queue[m->head].number;
  m->started = true;
  hb_telemetry_frame_started(model, number);
  if (frames->tables->models[model].num_variants > 1u) {
    hb_telemetry_variant(model, number, m->variant);
  }
}

void hb_frames_layer_started(hb_frames_t *frames, uint32_t model, uint32_t tile) {
  hb_model_t *const m = &frames->model[model];
  if (!m->started) {
    announce_start(frames, model);
  }
  m->running = true;
  m->last_tile = tile;
}

/* The head frame's last layer is behind it. */
static void finish(hb_frames_t *frames, uint32_t model) {
  hb_model_t *const m = &frames->model[model];
  const hb_frame_t frame = remove_frame(m, 0);
  set_outcome(m, frame.number, OUTCOME_DONE);
  hb_telemetry_frame_done(model, frame.number);
  hb_sensor_release(model, frame.slot);
  frames->on_end(frames->ctx, model, &frame, true, false);
}

/* Passes over layers that the head frame's path leaves out. @return false: no layer is left. */
static bool skip_layers(hb_frames_t *frames, uint32_t model) {
  hb_model_t *const m = &frames->model[model];
  const hb_image_layer_t *const layers =
      &frames->tables->layers[frames->tables->models[model].first_layer];
  const uint32_t path = m->queue[m->head].path;
  while (m->layer < m->end && (layers[m->layer].skip_mask & path) != 0) {
    ++m->layer;
  }
  return m->layer < m->end;
}

uint32_t hb_frames_first_variant(const hb_frames_t *frames, uint32_t model) {
  const uint32_t usable = frames->model[model].usable;
  uint32_t variant = 0;
  while (variant < HB_IMAGE_MAX_VARIANTS && ((usable >> variant) & 1u) == 0) {
    ++variant;
  }
  return variant;
}

bool hb_frames_choose_variant(hb_frames_t *frames, uint32_t model, uint32_t variant) {
  hb_model_t *const m = &frames->model[model];
  const hb_image_model_t *const image = &frames->tables->models[model];
  const hb_image_variant_t *const v = &frames->tables->variants[image->first_variant + variant];
  m->variant = variant;
  m->layer = v->first_layer - image->first_layer;
  m->end = m->layer + v->num_layers;
  if (skip_layers(frames, model)) {
    return true;
  }
  announce_start(frames, model);
  finish(frames, model);
  return false;
}

void hb_frames_drop(hb_frames_t *frames, uint32_t model, uint32_t reason) {
  drop(frames, model, 0, reason);
}

/* A frame under way has a tile for the rest of its variant, another for some variant. */
static bool has_tiles(const hb_model_t *m, bool started) {
  return started ? ((m->usable >> m->variant) & 1u) != 0 : m->usable != 0;
}

static uint32_t usable_variants(const hb_tables_t *tables, uint32_t model, uint32_t kinds) {
  const hb_image_model_t *const image = &tables->models[model];
  uint32_t usable = 0;
  for (uint32_t i = 0; i < image->num_variants; ++i) {
    const hb_image_variant_t *const v = &tables->variants[image->first_variant + i];
    bool all = true;
    for (uint32_t l = 0; l < v->num_layers && all; ++l) {
      const hb_image_program_t *const programs = hb_tables_programs(tables, v->first_layer + l);
      all = false;
      for (uint32_t k = 0; k < tables->header->num_kinds; ++k) {
        all = all || (((kinds >> k) & 1u) != 0 && programs[k].addr != HB_IMAGE_NONE);
      }
    }
    usable |= all ? 1u << i : 0u;
  }
  return usable;
}

void hb_frames_set_kinds(hb_frames_t *frames, uint32_t kinds) {
  for (uint32_t model = 0; model < frames->tables->header->num_models; ++model) {
    hb_model_t *const m = &frames->model[model];
    m->usable = usable_variants(frames->tables, model, kinds);
  }
  for (uint32_t model = 0; model < frames->tables->header->num_models; ++model) {
    hb_model_t *const m = &frames->model[model];
    if (m->count != 0 && !m->running && m->started && !has_tiles(m, true)) {
      drop(frames, model, 0, HB_DROP_FAULT);
    }
    while (m->usable == 0 && m->count > (m->running ? 1u : 0u)) {
      drop(frames, model, m->count - 1u, HB_DROP_FAULT);
    }
  }
}

void hb_frames_layer_done(hb_frames_t *frames, uint32_t model) {
  hb_model_t *const m = &frames->model[model];
  m->running = false;
  m->failures = 0;
  m->failed_on = 0;
  ++m->layer;
  if (!skip_layers(frames, model)) {
    finish(frames, model);
  } else if (!has_tiles(m, true)) {
    drop(frames, model, 0, HB_DROP_FAULT);
  }
}

void hb_frames_layer_failed(hb_frames_t *frames, uint32_t model, uint32_t tile, uint32_t tiles) {
  hb_model_t *const m = &frames->model[model];
  m->running = false;
  m->failed_on |= 1u << tile;
  ++m->failures;
  const bool untried = (tiles & ~m->failed_on) != 0;
  if (tiles == 0 || (!untried && m->failures >= HB_FRAMES_MIN_FAILURES) || !has_tiles(m, true)) {
    drop(frames, model, 0, HB_DROP_FAULT);
  }
}
