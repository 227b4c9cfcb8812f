/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The bytes of a twin that computes: everything else in a twin is timing, and this follows it.
 *
 * A LOAD's words are what its beats bring, when they come. An EXEC, VEC or STAT takes effect when
 * it leaves its queue, all of it at once; so does a STORE, whose beats then leave one by one when
 * the Store unit says so. By then the tokens of a right program have come: what a command reads is
 * there, and what it overwrites is no longer needed. So the beats of such a program are those of
 * the RTL, also those before a fault, a watchdog or a soft reset.
 *
 * Not so: commands that race each other, for want of a token, and what a command that was under way
 * has left in a scratchpad or the accumulator when its job was aborted.
 */

#ifndef HB_SIM_TWIN_TWIN_DATA_H_
#define HB_SIM_TWIN_TWIN_DATA_H_

#include <deque>
#include <vector>

#include "sim/functional/tile_data.h"
#include "sim/twin/twin_types.h"

namespace hb::twin {

class Data {
 public:
  explicit Data(unsigned n) : n_(n), tile_(n) {}

  void reset() { *this = Data(n_); }

  /* A job starts. Throws std::logic_error if the one before has left beats. */
  void begin(uint32_t tag) const;
  void load(uint8_t mem, uint32_t word, const Beat &beat) { tile_.load(mem, word, beat.data()); }
  /* A command enters and leaves the queue of its unit. */
  void queue_core(const hb_cmd_t &command) { core_.push_back(command); }
  void queue_store(const hb_cmd_t &command) { store_.push_back(command); }
  void start_core();
  void start_store();
  void abort();

  /**
   * The write data of this cycle: `beats` and `strobe` as the Store unit has them.
   * Throws std::logic_error if there is no such beat: timing and data have come apart.
   */
  void show(uint64_t beats, uint16_t strobe, uint32_t tag, Beat &data);

 private:
  unsigned n_;
  TileData tile_;
  std::deque<hb_cmd_t> core_, store_;
  std::vector<TileData::Beat> beats_;  // of the STOREs that have started
  size_t next_ = 0;                    // of them
  uint64_t shown_ = 0;
};

}  // namespace hb::twin

#endif  // HB_SIM_TWIN_TWIN_DATA_H_
