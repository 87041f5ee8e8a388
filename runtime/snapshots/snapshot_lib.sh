# shellcheck shell=sh
# What the steps about snapshots share. A driver (snapshot_by_*.sh) gives snapshot_ready,
# snapshot_names, snapshot_show, snapshot_make, snapshot_back, snapshot_drop, snapshot_called. Uses
# B_NAME, B_WHERE, B_OWN (how the names of this fleet's own snapshots look, for sed).

# snapshot_look: the names that are there now, into $snapshot_list.
snapshot_look() {
  snapshot_list=$(snapshot_names) || return
}
snapshot_must_look() {
  snapshot_look || snapshot_fails "$?" list
}
has_snapshot() {
  case "$lib_newline$snapshot_list$lib_newline" in
  *"$lib_newline$1$lib_newline"*) return 0 ;;
  esac
  return 1
}

# snapshot_fails STATUS WORD...: the end; the controller adds what the tool said.
snapshot_fails() {
  fact snapshot_status "$1"
  shift
  fact snapshot_doing "$(snapshot_called "$@")"
  exit 1
}

# snapshot_delete NAME: true when it is gone. Else $snapshot_kept says why: not every tool can.
snapshot_delete() {
  snapshot_said=$(snapshot_drop "$1" 2>&1)
  snapshot_status=$?
  [ -z "$snapshot_said" ] || printf '%s\n' "$snapshot_said"
  if snapshot_look && ! has_snapshot "$1"; then
    return 0
  fi
  case $snapshot_said in
  *[Uu]sage*) snapshot_kept="$(snapshot_called) has no \`delete\`" ;;
  *) snapshot_kept="$(snapshot_called delete "$1") ended with status $snapshot_status: $(printf '%s\n' "$snapshot_said" | tail -n 1)" ;;
  esac
  return 1
}

# snapshot_prune KEEP: the oldest of our own go, never $B_NAME; names sort by time.
snapshot_prune() {
  snapshot_look || return 0
  snapshot_own=$(printf '%s\n' "$snapshot_list" | sed -n "/^$B_OWN\$/p" | sort -u)
  snapshot_number=$(printf '%s\n' "$snapshot_own" | sed '/^$/d' | wc -l)
  for snapshot_one in $snapshot_own; do
    [ "$snapshot_number" -gt "$1" ] || break
    [ "$snapshot_one" != "$B_NAME" ] || continue
    snapshot_number=$((snapshot_number - 1))
    snapshot_delete "$snapshot_one" || {
      note "older snapshots are kept on ${B_WHERE}: $snapshot_kept"
      break
    }
    printf 'deleted: %s\n' "$snapshot_one"
  done
}
cd / || :
