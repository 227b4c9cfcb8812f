/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The firmware, compiled natively, on a machine that is nothing but events: frames that arrive,
 * jobs that take the cycles they are told, an alarm. No NoC, no DRAM; the firmware takes no time.
 *
 * It reads the same workload image as on the emulated CPU and is reached by its public functions
 * alone (core/hb_main.h); its registers (drv/hb_mmio.h) are those of this machine. What it does not
 * know is an error: HB_ERR_INTERNAL. One run at a time in a process.
 */

#ifndef HB_NATIVE_H_
#define HB_NATIVE_H_

#include "hb_sim.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hb_native {
  const void *image; /* hb_image.h */
  size_t image_len;
  const hb_sim_stream_t *streams; /* one per model */
  uint32_t num_streams;
  uint32_t clock_khz;
  uint64_t seed;
  /* Cycles of a job, 1 or more. */
  uint64_t (*job_cycles)(void *ctx, uint32_t tile, uint32_t tag);
  void *ctx;
  bool (*stop)(void); /* asked before each event; true ends the run. NULL: never */
  bool observe;       /* the firmware's probes call their handlers (drv/hb_probe.h) */
  hb_sim_sink_t sink; /* telemetry() and job() are called, the latter with times and busy alone */
} hb_native_t;

/**
 * Runs until cycle `until` (exclusive). Same inputs: the same calls.
 *
 * @param[out] end the cycle in which it ended, `until` if nothing went wrong.
 * @param[out] why one line on failure.
 * @retval HB_ERR_STOPPED  stop() said so.
 * @retval HB_ERR_FAILED   the firmware gave up; its telemetry says why.
 * @retval HB_ERR_FORMAT   it refused the image.
 * @retval HB_ERR_INTERNAL it did what this machine does not know.
 * @retval HB_ERR_NOMEM
 */
HB_MUST_USE hb_status_t hb_native_run(const hb_native_t *native, uint64_t until, uint64_t *end,
                                      char *why, size_t why_len);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_NATIVE_H_ */
