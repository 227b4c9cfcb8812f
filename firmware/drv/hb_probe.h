/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Probes: places at which an observer may look at the firmware without being felt, in the manner of
 * SystemTap's static ones.
 *
 * A probe is one `nop`, always there, and an entry in the section .hilbert.probes of firmware.elf,
 * which is not loaded: where it is, its name, the registers that hold its three operands, and a
 * handler. The handler is a function of the firmware that no firmware calls. An emulator that is
 * asked to observe runs it when the CPU comes to the `nop`, on a second CPU and outside of time: it
 * reads all the firmware's memory, has a stack of its own, and writes telemetry records, which
 * carry the cycle of the `nop`. Anything else that it stores is an error. So the firmware takes the
 * same cycles and makes the same choices whether it is observed or not.
 *
 * The `nop` makes the place the probe's own: without it the label would stand on whatever comes
 * next, which other paths may lead to.
 *
 * Natively, and in test programs (HB_PROBE_CALLS), a probe calls its handler if hb_probe_calls is
 * set: there is no time to disturb.
 */

#ifndef HB_PROBE_H_
#define HB_PROBE_H_

#include <stdbool.h>
#include <stdint.h>

#define HB_PROBE_OPERANDS 3

/** A handler, and what it is given: HB_PROBE's operands. */
typedef void hb_probe_handler_t(const void *a, const void *b, const void *c);

/* In front of a handler's definition: its entry in .hilbert.probes may be all that mentions it. */
#define HB_PROBE_HANDLER __attribute__((noinline, used))

#if defined(__riscv) && !defined(HB_PROBE_CALLS)
/* "memory": the handler finds in memory what was written before. */
#define HB_PROBE(name_, handler_, a_, b_, c_)                                      \
  __asm__ volatile(                                                                \
      "990: nop\n"                                                                 \
      ".pushsection .hilbert.probes, \"\", @progbits\n"                            \
      ".balign 4\n"                                                                \
      ".4byte 990b, %3\n"                                                          \
      ".asciz \"" name_                                                            \
      " %0 %1 %2\"\n"                                                              \
      ".balign 4\n"                                                                \
      ".popsection"                                                                \
      :                                                                            \
      : "r"((const void *)(a_)), "r"((const void *)(b_)), "r"((const void *)(c_)), \
        "i"((hb_probe_handler_t *)(handler_))                                      \
      : "memory")
#else
/** Whether probes call their handlers; false at first. */
extern bool hb_probe_calls;

#define HB_PROBE(name_, handler_, a_, b_, c_) \
  do {                                        \
    if (hb_probe_calls) {                     \
      handler_((a_), (b_), (c_));             \
    }                                         \
  } while (0)
#endif

#endif /* HB_PROBE_H_ */
