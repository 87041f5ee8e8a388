# The report, of records that the real rules have made.
set(rules "${CMAKE_SOURCE_DIR}/tests/rules")
file(GLOB report_tests CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/*.cpp")
baton_test(cli/report LINKS baton_cli rapidcheck_gtest SOURCES ${report_tests}
  "${rules}/host_model.cpp" "${rules}/support/fleets.cpp" "${rules}/support/player.cpp"
  "${rules}/support/troubles.cpp")
