/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The sensor hub: giving input slots back.
 */

#ifndef HB_SENSOR_H_
#define HB_SENSOR_H_

#include <stdint.h>

/** The hub may write a new frame of `stream` to `slot`: call it once nothing reads the old one. */
void hb_sensor_release(uint32_t stream, uint32_t slot);

#endif /* HB_SENSOR_H_ */
