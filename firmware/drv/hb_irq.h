/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Interrupt bits: HB_IRQ_* of hilbert/hb_memmap.h. They are levels: a bit stays pending until its
 * cause is gone (completion popped, mailbox empty, alarm moved).
 */

#ifndef HB_IRQ_H_
#define HB_IRQ_H_

#include <stdint.h>

/** Exactly the bits in `mask` end hb_port_wait() from now on. */
void hb_irq_enable(uint32_t mask);

/** All pending bits, enabled or not. */
uint32_t hb_irq_pending(void);

#endif /* HB_IRQ_H_ */
