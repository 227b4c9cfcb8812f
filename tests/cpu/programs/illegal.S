/* SPDX-License-Identifier: Apache-2.0 */

/* One way to fail per entry; the test starts at each. */

#include "test.inc"

  .option norvc
  .globl _start
_start: /* 0x00: an instruction that is none */
  nop
  .word 0xffffffff
  /* 0x08: a counter this CPU does not have */
  nop
  .word 0xc0002573 /* rdcycle a0 */
  /* 0x10: an atomic: not in RV32IMC */
  nop
  .word 0x0006252f /* amoadd.w a0, zero, (a2) */
  /* 0x18: a jump out of the code */
  lui t0, 0x80000
  jr t0
  /* 0x20: a trap without handler */
  nop
  ecall
  /* 0x28: an encoding that does not exist within a class that does */
  nop
  .word 0x80001033 /* sll, but for funct7 */
  /* 0x30: all zeros, as behind the end of a program */
  nop
  .word 0
