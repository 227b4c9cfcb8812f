# SPDX-License-Identifier: Apache-2.0
#
# Lints one module with Verilator (-Wall) and Yosys; anything either of them prints is a failure.

function(run_silent)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE text ERROR_VARIABLE text)
  if(NOT result EQUAL 0 OR NOT text STREQUAL "")
    message(FATAL_ERROR "${result}: ${text}")
  endif()
endfunction()

run_silent(${VERILATOR} --lint-only -Wall --no-timing ${RTL}/lint/hb.vlt -I${RTL}/include -I${GENERATED}
  --top-module ${MODULE} ${SOURCES})

# Yosys says of every small unpacked array that it becomes registers: that is what the array's delay
# lines are meant to become (-w turns those warnings into plain log, which -q drops).
list(JOIN SOURCES " " files)
run_silent(${YOSYS} -q -w "Replacing memory"
  -p "read_verilog -sv -DSYNTHESIS -I${RTL}/include -I${GENERATED} ${files}"
  -p "hierarchy -check -top ${MODULE}" -p proc -p "check -assert")
