# shellcheck shell=sh
# Step `delete_snapshot`: a snapshot that cannot be deleted is a word to a person, not a failure.
cd / || :
snapshot_ready || exit 1
if ! snapshot_look; then
  note "the snapshots on ${B_WHERE} cannot be listed: $B_NAME may be left"
elif has_snapshot "$B_NAME"; then
  if snapshot_delete "$B_NAME"; then
    fact deleted "$B_NAME"
    snapshot_tell_retained
  else
    fact kept "$B_NAME"
    note "snapshot $B_NAME is kept on ${B_WHERE}: $snapshot_kept"
  fi
fi
