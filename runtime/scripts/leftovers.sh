# shellcheck shell=sh disable=SC2154 # variables are shared between the parts
# What attempts to activate a stack have left running when none of them came to its end: killed in the
# middle, a `start` or `docker compose up` may go on without them, and bring up later what is being
# taken back. A process is known by the id of its step in its environment.

# started_into NAME PID: its start time, which makes the pid an identity. Nothing for a zombie.
started_into() {
  eval "$1="
  { IFS= read -r left_stat <"/proc/$2/stat"; } 2>/dev/null || return 0
  # The name may hold anything; a newline in it makes us miss the process, no more.
  left_stat=${left_stat##*) }
  # shellcheck disable=SC2086 # numbers
  set -- "$1" $left_stat
  [ "${2-}" = Z ] || eval "$1=\${21-}"
}
# alive PID: it is there, and no zombie.
alive() {
  started_into left_start "$1"
  [ -n "$left_start" ]
}

# still_activating: PIDs of this run's attempts to activate this unit, but for the present step.
still_activating() {
  left_run=${BATON_STEP%%/*}
  left_unit=${BATON_STEP#*/*/}
  left_unit=${left_unit%/*/*}
  # shellcheck disable=SC2013 # names of /proc hold no spaces
  for left_file in $(grep -lsF -- "BATON_STEP=$left_run/" /proc/[0-9]*/environ 2>/dev/null); do
    left_pid=${left_file#/proc/}
    left_pid=${left_pid%/environ}
    case $({ tr '\0' '\n' <"$left_file"; } 2>/dev/null | sed -n 's/^BATON_STEP=//p') in
    "$BATON_STEP") ;;
    "$left_run"/*/"$left_unit"/*/activate) ! alive "$left_pid" || printf '%s\n' "$left_pid" ;;
    esac
  done
}

# end_activating: nothing of them runs afterwards; TERM, and after five seconds KILL.
end_activating() {
  release_into left_state "$B_RELEASE" state
  [ "$left_state" = activating ] || return 0
  for left_signal in TERM KILL; do
    left_patience=0
    while [ "$left_patience" -lt 50 ]; do
      left_pids=$(still_activating)
      [ -n "$left_pids" ] || return 0
      # shellcheck disable=SC2086 # pids
      case $left_signal$left_patience in
      TERM0 | KILL*) kill "-$left_signal" $left_pids 2>/dev/null ;;
      esac
      left_patience=$((left_patience + 1))
      sleep 0.1 2>/dev/null || sleep 1
    done
  done
  fail step_failed "what an attempt to start has left does not end: $(printf '%s' "$left_pids" | tr '\n' ' ')"
}
