/* SPDX-License-Identifier: Apache-2.0 */

#include "elf/hb_elf.h"

#include <stdbool.h>
#include <string.h>

#include "core/hb_crc.h"
#include "hilbert/hb_memmap.h"

/* Offsets and values of the System V ABI (ELF32) and the RISC-V ELF psABI. */
enum {
  EHDR_BYTES = 52,
  E_TYPE = 16,
  E_MACHINE = 18,
  E_ENTRY = 24,
  E_PHOFF = 28,
  E_FLAGS = 36,
  E_PHENTSIZE = 42,
  E_PHNUM = 44,
  PHDR_BYTES = 32,
  P_TYPE = 0,
  P_OFFSET = 4,
  P_VADDR = 8,
  P_FILESZ = 16,
  P_MEMSZ = 20,
  P_FLAGS = 24,

  ET_EXEC = 2,
  EM_RISCV = 243,
  EF_RISCV_FLOAT_ABI_OR_RVE = 0x000e,
  PT_LOAD = 1,
  PT_NOTE = 4,
  PF_X = 1,

  MAX_PHNUM = 16,
};

/* The seal's note: sizes of name and descriptor, type, name. The descriptor follows. */
static const uint8_t SEAL_HEAD[20] = {8, 0, 0,   0,   4,   0,   0,   0,   1,   0,
                                      0, 0, 'H', 'i', 'l', 'b', 'e', 'r', 't', 0};
enum { SEAL_BYTES = sizeof SEAL_HEAD + 4 };

static uint32_t get16(const uint8_t *at) {
  return (uint32_t)at[0] | ((uint32_t)at[1] << 8);
}

static uint32_t get32(const uint8_t *at) {
  return get16(at) | (get16(at + 2) << 16);
}

static void put32(uint8_t *at, uint32_t value) {
  for (unsigned i = 0; i < 4; ++i) {
    at[i] = (uint8_t)(value >> (8u * i));
  }
}

static bool inside(uint64_t offset, uint64_t size, uint64_t limit) {
  return offset <= limit && size <= limit - offset;
}

static uint32_t seal_crc(const uint8_t *bytes, size_t len, size_t seal_at) {
  static const uint8_t zero[4] = {0};
  const size_t after = seal_at + sizeof zero;
  uint32_t crc = hb_crc32(0, bytes, seal_at);
  crc = hb_crc32(crc, zero, sizeof zero);
  return hb_crc32(crc, bytes + after, len - after);
}

static const char *check_header(const uint8_t *bytes, size_t len) {
  static const uint8_t ident[7] = {0x7f, 'E', 'L', 'F', 1 /* 32-bit */, 1 /* little endian */, 1};
  if (len < EHDR_BYTES) {
    return "too short for an ELF file";
  }
  if (memcmp(bytes, ident, sizeof ident) != 0) {
    return "not a 32-bit little-endian ELF file";
  }
  if (get16(bytes + E_TYPE) != ET_EXEC || get16(bytes + E_MACHINE) != EM_RISCV) {
    return "not a RISC-V executable";
  }
  if ((get32(bytes + E_FLAGS) & EF_RISCV_FLOAT_ABI_OR_RVE) != 0) {
    return "not built for the ilp32 ABI";
  }
  const uint32_t phnum = get16(bytes + E_PHNUM);
  if (get16(bytes + E_PHENTSIZE) != PHDR_BYTES || phnum == 0 || phnum > MAX_PHNUM ||
      !inside(get32(bytes + E_PHOFF), (uint64_t)phnum * PHDR_BYTES, len)) {
    return "program headers are missing or outside the file (truncated?)";
  }
  return NULL;
}

