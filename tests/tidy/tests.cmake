# House rules that no compiler holds.
set(tidy "${CMAKE_CURRENT_LIST_DIR}")
foreach(rule layers machine_paths scripts links promises)
  add_test(NAME "tidy.${rule}" COMMAND "${tidy}/${rule}" WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
  set_tests_properties("tidy.${rule}" PROPERTIES LABELS tidy TIMEOUT 120)
endforeach()
if(TARGET baton)
  foreach(rule manual commands)
    add_test(NAME "tidy.${rule}" COMMAND "${tidy}/${rule}")
    set_tests_properties("tidy.${rule}" PROPERTIES LABELS tidy TIMEOUT 120
      ENVIRONMENT "BATON=$<TARGET_FILE:baton>")
  endforeach()
  include("${tidy}/headers.cmake")
  add_test(NAME tidy.headers
    COMMAND "${CMAKE_COMMAND}" --build "${CMAKE_BINARY_DIR}" --target headers_alone)
  set_tests_properties(tidy.headers PROPERTIES LABELS tidy TIMEOUT 900 RUN_SERIAL ON)
endif()
