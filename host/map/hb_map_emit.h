/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Turns a plan into commands: buffers, tokens, order. Private to host/map/.
 */

#ifndef HB_MAP_EMIT_H_
#define HB_MAP_EMIT_H_

#include "hb_map.h"
#include "hb_map_plan.h"

/**
 * Writes the program of `plan`. est_cycles and macs of the result are left to the caller.
 * @retval HB_ERR_NOMEM  out of memory.
 * @retval HB_ERR_RANGE  more commands than a job may have (2^20 - 1).
 */
HB_MUST_USE hb_status_t hb_map_emit(const hb_layer_t *layer, const hb_map_geo_t *geo,
                                    const hb_map_plan_t *plan, hb_program_t *program_out);

#endif /* HB_MAP_EMIT_H_ */
