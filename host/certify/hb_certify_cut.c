/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_certify_cut.h"

#include <stdlib.h>
#include <string.h>

#include "hilbert/hb_tile_regs.h"

enum {
  LEN_BITS = 20,
  JOB_QUEUE = 4,   /* jobs that wait; one more rung is an overrun */
  RESET_CYCLES = 2 /* from a soft reset's write until no job starts before the flush */
};

static uint32_t *perf(hb_replay_state_t *state, uint32_t offset) {
  return &state->perf[(offset - HB_TILE_REG_PERF_BUSY) / 4];
}

void hb_cut_init(hb_cut_t *cut, const hb_replay_state_t *begin, bool keep, hb_cut_sink_t sink,
                 void *ctx) {
  *cut = (hb_cut_t){.sink = sink, .ctx = ctx, .keep = keep, .idle = true};
  if (begin != NULL) cut->now = *begin;
}

void hb_cut_release(hb_cut_t *cut) {
  free(cut->records);
  free(cut->jobs);
  *cut = (hb_cut_t){0};
}

/* Room for one more. */
static hb_status_t grow(void **items, size_t *max, size_t num, size_t size) {
  if (num < *max) return HB_OK;
  const size_t bigger = *max == 0 ? 1024 : 2 * *max;
  void *grown = realloc(*items, bigger * size);
  if (grown == NULL) return HB_ERR_NOMEM;
  *items = grown;
  *max = bigger;
  return HB_OK;
}

/* Whether all there is to the tile's state is `now`. */
static bool at_rest(const hb_cut_t *cut) {
  return cut->idle && !cut->irq &&
         (cut->now.regs[HB_REPLAY_CTRL] & HB_TILE_CTRL_IRQ_EN_MASK) != 0 && cut->num_addrs == 0 &&
         cut->num_words == 0 && cut->writes == 0 && cut->reads == 0 && cut->rung == cut->done &&
         !cut->reset && !cut->lost;
}

static hb_status_t hand_out(hb_cut_t *cut, uint64_t to, bool open) {
  cut->segment.to = to;
  cut->segment.open = open;
  cut->segment.end = cut->now;
  cut->segment.records = cut->records;
  cut->segment.jobs = cut->jobs;
  if (!cut->keep) cut->segment.num_records = 0;
  cut->some = false;
  return cut->sink(cut->ctx, &cut->segment);
}

/* Something begins in cycle `from`, which may be the first of a segment. */
static hb_status_t begin(hb_cut_t *cut, uint64_t from) {
  if (cut->some && cut->segment.num_jobs > 0 && at_rest(cut) && from > cut->last) {
    HB_TRY(hand_out(cut, from, false));
  }
  if (!cut->some) {
    cut->some = true;
    cut->segment = (hb_replay_segment_t){.from = from, .begin = cut->now};
  }
  return HB_OK;
}

static void write_register(hb_cut_t *cut, uint64_t cycle, uint32_t offset, uint32_t data,
                           uint32_t strobe) {
  hb_replay_state_t *now = &cut->now;
  const int index = hb_replay_register(offset);
  if (index == HB_REPLAY_CTRL) {
    if ((strobe & 1u) == 0) return;
    now->regs[index] = data & HB_TILE_CTRL_IRQ_EN_MASK;
    if ((data & HB_TILE_CTRL_SOFT_RESET_MASK) != 0) {
      cut->reset = true;
      cut->reset_at = cycle + RESET_CYCLES;
      cut->rung = cut->done = 0;
      memset(now->perf, 0, sizeof(now->perf));
    }
  } else if (index >= 0) {
    for (uint32_t i = 0; i < 4; i++) {
      const uint32_t mask = UINT32_C(0xff) << (8 * i);
      if ((strobe >> i & 1u) != 0) now->regs[index] = (now->regs[index] & ~mask) | (data & mask);
    }
    if (index == HB_REPLAY_LEN) now->regs[index] &= (UINT32_C(1) << LEN_BITS) - 1;
  } else if (offset == HB_TILE_REG_JOB_TAG) {
    cut->rung++;
  }
}

/* Address and word of a write may come apart; the first of each belong together. */
static void pair_writes(hb_cut_t *cut, uint64_t cycle) {
  if (cut->num_addrs == 0 || cut->num_words == 0) return;
  write_register(cut, cycle, cut->addrs[0], cut->words[0].data, cut->words[0].strobe);
  cut->num_addrs--;
  cut->num_words--;
  memmove(cut->addrs, cut->addrs + 1, cut->num_addrs * sizeof(cut->addrs[0]));
  memmove(cut->words, cut->words + 1, cut->num_words * sizeof(cut->words[0]));
}

