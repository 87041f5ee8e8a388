file(GLOB rules_tests CONFIGURE_DEPENDS
  "${CMAKE_CURRENT_LIST_DIR}/*.cpp" "${CMAKE_CURRENT_LIST_DIR}/support/*.cpp")
baton_test(rules TIMEOUT 600 LINKS baton_rules rapidcheck_gtest SOURCES ${rules_tests})
