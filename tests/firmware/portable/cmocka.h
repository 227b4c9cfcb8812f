/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The part of cmocka that the firmware's unit tests use, without an operating system, so that the
 * same sources run on the emulated CPU and natively and their results can be compared: each test
 * prints its name, how many assertions it evaluated, and a checksum of the values they saw.
 *
 * Where the text goes is up to hb_portable_print(): portable_native.c, portable_rv32.c.
 */

#ifndef CMOCKA_H_
#define CMOCKA_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct hb_portable_test {
  const char *name;
  void (*test)(void **state);
  int (*setup)(void **state);
  int (*teardown)(void **state);
} hb_portable_test_t;
#define CMUnitTest hb_portable_test

/* Values count with their 32 lower bits: types differ in width between the two. */
void hb_portable_check(bool good, uint32_t a, uint32_t b, int line);
void hb_portable_strings(const char *a, const char *b, int line);
void hb_portable_bytes(const void *a, const void *b, size_t len, int line);
_Noreturn void hb_portable_fail(int line);
_Noreturn void hb_portable_fail_with(int line, const char *format, ...);
void hb_portable_printf(const char *format, ...);
int hb_portable_run(const hb_portable_test_t *tests, size_t num);
void hb_portable_print(const char *text);

#define hb_portable_u32_(x_) ((uint32_t)(uintptr_t)(x_))

#define assert_true(c_) hb_portable_check((c_) ? true : false, 1, 1, __LINE__)
#define assert_false(c_) hb_portable_check((c_) ? false : true, 0, 0, __LINE__)
#define assert_null(p_) hb_portable_check((p_) == NULL, 2, 2, __LINE__)
#define assert_non_null(p_) hb_portable_check((p_) != NULL, 3, 3, __LINE__)
#define assert_ptr_equal(a_, b_) \
  hb_portable_check((const void *)(a_) == (const void *)(b_), 4, 4, __LINE__)
#define assert_int_equal(a_, b_) hb_portable_equal_((uint64_t)(a_), (uint64_t)(b_), true, __LINE__)
#define assert_int_not_equal(a_, b_) \
  hb_portable_equal_((uint64_t)(a_), (uint64_t)(b_), false, __LINE__)
#define assert_in_range(x_, low_, high_) \
  hb_portable_range_((uint64_t)(x_), (uint64_t)(low_), (uint64_t)(high_), __LINE__)
#define assert_string_equal(a_, b_) hb_portable_strings(a_, b_, __LINE__)
#define assert_memory_equal(a_, b_, len_) hb_portable_bytes(a_, b_, len_, __LINE__)
#define print_error(...) hb_portable_printf(__VA_ARGS__)
#define fail() hb_portable_fail(__LINE__)
#define fail_msg(...) hb_portable_fail_with(__LINE__, __VA_ARGS__)

static inline void hb_portable_equal_(uint64_t a, uint64_t b, bool equal, int line) {
  hb_portable_check((a == b) == equal, (uint32_t)a, (uint32_t)b, line);
}

static inline void hb_portable_range_(uint64_t x, uint64_t low, uint64_t high, int line) {
  hb_portable_check(x >= low && x <= high, (uint32_t)x, (uint32_t)low, line);
}

#define cmocka_unit_test(test_) \
  { #test_, test_, NULL, NULL }
#define cmocka_unit_test_setup(test_, setup_) \
  { #test_, test_, setup_, NULL }
#define cmocka_unit_test_teardown(test_, teardown_) \
  { #test_, test_, NULL, teardown_ }
#define cmocka_unit_test_setup_teardown(test_, setup_, teardown_) \
  { #test_, test_, setup_, teardown_ }
#define cmocka_run_group_tests(tests_, setup_, teardown_) \
  hb_portable_run(tests_, sizeof(tests_) / sizeof((tests_)[0]))

#endif /* CMOCKA_H_ */
