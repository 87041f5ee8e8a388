# shellcheck shell=sh disable=SC1090,SC2034,SC2154 # variables are shared between the parts
# Step `restore`: the whole last good release, else the baseline, else nothing serves again. Secret
# files that the run has changed on this host are put back in any case. After a snapshot was rolled
# back (B_REWOUND) the files are those of then, maybe the records, too; what runs may not be.
git_may_ask
release_into restore_state "$B_RELEASE" state
case $B_REWOUND:$restore_state in
yes:*) engine_await ;;
no: | no:prepared)
  put_back_saved
  note 'this run has not touched the stack: nothing to take back'
  fact restored untouched
  exit 0
  ;;
esac
end_activating
find_rollback_target
restore_target=$record_target
release_put "$B_RELEASE" state restoring
put_back_saved

release_into restore_commit "${restore_target:-baseline}" commit
put "$S/current" "$restore_target"
if [ -z "$restore_target" ]; then
  engine_down
fi
if [ -n "$restore_commit" ]; then
  is_checkout "$restore_commit" || :
  if [ "$B_DIRTY" = keep ]; then
    find_kept_in_conflict "$restore_commit"
    find_overwritten "$restore_commit"
    [ -z "$git_conflicts$git_overwritten" ] || B_DIRTY=discard
  fi
  [ "$B_DIRTY" = keep ] || find_differing
  if [ "$B_DIRTY" != keep ] && { [ "$git_at" != "$restore_commit" ] || [ -n "$git_differing" ]; }; then
    save_changes "replaced/$B_RELEASE"
    [ -z "$git_saved" ] || note "files changed since the deployment were replaced; to have them back: $git_saved"
    set_aside "$restore_commit" "$S/release/$B_RELEASE/replaced"
  fi
  release_into restore_branch "${restore_target:-baseline}" branch
  check_out "$restore_commit" "$restore_branch"
fi
if [ -n "$restore_target" ]; then
  restore_env "$restore_target"
  put_back_saved
  use_engine "$restore_target"
  engine_restore "$restore_target"
fi
release_put "$B_RELEASE" state restored
fact restored "${restore_target:-none}"
