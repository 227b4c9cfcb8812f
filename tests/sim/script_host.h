/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * A host without a CPU: does register accesses over the NoC from a script, one after the other, so
 * that tiles, NoC and DRAM can be run without firmware. A read that does not return what the script
 * says is an error.
 */

#ifndef HB_TESTS_SIM_SCRIPT_HOST_H_
#define HB_TESTS_SIM_SCRIPT_HOST_H_

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

#include "hilbert/hb_tile_regs.h"
#include "sim/kernel/clock.h"
#include "sim/kernel/link.h"
#include "sim/noc/noc.h"

namespace hb_test {

class ScriptHost : public sc_core::sc_module, public hb::Ticked {
 public:
  ScriptHost(sc_core::sc_module_name nm, hb::Clock &clk, hb::Noc &noc, hb::NodeId node,
             uint32_t num_tiles, hb::Cycle irq_cycles)
      : sc_core::sc_module(nm), Ticked(clk), port_(noc.attach(node, this)), irq_(num_tiles, false) {
    for (uint32_t i = 0; i < num_tiles; ++i) {
      links_.push_back(std::make_unique<hb::Link<bool>>(clk, this, irq_cycles));
    }
  }

  hb::Link<bool> &tile_irq(uint32_t tile) { return *links_[tile]; }

  /* The script, in order. */
  void write(uint32_t addr, uint32_t value, hb::Resp resp = hb::Resp::kOkay) {
    script_.push_back({Kind::kWrite, addr, value, ~0u, resp});
  }
  void expect(uint32_t addr, uint32_t value, uint32_t mask = ~0u, hb::Resp resp = hb::Resp::kOkay) {
    script_.push_back({Kind::kRead, addr, value, mask, resp});
  }
  void wait_irq(uint32_t tile, bool level = true) {
    script_.push_back({Kind::kIrq, tile, level, 0, hb::Resp::kOkay});
  }
  void wait_cycles(uint32_t cycles) {
    script_.push_back({Kind::kWait, 0, cycles, 0, hb::Resp::kOkay});
  }

  /* Sets up and starts a job; `kind` and `burst` are of the mock tile. */
  void job(uint32_t tile, uint32_t kind, uint32_t beats, uint32_t source, uint32_t destination,
           uint32_t burst, uint32_t tag) {
    const uint32_t base = HB_TILE_BASE(tile);
    write(base + HB_TILE_REG_JOB_PROG, kind);
    write(base + HB_TILE_REG_JOB_LEN, beats);
    write(base + HB_TILE_REG_JOB_BASE0, source);
    write(base + HB_TILE_REG_JOB_BASE1, destination);
    write(base + HB_TILE_REG_JOB_BASE2, burst);
    write(base + HB_TILE_REG_JOB_TAG, tag);
  }

  hb::Cycle tick(hb::Cycle now) override {
    for (size_t i = 0; i < links_.size(); ++i) {
      while (links_[i]->ready()) {
        irq_[i] = links_[i]->pop();
        irq_log.push_back(std::to_string(now) + (irq_[i] ? " irq+" : " irq-") + std::to_string(i));
      }
    }
    if (hb::Packet *packet = port_.receive(hb::Net::kResponse)) {
      const Step &step = script_[next_];
      if (packet->resp != step.resp) {
        complain(now, "response", static_cast<uint32_t>(packet->resp),
                 static_cast<uint32_t>(step.resp));
      }
      if (step.kind == Kind::kRead && step.resp == hb::Resp::kOkay &&
          ((packet->word() ^ step.value) & step.mask) != 0) {
        complain(now, "value", packet->word(), step.value);
      }
      port_.release(packet);
      waiting_ = false;
      ++next_;
    }
    while (!waiting_ && next_ < script_.size()) {
      const Step &step = script_[next_];
      if (step.kind == Kind::kIrq) {
        if (irq_[step.addr] != (step.value != 0)) {
          return hb::kNever;
        }
      } else if (step.kind == Kind::kWait) {
        if (until_ == 0) {
          until_ = now + step.value;
        }
        if (now < until_) {
          return until_;
        }
        until_ = 0;
      } else {
        if (!port_.can_send(hb::Net::kRequest)) {
          return hb::kNever;
        }
        hb::Packet *packet = port_.make();
        if (step.kind == Kind::kWrite) {
          packet->make_write32(step.addr, step.value);
        } else {
          packet->make_read32(step.addr);
        }
        port_.send(packet);
        waiting_ = true;
        return hb::kNever;
      }
      ++next_;
    }
    if (done() && finished_at == 0) {
      finished_at = now;
    }
    return hb::kNever;
  }

  bool done() const { return next_ == script_.size(); }
  int errors = 0;
  hb::Cycle finished_at = 0;
  std::vector<std::string> irq_log;

 private:
  enum class Kind : uint8_t { kWrite, kRead, kIrq, kWait };
  struct Step {
    Kind kind;
    uint32_t addr, value, mask;
    hb::Resp resp;
  };

  void complain(hb::Cycle now, const char *what, uint32_t got, uint32_t wanted) {
    std::printf("%s @%llu, step %zu (%08x): %s is %08x, expected %08x\n", name(),
                static_cast<unsigned long long>(now), next_, script_[next_].addr, what, got,
                wanted);
    ++errors;
  }

  hb::NocPort &port_;
  std::vector<std::unique_ptr<hb::Link<bool>>> links_;
  std::vector<bool> irq_;
  std::vector<Step> script_;
  size_t next_ = 0;
  bool waiting_ = false;
  hb::Cycle until_ = 0;
};

}  // namespace hb_test

#endif  // HB_TESTS_SIM_SCRIPT_HOST_H_
