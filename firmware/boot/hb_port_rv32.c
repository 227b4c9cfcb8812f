/* SPDX-License-Identifier: Apache-2.0 */

/* The firmware on its real processor: loads and stores, wfi, and what happens after an unexpected
 * trap. */

#include <stdint.h>

#include "core/hb_main.h"
#include "drv/hb_mmio.h"
#include "drv/hb_port.h"
#include "drv/hb_telemetry.h"
#include "hilbert/hb_memmap.h"

/* Called by start.S. */
_Noreturn void hb_boot_main(void);
_Noreturn void hb_boot_panic(uint32_t mcause, uint32_t mepc, uint32_t mtval);

static hb_main_t hb_boot_self;

uint32_t hb_mmio_read32(uint32_t addr) {
  return *(volatile uint32_t *)(uintptr_t)addr;
}

void hb_mmio_write32(uint32_t addr, uint32_t value) {
  *(volatile uint32_t *)(uintptr_t)addr = value;
}

void hb_port_wait(void) {
  __asm__ volatile("wfi" ::: "memory");
}

_Noreturn static void halt(void) {
  for (;;) {
    hb_port_wait();
  }
}

_Noreturn void hb_boot_main(void) {
  hb_main_run(&hb_boot_self, (const void *)(uintptr_t)HB_IMAGE_BASE, HB_IMAGE_SIZE);
  halt();
}

/* No trap is expected: interrupts are never enabled, only waited for (drv/hb_port.h). */
_Noreturn void hb_boot_panic(uint32_t mcause, uint32_t mepc, uint32_t mtval) {
  hb_telemetry_fault(HB_ERR_INTERNAL, HB_IMAGE_NONE, mepc, mcause);
  hb_telemetry_fault(HB_ERR_INTERNAL, HB_IMAGE_NONE, mepc, mtval);
  hb_telemetry_exit(HB_ERR_INTERNAL);
  halt();
}
