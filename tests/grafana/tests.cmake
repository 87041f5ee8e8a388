# The dashboards: conventions, and a real Prometheus that is asked every query.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
add_executable(print_metrics "${CMAKE_CURRENT_SOURCE_DIR}/grafana/print_metrics.cpp")
target_link_libraries(print_metrics PRIVATE baton_metrics)

add_test(NAME grafana.dashboards_keep_the_conventions
  COMMAND ${Python3_EXECUTABLE} -B "${CMAKE_CURRENT_SOURCE_DIR}/grafana/lint_test.py")
add_test(NAME grafana.every_query_of_a_panel_has_an_answer
  COMMAND sh -c "\"$1\" | \"$2\" -B \"$3\" -" sh $<TARGET_FILE:print_metrics> ${Python3_EXECUTABLE}
          "${CMAKE_CURRENT_SOURCE_DIR}/grafana/query_test.py")
set_tests_properties(grafana.every_query_of_a_panel_has_an_answer PROPERTIES SKIP_RETURN_CODE 77)
set_tests_properties(grafana.dashboards_keep_the_conventions grafana.every_query_of_a_panel_has_an_answer
  PROPERTIES TIMEOUT 120 LABELS grafana)
