/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_score.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hilbert/hb_telemetry.h"
#include "hilbert/hb_tile_regs.h"

_Static_assert(HB_SCORE_VARIANTS == HB_IMAGE_MAX_VARIANTS, "a count for each variant");

typedef enum frame_state { FRAME_OPEN = 0, FRAME_COMPLETED, FRAME_DROPPED } frame_state_t;

typedef struct frame {
  uint32_t number;
  frame_state_t state;
  uint32_t reason;                        /* dropped: HB_DROP_*, 0 if it is none that we know */
  uint32_t variant;                       /* in its last VARIANT record */
  uint64_t arrival, deadline, completion; /* cycles */
  double pj;                              /* of its jobs, in their tiles */
  uint64_t beats;                         /* that they moved */
} frame_t;

typedef struct frames {
  frame_t *items;
  uint64_t count, capacity;
} frames_t;

typedef struct cycles {
  uint64_t *items;
  uint64_t count, capacity;
} cycles_t;

/* A job that a reset has cost, until it runs again or its frame ends. */
typedef struct lost_job {
  bool lost;
  uint32_t tag, tile;
} lost_job_t;

struct hb_score {
  const hb_scenario_t *scenario;
  uint32_t clock_khz;
  bool out_of_memory;
  uint64_t arrived, ended;
  frames_t models[HB_IMAGE_MAX_MODELS];
  cycles_t rises;          /* every rise of an interrupt: cycle * 2 + (1 if a tile's) */
  cycles_t doorbells;      /* of finished jobs */
  cycles_t pass_decisions; /* cycles of DECISION records since the host woke up */
  cycles_t decision_costs;
  uint32_t last_model[HB_MAX_TILES];   /* of the last job that ended, plus 1 */
  uint64_t failed_start[HB_MAX_TILES]; /* of the tile's last job that ended with an error */
  lost_job_t lost[HB_IMAGE_MAX_MODELS];
  uint64_t lost_to_faults[HB_IMAGE_MAX_MODELS]; /* frames */
  hb_score_result_t result;                     /* what is counted on the way */
};

/* Makes room for one more item. */
static bool grow(hb_score_t *score, void **items, uint64_t count, uint64_t *capacity, size_t size) {
  if (count < *capacity) {
    return true;
  }
  const uint64_t wanted = *capacity == 0 ? 256 : 2 * *capacity;
  void *grown = realloc(*items, wanted * size);
  if (grown == NULL) {
    score->out_of_memory = true;
    return false;
  }
  *items = grown;
  *capacity = wanted;
  return true;
}

static void append_cycle(hb_score_t *score, cycles_t *list, uint64_t cycle) {
  void *items = list->items;
  if (grow(score, &items, list->count, &list->capacity, sizeof(*list->items))) {
    list->items = items;
    list->items[list->count++] = cycle;
  }
}

static frame_t *append_frame(hb_score_t *score, uint32_t model, uint32_t number) {
  frames_t *list = &score->models[model];
  void *items = list->items;
  if (!grow(score, &items, list->count, &list->capacity, sizeof(*list->items))) {
    return NULL;
  }
  list->items = items;
  frame_t *frame = &list->items[list->count++];
  *frame = (frame_t){.number = number};
  score->arrived++;
  return frame;
}

/* The newest frame of that number that has not ended; open frames are near the end. */
static frame_t *find_open(hb_score_t *score, uint32_t model, uint32_t number) {
  frames_t *list = &score->models[model];
  for (uint64_t i = list->count; i > 0; i--) {
    frame_t *frame = &list->items[i - 1];
    if (frame->number == number && frame->state == FRAME_OPEN) {
      return frame;
    }
  }
  return NULL;
}

hb_status_t hb_score_new(const hb_scenario_t *scenario, uint32_t clock_khz,
                         hb_score_t **score_out) {
  hb_score_t *score = calloc(1, sizeof(*score));
  if (score == NULL) {
    return HB_ERR_NOMEM;
  }
  score->scenario = scenario;
  score->clock_khz = clock_khz;
  score->result.num_models = scenario->num_tasks;
  *score_out = score;
  return HB_OK;
}

void hb_score_free(hb_score_t *score) {
  if (score == NULL) {
    return;
  }
  for (uint32_t i = 0; i < HB_IMAGE_MAX_MODELS; i++) {
    free(score->models[i].items);
  }
  free(score->rises.items);
  free(score->doorbells.items);
  free(score->pass_decisions.items);
  free(score->decision_costs.items);
  free(score);
}

