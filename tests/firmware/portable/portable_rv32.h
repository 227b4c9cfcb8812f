/* SPDX-License-Identifier: Apache-2.0 */

/** @file What test programs on the emulated CPU agree on with the program that runs them. */

#ifndef PORTABLE_RV32_H_
#define PORTABLE_RV32_H_

#include <stdint.h>

/* Telemetry record with text. */
#define HB_PORTABLE_PRINT 240u

/** The cycle counter, its lower half. */
uint32_t hb_portable_cycles(void);

#endif /* PORTABLE_RV32_H_ */
