baton_test(runtime/http LINKS baton_runtime)
