/* SPDX-License-Identifier: Apache-2.0 */

/* Sleeps until the mailbox has long been full, then reads 22 messages and reports their first words. */

#include "test.inc"

  .globl _start
_start:
  begin
  li t0, IRQ_TIMER
  sw t0, ENABLE(s0)
  li t0, 6000
  sw t0, ALARM_LO(s0)
  sw zero, ALARM_HI(s0)
  wfi
  li s2, 22
1:
  lw a0, MBOX_LEVEL(s0)
  beqz a0, 1b
  lw a0, MBOX(s0)
  result a0
  sw zero, MBOX_POP(s0)
  addi s2, s2, -1
  bnez s2, 1b
  exit 0