/* ------------------------------------------------------------------------------------------
 * callbacks */

static uint64_t wide(uint32_t low, uint32_t high) {
  return (uint64_t)high << 32 | low;
}

static void frame_record(hb_score_t *score, uint64_t cycle, uint32_t type, const uint32_t *w) {
  const uint32_t model = w[0];
  const uint32_t number = w[1];
  if (model >= score->scenario->num_tasks) {
    return; /* not a model of ours: the trace keeps the record */
  }
  if (type == HB_TEL_FRAME_ARRIVED) {
    frame_t *frame = append_frame(score, model, number);
    if (frame != NULL) {
      frame->arrival = wide(w[2], w[3]);
      frame->deadline = wide(w[4], w[5]);
    }
    return;
  }
  frame_t *frame = find_open(score, model, number);
  if (frame != NULL) {
    frame->state = type == HB_TEL_FRAME_DONE ? FRAME_COMPLETED : FRAME_DROPPED;
    frame->completion = cycle;
    frame->reason = type == HB_TEL_FRAME_DROPPED && w[2] < HB_SCORE_DROPS ? w[2] : 0;
    score->ended++;
  }
}

static void variant_record(hb_score_t *score, const uint32_t *w) {
  frame_t *frame = w[0] < score->scenario->num_tasks && w[2] < HB_SCORE_VARIANTS
                       ? find_open(score, w[0], w[1])
                       : NULL;
  if (frame != NULL) {
    frame->variant = w[2];
  }
}

static void decision_record(hb_score_t *score, uint64_t cycle, uint32_t tag, uint32_t tile) {
  score->result.decisions++;
  append_cycle(score, &score->pass_decisions, cycle);
  lost_job_t *lost = &score->lost[HB_TAG_MODEL(tag)];
  if (lost->lost && lost->tag == tag) {
    score->result.tiles[lost->tile].run_again++;
    score->result.tiles[lost->tile].elsewhere += tile != lost->tile;
  }
  lost->lost = false;
}

static void fault(hb_score_t *score, const uint32_t *w) {
  hb_score_result_t *result = &score->result;
  if (w[0] == HB_ERR_FAILED && w[1] < HB_MAX_TILES && w[2] == HB_IMAGE_NONE) {
    result->tiles[w[1]].retired = true;
  }
  if (!result->fault) {
    result->fault = true;
    result->fault_status = w[0];
    result->fault_tile = w[1];
    result->fault_tag = w[2];
    result->fault_detail = w[3];
  }
}

void hb_score_telemetry(void *ctx, uint64_t cycle, const uint32_t *words, uint32_t num) {
  hb_score_t *score = ctx;
  const uint32_t type = HB_TEL_TYPE(words[0]);
  const uint32_t given = num - 1;
  switch (type) {
    case HB_TEL_FRAME_ARRIVED:
      if (given >= 6) {
        frame_record(score, cycle, type, words + 1);
      }
      break;
    case HB_TEL_FRAME_DONE:
    case HB_TEL_FRAME_DROPPED:
      if (given >= (type == HB_TEL_FRAME_DONE ? 2u : 3u)) {
        frame_record(score, cycle, type, words + 1);
      }
      if (type == HB_TEL_FRAME_DROPPED && given >= 3 && words[3] == HB_DROP_FAULT &&
          words[1] < score->scenario->num_tasks) {
        score->lost_to_faults[words[1]]++;
      }
      break;
    case HB_TEL_VARIANT:
      if (given >= 3) {
        variant_record(score, words + 1);
      }
      break;
    case HB_TEL_DECISION:
      if (given >= 4) {
        decision_record(score, cycle, words[1], words[2]);
      }
      break;
    case HB_TEL_TILE_RESET:
      if (given >= 2 && words[1] < HB_MAX_TILES) {
        score->lost[HB_TAG_MODEL(words[2])] =
            (lost_job_t){.lost = true, .tag = words[2], .tile = words[1]};
      }
      break;
    case HB_TEL_FAULT:
      if (given >= 4) {
        fault(score, words + 1);
      }
      break;
    default:
      break;
  }
}

