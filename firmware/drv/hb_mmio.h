/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The only door between firmware and hardware.
 *
 * In firmware.elf these are plain 32-bit loads and stores (boot/hb_port_rv32.c); unit tests link
 * them to a script. Addresses: hilbert/hb_memmap.h. Nothing else in the firmware dereferences a
 * device address.
 */

#ifndef HB_MMIO_H_
#define HB_MMIO_H_

#include <stdint.h>

uint32_t hb_mmio_read32(uint32_t addr);
void hb_mmio_write32(uint32_t addr, uint32_t value);

#endif /* HB_MMIO_H_ */
