/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_certify_plan.h"

#include <stdlib.h>
#include <string.h>

#include "hb_certify_cut.h"

enum {
  UNIT_BUSY = 1000000,    /* busy cycles after which a unit ends: about a second of work */
  UNIT_SEGMENTS = 2000,   /* and segments */
  LATE_CYCLES = 256,      /* a record of beats may be missing if it began as late before the end */
  CONFIDENCE_PERCENT = 95 /* of a sample's bound */
};

/* ------------------------------------------------------------------------------------- segments */

typedef struct cutter {
  hb_certify_plan_t *plan;
  uint32_t tile;
  hb_cut_t cut;
} cutter_t;

static hb_status_t take_segment(void *ctx, const hb_replay_segment_t *segment) {
  const cutter_t *cutter = ctx;
  hb_certify_plan_t *plan = cutter->plan;
  if (plan->num_segments == plan->max_segments) {
    const size_t max = plan->max_segments == 0 ? 256 : 2 * plan->max_segments;
    hb_certify_segment_t *grown = realloc(plan->segments, max * sizeof(*grown));
    if (grown == NULL) return HB_ERR_NOMEM;
    plan->segments = grown;
    plan->max_segments = max;
  }
  hb_certify_segment_t *added = &plan->segments[plan->num_segments++];
  *added = (hb_certify_segment_t){.tile = cutter->tile,
                                  .open = segment->open,
                                  .from = segment->from,
                                  .to = segment->to,
                                  .begin = segment->begin};
  for (size_t i = 0; i < segment->num_jobs && segment->jobs[i].end < segment->to; i++) {
    added->jobs++;
    added->busy += segment->jobs[i].busy;
  }
  return HB_OK;
}

static int by_place(const void *a, const void *b) {
  const hb_certify_segment_t *left = a;
  const hb_certify_segment_t *right = b;
  if (left->tile != right->tile) return left->tile < right->tile ? -1 : 1;
  return left->from < right->from ? -1 : left->from > right->from;
}

static hb_status_t cut_all(hb_certify_trace_t *trace, cutter_t *cutters, uint32_t num_tiles,
                           uint32_t tile, hb_certify_plan_t *plan) {
  hb_certify_record_t record;
  hb_status_t status;
  uint64_t last_boundary = 0;
  while ((status = hb_certify_trace_next(trace, &record)) == HB_OK) {
    const uint32_t of = record.is_job ? record.job.tile : record.boundary.tile;
    const uint64_t cycle = record.is_job ? record.job.end : record.boundary.cycle;
    if (of >= num_tiles) return HB_ERR_INPUT;
    plan->last_cycle = cycle;
    last_boundary = record.is_job ? last_boundary : cycle;
    if (tile != HB_MAX_TILES && of != tile) continue;
    hb_cut_t *cut = &cutters[of].cut;
    HB_TRY(record.is_job ? hb_cut_job(cut, &record.job) : hb_cut_boundary(cut, &record.boundary));
  }
  if (status == HB_ERR_FORMAT) {
    plan->damaged = true;
    plan->last_cycle = last_boundary; /* the damaged window may have its jobs, but not these */
    snprintf(plan->why, sizeof(plan->why), "%s", hb_trace_reader_error(trace->reader));
  } else if (status != HB_ERR_END) {
    return status;
  }
  const hb_trace_ending_t *ending = hb_trace_reader_ending(trace->reader);
  if (!plan->damaged && ending->present && ending->last_cycle > plan->last_cycle) {
    plan->last_cycle = ending->last_cycle;
  }
  const uint64_t open_to = plan->last_cycle < LATE_CYCLES ? 0 : plan->last_cycle - LATE_CYCLES;
  for (uint32_t i = 0; i < num_tiles; i++) {
    HB_TRY(hb_cut_finish(&cutters[i].cut, plan->last_cycle + 1, open_to));
  }
  if (plan->num_segments > 0) {
    qsort(plan->segments, plan->num_segments, sizeof(*plan->segments), by_place);
  }
  return HB_OK;
}

hb_status_t hb_certify_plan_make(hb_certify_trace_t *trace, uint32_t num_tiles, uint32_t tile,
                                 hb_certify_plan_t *plan_out) {
  *plan_out = (hb_certify_plan_t){0};
  cutter_t *cutters = calloc(num_tiles == 0 ? 1 : num_tiles, sizeof(*cutters));
  if (cutters == NULL) return HB_ERR_NOMEM;
  for (uint32_t i = 0; i < num_tiles; i++) {
    cutters[i].plan = plan_out;
    cutters[i].tile = i;
    hb_cut_init(&cutters[i].cut, NULL, false, take_segment, &cutters[i]);
  }
  const hb_status_t status = cut_all(trace, cutters, num_tiles, tile, plan_out);
  for (uint32_t i = 0; i < num_tiles; i++) {
    hb_cut_release(&cutters[i].cut);
  }
  free(cutters);
  return status;
}

