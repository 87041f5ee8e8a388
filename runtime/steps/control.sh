# shellcheck shell=sh disable=SC2034,SC2154 # variables are shared between the files
# The control shell: answers framed requests on stdin until that ends.
#
#   request   ID OPERATION LENGTH ARGUMENT…, newline, LENGTH bytes, then `end ID`, newline
#   answer    bytes, MARKER ID ok|no WORD…, newline
#   hint      MARKER ! ID, newline: the step that request ID started is over; printed by its
#             supervisor, so it may stand amid an answer's bytes
#
# No newline before a marker: bash would write that by itself, and a hint could come between.
#
# A request without its trailer was cut: nothing of it is done and the shell ends. Arguments are
# words of safe characters; the client encodes what is not.
#
#   fence/e.N/lease         who owns the host; N is the fence, raised by renaming the folder
#   fence/e.N/b.UPTIME.BOOT the owner's last heartbeat (a name: renamed also on a full disk)
#   fence/e.N/w.RUN         the owner's line of the process that goes on with the owner's run
#   fence/e.N/t.RUN         the lease that was taken from a run whose steps may still run
#   fence/e.N/s.RUN+STEP    a claim: the hard link to the `me` of the attempt that runs
#   files/RUN/STEP          what was uploaded for a step, until it is over
#   effects/RUN/STEP/ATTEMPT, looks/RUN/STEP/ATTEMPT: see supervisor.sh; STEP/last names the attempt
#                           started last, looks/RUN/STEP/claim is a look's claim

b_answer() { printf '%s %s %s\n' "$b_marker" "$b_id" "$*"; }
b_refuse() {
  b_refuse_word=$1
  shift
  printf '%s' "$*"
  b_answer no "$b_refuse_word"
}

# b_refuse_as TEXT: refuses with the code that the text of a failed tool means.
b_refuse_as() {
  case $1 in
  *'o space left'* | *'uota exceeded'*) b_refuse nospace "$1" ;;
  *) b_refuse fail "$1" ;;
  esac
}

# Nothing may be done for a request that was cut.
b_trailer() {
  read -r b_end || exit 1
  [ "$b_end" = "end $b_id" ] || exit 1
}

# b_payload: reads b_length bytes into b_text; for short texts without newline at the end.
b_payload() { b_text=$(dd bs="$b_length" count=1 iflag=fullblock 2>/dev/null); }
b_drain() { dd bs="$b_length" count=1 iflag=fullblock >/dev/null 2>&1; }

b_serve() {
  while read -r b_id b_operation b_length b_1 b_2 b_3 b_4 b_5 b_6 b_7 b_8 b_9 b_10; do
    case $b_operation in
    start) b_begin "$b_1" "$b_2" "$b_3" "$b_4" "$b_5" "$b_6" "$b_7" "$b_8" "$b_9" "$b_10" ;;
    acquire)
      b_payload
      b_trailer
      b_late=''
      b_acquire "$b_1" "$b_2" "$b_3"
      ;;
    take)
      b_payload
      b_trailer
      b_take "$b_1" "$b_2" "$b_3" "$b_4" "$b_5"
      ;;
    heartbeat)
      b_text=''
      [ "$b_length" = 0 ] || b_payload
      b_trailer
      b_heartbeat "$b_1" "$b_2"
      ;;
    *)
      b_trailer
      b_started=0
      case $b_operation in
      poll)
        b_judge "$b_1" "$b_2"
        b_report "$b_3" "$b_4"
        ;;
      kill) b_stop "$b_1" "$b_2" ;;
      facts) b_facts "$b_1" "$b_2" "$b_3" ;;
      release) b_release "$b_1" "$b_2" ;;
      show) b_show ;;
      break) b_break "$b_1" "$b_2" ;;
      ended) b_ended "$b_1" "$b_2" "$b_3" ;;
      forget) b_forget "$b_1" "$b_2" ;;
      list) b_list "$b_1" ;;
      prune) b_prune "$b_1" ;;
      *) exit 1 ;;
      esac
      ;;
    esac
  done
}

