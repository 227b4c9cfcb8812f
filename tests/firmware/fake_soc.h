/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * A machine for whole workloads: random images, frames at their periods, jobs that take their
 * estimate more or less, tiles that fail. Supplies hb_mmio_*; checks on the way that the firmware
 * never does what no policy may.
 */

#ifndef FAKE_SOC_H_
#define FAKE_SOC_H_

#include "core/hb_main.h"
#include "test_image.h"

enum { FAKE_TILES = 4, FAKE_MODELS = 8 };

typedef struct fake_soc_config {
  uint32_t seed;
  uint32_t policy;
  uint32_t num_models;      /* 1 .. FAKE_MODELS */
  uint32_t num_tiles;       /* 1 .. FAKE_TILES */
  uint32_t load_percent;    /* of what the tiles can do */
  uint32_t failures_per_1k; /* jobs of a thousand that fail */
  bool plain;               /* every kind runs everything, no dependencies, variants or skips */
} fake_soc_config_t;

/** Counters of a run. */
typedef struct fake_soc_result {
  uint32_t sum; /* checksum of every register written */
  uint32_t decisions, done, dropped, smart, faults, resets, variants[HB_IMAGE_MAX_VARIANTS];
  uint32_t cost_q16; /* (sum of missed shares) of all models, Q16 */
} fake_soc_result_t;

/** Called behind every pass of the event loop; may be NULL. */
typedef void (*fake_soc_hook_t)(const hb_main_t *firmware);

/** Runs the firmware until `end` cycles. `wrap` takes the place of the image's policy if not NULL.
 */
fake_soc_result_t fake_soc_run(const fake_soc_config_t *config, uint64_t end,
                               const hb_policy_t *wrap, fake_soc_hook_t hook);

/** For a test that runs machines: at its end, that it has passed; as its teardown: if it has not,
 * prints policy, seed and cycle of the newest run. */
void fake_soc_passed(void);
int fake_soc_teardown(void **state);

/** The firmware of the run. */
hb_main_t *fake_soc_firmware(void);

#endif /* FAKE_SOC_H_ */
