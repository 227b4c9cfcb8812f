/* SPDX-License-Identifier: Apache-2.0 */

#include "sim/twin/twin_data.h"

#include <cstring>
#include <stdexcept>
#include <string>

namespace hb::twin {

void Data::begin(uint32_t tag) const {
  if (next_ != beats_.size()) {
    throw std::logic_error("twin, before job " + std::to_string(tag) + ": " +
                           std::to_string(beats_.size() - next_) +
                           " beats were computed and not written");
  }
}

void Data::start_core() {
  const hb_cmd_t command = core_.front();
  core_.pop_front();
  switch (command.common.opcode) {
    case HB_CMD_OP_EXEC:
      tile_.exec(command.exec);
      break;
    case HB_CMD_OP_VEC:
      tile_.vec(command.vec);
      break;
    default:
      tile_.stat(command.stat);
      break;
  }
}

void Data::start_store() {
  beats_.erase(beats_.begin(), beats_.begin() + static_cast<ptrdiff_t>(next_));
  next_ = 0;
  tile_.store(store_.front().store, beats_);
  store_.pop_front();
}

void Data::abort() {
  core_.clear();
  store_.clear();
  beats_.clear();
  next_ = 0;
}

void Data::show(uint64_t beats, uint16_t strobe, uint32_t tag, Beat &data) {
  if (beats == shown_) {
    return;
  }
  const bool follows = beats == shown_ + 1 && next_ < beats_.size();
  if (!follows || beats_[next_].strobe != strobe) {
    throw std::logic_error("twin, job " + std::to_string(tag) + ": write beat " +
                           std::to_string(beats) + " has strobes " + std::to_string(strobe) +
                           " and is not the one that was computed");
  }
  std::memcpy(data.data(), beats_[next_].bytes.data(), sizeof data);
  ++next_;
  shown_ = beats;
}

}  // namespace hb::twin
