/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The firmware: an event loop that turns announced frames into jobs on tiles.
 *
 * One pass, hb_main_step(): collect completions, take in new frames, look at the alarm,
 * drop late frames (if the image asks for it), then let the policy choose variants,
 * give up frames, and place ready jobs on free tiles until nothing fits. In between the CPU sleeps.
 *
 * A failed job costs a layer, at worst its frame, and a tile that fails again and again is retired;
 * the run goes on. Other errors have written a FAULT record where they were found and end it.
 */

#ifndef HB_MAIN_H_
#define HB_MAIN_H_

#include <stdint.h>

#include "core/hb_frames.h"
#include "core/hb_jobs.h"
#include "core/hb_tables.h"
#include "hilbert/hb_status.h"
#include "sched/hb_policy.h"
#include "sched/hb_policy_state.h"

/* In firmware.elf, which is optimised as a whole, the event loop's pass stays a function that a
 * debugger can stop at. */
#ifdef __riscv
#define HB_MAIN_KEEP __attribute__((noipa))
#else
#define HB_MAIN_KEEP
#endif

typedef struct hb_main {
  hb_tables_t tables;
  const hb_policy_t *policy;
  hb_frames_t frames;
  hb_jobs_t jobs;
  uint64_t now; /* when the pass began */
  /* The job of every model's head frame, kept from pass to pass; valid where `ready` has a bit. */
  hb_job_t job[HB_IMAGE_MAX_MODELS];
  uint32_t ready;
  uint32_t tiles_of_kind[HB_IMAGE_MAX_KINDS]; /* that are not retired, a bit each */
  hb_policy_state_t state;
} hb_main_t;

/**
 * Checks the image, initialises the tiles, enables interrupts and writes the BOOT record.
 *
 * @param image    4-byte aligned; stays in use.
 * @param capacity bytes of memory behind it.
 * @retval HB_ERR_FORMAT the image is damaged or made for another machine.
 */
HB_MUST_USE hb_status_t hb_main_init(hb_main_t *self, const void *image, uint32_t capacity);

/**
 * Handles everything that is pending; never waits.
 * @retval HB_ERR_INTERNAL, HB_ERR_ARG as hb_jobs.h and hb_frames.h say.
 */
HB_MAIN_KEEP HB_MUST_USE hb_status_t hb_main_step(hb_main_t *self);

/** Both of the above and the sleep in between, until an error ends the run through HB_LOCAL_EXIT.
 */
void hb_main_run(hb_main_t *self, const void *image, uint32_t capacity);

#endif /* HB_MAIN_H_ */
