# shellcheck shell=sh disable=SC1090,SC2034,SC2154 # variables are shared between the parts
# Step `activate`: the first touch. The commit is checked out and the engine brings it up.
if ! is_checkout || ! has_commit "$B_COMMIT"; then
  fact untouched yes
  fail step_failed "the commit $B_COMMIT was not prepared in $checkout"
fi
activate_state=$(release_get "$B_RELEASE" state)
case $activate_state in
activating | up | restoring | restored) end_activating ;; # a further attempt
*)
  activate_dirt=$(dirt "$B_COMMIT" | tr '\n' ';')
  if [ -n "$activate_dirt" ]; then
    fact untouched yes
    fail dirty "${activate_dirt%;}"
  fi
  [ -n "$B_RECALL" ] || begin_record "$B_RELEASE" "$B_COMMIT"
  release_put "$B_RELEASE" previous "$(get "$S/current")"
  ;;
esac
[ -z "$B_RECALL" ] || use_engine "$B_RELEASE"
engine_before "$B_RELEASE"
# From here on a rollback has something to take back; so it is written down first.
release_put "$B_RELEASE" state activating
put "$S/current" "$B_RELEASE"
if [ "$B_DIRTY" != keep ]; then
  activate_saved=$(save_changes "discarded/$B_RELEASE")
  [ -z "$activate_saved" ] || note "changed files were discarded; to have them back: $activate_saved"
  activate_saved=$(set_aside "$B_COMMIT" "$S/release/$B_RELEASE/discarded")
  [ -z "$activate_saved" ] ||
    note "untracked files were set aside in $S/release/$B_RELEASE/discarded: $(listed "$activate_saved")"
fi
check_out "$B_COMMIT"
[ -z "$B_RECALL" ] || restore_env "$B_RELEASE"
record_env "$B_RELEASE"
engine_up "$B_RELEASE"
release_put "$B_RELEASE" state up
