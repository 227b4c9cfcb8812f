/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * MAESTRO's mapping files: how the loops of a layer are laid out in time and space, level by level.
 *
 *   Dataflow { TemporalMap(16, 16) C; SpatialMap(1, 1) X'; Cluster(16, P); SpatialMap(1, 1) K; }
 *
 * Map(size, offset) of a loop; Cluster(n, P) ends a level whose parts are clusters of n. Loops: K,
 * C, R, S, Y, X, and Y' X' for output rows and columns. Comments begin with two slashes. Sizes are
 * numbers: symbols such as Sz(R), logical clusters and everything else are errors.
 */

#ifndef HB_MAPPING_H_
#define HB_MAPPING_H_

#include <stdbool.h>
#include <stdint.h>

#include "hb_config.h"

#ifdef __cplusplus
extern "C" {
#endif

/** In alphabetical order, which is the order in which MAESTRO adds those that a level lacks. */
typedef enum hb_loop {
  HB_LOOP_C = 0,
  HB_LOOP_K,
  HB_LOOP_R,
  HB_LOOP_S,
  HB_LOOP_X,
  HB_LOOP_Y,
  HB_LOOP_COUNT
} hb_loop_t;

enum { HB_MAPPING_MAX_LEVELS = 4 };

typedef struct hb_map_directive {
  hb_loop_t loop;
  bool output; /* X' or Y' */
  bool spatial;
  int32_t size, offset; /* 1 .. 65535 */
} hb_map_directive_t;

typedef struct hb_mapping_level {
  uint32_t num; /* at most one directive of a loop, the first of the outermost loop */
  hb_map_directive_t directives[HB_LOOP_COUNT];
  int32_t cluster; /* size of the clusters below; 0 in the innermost level */
} hb_mapping_level_t;

typedef struct hb_mapping {
  uint32_t num_levels; /* from the top, at least 1; each has a spatial map */
  hb_mapping_level_t levels[HB_MAPPING_MAX_LEVELS];
} hb_mapping_t;

/** @retval HB_ERR_IO, HB_ERR_INPUT, HB_ERR_NOMEM */
HB_MUST_USE hb_status_t hb_mapping_load(const char *path, hb_mapping_t *mapping_out,
                                        hb_config_error_t *error);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_MAPPING_H_ */
