# Three hosts with Docker Engine: the smoke run of each scenario, which waits most of the time and so
# comes first. `make lab` runs the whole matrix.
if(NOT TARGET baton)
  return()
endif()
find_program(BATON_PYTHON python3 HINTS /usr/bin NO_CMAKE_PATH NO_CMAKE_ENVIRONMENT_PATH REQUIRED)
add_test(NAME lab.smoke
  COMMAND ${BATON_PYTHON} -m pytest -q -p no:cacheprovider -rs "${CMAKE_CURRENT_LIST_DIR}/test_smoke.py"
  WORKING_DIRECTORY "${CMAKE_CURRENT_LIST_DIR}")
set_tests_properties(lab.smoke PROPERTIES LABELS lab TIMEOUT 1200 COST 1000
  ENVIRONMENT "BATON=$<TARGET_FILE:baton>;PYTHONDONTWRITEBYTECODE=1")
