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

# b_fence_now: b_fence = the one fence folder, b_number its number. The folder may be renamed while
# it is looked for.
b_fence_now() {
  for b_try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    for b_fence in "$b_home"/fence/e.*; do
      if [ -d "$b_fence" ]; then
        b_number=${b_fence##*/e.}
        return 0
      fi
    done
  done
  b_fence='' b_number=''
  return 1
}

# b_raise NUMBER: renames the present fence folder. Fails when somebody else did so first.
b_raise() {
  b_raised=$b_home/fence/e.$1
  b_said=$(mv "$b_fence" "$b_raised" 2>&1) || return 1
  b_fence=$b_raised b_number=$1
}

# b_lease_read: who has the lease; fails when nobody has.
b_lease_read() {
  b_lease_run='' b_lease_owner='' b_lease_number='' b_beat='' b_age=- b_same=0
  [ -e "$b_fence/lease" ] || return 1
  {
    read -r b_lease_run
    IFS= read -r b_lease_owner
    read -r b_lease_number b_beat
  } 2>/dev/null <"$b_fence/lease"
  if [ -z "$b_beat" ]; then
    # Power was lost before it was written, or the folder was renamed just now.
    [ -e "$b_fence/lease" ] || return 1
    b_lease_run='?' b_lease_owner='' b_lease_number=0
  fi
  b_uptime
  for b_beat in "$b_beat" "$b_fence"/b.*; do
    b_beat=${b_beat##*/b.}
    [ "${b_beat#*.}" = "$b_boot" ] || continue
    b_age=$((b_up - ${b_beat%%.*})) b_same=1
  done
}

# b_beat: notes that the owner lives.
b_beat() {
  b_uptime
  for b_old in "$b_fence"/b.*; do
    [ "$b_old" != "$b_fence/b.$b_up.$b_boot" ] || return 0
    if [ -e "$b_old" ]; then
      mv "$b_old" "$b_fence/b.$b_up.$b_boot" && return 0
    else
      true >"$b_fence/b.$b_up.$b_boot" && return 0
    fi
  done
  [ -d "$b_fence" ]
}

# b_lost_race: somebody else was faster. Not all try again at once, or nobody would come through.
b_lost_race() { [ $((($$ + b_try_lease) % 3)) = 0 ] || b_nap; }

# acquire RUN AT-LEAST; payload: the owner's line.
b_acquire() {
  b_mine=$b_home/fence/o.$b_nonce.$b_id
  b_try_lease=0
  while [ "$b_try_lease" -lt 50 ]; do
    b_try_lease=$((b_try_lease + 1))
    b_fence_now || break
    if b_lease_read; then
      if [ "$b_lease_run" != "$1" ]; then
        printf '%s' "$b_lease_owner"
        b_answer ok held "$b_number" "$b_lease_run" "$b_age" "$b_same"
        rm -f "$b_mine"
        return
      fi
      # Ours. A lease that stands under another number than it was taken for came late into a
      # folder that was raised meanwhile: raised once more, nobody else can have its number.
      if [ "$b_number" -lt "$2" ]; then
        b_raise "$2" || {
          b_lost_race
          continue
        }
        sync "$b_home/fence"
      elif [ "$b_lease_number" -gt "$b_number" ] || [ -n "$b_late" ]; then
        b_raise $((b_number + 1)) || {
          b_lost_race
          continue
        }
        sync "$b_home/fence"
      fi
      b_beat
      rm -f "$b_mine"
      b_answer ok mine "$b_number"
      return
    fi
    b_next=$((b_number + 1))
    [ "$b_next" -ge "$2" ] || b_next=$2
    b_raise "$b_next" || {
      case $b_said in *'ead-only'* | *'o space'* | *'uota'* | *'ermission'*) break ;; esac
      b_lost_race
      continue
    }
    b_said='the lease cannot be written: no space left on device, or the folder is not ours'
    b_uptime
    printf '%s\n%s\n%s\n' "$1" "$b_text" "$b_number $b_up.$b_boot" >"$b_mine" || break
    rm -f "$b_fence"/b.*
    b_said=$(ln "$b_mine" "$b_fence/lease" 2>&1) || {
      case $b_said in *'ead-only'* | *'o space'* | *'uota'* | *'ermi'*) break ;; esac
      b_lost_race
      continue
    }
    [ -e "$b_fence/lease" ] || {
      b_late=1
      continue
    }
    b_beat
    sync "$b_mine" "$b_fence" "$b_home/fence"
    rm -f "$b_mine"
    b_answer ok mine "$b_number"
    return
  done
  rm -f "$b_mine"
  b_refuse_as "${b_said:-the lease folder $b_home/fence cannot be used}"
}

