/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * SIGINT and SIGTERM while there is something to leave in order. The first one is kept for
 * hb_interrupted(), a second one kills the process.
 */

#ifndef HB_INTERRUPT_H_
#define HB_INTERRUPT_H_

#include <stdbool.h>

void hb_interrupt_catch(void);
/** From now on either kills again; what came before stays kept. */
void hb_interrupt_release(void);
/** Whether one has come since hb_interrupt_catch(). */
bool hb_interrupted(void);

#endif /* HB_INTERRUPT_H_ */
