/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cmocka.h"
#include "core/hb_crc.h"

static struct {
  jmp_buf leave;
  uint32_t checks, sum;
} self;

/* Without the line: compilers differ about that of a macro over several. */
static void count(uint32_t a, uint32_t b) {
  const uint32_t seen[2] = {a, b};
  self.sum = hb_crc32(self.sum, seen, sizeof seen);
  ++self.checks;
}

_Noreturn void hb_portable_fail(int line) {
  char text[64];
  (void)snprintf(text, sizeof text, "  line %d: failed\n", line);
  hb_portable_print(text);
  longjmp(self.leave, 1);
}

void hb_portable_printf(const char *format, ...) {
  char text[160];
  va_list args;
  va_start(args, format);
  (void)vsnprintf(text, sizeof text, format, args);
  va_end(args);
  hb_portable_print(text);
}

_Noreturn void hb_portable_fail_with(int line, const char *format, ...) {
  char text[160];
  va_list args;
  va_start(args, format);
  (void)vsnprintf(text, sizeof text, format, args);
  va_end(args);
  hb_portable_print("  ");
  hb_portable_print(text);
  hb_portable_print("\n");
  hb_portable_fail(line);
}

void hb_portable_check(bool good, uint32_t a, uint32_t b, int line) {
  count(a, b);
  if (!good) {
    char text[80];
    (void)snprintf(text, sizeof text, "  line %d: 0x%lx, 0x%lx\n", line, (unsigned long)a,
                   (unsigned long)b);
    hb_portable_print(text);
    longjmp(self.leave, 1);
  }
}

void hb_portable_strings(const char *a, const char *b, int line) {
  count(hb_crc32(0, a, strlen(a)), hb_crc32(0, b, strlen(b)));
  if (strcmp(a, b) != 0) {
    hb_portable_print("  got:\n");
    hb_portable_print(a);
    hb_portable_fail(line);
  }
}

void hb_portable_bytes(const void *a, const void *b, size_t len, int line) {
  count(hb_crc32(0, a, len), hb_crc32(0, b, len));
  if (memcmp(a, b, len) != 0) {
    hb_portable_fail(line);
  }
}

static bool run_one(const hb_portable_test_t *test) {
  static void *state; /* its value outlives longjmp() */
  state = NULL;
  self.checks = 0;
  self.sum = 0;
  if (setjmp(self.leave) != 0) {
    if (test->teardown != NULL) {
      (void)test->teardown(&state);
    }
    return false;
  }
  if (test->setup != NULL && test->setup(&state) != 0) {
    return false;
  }
  test->test(&state);
  return test->teardown == NULL || test->teardown(&state) == 0;
}

int hb_portable_run(const hb_portable_test_t *tests, size_t num) {
  int failed = 0;
  for (size_t i = 0; i < num; ++i) {
    const bool good = run_one(&tests[i]);
    char text[160];
    (void)snprintf(text, sizeof text, "%s %s: %lu checks, 0x%08lx\n", good ? "ok" : "FAILED",
                   tests[i].name, (unsigned long)self.checks, (unsigned long)self.sum);
    hb_portable_print(text);
    failed += good ? 0 : 1;
  }
  return failed;
}
