/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Writing the records of hilbert/hb_telemetry.h, and ending the run.
 *
 * One function per record, in the words of that table. The first word of a record carries its time.
 */

#ifndef HB_TELEMETRY_DRV_H_
#define HB_TELEMETRY_DRV_H_

#include <stdint.h>

#include "hilbert/hb_status.h"

void hb_telemetry_boot(uint32_t policy, uint32_t models, uint32_t tiles);
void hb_telemetry_frame_arrived(uint32_t model, uint32_t frame, uint64_t arrival,
                                uint64_t deadline);
void hb_telemetry_frame_dropped(uint32_t model, uint32_t frame, uint32_t reason);
void hb_telemetry_frame_started(uint32_t model, uint32_t frame);
void hb_telemetry_frame_done(uint32_t model, uint32_t frame);
void hb_telemetry_decision(uint32_t tag, uint32_t tile, uint32_t ready_jobs, uint32_t free_tiles);
void hb_telemetry_candidate(uint32_t tag, uint32_t tile, int32_t score, const int32_t term[4]);
void hb_telemetry_job_done(uint32_t tag, uint32_t tile, uint32_t compl_status);
void hb_telemetry_fault(hb_status_t status, uint32_t tile, uint32_t tag, uint32_t detail);
void hb_telemetry_tune(uint32_t alpha, uint32_t beta, uint32_t step, uint32_t ux_cost,
                       uint32_t state);
void hb_telemetry_variant(uint32_t model, uint32_t frame, uint32_t variant);
void hb_telemetry_variant_candidate(uint32_t model, uint32_t frame, uint32_t variant, uint32_t togo,
                                    uint32_t slack, uint32_t sharing, uint32_t verdict);
void hb_telemetry_tile_reset(uint32_t tile, uint32_t tag, uint32_t resets);

/** Ends the run: HB_OK is a clean end. The machine stops in this cycle. */
void hb_telemetry_exit(hb_status_t status);

#endif /* HB_TELEMETRY_DRV_H_ */
