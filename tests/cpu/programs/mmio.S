/* SPDX-License-Identifier: Apache-2.0 */

/* Accesses over the NoC: write, read back, cycles of each; then one that no node answers, which traps. */

#include "test.inc"

  .equ TILE0, 0x40000000

  .globl _start
_start:
  .option norvc
  begin
  la t0, bad_load
  result t0
  la t0, bad_store
  result t0
  la t0, hole
  result t0
  la t0, narrow
  result t0
  la t0, handler
  csrw mtvec, t0
  li s3, TILE0
  li a3, 0xcafe0001
  lw a0, TIME_LO(s0)
  sw a3, 0x10(s3)
  lw a1, TIME_LO(s0)
  lw a4, 0x10(s3)
  lw a2, TIME_LO(s0)
  result a4
  sub a0, a1, a0
  addi a0, a0, -2
  result a0
  sub a1, a2, a1
  addi a1, a1, -2
  result a1

  li s3, 0x60000000 /* no node */
bad_load:
  lw a4, 4(s3)
bad_store:
  sw a4, 8(s3)
  li s3, 0x00050000 /* behind the TCM */
hole:
  lw a4, 0(s3)
narrow:
  sb a4, TELEMETRY(s0) /* devices take whole words only */
  exit 0

  .balign 4
handler:
  csrr a0, mcause
  csrr a1, mepc
  csrr a2, mtval
  result a0
  result a1
  result a2
  addi a1, a1, 4
  csrw mepc, a1
  mret
