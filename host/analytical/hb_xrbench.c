/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_xrbench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FINISH_MARGIN_MS 1e-2f /* a job counts as finished that much early */

typedef struct stream {
  float period;      /* whole ms */
  float *injections; /* of each frame that waits or waited, by place in the queue */
  uint32_t *frames;
  uint32_t total, arrived; /* frames of the window; those whose time has come */
  uint32_t head, tail;     /* of the queue */
  uint32_t completed;
} stream_t;

typedef struct job {
  bool busy;
  uint32_t task, frame;
  float injection, dispatch, completion;
} job_t;

typedef struct machine {
  const hb_xrbench_run_t *run;
  const hb_load_t *load;
  hb_xrbench_sink_t sink;
  void *ctx;
  hb_score_sum_t *sums;
  stream_t streams[HB_SUITE_MAX_TASKS];
  uint32_t order[HB_SUITE_MAX_TASKS]; /* tasks by the name of their network */
  job_t jobs[HB_SUITE_MAX_PARTS];
  float now, tick; /* ms */
  uint32_t ticks;  /* that have passed */
} machine_t;

/* ----------------------------------------------------------------------------------- chance */

/* splitmix64's output function. */
static uint64_t mix(uint64_t x) {
  x += UINT64_C(0x9e3779b97f4a7c15);
  x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
  return x ^ (x >> 31);
}

static uint64_t mix_text(uint64_t state, const char *text) {
  for (; *text != '\0'; text++) {
    state = mix(state ^ (unsigned char)*text);
  }
  return mix(state);
}

bool hb_xrbench_triggers(uint64_t seed, const hb_load_t *load, uint32_t task, uint32_t frame) {
  uint64_t state = mix_text(mix(seed), load->name);
  state = mix(mix_text(state, load->tasks[task].network) ^ frame);
  return state % 1000000 < load->tasks[task].probability_ppm; /* bias below 1e-13 */
}

/* ------------------------------------------------------------------------------ the loop's parts
 */

static float deadline_of(const stream_t *stream, uint32_t frame) {
  return stream->period * (float)(frame + 1);
}

/* A frame is seen at the first event that is not before its time, one of each task an event. */
static void fetch(machine_t *m) {
  for (uint32_t t = 0; t < m->load->num_tasks; t++) {
    stream_t *stream = &m->streams[t];
    if (stream->arrived == stream->total || stream->period * (float)stream->arrived > m->now) {
      continue;
    }
    const uint32_t frame = stream->arrived++;
    if (hb_xrbench_triggers(m->run->seed, m->load, t, frame)) {
      stream->frames[stream->tail] = frame;
      stream->injections[stream->tail++] = m->now;
    }
  }
}

static void end_frame(machine_t *m, hb_xrbench_frame_t *frame) {
  hb_score_sum_t *sum = &m->sums[frame->task];
  if (frame->dropped) {
    sum->dropped++;
  } else {
    const hb_cost_t *cost = &m->run->costs[frame->part * m->load->num_tasks + frame->task];
    const hb_score_constants_t *constants = &m->run->constants;
    frame->energy_mj = cost->energy_mj;
    frame->real_time = hb_score_of_delay(constants, frame->completion - frame->deadline);
    frame->energy = hb_score_of_energy(constants, cost->energy_mj);
    frame->accuracy = m->load->tasks[frame->task].accuracy;
    hb_score_add(sum, frame->real_time, frame->energy, frame->accuracy);
  }
  if (m->sink != NULL) {
    m->sink(m->ctx, frame);
  }
}

static void retire(machine_t *m) {
  for (uint32_t p = 0; p < m->run->num_parts; p++) {
    job_t *job = &m->jobs[p];
    if (!job->busy || m->now + FINISH_MARGIN_MS < job->completion) {
      continue;
    }
    job->busy = false;
    m->streams[job->task].completed++;
    hb_xrbench_frame_t frame = {
        .task = job->task,
        .frame = job->frame,
        .part = p,
        .injection = job->injection,
        .dispatch = job->dispatch,
        .deadline = deadline_of(&m->streams[job->task], job->frame),
        .completion = job->completion,
    };
    end_frame(m, &frame);
  }
}

static void drop_late(machine_t *m) {
  for (uint32_t i = 0; i < m->load->num_tasks; i++) {
    const uint32_t t = m->order[i];
    stream_t *stream = &m->streams[t];
    while (stream->head < stream->tail &&
           deadline_of(stream, stream->frames[stream->head]) < m->now) {
      const uint32_t frame = stream->frames[stream->head];
      hb_xrbench_frame_t end = {
          .task = t,
          .frame = frame,
          .dropped = true,
          .injection = stream->injections[stream->head],
          .dispatch = m->now,
          .deadline = deadline_of(stream, frame),
          .completion = m->now,
      };
      stream->head++;
      end_frame(m, &end);
    }
  }
}

