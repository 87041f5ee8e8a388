# shellcheck shell=sh disable=SC1090,SC2034,SC2154 # variables are shared between the parts
# The command engine: a stack is what its `start` leaves running. What was started carries the
# marker BATON_SERVES=$S/release/ID in its environment, so that a look can tell which release a
# process was started from. The user's words: functions user_prepare, user_start, user_stop,
# user_status, and user_has NAME; user_vars sets the environment.

# find_marked [RELEASE]: `PID START RELEASE` of every process started from a release of this stack, a
# line each, in $command_marked: those of that release in $command_own, too, and all others in
# $command_others.
find_marked() {
  command_marked='' command_own='' command_others=''
  command_mark="BATON_SERVES=$S/release/"
  # shellcheck disable=SC2013 # names of /proc hold no spaces
  for command_file in $(grep -lsF -- "$command_mark" /proc/[0-9]*/environ 2>/dev/null); do
    command_pid=${command_file#/proc/}
    command_pid=${command_pid%/environ}
    command_environ=$(
      exec 2>/dev/null
      exec tr '\0' '\n' <"$command_file"
    )
    # Its last word: a value given again by a child of its own counts.
    command_release=${command_environ##*"$lib_newline$command_mark"}
    if [ "$command_release" = "$command_environ" ]; then
      case $command_environ in
      "$command_mark"*) command_release=${command_environ#"$command_mark"} ;;
      *) continue ;;
      esac
    fi
    command_release=${command_release%%"$lib_newline"*}
    started_into command_start "$command_pid"
    if [ -z "$command_release" ] || [ -z "$command_start" ]; then
      continue
    fi
    command_line="$command_pid $command_start $command_release"
    command_marked=$command_marked${command_marked:+$lib_newline}$command_line
    if [ "$command_release" = "${1-}" ]; then
      command_own=$command_own${command_own:+$lib_newline}$command_line
    else
      command_others=$command_others${command_others:+$lib_newline}$command_line
    fi
  done
}
# marked_pids: the first words of $command_marked, in one line.
marked_pids() {
  printf '%s\n' "$command_marked" | while read -r command_pid command_line; do
    printf '%s ' "$command_pid"
  done
}

in_folder() {
  cd -- "$1" || fail config_invalid "cannot go to $1"
  shift
  as_theirs
  "$@"
}
# user_status_of_checkout: 0 when its `status` says so in time. For a shell that has nothing else to do.
user_status_of_checkout() { in_folder "$checkout" user_status within 10 2>&1; }
is_well() { (user_status_of_checkout) >/dev/null; }

engine_faults() { :; }

# Whether something serves although no release record says so.
engine_running() {
  find_marked
  [ -n "$command_marked" ] || { user_has status && [ -d "$checkout" ] && is_well; }
}

# engine_baseline: records what runs.
engine_baseline() {
  command_healthy=
  if user_has status && is_well; then
    command_healthy=status
  fi
  release_put baseline healthy "$command_healthy"
  engine_note_started baseline
}

engine_prepare() {
  user_has prepare || return 0
  run user 'prepare' in_tree "$1" user_prepare
}
engine_has_check() { user_has status; }
in_tree() { (in_folder "$@"); }

engine_before() { :; }

# engine_note_started ID: which process it is, as far as that can be known.
engine_note_started() {
  find_marked "$1"
  printf '%s' "$command_own${command_own:+$lib_newline}" >"$S/release/$1/processes"
  printf '%s' "$command_others${command_others:+$lib_newline}" >"$S/release/$1/companions"
  put "$S/running" "$1"
}

# command_last_words: the end of what the start has printed, whole lines where a part is missing:
# half a secret cannot be told from other text.
command_last_words() {
  [ -s "$command_log" ] || [ -e "$command_log.1" ] || return 0
  [ ! -e "$command_log.1" ] || printf '[the beginning is left out]\n'
  if [ -e "$command_log.1" ]; then
    cat "$command_log.1" "$command_log" | sed 1d
  else
    cat "$command_log"
  fi 2>/dev/null | tail -n 60 | if alive "$command_keeper" && [ -n "$(tail -c 1 "$command_log")" ]; then
    sed '$d' # it is still being printed
  else
    cat
  fi
}

# engine_up ID: the checkout's commit comes up as that release.
engine_up() {
  command_log=$S/release/$1/start.log
  for command_file in "$S/start.pipe" "$command_log" "$command_log.1"; do
    [ ! -e "$command_file" ] || rm -f -- "$command_file"
  done
  mkfifo "$S/start.pipe" || fail no_space "cannot make $S/start.pipe"
  # A service may keep its output open for ever and print without end: the last of it is kept, in two
  # files that take turns, by a process that lasts as long as the service.
  keeper=
  ! have setsid || keeper=setsid
  # shellcheck disable=SC2016
  $keeper sh -c '
    while head -c 131072 >"$1" && [ "$(wc -c <"$1")" -eq 131072 ]; do mv -f "$1" "$1.1"; done
    exec cat >/dev/null # the disk is full, or all is said' \
    keeper "$command_log" <"$S/start.pipe" >/dev/null 2>&1 &
  command_keeper=$!
  fact doing_kind user
  fact doing start
  printf -- '--- start\n'
  (
    BATON_SERVES=$S/release/$1
    BATON_RELEASE=$1
    export BATON_SERVES BATON_RELEASE
    in_folder "$checkout" user_start
  ) >"$S/start.pipe" 2>&1
  command_status=$?
  # Its last words, unless a service still holds the pipe.
  command_patience=0
  while [ "$command_patience" -lt 10 ] && alive "$command_keeper"; do
    command_patience=$((command_patience + 1))
    sleep 0.03 2>/dev/null || sleep 1
  done
  rm -f -- "$S/start.pipe"
  command_last_words
  if [ "$command_status" -ne 0 ]; then
    fact status "$command_status"
    exit 1
  fi
  engine_note_started "$1"
  while read -r command_pid command_start command_release; do
    note "process $command_pid, started from release $command_release, still runs after the start"
  done <"$S/release/$1/companions"
}

engine_await() { :; }
engine_recall_lacks() { :; }
engine_recall() { :; }

engine_restore() {
  # What was started before a snapshot was rolled back holds files that are gone. Its own `stop`
  # may not know it any more: what it went by was set back, too.
  if [ "$B_REWOUND" = yes ]; then
    ! user_has stop || in_tree "$checkout" user_stop || :
    end_marked
  fi
  engine_up "$1"
}

# engine_down: nothing runs afterwards, as far as it can be known.
engine_down() {
  if user_has stop && [ -d "$checkout" ]; then
    run user stop in_tree "$checkout" user_stop
  fi
  end_marked
  rm -f -- "$S/running"
}
# end_marked: what was started from a release of this stack ends.
end_marked() {
  for command_signal in TERM KILL; do
    command_patience=0
    find_marked
    for command_pid in $(marked_pids); do
      kill "-$command_signal" "$command_pid" 2>/dev/null || :
    done
    while [ "$command_patience" -lt 50 ]; do
      find_marked
      [ -n "$command_marked" ] || return 0
      command_patience=$((command_patience + 1))
      sleep 0.1 2>/dev/null || sleep 1
    done
  done
  find_marked
  [ -z "$command_marked" ] || fail step_failed "processes of the stack do not end: $(marked_pids)"
}

# engine_look: facts for the view.
engine_look() {
  get_into command_running "$S/running"
  fact look.engine command
  fact look.running "$command_running"
  find_marked
  fact look.processes "$command_marked"
  [ -z "$command_running" ] || {
    text_into command_list "$S/release/$command_running/processes"
    fact look.recorded "$command_list"
    text_into command_list "$S/release/$command_running/companions"
    fact look.companions "$command_list"
  }
  if user_has status && [ -d "$checkout" ]; then
    command_said=$(user_status_of_checkout)
    fact look.status "$?"
    [ -z "$command_said" ] || command_said=$(printf '%s\n' "$command_said" | tail -n 3 | head -c 400)
    fact look.said "$command_said"
  fi
  return 0
}

engine_forget() { :; }
