# The baton binary against real sshd on loopback: an entry of ctest for each file.
# Debian's own Python: that is the one the packages of packaging/test.packages belong to.
find_program(BATON_PYTHON python3 HINTS /usr/bin NO_CMAKE_PATH NO_CMAKE_ENVIRONMENT_PATH REQUIRED)
if(NOT TARGET baton)
  return()
endif()
# Preloaded into baton, to end it at a boundary of its journal.
add_library(fleet_boundary MODULE "${CMAKE_CURRENT_LIST_DIR}/boundary.cpp")
target_link_libraries(fleet_boundary PRIVATE baton_options ${CMAKE_DL_LIBS})
# The longest begin first, so that none of them is left over for the end. Those that measure no time
# of their own wait for half of it, and count as one processor.
set(fleet_longest sweep terminal two_controllers no_secret checks snapshot_rollbacks bad_hosts other_fleets
  worked_examples resume wire report scenarios sessions signals)
set(fleet_patient lease no_secret other_fleets plan report resume scenarios secrets_and_snapshots
  snapshot_rollbacks sweep two_controllers wire worked_examples)
file(GLOB fleet_tests CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/test_*.py")
foreach(file IN LISTS fleet_tests)
  get_filename_component(name "${file}" NAME_WE)
  string(REPLACE "test_" "" name "${name}")
  set(cost 100)
  list(FIND fleet_longest "${name}" place)
  if(place GREATER_EQUAL 0)
    math(EXPR cost "200 - ${place}")
  endif()
  set(processors 2)
  if(name IN_LIST fleet_patient)
    set(processors 1)
  endif()
  add_test(NAME "fleet.${name}"
    COMMAND ${BATON_PYTHON} -m pytest -q -p no:cacheprovider -rs "${file}"
    WORKING_DIRECTORY "${CMAKE_CURRENT_LIST_DIR}")
  set_tests_properties("fleet.${name}" PROPERTIES
    LABELS fleet TIMEOUT 1500 PROCESSORS ${processors} COST ${cost}
    ENVIRONMENT "BATON=$<TARGET_FILE:baton>;BOUNDARY_LIBRARY=$<TARGET_FILE:fleet_boundary>;PYTHONDONTWRITEBYTECODE=1")
endforeach()
