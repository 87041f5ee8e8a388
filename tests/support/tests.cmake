# What tests of several folders share.
add_library(baton_test_support STATIC "${CMAKE_CURRENT_LIST_DIR}/loopback_sshd.cpp")
target_link_libraries(baton_test_support PUBLIC baton_options baton_messages)
