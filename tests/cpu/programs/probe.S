/* SPDX-License-Identifier: Apache-2.0 */

/* A loop with a probe, at 0x40, and handlers for it. The result is the cycle behind the loop. */

#include "test.inc"

  .globl _start
_start:
  begin
  li s2, 3
  li s3, 0x700
  j loop

  .org 0x40
loop:
  nop
  addi s2, s2, -1
  addi s3, s3, 1
  bnez s2, loop
  lw a0, TIME_LO(s0)
  result a0
  exit 0

  .org 0x100 /* good: a result, through its stack */
  begin
  add a0, a0, a1
  addi sp, sp, -16
  sw a0, 0(sp)
  lw a3, 0(sp)
  addi sp, sp, 16
  result a3
  ret

  .org 0x140 /* stores to memory */
  sw a0, 0x400(zero)
  ret

  .org 0x180 /* does not return */
  j .

  .org 0x1c0 /* reads a register that changes by it */
  begin
  lw a0, TIME_LO(s0)
  ret

  .org 0x200 /* ends the run */
  begin
  sw zero, EXIT(s0)
  ret

  .org 0x240 /* half a record */
  begin
  sw s1, TELEMETRY(s0)
  ret

  .org 0x280 /* jumps where nothing is */
  li a0, 0x90000000
  jr a0

  .org 0x2c0 /* stops at an instruction that is none of its own */
  wfi
  ret
