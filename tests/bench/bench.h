/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * What benches print and how they take time.
 */

#ifndef HB_TESTS_BENCH_BENCH_H_
#define HB_TESTS_BENCH_BENCH_H_

#include <cstdio>
#include <ctime>
#include <string>

namespace hb_bench {

/** A line of `bench`: a table's, or with `json` scripts/bench's object. */
inline void report(bool json, const char *bench, const std::string &metric, double value,
                   const char *unit) {
  if (json) {
    std::printf("{\"bench\":\"%s\",\"metric\":\"%s\",\"value\":%.6g,\"unit\":\"%s\"}\n", bench,
                metric.c_str(), value, unit);
  } else {
    std::printf("%-52s %12.3f %s\n", metric.c_str(), value, unit);
  }
}

/** Processor time of this process: what else the machine does hardly counts. */
inline double seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace hb_bench

#endif  // HB_TESTS_BENCH_BENCH_H_
