/* SPDX-License-Identifier: Apache-2.0 */

#include "mock_tile.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <vector>

#include "hilbert/hb_tile_regs.h"

namespace hb_test {

namespace {

void require(bool condition, const char *what) {
  if (!condition) {
    std::fprintf(stderr, "mock tile: %s\n", what);
    std::abort();
  }
}

class MockTile : public hb::TileModelIf {
 public:
  void reset() override {
    out_ = hb::TileOut{};
    out_.s_awready = out_.s_wready = out_.s_arready = 1;
    out_.idle = 1;
  }

  const hb::TileOut &outputs() const override { return out_; }

  void clock(const hb::TileIn &in) override {
    registers(in);
    manager(in);
    control();
    out_.irq = irq_enable_ && !completions_.empty();
    out_.idle = !running_ && queue_.empty() && out_.s_awready && out_.s_wready && out_.s_arready;
  }

  uint32_t jobs_started() const override { return perf_.started; }
  uint32_t jobs_completed() const override { return perf_.completed; }
  hb::TilePerf perf() const override { return perf_; }

 private:
  struct Job {
    uint32_t kind = 0, beats = 0, source = 0, destination = 0, burst = 0, tag = 0;
  };
  struct Completion {
    uint32_t tag, status;
  };
  struct Burst {
    uint32_t destination = 0;
    unsigned beats = 0, received = 0;
    uint8_t id = 0;
    bool error = false;
    std::vector<hb::Beat> data;
  };
  static constexpr size_t kQueue = 4, kBursts = 8;

  void registers(const hb::TileIn &in) {
    if (in.s_awvalid && out_.s_awready) {
      awaddr_ = in.s_awaddr;
      out_.s_awready = 0;
    }
    if (in.s_wvalid && out_.s_wready) {
      wdata_ = in.s_wdata;
      wstrb_ = in.s_wstrb;
      out_.s_wready = 0;
    }
    if (out_.s_bvalid) {
      if (in.s_bready) {
        out_.s_bvalid = 0;
        out_.s_awready = out_.s_wready = 1;
      }
    } else if (!out_.s_awready && !out_.s_wready) {
      out_.s_bresp = wstrb_ == 0xf && write_register(awaddr_, wdata_) ? 0 : 2;
      out_.s_bvalid = 1;
    }
    if (out_.s_rvalid) {
      if (in.s_rready) {
        out_.s_rvalid = 0;
        out_.s_arready = 1;
      }
    } else if (in.s_arvalid) {
      out_.s_rdata = read_register(in.s_araddr);
      out_.s_rresp = 0;
      out_.s_rvalid = 1;
      out_.s_arready = 0;
    }
  }

  bool write_register(uint32_t addr, uint32_t value) {
    switch (addr) {
      case HB_TILE_REG_CTRL:
        irq_enable_ = (value & 1) != 0;
        break;
      case HB_TILE_REG_JOB_PROG:
        next_.kind = value;
        break;
      case HB_TILE_REG_JOB_LEN:
        next_.beats = value;
        break;
      case HB_TILE_REG_JOB_BASE0:
        next_.source = value;
        break;
      case HB_TILE_REG_JOB_BASE1:
        next_.destination = value;
        break;
      case HB_TILE_REG_JOB_BASE2:
        next_.burst = value;
        break;
      case HB_TILE_REG_JOB_BASE3:
        break;
      case HB_TILE_REG_WATCHDOG:
        break;
      case HB_TILE_REG_JOB_TAG:
        next_.tag = value;
        if (queue_.size() < kQueue) {
          queue_.push_back(next_);
        }
        break;
      case HB_TILE_REG_COMPL_POP:
        if (!completions_.empty()) {
          completions_.pop_front();
        }
        break;
      default:
        return false;
    }
    return true;
  }

  uint32_t read_register(uint32_t addr) const {
    switch (addr) {
      case HB_TILE_REG_ID:
        return kMockId;
      case HB_TILE_REG_STATUS:
        return (running_ ? 1u : 0u) | static_cast<uint32_t>(queue_.size()) << 4 |
               static_cast<uint32_t>(completions_.size()) << 8;
      case HB_TILE_REG_COMPL_TAG:
        return completions_.empty() ? 0 : completions_.front().tag;
      case HB_TILE_REG_COMPL_STATUS:
        return completions_.empty() ? 0 : completions_.front().status | 1u << 31;
      default:
        return 0;
    }
  }

  /* A burst's beats come in one piece: what the node promises beyond AXI. */
  void check_in_one_piece(const hb::TileIn &in) {
    if (in.m_rvalid && out_.m_rready) {
      require(!in_burst_ || in.m_rid == burst_id_, "beats of two bursts are interleaved");
      in_burst_ = !in.m_rlast;
      burst_id_ = in.m_rid;
    }
  }