static void follow(hb_cut_t *cut, const hb_sim_boundary_t *record) {
  switch (record->channel) {
    case HB_BOUNDARY_REG_AW:
      if (cut->num_addrs == HB_CUT_WRITES) {
        cut->lost = true;
        break;
      }
      cut->addrs[cut->num_addrs++] = record->addr & ~UINT32_C(3);
      cut->writes++;
      pair_writes(cut, record->cycle);
      break;
    case HB_BOUNDARY_REG_W:
      if (cut->num_words == HB_CUT_WRITES) {
        cut->lost = true;
        break;
      }
      cut->words[cut->num_words].data = record->data;
      cut->words[cut->num_words++].strobe = record->strobe;
      pair_writes(cut, record->cycle);
      break;
    case HB_BOUNDARY_REG_B:
      cut->writes--;
      break;
    case HB_BOUNDARY_REG_AR:
      cut->reads++;
      break;
    case HB_BOUNDARY_REG_R:
      cut->reads--;
      break;
    case HB_BOUNDARY_IRQ:
      cut->irq = record->data != 0;
      break;
    case HB_BOUNDARY_IDLE:
      cut->idle = record->data != 0;
      if (cut->idle && cut->reset && record->cycle >= cut->reset_at) {
        /* What was rung before the flush is gone, the rest is done; there was no overrun if all of
         * it found room. */
        if (cut->rung <= JOB_QUEUE) cut->rung = cut->done = 0;
        cut->reset = false;
      }
      break;
    default:
      break;
  }
}

/* The tile is reset: what it was doing ends here, and nothing of it is left. */
static hb_status_t reset(hb_cut_t *cut, uint64_t cycle) {
  if (cut->some && cycle > cut->segment.from) {
    HB_TRY(hand_out(cut, cycle, !at_rest(cut) || cycle <= cut->last));
  }
  cut->some = false;
  cut->now = (hb_replay_state_t){0};
  cut->idle = true;
  cut->irq = cut->reset = cut->lost = false;
  cut->num_addrs = cut->num_words = 0;
  cut->writes = cut->reads = cut->rung = cut->done = 0;
  return HB_OK;
}

hb_status_t hb_cut_boundary(hb_cut_t *cut, const hb_sim_boundary_t *record) {
  if (record->channel == HB_BOUNDARY_RESET) return reset(cut, record->cycle);
  const bool wire = record->channel == HB_BOUNDARY_IRQ || record->channel == HB_BOUNDARY_IDLE;
  const uint64_t from =
      record->wait > record->cycle ? 0 : record->cycle - (wire ? 0 : record->wait);
  if (!wire || !cut->some) HB_TRY(begin(cut, from));
  if (cut->keep) {
    void *items = cut->records;
    HB_TRY(grow(&items, &cut->max_records, cut->segment.num_records, sizeof(*cut->records)));
    cut->records = items;
    cut->records[cut->segment.num_records] = *record;
  }
  cut->segment.num_records++;
  follow(cut, record);
  const bool beats = record->channel == HB_BOUNDARY_R || record->channel == HB_BOUNDARY_W;
  const uint64_t last = record->cycle + (beats && record->beats > 1 ? record->beats - 1 : 0);
  if (last > cut->last) cut->last = last;
  return HB_OK;
}

hb_status_t hb_cut_job(hb_cut_t *cut, const hb_sim_job_t *job) {
  if (!cut->some) HB_TRY(begin(cut, job->end));
  void *items = cut->jobs;
  HB_TRY(grow(&items, &cut->max_jobs, cut->segment.num_jobs, sizeof(*cut->jobs)));
  cut->jobs = items;
  cut->jobs[cut->segment.num_jobs++] = *job;
  if (job->end > cut->last) cut->last = job->end;
  if (cut->reset && job->start <= cut->reset_at) return HB_OK; /* the reset swallows it */
  cut->done++;
  /* A job's counters begin behind its first cycle, in which it waits for commands. */
  *perf(&cut->now, HB_TILE_REG_PERF_BUSY) += (uint32_t)job->busy + 1;
  *perf(&cut->now, HB_TILE_REG_PERF_ARRAY) += (uint32_t)job->array;
  *perf(&cut->now, HB_TILE_REG_PERF_WAIT_LOAD) += (uint32_t)job->wait_load;
  *perf(&cut->now, HB_TILE_REG_PERF_WAIT_STORE) += (uint32_t)job->wait_store;
  *perf(&cut->now, HB_TILE_REG_PERF_WAIT_WGT) += (uint32_t)job->wait_wgt;
  *perf(&cut->now, HB_TILE_REG_PERF_WAIT_CMD) += (uint32_t)job->wait_cmd + 1;
  *perf(&cut->now, HB_TILE_REG_PERF_RD_BEATS) += (uint32_t)job->rd_beats;
  *perf(&cut->now, HB_TILE_REG_PERF_WR_BEATS) += (uint32_t)job->wr_beats;
  *perf(&cut->now, HB_TILE_REG_PERF_STARTED) += 1;
  *perf(&cut->now, HB_TILE_REG_PERF_COMPLETED) += 1;
  return HB_OK;
}

hb_status_t hb_cut_finish(hb_cut_t *cut, uint64_t to, uint64_t open_to) {
  if (!cut->some) return HB_OK;
  const bool rest = at_rest(cut) && to > cut->last;
  return hand_out(cut,
                  rest                          ? to
                  : open_to > cut->segment.from ? open_to
                                                : cut->segment.from,
                  !rest);
}
