/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * A whole machine for a test: scenario mapped, firmware and workload loaded, sensors attached.
 * Every function prints what went wrong.
 */

#ifndef HB_TEST_MACHINE_H_
#define HB_TEST_MACHINE_H_

#include <stdbool.h>
#include <stdint.h>

#include "hb_map.h"
#include "hb_sim.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct machine {
  hb_soc_t soc;
  hb_workload_t workload;
  hb_sim_t *sim;
} machine_t;

/** Builds the machine in reset. `soc` and `firmware` are files; `twin_tiles` may have bits of tiles
 * that are not there. False: printed why. */
bool machine_init(machine_t *machine, const char *soc, const char *firmware,
                  const hb_scenario_t *scenario, uint32_t policy, const hb_sim_options_t *options);
void machine_release(machine_t *machine);
/** The rules of DRAM watch the machine: tests/sim/dram_watch.h. */
void machine_watch_dram(const machine_t *machine);
/** After a change in the image's tables: makes its checksum good and loads it. */
bool machine_reload_image(const machine_t *machine);
/** A 3x3 convolution of 16 channels on 8 x 8 pixels. */
hb_layer_t machine_small_conv(void);

/** The image's entry of a layer. */
const hb_image_layer_t *machine_layer(const machine_t *machine, uint32_t model, uint32_t layer);
/** The mapper's estimate for a layer on a tile, cycles. */
uint64_t machine_estimate(const machine_t *machine, uint32_t model, uint32_t layer, uint32_t tile);
/** The bytes the mapper put at `addr`, or NULL. */
const uint8_t *machine_segment(const machine_t *machine, uint32_t addr);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_TEST_MACHINE_H_ */
