/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Putting firmware and a workload into a simulated machine.
 */

#ifndef HB_FIRMWARE_H_
#define HB_FIRMWARE_H_

#include "elf/hb_elf.h"
#include "hb_map.h"
#include "hb_sim.h"

typedef struct hb_firmware {
  uint8_t *bytes;
  hb_elf_t elf; /* points into them */
} hb_firmware_t;

/** What --firmware means: `option`, or $HILBERT_FIRMWARE, or the one built with hilbert. */
const char *hb_firmware_path(const char *option);

/** Reads a file and complains if it is none. Returns the exit code. */
int hb_firmware_read(const char *path, hb_firmware_t *firmware_out);
void hb_firmware_release(hb_firmware_t *firmware);

/**
 * Loads both into a machine that has not run, and sets the entry. The workload's segments give up
 * their bytes.
 *
 * @param observed the firmware's probes are (hb_sim_add_probe()): CANDIDATE and VARIANT_CANDIDATE
 * records come with the others.
 * @retval HB_ERR_NOMEM
 * @retval others as hb_sim.h's functions.
 */
HB_MUST_USE hb_status_t hb_firmware_load(const hb_firmware_t *firmware, hb_workload_t *workload,
                                         bool observed, hb_sim_t *sim);

#endif /* HB_FIRMWARE_H_ */
