file(GLOB rules_tests CONFIGURE_DEPENDS
  "${CMAKE_CURRENT_LIST_DIR}/*.cpp" "${CMAKE_CURRENT_LIST_DIR}/support/*.cpp")
# It looks at every combination there is: worth being optimised.
set_source_files_properties("${CMAKE_CURRENT_LIST_DIR}/enumeration_test.cpp" PROPERTIES
  COMPILE_OPTIONS "${BATON_BUSY_OPTIONS}" SKIP_UNITY_BUILD_INCLUSION ON SKIP_PRECOMPILE_HEADERS ON)
baton_test(rules TIMEOUT 600 LINKS baton_rules rapidcheck_gtest SOURCES ${rules_tests})
