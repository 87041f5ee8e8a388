# The simulator: the real actors over simulated hosts, on a virtual clock.
file(GLOB simulate_sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/*.cpp")
add_executable(simulate ${simulate_sources}
  "${CMAKE_CURRENT_LIST_DIR}/../rules/support/fleets.cpp")
target_link_libraries(simulate PRIVATE baton_actors CLI11::CLI11)
# A seed takes memory some 50,000 times. The sanitizers bring an allocator of their own.
pkg_check_modules(JEMALLOC QUIET IMPORTED_TARGET jemalloc)
if(JEMALLOC_FOUND AND NOT BATON_SANITIZE)
  target_link_libraries(simulate PRIVATE PkgConfig::JEMALLOC)
elseif(NOT BATON_SANITIZE)
  message(STATUS "simulate: without jemalloc each seed takes a tenth longer (packaging/install simulate)")
endif()
baton_precompile(simulate <messages/json.hpp> <messages/actors.hpp> <algorithm> <functional>)
if(BATON_TESTS)
  add_test(NAME simulate.promises_are_kept COMMAND simulate --seeds 200 --jobs 2)
  add_test(NAME simulate.promises_are_kept_by_more_seeds COMMAND simulate --from 201 --seeds 1800 --jobs 2)
  add_test(NAME simulate.faults_can_be_planted COMMAND "${CMAKE_CURRENT_LIST_DIR}/planted" --check)
  add_test(NAME simulate.a_seed_reproduces_a_run COMMAND simulate --seeds 40 --from 50000 --twice)
  # Right behind those of the fleet that count as two processors (fleet/tests.cmake).
  set_tests_properties(simulate.promises_are_kept simulate.promises_are_kept_by_more_seeds
    PROPERTIES PROCESSORS 2 COST 193)
  set_tests_properties(simulate.promises_are_kept simulate.promises_are_kept_by_more_seeds simulate.a_seed_reproduces_a_run simulate.faults_can_be_planted
    PROPERTIES LABELS simulate TIMEOUT 600)
endif()
