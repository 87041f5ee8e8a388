# What outsiders can feed, from any bytes: a target a file. In the preset asan each is a fuzzer (make
# fuzz runs them); else ctest replays the corpora, so that what was once found stays a test.
find_package(SQLiteCpp CONFIG REQUIRED) # rows are read without a journal around them
set(fuzz_folder "${CMAKE_CURRENT_LIST_DIR}")
set(fuzz_targets baton_yaml compose_file containers control_shell journal junit known_hosts outcomes
  ssh_config)
if(BATON_SANITIZE STREQUAL "address")
  add_custom_target(fuzzers)
endif()
foreach(target IN LISTS fuzz_targets)
  if(TARGET fuzzers)
    add_executable(fuzz_${target} "${fuzz_folder}/${target}.cpp")
    target_link_options(fuzz_${target} PRIVATE -fsanitize=fuzzer)
    add_dependencies(fuzzers fuzz_${target})
  else()
    add_executable(fuzz_${target} "${fuzz_folder}/${target}.cpp" "${fuzz_folder}/replay_main.cpp")
    add_test(NAME fuzz.${target} COMMAND fuzz_${target} "${fuzz_folder}/corpus/${target}")
    set_tests_properties(fuzz.${target} PROPERTIES LABELS fuzz TIMEOUT 120)
  endif()
  target_link_libraries(fuzz_${target} PRIVATE baton_runtime SQLiteCpp sqlite3)
endforeach()