# b_give_up: raises the fence and takes the lease away; b_lease_* tell whose it was.
b_give_up() {
  b_raise $((b_number + 1)) || return 1
  rm -f "$b_fence/lease" "$b_fence"/b.* || return 1
  sync "$b_fence" "$b_home/fence"
}

b_release() { # RUN FENCE
  b_try_lease=0
  while [ "$b_try_lease" -lt 50 ]; do
    b_try_lease=$((b_try_lease + 1))
    b_fence_now || break
    b_lease_read || {
      b_answer ok
      return
    }
    if [ "$b_lease_run" != "$1" ]; then
      b_refuse stale "the lease belongs to run $b_lease_run"
      return
    fi
    b_give_up && {
      b_answer ok
      return
    }
    b_lost_race
  done
  b_refuse_as "${b_said:-the lease cannot be removed}"
}

b_break() {
  b_try_lease=0
  while [ "$b_try_lease" -lt 50 ]; do
    b_try_lease=$((b_try_lease + 1))
    b_fence_now || break
    b_lease_read || b_lease_run=-
    if b_give_up; then
      printf '%s' "$b_lease_owner"
      b_answer ok held "$b_number" "$b_lease_run" "$b_age" "$b_same"
      return
    fi
    b_lost_race
  done
  b_refuse_as "${b_said:-the lease cannot be removed}"
}

b_show() {
  b_fence_now || {
    b_refuse fail "there is no fence in $b_home/fence"
    return
  }
  b_lease_read || b_lease_run=-
  printf '%s' "$b_lease_owner"
  b_answer ok held "$b_number" "$b_lease_run" "$b_age" "$b_same"
}

b_heartbeat() { # RUN FENCE
  b_fence=$b_home/fence/e.$2
  if b_lease_read && [ "$b_lease_run" = "$1" ] && b_beat; then
    b_answer ok
  else
    b_refuse stale "the lease is no longer that of run $1 with fence $2"
  fi
}

# b_judge RUN STEP: what is known of a step: b_is (see STATES in control_shell.cpp), b_code,
# b_dir (the attempt), b_claim_at, b_kind_is. Forks only for what is dead without a word.
b_judge() {
  b_is=absent b_code=- b_dir='' b_claim_at='' b_kind_is=effect b_over='' b_sp='' b_ss=''
  b_base=$b_home/effects/$1/$2
  b_fence_now || return
  if [ ! -e "$b_fence/s.$1+$2" ]; then
    # Not there, or the folder was renamed just now.
    [ -d "$b_fence" ] || b_fence_now
  fi
  if [ -e "$b_fence/s.$1+$2" ]; then
    b_claim_at=$b_fence/s.$1+$2
  elif [ -d "$b_home/looks/$1/$2" ]; then
    b_base=$b_home/looks/$1/$2 b_kind_is=look
    [ ! -e "$b_base/claim" ] || b_claim_at=$b_base/claim
  elif [ ! -d "$b_base" ]; then
    return
  fi
  b_attempt='' b_was_boot='' b_lp='' b_ls='' b_wp='' b_ws='' b_sp='' b_ss=''
  [ -z "$b_claim_at" ] ||
    read -r b_attempt b_was_boot b_lp b_ls b_wp b_ws b_sp b_ss 2>/dev/null <"$b_claim_at"
  if [ -z "$b_ss" ]; then
    b_unclaimed "$1" "$2"
    return
  fi
  b_dir=$b_base/$b_attempt
  b_exit_of "$b_dir"
  if [ -z "$b_code" ]; then
    if [ "$b_was_boot" != "$b_boot" ]; then
      b_is=rebooted
    elif b_alive "$b_lp" "$b_ls"; then
      b_is=running
      b_go_on_stopping
    else
      b_orphaned
    fi
  fi
  [ -n "$b_code" ] || b_code=-
  [ "$b_code" != - ] || return 0
  b_is='done'
  [ -e "$b_dir/over" ] && return
  [ "$b_was_boot" = "$b_boot" ] || return 0
  if b_alive "$b_sp" "$b_ss"; then
    b_is=settling
    b_alive "$b_lp" "$b_ls" || b_wake "$b_dir" # its waiter may have died before it could
  elif [ ! -e "$b_dir/r.___" ] && [ ! -e "$b_dir/left" ]; then
    b_of_step "$b_dir"
    [ -z "$b_prey" ] || {
      b_is=settling
      b_go_on_stopping
    }
  fi
  return 0
}

