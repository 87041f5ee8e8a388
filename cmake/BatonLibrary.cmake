# baton_precompile(TARGET header...): where everything is built (unity), these are read once for all
# sources of the target. In the preset dev each source still has to include what it uses.
function(baton_precompile target)
  if(CMAKE_UNITY_BUILD)
    target_precompile_headers(${target} PRIVATE ${ARGN})
  endif()
endfunction()

# baton_library(NAME [BUSY] LINKS target... [PRECOMPILE header...]): a library of every .cpp below this
# folder. BUSY: the tests spend their time in it, so it is optimised also where what is only tested is
# not (BATON_BUSY_OPTIONS).
function(baton_library name)
  cmake_parse_arguments(ARG "BUSY" "" "LINKS;PRIVATE_LINKS;PRECOMPILE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  if(NOT sources) # a folder that is still empty
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE baton_options ${ARG_LINKS})
    return()
  endif()
  add_library(${name} STATIC ${sources})
  target_link_libraries(${name} PUBLIC baton_options ${ARG_LINKS} PRIVATE ${ARG_PRIVATE_LINKS})
  if(ARG_PRECOMPILE)
    baton_precompile(${name} ${ARG_PRECOMPILE})
  endif()
  if(ARG_BUSY)
    target_compile_options(${name} PRIVATE ${BATON_BUSY_OPTIONS})
  endif()
endfunction()

# baton_embed(TARGET folder NAME file...): the files as C++ string constants.
# `scripts/prepare.sh` becomes baton::embedded::prepare_sh in "<NAME>.hpp" of the build tree.
function(baton_embed target name)
  set(out "${CMAKE_CURRENT_BINARY_DIR}/embedded/${name}.hpp")
  add_custom_command(
    OUTPUT "${out}"
    COMMAND ${CMAKE_COMMAND} "-DOUT=${out}" "-DFILES=${ARGN}" "-DSOURCE=${CMAKE_CURRENT_SOURCE_DIR}"
            -P "${CMAKE_SOURCE_DIR}/cmake/Embed.cmake"
    DEPENDS ${ARGN} "${CMAKE_SOURCE_DIR}/cmake/Embed.cmake"
    COMMENT "Embedding ${name}"
    VERBATIM)
  add_custom_target(${target}_embed_${name} DEPENDS "${out}")
  add_dependencies(${target} ${target}_embed_${name})
  if(NOT TARGET embedded) # all of them: what a reader of single sources needs, like clang-tidy
    add_custom_target(embedded)
  endif()
  add_dependencies(embedded ${target}_embed_${name})
  target_include_directories(${target} PUBLIC "${CMAKE_CURRENT_BINARY_DIR}")
endfunction()
