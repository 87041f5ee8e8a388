# shellcheck shell=sh disable=SC2034,SC2154 # variables are shared between the files
# S, the supervisor of one attempt at a step, in a session of its own:
#
#   S  keeps the deadline, stops the step when asked (r.kill), says on the channel that it is over
#   ├ L  starts W, waits for it, records its exit status by renaming x.___ to x.NNN
#   ├ C  keeps W's output within its cap
#   └ W  (a child of L, a session of its own) claims the step and becomes the script: worker.sh
#
# In the attempt's folder: script, me (what is claimed with), facts, l.OFFSET (segments of the log),
# lead (L), nap (what S waits for), mute (the log has ended), over (S has done all), left (something
# could not be killed). Where it matters on a full disk, a name is changed instead of a file made:
# x.___ x.NNN (the exit status), r.___ r.deadline r.kill (why it was stopped), c.___ c.cut c.full
# (the log lost something: of too much, or of a full disk).
# Parameters come as lines on stdin, because arguments and environment can be seen by others.

b_lead() {
  b_look self
  b_lpid=$b_pid b_lstart=$b_start
  printf '%s %s\n' "$b_lpid" "$b_lstart" >"$b_dir/lead"
  export BATON_ATTEMPT BATON_FACTS BATON_DIR BATON_FILES
  [ -z "$b_locale_set" ] || export LC_ALL="$b_locale"
  [ -n "$b_locale_set" ] || unset LC_ALL
  b_group_dir=''
  [ -z "$b_cgroup" ] || [ ! -d "$b_cgroup/baton.$BATON_ATTEMPT" ] ||
    b_group_dir=$b_cgroup/baton.$BATON_ATTEMPT
  b_fresh_session sh -c "$b_worker" baton "$b_dir" "$b_fence" "$b_claim" "$b_kind" "$b_boot" \
    "$b_lpid" "$b_lstart" "$$" "$b_sstart" "$b_umask" "$b_group_dir" 2>&1 &
  b_worker_pid=$!
  # Else the log would not end before L does.
  exec >/dev/null 2>&1
  wait "$b_worker_pid"
  b_status=$?
  case $b_status in
  ?) b_status=00$b_status ;;
  ??) b_status=0$b_status ;;
  esac
  # A disk may be so full that not even a name can be changed (btrfs), until what filled it is gone.
  b_try=0
  while [ ! -e "$b_dir/x.$b_status" ] && [ -e "$b_dir/x.___" ]; do
    mv "$b_dir/x.___" "$b_dir/x.$b_status" && break
    b_try=$((b_try + 1))
    [ "$b_try" -lt 30 ] || break
    sync -f "$b_dir"
    sleep 1
  done
  [ "$b_kind" = look ] || sync "$b_dir"
  b_wake "$b_dir"
}

# b_count: b_reads, from what dd said. Fails when it did not end well.
b_count() {
  b_reads=${b_said%% records in*}
  b_reads=${b_reads##*"$b_nl"}
  case $b_reads in *[!0-9+]* | *+*+* | '' | +* | *+) return 1 ;; *+*) ;; *) return 1 ;; esac
  b_whole=${b_reads%+*}
  b_reads=$((b_whole + ${b_reads#*+}))
}

# b_written: how far the present segment has come. GNU dd tells, busybox's does not.
b_written() {
  b_bytes=${b_said##*"$b_nl"}
  b_bytes=${b_bytes%% byte*}
  case $b_bytes in
  *[!0-9]* | '')
    b_bytes=$(wc -c <"$b_dir/l.$b_here")
    [ -z "$b_bytes" ] || b_end=$((b_here + b_bytes))
    ;;
  *) b_end=$((b_end + b_bytes)) ;;
  esac
}

# b_lost NAME: the log has, and NAME says why. A full disk explains more than the cap.
b_lost() {
  if [ -e "$b_dir/c.___" ]; then
    mv "$b_dir/c.___" "$b_dir/c.$1"
  elif [ "$1" = full ] && [ -e "$b_dir/c.cut" ]; then
    mv "$b_dir/c.cut" "$b_dir/c.full"
  fi
}

# Keeps the first and the newest two thirds of the cap, in segments named by the offset of their
# first byte. dd passes on what it reads at once, so small lines are not held back.
b_keep() {
  b_block=16384
  [ "$b_cap" -ge 786432 ] || b_block=4096
  b_blocks=$((b_cap / 6 / b_block))
  [ "$b_blocks" -ge 1 ] || b_blocks=1
  b_here=0 b_before='' b_end=0 b_full=''
  while :; do
    b_said=$(dd bs="$b_block" count="$b_blocks" 2>&1 >>"$b_dir/l.$b_here")
    b_rc=$?
    if b_count && [ "$b_rc" = 0 ]; then
      b_written
      [ "$b_reads" = "$b_blocks" ] || break
      [ $((b_end - b_here)) -ge $((b_block * b_blocks)) ] || continue
    else
      # A full disk, or a dd that was killed. The program must not feel it: what cannot be kept is
      # read and dropped.
      case $b_said in
      *'o space left'*)
        b_full=1
        b_lost full
        ;;
      *) b_lost cut ;;
      esac
      b_said=''
      b_written
      b_said=$(dd bs="$b_block" count="$b_blocks" 2>&1 >/dev/null)
      if b_count; then
        b_end=$((b_end + b_block * b_whole))
        [ "$b_reads" = "$b_blocks" ] || break
      fi
    fi
    [ "$b_end" != "$b_here" ] || continue
    case $b_before in
    '' | 0) ;;
    *)
      rm -f "$b_dir/l.$b_before"
      b_lost cut
      ;;
    esac
    b_before=$b_here b_here=$b_end
  done
  # btrfs: a disk may have been so full that not even a name could be changed.
  [ -z "$b_full" ] || b_lost full
  true >"$b_dir/mute"
  b_wake "$b_dir"
}

