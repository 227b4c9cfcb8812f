/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A test program on the emulated CPU, under firmware/boot/start.S: text leaves in telemetry records
 * of type PRINT, its bytes packed into words, and the number of failed tests in HB_LOCAL_EXIT. The
 * tests supply hb_mmio_*, so the devices are reached without.
 */

#include <string.h>

#include "cmocka.h"
#include "hilbert/hb_memmap.h"
#include "hilbert/hb_telemetry.h"
#include "portable_rv32.h"

int main(void);
_Noreturn void hb_boot_main(void);
_Noreturn void hb_boot_panic(uint32_t mcause, uint32_t mepc, uint32_t mtval);

static void put(uint32_t addr, uint32_t value) {
  *(volatile uint32_t *)(uintptr_t)addr = value;
}

uint32_t hb_portable_cycles(void) {
  return *(volatile uint32_t *)(uintptr_t)HB_LOCAL_TIME_LO;
}

void hb_portable_print(const char *text) {
  size_t len = strlen(text);
  while (len > 0) {
    uint32_t words[HB_TEL_MAX_WORDS] = {0};
    const size_t some = len < sizeof words ? len : sizeof words;
    memcpy(words, text, some);
    put(HB_LOCAL_TELEMETRY, HB_TEL_HEAD(HB_PORTABLE_PRINT, HB_TEL_MAX_WORDS));
    for (size_t i = 0; i < HB_TEL_MAX_WORDS; ++i) {
      put(HB_LOCAL_TELEMETRY, words[i]);
    }
    text += some;
    len -= some;
  }
}

_Noreturn static void leave(uint32_t code) {
  put(HB_LOCAL_EXIT, code);
  for (;;) {
  }
}

_Noreturn void hb_boot_main(void) {
  leave((uint32_t)main());
}

_Noreturn void hb_boot_panic(uint32_t mcause, uint32_t mepc, uint32_t mtval) {
  (void)mtval;
  hb_portable_print(mcause == 5u || mcause == 7u ? "trap: access\n" : "trap\n");
  leave(0x80000000u | mepc);
}
