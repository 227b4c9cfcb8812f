/* SPDX-License-Identifier: Apache-2.0 */

/* Measures one instruction of each class: results are the cycles between two reads of TIME_LO, less the read's own. */

#include "test.inc"

  .macro measure_begin
  lw a0, TIME_LO(s0)
  .endm

  .macro measure_end
  lw a1, TIME_LO(s0)
  sub a2, a1, a0
  addi a2, a2, -2
  result a2
  .endm

  .globl _start
_start:
  begin
  li sp, 0x8000
  li a3, 100
  li a4, 7
  la a5, scratch

  measure_begin /* 0: nothing */
  measure_end
  measure_begin /* 1: ALU, 32 bits wide */
  xori a3, a3, 0x123
  measure_end
  measure_begin /* 2: ALU, compressed */
  c.addi a3, 1
  measure_end
  measure_begin /* 3: MUL */
  mul a6, a3, a4
  measure_end
  measure_begin /* 4: MULHU */
  mulhu a6, a3, a4
  measure_end
  measure_begin /* 5: DIV */
  div a6, a3, a4
  measure_end
  measure_begin /* 6: REMU */
  remu a6, a3, a4
  measure_end
  measure_begin /* 7: load word */
  lw a6, 0(a5)
  measure_end
  measure_begin /* 8: load byte */
  lbu a6, 1(a5)
  measure_end
  measure_begin /* 9: compressed stack load */
  c.lwsp a6, 0(sp)
  measure_end
  measure_begin /* 10: store half */
  sh a6, 2(a5)
  measure_end
  measure_begin /* 11: compressed store */
  c.sw a4, 0(a5)
  measure_end
  measure_begin /* 12: branch, not taken */
  bne a4, a4, fail
  measure_end
  measure_begin /* 13: branch, taken */
  beq a4, a4, 1f
  nop
1:
  measure_end
  measure_begin /* 14: compressed branch, taken */
  c.bnez a4, 1f
  nop
1:
  measure_end
  measure_begin /* 15: jump */
  j 1f
  nop
1:
  measure_end
  la t0, 1f
  measure_begin /* 16: jump to register */
  jr t0
  nop
1:
  measure_end
  measure_begin /* 17: call and return */
  jal ra, function
  measure_end
  measure_begin /* 18: CSR */
  csrrw a6, mscratch, a4
  measure_end
  measure_begin /* 19: fence */
  fence
  measure_end
  measure_begin /* 20: fence.i */
  fence.i
  measure_end
  measure_begin /* 21: a loop of 10: 10 * (1 + 3) - 2 */
  li a6, 10
1:
  addi a6, a6, -1
  bnez a6, 1b
  measure_end
  measure_begin /* 22: local device read */
  lw a6, ENABLE(s0)
  measure_end
  measure_begin /* 23: local device write */
  sw zero, ENABLE(s0)
  measure_end
  measure_begin /* 24: image memory */
  li t1, 0x00100000
  lw a6, 0(t1)
  measure_end
  measure_begin /* 25: telemetry word: as any local device */
  sw s1, TELEMETRY(s0)
  sw a4, TELEMETRY(s0)
  measure_end

  /* 26: ecall: trap entry, five instructions of the handler, mret */
  la t0, handler
  csrw mtvec, t0
  measure_begin
  ecall
  measure_end

  exit 0
fail:
  exit 1
function:
  ret

  .balign 4
handler:
  csrr t1, mepc
  addi t1, t1, 4
  csrw mepc, t1
  csrr t2, mcause
  nop
  mret

  .balign 4
scratch:
  .word 0x01020304
