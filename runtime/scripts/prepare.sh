# shellcheck shell=sh disable=SC1090,SC2034,SC2154 # variables are shared between the parts
# Step `prepare`: everything a release needs is brought to the host; nothing that serves is touched.

# tree_kib COMMIT: what its files take on a disk.
tree_kib() {
  g ls-tree -r -l "$1" 2>/dev/null | awk '{ sum += int(($4 + 4095) / 4096) * 4 } END { printf "%.0f\n", sum }'
}
# need_room KIB FOLDER
need_room() {
  disk_of "$2"
  [ "$1" -le "${space_free:-$1}" ] ||
    fail no_space "the files of the commit need $(size_of "$1") in $2 on $B_HOST, but $(size_of "$space_free") are free there"
}
# room_for_files COMMIT: they come beside the checkout first, then into it. `disk_free: 0` wants none
# of this.
room_for_files() {
  [ "$B_DISK_FREE" -gt 0 ] || return 0
  prepare_new=$(tree_kib "$1")
  prepare_more=$((prepare_new - $(tree_kib HEAD)))
  [ "$prepare_more" -gt 0 ] || prepare_more=0
  need_room "$prepare_more" "$checkout"
  prepare_device=$space_device
  disk_of "$S"
  [ "$space_device" != "$prepare_device" ] || prepare_new=$((prepare_new + prepare_more))
  need_room "$prepare_new" "$S"
}

have git || fail missing_tool 'git is not on this host: install it (apt-get install git)'
make_checkout
prepare_lock=$(lock_file)
[ -z "$prepare_lock" ] ||
  fail dirty "a git process is at work in $checkout, or one has died there: remove $prepare_lock" yes
tree=$S/release/$B_RELEASE/tree/${checkout##*/}
keep_reserve "$S/reserve"
# What a failure leaves would only fill the disk.
trap 'prepare_status=$?; give_reserve; [ "$prepare_status" -eq 0 ] || drop_tree "$tree"' EXIT
fetch_commit
prepare_dirt=$(dirt "$B_COMMIT" | tr '\n' ';')
[ -z "$prepare_dirt" ] || fail dirty "${prepare_dirt%;}"
room_for_files "$B_COMMIT"
lay_tree "$B_COMMIT" "$tree"
copy_env_to "$tree"
case $(release_get "$B_RELEASE" state) in
'' | prepared)
  begin_record "$B_RELEASE" "$B_COMMIT"
  release_put "$B_RELEASE" state prepared
  ;;
esac
prepare_current=$(get "$S/current")
if [ -n "$prepare_current" ] && [ "$(kind_of "$prepare_current")" != "$B_KIND" ]; then
  fail config_invalid "what serves is a $(kind_of "$prepare_current") stack, this one is a $B_KIND stack: stop it, remove $S, deploy again"
fi
engine_prepare "$tree"
[ "$B_CHECKS" != none ] || engine_has_check ||
  note 'nothing tells whether this stack is healthy; add to it: health: {checks: [{http: "http://localhost:PORT/"}]}'
