/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Scripts for the firmware of soc_host.S: what the host does in a whole machine without the real
 * firmware.
 */

#ifndef HB_TESTS_SIM_SOC_SCRIPT_H_
#define HB_TESTS_SIM_SOC_SCRIPT_H_

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "hb_sim.h"

enum { SOC_SCRIPT_MAX_STEPS = 2000 };

typedef struct soc_script {
  uint32_t num;
  uint32_t steps[SOC_SCRIPT_MAX_STEPS][3];
} soc_script_t;

static inline void soc_script_add(soc_script_t *script, uint32_t op, uint32_t a, uint32_t b) {
  if (script->num == SOC_SCRIPT_MAX_STEPS) {
    fprintf(stderr, "a script has more than %d steps\n", SOC_SCRIPT_MAX_STEPS);
    exit(1);
  }
  uint32_t *step = script->steps[script->num++];
  step[0] = op;
  step[1] = a;
  step[2] = b;
}

/** Ends the run with this code. A value other than the one expected ends it with 99. */
static inline void soc_script_end(soc_script_t *script, uint32_t code) {
  soc_script_add(script, 0, code, 0);
}
static inline void soc_script_write(soc_script_t *script, uint32_t addr, uint32_t value) {
  soc_script_add(script, 1, addr, value);
}
static inline void soc_script_expect(soc_script_t *script, uint32_t addr, uint32_t value) {
  soc_script_add(script, 4, addr, value);
}
/** Until an interrupt of the mask is pending. */
static inline void soc_script_sleep(soc_script_t *script, uint32_t mask) {
  soc_script_add(script, 3, mask, 0);
}

/** Loads the firmware, a file, and the script; ends the program if it cannot. */
static inline void soc_script_load(const soc_script_t *script, hb_sim_t *sim,
                                   const char *firmware) {
  static uint8_t code[65536];
  FILE *file = fopen(firmware, "rb");
  const size_t len = file ? fread(code, 1, sizeof code, file) : 0;
  if (file) {
    fclose(file);
  }
  if (len == 0 || hb_sim_load_private(sim, HB_TCM_BASE, code, len) != HB_OK ||
      hb_sim_load_private(sim, HB_IMAGE_BASE, script->steps,
                          script->num * sizeof script->steps[0]) != HB_OK ||
      hb_sim_set_entry(sim, HB_TCM_BASE) != HB_OK) {
    fprintf(stderr, "%s: cannot be loaded: %s\n", firmware, hb_sim_error(sim));
    exit(1);
  }
}

#endif /* HB_TESTS_SIM_SOC_SCRIPT_H_ */
