/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * A tile without a core, for tests of everything around it: a job copies memory. Keeps the promises
 * of sim/tile/tile_model.h (outputs from state only, quiescence) and the registers of a real tile
 * that jobs need.
 *
 * Job registers here: JOB_PROG what to do (MockJob), JOB_LEN beats, JOB_BASE0 source, JOB_BASE1
 * destination, JOB_BASE2 longest burst in beats, 1 .. 256; the tile then is slow to take answers
 * now and then (0: 16 beats, never slow). Bursts of up to 16 beats stay within 256 aligned bytes,
 * longer ones within 4 KiB.
 */

#ifndef HB_TESTS_SIM_MOCK_TILE_H_
#define HB_TESTS_SIM_MOCK_TILE_H_

#include <memory>

#include "sim/tile/tile_model.h"

namespace hb_test {

enum MockJob : uint32_t {
  kCopy = 0,
  kReadOnly = 1,
  kWriteOnly = 2, /* zeroes */
  kHang = 3,      /* never completes, never touches its boundary */
  kBreak = 4,     /* asks for a burst across a 4 KiB boundary */
};

constexpr uint32_t kMockId = 0xff010001;  // foreign, size 1, version 1

std::unique_ptr<hb::TileModelIf> make_mock_tile();

}  // namespace hb_test

#endif  // HB_TESTS_SIM_MOCK_TILE_H_
