baton_test(runtime/steps LINKS baton_runtime TIMEOUT 300)
