# shellcheck shell=sh
# What the steps about snapshots share. A driver (snapshot_by_*.sh) gives
#   snapshot_ready   it can be worked with: else it says why by snapshot_wrong, and returns 1
#   snapshot_able    more that stops a deployment, looked at beforehand (a look: changes nothing)
#   snapshot_names   the whole snapshots that are there now, one a line
#   snapshot_show    the same for a person
#   snapshot_make, snapshot_back, snapshot_drop NAME
#   snapshot_seen NAME   after a rollback: true when it can be seen that it happened; prints what was
#                    seen, or what was seen instead; prints nothing when there is nothing to look at
#   snapshot_called WORD...   how the tool is called, for errors
# Uses B_NAME, B_WHERE, B_LOOK, B_SUDO, B_DISK_FREE, B_OWN (how the names of this fleet's own
# snapshots of this host look, for sed).

# snapshot_wrong CODE TEXT MEND: nothing can be done here. A look goes on, to find what else is wrong.
snapshot_wrong() {
  if [ "$B_LOOK" = yes ]; then
    fault "$1" "$2" "$3"
  else
    fail "$1" "$2: $3" no
  fi
}

# snapshot_file COMMAND: the file that PATH has for it; a shell that is busybox takes itself before that.
snapshot_file() {
  snapshot_rest=$PATH:
  while [ -n "$snapshot_rest" ]; do
    if [ -x "${snapshot_rest%%:*}/$1" ]; then
      printf '%s\n' "${snapshot_rest%%:*}/$1"
      return
    fi
    snapshot_rest=${snapshot_rest#*:}
  done
  printf '%s\n' "$1"
}
snapshot_wait() { "$(snapshot_file sleep)" "$1"; }

as_root() {
  if [ "$B_SUDO" = yes ]; then
    sudo -n "$@"
  else
    "$@"
  fi
}

# snapshot_ask COMMAND...: what it prints, into $snapshot_said. When it fails, its last word is in
# $snapshot_why: it only reads, so it can be asked again for that.
snapshot_ask() {
  snapshot_said=$(as_root "$@" 2>/dev/null) && return
  snapshot_status=$?
  snapshot_why=$(as_root "$@" 2>&1 >/dev/null | tail -n 1)
  snapshot_why=${snapshot_why:-status $snapshot_status}
  return "$snapshot_status"
}

# snapshot_needs TOOL PACKAGE: it is there.
snapshot_needs() {
  have "$1" || {
    snapshot_wrong missing_tool "$1, that snapshots need, is not on ${B_WHERE}" "sudo apt-get install $2"
    return 1
  }
}

# snapshot_refused TOOL...: true when it is sudo that refused the last question; says so.
snapshot_refused() {
  case $snapshot_why in
  'sudo: '* | *' is not allowed to execute '* | *' is not in the sudoers file'*) ;;
  *) return 1 ;;
  esac
  snapshot_tools=
  for snapshot_one in "$@"; do
    snapshot_tools="${snapshot_tools:+$snapshot_tools, }$(snapshot_file "$snapshot_one")"
  done
  snapshot_wrong snapshot_failed "sudo does not let $(id -un) run $1 on ${B_WHERE} without a password ($snapshot_why)" \
    "sudo visudo -f /etc/sudoers.d/baton, with the line \`$(id -un) ALL=(root) NOPASSWD: $snapshot_tools\`"
}

# snapshot_room FREE SIZE WHAT MEND: both in bytes. Little is left when it is less than a twentieth, and
# less than `disk_free` asks for.
snapshot_room() {
  if awk -v free="$1" -v size="$2" -v least="$B_DISK_FREE" \
    'BEGIN { exit !(size > 0 && free * 20 < size && free < least) }'; then
    snapshot_wrong no_space "$3 is full but for $(awk -v free="$1" -v size="$2" 'BEGIN { printf "%.1f %%", free * 100 / size }'): what is written after a snapshot needs room of its own" "$4"
  fi
}

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

# How many of our own there are, by the last list.
snapshot_tell_retained() {
  fact retained "$(($(printf '%s\n' "$snapshot_list" | sed -n "/^$B_OWN\$/p" | sort -u | wc -l)))"
}