static const char *add_segment(const uint8_t *bytes, size_t len, const uint8_t *phdr,
                               hb_elf_t *elf) {
  const uint32_t offset = get32(phdr + P_OFFSET);
  const hb_elf_segment_t segment = {
      .addr = get32(phdr + P_VADDR),
      .mem_bytes = get32(phdr + P_MEMSZ),
      .num_bytes = get32(phdr + P_FILESZ),
      .bytes = bytes + (offset < len ? offset : len),
  };
  if (segment.mem_bytes == 0) {
    return NULL;
  }
  if (!inside(offset, segment.num_bytes, len)) {
    return "a segment lies outside the file (truncated?)";
  }
  if (segment.num_bytes > segment.mem_bytes ||
      !inside((uint64_t)segment.addr - HB_TCM_BASE, segment.mem_bytes, HB_TCM_SIZE)) {
    return "a segment does not fit into the CPU's memory";
  }
  if (elf->num_segments == HB_ELF_MAX_SEGMENTS) {
    return "too many segments";
  }
  if (elf->num_segments > 0) {
    const hb_elf_segment_t *const last = &elf->segments[elf->num_segments - 1u];
    if (segment.addr < last->addr + last->mem_bytes) {
      return "segments overlap or are not in ascending order";
    }
  }
  elf->segments[elf->num_segments++] = segment;
  return NULL;
}

static bool entry_is_code(const hb_elf_t *elf, const uint8_t *phdrs, uint32_t phnum) {
  for (uint32_t i = 0; i < phnum; ++i) {
    const uint8_t *const phdr = phdrs + i * PHDR_BYTES;
    const uint32_t from_start = elf->entry - get32(phdr + P_VADDR);
    if (get32(phdr + P_TYPE) == PT_LOAD && (get32(phdr + P_FLAGS) & PF_X) != 0 &&
        elf->entry % 2u == 0 && from_start < get32(phdr + P_FILESZ)) {
      return true;
    }
  }
  return false;
}

/* Everything but the seal's value. On success *seal_at_out is the offset of its word. */
static const char *parse(const uint8_t *bytes, size_t len, hb_elf_t *elf, size_t *seal_at_out) {
  const char *const why = check_header(bytes, len);
  if (why != NULL) {
    return why;
  }
  const uint32_t phnum = get16(bytes + E_PHNUM);
  const uint8_t *const phdrs = bytes + get32(bytes + E_PHOFF);
  bool sealed = false;
  *elf = (hb_elf_t){.entry = get32(bytes + E_ENTRY)};
  for (uint32_t i = 0; i < phnum; ++i) {
    const uint8_t *const phdr = phdrs + i * PHDR_BYTES;
    const uint32_t type = get32(phdr + P_TYPE);
    const uint32_t offset = get32(phdr + P_OFFSET);
    if (type == PT_LOAD) {
      const char *const bad = add_segment(bytes, len, phdr, elf);
      if (bad != NULL) {
        return bad;
      }
    } else if (type == PT_NOTE && get32(phdr + P_FILESZ) == SEAL_BYTES &&
               inside(offset, SEAL_BYTES, len) &&
               memcmp(bytes + offset, SEAL_HEAD, sizeof SEAL_HEAD) == 0) {
      sealed = true;
      *seal_at_out = offset + sizeof SEAL_HEAD;
    }
  }
  if (!sealed) {
    return "no Hilbert checksum note (not a Hilbert firmware, or altered)";
  }
  if (!entry_is_code(elf, phdrs, phnum)) {
    return "the entry point is not in the code";
  }
  return NULL;
}

hb_status_t hb_elf_parse(const void *bytes, size_t len, hb_elf_t *elf_out, const char **why_out) {
  size_t seal_at = 0;
  *why_out = parse(bytes, len, elf_out, &seal_at);
  if (*why_out == NULL &&
      get32((const uint8_t *)bytes + seal_at) != seal_crc(bytes, len, seal_at)) {
    *why_out = "the checksum does not match: truncated or altered since it was built";
  }
  return *why_out == NULL ? HB_OK : HB_ERR_FORMAT;
}

hb_status_t hb_elf_seal(void *bytes, size_t len, const char **why_out) {
  hb_elf_t elf;
  size_t seal_at = 0;
  *why_out = parse(bytes, len, &elf, &seal_at);
  if (*why_out != NULL) {
    return HB_ERR_FORMAT;
  }
  put32((uint8_t *)bytes + seal_at, seal_crc(bytes, len, seal_at));
  return HB_OK;
}
