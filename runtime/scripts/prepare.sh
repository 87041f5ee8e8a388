# shellcheck shell=sh disable=SC1090,SC2034,SC2154 # variables are shared between the parts
# Step `prepare`: everything a release needs is brought to the host; nothing that serves is touched.

# tree_kib COMMIT: what its files take on a disk.
tree_kib() {
  g_become ls-tree -r -l "$1" 2>/dev/null | awk '{ sum += int(($4 + 4095) / 4096) * 4 } END { printf "%.0f\n", sum }'
}
# need_room KIB FOLDER: after `disk_of FOLDER`.
need_room() {
  [ "$1" -le "${space_free:-$1}" ] ||
    fail no_space "the files of the commit need $(size_of "$1") in $2 on $B_HOST, but $(size_of "$space_free") are free there"
}
# room_for_files COMMIT: they come beside the checkout first, then into it. `disk_free: 0` wants none
# of this.
room_for_files() {
  [ "$B_DISK_FREE" -gt 0 ] || return 0
  prepare_new=$(tree_kib "$1")
  disk_of "$checkout"
  prepare_device=$space_device
  prepare_free=$space_free
  disk_of "$S"
  # As a rule there is room for twice all of it, whatever of it is there already.
  if [ $((2 * prepare_new)) -le "${prepare_free:-0}" ] && [ $((2 * prepare_new)) -le "${space_free:-0}" ]; then
    return
  fi
  prepare_more=$((prepare_new - $(tree_kib HEAD)))
  [ "$prepare_more" -gt 0 ] || prepare_more=0
  disk_of "$checkout"
  need_room "$prepare_more" "$checkout"
  disk_of "$S"
  [ "$space_device" != "$prepare_device" ] || prepare_new=$((prepare_new + prepare_more))
  need_room "$prepare_new" "$S"
}

have git || fail missing_tool 'git is not on this host: install it (apt-get install git)'
git_may_ask
make_checkout
[ -z "$git_lock" ] ||
  fail dirty "a git process is at work in $checkout, or one has died there: remove $git_lock" yes
tree=$S/release/$B_RELEASE/tree/${checkout##*/}
keep_reserve "$S/reserve"
# What a failure leaves would only fill the disk.
trap 'prepare_status=$?; give_reserve; [ "$prepare_status" -eq 0 ] || drop_tree "$tree"' EXIT
fetch_commit
find_dirt "$B_COMMIT"
[ -z "$git_dirt" ] || fail dirty "$git_dirt"
room_for_files "$B_COMMIT"
lay_tree "$B_COMMIT" "$tree"
copy_env_to "$tree"
release_into prepare_state "$B_RELEASE" state
case $prepare_state in
'' | prepared) begin_record "$B_RELEASE" "$B_COMMIT" state prepared ;;
esac
get_into prepare_current "$S/current"
if [ -n "$prepare_current" ]; then
  kind_into prepare_kind "$prepare_current"
  [ "$prepare_kind" = "$B_KIND" ] ||
    fail config_invalid "what serves is a $prepare_kind stack, this one is a $B_KIND stack: stop it, remove $S, deploy again"
fi
engine_prepare "$tree"
[ "$B_CHECKS" != none ] || engine_has_check ||
  note 'nothing tells whether this stack is healthy; add to it: health: {checks: [{http: "http://localhost:PORT/"}]}'
