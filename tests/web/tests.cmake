baton_test(web LINKS baton_web baton_runtime)
