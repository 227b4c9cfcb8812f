/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * A YAML file with a schema, and errors that point into it.
 *
 * The schema is a libcyaml table and libcyaml does the loading. Before that, hb_yaml_load() walks
 * the document with the same table and is stricter than libcyaml 1.3.1, which takes "1.5" and "1 2"
 * as the whole number 1, "010" as 8 and "maybe" as true, and points at the wrong line for unknown,
 * missing and duplicate keys.
 *
 * Life cycle: hb_yaml_open() -> hb_yaml_load() -> checks of the meaning, each a pair
 *   hb_yaml_at(yaml, "tasks[%u].rate_hz", i); return hb_yaml_fail(yaml, error, "must be above 0");
 * -> hb_yaml_close(). Accepted: one document, block or flow style, no aliases, no repeated keys.
 */

#ifndef HB_YAML_H_
#define HB_YAML_H_

#include <cyaml/cyaml.h>
#include <stdbool.h>
#include <stdint.h>

#include "hb_config.h"
#include "hilbert/hb_status.h"

typedef struct hb_yaml hb_yaml_t;

/**
 * Reads and parses a file.
 * @retval HB_ERR_IO     cannot be read.
 * @retval HB_ERR_INPUT  not one YAML document with a mapping at the top.
 */
HB_MUST_USE hb_status_t hb_yaml_open(const char *path, hb_yaml_t **yaml_out,
                                     hb_config_error_t *error);
void hb_yaml_close(hb_yaml_t *yaml);

/** First key of the document; "" if it has none. */
const char *hb_yaml_first_key(const hb_yaml_t *yaml);
/** Text of the first key's value; "" if it is not a scalar. */
const char *hb_yaml_first_value(const hb_yaml_t *yaml);

/**
 * Checks the document against `schema`, a mapping whose first key comes first, and loads it.
 * `*data_out` is freed by hb_yaml_free().
 * @retval HB_ERR_INPUT  the document does not follow the schema.
 */
HB_MUST_USE hb_status_t hb_yaml_load(hb_yaml_t *yaml, const cyaml_schema_value_t *schema,
                                     void **data_out, hb_config_error_t *error);
void hb_yaml_free(const cyaml_schema_value_t *schema, void *data);

/**
 * Says what the next hb_yaml_fail() is about: a path of keys and indices, "tiles[1].node[0]". Where
 * the last steps do not exist in the document, the position is that of the deepest one that does.
 */
__attribute__((format(printf, 2, 3))) void hb_yaml_at(hb_yaml_t *yaml, const char *path_format,
                                                      ...);

/** Writes "file:line:column: path: message" to `error`. Returns HB_ERR_INPUT. */
__attribute__((format(printf, 3, 4))) HB_MUST_USE hb_status_t hb_yaml_fail(hb_yaml_t *yaml,
                                                                           hb_config_error_t *error,
                                                                           const char *format, ...);

/**
 * Reads the decimal `text`, found at hb_yaml_at(), times 10^`exponent`, and checks it against
 * `min` .. `max` (scaled likewise).
 */
HB_MUST_USE hb_status_t hb_yaml_decimal(hb_yaml_t *yaml, const char *text, unsigned exponent,
                                        uint64_t min, uint64_t max, uint64_t *value_out,
                                        hb_config_error_t *error);

/** Checks that `name`, found at hb_yaml_at(), is letters, digits, '.', '_' and '-', the first a
 * letter or digit. */
HB_MUST_USE hb_status_t hb_yaml_name(hb_yaml_t *yaml, const char *name, hb_config_error_t *error);

/** Checks that `value`, found at hb_yaml_at(), is in `min` .. `max`. */
HB_MUST_USE hb_status_t hb_yaml_range(hb_yaml_t *yaml, int64_t value, int64_t min, int64_t max,
                                      hb_config_error_t *error);

/** Checks that `value`, found at hb_yaml_at(), is a power of two in `min` .. `max`. */
HB_MUST_USE hb_status_t hb_yaml_power_of_two(hb_yaml_t *yaml, uint32_t value, uint32_t min,
                                             uint32_t max, hb_config_error_t *error);

/** Where what is at hb_yaml_at() stands, both from 1. */
void hb_yaml_position(const hb_yaml_t *yaml, uint32_t *line_out, uint32_t *column_out);

/** Takes a path given relative to this file's folder, found at hb_yaml_at(); it can be read. */
HB_MUST_USE hb_status_t hb_yaml_resolve(hb_yaml_t *yaml, const char *reference,
                                        char path_out[HB_PATH_MAX_BYTES], hb_config_error_t *error);
/** Likewise, relative to `folder` (itself relative to the file's, or ""). */
HB_MUST_USE hb_status_t hb_yaml_resolve_in(hb_yaml_t *yaml, const char *folder,
                                           const char *reference, char path_out[HB_PATH_MAX_BYTES],
                                           hb_config_error_t *error);

#endif /* HB_YAML_H_ */
