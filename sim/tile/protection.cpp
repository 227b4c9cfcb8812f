/* SPDX-License-Identifier: Apache-2.0 */

#include "sim/tile/protection.h"

#include "hilbert/hb_image.h"

namespace hb {

uint32_t *Protection::find(uint32_t offset) {
  switch (offset) {
    case HB_NI_CTRL:
      return &ctrl_;
    case HB_NI_REFUSED:
      return &refused_;
    case HB_NI_REFUSED_ADDR:
      return &refused_addr_;
    case HB_NI_REFUSED_TAG:
      return &refused_tag_;
    default:
      break;
  }
  const uint32_t at = offset - HB_NI_WINDOW(0, 0);
  if (offset < HB_NI_WINDOW(0, 0) || at / 8 >= kWindows) return nullptr;
  Window &window = windows_[at / 8];
  return at % 8 == 0 ? &window.base : &window.end;
}

bool Protection::consistent() const {
  for (uint32_t i = 0; i < kWindows; ++i) {
    const Window &a = windows_[i];
    if (a.end < a.first()) return false;
    for (uint32_t j = 0; j < i; ++j) {
      const Window &b = windows_[j];
      const bool overlap = a.first() < b.end && b.first() < a.end && !a.empty() && !b.empty();
      const bool matters =
          i / HB_NI_WINDOWS == j / HB_NI_WINDOWS || ((a.base | b.base) & HB_NI_MAY_WRITE) != 0;
      if (overlap && matters) return false;
    }
  }
  return true;
}

void Protection::answer(Packet *request) {
  const uint32_t offset = request->addr % kOffset;
  uint32_t *reg = find(offset);
  const bool write = request->kind == PacketKind::kWriteReq;
  Resp resp = reg != nullptr ? Resp::kOkay : Resp::kSlvErr;
  if (reg != nullptr && write) {
    const uint32_t value = request->word();
    if (reg == &ctrl_) {
      if ((value & HB_NI_CTRL_PROTECT) != 0 && !consistent()) {
        resp = Resp::kSlvErr;
      } else {
        ctrl_ = value & HB_NI_CTRL_PROTECT;
      }
    } else if (offset >= HB_NI_WINDOW(0, 0)) {
      const uint32_t keep = offset % 8 == 0 ? HB_NI_MAY_READ | HB_NI_MAY_WRITE : 0u;
      *reg = value & (~uint32_t{15} | keep);
    } else {
      resp = Resp::kSlvErr;  // read-only
    }
  }
  if (reg != nullptr && !write) request->set_word(*reg);
  request->make_response(resp);
}

bool Protection::allows(uint32_t tag, uint32_t addr, uint32_t bytes, bool write) const {
  if (ctrl_ == 0) return true;
  const uint32_t context = HB_TAG_MODEL(tag);
  if (context >= HB_NI_CONTEXTS) return false;
  const uint32_t needed = write ? HB_NI_MAY_WRITE : HB_NI_MAY_READ;
  for (uint32_t i = 0; i < HB_NI_WINDOWS; ++i) {
    const Window &window = windows_[context * HB_NI_WINDOWS + i];
    if ((window.base & needed) != 0 && addr >= window.first() &&
        uint64_t{addr} + bytes <= window.end) {
      return true;
    }
  }
  return false;
}

}  // namespace hb
