# shellcheck shell=sh disable=SC1090,SC2034,SC2154 # variables are shared between the parts
# Step `restore`: the whole last good release, else the baseline, else nothing serves again. Secret
# files that the run has changed on this host are put back in any case. After a snapshot was rolled
# back (B_REWOUND) the files are those of then, maybe the records, too; what runs may not be.
case $B_REWOUND:$(release_get "$B_RELEASE" state) in
yes:*) engine_await ;;
no: | no:prepared)
  put_back_saved
  note 'this run has not touched the stack: nothing to take back'
  fact restored untouched
  exit 0
  ;;
esac
end_activating
restore_target=$(rollback_target)
release_put "$B_RELEASE" state restoring
put_back_saved

restore_commit=$(release_get "${restore_target:-baseline}" commit)
put "$S/current" "$restore_target"
if [ -z "$restore_target" ]; then
  engine_down
fi
if [ -n "$restore_commit" ]; then
  restore_from=$(git_head)
  if [ "$B_DIRTY" = keep ] && [ -n "$(kept_in_conflict "$restore_commit")$(overwritten_files "$restore_commit")" ]; then
    B_DIRTY=discard
  fi
  if [ "$B_DIRTY" != keep ] && { [ "$restore_from" != "$restore_commit" ] || [ -n "$(differing_files)" ]; }; then
    restore_saved=$(save_changes "replaced/$B_RELEASE")
    [ -z "$restore_saved" ] || note "files changed since the deployment were replaced; to have them back: $restore_saved"
    set_aside "$restore_commit" "$S/release/$B_RELEASE/replaced" >/dev/null
  fi
  check_out "$restore_commit" "$(release_get "${restore_target:-baseline}" branch)"
fi
if [ -n "$restore_target" ]; then
  restore_env "$restore_target"
  put_back_saved
  use_engine "$restore_target"
  engine_restore "$restore_target"
fi
release_put "$B_RELEASE" state restored
fact restored "${restore_target:-none}"
