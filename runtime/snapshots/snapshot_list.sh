# shellcheck shell=sh
# `baton snapshot list`: what the tool itself shows.
cd / || :
snapshot_ready || exit 1
snapshot_show
snapshot_status=$?
[ "$snapshot_status" -eq 0 ] || snapshot_fails "$snapshot_status" list
