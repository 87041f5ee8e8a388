# What every target of ours is compiled with.
add_library(baton_options INTERFACE)
target_include_directories(baton_options INTERFACE "${CMAKE_SOURCE_DIR}")
target_compile_options(baton_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Woverloaded-virtual -Wold-style-cast -Wcast-qual -Wundef -fno-omit-frame-pointer)
if(CMAKE_UNITY_BUILD)
  # What one file keeps to itself seems to shadow its neighbours, and to be in a header. The preset
  # dev and clang-tidy look for what really does.
  target_compile_options(baton_options INTERFACE -Wno-shadow
    $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endif()
if(BATON_WERROR)
  target_compile_options(baton_options INTERFACE -Werror)
endif()
if(BATON_SANITIZE STREQUAL "address")
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "BATON_SANITIZE=address also builds the fuzzers: it takes clang++ (preset asan)")
  endif()
  # A number of JSON that no integer holds is as undefined as the rest; UBSan does not count it so.
  # CAF's init_fun_factory forms null references for actors without spawn arguments.
  set(sanitizers -fsanitize=address,undefined,float-cast-overflow -fno-sanitize=null -fno-sanitize-recover=all)
  # The tests and the fuzzers are linked with the same libraries, which are compiled once.
  target_compile_options(baton_options INTERFACE ${sanitizers} -fsanitize=fuzzer-no-link)
  target_link_options(baton_options INTERFACE ${sanitizers})
elseif(BATON_SANITIZE STREQUAL "thread")
  target_compile_options(baton_options INTERFACE -fsanitize=thread -Wno-tsan)
  target_link_options(baton_options INTERFACE -fsanitize=thread)
endif()
