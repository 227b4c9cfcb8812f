/* SPDX-License-Identifier: Apache-2.0 */

#include "sim/wave/wave_writer.h"

#include <verilated.h>
#include <verilated_fst_c.h>

#include <vector>

namespace hb {

namespace {

constexpr unsigned kWordBits = 32;

unsigned words_of(uint32_t bits) {
  return (bits + kWordBits - 1) / kWordBits;
}

/* Verilator separates scopes by spaces. */
std::string prefix_of(const std::string &scope) {
  std::string prefix;
  for (const char c : scope) {
    prefix += c == '.' ? ' ' : c;
  }
  return prefix + ' ';
}

struct Signal {
  std::string prefix, name;
  uint32_t bits;
  const uint32_t *value;
};

}  // namespace

std::shared_ptr<VerilatedContext> make_wave_context() {
  auto context = std::make_shared<VerilatedContext>();
  context->traceEverOn(true);
  return context;
}

/* The callbacks are those that Verilator's generated code gives. */
struct WaveWriter::Impl {
  explicit Impl(std::shared_ptr<VerilatedContext> shared) : context(std::move(shared)) {}

  static void declare(void *self, VerilatedFst *file, uint32_t code);
  static void write_all(void *self, VerilatedFst::Buffer *buffer);
  static void write_changes(void *self, VerilatedFst::Buffer *buffer);

  const std::shared_ptr<VerilatedContext> context;
  VerilatedFstC file;
  std::vector<Signal> signals;
  uint32_t base = 0;  // code of the first signal
};

void WaveWriter::Impl::declare(void *self, VerilatedFst *file, uint32_t code) {
  Impl &impl = *static_cast<Impl *>(self);
  impl.base = code;
  file->scopeEscape(' ');
  for (const Signal &signal : impl.signals) {
    file->pushNamePrefix(signal.prefix);
    const char *name = signal.name.c_str();
    const int msb = static_cast<int>(signal.bits) - 1;
    if (signal.bits == 1) {
      file->declBit(code, name, -1, FST_VD_IMPLICIT, FST_VT_VCD_WIRE, false, -1);
    } else if (signal.bits <= kWordBits) {
      file->declBus(code, name, -1, FST_VD_IMPLICIT, FST_VT_VCD_WIRE, false, -1, msb, 0);
    } else {
      file->declArray(code, name, -1, FST_VD_IMPLICIT, FST_VT_VCD_WIRE, false, -1, msb, 0);
    }
    file->popNamePrefix();
    code += words_of(signal.bits);
  }
}

void WaveWriter::Impl::write_all(void *self, VerilatedFst::Buffer *buffer) {
  const Impl &impl = *static_cast<Impl *>(self);
  uint32_t *old = buffer->oldp(impl.base);
  for (const Signal &signal : impl.signals) {
    if (signal.bits == 1) {
      buffer->fullBit(old, static_cast<CData>(*signal.value));
    } else if (signal.bits <= kWordBits) {
      buffer->fullIData(old, *signal.value, static_cast<int>(signal.bits));
    } else {
      buffer->fullWData(old, signal.value, static_cast<int>(signal.bits));
    }
    old += words_of(signal.bits);
  }
}

void WaveWriter::Impl::write_changes(void *self, VerilatedFst::Buffer *buffer) {
  const Impl &impl = *static_cast<Impl *>(self);
  uint32_t *old = buffer->oldp(impl.base);
  for (const Signal &signal : impl.signals) {
    if (signal.bits == 1) {
      buffer->chgBit(old, static_cast<CData>(*signal.value));
    } else if (signal.bits <= kWordBits) {
      buffer->chgIData(old, *signal.value, static_cast<int>(signal.bits));
    } else {
      buffer->chgWData(old, signal.value, static_cast<int>(signal.bits));
    }
    old += words_of(signal.bits);
  }
}

WaveWriter::WaveWriter(std::shared_ptr<VerilatedContext> context) {
  Verilated::threadContextp(context.get());  // whom VerilatedFstC asks for its units
  impl_ = std::make_unique<Impl>(std::move(context));
}

WaveWriter::~WaveWriter() {
  close();
}

void WaveWriter::add(TracedTileIf &model) {
  model.trace(impl_->file);
}

void WaveWriter::add(const std::string &scope, const std::string &name, uint32_t bits,
                     const uint32_t *value) {
  impl_->signals.push_back({prefix_of(scope), name, bits, value});
}

bool WaveWriter::open(const char *path) {
  VerilatedFst *file = impl_->file.spTrace();
  file->addInitCb(Impl::declare, impl_.get());
  file->addFullCb(Impl::write_all, impl_.get());
  file->addChgCb(Impl::write_changes, impl_.get());
  file->set_time_unit("1ps");
  file->set_time_resolution("1ps");
  file->open(path);
  return file->isOpen();
}

void WaveWriter::write(uint64_t ps) {
  impl_->file.dump(ps);
}

void WaveWriter::close() {
  if (impl_->file.isOpen()) {
    impl_->file.close();
  }
}

}  // namespace hb
