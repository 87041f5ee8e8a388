# shellcheck shell=sh
# Snapshots by the user's tool: `list`, `create NAME`, `rollback NAME`, and `delete NAME` if it has
# that. Any status but 0 is a failure; what holds is what `list` says afterwards, whatever its form:
# a name counts as there when it stands in it as a word. Uses B_SCRIPT, B_FOLDER, B_WHOSE.
snapshot_tool() {
  (
    expand_into snapshot_folder "$B_FOLDER"
    cd -- "$snapshot_folder" || exit 127
    unset BATON_DIR BATON_FACTS BATON_FILES BATON_STEP BATON_ATTEMPT
    umask "$lib_umask"
    if [ -n "$lib_locale" ]; then LC_ALL=$lib_locale; else unset LC_ALL; fi
    BATON_HOST=$B_WHOSE
    export BATON_HOST
    exec "$snapshot_script" "$@" </dev/null
  )
}
snapshot_ready() {
  expand_into snapshot_script "$B_SCRIPT"
  if [ ! -e "$snapshot_script" ]; then
    snapshot_wrong snapshot_failed "there is no snapshot script $snapshot_script on ${B_WHERE}" "set \`snapshot: {script: …}\` to where it is"
  elif [ ! -f "$snapshot_script" ] || [ ! -x "$snapshot_script" ]; then
    snapshot_wrong snapshot_failed "the snapshot script $snapshot_script on ${B_WHERE} cannot be run" "chmod +x $snapshot_script"
  else
    return 0
  fi
  return 1
}
snapshot_able() {
  snapshot_said=$(snapshot_tool list 2>&1) && return
  snapshot_status=$?
  snapshot_wrong snapshot_failed "$snapshot_script list ended with status $snapshot_status on ${B_WHERE}: $(printf '%s\n' "$snapshot_said" | tail -n 1)" "run it there by hand, as $(id -un)"
}
# Nobody but the script knows what it sets back.
snapshot_seen() { :; }
# The words of the list, one a line.
snapshot_names() {
  snapshot_said=$(snapshot_tool list) || return
  printf '%s\n' "$snapshot_said" | tr -c 'A-Za-z0-9_-' '\n' | sed '/^$/d'
}
snapshot_show() { snapshot_tool list; }
snapshot_make() { snapshot_tool create "$1"; }
snapshot_back() { snapshot_tool rollback "$1"; }
snapshot_drop() { snapshot_tool delete "$1"; }
snapshot_called() { printf '%s\n' "$B_SCRIPT $*"; }
