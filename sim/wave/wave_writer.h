/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * A file of waveforms (FST), written by Verilator's own writer: signals of traced tiles, and others
 * from memory. Apart from wave.h because Verilator's headers do not go with SystemC's.
 */

#ifndef HB_SIM_WAVE_WAVE_WRITER_H_
#define HB_SIM_WAVE_WAVE_WRITER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "sim/tile/tile_model.h"

namespace hb {

/** What all models of one file share. */
std::shared_ptr<VerilatedContext> make_wave_context();

class WaveWriter {
 public:
  explicit WaveWriter(std::shared_ptr<VerilatedContext> context);
  ~WaveWriter();  // closes

  /* Before open(). */
  void add(TracedTileIf &model);
  /** scope: "noc.request"; value: words of `bits` bits, read by every write(). */
  void add(const std::string &scope, const std::string &name, uint32_t bits, const uint32_t *value);

  /** @return false: the file cannot be written. */
  bool open(const char *path);
  /** All signals as they are now; times ascend. */
  void write(uint64_t ps);
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hb

#endif  // HB_SIM_WAVE_WAVE_WRITER_H_
