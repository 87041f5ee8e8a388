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
  # CAF's init_fun_factory forms null references for actors without spawn arguments.
  target_compile_options(baton_options INTERFACE
    -fsanitize=address,undefined -fno-sanitize=null -fno-sanitize-recover=undefined -Wno-maybe-uninitialized)
  target_link_options(baton_options INTERFACE -fsanitize=address,undefined)
elseif(BATON_SANITIZE STREQUAL "thread")
  target_compile_options(baton_options INTERFACE -fsanitize=thread -Wno-tsan)
  target_link_options(baton_options INTERFACE -fsanitize=thread)
endif()
if(BATON_FUZZ)
  # A number of JSON that no integer holds is as undefined as the rest; UBSan does not count it so.
  set(fuzz_sanitizers -fsanitize=address,undefined,float-cast-overflow -fno-sanitize-recover=all)
  target_compile_options(baton_options INTERFACE ${fuzz_sanitizers} -fsanitize=fuzzer-no-link)
  target_link_options(baton_options INTERFACE ${fuzz_sanitizers})
endif()
