/* SPDX-License-Identifier: Apache-2.0 */

/* wfi with interrupts disabled: results are the cycle after each wake-up and what was pending. */

#include "test.inc"

  .globl _start
_start:
  begin
  li t0, IRQ_TIMER | IRQ_TILE0 | IRQ_MAILBOX
  sw t0, ENABLE(s0)
  li t0, 3000000
  sw t0, ALARM_LO(s0)
  sw zero, ALARM_HI(s0)
  li s2, 4
1:
  wfi
  lw a0, TIME_LO(s0)
  lw a1, PENDING(s0)
  result a0
  result a1
  addi s2, s2, -1
  beqz s2, 4f
  srli a2, a1, 24
  andi a3, a2, 1
  beqz a3, 2f
  lw a4, MBOX_LEVEL(s0) /* mailbox: report level, first and last word */
  result a4
  lw a4, MBOX(s0)
  result a4
  lw a4, MBOX + 28(s0)
  result a4
  sw zero, MBOX_POP(s0)
  j 1b
2:
  andi a3, a2, 2
  beqz a3, 1b /* tile: its wire falls by itself */
  li t0, -1
  sw t0, ALARM_HI(s0)
  j 1b
4:
  exit 0