void hb_certify_plan_release(hb_certify_plan_t *plan) {
  free(plan->segments);
  free(plan->units);
  *plan = (hb_certify_plan_t){0};
}

/* --------------------------------------------------------------------------------------- sample */

/* splitmix64's finaliser. */
static uint64_t mix(uint64_t z) {
  z += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

typedef struct draw {
  uint64_t lot;
  size_t index;
} draw_t;

static int by_lot(const void *a, const void *b) {
  const draw_t *left = a;
  const draw_t *right = b;
  if (left->lot != right->lot) return left->lot < right->lot ? -1 : 1;
  return left->index < right->index ? -1 : left->index > right->index;
}

/* Every subset of that size is as likely: each segment draws a lot, the lowest are taken. */
static hb_status_t draw_sample(hb_certify_plan_t *plan, size_t num, const char *seed_text) {
  draw_t *draws = calloc(plan->num_segments, sizeof(*draws));
  if (draws == NULL) return HB_ERR_NOMEM;
  uint64_t seed = 0;
  for (const char *c = seed_text; *c != '\0'; c++) {
    seed = mix(seed ^ (uint8_t)*c);
  }
  for (size_t i = 0; i < plan->num_segments; i++) {
    draws[i] = (draw_t){.lot = mix(seed ^ mix(i)), .index = i};
  }
  qsort(draws, plan->num_segments, sizeof(*draws), by_lot);
  for (size_t i = 0; i < num; i++) {
    plan->segments[draws[i].index].chosen = true;
  }
  free(draws);
  return HB_OK;
}

static int by_work(const void *a, const void *b) {
  const hb_certify_unit_t *left = a;
  const hb_certify_unit_t *right = b;
  if (left->busy != right->busy) return left->busy > right->busy ? -1 : 1;
  return left->first < right->first ? -1 : left->first > right->first;
}

hb_status_t hb_certify_plan_choose(hb_certify_plan_t *plan, uint32_t ppm, const char *seed_text) {
  const size_t all = plan->num_segments;
  if (all == 0) return HB_OK;
  const size_t num = ppm >= HB_CERTIFY_PPM
                         ? all
                         : (size_t)(((uint64_t)all * ppm + HB_CERTIFY_PPM - 1) / HB_CERTIFY_PPM);
  HB_TRY(draw_sample(plan, num == 0 ? 1 : num, seed_text));
  plan->units = calloc(all, sizeof(*plan->units));
  if (plan->units == NULL) return HB_ERR_NOMEM;
  hb_certify_unit_t *unit = NULL;
  for (size_t i = 0; i < all; i++) {
    const hb_certify_segment_t *segment = &plan->segments[i];
    if (!segment->chosen) {
      unit = NULL;
      continue;
    }
    if (unit == NULL || unit->tile != segment->tile || unit->busy >= UNIT_BUSY ||
        unit->num == UNIT_SEGMENTS) {
      unit = &plan->units[plan->num_units++];
      *unit = (hb_certify_unit_t){.tile = segment->tile, .first = i};
    }
    unit->num++;
    unit->jobs += segment->jobs;
    /* The last segment may hold work that no job record tells of. */
    unit->busy += segment->open ? segment->to - segment->from : segment->busy;
  }
  qsort(plan->units, plan->num_units, sizeof(*plan->units), by_work);
  return HB_OK;
}

uint64_t hb_certify_most_bad(uint64_t population, uint64_t sampled) {
  /* With K bad ones a sample shows none with probability C(N - K, n) / C(N, n): step by step. */
  double none = 1.0;
  uint64_t bad = 0;
  while (bad + sampled < population) {
    none *= (double)(population - bad - sampled) / (double)(population - bad);
    if (100.0 * none < 100.0 - CONFIDENCE_PERCENT) break;
    bad++;
  }
  return bad;
}

static int descending(const void *a, const void *b) {
  const uint64_t left = *(const uint64_t *)a;
  const uint64_t right = *(const uint64_t *)b;
  return left > right ? -1 : left < right;
}

hb_status_t hb_certify_plan_bound(const hb_certify_plan_t *plan, hb_certify_bound_t *bound_out) {
  *bound_out = (hb_certify_bound_t){.population = plan->num_segments};
  uint64_t *jobs = calloc(plan->num_segments + 1, sizeof(*jobs));
  if (jobs == NULL) return HB_ERR_NOMEM;
  size_t rest = 0;
  for (size_t i = 0; i < plan->num_segments; i++) {
    if (plan->segments[i].chosen) {
      bound_out->sampled++;
    } else {
      jobs[rest++] = plan->segments[i].jobs;
    }
  }
  qsort(jobs, rest, sizeof(*jobs), descending);
  bound_out->most_segments = hb_certify_most_bad(bound_out->population, bound_out->sampled);
  for (size_t i = 0; i < bound_out->most_segments && i < rest; i++) {
    bound_out->most_jobs += jobs[i];
  }
  free(jobs);
  return HB_OK;
}
