# The dashboards, rules and samples of grafana/ and examples/monitoring: conventions, their own tools, and
# real servers. Debian's own Python: that is the one the packages of packaging/test.packages belong to.
find_program(BATON_PYTHON python3 HINTS /usr/bin NO_CMAKE_PATH NO_CMAKE_ENVIRONMENT_PATH REQUIRED)
set(grafana_tests "${CMAKE_CURRENT_LIST_DIR}")
add_executable(print_metrics "${grafana_tests}/print_metrics.cpp")
target_link_libraries(print_metrics PRIVATE baton_metrics)

# grafana_test(NAME COMMAND...): 77 is a skip, with the reason in its output.
function(grafana_test name)
  add_test(NAME "grafana.${name}" COMMAND ${ARGN} WORKING_DIRECTORY "${grafana_tests}")
  set_tests_properties("grafana.${name}" PROPERTIES TIMEOUT 600 LABELS grafana SKIP_RETURN_CODE 77
    ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
endfunction()

grafana_test(dashboards_keep_the_conventions ${BATON_PYTHON} -B lint_test.py)
grafana_test(dashboards_are_of_the_types_of_grafana
  ${BATON_PYTHON} -B types_test.py "${CMAKE_BINARY_DIR}/grafana_types")
grafana_test(every_query_has_an_answer
  sh -c "\"$1\" | \"$2\" -B query_test.py -" sh $<TARGET_FILE:print_metrics> ${BATON_PYTHON})
grafana_test(rules_and_routes_do_as_they_say ${BATON_PYTHON} -B rules_test.py)
grafana_test(every_channel_hears_what_it_should ${BATON_PYTHON} -B channels_test.py)
grafana_test(monitoring_example_is_in_order ${BATON_PYTHON} -B monitoring_test.py)
grafana_test(compose_takes_the_monitoring_example "${grafana_tests}/compose_test" ${BATON_PYTHON})
if(TARGET baton)
  grafana_test(alerts_arrive ${BATON_PYTHON} -m pytest -q -p no:cacheprovider -rs test_alerts_arrive.py)
  set_tests_properties(grafana.alerts_arrive PROPERTIES TIMEOUT 1500 COST 150
    ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1;BATON=$<TARGET_FILE:baton>")
endif()
