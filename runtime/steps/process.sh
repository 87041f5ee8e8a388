# shellcheck shell=sh disable=SC2034,SC2154 # variables are shared between the files
# What the control shell and the supervisors know about processes. Variables are b_…, so that none
# that the login environment exports is changed for the scripts.

# b_look PID: reads /proc/PID/stat (or self) without a fork. A command's name may hold anything,
# newlines too, so only what follows the last `) ` counts. Fails when there is no such process.
b_look() {
  b_line='' b_more='' b_pid=''
  while IFS= read -r b_more || [ -n "$b_more" ]; do
    b_pid=${b_pid:-${b_more%% *}} b_line=$b_more b_more=''
  done 2>/dev/null <"/proc/$1/stat"
  [ -n "$b_line" ] || return 1
  # shellcheck disable=SC2086 # numbers, to be split
  set -- ${b_line##*) }
  b_pstate=$1 b_group=$3 b_session=$4
  shift 19
  b_start=$1
}

# b_alive PID START: a pid is an identity only with its start time.
b_alive() {
  [ -n "$2" ] && b_look "$1" && [ "$b_start" = "$2" ] && case $b_pstate in Z | X | x) false ;; esac
}

# b_uptime: whole seconds since boot, to be trusted where a wall clock is not.
b_uptime() {
  read -r b_up b_more </proc/uptime
  b_up=${b_up%%.*}
}

# b_wake DIR: ends the sleep of that attempt's supervisor. Whoever calls it has first written down
# what is to be seen; the supervisor looks for that after it has named its sleep, so neither misses
# the other. (A signal to the supervisor could be missed: bash runs traps between commands only.)
b_wake() {
  b_napper='' b_napper_start=''
  [ ! -s "$1/nap" ] || read -r b_napper b_napper_start <"$1/nap"
  ! b_alive "$b_napper" "$b_napper_start" || kill -KILL "$b_napper"
}

# b_exit_of DIR: b_code = the recorded exit status in three digits, or empty.
b_exit_of() {
  b_code=''
  for b_name in "$1"/x.[0-9][0-9][0-9]; do
    [ ! -e "$b_name" ] || b_code=${b_name##*/x.}
  done
}

# b_nap: a tenth of a second, or what is nearest to it.
b_nap() { sleep 0.1 2>/dev/null || sleep 1; }

# b_fresh_session COMMAND…: becomes the command in a session and group of its own.
b_fresh_session() {
  case $b_setsid in
  setsid) exec setsid "$@" ;;
  perl) exec perl -e 'use POSIX (); POSIX::setsid(); exec @ARGV' "$@" ;;
  *) exec "$b_setsid" -c 'import os,sys; os.setsid(); os.execvp(sys.argv[1], sys.argv[1:])' "$@" ;;
  esac
}

# b_members SESSION: b_prey = what lives in that session or process group. `kill -0` would take
# zombies for the living.
b_members() {
  b_prey=''
  for b_proc in /proc/[0-9]*; do
    b_look "${b_proc#/proc/}" || continue
    [ "$b_group" = "$1" ] || [ "$b_session" = "$1" ] || continue
    case $b_pstate in Z | X | x) continue ;; esac
    b_prey="$b_prey ${b_proc#/proc/}"
  done
}

# b_of_step DIR: b_prey = what lives of an attempt: its worker's session, its cgroup if it has one,
# and what still carries its mark in the environment (best effort: env -i escapes).
b_of_step() {
  b_at='' b_boot_at='' b_lp='' b_ls='' b_wp='' b_ws=''
  [ ! -s "$1/me" ] || read -r b_at b_boot_at b_lp b_ls b_wp b_ws b_more <"$1/me"
  b_prey=''
  # Somebody else's worker may have the number by now.
  if [ -n "$b_ws" ] && { ! b_look "$b_wp" || [ "$b_start" = "$b_ws" ]; }; then
    b_members "$b_wp"
  fi
  b_mark=BATON_ATTEMPT=${1##*/}
  # Environments hold NUL; a grep without -z may find the mark all the same. (Attempts have names of
  # one length, so none is the beginning of another.)
  # shellcheck disable=SC2013 # no names with spaces there
  for b_proc in $(grep -zxslF "$b_mark" /proc/[0-9]*/environ ||
    grep -slF "$b_mark" /proc/[0-9]*/environ); do
    b_proc=${b_proc#/proc/}
    b_proc=${b_proc%/environ}
    case " $b_prey " in *" $b_proc "*) continue ;; esac
    b_look "$b_proc" || continue
    case $b_pstate in Z | X | x) continue ;; esac
    b_prey="$b_prey $b_proc"
  done
  if [ -n "$b_cgroup" ] && [ -e "$b_cgroup/baton.${1##*/}/cgroup.procs" ]; then
    while read -r b_proc; do
      case " $b_prey " in *" $b_proc "*) ;; *) b_prey="$b_prey $b_proc" ;; esac
    done <"$b_cgroup/baton.${1##*/}/cgroup.procs"
  fi
}

# b_slay DIR GRACE: TERM, grace, KILL, until nothing of the attempt lives. Fails when something is
# still there 20 seconds after the first KILL (a process in an uninterruptible wait).
b_slay() {
  b_signal=TERM
  b_uptime
  b_until=$((b_up + $2))
  while :; do
    b_of_step "$1"
    [ -n "$b_prey" ] || return 0
    case $b_signal in
    TERM)
      # shellcheck disable=SC2086 # pids
      kill -TERM $b_prey 2>/dev/null
      b_signal=none
      ;;
    KILL)
      [ ! -e "$b_cgroup/baton.${1##*/}/cgroup.kill" ] ||
        echo 1 2>/dev/null >"$b_cgroup/baton.${1##*/}/cgroup.kill"
      # shellcheck disable=SC2086 # pids
      kill -KILL $b_prey 2>/dev/null
      ;;
    esac
    b_nap
    b_uptime
    [ "$b_up" -ge "$b_until" ] || continue
    [ "$b_signal" != KILL ] || return 1
    b_signal=KILL
    b_until=$((b_up + 20))
  done
}