void hb_score_job(void *ctx, const hb_sim_job_t *job) {
  hb_score_t *score = ctx;
  append_cycle(score, &score->doorbells, job->doorbell);
  if (job->tile >= HB_MAX_TILES) {
    return;
  }
  hb_score_tile_t *tile = &score->result.tiles[job->tile];
  tile->jobs++;
  const uint32_t next_model = HB_TAG_MODEL(job->tag) + 1;
  uint32_t *last_model = &score->last_model[job->tile];
  tile->switches += *last_model != 0 && *last_model != next_model;
  *last_model = next_model;
  if (job->status != HB_TILE_STATUS_OK) {
    tile->failed++;
    score->failed_start[job->tile] = job->start;
    if (!score->result.job_failed) {
      score->result.job_failed = true;
      score->result.failed_job = *job;
    }
    return;
  }
  const uint32_t model = HB_TAG_MODEL(job->tag);
  const uint32_t layer = HB_TAG_LAYER(job->tag);
  if (model < score->scenario->num_tasks &&
      layer < score->scenario->tasks[model].model.num_layers) {
    tile->macs += hb_layer_macs(&score->scenario->tasks[model].model.layers[layer]);
  }
}

void hb_score_spend(hb_score_t *score, uint32_t tag, double pj, uint64_t beats) {
  const uint32_t model = HB_TAG_MODEL(tag);
  const frames_t *list = model < score->scenario->num_tasks ? &score->models[model] : NULL;
  for (uint64_t i = list == NULL ? 0 : list->count; i > 0; i--) { /* near the end */
    frame_t *frame = &list->items[i - 1];
    if (HB_TAG_FRAME(HB_TAG(0, frame->number, 0)) == HB_TAG_FRAME(tag)) {
      frame->pj += pj;
      frame->beats += beats;
      return;
    }
  }
}

void hb_score_tile_event(void *ctx, const hb_sim_tile_event_t *event) {
  hb_score_t *score = ctx;
  if (event->kind == HB_TILE_EVENT_RESET && event->tile < HB_MAX_TILES) {
    hb_score_tile_t *tile = &score->result.tiles[event->tile];
    tile->resets++;
    tile->lost_cycles +=
        event->cycle - (event->running ? event->start : score->failed_start[event->tile]);
  }
}

void hb_score_irq(void *ctx, uint64_t cycle, uint32_t bit, bool level) {
  hb_score_t *score = ctx;
  if (level) {
    const bool is_tile = bit < HB_IRQ_TILE(HB_MAX_TILES);
    score->result.tile_interrupts += is_tile;
    append_cycle(score, &score->rises, cycle << 1 | is_tile);
  }
}

void hb_score_pass(void *ctx, uint64_t woke, uint64_t slept) {
  (void)slept;
  hb_score_t *score = ctx;
  score->result.passes++;
  uint64_t begin = woke;
  for (uint64_t i = 0; i < score->pass_decisions.count; i++) {
    const uint64_t at = score->pass_decisions.items[i];
    append_cycle(score, &score->decision_costs, at - begin);
    score->result.decision_cycles += at - begin;
    begin = at;
  }
  score->pass_decisions.count = 0;
}

void hb_score_progress(const hb_score_t *score, uint64_t *arrived_out, uint64_t *ended_out) {
  *arrived_out = score->arrived;
  *ended_out = score->ended;
}

/* --------------------------------------------------------------------------------------------
 * summary */

const hb_score_constants_t *hb_score_constants_of(const hb_scenario_t *scenario) {
  return scenario->constants.energy_max_mj > 0.0 ? &scenario->constants : &HB_SCORE_XRBENCH;
}

double hb_score_real_time(const hb_score_constants_t *constants, uint64_t completion,
                          uint64_t deadline, uint32_t clock_khz) {
  const double delay_cycles =
      completion >= deadline ? (double)(completion - deadline) : -(double)(deadline - completion);
  return hb_score_of_delay(constants, delay_cycles / (double)clock_khz);
}

static int by_value(const void *a, const void *b) {
  const uint64_t left = *(const uint64_t *)a;
  const uint64_t right = *(const uint64_t *)b;
  return (left > right) - (left < right);
}

static uint64_t nearest_rank(const uint64_t *sorted, uint64_t count, uint64_t percent) {
  return sorted[(count * percent + 99) / 100 - 1];
}

