file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/runtime/snapshots/*.cpp")
baton_test(runtime/snapshots SOURCES ${sources} support/script_host.cpp LINKS baton_runtime nlohmann_json::nlohmann_json)
target_compile_definitions(runtime_snapshots_test PRIVATE
    BATON_STAND_INS="${CMAKE_CURRENT_SOURCE_DIR}/support/stand_ins")
