# SPDX-License-Identifier: Apache-2.0
#
# Finds every tool and library the build needs. A missing one is one line naming the Debian package;
# scripts/setup installs them all.

function(hb_require_program variable program package)
  find_program(${variable} ${program})
  if(NOT ${variable})
    message(FATAL_ERROR "${program} not found: install the Debian package ${package} (or run scripts/setup)")
  endif()
endfunction()

macro(hb_require_pkg prefix module package)
  pkg_check_modules(${prefix} QUIET IMPORTED_TARGET ${module})
  if(NOT ${prefix}_FOUND)
    message(FATAL_ERROR "${module} not found: install the Debian package ${package} (or run scripts/setup)")
  endif()
endmacro()

find_package(PkgConfig QUIET)
if(NOT PkgConfig_FOUND)
  message(FATAL_ERROR "pkg-config not found: install the Debian package pkg-config (or run scripts/setup)")
endif()
find_package(Threads REQUIRED)
find_package(Python3 3.11 REQUIRED COMPONENTS Interpreter)

hb_require_program(HB_VERILATOR verilator verilator)
find_package(verilator 5.006 REQUIRED HINTS $ENV{VERILATOR_ROOT} /usr/share/verilator)
hb_require_program(HB_YOSYS yosys yosys)
hb_require_program(HB_YOSYS_SMTBMC yosys-smtbmc yosys)
hb_require_program(HB_CVC4 cvc4 cvc4)
hb_require_program(HB_FST2VCD fst2vcd gtkwave)
hb_require_program(HB_CLANGXX clang++ clang)
hb_require_program(HB_RISCV_GCC riscv64-unknown-elf-gcc gcc-riscv64-unknown-elf)
hb_require_program(HB_RISCV_OBJCOPY riscv64-unknown-elf-objcopy binutils-riscv64-unknown-elf)
hb_require_program(HB_RISCV_SIZE riscv64-unknown-elf-size binutils-riscv64-unknown-elf)

hb_require_pkg(SYSTEMC systemc libsystemc-dev)
hb_require_pkg(ZLIB zlib zlib1g-dev)
hb_require_pkg(NETTLE nettle nettle-dev)
hb_require_pkg(CYAML libcyaml libcyaml-dev)
hb_require_pkg(YAML yaml-0.1 libyaml-dev)
hb_require_pkg(UNICORN unicorn libunicorn-dev)
hb_require_pkg(JSONC json-c libjson-c-dev)
hb_require_pkg(POPT popt libpopt-dev)
hb_require_pkg(CMOCKA cmocka libcmocka-dev)