  void manager(const hb::TileIn &in) {
    check_in_one_piece(in);
    if (out_.m_arvalid && in.m_arready) {
      out_.m_arvalid = 0;
    }
    if (in.m_rvalid && out_.m_rready) {
      ++perf_.rd_beats;
      ++perf_.array;
      // Answers of an id are in order, so this is the oldest incomplete burst of the id.
      const auto burst = std::find_if(reads_.begin(), reads_.end(), [&in](const Burst &b) {
        return b.id == in.m_rid && b.received < b.beats;
      });
      require(burst != reads_.end(), "a read beat nobody asked for");
      burst->error = burst->error || in.m_rresp != 0;
      burst->data[burst->received++] = in.m_rdata;
      require((in.m_rlast != 0) == (burst->received == burst->beats), "rlast is wrong");
    }
    if (out_.m_awvalid && in.m_awready) {
      out_.m_awvalid = 0;
    }
    if (out_.m_wvalid && in.m_wready) {
      ++perf_.wr_beats;
      out_.m_wvalid = 0;
      if (++sent_ == writes_.front().beats) {
        writes_.pop_front();
        sent_ = 0;
        aw_sent_ = false;
      }
    }
    if (in.m_bvalid && out_.m_bready) {
      write_error_ = write_error_ || in.m_bresp != 0;
      --unanswered_;
    }
    if (!running_ || job_.kind == kHang) {
      return;
    }
    if (job_.kind == kBreak) {
      out_.m_arvalid = 1;
      out_.m_araddr = job_.source + 0xff0;
      out_.m_arlen = 1;
      return;
    }
    // Read bursts, in order of addresses; ids take turns.
    if (!out_.m_arvalid && job_.kind != kWriteOnly && asked_ < job_.beats &&
        reads_.size() < kBursts) {
      Burst burst = next_burst(job_.source + asked_ * 16, job_.beats - asked_);
      burst.destination = job_.destination + asked_ * 16;
      out_.m_arvalid = 1;
      out_.m_araddr = job_.source + asked_ * 16;
      out_.m_arlen = static_cast<uint8_t>(burst.beats - 1);
      out_.m_arid = burst.id;
      asked_ += burst.beats;
      reads_.push_back(std::move(burst));
    }
    if (job_.kind == kWriteOnly && asked_ < job_.beats && writes_.size() < kBursts) {
      Burst burst = next_burst(job_.destination + asked_ * 16, job_.beats - asked_);
      burst.destination = job_.destination + asked_ * 16;
      asked_ += burst.beats;
      writes_.push_back(std::move(burst));
    }
    // Whole bursts move on to the write side; a destination may cross a boundary where the source
    // does not.
    if (!reads_.empty() && reads_.front().received == reads_.front().beats) {
      read_error_ = read_error_ || reads_.front().error;
      if (job_.kind == kCopy) {
        Burst burst = std::move(reads_.front());
        const unsigned room = (reach() - burst.destination % reach()) / 16;
        if (burst.beats > room) {
          Burst rest = burst;
          rest.destination += room * 16;
          rest.beats -= room;
          rest.data.erase(rest.data.begin(), rest.data.begin() + room);
          burst.beats = room;
          writes_.push_back(std::move(burst));
          writes_.push_back(std::move(rest));
        } else {
          writes_.push_back(std::move(burst));
        }
      }
      reads_.pop_front();
    }
    if (!writes_.empty()) {
      const Burst &burst = writes_.front();
      if (!aw_sent_ && !out_.m_awvalid) {
        out_.m_awvalid = 1;
        out_.m_awaddr = burst.destination;
        out_.m_awlen = static_cast<uint8_t>(burst.beats - 1);
        out_.m_awid = burst.id;
        aw_sent_ = true;
        ++unanswered_;
      }
      if (aw_sent_ && !out_.m_wvalid) {
        out_.m_wvalid = 1;
        out_.m_wdata = burst.data[sent_];
        out_.m_wstrb = 0xffff;
        out_.m_wlast = sent_ + 1 == burst.beats;
      }
    }
  }

  /* No burst crosses a multiple of this. */
  uint32_t reach() const { return job_.burst > 16 ? 4096 : 256; }

  Burst next_burst(uint32_t addr, uint32_t left) {
    Burst burst;
    burst.beats =
        std::min({left, job_.burst == 0 ? 16u : job_.burst, (reach() - addr % reach()) / 16});
    burst.id = next_id_++ & 3;
    burst.data.resize(burst.beats);
    return burst;
  }

  void control() {
    perf_.busy += running_ ? 1 : 0;
    const bool done = job_.kind != kHang && asked_ == job_.beats && reads_.empty() &&
                      writes_.empty() && unanswered_ == 0 && !out_.m_arvalid && !out_.m_awvalid;
    if (running_ && done) {
      const uint32_t status = read_error_    ? HB_TILE_STATUS_AXI_READ
                              : write_error_ ? HB_TILE_STATUS_AXI_WRITE
                                             : HB_TILE_STATUS_OK;
      completions_.push_back({job_.tag, status});
      perf_.done_tag = job_.tag;
      perf_.done_status = status;
      ++perf_.completed;
      running_ = false;
    }
    if (!running_ && !queue_.empty()) {
      job_ = queue_.front();
      queue_.pop_front();
      running_ = true;
      asked_ = 0;
      next_id_ = 0;
      read_error_ = write_error_ = false;
      perf_.running_tag = job_.tag;
      ++perf_.started;
    }
    // With a burst length of the test's choice the tile is slow now and then, too.
    out_.m_rready = running_ && (job_.burst == 0 || perf_.busy % 8 < 5);
    out_.m_bready = running_ && (job_.burst == 0 || perf_.busy % 16 < 7);
  }

  hb::TileOut out_;
  uint32_t awaddr_ = 0, wdata_ = 0;
  uint8_t wstrb_ = 0;
  bool irq_enable_ = false;
  Job next_, job_;
  bool running_ = false;
  std::deque<Job> queue_;
  std::deque<Completion> completions_;
  uint32_t asked_ = 0;  // beats requested
  uint8_t next_id_ = 0;
  std::deque<Burst> reads_, writes_;
  unsigned sent_ = 0;  // beats of writes_.front()
  bool aw_sent_ = false;
  unsigned unanswered_ = 0;
  bool read_error_ = false, write_error_ = false;
  hb::TilePerf perf_;
  bool in_burst_ = false;
  uint8_t burst_id_ = 0;
};

}  // namespace

std::unique_ptr<hb::TileModelIf> make_mock_tile() {
  auto tile = std::make_unique<MockTile>();
  tile->reset();
  return tile;
}

}  // namespace hb_test
