baton_test(runtime/config LINKS baton_runtime)
target_compile_definitions(runtime_config_test PRIVATE BATON_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
