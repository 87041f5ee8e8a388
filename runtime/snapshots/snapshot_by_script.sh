# shellcheck shell=sh
# Snapshots by the user's tool: `list`, `create NAME`, `rollback NAME`, and `delete NAME` if it has
# that. Any status but 0 is a failure; what holds is what `list` says afterwards, whatever its form:
# a name counts as there when it stands in it as a word. Uses B_SCRIPT, B_FOLDER, B_HOST.
snapshot_tool() {
  (
    cd -- "$(expand "$B_FOLDER")" || exit 127
    unset BATON_DIR BATON_FACTS BATON_FILES BATON_STEP BATON_ATTEMPT
    umask "$lib_umask"
    if [ -n "$lib_locale" ]; then LC_ALL=$lib_locale; else unset LC_ALL; fi
    BATON_HOST=$B_HOST
    export BATON_HOST
    exec "$snapshot_script" "$@" </dev/null
  )
}
snapshot_ready() {
  snapshot_script=$(expand "$B_SCRIPT")
  if [ ! -e "$snapshot_script" ]; then
    fail snapshot_failed "there is no $snapshot_script on ${B_WHERE}: set \`snapshot: {script: …}\` to where it is"
  elif [ ! -f "$snapshot_script" ] || [ ! -x "$snapshot_script" ]; then
    fail snapshot_failed "$snapshot_script on ${B_WHERE} cannot be run: chmod +x $snapshot_script"
  fi
}
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
