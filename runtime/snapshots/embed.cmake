file(GLOB snapshots_files CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/*.sh")
baton_embed(baton_runtime snapshots ${snapshots_files})
