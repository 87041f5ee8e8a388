# shellcheck shell=sh
# Snapshots of one ZFS file system. `zfs rollback` goes back to the newest only: -r would destroy the
# newer ones, whose ever they are, and is never used. Uses B_DATASET.

# zfs_fails: what zfs said to the last question, for a person.
zfs_fails() {
  snapshot_refused zfs && return
  case $snapshot_why in
  *'does not exist'*) snapshot_wrong snapshot_failed "there is no file system $B_DATASET on ${B_WHERE}" "zfs list" ;;
  *modprobe* | *'modules'*) snapshot_wrong missing_tool "the kernel of ${B_WHERE} has no ZFS ($snapshot_why)" "sudo modprobe zfs" ;;
  *) snapshot_wrong snapshot_failed "zfs on ${B_WHERE} cannot be asked about $B_DATASET: $snapshot_why" "zfs get all $B_DATASET; or \`sudo: true\`" ;;
  esac
}
# zfs_value PROPERTY: of the last answer.
zfs_value() { printf '%s\n' "$snapshot_said" | sed -n "s/^$1	//p"; }

snapshot_ready() {
  snapshot_needs zfs zfsutils-linux || return
  snapshot_ask zfs get -Hp -o property,value type,used,available "$B_DATASET" || {
    zfs_fails
    return 1
  }
  # What uses a volume would not hear of a rollback.
  [ "$(zfs_value type)" = filesystem ] || {
    snapshot_wrong snapshot_failed "$B_DATASET on ${B_WHERE} is a $(zfs_value type), not a file system" "zfs list -t filesystem"
    return 1
  }
}
# Without root it is the pool's owner who allows it.
zfs_may() {
  [ "$B_SUDO" != yes ] && [ "$(id -u)" -ne 0 ] || return 0
  zfs allow "$B_DATASET" 2>/dev/null | awk -v me="$(id -un)" -v mine=" $(id -Gn) " '
    ($1 == "user" && $2 == me) || ($1 == "group" && index(mine, " " $2 " ")) { all = all "," $3 }
    $1 == "everyone" { all = all "," $2 }
    END { all = all ","; exit !(index(all, ",snapshot,") && index(all, ",rollback,") && index(all, ",destroy,")) }'
}
snapshot_able() {
  zfs_free=$(zfs_value available)
  snapshot_room "$zfs_free" "$((zfs_free + $(zfs_value used)))" "$B_DATASET on ${B_WHERE}" \
    "zfs list -t all -o space -r $B_DATASET; delete what is not needed"
  zfs_may || snapshot_wrong snapshot_failed "$(id -un) may not make snapshots of $B_DATASET on ${B_WHERE}, nor roll it back" \
    "sudo zfs allow $(id -un) snapshot,rollback,destroy,mount $B_DATASET; or \`sudo: true\`"
}
snapshot_names() {
  zfs_all=$(as_root zfs list -H -t snapshot -d 1 -o name -s creation "$B_DATASET") || return
  printf '%s\n' "$zfs_all" | sed -n 's/^[^@]*@//p'
}
snapshot_show() { as_root zfs list -t snapshot -d 1 -o name,creation,used,refer -s creation "$B_DATASET"; }
snapshot_make() {
  zfs_inner=$(as_root zfs list -H -r -t filesystem,volume -o name "$B_DATASET" | sed 1d | tr '\n' ' ')
  [ -z "$zfs_inner" ] || note "file systems below $B_DATASET are not in the snapshot: $zfs_inner"
  as_root zfs snapshot "$B_DATASET@$1"
}
snapshot_back() {
  zfs_newer=$(snapshot_names | awk -v name="$1" 'newer { print } $0 == name { newer = 1 }' | tr '\n' ' ')
  [ -z "$zfs_newer" ] || fail snapshot_failed "$B_DATASET on ${B_WHERE} has newer snapshots than $1, and zfs goes back to the newest only: nothing was done. They are not Baton's to destroy: zfs destroy $B_DATASET@NAME of each of $zfs_newer" no
  as_root zfs rollback "$B_DATASET@$1"
}
# Nothing written since is what a rollback leaves; a program that still runs may be at it again.
snapshot_seen() {
  zfs_since=$(as_root zfs get -Hp -o value "written@$1" "$B_DATASET") || return 0
  [ "$zfs_since" != 0 ] || printf '%s\n' "nothing was written to $B_DATASET since $1"
}
snapshot_drop() { as_root zfs destroy "$B_DATASET@$1"; }
snapshot_called() {
  case ${1-} in
  create) printf '%s\n' "zfs snapshot $B_DATASET@$2" ;;
  rollback) printf '%s\n' "zfs rollback $B_DATASET@$2" ;;
  delete) printf '%s\n' "zfs destroy $B_DATASET@$2" ;;
  *) printf '%s\n' "zfs list -t snapshot $B_DATASET" ;;
  esac
}
