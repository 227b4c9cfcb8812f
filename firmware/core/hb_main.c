/* SPDX-License-Identifier: Apache-2.0 */

#include "core/hb_main.h"

#include <stddef.h>

#include "drv/hb_irq.h"
#include "drv/hb_mbox.h"
#include "drv/hb_port.h"
#include "drv/hb_probe.h"
#include "drv/hb_telemetry.h"
#include "drv/hb_timer.h"
#include "hilbert/hb_memmap.h"
#include "hilbert/hb_telemetry.h"
#include "hilbert/hb_tile_regs.h"

/* Most messages taken in per pass: frames must not keep completions waiting for ever. */
enum { MESSAGES_PER_STEP = 16 };

/* Kinds of the tiles that are left. */
static void use_tiles_left(hb_main_t *self) {
  const uint32_t num_kinds = self->tables.header->num_kinds;
  uint32_t kinds = 0;
  for (uint32_t k = 0; k < num_kinds; ++k) {
    self->tiles_of_kind[k] = 0;
  }
  for (uint32_t tile = 0; tile < self->tables.header->num_tiles; ++tile) {
    if (((self->jobs.retired >> tile) & 1u) == 0) {
      self->tiles_of_kind[self->tables.tiles[tile].kind] |= 1u << tile;
      kinds |= 1u << self->tables.tiles[tile].kind;
    }
  }
  hb_frames_set_kinds(&self->frames, kinds);
  self->ready = 0; /* what jobs know of tiles is out of date */
}

/* Tiles that can run a layer with these programs, free or not. */
static uint32_t tiles_for(const hb_main_t *self, const hb_image_program_t *programs) {
  uint32_t tiles = 0;
  for (uint32_t k = 0; k < self->tables.header->num_kinds; ++k) {
    tiles |= programs[k].addr != HB_IMAGE_NONE ? self->tiles_of_kind[k] : 0u;
  }
  return tiles;
}

/* The tile's job failed: it is to run again, elsewhere if it can. */
static void reset_tile(hb_main_t *self, uint32_t tile) {
  const uint32_t retired = self->jobs.retired;
  const uint32_t model = hb_jobs_reset(&self->jobs, tile);
  const uint32_t layer = self->tables.models[model].first_layer + self->frames.model[model].layer;
  const uint32_t tiles = tiles_for(self, hb_tables_programs(&self->tables, layer));
  hb_frames_layer_failed(&self->frames, model, tile, tiles & ~self->jobs.retired);
  if (self->jobs.retired != retired) {
    use_tiles_left(self);
  }
}

static void handle_end(hb_main_t *self, uint32_t tile, const hb_jobs_end_t *end) {
  const uint32_t code = hb_tile_status_code(end->compl_status);
  uint32_t addr = 0;
  if (code == HB_TILE_STATUS_OK) {
    hb_jobs_succeeded(&self->jobs, tile);
    hb_frames_layer_done(&self->frames, end->model);
  } else if ((code == HB_TILE_STATUS_AXI_READ || code == HB_TILE_STATUS_AXI_WRITE) &&
             hb_jobs_refused(&self->jobs, tile, &addr)) {
    /* Its own fault, on whatever tile: the frame is lost, nobody else's. */
    hb_telemetry_fault(HB_ERR_RANGE, tile, end->tag, addr);
    hb_frames_layer_failed(&self->frames, end->model, tile, 0);
  } else {
    hb_telemetry_fault(code == HB_TILE_STATUS_WATCHDOG ? HB_ERR_TIMEOUT : HB_ERR_FAILED, tile,
                       end->tag, end->compl_status);
    reset_tile(self, tile);
  }
}

static hb_status_t collect_completions(hb_main_t *self, uint32_t pending) {
  for (uint32_t tile = 0; tile < self->tables.header->num_tiles; ++tile) {
    if ((pending & HB_IRQ_TILE(tile)) == 0) {
      continue;
    }
    hb_jobs_end_t end;
    const hb_status_t status = hb_jobs_collect(&self->jobs, tile, &end);
    if (status == HB_ERR_END) {
      continue; /* popped a moment ago: the interrupt's level is still on its way */
    }
    HB_TRY(status);
    handle_end(self, tile, &end);
  }
  return HB_OK;
}

