# shellcheck shell=sh disable=SC1090,SC2034,SC2154 # variables are shared between the parts
# Step `activate`: the first touch. The commit is checked out and the engine brings it up.
git_may_ask
if ! is_checkout "$B_COMMIT" || ! has_commit "$B_COMMIT"; then
  fact untouched yes
  fail step_failed "the commit $B_COMMIT was not prepared in $checkout"
fi
release_into activate_state "$B_RELEASE" state
case $activate_state in
activating | up | restoring | restored) end_activating ;; # a further attempt
*)
  find_dirt "$B_COMMIT"
  if [ -n "$git_dirt" ]; then
    fact untouched yes
    fail dirty "$git_dirt"
  fi
  get_into activate_previous "$S/current"
  if [ -n "$B_RECALL" ]; then
    release_put "$B_RELEASE" previous "$activate_previous"
  else
    begin_record "$B_RELEASE" "$B_COMMIT" previous "$activate_previous"
  fi
  ;;
esac
[ -z "$B_RECALL" ] || use_engine "$B_RELEASE"
engine_before "$B_RELEASE"
# From here on a rollback has something to take back; so it is written down first.
put "$S/release/$B_RELEASE/state" activating "$S/current" "$B_RELEASE"
if [ "$B_DIRTY" != keep ]; then
  save_changes "discarded/$B_RELEASE"
  [ -z "$git_saved" ] || note "changed files were discarded; to have them back: $git_saved"
  set_aside "$B_COMMIT" "$S/release/$B_RELEASE/discarded"
  [ -z "$git_aside" ] ||
    note "untracked files were set aside in $S/release/$B_RELEASE/discarded: $(listed "$git_aside")"
fi
check_out "$B_COMMIT"
[ -z "$B_RECALL" ] || restore_env "$B_RELEASE"
record_env "$B_RELEASE"
engine_up "$B_RELEASE"
release_put "$B_RELEASE" state up
