baton_test(runtime/config LINKS baton_runtime valijson rapidcheck_gtest TIMEOUT 300)
