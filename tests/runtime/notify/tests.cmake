file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/runtime/notify/*.cpp")
baton_test(runtime/notify SOURCES ${sources} support/script_host.cpp support/http_server.cpp
  LINKS baton_runtime)
