/* SPDX-License-Identifier: Apache-2.0 */

/*
 * memset and memcpy, which the compiler calls. The library's go byte by byte; clearing and copying whole words is what
 * boot time is made of.
 */

/* void *memset(void *at, int byte, size_t len) */
  .section .text.memset, "ax"
  .globl memset
  .type memset, @function
memset:
  mv a3, a0
  or a4, a0, a2
  andi a4, a4, 3
  bnez a4, 3f
  andi a1, a1, 0xff /* all words */
  slli a4, a1, 8
  or a1, a1, a4
  slli a4, a1, 16
  or a1, a1, a4
  andi a4, a2, -16
  add a4, a3, a4 /* end of the blocks of four words */
  add a2, a3, a2 /* end */
  beq a3, a4, 2f
1:
  sw a1, 0(a3)
  sw a1, 4(a3)
  sw a1, 8(a3)
  sw a1, 12(a3)
  addi a3, a3, 16
  bne a3, a4, 1b
2:
  beq a3, a2, 5f
  sw a1, 0(a3)
  addi a3, a3, 4
  j 2b
3:
  add a2, a3, a2 /* bytes */
4:
  beq a3, a2, 5f
  sb a1, 0(a3)
  addi a3, a3, 1
  j 4b
5:
  ret
  .size memset, . - memset

/* void *memcpy(void *to, const void *from, size_t len) */
  .section .text.memcpy, "ax"
  .globl memcpy
  .type memcpy, @function
memcpy:
  mv a3, a0
  or a4, a0, a1
  or a4, a4, a2
  andi a4, a4, 3
  add a2, a3, a2 /* end */
  bnez a4, 2f
1:
  beq a3, a2, 3f /* all words */
  lw a4, 0(a1)
  sw a4, 0(a3)
  addi a1, a1, 4
  addi a3, a3, 4
  j 1b
2:
  beq a3, a2, 3f /* bytes */
  lbu a4, 0(a1)
  sb a4, 0(a3)
  addi a1, a1, 1
  addi a3, a3, 1
  j 2b
3:
  ret
  .size memcpy, . - memcpy
