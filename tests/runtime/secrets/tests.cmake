file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/runtime/secrets/*.cpp")
baton_test(runtime/secrets SOURCES ${sources} support/script_host.cpp LINKS baton_runtime)
