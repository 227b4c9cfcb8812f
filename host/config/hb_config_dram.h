/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The `dram:` mapping of a SoC file. A preset gives every key of the device; keys of the file go
 * before it.
 */

#ifndef HB_CONFIG_DRAM_H_
#define HB_CONFIG_DRAM_H_

#include <stdint.h>

#include "hb_yaml.h"
#include "hb_sim.h"

enum { HB_RAW_DECIMAL_BYTES = 32 };

/* Timings in ns; key less its "_ns", member of hb_soc_dram_t less its "_ps". All but
 * trc_ns, which may be left out of any device. */
#define HB_DRAM_TIMINGS(X) \
  X(tck)                   \
  X(trcd)                  \
  X(trp)                   \
  X(tcl)                   \
  X(tcwl)                  \
  X(tras)                  \
  X(tccd)                  \
  X(twr)                   \
  X(twtr)                  \
  X(trtp)                  \
  X(trfc)                  \
  X(trefi)                 \
  X(trrd)                  \
  X(tfaw)                  \
  X(tccd_l)                \
  X(trrd_l)                \
  X(twtr_l)                \
  X(trtrs)

/* Whole numbers of a device: key, least, most, power of two or not. */
#define HB_DRAM_NUMBERS(X)          \
  X(ranks, 1, 8, true)              \
  X(banks, 1, 64, true)             \
  X(bank_groups, 1, 64, true)       \
  X(row_bytes, 256, 1u << 16, true) \
  X(burst_bytes, 16, 256, true)

typedef struct hb_raw_node {
  uint32_t xy[2];
} hb_raw_node_t;

/* As loaded; NULL or "": not given. */
typedef struct hb_raw_dram {
  char preset[HB_SIM_NAME_MAX];
  uint32_t size_mib;
  hb_raw_node_t *nodes;
  uint32_t nodes_count;
  uint32_t interleave_bytes, queue_depth;
  uint32_t *ranks, *banks, *bank_groups, *row_bytes, *burst_bytes;
  uint32_t *starvation_cap, *write_high, *write_low;
  char page_policy[HB_SIM_NAME_MAX];
  char *mapping;
  char trc_ns[HB_RAW_DECIMAL_BYTES];
#define HB_RAW_TIMING(name_) char name_##_ns[HB_RAW_DECIMAL_BYTES];
  HB_DRAM_TIMINGS(HB_RAW_TIMING)
#undef HB_RAW_TIMING
} hb_raw_dram_t;

extern const cyaml_schema_field_t hb_dram_fields[];

/**
 * Checks `raw` and fills `dram`, all but its nodes.
 * @retval HB_ERR_INPUT  a key is missing or wrong.
 */
HB_MUST_USE hb_status_t hb_config_dram(hb_yaml_t *yaml, const hb_raw_dram_t *raw,
                                       hb_soc_dram_t *dram, hb_config_error_t *error);

#endif /* HB_CONFIG_DRAM_H_ */
