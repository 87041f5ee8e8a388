baton_test(runtime/config LINKS baton_runtime valijson rapidcheck_gtest TIMEOUT 300)
target_compile_definitions(runtime_config_test PRIVATE BATON_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
