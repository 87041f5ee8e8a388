file(GLOB secrets_files CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/*.sh")
baton_embed(baton_runtime secrets ${secrets_files})
