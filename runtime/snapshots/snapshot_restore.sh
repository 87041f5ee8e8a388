# shellcheck shell=sh
# Step `restore_snapshot`. When it sets back the home folder of the host that it runs on, what it
# would write afterwards may have no place any more: all that matters is told before.
snapshot_ready
snapshot_must_look
has_snapshot "$B_NAME" || fail snapshot_failed "there is no snapshot $B_NAME on ${B_WHERE}" no
fact name "$B_NAME"
snapshot_back "$B_NAME"
snapshot_status=$?
[ "$snapshot_status" -eq 0 ] || snapshot_fails "$snapshot_status" rollback "$B_NAME"
sync
