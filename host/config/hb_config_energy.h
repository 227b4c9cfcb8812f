/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The `energy:` mapping of a SoC file: every key may be left out. Defaults and their sources:
 * host/energy/README.md.
 */

#ifndef HB_CONFIG_ENERGY_H_
#define HB_CONFIG_ENERGY_H_

#include "hb_sim.h"
#include "hb_yaml.h"

/* Key, which is the member of hb_soc_energy_t too. */
#define HB_ENERGY_KEYS(X) \
  X(mac_pj)               \
  X(sram_8kib_pj)         \
  X(sram_32kib_pj)        \
  X(sram_1mib_pj)         \
  X(flit_hop_pj)          \
  X(dram_activate_pj)     \
  X(dram_read_pj)         \
  X(dram_write_pj)        \
  X(dram_refresh_pj)      \
  X(tile_static_mw)       \
  X(dram_static_mw)

enum { HB_RAW_ENERGY_BYTES = 32 };

/* As loaded; "": not given. */
typedef struct hb_raw_energy {
#define HB_RAW_ENERGY(key_) char key_[HB_RAW_ENERGY_BYTES];
  HB_ENERGY_KEYS(HB_RAW_ENERGY)
#undef HB_RAW_ENERGY
} hb_raw_energy_t;

extern const cyaml_schema_field_t hb_energy_fields[];

/**
 * @param raw  NULL: the file has no such mapping.
 * @param dram_preset  decides the DRAM's defaults; those of "custom" are 0.
 * @retval HB_ERR_INPUT
 */
HB_MUST_USE hb_status_t hb_config_energy(hb_yaml_t *yaml, const hb_raw_energy_t *raw,
                                         const char *dram_preset, hb_soc_energy_t *energy,
                                         hb_config_error_t *error);

#endif /* HB_CONFIG_ENERGY_H_ */
