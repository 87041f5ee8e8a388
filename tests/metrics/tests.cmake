baton_test(metrics LINKS baton_metrics)
if(TARGET metrics_test)
  target_compile_definitions(metrics_test PRIVATE
    "BATON_METRICS_TESTS=\"${CMAKE_SOURCE_DIR}/tests/metrics\"")
endif()
