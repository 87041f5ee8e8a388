file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/runtime/testing/*.cpp")
baton_test(runtime/testing SOURCES ${sources} support/script_host.cpp LINKS baton_runtime)
