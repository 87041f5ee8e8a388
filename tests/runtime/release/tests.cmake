baton_test(runtime/release LINKS baton_runtime TIMEOUT 300)
