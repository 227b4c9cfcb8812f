/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_config_energy.h"

#include <string.h>

#define MOST_PJ UINT64_C(1000000000) /* 1 mJ */

const cyaml_schema_field_t hb_energy_fields[] = {
/* clang-format off */
#define ENERGY_FIELD(key_) CYAML_FIELD_STRING(#key_, CYAML_FLAG_OPTIONAL, hb_raw_energy_t, key_, 0),
    HB_ENERGY_KEYS(ENERGY_FIELD)
#undef ENERGY_FIELD
    /* clang-format on */
    CYAML_FIELD_END,
};

static const hb_soc_energy_t DEFAULTS = {
    .mac_pj = 0.3,
    .sram_8kib_pj = 10,
    .sram_32kib_pj = 20,
    .sram_1mib_pj = 100,
    .flit_hop_pj = 15.5,
};

/* The DRAM's part. */
static const struct {
  const char *preset;
  hb_soc_energy_t energy;
} DRAMS[] = {
    {"lpddr4-3200",
     {.dram_activate_pj = 1732,
      .dram_read_pj = 1024,
      .dram_write_pj = 1024,
      .dram_refresh_pj = 82230,
      .dram_static_mw = 47.4}},
    {"ddr4-2400",
     {.dram_activate_pj = 4123,
      .dram_read_pj = 1567,
      .dram_write_pj = 1447,
      .dram_refresh_pj = 195720,
      .dram_static_mw = 112.8}},
    {"hbm2-2000",
     {.dram_activate_pj = 828,
      .dram_read_pj = 804,
      .dram_write_pj = 1068,
      .dram_refresh_pj = 60840,
      .dram_static_mw = 66}},
};

hb_status_t hb_config_energy(hb_yaml_t *yaml, const hb_raw_energy_t *raw, const char *dram_preset,
                             hb_soc_energy_t *energy, hb_config_error_t *error) {
  *energy = DEFAULTS;
  for (size_t i = 0; i < sizeof(DRAMS) / sizeof(DRAMS[0]); i++) {
    if (strcmp(DRAMS[i].preset, dram_preset) == 0) {
      energy->dram_activate_pj = DRAMS[i].energy.dram_activate_pj;
      energy->dram_read_pj = DRAMS[i].energy.dram_read_pj;
      energy->dram_write_pj = DRAMS[i].energy.dram_write_pj;
      energy->dram_refresh_pj = DRAMS[i].energy.dram_refresh_pj;
      energy->dram_static_mw = DRAMS[i].energy.dram_static_mw;
    }
  }
  if (raw == NULL) {
    return HB_OK;
  }
#define TAKE_ENERGY(key_)                                                                \
  if (raw->key_[0] != '\0') {                                                            \
    uint64_t thousandths = 0;                                                            \
    hb_yaml_at(yaml, "energy.%s", #key_);                                                \
    HB_TRY(hb_yaml_decimal(yaml, raw->key_, 3, 0, 1000 * MOST_PJ, &thousandths, error)); \
    energy->key_ = (double)thousandths / 1000.0;                                         \
  }
  HB_ENERGY_KEYS(TAKE_ENERGY)
#undef TAKE_ENERGY
  return HB_OK;
}
