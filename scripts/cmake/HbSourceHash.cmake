# SPDX-License-Identifier: Apache-2.0
#
# Hashes of source files, in the program that was built from them.

# hb_add_source_hash(<out.c> FUNCTION <name> FILES <files>... [TEXT <lines>...])
#
# <out.c> defines `const char *<name>(void)`: the SHA-256, in hexadecimal, of names and contents of the files, as they are
# when it is built, and of the lines.
function(hb_add_source_hash out)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "FUNCTION" "FILES;TEXT")
  list(REMOVE_DUPLICATES arg_FILES)
  list(SORT arg_FILES)
  set(list ${out}.list)
  list(JOIN arg_FILES "\n" files)
  list(JOIN arg_TEXT "\n" text)
  file(CONFIGURE OUTPUT ${list} CONTENT "${files}\n" @ONLY)
  file(CONFIGURE OUTPUT ${out}.text CONTENT "${text}\n" @ONLY)
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DLIST=${list} -DTEXT=${out}.text -DOUT=${out} -DFUNCTION=${arg_FUNCTION} -DROOT=${PROJECT_SOURCE_DIR}
      -DBINARY=${PROJECT_BINARY_DIR} -P ${PROJECT_SOURCE_DIR}/scripts/cmake/HbHashFiles.cmake
    DEPENDS ${arg_FILES} ${list} ${out}.text ${PROJECT_SOURCE_DIR}/scripts/cmake/HbHashFiles.cmake
    COMMENT "Hashing sources for ${arg_FUNCTION}()")
endfunction()
