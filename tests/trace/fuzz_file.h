/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * Two ways to write a trace file as input of the fuzzer, told apart by the first byte.
 *
 *   'R'  the bytes of the file follow. CRCs are not checked in the fuzzer's build.
 *   'M'  its members follow, each a fuzz_member_t and its payload: the target compresses them and
 * fills in sizes, places and CRCs, so that a mutation reaches what is behind them.
 */

#ifndef HB_TESTS_TRACE_FUZZ_FILE_H_
#define HB_TESTS_TRACE_FUZZ_FILE_H_

#include <stdint.h>

typedef struct fuzz_member {
  uint8_t kind, level, flags, reserved;
  uint32_t num_records, window, payload_bytes;
  uint64_t first_cycle, last_cycle;
} fuzz_member_t;

_Static_assert(sizeof(fuzz_member_t) == 32, "no padding");

#endif /* HB_TESTS_TRACE_FUZZ_FILE_H_ */