# Its supervisor may have died while it was stopping the step.
b_go_on_stopping() {
  [ -e "$b_dir/r.___" ] || [ -e "$b_dir/left" ] || b_alive "$b_sp" "$b_ss" || b_executioner
}

# Its waiter is dead and has recorded nothing.
b_orphaned() {
  b_of_step "$b_dir"
  if [ -n "$b_prey" ]; then
    b_is=orphan
    b_go_on_stopping
    return
  fi
  # What the waiter began (the rename) may still be on its way.
  if ! b_look "$b_sp" || [ "$b_start" = "$b_ss" ]; then
    b_members "$b_sp"
    if [ -n "$b_prey" ]; then
      # shellcheck disable=SC2086 # pids
      kill -KILL $b_prey
      b_is=settling
      return
    fi
  fi
  b_exit_of "$b_dir"
  [ -n "$b_code" ] || b_is=lost
}

# b_unclaimed RUN STEP: no claim, or one that says nothing; but somebody tried.
b_unclaimed() {
  b_last='' b_code=-
  [ ! -s "$b_base/last" ] || read -r b_last <"$b_base/last"
  b_dir=$b_base/$b_last
  b_was_boot=''
  if [ -n "$b_last" ] && [ -s "$b_dir/s" ]; then
    read -r b_sp b_ss b_was_boot <"$b_dir/s"
    if [ "$b_was_boot" = "$b_boot" ] && [ ! -e "$b_dir/over" ] && b_alive "$b_sp" "$b_ss"; then
      b_is=running
      [ ! -s "$b_dir/lead" ] || read -r b_lp b_ls <"$b_dir/lead"
      [ -z "$b_lp" ] || b_alive "$b_lp" "$b_ls" || b_wake "$b_dir"
      return
    fi
    b_exit_of "$b_dir"
  fi
  if [ -n "$b_claim_at" ]; then
    # Power was lost before the claim was written; or a look is just writing it.
    [ -s "$b_claim_at" ] && b_is=settling || b_is=lost
  elif [ -z "$b_last" ]; then
    b_dir=''
  elif b_fence_now && [ -e "$b_fence/s.$1+$2" ] || [ -e "$b_base/claim" ]; then
    b_is=settling # claimed while we looked
  elif [ "$b_code" != - ] && [ -n "$b_code" ]; then
    b_is=refused
    return
  fi
  b_code=-
}

# b_report [OFFSET MAX]: the rest of an answer about the step that b_judge looked at.
b_report() {
  b_why=- b_left=0 b_cut=0 b_log_at=${1:-0} b_log_more=0
  if [ -n "$b_dir" ]; then
    [ ! -e "$b_dir/r.deadline" ] || b_why=deadline
    [ ! -e "$b_dir/r.kill" ] || b_why='kill'
    [ ! -e "$b_dir/left" ] || b_left=1
    [ ! -e "$b_dir/c.cut" ] || b_cut=1
    [ -z "$2" ] || [ "$b_is" = absent ] || b_say_log "$1" "$2"
  fi
  b_answer ok "$b_is" "$b_code" "$b_why" "$b_left" "$b_cut" "$b_log_at" "$b_log_more" "$b_started"
}

# b_say_log OFFSET MAX: at most MAX bytes of the log, from the segment that holds OFFSET or, when
# that is gone, from the next one.
b_say_log() {
  b_from='' b_next=''
  for b_name in "$b_dir"/l.*; do
    b_name=${b_name##*/l.}
    case $b_name in *[!0-9]*) continue ;; esac
    if [ "$b_name" -le "$1" ]; then
      [ -n "$b_from" ] && [ "$b_from" -ge "$b_name" ] || b_from=$b_name
    else
      [ -n "$b_next" ] && [ "$b_next" -le "$b_name" ] || b_next=$b_name
    fi
  done
  b_bytes=0
  if [ -n "$b_from" ] && [ -s "$b_dir/l.$b_from" ]; then
    b_copy "$b_dir/l.$b_from" $(($1 - b_from)) "$2"
  fi
  if [ "$b_bytes" = 0 ] && [ -n "$b_next" ]; then
    b_log_at=$b_next
    b_copy "$b_dir/l.$b_next" 0 "$2"
    b_log_more=1
  elif [ "$b_bytes" = "$2" ] || [ -n "$b_next" ]; then
    b_log_more=1
  fi
}

