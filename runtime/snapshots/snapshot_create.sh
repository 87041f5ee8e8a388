# shellcheck shell=sh
# Step `create_snapshot`: one with our name, whether this or an earlier try has made it.
cd / || :
snapshot_ready || exit 1
snapshot_look || {
  snapshot_status=$?
  fact untouched yes
  snapshot_fails "$snapshot_status" list
}
if has_snapshot "$B_NAME"; then
  printf 'already there: %s\n' "$B_NAME"
else
  snapshot_make "$B_NAME"
  snapshot_made=$?
  if [ "$snapshot_made" -ne 0 ]; then
    # Half a snapshot must not be taken for a whole one by the next try.
    if snapshot_look && has_snapshot "$B_NAME"; then
      snapshot_delete "$B_NAME" || note "$B_NAME is left on ${B_WHERE}, incomplete: $snapshot_kept"
    fi
    snapshot_fails "$snapshot_made" create "$B_NAME"
  fi
  snapshot_must_look
  has_snapshot "$B_NAME" ||
    fail snapshot_failed "$(snapshot_called create "$B_NAME") said that all is well, but the list has no such snapshot"
fi
fact name "$B_NAME"
if [ -n "$B_SNAPSHOTS" ]; then
  snapshot_prune "$B_SNAPSHOTS"
  snapshot_tell_retained
fi
