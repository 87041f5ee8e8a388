baton_test(runtime/process LINKS baton_runtime)