# b_copy FILE OFFSET MAX: b_bytes = 0 when there were none, MAX when there may be more.
b_copy() {
  b_bytes=0
  [ "$3" != 0 ] || return
  b_said=$(dd if="$1" bs="$3" skip="$2" count=1 iflag=skip_bytes 2>&1 >&3)
  b_bytes=0
  case $b_said in
  *1+0\ records\ in*) b_bytes=$3 ;;
  *0+1\ records\ in*) b_bytes=some ;;
  esac
}

# b_launch MODE: a supervisor for b_dir; sets b_sp, b_ss.
b_launch() {
  b_fresh_session sh "$b_dir/sup" >/dev/null 2>&1 <<END &
$1
$b_kind_is
$b_marker
$b_id
$b_dir
$b_fence
$b_claim
$b_home
$b_deadline
$b_grace
$b_cap
$b_helper $b_helper_start
$b_umask
$b_locale_set
$b_locale
$b_setsid
$b_cgroup
$b_files
$b_boot
END
  b_sp=$!
  b_ss=0
  ! b_look "$b_sp" || b_ss=$b_start
}

# Takes the place of a supervisor that was killed, to stop the step. One at a time.
b_executioner() {
  b_kp='' b_ks=''
  [ ! -s "$b_dir/killer" ] || read -r b_kp b_ks <"$b_dir/killer"
  b_alive "$b_kp" "$b_ks" && return
  b_files='' b_grace=10 b_deadline=0 b_cap=0 b_claim=- b_helper='' b_helper_start=''
  b_keep_sp=$b_sp b_keep_ss=$b_ss
  [ ! -s "$b_dir/grace" ] || read -r b_grace <"$b_dir/grace"
  b_launch kill
  printf '%s %s\n' "$b_sp" "$b_ss" >"$b_dir/killer"
  b_sp=$b_keep_sp b_ss=$b_keep_ss
}

# b_start KIND RUN STEP FENCE DEADLINE GRACE CAP WAIT LOG-MAX ATTEMPT; payload: the script.
b_begin() {
  b_started=0 b_run=$2 b_step=$3 b_files=$b_home/files/$2/$3
  b_judge "$b_run" "$b_step"
  case $b_is in
  absent | refused) ;;
  *)
    b_drain
    b_trailer
    case $b_is in done | lost | rebooted) b_drop_files ;; esac
    b_report 0 "$9"
    return
    ;;
  esac
  b_kind_is=$1 b_code=-
  b_fence=$b_home/fence/e.$4 b_claim=s.$2+$3 b_base=$b_home/effects/$2/$3
  [ "$1" = effect ] || b_base=$b_home/looks/$2/$3 b_claim=$b_home/looks/$2/$3/claim
  shift 4
  b_deadline=$1 b_grace=$2 b_cap=$3 b_wait=$4 b_log_max=$5 b_attempt=$6
  if [ "$b_kind_is" = effect ] && [ ! -d "$b_fence" ]; then
    b_drain
    b_trailer
    b_is=refused b_code=201 b_dir=''
    b_drop_files
    b_report
    return
  fi
  b_dir=$b_base/$b_attempt
  b_group_dir=''
  [ -z "$b_cgroup" ] || b_group_dir=$b_cgroup/baton.$b_attempt
  b_said=$(mkdir -p "$b_dir" ${b_group_dir:+"$b_group_dir"} 2>&1)
  if [ ! -d "$b_dir" ]; then
    b_drain
    b_trailer
    b_drop_files
    b_refuse_as "$b_said"
    return
  fi
  if ! { true >"$b_dir/script" && true >"$b_dir/x.___" && true >"$b_dir/r.___" &&
    true >"$b_dir/c.___" && printf '%s\n' "$b_program" >"$b_dir/sup" &&
    printf '%s\n' "$b_grace" >"$b_dir/grace" &&
    printf '%s\n' "$b_attempt" >"$b_base/last"; }; then
    b_drain
    b_trailer
    b_undo "No space left on device, or $b_dir cannot be written"
    return
  fi
  b_said=$(dd bs="$b_length" count=1 iflag=fullblock of="$b_dir/script" 2>&1)
  b_rc=$?
  b_trailer
  case $b_rc:$b_said in
  0:*[!0-9]1+0\ records\ out*) ;;
  *)
    b_undo "$b_said"
    return
    ;;
  esac
  b_helper='' b_helper_start=''
  if [ "$b_wait" != 0 ]; then
    sleep "$b_wait" >/dev/null 3>&- &
    b_helper=$!
    b_look "$b_helper" && b_helper_start=$b_start
  fi
  b_launch start
  printf '%s %s %s\n' "$b_sp" "$b_ss" "$b_boot" >"$b_dir/s"
  [ -z "$b_helper" ] || wait "$b_helper"
  b_started=1
  b_judge "$b_run" "$b_step"
  b_report 0 "$b_log_max"
}

