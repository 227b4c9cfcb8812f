/* SPDX-License-Identifier: Apache-2.0 */

/* Reset and trap entry. The loader has put .text, .rodata and .data in place; .bss is cleared here. */

  .section .text.start, "ax"
  .globl hb_boot_start
  .type hb_boot_start, @function
hb_boot_start:
  .option push
  .option norelax
  la gp, __global_pointer$
  .option pop
  la sp, hb_boot_stack_top
  la t0, hb_boot_trap
  csrw mtvec, t0
  csrw mie, zero

  la a0, hb_boot_bss_start
  li a1, 0
  la a2, hb_boot_bss_end
  sub a2, a2, a0
  call memset
  tail hb_boot_main
  .size hb_boot_start, . - hb_boot_start

/* Every trap is a panic: start from a fresh stack, whatever was wrong with the old one. */
  .section .text.trap, "ax"
  .balign 4
  .type hb_boot_trap, @function
hb_boot_trap:
  la sp, hb_boot_stack_top
  csrr a0, mcause
  csrr a1, mepc
  csrr a2, mtval
  tail hb_boot_panic
  .size hb_boot_trap, . - hb_boot_trap

/* Where hb_elf_seal puts the checksum of the whole file (elf/hb_elf.h): name, size, type, then the descriptor. */
  .section .note.hilbert, "a", @note
  .balign 4
  .word 8, 4, 1
  .asciz "Hilbert"
  .word 0