hb_score_spread_t hb_score_spread(uint64_t *values, uint64_t count) {
  if (count == 0) {
    return (hb_score_spread_t){0};
  }
  qsort(values, count, sizeof(*values), by_value);
  return (hb_score_spread_t){
      .count = count,
      .min = values[0],
      .p50 = nearest_rank(values, count, 50),
      .p95 = nearest_rank(values, count, 95),
      .p99 = nearest_rank(values, count, 99),
      .max = values[count - 1],
  };
}

const char *hb_score_outcome_name(hb_score_outcome_t outcome) {
  static const char *const NAMES[] = {
#define X(symbol_, name_) #name_,
      HB_SCORE_OUTCOME_TABLE(X)
#undef X
  };
  return NAMES[outcome];
}

double hb_score_task_accuracy(const hb_task_t *task, uint32_t variant) {
  const hb_model_t *model = &task->model;
  if (model->num_variants > 0) {
    return hb_score_of_accuracy(model->variants[variant].accuracy_ppm,
                                model->variants[0].accuracy_ppm, false);
  }
  const hb_task_accuracy_t *accuracy = &task->accuracy;
  return accuracy->target > 0.0
             ? hb_score_of_accuracy(accuracy->measured, accuracy->target, accuracy->lower_is_better)
             : 1.0;
}

uint64_t hb_score_num_frames(const hb_score_t *score, uint32_t model) {
  return score->models[model].count;
}

hb_score_inference_t hb_score_inference(const hb_score_t *score, uint32_t model, uint64_t index,
                                        uint64_t end, double beat_pj) {
  const hb_score_constants_t *constants = hb_score_constants_of(score->scenario);
  const frame_t *frame = &score->models[model].items[index];
  hb_score_inference_t inference = {
      .frame = frame->number,
      .outcome = frame->state == FRAME_COMPLETED ? HB_SCORE_COMPLETED
                 : frame->state == FRAME_DROPPED ? HB_SCORE_DROPPED
                 : frame->deadline <= end        ? HB_SCORE_OVERDUE
                                                 : HB_SCORE_IN_FLIGHT,
      .released = frame->arrival,
      .deadline = frame->deadline,
      .ended = frame->completion,
      .energy_pj = frame->pj + (double)frame->beats * beat_pj,
  };
  if (inference.outcome == HB_SCORE_COMPLETED || inference.outcome == HB_SCORE_OVERDUE) {
    inference.real_time =
        inference.outcome == HB_SCORE_OVERDUE
            ? 0.0
            : hb_score_real_time(constants, frame->completion, frame->deadline, score->clock_khz);
    inference.energy = hb_score_of_energy(constants, inference.energy_pj / HB_SCORE_PJ_PER_MJ);
    inference.accuracy = hb_score_task_accuracy(&score->scenario->tasks[model], frame->variant);
    inference.score = inference.real_time * inference.energy * inference.accuracy;
  }
  return inference;
}

hb_score_sum_t hb_score_sum(const hb_score_t *score, uint32_t model, uint64_t end, double beat_pj,
                            double *energy_pj_out) {
  hb_score_sum_t sum = {0};
  *energy_pj_out = 0.0;
  for (uint64_t i = 0; i < score->models[model].count; i++) {
    const hb_score_inference_t one = hb_score_inference(score, model, i, end, beat_pj);
    if (one.outcome == HB_SCORE_DROPPED) {
      sum.dropped++;
    } else if (one.outcome != HB_SCORE_IN_FLIGHT) {
      hb_score_add(&sum, one.real_time, one.energy, one.accuracy);
      *energy_pj_out += one.energy_pj;
    }
  }
  return sum;
}

