/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * The bytes of the installed DRAM. Sparse: a page is allocated when it is first written; what was
 * never written reads as 0. Offsets count from HB_DRAM_BASE; callers keep offset + length within
 * the size.
 */

#ifndef HB_SIM_DRAM_DRAM_MEMORY_H_
#define HB_SIM_DRAM_DRAM_MEMORY_H_

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

namespace hb {

class DramMemory {
 public:
  explicit DramMemory(uint64_t size_bytes)
      : size_(size_bytes), pages_(static_cast<size_t>((size_bytes + kPage - 1) / kPage)) {}

  uint64_t size() const { return size_; }
  bool holds(uint64_t offset, uint64_t length) const {
    return offset <= size_ && length <= size_ - offset;
  }

  void read(uint64_t offset, uint8_t *bytes, size_t length) const {
    while (length > 0) {
      const size_t part = std::min<size_t>(length, kPage - offset % kPage);
      const std::unique_ptr<uint8_t[]> &page = pages_[offset / kPage];
      if (page != nullptr) {
        std::memcpy(bytes, page.get() + offset % kPage, part);
      } else {
        std::memset(bytes, 0, part);
      }
      bytes += part;
      offset += part;
      length -= part;
    }
  }

  void write(uint64_t offset, const uint8_t *bytes, size_t length) {
    while (length > 0) {
      const size_t part = std::min<size_t>(length, kPage - offset % kPage);
      std::unique_ptr<uint8_t[]> &page = pages_[offset / kPage];
      if (page == nullptr) {
        page = std::make_unique<uint8_t[]>(kPage);  // zeroes
      }
      std::memcpy(page.get() + offset % kPage, bytes, part);
      bytes += part;
      offset += part;
      length -= part;
    }
  }

 private:
  static constexpr size_t kPage = 65536;
  const uint64_t size_;
  std::vector<std::unique_ptr<uint8_t[]>> pages_;
};

}  // namespace hb

#endif  // HB_SIM_DRAM_DRAM_MEMORY_H_
