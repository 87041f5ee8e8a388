# shellcheck shell=sh
# Step `restore_snapshot`. When it sets back the home folder of the host that it runs on, what it
# would write afterwards may have no place any more: all that matters is told before. Fact `seen` is
# what shows that it happened; without it there is only the tool's word.
cd / || :
snapshot_ready || exit 1
snapshot_must_look
has_snapshot "$B_NAME" || fail snapshot_failed "there is no snapshot $B_NAME on ${B_WHERE}" no
fact name "$B_NAME"
fact told_by "$(snapshot_called rollback "$B_NAME")"
snapshot_back "$B_NAME"
snapshot_status=$?
[ "$snapshot_status" -eq 0 ] || snapshot_fails "$snapshot_status" rollback "$B_NAME"
snapshot_after=$(snapshot_seen "$B_NAME")
snapshot_status=$?
if [ "$snapshot_status" -ne 0 ] && [ -n "$snapshot_after" ]; then
  fail snapshot_failed "$(snapshot_called rollback "$B_NAME") said that all is well, but $snapshot_after" no
elif [ -n "$snapshot_after" ]; then
  fact seen "$snapshot_after"
fi
sync