static hb_status_t take_in_frames(hb_main_t *self) {
  for (uint32_t i = 0; i < MESSAGES_PER_STEP; ++i) {
    hb_mbox_message_t message;
    if (hb_mbox_pop(&message) != HB_OK) {
      return HB_OK;
    }
    const hb_status_t status = hb_frames_announce(&self->frames, &message);
    if (status != HB_OK) {
      hb_telemetry_fault(status, HB_IMAGE_NONE, HB_TAG(message.stream, message.frame, 0),
                         message.flags);
      return status;
    }
    if (self->policy->on_announced != NULL) {
      self->policy->on_announced(&self->state, message.stream, self->now);
    }
  }
  return HB_OK;
}

/* A layer has come up: fills in what is known of its job. */
static void make_job(hb_main_t *self, uint32_t model, uint32_t tag, uint64_t since) {
  const hb_image_model_t *const image = &self->tables.models[model];
  const hb_model_t *const m = &self->frames.model[model];
  const hb_frame_t *const frame = hb_frames_head(&self->frames, model);
  const uint32_t layer = image->first_layer + m->layer;
  const hb_image_program_t *const programs = hb_tables_programs(&self->tables, layer);
  const uint32_t tiles = tiles_for(self, programs);
  const uint32_t untried = tiles & ~m->failed_on; /* those it has not failed on, if there are any */
  self->job[model] = (hb_job_t){
      .tag = tag,
      .model = model,
      .priority = image->priority,
      .last_tile = m->last_tile,
      .tiles = untried != 0 ? untried : tiles,
      .started = m->started,
      .arrival = frame->arrival,
      .deadline = frame->deadline,
      .since = since,
      .image = image,
      .variant = &self->tables.variants[image->first_variant + m->variant],
      .layer = &self->tables.layers[layer],
      .programs = programs,
  };
  if (self->policy->on_layer != NULL) {
    self->policy->on_layer(&self->state, &self->job[model]);
  }
}

static hb_sched_frame_t frame_of(const hb_main_t *self, uint32_t model) {
  const hb_frame_t *const head = hb_frames_head(&self->frames, model);
  return (hb_sched_frame_t){.image = &self->tables.models[model],
                            .model = model,
                            .number = head->number,
                            .deadline = head->deadline,
                            .usable = self->frames.model[model].usable};
}

/* Chooses the variant of a ready frame that has not started. @return false: it ended thereby. */
static bool choose_variant(hb_main_t *self, const hb_sched_view_t *view, uint32_t model) {
  const hb_image_model_t *const image = &self->tables.models[model];
  uint32_t variant = hb_frames_first_variant(&self->frames, model);
  if (image->num_variants > 1u && self->policy->choose_variant != NULL) {
    const hb_sched_frame_t frame = frame_of(self, model);
    variant = self->policy->choose_variant(view, &frame);
  }
  return hb_frames_choose_variant(&self->frames, model, variant);
}

/*
 * Lists the jobs that wait for nothing but a tile, by model. A frame whose path leaves out all its
 * layers ends here, and may make others ready: then the list is made again, at most once for every
 * frame there is.
 */
static void list_ready(hb_main_t *self, const hb_job_t **jobs, hb_sched_view_t *view) {
  const uint32_t num_models = self->tables.header->num_models;
  view->num_active = 0;
  for (uint32_t model = 0; model < num_models; ++model) {
    view->num_active +=
        self->frames.model[model].running || hb_frames_ready(&self->frames, model) ? 1u : 0u;
  }
  bool again = true;
  for (uint32_t pass = 0; again && pass <= HB_IMAGE_MAX_MODELS * HB_IMAGE_MAX_SLOTS; ++pass) {
    again = false;
    view->num_jobs = 0;
    for (uint32_t model = 0; model < num_models; ++model) {
      if (!hb_frames_ready(&self->frames, model)) {
        self->ready &= ~(1u << model);
        continue;
      }
      const hb_model_t *const m = &self->frames.model[model];
      const bool known = ((self->ready >> model) & 1u) != 0;
      const uint32_t number = hb_frames_head(&self->frames, model)->number;
      const bool same =
          known && HB_TAG_FRAME(self->job[model].tag) == HB_TAG_FRAME(HB_TAG(0, number, 0));
      if (!m->started && (!same || self->tables.models[model].num_variants > 1u) &&
          !choose_variant(self, view, model)) {
        again = true;
        continue;
      }
      const uint32_t tag = HB_TAG(model, number, m->layer);
      if (!known || self->job[model].tag != tag) {
        make_job(self, model, tag, same ? self->job[model].since : self->now);
        self->ready |= 1u << model;
      }
      jobs[view->num_jobs++] = &self->job[model];
    }
  }
}