# b_drop_files: what was uploaded for a step that does not start. Secrets may be among it.
b_drop_files() {
  [ ! -d "$b_files" ] || rm -rf "$b_files"
}

b_undo() {
  b_drop_files
  rm -rf "$b_dir"
  [ -z "$b_group_dir" ] || rmdir "$b_group_dir"
  b_refuse_as "$1"
}

b_stop() { # RUN STEP
  b_started=0
  b_judge "$1" "$2"
  case $b_is in running | settling | orphan)
    if b_alive "$b_sp" "$b_ss"; then
      [ ! -e "$b_dir/r.___" ] || mv "$b_dir/r.___" "$b_dir/r.kill"
      b_wake "$b_dir"
    else
      b_executioner
    fi
    ;;
  esac
  b_report
}

b_facts() { # RUN STEP MAX
  b_judge "$1" "$2"
  if [ -n "$b_dir" ] && [ -s "$b_dir/facts" ]; then b_copy "$b_dir/facts" 0 "$3"; fi
  b_answer ok
}

b_forget() { # RUN STEP
  b_judge "$1" "$2"
  case $b_is in
  running | orphan | settling)
    b_refuse busy 'the step is still running'
    return
    ;;
  esac
  # The claim goes last: a step that is half forgotten must not look as if it had never been.
  b_said=$(rm -rf "$b_home/effects/$1/$2" "$b_home/looks/$1/$2" "$b_home/files/$1/$2" 2>&1) || {
    b_refuse_as "$b_said"
    return
  }
  [ -z "$b_claim_at" ] || [ "$b_kind_is" = look ] || rm -f "$b_claim_at"
  [ -z "$b_cgroup" ] || [ -z "$b_dir" ] || [ ! -d "$b_cgroup/baton.${b_dir##*/}" ] ||
    rmdir "$b_cgroup/baton.${b_dir##*/}"
  for b_name in "$b_home/effects/$1" "$b_home/looks/$1" "$b_home/files/$1"; do
    set -- "$b_name"/*
    [ -e "$1" ] || [ ! -d "$b_name" ] || rmdir "$b_name"
  done
  b_answer ok
}

b_list() { # RUN
  b_list_run=$1
  for b_item in "$b_home/effects/$1"/* "$b_home/looks/$1"/*; do
    [ -d "$b_item" ] || continue
    b_judge "$b_list_run" "${b_item##*/}"
    printf '%s %s %s %s\n' "$b_kind_is" "${b_item##*/}" "$b_is" "$b_code"
  done
  b_answer ok
}

b_prune() { # KEEP
  b_gone=0
  b_fence_now && b_lease_read
  for b_part in effects looks; do
    b_nth=0
    # shellcheck disable=SC2045 # the names are ours: no spaces; newest first is what is wanted
    for b_old_run in $(ls -t "$b_home/$b_part"); do
      b_nth=$((b_nth + 1))
      case $b_old_run in *[!A-Za-z0-9._%-]* | "$b_lease_run") continue ;; esac
      [ "$b_nth" -gt "$1" ] || continue
      b_busy=''
      for b_item in "$b_home/$b_part/$b_old_run"/*; do
        [ -d "$b_item" ] || continue
        b_judge "$b_old_run" "${b_item##*/}"
        case $b_is in running | orphan | settling) b_busy=1 ;; esac
      done
      [ -z "$b_busy" ] || continue
      rm -rf "$b_home/$b_part/${b_old_run:?}" "$b_home/files/${b_old_run:?}"
      [ "$b_part" = looks ] || {
        b_fence_now
        rm -f "$b_fence/s.$b_old_run+"*
      }
      b_gone=$((b_gone + 1))
    done
  done
  [ -z "$b_cgroup" ] || rmdir "$b_cgroup"/baton.*
  b_answer ok "$b_gone"
}

b_serve() {
  while read -r b_id b_operation b_length b_1 b_2 b_3 b_4 b_5 b_6 b_7 b_8 b_9 b_10; do
    case $b_operation in
    start) b_begin "$b_1" "$b_2" "$b_3" "$b_4" "$b_5" "$b_6" "$b_7" "$b_8" "$b_9" "$b_10" ;;
    acquire)
      b_payload
      b_trailer
      b_late=''
      b_acquire "$b_1" "$b_2"
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
      heartbeat) b_heartbeat "$b_1" "$b_2" ;;
      release) b_release "$b_1" "$b_2" ;;
      show) b_show ;;
      break) b_break ;;
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
