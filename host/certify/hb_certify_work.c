/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_certify_work.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "hb_certify_cut.h"

enum { WAIT_MS = 100 };

/* What a unit's segments are handed to. */
typedef struct worker {
  const hb_certify_work_t *work;
  hb_certify_trace_t trace;
  hb_replay_t *replays[HB_MAX_TILES]; /* of the tiles with another model than those before them */
  size_t unit;
  uint32_t tile;
  hb_certify_result_t result;
} worker_t;

/* The Verilated tile to replay a tile on; tiles of one model share it. */
static hb_status_t replay_of(worker_t *worker, uint32_t tile, hb_replay_t **replay_out) {
  const hb_certify_work_t *work = worker->work;
  uint32_t first = 0;
  while (strcmp(work->soc->tiles[first].model, work->soc->tiles[tile].model) != 0) {
    first++;
  }
  if (worker->replays[first] == NULL) {
    HB_TRY(hb_replay_create(work->soc->tiles[tile].model, work->memory, work->num_memory,
                            &worker->replays[first]));
  }
  *replay_out = worker->replays[first];
  return HB_OK;
}

static hb_status_t replay_segment(void *ctx, const hb_replay_segment_t *segment) {
  worker_t *worker = ctx;
  if (getppid() != worker->work->parent) return HB_ERR_STOPPED;
  hb_certify_share_touch(worker->work->share, worker->unit);
  hb_replay_t *replay = NULL;
  hb_replay_result_t replayed;
  HB_TRY(replay_of(worker, worker->tile, &replay));
  HB_TRY(hb_replay_run(replay, segment, &replayed));
  hb_certify_result_t *result = &worker->result;
  result->segments++;
  result->segments_failed += replayed.num_mismatches > 0;
  if (replayed.num_mismatches == 0) result->jobs += replayed.jobs;
  result->mismatches += replayed.num_mismatches;
  result->cycles += replayed.cycles;
  for (uint64_t i = 0;
       i < replayed.num_mismatches && i < HB_REPLAY_SHOWN && result->num_found < HB_CERTIFY_SHOWN;
       i++) {
    result->found[result->num_found++] =
        (hb_certify_found_t){.tile = worker->tile, .mismatch = replayed.shown[i]};
  }
  return HB_OK;
}

/* Reads the records of a unit and replays its segments. */
static hb_status_t do_unit(worker_t *worker, size_t index) {
  const hb_certify_plan_t *plan = worker->work->plan;
  const hb_certify_unit_t *unit = &plan->units[index];
  const hb_certify_segment_t *first = &plan->segments[unit->first];
  const hb_certify_segment_t *last = first + unit->num - 1;
  worker->unit = index;
  worker->tile = unit->tile;
  worker->result = (hb_certify_result_t){0};
  if (last->to > first->from)
    hb_trace_reader_range(worker->trace.reader, first->from, last->to - 1);
  hb_cut_t cut;
  hb_cut_init(&cut, &first->begin, true, replay_segment, worker);
  hb_certify_record_t record;
  hb_status_t status = last->to > first->from ? HB_OK : HB_ERR_END;
  while (status == HB_OK) {
    status = hb_certify_trace_next(&worker->trace, &record);
    if (status != HB_OK || (record.is_job ? record.job.tile : record.boundary.tile) != unit->tile) {
      continue;
    }
    status =
        record.is_job ? hb_cut_job(&cut, &record.job) : hb_cut_boundary(&cut, &record.boundary);
  }
  /* Behind damage there is nothing that a segment needs. */
  if (status == HB_ERR_END || (status == HB_ERR_FORMAT && plan->damaged)) {
    status = hb_cut_finish(&cut, last->to, last->to);
  }
  hb_cut_release(&cut);
  return status;
}

static hb_status_t do_all(worker_t *worker, bool *done) {
  const hb_certify_work_t *work = worker->work;
  for (bool left = true; left;) {
    bool worked = false;
    left = false;
    for (size_t i = 0; i < work->plan->num_units; i++) {
      hb_certify_turn_t turn = HB_CERTIFY_DONE;
      if (!done[i]) HB_TRY(hb_certify_share_claim(work->share, i, &turn));
      if (turn == HB_CERTIFY_MINE) {
        HB_TRY(do_unit(worker, i));
        HB_TRY(hb_certify_share_finish(work->share, i, &worker->result));
        worked = true;
      }
      done[i] = turn != HB_CERTIFY_TAKEN;
      left = left || !done[i];
    }
    if (getppid() != work->parent) return HB_ERR_STOPPED;
    if (left && !worked) {
      nanosleep(&(struct timespec){.tv_nsec = WAIT_MS * 1000000L}, NULL);
    }
  }
  return HB_OK;
}

hb_status_t hb_certify_do_work(const hb_certify_work_t *work, char *why, size_t why_len) {
  worker_t *worker = calloc(1, sizeof(*worker));
  bool *done = calloc(work->plan->num_units + 1, sizeof(*done));
  hb_status_t status = worker == NULL || done == NULL ? HB_ERR_NOMEM : HB_OK;
  if (status == HB_OK) {
    worker->work = work;
    status = hb_certify_trace_open(work->trace_path, &worker->trace, why, why_len);
  }
  if (status == HB_OK) {
    status = do_all(worker, done);
    snprintf(why, why_len, "unit %zu: %s", worker->unit, hb_status_text(status));
    hb_certify_trace_close(&worker->trace);
    for (uint32_t i = 0; i < HB_MAX_TILES; i++) {
      hb_replay_free(worker->replays[i]);
    }
  }
  free(done);
  free(worker);
  return status;
}
