# The published schema is the one that is checked against.
baton_embed(baton_runtime config_schema "${CMAKE_SOURCE_DIR}/schema/baton.schema.json")
