# shellcheck shell=sh
# `baton snapshot list`: what the tool itself shows.
snapshot_ready
snapshot_show
snapshot_status=$?
[ "$snapshot_status" -eq 0 ] || snapshot_fails "$snapshot_status" list