static hb_status_t sum_model(const hb_score_t *score, uint32_t index, uint64_t end,
                             hb_score_model_t *model) {
  const frames_t *list = &score->models[index];
  uint64_t *latencies = malloc((list->count + 1) * sizeof(*latencies));
  if (latencies == NULL) {
    return HB_ERR_NOMEM;
  }
  hb_score_sum_t sum = {0}; /* an energy score of 1 each */
  double accuracy_sum = 0.0;
  *model = (hb_score_model_t){.frames = list->count,
                              .lost_to_faults = score->lost_to_faults[index],
                              .accuracy = 1.0,
                              .qoe = 1.0};
  for (uint64_t i = 0; i < list->count; i++) {
    const frame_t *frame = &list->items[i];
    const hb_score_inference_t one = hb_score_inference(score, index, i, end, 0.0);
    switch (one.outcome) {
      case HB_SCORE_COMPLETED:
        latencies[model->completed++] =
            frame->completion > frame->arrival ? frame->completion - frame->arrival : 0;
        model->variants[frame->variant]++;
        model->late += frame->completion > frame->deadline;
        break;
      case HB_SCORE_DROPPED:
        model->dropped++;
        model->drops[frame->reason]++;
        sum.dropped++;
        continue;
      case HB_SCORE_OVERDUE:
        model->overdue++;
        model->late++;
        break;
      default:
        model->in_flight++;
        continue;
    }
    hb_score_add(&sum, one.real_time, 1.0, one.accuracy);
    accuracy_sum += one.accuracy;
  }
  model->deadline_misses = model->late + model->dropped;
  model->scored = sum.executed + sum.dropped;
  model->latency = hb_score_spread(latencies, model->completed);
  free(latencies);
  if (sum.executed > 0) {
    model->real_time = sum.real_time / (double)sum.executed;
    model->accuracy = accuracy_sum / (double)sum.executed;
  }
  if (model->scored > 0) {
    model->violation_rate = (double)model->deadline_misses / (double)model->scored;
    model->qoe = hb_score_qoe(&sum);
    model->score = hb_score_of_model(&sum);
  }
  return HB_OK;
}

static hb_status_t sum_answers(hb_score_t *score, hb_score_spread_t *spread) {
  const cycles_t *rises = &score->rises;
  const cycles_t *doorbells = &score->doorbells;
  uint64_t *answers = malloc((rises->count + 1) * sizeof(*answers));
  if (answers == NULL) {
    return HB_ERR_NOMEM;
  }
  if (doorbells->count > 0) {
    qsort(doorbells->items, doorbells->count, sizeof(*doorbells->items), by_value);
  }
  uint64_t count = 0;
  uint64_t next = 0;
  for (uint64_t i = 0; i < rises->count; i++) {
    const uint64_t rise = rises->items[i] >> 1;
    while (next < doorbells->count && doorbells->items[next] <= rise) {
      next++;
    }
    const bool is_tile = (rises->items[i] & 1) != 0;
    const bool answered =
        next < doorbells->count &&
        (i + 1 == rises->count || doorbells->items[next] <= rises->items[i + 1] >> 1);
    if (is_tile && answered) {
      answers[count++] = doorbells->items[next] - rise;
    }
  }
  *spread = hb_score_spread(answers, count);
  free(answers);
  return HB_OK;
}

hb_status_t hb_score_finish(hb_score_t *score, uint64_t end, hb_score_result_t *result_out) {
  if (score->out_of_memory) {
    return HB_ERR_NOMEM;
  }
  hb_score_result_t *result = &score->result;
  result->cycles = end;
  double sum = 0.0;
  uint32_t counted = 0;
  for (uint32_t i = 0; i < result->num_models; i++) {
    HB_TRY(sum_model(score, i, end, &result->models[i]));
    if (result->models[i].scored > 0) {
      sum += result->models[i].score;
      counted++;
    }
  }
  result->score = counted == 0 ? NAN : 100.0 * sum / counted;
  HB_TRY(sum_answers(score, &result->irq_to_doorbell));
  result->decision = hb_score_spread(score->decision_costs.items, score->decision_costs.count);
  *result_out = *result;
  return HB_OK;
}

double hb_score_accuracy(const uint64_t *variants, const double *accuracies, uint32_t num,
                         double *share_out) {
  double sum = 0.0;
  uint64_t frames = 0;
  for (uint32_t i = 0; i < num; i++) {
    sum += (double)variants[i] * accuracies[i];
    frames += variants[i];
  }
  const double mean = frames == 0 ? 1.0 : sum / (double)frames;
  *share_out = frames == 0 ? 1.0 : mean / accuracies[0];
  return mean;
}

void hb_score_frames(const hb_score_t *score, uint64_t end, hb_ux_t *ux) {
  for (uint32_t model = 0; model < score->result.num_models; model++) {
    const frames_t *list = &score->models[model];
    for (uint64_t i = 0; i < list->count; i++) {
      const frame_t *frame = &list->items[i];
      if (frame->state != FRAME_OPEN) {
        hb_ux_frame(ux, model, frame->completion,
                    frame->state == FRAME_DROPPED || frame->completion > frame->deadline);
      } else if (frame->deadline <= end) {
        hb_ux_frame(ux, model, frame->deadline < end ? frame->deadline : end - 1, true);
      }
    }
  }
}
