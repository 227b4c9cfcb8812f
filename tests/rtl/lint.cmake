# SPDX-License-Identifier: Apache-2.0
#
# Lints one module, its parameters set to PARAMS, with Verilator (-Wall) and Yosys; anything either of them prints is a failure.

set(verilator_params)
set(yosys_params)
foreach(param IN LISTS PARAMS)
  list(APPEND verilator_params -G${param})
  string(REPLACE "=" " " param ${param})
  list(APPEND yosys_params -p "chparam -set ${param} ${MODULE}")
endforeach()

function(run_silent)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE text ERROR_VARIABLE text)
  if(NOT result EQUAL 0 OR NOT text STREQUAL "")
    message(FATAL_ERROR "${result}: ${text}")
  endif()
endfunction()

run_silent(${VERILATOR} --lint-only -Wall --no-timing ${RTL}/lint/hb.vlt -I${RTL}/include -I${GENERATED}
  --top-module ${MODULE} ${verilator_params} ${SOURCES})

# Yosys says of every small unpacked array that it becomes registers: that is what the array's delay
# lines are meant to become (-w turns those warnings into plain log, which -q drops). `check` does not follow a
# combinational loop through a port: it looks twice, the second time at one flat module.
list(JOIN SOURCES " " files)
run_silent(${YOSYS} -q -w "Replacing memory"
  -p "read_verilog -sv -DSYNTHESIS -I${RTL}/include -I${GENERATED} ${files}"
  ${yosys_params} -p "hierarchy -check -top ${MODULE}" -p proc -p "check -assert" -p flatten -p "check -assert")
