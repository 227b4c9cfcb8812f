/* SPDX-License-Identifier: Apache-2.0 */

/* `accelerator:` files: the parts of an accelerator for the analytical engine. */

#include <stdio.h>
#include <string.h>

#include "hb_config.h"
#include "hb_hardware.h"
#include "hb_yaml.h"

enum { MAX_CLOCK_KHZ = 10 * 1000 * 1000, MAX_PES = 1 << 24, DECIMAL_BYTES = 32 };

typedef struct raw_part {
  int dataflow;
  uint32_t *pes, *noc_elements_per_cycle, *offchip_elements_per_cycle; /* NULL if absent */
} raw_part_t;

typedef struct raw_accelerator {
  char name[HB_NAME_MAX];
  char label[HB_NAME_MAX];
  char *source;
  char rtl_soc[HB_PATH_MAX_BYTES], hardware[HB_PATH_MAX_BYTES]; /* "" if absent */
  char clock_mhz[DECIMAL_BYTES];
  raw_part_t *parts;
  uint32_t parts_count;
} raw_accelerator_t;

static const cyaml_strval_t DATAFLOWS[] = {
#define X(symbol_, name_) {#name_, HB_DATAFLOW_##symbol_},
    HB_DATAFLOW_TABLE(X)
#undef X
};

static const cyaml_schema_field_t PART_FIELDS[] = {
    CYAML_FIELD_ENUM("dataflow", CYAML_FLAG_STRICT, raw_part_t, dataflow, DATAFLOWS,
                     HB_DATAFLOW_COUNT),
    CYAML_FIELD_UINT_PTR("pes", CYAML_FLAG_OPTIONAL, raw_part_t, pes),
    CYAML_FIELD_UINT_PTR("noc_elements_per_cycle", CYAML_FLAG_OPTIONAL, raw_part_t,
                         noc_elements_per_cycle),
    CYAML_FIELD_UINT_PTR("offchip_elements_per_cycle", CYAML_FLAG_OPTIONAL, raw_part_t,
                         offchip_elements_per_cycle),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t PART_VALUE = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, raw_part_t, PART_FIELDS)};

static const cyaml_schema_field_t ACCELERATOR_FIELDS[] = {
    CYAML_FIELD_STRING("accelerator", CYAML_FLAG_DEFAULT, raw_accelerator_t, name, 1),
    CYAML_FIELD_STRING("label", CYAML_FLAG_DEFAULT, raw_accelerator_t, label, 1),
    CYAML_FIELD_STRING_PTR("source", CYAML_FLAG_OPTIONAL, raw_accelerator_t, source, 1, 1000),
    CYAML_FIELD_STRING("rtl_soc", CYAML_FLAG_OPTIONAL, raw_accelerator_t, rtl_soc, 1),
    CYAML_FIELD_STRING("hardware", CYAML_FLAG_OPTIONAL, raw_accelerator_t, hardware, 1),
    CYAML_FIELD_STRING("clock_mhz", CYAML_FLAG_DEFAULT, raw_accelerator_t, clock_mhz, 1),
    CYAML_FIELD_SEQUENCE("parts", CYAML_FLAG_POINTER, raw_accelerator_t, parts, &PART_VALUE, 1,
                         HB_SUITE_MAX_PARTS),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t ACCELERATOR_SCHEMA = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, raw_accelerator_t, ACCELERATOR_FIELDS)};

/* A number of a part; `from_file` where MAESTRO's file gives it. */
static hb_status_t take_number(hb_yaml_t *yaml, uint32_t part, const char *key,
                               const uint32_t *value, bool from_file, uint32_t *value_out,
                               hb_config_error_t *error) {
  if (value == NULL) {
    hb_yaml_at(yaml, "parts[%u]", part);
    return from_file ? HB_OK : hb_yaml_fail(yaml, error, "missing key %s", key);
  }
  hb_yaml_at(yaml, "parts[%u].%s", part, key);
  if (from_file) {
    return hb_yaml_fail(yaml, error, "the key hardware gives it already");
  }
  *value_out = *value;
  return hb_yaml_range(yaml, *value, 1, MAX_PES, error);
}

