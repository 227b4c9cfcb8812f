/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The cycle counter and the alarm that raises HB_IRQ_TIMER.
 *
 * There is one alarm; its one owner is hb_jobs (safety limit of running jobs).
 */

#ifndef HB_TIMER_H_
#define HB_TIMER_H_

#include <stdint.h>

#define HB_TIMER_NEVER UINT64_MAX

/** The current cycle. */
uint64_t hb_timer_now(void);

/** HB_IRQ_TIMER is pending while hb_timer_now() >= cycle. HB_TIMER_NEVER switches it off. */
void hb_timer_set_alarm(uint64_t cycle);

#endif /* HB_TIMER_H_ */
