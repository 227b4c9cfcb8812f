/* SPDX-License-Identifier: Apache-2.0 */

#include "sim/tile/boundary.h"

namespace hb {

hb_sim_boundary_t Boundary::make(hb_boundary_channel_t channel, Cycle now) const {
  hb_sim_boundary_t record{};
  record.cycle = now;
  record.tile = tile_;
  record.channel = channel;
  return record;
}

/* Whether there is one; `wait` is how long valid had been up before it. */
bool Boundary::handshake(hb_boundary_channel_t channel, bool valid, bool ready, uint32_t &wait) {
  uint32_t &waited = waited_[channel];
  if (!valid) {
    return false;
  }
  if (!ready) {
    ++waited;
    return false;
  }
  wait = waited;
  waited = 0;
  return true;
}

void Boundary::close(Run &run) {
  if (run.open) {
    emit(run.record);
    run.open = false;
  }
}

/* Adds a beat to the run if it follows at once and is of a kind, else begins a new one. */
void Boundary::beat(Run &run, const hb_sim_boundary_t &record) {
  const hb_sim_boundary_t &first = run.record;
  if (run.open && record.cycle == first.cycle + first.beats && record.id == first.id &&
      record.resp == first.resp && record.strobe == first.strobe) {
    ++run.record.beats;
    run.record.last = record.last;
  } else {
    close(run);
    run = {true, record};
  }
  if (record.last) {
    close(run);
  }
}

void Boundary::edge(hb_boundary_channel_t channel, bool level, bool &known, Cycle now) {
  if (level != known) {
    known = level;
    hb_sim_boundary_t record = make(channel, now);
    record.data = level ? 1 : 0;
    emit(record);
  }
}

void Boundary::wires(const TileOut &out, Cycle now) {
  edge(HB_BOUNDARY_IDLE, out.idle != 0, idle_, now);
  edge(HB_BOUNDARY_IRQ, out.irq != 0, irq_, now);
}

void Boundary::reset(Cycle now) {
  close(write_);
  close(read_);
  waited_.fill(0);
  irq_ = false;
  idle_ = true;
  emit(make(HB_BOUNDARY_RESET, now));
}

void Boundary::cycle(const TileOut &out, const TileIn &in, Cycle now) {
  // Runs of beats that have ended go first: they began earlier.
  for (Run *run : {&write_, &read_}) {
    if (run->open && now >= run->record.cycle + run->record.beats) {
      const bool goes_on = run == &write_ ? out.m_wvalid != 0 && in.m_wready != 0
                                          : in.m_rvalid != 0 && out.m_rready != 0;
      if (!goes_on) {
        close(*run);
      }
    }
  }
  const auto take = [&](hb_boundary_channel_t channel, uint8_t valid, uint8_t ready,
                        const auto &fill) {
    uint32_t wait = 0;
    if (handshake(channel, valid != 0, ready != 0, wait)) {
      hb_sim_boundary_t record = make(channel, now);
      record.wait = wait;
      record.beats = 1;
      fill(record);
      if (channel == HB_BOUNDARY_W || channel == HB_BOUNDARY_R) {
        beat(channel == HB_BOUNDARY_W ? write_ : read_, record);
      } else {
        emit(record);
      }
    }
  };
  take(HB_BOUNDARY_REG_AW, in.s_awvalid, out.s_awready,
       [&](hb_sim_boundary_t &r) { r.addr = in.s_awaddr; });
  take(HB_BOUNDARY_REG_W, in.s_wvalid, out.s_wready, [&](hb_sim_boundary_t &r) {
    r.data = in.s_wdata;
    r.strobe = in.s_wstrb;
  });
  take(HB_BOUNDARY_REG_B, out.s_bvalid, in.s_bready,
       [&](hb_sim_boundary_t &r) { r.resp = out.s_bresp; });
  take(HB_BOUNDARY_REG_AR, in.s_arvalid, out.s_arready,
       [&](hb_sim_boundary_t &r) { r.addr = in.s_araddr; });
  take(HB_BOUNDARY_REG_R, out.s_rvalid, in.s_rready, [&](hb_sim_boundary_t &r) {
    r.data = out.s_rdata;
    r.resp = out.s_rresp;
  });
  take(HB_BOUNDARY_AR, out.m_arvalid, in.m_arready, [&](hb_sim_boundary_t &r) {
    r.addr = out.m_araddr;
    r.id = out.m_arid;
    r.beats = out.m_arlen + 1u;
  });
  take(HB_BOUNDARY_R, in.m_rvalid, out.m_rready, [&](hb_sim_boundary_t &r) {
    r.id = in.m_rid;
    r.resp = in.m_rresp;
    r.last = in.m_rlast != 0;
  });
  take(HB_BOUNDARY_AW, out.m_awvalid, in.m_awready, [&](hb_sim_boundary_t &r) {
    r.addr = out.m_awaddr;
    r.id = out.m_awid;
    r.beats = out.m_awlen + 1u;
  });
  take(HB_BOUNDARY_W, out.m_wvalid, in.m_wready, [&](hb_sim_boundary_t &r) {
    r.strobe = out.m_wstrb;
    r.last = out.m_wlast != 0;
  });
  take(HB_BOUNDARY_B, in.m_bvalid, out.m_bready, [&](hb_sim_boundary_t &r) {
    r.id = in.m_bid;
    r.resp = in.m_bresp;
  });
}

}  // namespace hb