/* Takes job `index` off the list. */
static void take_off(hb_sched_view_t *view, const hb_job_t **jobs, uint32_t index) {
  --view->num_jobs;
  for (uint32_t i = index; i < view->num_jobs; ++i) {
    jobs[i] = jobs[i + 1u];
  }
}

static void start(hb_main_t *self, const hb_job_t *job, uint32_t tile) {
  const hb_image_model_t *const model = job->image;
  const hb_image_layer_t *const layer = job->layer;
  const hb_image_program_t *const program = &job->programs[self->tables.tiles[tile].kind];
  const uint32_t slot = hb_frames_head(&self->frames, job->model)->slot;
  const hb_tile_job_t tile_job = {
      .program = program->addr,
      .commands = program->commands,
      .base = {layer->in_addr == HB_IMAGE_NONE ? model->slot_addr[slot] : layer->in_addr,
               layer->out_addr, layer->const_addr,
               layer->in2_addr == HB_IMAGE_NONE ? 0 : layer->in2_addr},
      .tag = job->tag,
  };
  hb_frames_layer_started(&self->frames, job->model, tile);
  hb_jobs_start(&self->jobs, tile, job->model, &tile_job, program->est_cycles, self->now);
  if (self->policy->on_start != NULL) {
    self->policy->on_start(&self->state, job, tile);
  }
}

/* Frames that the policy gives up, at most all there are. Their dependents go with them, so what
 * is left is listed anew. */
static void give_up(hb_main_t *self, const hb_job_t **jobs, hb_sched_view_t *view) {
  for (uint32_t round = 0; round < HB_IMAGE_MAX_MODELS * HB_IMAGE_MAX_SLOTS; ++round) {
    const uint32_t index = self->policy->drop(view);
    if (index >= view->num_jobs) {
      return;
    }
    const uint32_t model = jobs[index]->model;
    hb_frames_drop(&self->frames, model, HB_DROP_SMART);
    self->ready &= ~(1u << model);
    list_ready(self, jobs, view);
  }
}

/* Probe `candidates`: what the policy is about to choose from. */
HB_PROBE_HANDLER static void explain_choice(const void *self, const void *view,
                                            const void *unused) {
  (void)unused;
  hb_sched_explain(((const hb_main_t *)self)->policy, view);
}

/* Probe `variants`: of a job that was chosen, what its frame's variant was chosen from at this
 * event, if it was. */
HB_PROBE_HANDLER static void explain_variant(const void *self_, const void *view,
                                             const void *job_) {
  const hb_main_t *const self = self_;
  const hb_job_t *const job = job_;
  if (!job->started && job->image->num_variants > 1u && self->policy->explain_variants != NULL) {
    const hb_sched_frame_t frame = frame_of(self, job->model);
    self->policy->explain_variants(view, &frame);
  }
}

