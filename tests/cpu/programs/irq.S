/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Interrupts that are taken: the handler reports mcause, mepc and its own first cycle for each, until the fourth.
 * Meanwhile the main program spins in one instruction of two cycles.
 */

#include "test.inc"

  .globl _start
_start:
  begin
  la t0, spin
  result t0
  la t0, handler
  csrw mtvec, t0
  li s2, 4
  li t0, 1000 /* alarm */
  sw t0, ALARM_LO(s0)
  sw zero, ALARM_HI(s0)
  li t0, IRQ_TIMER | IRQ_TILE0
  sw t0, ENABLE(s0)
  li t0, 0x880 /* timer, external */
  csrw mie, t0
  csrsi mstatus, 8
spin:
  j spin

  .balign 4
handler:
  lw a0, TIME_LO(s0)
  csrr a1, mcause
  csrr a2, mepc
  csrr a3, mstatus
  result a0
  result a1
  result a2
  result a3
  addi s2, s2, -1
  beqz s2, done
  bgez a1, done /* not an interrupt */
  slli a1, a1, 1
  li a4, 14 /* 7 << 1 */
  beq a1, a4, 1f
2: /* external: the wire falls by itself; wait until it has */
  lw a4, PENDING(s0)
  andi a4, a4, IRQ_TILE0
  bnez a4, 2b
  mret
1:
  li a4, 5000 /* timer: the next alarm */
  sw a4, ALARM_LO(s0)
  mret
done:
  exit 0