# b_settle_home TEXT: b_home = the state folder. /var/tmp is everybody's: a folder there must be
# ours alone.
b_settle_home() {
  b_home=$1
  [ -n "$b_home" ] || b_home=${XDG_STATE_HOME:-${HOME:+$HOME/.local/state}}
  case $1:$b_home in
  :/*) b_home=$b_home/baton ;;
  :*)
    b_home=/var/tmp/baton-$b_uid
    mkdir -m 700 "$b_home"
    if [ -h "$b_home" ] || [ ! -O "$b_home" ] || ! chmod 700 "$b_home"; then
      b_refuse fail "there is no HOME, and $b_home is not a folder of user $b_uid: remove it"
      exit
    fi
    ;;
  esac
  case $b_home in
  \~/*) b_home=${HOME-}/${b_home#??} ;;
  esac
  case $b_home in
  /*) ;;
  *)
    b_refuse fail "the state folder must be an absolute path: $b_home"
    exit
    ;;
  esac
}

# Folders that everything else takes for granted; nothing is written when they are there.
b_settle_folders() {
  if [ ! -d "$b_home/effects" ] || [ ! -d "$b_home/looks" ]; then
    b_said=$(mkdir -p "$b_home/effects" "$b_home/looks" 2>&1) || {
      b_refuse_as "the state folder $b_home cannot be made: $b_said"
      exit
    }
  fi
  [ ! -d "$b_home/fence" ] || return 0
  # Two may be at it: only a whole folder with the first fence in it gets the name.
  b_new=$b_home/fence.$b_nonce
  b_said=$(mkdir -p "$b_new/e.0" 2>&1 && mv "$b_new" "$b_home/fence" 2>&1)
  rm -rf "$b_home/fence/fence.$b_nonce" "$b_new"
  [ -d "$b_home/fence" ] || {
    b_refuse_as "the state folder $b_home cannot be used: $b_said"
    exit
  }
  sync "$b_home" "$b_home/fence"
}

# What the host can do; ends the shell with a reason when that is not enough.
b_examine() {
  b_missing=''
  [ -r /proc/self/stat ] && [ -r /proc/uptime ] &&
    read -r b_boot </proc/sys/kernel/random/boot_id || b_missing=' /proc'
  for b_tool in mkdir dd ln mv rm rmdir sync sleep ls id wc grep; do
    command -v "$b_tool" >/dev/null || b_missing="$b_missing $b_tool"
  done
  dd if=/dev/null bs=1 count=1 iflag=fullblock,skip_bytes >/dev/null ||
    b_missing="$b_missing dd-with-iflag"
  b_setsid=''
  for b_tool in python3 perl setsid; do
    ! command -v "$b_tool" >/dev/null || b_setsid=$b_tool
  done
  [ -n "$b_setsid" ] || b_missing="$b_missing setsid-or-perl-or-python3"
  [ -z "$b_missing" ] || {
    b_refuse tool "steps need on this machine:$b_missing"
    exit
  }
  b_missing=''
  for b_tool in setsid git docker; do
    command -v "$b_tool" >/dev/null || b_missing="$b_missing $b_tool"
  done
  b_uid=$(id -u)
  b_shell=''
  ! command -v readlink >/dev/null || b_shell=$(readlink "/proc/$$/exe")
  b_shell=${b_shell##*/}
  # A cgroup of our own version 2 branch makes kills exact; only root has one, as a rule.
  b_cgroup=''
  while IFS= read -r b_line; do
    case $b_line in 0::*) ;; *) continue ;; esac
    for b_root in /sys/fs/cgroup /sys/fs/cgroup/unified; do
      b_line=${b_line%/}
      [ ! -w "$b_root${b_line#0::}/cgroup.procs" ] || b_cgroup=$b_root${b_line#0::}
    done
  done </proc/self/cgroup
  b_logind=0
  for b_name in /etc/systemd/logind.conf /etc/systemd/logind.conf.d/*.conf; do
    [ -r "$b_name" ] || continue
    while read -r b_line; do
      case $b_line in
      KillUserProcesses=[yt1]* | KillUserProcesses=on) b_logind=1 ;;
      KillUserProcesses=*) b_logind=0 ;;
      esac
    done <"$b_name"
  done
  [ "$b_uid" != 0 ] && [ ! -e "/var/lib/systemd/linger/$(id -un)" ] || b_logind=0
}

# b_main MARKER NONCE STATE-FOLDER
b_main() {
  exec 2>/dev/null 3>&1
  b_umask=$(umask)
  umask 077
  b_locale_set=${LC_ALL+y} b_locale=${LC_ALL-}
  export LC_ALL=C
  unset ENV CDPATH BATON_ATTEMPT BATON_FACTS BATON_DIR BATON_STEP
  IFS=' 	
'
  b_nl='
'
  b_marker=$1 b_nonce=$2 b_id=0
  printf '%s 0 READY\n' "$b_marker"
  b_examine
  b_settle_home "$3"
  b_settle_folders
  b_uptime
  printf '%s\n' "boot $b_boot" "uptime $b_up" "uid $b_uid" "home $b_home" "shell $b_shell" \
    "setsid $b_setsid" "missing$b_missing" "cgroup $b_cgroup" "logind $b_logind"
  b_answer ok
  b_serve
  exit
}
