/* SPDX-License-Identifier: Apache-2.0 */

#include "hb_config_dram.h"

#include <stdio.h>
#include <string.h>

enum { MAX_TIMING_US = 1000, DEFAULT_STARVATION_CAP = 64 };

#define TIMING_FIELD(name_) \
  CYAML_FIELD_STRING(#name_ "_ns", CYAML_FLAG_OPTIONAL, hb_raw_dram_t, name_##_ns, 0),
#define OPTIONAL_NUMBER(name_) \
  CYAML_FIELD_UINT_PTR(#name_, CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER, hb_raw_dram_t, name_),
#define NUMBER_FIELD(name_, min_, max_, power_) OPTIONAL_NUMBER(name_)

static const cyaml_schema_value_t UINT_VALUE = {CYAML_VALUE_UINT(CYAML_FLAG_DEFAULT, uint32_t)};
static const cyaml_schema_value_t NODE_VALUE = {
    CYAML_VALUE_SEQUENCE_FIXED(CYAML_FLAG_DEFAULT, uint32_t, &UINT_VALUE, 2)};

const cyaml_schema_field_t hb_dram_fields[] = {
    CYAML_FIELD_STRING("preset", CYAML_FLAG_DEFAULT, hb_raw_dram_t, preset, 1),
    CYAML_FIELD_UINT("size_mib", CYAML_FLAG_DEFAULT, hb_raw_dram_t, size_mib),
    CYAML_FIELD_SEQUENCE("nodes", CYAML_FLAG_POINTER, hb_raw_dram_t, nodes, &NODE_VALUE, 1,
                         HB_SIM_MAX_CHANNELS),
    CYAML_FIELD_UINT("interleave_bytes", CYAML_FLAG_DEFAULT, hb_raw_dram_t, interleave_bytes),
    CYAML_FIELD_UINT("queue_depth", CYAML_FLAG_DEFAULT, hb_raw_dram_t, queue_depth),
    CYAML_FIELD_STRING("page_policy", CYAML_FLAG_OPTIONAL, hb_raw_dram_t, page_policy, 0),
    CYAML_FIELD_STRING_PTR("mapping", CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER, hb_raw_dram_t,
                           mapping, 0, CYAML_UNLIMITED),
    /* clang-format off */
    OPTIONAL_NUMBER(starvation_cap)
    OPTIONAL_NUMBER(write_high)
    OPTIONAL_NUMBER(write_low)
    HB_DRAM_NUMBERS(NUMBER_FIELD)
    HB_DRAM_TIMINGS(TIMING_FIELD)
    TIMING_FIELD(trc)
    /* clang-format on */
    CYAML_FIELD_END,
};

/* A device: what of hb_soc_dram_t a preset gives. sim/dram/README.md has the sources. */
static const hb_soc_dram_t PRESETS[] = {
    {
        .preset = "lpddr4-3200",
        .ranks = 1,
        .banks = 8,
        .bank_groups = 1,
        .row_bytes = 2048,
        .burst_bytes = 32, /* x16, burst length 16 */
        .tck_ps = 625,
        .trcd_ps = 18000,
        .trp_ps = 18000,
        .tcl_ps = 28 * 625,
        .tcwl_ps = 14 * 625,
        .tras_ps = 42000,
        .tccd_ps = 8 * 625,
        .twr_ps = 18000,
        .twtr_ps = 10000,
        .trtp_ps = 7500,
        .trfc_ps = 280000,
        .trefi_ps = 3904000,
        .trrd_ps = 10000,
        .tfaw_ps = 40000,
        .tccd_l_ps = 8 * 625,
        .trrd_l_ps = 10000,
        .twtr_l_ps = 10000,
        .trtrs_ps = 625,
        .mapping = {HB_DRAM_ROW, HB_DRAM_RANK, HB_DRAM_BANK, HB_DRAM_GROUP, HB_DRAM_COLUMN},
    },
    {
        .preset = "ddr4-2400",
        .ranks = 1,
        .banks = 8,
        .bank_groups = 2,
        .row_bytes = 4096, /* two x16 devices side by side, burst length 8 */
        .burst_bytes = 32,
        .tck_ps = 833,
        .trcd_ps = 13320,
        .trp_ps = 13320,
        .tcl_ps = 16 * 833,
        .tcwl_ps = 12 * 833,
        .tras_ps = 32000,
        .tccd_ps = 4 * 833,
        .twr_ps = 18 * 833,
        .twtr_ps = 3 * 833,
        .trtp_ps = 9 * 833,
        .trfc_ps = 350000,
        .trefi_ps = 7800000,
        .trrd_ps = 5300,
        .tfaw_ps = 30000,
        .tccd_l_ps = 6 * 833,
        .trrd_l_ps = 6400,
        .twtr_l_ps = 9 * 833,
        .trtrs_ps = 833,
        .mapping = {HB_DRAM_ROW, HB_DRAM_RANK, HB_DRAM_BANK, HB_DRAM_COLUMN, HB_DRAM_GROUP},
    },
    {
        .preset = "hbm2-2000",
        .ranks = 1,
        .banks = 16,
        .bank_groups = 4,
        .row_bytes = 1024, /* 128 bits, burst length 4 */
        .burst_bytes = 64,
        .tck_ps = 1000,
        .trcd_ps = 14000,
        .trp_ps = 14000,
        .tcl_ps = 14000,
        .tcwl_ps = 4000,
        .tras_ps = 34000,
        .tccd_ps = 2000,
        .twr_ps = 16000,
        .twtr_ps = 6000,
        .trtp_ps = 6000,
        .trfc_ps = 260000,
        .trefi_ps = 3900000,
        .trrd_ps = 4000,
        .tfaw_ps = 30000,
        .tccd_l_ps = 4000,
        .trrd_l_ps = 6000,
        .twtr_l_ps = 8000,
        .trtrs_ps = 1000,
        .mapping = {HB_DRAM_ROW, HB_DRAM_RANK, HB_DRAM_BANK, HB_DRAM_COLUMN, HB_DRAM_GROUP},
    },
};
enum { NUM_PRESETS = sizeof(PRESETS) / sizeof(PRESETS[0]) };

/* Of a preset that is none: every key has to be there but those that follow from others. */
static const hb_soc_dram_t CUSTOM = {
    .ranks = 1,
    .bank_groups = 1,
    .mapping = {HB_DRAM_ROW, HB_DRAM_RANK, HB_DRAM_BANK, HB_DRAM_GROUP, HB_DRAM_COLUMN},
};

const char *hb_config_dram_preset_name(uint32_t index) {
  return index < NUM_PRESETS ? PRESETS[index].preset : NULL;
}

hb_status_t hb_config_dram_preset(const char *name, hb_soc_dram_t *dram_out) {
  for (unsigned i = 0; i < NUM_PRESETS; i++) {
    if (strcmp(name, PRESETS[i].preset) == 0) {
      *dram_out = PRESETS[i];
      dram_out->trc_ps = dram_out->tras_ps + dram_out->trp_ps;
      return HB_OK;
    }
  }
  return HB_ERR_INPUT;
}

static hb_status_t find_preset(hb_yaml_t *yaml, const char *name, hb_soc_dram_t *dram,
                               hb_config_error_t *error) {
  if (strcmp(name, "custom") == 0) {
    *dram = CUSTOM;
    snprintf(dram->preset, sizeof(dram->preset), "%s", name);
    return HB_OK;
  }
  if (hb_config_dram_preset(name, dram) == HB_OK) {
    return HB_OK;
  }
  char known[200] = "";
  for (unsigned i = 0; i < NUM_PRESETS; i++) {
    const size_t length = strlen(known);
    snprintf(known + length, sizeof(known) - length, "%s, ", PRESETS[i].preset);
  }
  hb_yaml_at(yaml, "dram.preset");
  return hb_yaml_fail(yaml, error, "expected one of %scustom, got %s", known, name);
}

static hb_status_t missing(hb_yaml_t *yaml, const char *key, const char *unit,
                           hb_config_error_t *error) {
  hb_yaml_at(yaml, "dram");
  return hb_yaml_fail(yaml, error, "%s%s is missing; preset custom has no value for it", key, unit);
}

static hb_status_t take_number(hb_yaml_t *yaml, const char *key, const uint32_t *given,
                               uint32_t min, uint32_t max, bool power_of_two, uint32_t *value,
                               hb_config_error_t *error) {
  if (given == NULL) {
    return *value != 0 || min == 0 ? HB_OK : missing(yaml, key, "", error);
  }
  *value = *given;
  hb_yaml_at(yaml, "dram.%s", key);
  return power_of_two ? hb_yaml_power_of_two(yaml, *value, min, max, error)
                      : hb_yaml_range(yaml, *value, min, max, error);
}

static hb_status_t take_timing(hb_yaml_t *yaml, const char *name, const char *text, uint32_t *ps,
                               hb_config_error_t *error) {
  if (text[0] == '\0') {
    return *ps != 0 ? HB_OK : missing(yaml, name, "_ns", error);
  }
  uint64_t value = 0;
  hb_yaml_at(yaml, "dram.%s_ns", name);
  HB_TRY(hb_yaml_decimal(yaml, text, 3, 1, UINT64_C(1000000) * MAX_TIMING_US, &value, error));
  *ps = (uint32_t)value;
  return HB_OK;
}

static hb_status_t check_timings(hb_yaml_t *yaml, const hb_soc_dram_t *dram,
                                 hb_config_error_t *error) {
  const char *key = NULL;
  char why[256];
  if (hb_soc_dram_timing_ok(dram, &key, why, sizeof(why))) {
    return HB_OK;
  }
  hb_yaml_at(yaml, "dram.%s_ns", key);
  return hb_yaml_fail(yaml, error, "%s", why);
}

/* "row:rank:bank:group:column" in any order. */
static hb_status_t take_mapping(hb_yaml_t *yaml, const char *text, hb_soc_dram_t *dram,
                                hb_config_error_t *error) {
  static const char *const NAMES[HB_DRAM_FIELDS] = {
      [HB_DRAM_ROW] = "row",     [HB_DRAM_RANK] = "rank",     [HB_DRAM_BANK] = "bank",
      [HB_DRAM_GROUP] = "group", [HB_DRAM_COLUMN] = "column",
  };
  hb_yaml_at(yaml, "dram.mapping");
  unsigned seen = 0, count = 0;
  const char *at = text;
  while (count < HB_DRAM_FIELDS) {
    const size_t length = strcspn(at, ":");
    unsigned field = 0;
    while (field < HB_DRAM_FIELDS &&
           (strlen(NAMES[field]) != length || strncmp(NAMES[field], at, length) != 0)) {
      field++;
    }
    if (field == HB_DRAM_FIELDS || (seen >> field & 1) != 0) {
      break;
    }
    seen |= 1u << field;
    dram->mapping[count++] = (hb_dram_field_t)field;
    at += length;
    if (*at != ':') {
      break;
    }
    at++;
  }
  if (count != HB_DRAM_FIELDS || *at != '\0') {
    return hb_yaml_fail(yaml, error,
                        "expected row, rank, bank, group and column in some order, highest address "
                        "bits first, with ':' between them, got %s",
                        text);
  }
  return HB_OK;
}

static hb_status_t check_mapping(hb_yaml_t *yaml, const hb_soc_dram_t *dram,
                                 hb_config_error_t *error) {
  const uint64_t rows =
      dram->size_bytes / dram->num_channels / dram->ranks / dram->banks / dram->row_bytes;
  if (dram->mapping[0] != HB_DRAM_ROW && (rows == 0 || (rows & (rows - 1)) != 0)) {
    hb_yaml_at(yaml, "dram.mapping");
    return hb_yaml_fail(yaml, error,
                        "only with the row first may a bank have %llu rows, which is no power of "
                        "two",
                        (unsigned long long)rows);
  }
  return HB_OK;
}

static hb_status_t take_policy(hb_yaml_t *yaml, const hb_raw_dram_t *raw, hb_soc_dram_t *dram,
                               hb_config_error_t *error) {
  hb_yaml_at(yaml, "dram.page_policy");
  dram->closed_page = strcmp(raw->page_policy, "closed") == 0;
  if (!dram->closed_page && raw->page_policy[0] != '\0' && strcmp(raw->page_policy, "open") != 0) {
    return hb_yaml_fail(yaml, error, "expected open or closed, got %s", raw->page_policy);
  }
  dram->starvation_cap = DEFAULT_STARVATION_CAP;
  HB_TRY(take_number(yaml, "starvation_cap", raw->starvation_cap, 1, 1000000, false,
                     &dram->starvation_cap, error));
  HB_TRY(take_number(yaml, "write_high", raw->write_high, 0, dram->queue_depth, false,
                     &dram->write_high, error));
  HB_TRY(take_number(yaml, "write_low", raw->write_low, 0,
                     dram->write_high == 0 ? 0 : dram->write_high - 1, false, &dram->write_low,
                     error));
  return HB_OK;
}

hb_status_t hb_config_dram(hb_yaml_t *yaml, const hb_raw_dram_t *raw, hb_soc_dram_t *dram,
                           hb_config_error_t *error) {
  HB_TRY(find_preset(yaml, raw->preset, dram, error));
  hb_yaml_at(yaml, "dram.size_mib");
  HB_TRY(hb_yaml_range(yaml, raw->size_mib, 1, 2048, error));
  dram->size_bytes = (uint64_t)raw->size_mib << 20;
  hb_yaml_at(yaml, "dram.interleave_bytes");
  HB_TRY(hb_yaml_power_of_two(yaml, raw->interleave_bytes, 256, 1u << 20, error));
  dram->interleave_bytes = raw->interleave_bytes;
  hb_yaml_at(yaml, "dram.queue_depth");
  HB_TRY(hb_yaml_range(yaml, raw->queue_depth, 1, 64, error));
  dram->queue_depth = raw->queue_depth;
#define TAKE_NUMBER(name_, min_, max_, power_) \
  HB_TRY(take_number(yaml, #name_, raw->name_, min_, max_, power_, &dram->name_, error));
  HB_DRAM_NUMBERS(TAKE_NUMBER)
#undef TAKE_NUMBER
  if (dram->ranks * dram->banks > 64) {
    hb_yaml_at(yaml, "dram.ranks");
    return hb_yaml_fail(yaml, error, "%u ranks of %u banks: a channel has at most 64", dram->ranks,
                        dram->banks);
  }
  if (dram->bank_groups > dram->banks) {
    hb_yaml_at(yaml, "dram.bank_groups");
    return hb_yaml_fail(yaml, error, "%u groups of %u banks", dram->bank_groups, dram->banks);
  }
  hb_yaml_at(yaml, "dram.nodes");
  if ((raw->nodes_count & (raw->nodes_count - 1)) != 0) {
    return hb_yaml_fail(yaml, error, "expected a power of two of channels, got %u",
                        raw->nodes_count);
  }
  dram->num_channels = raw->nodes_count;
  if (strcmp(raw->preset, "custom") == 0) { /* one group, one rank unless the file says more */
    hb_soc_dram_t first = *dram;
#define TAKE_TIMING(name_) \
  HB_TRY(take_timing(yaml, #name_, raw->name_##_ns, &first.name_##_ps, error));
    TAKE_TIMING(tck)
    TAKE_TIMING(tccd)
    TAKE_TIMING(trrd)
    TAKE_TIMING(twtr)
#undef TAKE_TIMING
    dram->tccd_l_ps = first.tccd_ps;
    dram->trrd_l_ps = first.trrd_ps;
    dram->twtr_l_ps = first.twtr_ps;
    dram->trtrs_ps = first.tck_ps;
  }
#define TAKE_TIMING(name_) \
  HB_TRY(take_timing(yaml, #name_, raw->name_##_ns, &dram->name_##_ps, error));
  HB_DRAM_TIMINGS(TAKE_TIMING)
  dram->trc_ps = dram->tras_ps + dram->trp_ps;
  TAKE_TIMING(trc)
#undef TAKE_TIMING
  HB_TRY(check_timings(yaml, dram, error));
  if (raw->mapping != NULL) {
    HB_TRY(take_mapping(yaml, raw->mapping, dram, error));
  }
  HB_TRY(check_mapping(yaml, dram, error));
  return take_policy(yaml, raw, dram, error);
}
