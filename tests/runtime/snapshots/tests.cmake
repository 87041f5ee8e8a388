file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/runtime/snapshots/*.cpp")
baton_test(runtime/snapshots SOURCES ${sources} support/script_host.cpp LINKS baton_runtime)