/* The idle part with the least latency, the first of equals; num_parts if none is idle. */
static uint32_t choose_part(const machine_t *m, uint32_t task) {
  uint32_t best = m->run->num_parts;
  double least = INFINITY;
  for (uint32_t p = 0; p < m->run->num_parts; p++) {
    const double latency = m->run->costs[p * m->load->num_tasks + task].latency_ms;
    if (!m->jobs[p].busy && latency < least) {
      least = latency;
      best = p;
    }
  }
  return best;
}

/* Counts completions upstream, whichever frames those were. */
static bool is_ready(const machine_t *m, uint32_t task, uint32_t frame) {
  const int32_t upstream = m->load->tasks[task].depends_on;
  return upstream == HB_SUITE_NO_TASK || m->streams[upstream].completed > frame;
}

static bool start(machine_t *m, uint32_t task) {
  stream_t *stream = &m->streams[task];
  if (stream->head == stream->tail || !is_ready(m, task, stream->frames[stream->head])) {
    return false;
  }
  const uint32_t part = choose_part(m, task);
  if (part == m->run->num_parts) {
    return false;
  }
  const float latency = (float)m->run->costs[part * m->load->num_tasks + task].latency_ms;
  m->jobs[part] = (job_t){
      .busy = true,
      .task = task,
      .frame = stream->frames[stream->head],
      .injection = stream->injections[stream->head],
      .dispatch = m->now,
      .completion = m->now + latency,
  };
  stream->head++;
  return true;
}

static void dispatch(machine_t *m) {
  bool changes = true;
  while (changes) {
    changes = false;
    for (uint32_t i = 0; i < m->load->num_tasks; i++) {
      changes |= start(m, m->order[i]);
    }
  }
}

/* The next tick of the fastest stream, or the end of a job before it. */
static void advance(machine_t *m) {
  const float tick = (float)(m->ticks + 1) * m->tick;
  float next = tick;
  for (uint32_t p = 0; p < m->run->num_parts; p++) {
    if (m->jobs[p].busy) {
      next = fminf(next, m->jobs[p].completion);
    }
  }
  m->ticks += next == tick;
  m->now = next;
}

static bool frames_to_come(const machine_t *m) {
  for (uint32_t t = 0; t < m->load->num_tasks; t++) {
    if (m->streams[t].arrived < m->streams[t].total) {
      return true;
    }
  }
  return false;
}

/* ----------------------------------------------------------------------------------- a run */

static hb_status_t prepare(machine_t *m) {
  uint32_t most_fps = 0;
  for (uint32_t t = 0; t < m->load->num_tasks; t++) {
    const hb_load_task_t *task = &m->load->tasks[t];
    stream_t *stream = &m->streams[t];
    const uint32_t period = 1000 / task->fps;
    stream->period = (float)period;
    stream->total = m->run->window_ms / period;
    stream->frames = malloc((stream->total + 1) * sizeof(*stream->frames));
    stream->injections = malloc((stream->total + 1) * sizeof(*stream->injections));
    if (stream->frames == NULL || stream->injections == NULL) {
      return HB_ERR_NOMEM;
    }
    most_fps = task->fps > most_fps ? task->fps : most_fps;
    uint32_t place = t;
    for (; place > 0 && strcmp(m->load->tasks[m->order[place - 1]].network, task->network) > 0;
         place--) {
      m->order[place] = m->order[place - 1];
    }
    m->order[place] = t;
  }
  m->tick = (float)(1000 / most_fps);
  return HB_OK;
}

hb_status_t hb_xrbench_run(const hb_xrbench_run_t *run, hb_xrbench_sink_t sink, void *ctx,
                           hb_score_sum_t sums[HB_SUITE_MAX_TASKS]) {
  machine_t machine = {.run = run, .load = run->load, .sink = sink, .ctx = ctx, .sums = sums};
  memset(sums, 0, HB_SUITE_MAX_TASKS * sizeof(*sums));
  const hb_status_t status = prepare(&machine);
  /* What is in flight or waits when the last frame has come is not in the results. */
  while (status == HB_OK && frames_to_come(&machine)) {
    fetch(&machine);
    retire(&machine);
    drop_late(&machine);
    dispatch(&machine);
    advance(&machine);
  }
  for (uint32_t t = 0; t < run->load->num_tasks; t++) {
    free(machine.streams[t].frames);
    free(machine.streams[t].injections);
  }
  return status;
}
