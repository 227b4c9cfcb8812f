# SPDX-License-Identifier: Apache-2.0
#
# Helpers every folder uses. Targets, never global flags.

# Our own C and C++ links this; generated and third-party code does not.
add_library(hb_warnings INTERFACE)
target_compile_options(hb_warnings INTERFACE
  -Wall -Wextra -Wshadow -Wconversion $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes>
  $<$<BOOL:${HB_WERROR}>:-Werror>)
if(HB_SANITIZE)
  target_compile_options(hb_warnings INTERFACE -fsanitize=address,undefined
    -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  target_link_options(hb_warnings INTERFACE -fsanitize=address,undefined)
endif()

# hb_add_verilated(<target> TOP <module> PREFIX <class> SOURCES <files>... [PARAMS <Name=Value>...] [TRACE] [CHECKS])
#
# One Verilated model as plain C++ in one static library, compiled by clang at -O3 -march=native:
# several times faster than the default (measured: scripts/bench rtl). With CHECKS it stops at a failed
# HB_CHECK, and registers without a reset start with random values.
function(hb_add_verilated target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "TRACE;CHECKS" "TOP;PREFIX" "SOURCES;PARAMS")
  set(params)
  foreach(param IN LISTS arg_PARAMS)
    list(APPEND params -G${param})
  endforeach()
  set(features)
  if(arg_TRACE)
    list(APPEND features TRACE_FST)
  endif()
  if(HB_COVERAGE)
    list(APPEND features COVERAGE)
  endif()
  if(arg_CHECKS OR HB_CHECKED)
    set(rigour --x-assign unique --x-initial unique)
    set(optimise -O1)
  else()
    set(rigour --x-assign fast --x-initial fast --noassert -DHB_NO_CHECKS)
    set(optimise -O3 -march=native)
  endif()
  set(optimise_slow -O1)
  if(arg_TRACE)  # writing the waveform takes longer
    set(optimise -O1)
    set(optimise_slow -O0)
  endif()
  if(HB_PROFILE)
    list(APPEND optimise -gline-tables-only)
  endif()
  if(HB_COVERAGE)  # thousands of counters: compiling them takes longer than the tests
    set(optimise -O1)
    set(optimise_slow -O0)
  endif()
  add_library(${target} STATIC)
  verilate(${target} ${features} TOP_MODULE ${arg_TOP} PREFIX ${arg_PREFIX}
    SOURCES ${PROJECT_SOURCE_DIR}/rtl/lint/hb.vlt ${arg_SOURCES}
    INCLUDE_DIRS ${PROJECT_SOURCE_DIR}/rtl/include ${PROJECT_BINARY_DIR}/generated
    VERILATOR_ARGS -Wall --no-timing -O3 ${rigour} --output-split 0 ${params}
    OPT_FAST ${optimise} OPT_SLOW ${optimise_slow})
  target_link_libraries(${target} PUBLIC Threads::Threads)
  if(arg_TRACE)
    target_compile_definitions(${target} INTERFACE VM_TRACE=1 VM_TRACE_FST=1)
  endif()
  set_target_properties(${target} PROPERTIES SYSTEM ON)  # generated headers: not our warnings
endfunction()

# hb_add_test(NAME <layer.unit.behaviour> COMMAND <cmd>... [SLOW] [TIMEOUT <s>] [WORKING_DIRECTORY <d>] [ENVIRONMENT <k=v>...])
#
# Label: the layer (the name's first word) plus quick or slow.
function(hb_add_test)
  cmake_parse_arguments(PARSE_ARGV 0 arg "SLOW" "NAME;TIMEOUT;WORKING_DIRECTORY" "COMMAND;ENVIRONMENT")
  string(REGEX MATCH "^[a-z]+" layer ${arg_NAME})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  if(NOT arg_WORKING_DIRECTORY)
    set(arg_WORKING_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
  endif()
  add_test(NAME ${arg_NAME} COMMAND ${arg_COMMAND} WORKING_DIRECTORY ${arg_WORKING_DIRECTORY})
  set_tests_properties(${arg_NAME} PROPERTIES
    LABELS "${layer};$<IF:$<BOOL:${arg_SLOW}>,slow,quick>" TIMEOUT ${arg_TIMEOUT}
    ENVIRONMENT "SYSTEMC_DISABLE_COPYRIGHT_MESSAGE=1;${arg_ENVIRONMENT}")
endfunction()
