baton_embed(baton_runtime steps
  ${CMAKE_CURRENT_LIST_DIR}/process.sh
  ${CMAKE_CURRENT_LIST_DIR}/worker.sh
  ${CMAKE_CURRENT_LIST_DIR}/supervisor.sh
  ${CMAKE_CURRENT_LIST_DIR}/control.sh
  ${CMAKE_CURRENT_LIST_DIR}/control_lease.sh
  ${CMAKE_CURRENT_LIST_DIR}/control_steps.sh
  ${CMAKE_CURRENT_LIST_DIR}/step_prelude.sh
  ${CMAKE_CURRENT_LIST_DIR}/upload.sh)
