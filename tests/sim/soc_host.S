/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Firmware for soc_test: plays a script in image memory, entries of three words
 *   0 code 0       end the run with this code
 *   1 addr value   write
 *   2 addr mask    read until (value & mask) is not zero
 *   3 mask 0       sleep until an interrupt of the mask is pending
 *   4 addr value   read once; end the run with code 99 if the value is another
 */

#define LOCAL 0x02000000

  .text
  .globl _start
_start:
  li s0, 0x00100000 /* HB_IMAGE_BASE */
  li s1, LOCAL
next:
  lw a0, 0(s0)
  lw a1, 4(s0)
  lw a2, 8(s0)
  addi s0, s0, 12
  beqz a0, end
  li t0, 1
  beq a0, t0, write
  li t0, 2
  beq a0, t0, poll
  li t0, 4
  beq a0, t0, check
  /* sleep */
  sw a1, 0x14(s1) /* IRQ_ENABLE */
  li t0, 0x800    /* mie.MEIE; mstatus.MIE stays 0: wfi returns, no trap */
  csrw mie, t0
sleep:
  lw t0, 0x10(s1) /* IRQ_PENDING */
  and t0, t0, a1
  bnez t0, next
  wfi
  j sleep
write:
  sw a2, 0(a1)
  j next
poll:
  lw t0, 0(a1)
  and t0, t0, a2
  beqz t0, poll
  j next
check:
  lw t0, 0(a1)
  beq t0, a2, next
  li a1, 99
end:
  sw a1, 0x34(s1) /* EXIT */
  j end
