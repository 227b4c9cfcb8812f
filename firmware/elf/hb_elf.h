/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Reading firmware.elf on the host: ELF32 for RISC-V, sealed with a CRC-32 of the whole file.
 *
 * The seal is a note (name "Hilbert", type 1, one 32-bit word) that a PT_NOTE program header leads
 * to. Its word is the CRC-32 of every byte of the file with the word itself as zero, so a file that
 * was truncated or altered anywhere is refused. The build seals firmware.elf with hb_elf_seal;
 * stripping or editing it afterwards breaks the seal.
 */

#ifndef HB_ELF_H_
#define HB_ELF_H_

#include <stddef.h>
#include <stdint.h>

#include "hilbert/hb_status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  HB_ELF_MAX_SEGMENTS = 8,
  HB_ELF_MAX_PROBES = 16,
  HB_ELF_PROBE_NAME = 32, /* bytes of a name, with its end */
  HB_ELF_PROBE_OPERANDS = 3
};

/** An entry of the section .hilbert.probes (drv/hb_probe.h). */
typedef struct hb_elf_probe {
  uint32_t pc;      /* of its nop */
  uint32_t handler; /* address of the function */
  char name[HB_ELF_PROBE_NAME];
  uint8_t regs[HB_ELF_PROBE_OPERANDS]; /* x0 .. x31, that hold the operands */
} hb_elf_probe_t;

/** Bytes to copy to the CPU's TCM. Memory beyond them up to mem_bytes is zero. */
typedef struct hb_elf_segment {
  uint32_t addr;
  uint32_t mem_bytes;
  uint32_t num_bytes;
  const uint8_t *bytes; /* inside the caller's buffer */
} hb_elf_segment_t;

typedef struct hb_elf {
  uint32_t entry;
  uint32_t num_segments;
  hb_elf_segment_t
      segments[HB_ELF_MAX_SEGMENTS]; /* ascending addresses, none overlap, all in the TCM */
  uint32_t num_probes;               /* 0 without the section */
  hb_elf_probe_t probes[HB_ELF_MAX_PROBES];
} hb_elf_t;

/**
 * Checks a file and finds its segments. Reads nothing outside bytes[0 .. len - 1], whatever they
 * hold.
 *
 * @param[out] why_out a phrase saying what is wrong, on HB_ERR_FORMAT; static text.
 * @retval HB_ERR_FORMAT not a sealed RV32 executable for the TCM; elf_out is not to be used.
 */
HB_MUST_USE hb_status_t hb_elf_parse(const void *bytes, size_t len, hb_elf_t *elf_out,
                                     const char **why_out);

/**
 * Writes the seal. Every check of hb_elf_parse() but the seal's applies.
 * @retval HB_ERR_FORMAT as above; nothing was written.
 */
HB_MUST_USE hb_status_t hb_elf_seal(void *bytes, size_t len, const char **why_out);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HB_ELF_H_ */