umask 077
b_nl='
'
read -r b_mode
read -r b_kind
IFS= read -r b_marker
read -r b_request
IFS= read -r b_dir
IFS= read -r b_fence
read -r b_claim
IFS= read -r BATON_DIR
read -r b_deadline
read -r b_grace
read -r b_cap
read -r b_helper b_helper_start
read -r b_umask
IFS= read -r b_locale_set
IFS= read -r b_locale
read -r b_setsid
IFS= read -r b_cgroup
IFS= read -r BATON_FILES
read -r b_boot || exit 1
exec </dev/null
LC_ALL=C
export LC_ALL
BATON_ATTEMPT=${b_dir##*/}
BATON_FACTS=$b_dir/facts

if [ "$b_mode" = kill ]; then
  # S itself was killed; this one takes its place for the end.
  exec 3>&-
  [ ! -e "$b_dir/r.___" ] || mv "$b_dir/r.___" "$b_dir/r.kill"
  b_slay "$b_dir" "$b_grace" || true >"$b_dir/left"
  exit
fi

# b_rest SECONDS WHAT: sleeps until then or until b_WHAT, whose maker calls b_wake.
b_rest() {
  b_seconds=$1
  while :; do
    sleep "$b_seconds" 3>&- &
    b_sleep=$!
    b_look "$b_sleep"
    if printf '%s %s\n' "$b_sleep" "$b_start" >"$b_dir/nap"; then
      ! "b_$2" || kill -KILL "$b_sleep"
      wait "$b_sleep"
      return
    fi
    # A full disk: nobody can wake us.
    kill -KILL "$b_sleep"
    sleep 1 3>&-
    "b_$2" && return
    b_seconds=$((b_seconds - 1))
    [ "$b_seconds" -gt 0 ] || return
  done
}

b_called() {
  [ -e "$b_dir/r.kill" ] && return
  b_exit_of "$b_dir"
  [ -n "$b_code" ]
}

b_muted() { [ -e "$b_dir/mute" ]; }

# b_leaderless: L was killed and nothing of the step lives, so nothing will be recorded any more.
b_leaderless() {
  b_lp='' b_ls=''
  [ ! -s "$b_dir/lead" ] || read -r b_lp b_ls <"$b_dir/lead"
  if [ -n "$b_lp" ]; then ! b_alive "$b_lp" "$b_ls"; else b_muted; fi || return 1
  b_exit_of "$b_dir"
  [ -z "$b_code" ] || return 1
  b_of_step "$b_dir"
  [ -z "$b_prey" ]
}

b_ended() { b_called || b_leaderless; }

b_look self
b_sstart=$b_start
b_uptime
b_until=$((b_up + b_deadline))

b_lead 3>&- | b_keep 3>&- &

# A sleep that was killed by others is no deadline: the clock is asked.
while ! b_called; do
  b_uptime
  if [ "$b_up" -ge "$b_until" ]; then
    mv "$b_dir/r.___" "$b_dir/r.deadline"
    break
  fi
  b_rest $((b_until - b_up)) ended
  ! b_leaderless || break
done
b_exit_of "$b_dir"
if [ -z "$b_code" ] && [ ! -e "$b_dir/r.___" ]; then
  b_slay "$b_dir" "$b_grace" || true >"$b_dir/left"
fi
# The log gets a second for its end. A daemon that keeps it open cannot have more.
b_muted || b_rest 1 muted
# Secrets may be among them.
[ ! -d "$BATON_FILES" ] || rm -rf "$BATON_FILES"
true >"$b_dir/over"
# The channel may be gone.
trap '' PIPE
printf '%s ! %s\n' "$b_marker" "$b_request" >&3
exec 3>&-
[ -z "$b_helper" ] || ! b_alive "$b_helper" "$b_helper_start" || kill "$b_helper"
b_group_dir=$b_cgroup/baton.$BATON_ATTEMPT
[ -z "$b_cgroup" ] || [ ! -d "$b_group_dir" ] || rmdir "$b_group_dir"
