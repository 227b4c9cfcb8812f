# SPDX-License-Identifier: Apache-2.0
#
# LAYERS --markdown says what stands in TABLE.

set(now ${CMAKE_CURRENT_BINARY_DIR}/utilisation.md)
execute_process(COMMAND ${LAYERS} --markdown OUTPUT_FILE ${now} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} -E compare_files ${now} ${TABLE} RESULT_VARIABLE differ)
if(differ)
  message(FATAL_ERROR "${TABLE} is old: scripts/bench tiles --markdown makes it; compare with ${now}")
endif()
