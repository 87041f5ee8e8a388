file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/runtime/alerts/*.cpp")
baton_test(runtime/alerts SOURCES ${sources} support/script_host.cpp support/http_server.cpp
  LINKS baton_runtime)
if(TARGET runtime_alerts_test)
  target_compile_definitions(runtime_alerts_test PRIVATE
    BATON_EXAMPLES="${CMAKE_SOURCE_DIR}/examples")
endif()