static void place_jobs(hb_main_t *self) {
  if (self->jobs.free_tiles == 0) {
    return;
  }
  const hb_job_t *jobs[HB_IMAGE_MAX_MODELS];
  hb_sched_view_t view = {
      .now = self->now,
      .jobs = jobs,
      .num_tiles = self->tables.header->num_tiles,
      .tiles = self->tables.tiles,
      .free_tiles = self->jobs.free_tiles,
      .state = &self->state,
  };
  list_ready(self, jobs, &view);
  if (self->policy->drop != NULL) {
    give_up(self, jobs, &view);
  }
  if (self->policy->before_choices != NULL && view.num_jobs != 0) {
    self->policy->before_choices(&self->state, &view);
  }
  /* Every round takes a tile, so there are at most num_tiles. */
  for (uint32_t round = 0; round < view.num_tiles && view.num_jobs > 0; ++round) {
    hb_sched_choice_t choice;
    if (view.free_tiles == 0) {
      return;
    }
    HB_PROBE("candidates", explain_choice, self, &view, self);
    if (!self->policy->choose(&view, &choice)) {
      return;
    }
    const hb_job_t *const job = jobs[choice.job];
    HB_PROBE("variants", explain_variant, self, &view, job);
    hb_telemetry_decision(job->tag, choice.tile, view.num_jobs,
                          (uint32_t)__builtin_popcount(view.free_tiles));
    start(self, job, choice.tile);
    self->ready &= ~(1u << job->model);
    view.free_tiles = self->jobs.free_tiles;
    take_off(&view, jobs, choice.job);
  }
}

static void schedule(hb_main_t *self) {
  if (self->policy->on_tick != NULL) {
    self->policy->on_tick(&self->state, self->now);
  }
  place_jobs(self);
  if (self->policy->after_choices != NULL) {
    self->policy->after_choices(&self->state);
  }
}

static void on_frame_end(void *ctx, uint32_t model, const hb_frame_t *frame, bool started,
                         bool dropped) {
  hb_main_t *const self = ctx;
  if (self->policy->on_frame_done != NULL) {
    const hb_sched_end_t end = {.model = model,
                                .started = started,
                                .dropped = dropped,
                                .late = !dropped && self->now > frame->deadline};
    self->policy->on_frame_done(&self->state, &end);
  }
}

hb_status_t hb_main_init(hb_main_t *self, const void *image, uint32_t capacity) {
  hb_tables_fault_t fault;
  const hb_status_t status = hb_tables_open(&self->tables, image, capacity, &fault);
  if (status != HB_OK) {
    hb_telemetry_fault(status, HB_IMAGE_NONE, fault.index, (uint32_t)fault.check);
    return status;
  }

  const hb_image_header_t *const header = self->tables.header;
  self->policy = hb_policy_find(header->policy);
  self->ready = 0;
  hb_policy_state_init(&self->state, self->policy, &self->tables);
  hb_frames_init(&self->frames, &self->tables, on_frame_end, self);
  HB_TRY(hb_jobs_init(&self->jobs, &self->tables));
  use_tiles_left(self);
  hb_irq_enable(HB_IRQ_MAILBOX | HB_IRQ_TIMER | (HB_IRQ_TILE(header->num_tiles) - 1u));
  hb_telemetry_boot(header->policy, header->num_models, header->num_tiles);
  return HB_OK;
}

/* Jobs that are silent beyond their limit are lost with their tiles' state. */
static void reset_silent_tiles(hb_main_t *self) {
  uint32_t silent = hb_jobs_check_limits(&self->jobs, self->now);
  for (uint32_t tile = 0; silent != 0; ++tile, silent >>= 1) {
    if ((silent & 1u) != 0) {
      reset_tile(self, tile);
    }
  }
}

hb_status_t hb_main_step(hb_main_t *self) {
  const uint32_t pending = hb_irq_pending();
  self->now = hb_timer_now();
  HB_TRY(collect_completions(self, pending));
  if ((pending & HB_IRQ_MAILBOX) != 0) {
    HB_TRY(take_in_frames(self));
  }

  self->now = hb_timer_now();
  if ((pending & HB_IRQ_TIMER) != 0) {
    reset_silent_tiles(self);
  }
  if ((self->tables.header->flags & HB_IMAGE_FLAG_DROP_LATE) != 0) {
    hb_frames_drop_late(&self->frames, self->now);
  }
  schedule(self);
  return HB_OK;
}

void hb_main_run(hb_main_t *self, const void *image, uint32_t capacity) {
  hb_status_t status = hb_main_init(self, image, capacity);
  while (status == HB_OK) {
    hb_port_wait();
    status = hb_main_step(self);
  }
  /* The contract's two ways to end: a bad image, or a failed run. */
  hb_telemetry_exit(status == HB_ERR_FORMAT || status == HB_ERR_INTERNAL ? status : HB_ERR_FAILED);
}
