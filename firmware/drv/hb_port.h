/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * What the firmware needs of the processor it runs on, beyond loads and stores.
 *
 * firmware.elf never enables the CPU's interrupts (mstatus.MIE stays 0): an interrupt only ends
 * hb_port_wait(), and the event loop looks at what is pending. So no code here is ever interrupted,
 * and nothing needs a lock.
 */

#ifndef HB_PORT_H_
#define HB_PORT_H_

/** Sleeps until an enabled interrupt (hb_irq.h) is pending; returns at once if one is already. */
void hb_port_wait(void);

#endif /* HB_PORT_H_ */
