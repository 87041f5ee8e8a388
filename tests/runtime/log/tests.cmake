baton_test(runtime/log LINKS baton_runtime rapidcheck_gtest PkgConfig::SODIUM)
# Names in stack traces.
if(TARGET runtime_log_test)
  set_target_properties(runtime_log_test PROPERTIES ENABLE_EXPORTS ON)
endif()
