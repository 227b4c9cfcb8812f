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
  E_SHOFF = 32,
  E_FLAGS = 36,
  E_PHENTSIZE = 42,
  E_PHNUM = 44,
  E_SHENTSIZE = 46,
  E_SHNUM = 48,
  E_SHSTRNDX = 50,
  PHDR_BYTES = 32,
  P_TYPE = 0,
  P_OFFSET = 4,
  P_VADDR = 8,
  P_FILESZ = 16,
  P_MEMSZ = 20,
  P_FLAGS = 24,
  SHDR_BYTES = 40,
  SH_NAME = 0,
  SH_OFFSET = 16,
  SH_SIZE = 20,

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

static bool is_code(uint32_t addr, const uint8_t *phdrs, uint32_t phnum) {
  for (uint32_t i = 0; i < phnum; ++i) {
    const uint8_t *const phdr = phdrs + i * PHDR_BYTES;
    const uint32_t from_start = addr - get32(phdr + P_VADDR);
    if (get32(phdr + P_TYPE) == PT_LOAD && (get32(phdr + P_FLAGS) & PF_X) != 0 && addr % 2u == 0 &&
        from_start < get32(phdr + P_FILESZ)) {
      return true;
    }
  }
  return false;
}

/* ------------------------------------------------------------------------------------- probes */

typedef struct span {
  const uint8_t *bytes;
  uint32_t len;
} span_t;

/* Section `index` of `shdrs`; nothing if it is not in the file. */
static span_t section(const uint8_t *bytes, size_t len, const uint8_t *shdrs, uint32_t index) {
  const uint8_t *const shdr = shdrs + index * SHDR_BYTES;
  const uint32_t offset = get32(shdr + SH_OFFSET), size = get32(shdr + SH_SIZE);
  return inside(offset, size, len) ? (span_t){bytes + offset, size} : (span_t){0};
}

/* The section with this name; nothing if there is none, or no table of sections. */
static span_t find_section(const uint8_t *bytes, size_t len, const char *name) {
  const uint32_t shoff = get32(bytes + E_SHOFF);
  const uint32_t num = get16(bytes + E_SHNUM), names = get16(bytes + E_SHSTRNDX);
  if (get16(bytes + E_SHENTSIZE) != SHDR_BYTES || names >= num ||
      !inside(shoff, (uint64_t)num * SHDR_BYTES, len)) {
    return (span_t){0};
  }
  const uint8_t *const shdrs = bytes + shoff;
  const span_t strings = section(bytes, len, shdrs, names);
  const size_t room = strlen(name) + 1u;
  for (uint32_t i = 0; i < num; ++i) {
    const uint32_t at = get32(shdrs + i * SHDR_BYTES + SH_NAME);
    if (inside(at, room, strings.len) && memcmp(strings.bytes + at, name, room) == 0) {
      return section(bytes, len, shdrs, i);
    }
  }
  return (span_t){0};
}

/* Takes a word up to a space or the end of `text` off it. */
static span_t take_word(span_t *text) {
  uint32_t len = 0;
  while (len < text->len && text->bytes[len] != ' ') {
    ++len;
  }
  const span_t word = {text->bytes, len};
  len += len < text->len ? 1u : 0u;
  *text = (span_t){text->bytes + len, text->len - len};
  return word;
}

/* Number of the register that the assembler calls so, or 32. */
static uint8_t register_number(span_t word) {
  static const char names[32][5] = {"zero", "ra", "sp",  "gp",  "tp", "t0", "t1", "t2",
                                    "s0",   "s1", "a0",  "a1",  "a2", "a3", "a4", "a5",
                                    "a6",   "a7", "s2",  "s3",  "s4", "s5", "s6", "s7",
                                    "s8",   "s9", "s10", "s11", "t3", "t4", "t5", "t6"};
  uint8_t i = 0;
  while (i < 32u && (strlen(names[i]) != word.len || memcmp(names[i], word.bytes, word.len) != 0)) {
    ++i;
  }
  return i;
}

/* "NAME REGISTER REGISTER REGISTER" */
static bool read_text(span_t text, hb_elf_probe_t *probe_out) {
  const span_t name = take_word(&text);
  if (name.len == 0 || name.len >= HB_ELF_PROBE_NAME) {
    return false;
  }
  memcpy(probe_out->name, name.bytes, name.len);
  for (uint32_t i = 0; i < HB_ELF_PROBE_OPERANDS; ++i) {
    probe_out->regs[i] = register_number(take_word(&text));
    if (probe_out->regs[i] == 32u) {
      return false;
    }
  }
  return text.len == 0;
}

/* Entries: address, handler, text with a zero behind it, filled up to whole words. */
static const char *read_probes(span_t from, const uint8_t *phdrs, uint32_t phnum, hb_elf_t *elf) {
  static const char bad[] = "its section .hilbert.probes cannot be read";
  while (from.len != 0) {
    if (from.len < 12u || elf->num_probes == HB_ELF_MAX_PROBES) {
      return bad;
    }
    const uint8_t *const end = memchr(from.bytes + 8, 0, from.len - 8u);
    hb_elf_probe_t probe = {.pc = get32(from.bytes), .handler = get32(from.bytes + 4)};
    if (end == NULL ||
        !read_text((span_t){from.bytes + 8, (uint32_t)(end - from.bytes) - 8u}, &probe) ||
        !is_code(probe.pc, phdrs, phnum) || !is_code(probe.handler, phdrs, phnum)) {
      return bad;
    }
    elf->probes[elf->num_probes++] = probe;
    const uint32_t used = ((uint32_t)(end - from.bytes) + 4u) & ~3u;
    from = used < from.len ? (span_t){from.bytes + used, from.len - used} : (span_t){0};
  }
  return NULL;
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
  if (!is_code(elf->entry, phdrs, phnum)) {
    return "the entry point is not in the code";
  }
  return read_probes(find_section(bytes, len, ".hilbert.probes"), phdrs, phnum, elf);
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
