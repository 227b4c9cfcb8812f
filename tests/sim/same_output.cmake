# SPDX-License-Identifier: Apache-2.0
#
# cmake -DPROGRAM=<exe> "-DVARIANTS=a b c|a b d|..." -P same_output.cmake
# Runs the program once per variant (arguments separated by blanks) and fails unless every run succeeds and prints
# the same text, at least one line of it.
string(REPLACE "|" ";" variants "${VARIANTS}")
set(first)
foreach(variant IN LISTS variants)
  string(REPLACE " " ";" arguments "${variant}")
  execute_process(COMMAND ${PROGRAM} ${arguments} OUTPUT_VARIABLE text RESULT_VARIABLE code)
  if(NOT code EQUAL 0)
    string(REGEX MATCH "([^\n]*\n?){0,12}$" tail "${text}")
    message(FATAL_ERROR "${PROGRAM} ${variant}: exit code ${code}\n${tail}")
  endif()
  if(NOT text MATCHES "\n")
    message(FATAL_ERROR "${PROGRAM} ${variant}: printed nothing")
  endif()
  if(NOT first)
    set(first "${text}")
    set(first_variant "${variant}")
  elseif(NOT text STREQUAL first)
    message(FATAL_ERROR "${PROGRAM}: output with '${variant}' differs from '${first_variant}'")
  endif()
endforeach()