/* What MAESTRO's file says of the parts, in their order. */
static hb_status_t take_hardware(hb_yaml_t *yaml, const raw_accelerator_t *raw,
                                 hb_accelerator_t *to, hb_config_error_t *error) {
  hb_hardware_t parts[HB_SUITE_MAX_PARTS];
  char path[HB_PATH_MAX_BYTES];
  uint32_t num = 0;
  hb_yaml_at(yaml, "hardware");
  HB_TRY(hb_yaml_resolve(yaml, raw->hardware, path, error));
  HB_TRY(hb_hardware_load(path, parts, HB_SUITE_MAX_PARTS, &num, error));
  if (num != raw->parts_count) {
    return hb_yaml_fail(yaml, error, "%s describes %u accelerator%s, and there %s %u part%s", path,
                        num, num == 1 ? "" : "s", raw->parts_count == 1 ? "is" : "are",
                        raw->parts_count, raw->parts_count == 1 ? "" : "s");
  }
  for (uint32_t i = 0; i < num; i++) {
    to->parts[i] = (hb_part_t){
        .pes = parts[i].pes, .noc_bw = parts[i].noc_bw, .offchip_bw = parts[i].offchip_bw};
  }
  return HB_OK;
}

static hb_status_t take(hb_yaml_t *yaml, const char *path, const raw_accelerator_t *raw,
                        hb_accelerator_t *to, hb_config_error_t *error) {
  hb_yaml_at(yaml, "accelerator");
  HB_TRY(hb_yaml_name(yaml, raw->name, error));
  hb_yaml_at(yaml, "label");
  HB_TRY(hb_yaml_name(yaml, raw->label, error));
  if (raw->rtl_soc[0] != '\0') {
    hb_yaml_at(yaml, "rtl_soc");
    HB_TRY(hb_yaml_resolve(yaml, raw->rtl_soc, to->rtl_soc_path, error));
  }
  uint64_t khz = 0;
  hb_yaml_at(yaml, "clock_mhz");
  HB_TRY(hb_yaml_decimal(yaml, raw->clock_mhz, 3, 1, MAX_CLOCK_KHZ, &khz, error));
  const bool from_file = raw->hardware[0] != '\0';
  if (from_file) {
    HB_TRY(take_hardware(yaml, raw, to, error));
  }
  uint64_t pes = 0;
  for (uint32_t i = 0; i < raw->parts_count; i++) {
    const raw_part_t *from = &raw->parts[i];
    hb_part_t *part = &to->parts[i];
    const struct {
      const char *key;
      const uint32_t *value;
      uint32_t *to;
    } numbers[] = {
        {"pes", from->pes, &part->pes},
        {"noc_elements_per_cycle", from->noc_elements_per_cycle, &part->noc_bw},
        {"offchip_elements_per_cycle", from->offchip_elements_per_cycle, &part->offchip_bw}};
    for (size_t n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++) {
      HB_TRY(
          take_number(yaml, i, numbers[n].key, numbers[n].value, from_file, numbers[n].to, error));
    }
    part->dataflow = (hb_dataflow_t)from->dataflow;
    hb_yaml_at(yaml, "parts[%u]", i);
    hb_yaml_position(yaml, &part->line, &part->column);
    pes += part->pes;
  }
  snprintf(to->path, sizeof(to->path), "%s", path);
  snprintf(to->name, sizeof(to->name), "%s", raw->name);
  snprintf(to->label, sizeof(to->label), "%s", raw->label);
  snprintf(to->size, sizeof(to->size), pes % 1024 == 0 ? "%lluK" : "%llu",
           (unsigned long long)(pes % 1024 == 0 ? pes / 1024 : pes));
  to->clock_khz = (uint32_t)khz;
  to->num_parts = raw->parts_count;
  return HB_OK;
}

hb_status_t hb_config_load_accelerator(const char *path, hb_accelerator_t *accelerator_out,
                                       hb_config_error_t *error) {
  hb_yaml_t *yaml = NULL;
  HB_TRY(hb_yaml_open(path, &yaml, error));
  void *raw = NULL;
  hb_accelerator_t accelerator = {0};
  hb_status_t status = hb_yaml_load(yaml, &ACCELERATOR_SCHEMA, &raw, error);
  if (status == HB_OK) {
    status = take(yaml, path, raw, &accelerator, error);
    hb_yaml_free(&ACCELERATOR_SCHEMA, raw);
  }
  if (status == HB_OK) {
    *accelerator_out = accelerator;
  }
  hb_yaml_close(yaml);
  return status;
}
