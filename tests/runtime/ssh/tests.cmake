baton_test(runtime/ssh LINKS baton_runtime baton_test_support TIMEOUT 180)
