file(GLOB script_files CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/*.sh")
baton_embed(baton_runtime scripts ${script_files}
  "${CMAKE_CURRENT_LIST_DIR}/../checks/host_check.sh")
