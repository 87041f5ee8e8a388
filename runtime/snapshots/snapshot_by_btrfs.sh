# shellcheck shell=sh
# Snapshots of one btrfs subvolume, as read-only copies in a folder outside of it. Uses B_SUBVOLUME,
# B_SNAPSHOT_DIR, B_MARK (names this step: a second try of it finds what the first has moved).
# A snapshot onto a name that exists would land inside of it, so each is asked for first.
is_there() { as_root test -e "$1"; }
is_subvolume() { as_root btrfs subvolume show "$1" >/dev/null 2>&1; }

# is_mounted PATH: a file system of its own begins there, so it cannot be renamed.
is_mounted() {
  while read -r _ _ _ _ snapshot_at _; do
    [ "$(printf '%b' "$snapshot_at")" != "$1" ] || return 0
  done </proc/self/mountinfo
  return 1
}

# snapshot_obstacle: why a run cannot exchange the subvolume; nothing when it can.
snapshot_obstacle() {
  if is_mounted "$snapshot_of"; then
    printf '%s\n' "$snapshot_of is a mount point and cannot be exchanged"
  elif have docker; then
    case $(bounded 20 docker info --format '{{.DockerRootDir}}' 2>/dev/null)/ in
    "$snapshot_of"/*) printf '%s\n' "docker keeps its own data in $snapshot_of and would have to be stopped" ;;
    esac
  fi
}

snapshot_ready() {
  snapshot_needs btrfs btrfs-progs || return
  expand_into snapshot_path "$B_SUBVOLUME"
  snapshot_of=$(readlink -f -- "$snapshot_path") || snapshot_of=$snapshot_path
  expand_into snapshot_path "$B_SNAPSHOT_DIR"
  snapshot_dir=$(readlink -f -- "$snapshot_path") || snapshot_dir=$snapshot_path
  case $snapshot_dir/ in
  "$snapshot_of"/*)
    snapshot_wrong config_invalid "\`snapshot_dir\` $snapshot_dir is inside of the subvolume: a rollback would take the snapshots with it" "take a folder beside it"
    return 1
    ;;
  esac
  snapshot_old=$snapshot_of.$B_MARK
  snapshot_ask btrfs subvolume show "$snapshot_of" || is_there "$snapshot_old" || {
    snapshot_refused btrfs mv mkdir test ls ||
      snapshot_wrong snapshot_failed "$snapshot_of on ${B_WHERE} is no btrfs subvolume, or not for $(id -un) to ask ($snapshot_why)" "btrfs subvolume create, or \`sudo: true\`"
    return 1
  }
}
snapshot_able() {
  snapshot_line=$(df -Pk -- "$snapshot_of" | sed -n 2p)
  # shellcheck disable=SC2086 # the columns of df
  set -- $snapshot_line
  snapshot_room "$((${4:-0} * 1024))" "$(((${3:-0} + ${4:-0}) * 1024))" "the file system of $snapshot_of on ${B_WHERE}" \
    "btrfs filesystem usage $snapshot_of; delete what is not needed"
  snapshot_why=$(snapshot_obstacle)
  [ -z "$snapshot_why" ] || note "$snapshot_why: a run cannot roll back to its snapshot, only a person can"
}
snapshot_names() {
  is_there "$snapshot_dir" || return 0
  as_root ls -1 "$snapshot_dir"
}
snapshot_show() { snapshot_names; }
snapshot_make() {
  as_root mkdir -p "$snapshot_dir" || return
  snapshot_why=$(snapshot_obstacle)
  [ -z "$snapshot_why" ] || note "$snapshot_why: a run cannot roll back to its snapshot, only a person can"
  snapshot_inner=$(as_root btrfs subvolume list -o "$snapshot_of" | sed 's/.* path //' | tr '\n' ' ')
  [ -z "$snapshot_inner" ] || note "subvolumes below $snapshot_of are not in the snapshot: $snapshot_inner"
  as_root btrfs subvolume snapshot -r "$snapshot_of" "$snapshot_dir/$1"
}
# Away, the copy into its place, the old one deleted: each can be found done by a second try.
snapshot_back() {
  is_subvolume "$snapshot_dir/$1" || return
  if ! is_there "$snapshot_old"; then
    snapshot_why=$(snapshot_obstacle)
    [ -z "$snapshot_why" ] || fail snapshot_failed "$snapshot_why: roll back by hand" no
    as_root mv -T "$snapshot_of" "$snapshot_old" || return
  fi
  if ! is_there "$snapshot_of"; then
    as_root btrfs subvolume snapshot "$snapshot_dir/$1" "$snapshot_of" || {
      snapshot_status=$?
      as_root mv -T "$snapshot_old" "$snapshot_of"
      return "$snapshot_status"
    }
  fi
  as_root btrfs subvolume delete "$snapshot_old" ||
    note "what $snapshot_of was before is kept in $snapshot_old: it cannot be deleted"
  return 0
}
# The copy in its place says whose it is.
snapshot_seen() {
  snapshot_id=$(as_root btrfs subvolume show "$snapshot_dir/$1" | sed -n 's/^[[:space:]]*UUID:[[:space:]]*//p')
  snapshot_from=$(as_root btrfs subvolume show "$snapshot_of" | sed -n 's/^[[:space:]]*Parent UUID:[[:space:]]*//p')
  if [ -n "$snapshot_id" ] && [ "$snapshot_id" = "$snapshot_from" ]; then
    printf '%s\n' "$snapshot_of is a copy of $snapshot_dir/$1"
  else
    printf '%s\n' "$snapshot_of is no copy of $snapshot_dir/$1"
    return 1
  fi
}
snapshot_drop() {
  is_subvolume "$snapshot_dir/$1" && as_root btrfs subvolume delete "$snapshot_dir/$1"
}
snapshot_called() { printf '%s\n' "btrfs $* ($snapshot_of)"; }
