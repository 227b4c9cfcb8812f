# SPDX-License-Identifier: Apache-2.0
#
# cmake -DNATIVE=<exe> -DRUNNER=<run_rv32> -DELF=<elf> -P same_results.cmake: both pass, with the same text.
execute_process(COMMAND ${NATIVE} OUTPUT_VARIABLE native RESULT_VARIABLE native_code)
execute_process(COMMAND ${RUNNER} ${ELF} OUTPUT_VARIABLE rv32 RESULT_VARIABLE rv32_code)
if(NOT native_code EQUAL 0 OR NOT native MATCHES "ok test_")
  message(FATAL_ERROR "natively (exit code ${native_code}):\n${native}")
endif()
if(NOT rv32_code EQUAL 0)
  message(FATAL_ERROR "on the emulated CPU (exit code ${rv32_code}):\n${rv32}")
endif()
if(NOT native STREQUAL rv32)
  message(FATAL_ERROR "natively:\n${native}\non the emulated CPU:\n${rv32}")
endif()
message("${rv32}")
