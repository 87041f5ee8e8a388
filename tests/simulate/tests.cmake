# The simulator: the real actors over simulated hosts, on a virtual clock.
file(GLOB simulate_sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/*.cpp")
add_executable(simulate ${simulate_sources}
  "${CMAKE_CURRENT_LIST_DIR}/../rules/support/fleets.cpp")
target_link_libraries(simulate PRIVATE baton_actors CLI11::CLI11)
