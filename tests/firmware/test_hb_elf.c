/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Damaged ELF files are refused, whatever the damage: test_hb_elf FIRMWARE_ELF SMALL_ELF. Every
 * copy has exactly as many bytes as the parser is told, so that the sanitizer sees a read past
 * them.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "elf/hb_elf.h"
#include "hilbert/hb_memmap.h"

enum { MAX_BYTES = 1 << 20 };

typedef struct file {
  size_t len;
  uint8_t bytes[MAX_BYTES];
} file_t;

static file_t firmware, small;

static void read_file(const char *path, file_t *out) {
  FILE *const in = fopen(path, "rb");
  if (in == NULL) {
    fprintf(stderr, "%s: cannot be read\n", path);
    exit(4);
  }
  out->len = fread(out->bytes, 1, sizeof out->bytes, in);
  (void)fclose(in);
}

static hb_status_t parse_copy(const uint8_t *bytes, size_t len, hb_elf_t *elf, const char **why) {
  uint8_t *const copy = malloc(len + (len == 0 ? 1u : 0u));
  assert_non_null(copy);
  memcpy(copy, bytes, len);
  const hb_status_t status = hb_elf_parse(copy, len, elf, why);
  if (status == HB_OK) { /* touch what it points to */
    for (uint32_t i = 0; i < elf->num_segments; ++i) {
      volatile uint8_t sum = 0;
      for (uint32_t j = 0; j < elf->segments[i].num_bytes; ++j) {
        sum = (uint8_t)(sum + elf->segments[i].bytes[j]);
      }
    }
  } else {
    assert_non_null(*why);
    assert_int_not_equal(strlen(*why), 0);
  }
  free(copy);
  return status;
}

static void test_parse__firmware_is_good(void **state) {
  (void)state;
  hb_elf_t elf;
  const char *why = NULL;
  assert_int_equal(hb_elf_parse(firmware.bytes, firmware.len, &elf, &why), HB_OK);
  assert_null(why);
  assert_int_equal(elf.entry, HB_TCM_BASE);
  assert_in_range(elf.num_segments, 1, HB_ELF_MAX_SEGMENTS);
  assert_int_equal(elf.segments[0].addr, HB_TCM_BASE);
  assert_in_range(elf.segments[0].num_bytes, 1000, HB_TCM_SIZE);
}

static void test_parse__truncated_at_every_length_bad(void **state) {
  (void)state;
  hb_elf_t elf;
  const char *why = NULL;
  assert_int_equal(parse_copy(small.bytes, small.len, &elf, &why), HB_OK);
  for (size_t len = 0; len < small.len; ++len) {
    assert_int_equal(parse_copy(small.bytes, len, &elf, &why), HB_ERR_FORMAT);
  }
  for (size_t len = 0; len < firmware.len; len += 997) {
    assert_int_equal(parse_copy(firmware.bytes, len, &elf, &why), HB_ERR_FORMAT);
  }
}

static void test_parse__every_altered_byte_bad(void **state) {
  (void)state;
  static const uint8_t change[] = {0x01, 0x80, 0xff};
  hb_elf_t elf;
  const char *why = NULL;
  for (size_t at = 0; at < small.len; ++at) {
    for (size_t i = 0; i < sizeof change; ++i) {
      small.bytes[at] ^= change[i];
      assert_int_equal(parse_copy(small.bytes, small.len, &elf, &why), HB_ERR_FORMAT);
      small.bytes[at] ^= change[i];
    }
  }
}

/* With the seal made good again only the structure can be at fault; whatever it says, nothing
 * outside is read. */
static void test_parse__every_altered_byte_of_the_headers_sealed_again(void **state) {
  (void)state;
  static const uint8_t change[] = {0x01, 0x02, 0x10, 0x80, 0xff};
  static uint8_t copy[sizeof small.bytes];
  hb_elf_t elf;
  const char *why = NULL;
  unsigned refused = 0;
  for (size_t at = 0; at < 52 + 3 * 32; ++at) {
    for (size_t i = 0; i < sizeof change; ++i) {
      memcpy(copy, small.bytes, small.len);
      copy[at] ^= change[i];
      if (hb_elf_seal(copy, small.len, &why) != HB_OK) {
        ++refused;
        assert_int_equal(parse_copy(copy, small.len, &elf, &why), HB_ERR_FORMAT);
        continue;
      }
      assert_int_equal(parse_copy(copy, small.len, &elf, &why), HB_OK);
      for (uint32_t s = 0; s < elf.num_segments; ++s) {
        assert_in_range(elf.segments[s].addr, HB_TCM_BASE, HB_TCM_BASE + HB_TCM_SIZE - 1u);
        assert_in_range(elf.segments[s].mem_bytes, 1, HB_TCM_SIZE - elf.segments[s].addr);
        assert_in_range(elf.segments[s].num_bytes, 0, elf.segments[s].mem_bytes);
      }
    }
  }
  assert_in_range(refused, 100, 52 * 5 + 3 * 32 * 5);
}

static void test_parse__appended_byte_bad(void **state) {
  (void)state;
  hb_elf_t elf;
  const char *why = NULL;
  small.bytes[small.len] = 0;
  assert_int_equal(parse_copy(small.bytes, small.len + 1u, &elf, &why), HB_ERR_FORMAT);
}

static void test_parse__empty_bad(void **state) {
  (void)state;
  hb_elf_t elf;
  const char *why = NULL;
  assert_int_equal(parse_copy(small.bytes, 0, &elf, &why), HB_ERR_FORMAT);
  assert_string_equal(why, "too short for an ELF file");
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: test_hb_elf FIRMWARE_ELF SMALL_ELF\n");
    return 2;
  }
  read_file(argv[1], &firmware);
  read_file(argv[2], &small);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_parse__firmware_is_good),
      cmocka_unit_test(test_parse__truncated_at_every_length_bad),
      cmocka_unit_test(test_parse__every_altered_byte_bad),
      cmocka_unit_test(test_parse__every_altered_byte_of_the_headers_sealed_again),
      cmocka_unit_test(test_parse__appended_byte_bad),
      cmocka_unit_test(test_parse__empty_bad),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
