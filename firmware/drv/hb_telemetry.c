/* SPDX-License-Identifier: Apache-2.0 */

#include "drv/hb_telemetry.h"

#include "drv/hb_mmio.h"
#include "hilbert/hb_memmap.h"
#include "hilbert/hb_telemetry.h"

enum {
#define HB_TEL_NUM_(name_, value_, words_, text_) NUM_WORDS_##name_ = (words_),
  HB_TEL_TABLE(HB_TEL_NUM_)
#undef HB_TEL_NUM_
};

static inline void put(uint32_t word) {
  hb_mmio_write32(HB_LOCAL_TELEMETRY, word);
}

void hb_telemetry_boot(uint32_t policy, uint32_t models, uint32_t tiles) {
  put(HB_TEL_HEAD(HB_TEL_BOOT, NUM_WORDS_BOOT));
  put(HB_TEL_VERSION);
  put(policy);
  put(models);
  put(tiles);
}

void hb_telemetry_frame_arrived(uint32_t model, uint32_t frame, uint64_t arrival,
                                uint64_t deadline) {
  put(HB_TEL_HEAD(HB_TEL_FRAME_ARRIVED, NUM_WORDS_FRAME_ARRIVED));
  put(model);
  put(frame);
  put((uint32_t)arrival);
  put((uint32_t)(arrival >> 32));
  put((uint32_t)deadline);
  put((uint32_t)(deadline >> 32));
}

void hb_telemetry_frame_dropped(uint32_t model, uint32_t frame, uint32_t reason) {
  put(HB_TEL_HEAD(HB_TEL_FRAME_DROPPED, NUM_WORDS_FRAME_DROPPED));
  put(model);
  put(frame);
  put(reason);
}

void hb_telemetry_frame_started(uint32_t model, uint32_t frame) {
  put(HB_TEL_HEAD(HB_TEL_FRAME_STARTED, NUM_WORDS_FRAME_STARTED));
  put(model);
  put(frame);
}

void hb_telemetry_frame_done(uint32_t model, uint32_t frame) {
  put(HB_TEL_HEAD(HB_TEL_FRAME_DONE, NUM_WORDS_FRAME_DONE));
  put(model);
  put(frame);
}

void hb_telemetry_decision(uint32_t tag, uint32_t tile, uint32_t ready_jobs, uint32_t free_tiles) {
  put(HB_TEL_HEAD(HB_TEL_DECISION, NUM_WORDS_DECISION));
  put(tag);
  put(tile);
  put(ready_jobs);
  put(free_tiles);
}

void hb_telemetry_candidate(uint32_t tag, uint32_t tile, int32_t score, const int32_t term[4]) {
  put(HB_TEL_HEAD(HB_TEL_CANDIDATE, NUM_WORDS_CANDIDATE));
  put(tag);
  put(tile);
  put((uint32_t)score);
  for (uint32_t i = 0; i < 4u; ++i) {
    put((uint32_t)term[i]);
  }
}

void hb_telemetry_job_done(uint32_t tag, uint32_t tile, uint32_t compl_status) {
  put(HB_TEL_HEAD(HB_TEL_JOB_DONE, NUM_WORDS_JOB_DONE));
  put(tag);
  put(tile);
  put(compl_status);
}

void hb_telemetry_fault(hb_status_t status, uint32_t tile, uint32_t tag, uint32_t detail) {
  put(HB_TEL_HEAD(HB_TEL_FAULT, NUM_WORDS_FAULT));
  put((uint32_t)status);
  put(tile);
  put(tag);
  put(detail);
}

void hb_telemetry_tune(uint32_t alpha, uint32_t beta, uint32_t step, uint32_t ux_cost,
                       uint32_t state) {
  put(HB_TEL_HEAD(HB_TEL_TUNE, NUM_WORDS_TUNE));
  put(alpha);
  put(beta);
  put(step);
  put(ux_cost);
  put(state);
}

void hb_telemetry_variant(uint32_t model, uint32_t frame, uint32_t variant) {
  put(HB_TEL_HEAD(HB_TEL_VARIANT, NUM_WORDS_VARIANT));
  put(model);
  put(frame);
  put(variant);
}

void hb_telemetry_variant_candidate(uint32_t model, uint32_t frame, uint32_t variant, uint32_t togo,
                                    uint32_t slack, uint32_t sharing, uint32_t verdict) {
  put(HB_TEL_HEAD(HB_TEL_VARIANT_CANDIDATE, NUM_WORDS_VARIANT_CANDIDATE));
  put(model);
  put(frame);
  put(variant);
  put(togo);
  put(slack);
  put(sharing);
  put(verdict);
}

void hb_telemetry_tile_reset(uint32_t tile, uint32_t tag, uint32_t resets) {
  put(HB_TEL_HEAD(HB_TEL_TILE_RESET, NUM_WORDS_TILE_RESET));
  put(tile);
  put(tag);
  put(resets);
}

void hb_telemetry_exit(hb_status_t status) {
  hb_mmio_write32(HB_LOCAL_EXIT, (uint32_t)status);
}
