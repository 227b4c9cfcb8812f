/* SPDX-License-Identifier: Apache-2.0 */

#include "core/hb_main.h"

#include "drv/hb_irq.h"
#include "drv/hb_mbox.h"
#include "drv/hb_port.h"
#include "drv/hb_telemetry.h"
#include "drv/hb_timer.h"
#include "hilbert/hb_memmap.h"
#include "hilbert/hb_tile_regs.h"

/* Most messages taken in per pass: frames must not keep completions waiting for ever. */
enum { MESSAGES_PER_STEP = 16 };

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
    const uint32_t code = hb_tile_status_code(end.compl_status);
    uint32_t addr = 0;
    if ((code == HB_TILE_STATUS_AXI_READ || code == HB_TILE_STATUS_AXI_WRITE) &&
        hb_jobs_refused(&self->jobs, tile, &addr)) {
      /* Its own fault: the frame is lost, nobody else's. */
      hb_telemetry_fault(HB_ERR_RANGE, tile, end.tag, addr);
      hb_frames_layer_failed(&self->frames, end.model);
      continue;
    }
    if (code != HB_TILE_STATUS_OK) {
      hb_telemetry_fault(code == HB_TILE_STATUS_WATCHDOG ? HB_ERR_TIMEOUT : HB_ERR_FAILED, tile,
                         end.tag, end.compl_status);
      hb_frames_layer_failed(&self->frames, end.model);
      return HB_ERR_FAILED;
    }
    hb_frames_layer_done(&self->frames, end.model);
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
  }
  return HB_OK;
}

/* Lists the jobs that wait for nothing but a tile, by model. */
static uint32_t list_ready(const hb_main_t *self, hb_job_t *jobs) {
  uint32_t num = 0;
  for (uint32_t model = 0; model < self->tables.header->num_models; ++model) {
    if (!hb_frames_ready(&self->frames, model)) {
      continue;
    }
    const hb_image_model_t *const image_model = &self->tables.models[model];
    const hb_model_t *const m = &self->frames.model[model];
    const hb_frame_t *const frame = hb_frames_head(&self->frames, model);
    jobs[num++] = (hb_job_t){
        .tag = HB_TAG(model, frame->number, m->layer),
        .model = model,
        .priority = image_model->priority,
        .last_tile = m->last_tile,
        .arrival = frame->arrival,
        .deadline = frame->deadline,
        .programs = hb_tables_programs(&self->tables, image_model->first_layer + m->layer),
    };
  }
  return num;
}

static void start(hb_main_t *self, const hb_job_t *job, uint32_t tile, uint64_t now) {
  const hb_image_model_t *const model = &self->tables.models[job->model];
  const hb_image_layer_t *const layer =
      &self->tables.layers[model->first_layer + HB_TAG_LAYER(job->tag)];
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
  hb_jobs_start(&self->jobs, tile, job->model, &tile_job, program->est_cycles, now);
}

static void schedule(hb_main_t *self, uint64_t now) {
  if (self->jobs.free_tiles == 0) {
    return;
  }
  hb_job_t jobs[HB_IMAGE_MAX_MODELS];
  hb_sched_view_t view = {
      .now = now,
      .num_jobs = list_ready(self, jobs),
      .jobs = jobs,
      .num_tiles = self->tables.header->num_tiles,
      .tiles = self->tables.tiles,
      .free_tiles = self->jobs.free_tiles,
      .candidates = (self->tables.header->flags & HB_IMAGE_FLAG_CANDIDATES) != 0,
  };
  /* Every round takes a tile, so there are at most num_tiles. */
  for (uint32_t round = 0; round < view.num_tiles && view.num_jobs > 0; ++round) {
    hb_sched_choice_t choice;
    if (!self->policy->choose(&view, &choice)) {
      return;
    }
    const hb_job_t job = jobs[choice.job];
    hb_telemetry_decision(job.tag, choice.tile, view.num_jobs,
                          (uint32_t)__builtin_popcount(view.free_tiles));
    start(self, &job, choice.tile, now);

    view.free_tiles = self->jobs.free_tiles;
    --view.num_jobs;
    for (uint32_t i = choice.job; i < view.num_jobs; ++i) {
      jobs[i] = jobs[i + 1u];
    }
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
  hb_frames_init(&self->frames, &self->tables);
  HB_TRY(hb_jobs_init(&self->jobs, &self->tables));
  hb_irq_enable(HB_IRQ_MAILBOX | HB_IRQ_TIMER | (HB_IRQ_TILE(header->num_tiles) - 1u));
  hb_telemetry_boot(header->policy, header->num_models, header->num_tiles);
  return HB_OK;
}

hb_status_t hb_main_step(hb_main_t *self) {
  const uint32_t pending = hb_irq_pending();
  HB_TRY(collect_completions(self, pending));
  if ((pending & HB_IRQ_MAILBOX) != 0) {
    HB_TRY(take_in_frames(self));
  }

  const uint64_t now = hb_timer_now();
  if ((pending & HB_IRQ_TIMER) != 0) {
    HB_TRY(hb_jobs_check_limits(&self->jobs, now));
  }
  if ((self->tables.header->flags & HB_IMAGE_FLAG_DROP_LATE) != 0) {
    hb_frames_drop_late(&self->frames, now);
  }
  schedule(self, now);
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
