# The baton binary against real sshd on loopback: an entry of ctest for each file.
# Debian's own Python: that is the one the packages of packaging/test.packages belong to.
find_program(BATON_PYTHON python3 HINTS /usr/bin NO_CMAKE_PATH NO_CMAKE_ENVIRONMENT_PATH REQUIRED)
if(NOT TARGET baton)
  return()
endif()
# Preloaded into baton, to end it at a boundary of its journal.
add_library(fleet_boundary MODULE "${CMAKE_CURRENT_LIST_DIR}/boundary.cpp")
target_link_libraries(fleet_boundary PRIVATE baton_options ${CMAKE_DL_LIBS})
# Those that measure time count as two processors; the others wait for half of theirs. They come first
# (else two free processors are never had), then the longest: none of them is left over for the end.
set(fleet_measuring alerts bad_hosts checks cancel terminal signals sessions)
set(fleet_longest ${fleet_measuring} sweep two_controllers audit wire no_secret rollback
  snapshot_rollbacks resume other_fleets)
file(GLOB fleet_tests CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/test_*.py")
foreach(file IN LISTS fleet_tests)
  get_filename_component(name "${file}" NAME_WE)
  string(REPLACE "test_" "" name "${name}")
  set(cost 100)
  list(FIND fleet_longest "${name}" place)
  if(place GREATER_EQUAL 0)
    math(EXPR cost "200 - ${place}")
  endif()
  set(processors 1)
  if(name IN_LIST fleet_measuring)
    set(processors 2)
  endif()
  add_test(NAME "fleet.${name}"
    COMMAND ${BATON_PYTHON} -m pytest -q -p no:cacheprovider -rs "${file}"
    WORKING_DIRECTORY "${CMAKE_CURRENT_LIST_DIR}")
  set_tests_properties("fleet.${name}" PROPERTIES
    LABELS fleet TIMEOUT 1500 PROCESSORS ${processors} COST ${cost}
    ENVIRONMENT "BATON=$<TARGET_FILE:baton>;BOUNDARY_LIBRARY=$<TARGET_FILE:fleet_boundary>;PYTHONDONTWRITEBYTECODE=1")
endforeach()
