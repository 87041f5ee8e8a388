baton_embed(baton_runtime testing ${CMAKE_CURRENT_LIST_DIR}/run_tests.sh)
