# shellcheck shell=sh
# Part of pre_flight: what would stop the snapshots of one host, before anything is touched.
! snapshot_ready || snapshot_able
