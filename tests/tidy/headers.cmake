# Every header of ours compiles alone: one object library of files that each include one header.
# Built by the target `headers_alone`, run by ctest as tidy.headers.
file(GLOB_RECURSE all_headers CONFIGURE_DEPENDS RELATIVE "${CMAKE_SOURCE_DIR}"
  "${CMAKE_SOURCE_DIR}/messages/*.hpp" "${CMAKE_SOURCE_DIR}/rules/*.hpp"
  "${CMAKE_SOURCE_DIR}/runtime/*.hpp" "${CMAKE_SOURCE_DIR}/metrics/*.hpp"
  "${CMAKE_SOURCE_DIR}/actors/*.hpp" "${CMAKE_SOURCE_DIR}/cli/*.hpp"
  "${CMAKE_SOURCE_DIR}/tests/support/*.hpp")
set(alone)
foreach(header IN LISTS all_headers)
  set(file "${CMAKE_CURRENT_BINARY_DIR}/headers/${header}.cpp")
  # twice: a header without its guard fails too
  file(CONFIGURE OUTPUT "${file}" CONTENT "#include \"${header}\"\n#include \"${header}\"\n")
  list(APPEND alone "${file}")
endforeach()
add_library(headers_alone OBJECT EXCLUDE_FROM_ALL ${alone})
target_link_libraries(headers_alone PRIVATE baton_cli ssh yaml-cpp valijson SQLiteCpp spdlog::spdlog
  CURL::libcurl GTest::gmock)
# Only that they compile is asked, as fast as can be.
target_compile_options(headers_alone PRIVATE -O0 -g0 -fsyntax-only -Wno-unused)
