# SPDX-License-Identifier: Apache-2.0
#
# cmake -P: what hb_add_source_hash() runs. LIST holds a file a line; ROOT and BINARY are cut off their names.

file(STRINGS ${LIST} files)
file(READ ${TEXT} all)
foreach(file IN LISTS files)
  file(SHA256 ${file} hash)
  cmake_path(IS_PREFIX BINARY ${file} built)
  if(built)
    cmake_path(RELATIVE_PATH file BASE_DIRECTORY ${BINARY} OUTPUT_VARIABLE name)
    string(PREPEND name "build/")
  else()
    cmake_path(RELATIVE_PATH file BASE_DIRECTORY ${ROOT} OUTPUT_VARIABLE name)
  endif()
  string(APPEND all "${hash}  ${name}\n")
endforeach()
string(SHA256 hash "${all}")
file(WRITE ${OUT} "/* Made by hb_add_source_hash(). */\nconst char *${FUNCTION}(void);\nconst char *${FUNCTION}(void) {\n  return \"${hash}\";\n}\n")
