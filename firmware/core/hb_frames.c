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
    m->layer = 0;
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
  const hb_frame_t frame = remove_frame(&frames->model[model], position);
  set_outcome(&frames->model[model], frame.number, OUTCOME_LOST);
  hb_telemetry_frame_dropped(model, frame.number, reason);
  hb_sensor_release(model, frame.slot);
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

void hb_frames_init(hb_frames_t *frames, const hb_tables_t *tables) {
  frames->tables = tables;
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
    drop_dependents(frames, model, number);
    return HB_OK;
  }

  *queued(m, m->count) = (hb_frame_t){
      .number = number, .slot = slot, .arrival = message->arrival, .deadline = message->deadline};
  ++m->count;
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

void hb_frames_layer_started(hb_frames_t *frames, uint32_t model, uint32_t tile) {
  hb_model_t *const m = &frames->model[model];
  if (!m->started) {
    m->started = true;
    hb_telemetry_frame_started(model, m->queue[m->head].number);
  }
  m->running = true;
  m->last_tile = tile;
}

void hb_frames_layer_done(hb_frames_t *frames, uint32_t model) {
  hb_model_t *const m = &frames->model[model];
  m->running = false;
  ++m->layer;
  if (m->layer < frames->tables->models[model].num_layers) {
    return;
  }
  const hb_frame_t frame = remove_frame(m, 0);
  set_outcome(m, frame.number, OUTCOME_DONE);
  hb_telemetry_frame_done(model, frame.number);
  hb_sensor_release(model, frame.slot);
}

void hb_frames_layer_failed(hb_frames_t *frames, uint32_t model) {
  drop(frames, model, 0, HB_DROP_FAULT);
}
