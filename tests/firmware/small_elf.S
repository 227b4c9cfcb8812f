/* SPDX-License-Identifier: Apache-2.0 */

/* The smallest program that boot/link.ld makes an executable of: code, data, the note. */

  .section .text.start, "ax"
  .globl hb_boot_start
hb_boot_start:
  wfi
  j hb_boot_start

  .section .data, "aw"
  .word 0x12345678

  .section .note.hilbert, "a", @note
  .balign 4
  .word 8, 4, 1
  .asciz "Hilbert"
  .word 0
