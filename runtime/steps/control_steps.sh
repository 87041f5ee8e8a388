# shellcheck shell=sh disable=SC2034,SC2154 # variables are shared between the files
# What the control shell does about steps: see control.sh for the requests, supervisor.sh for what
# is in a step's folder.

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
  if b_taken_back "$1" "$2"; then
    b_unclaimed "$1" "$2"
    return
  fi
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

# b_taken_back RUN STEP: the claim that was seen came late, under a raised fence, and is gone again.
# A worker takes it back before it ends, so a recorded exit with a claim that still stands is true.
b_taken_back() {
  [ ! -e "$b_claim_at" ] || return 1
  b_claim_at=''
  b_fence_now && [ -e "$b_fence/s.$1+$2" ] || return 0
  b_claim_at=$b_fence/s.$1+$2
  return 1
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
    if b_taken_back "$1" "$2"; then
      b_unclaimed "$1" "$2"
      return
    fi
    # Power was lost before the claim was written; or a look is just writing it.
    if [ -s "$b_claim_at" ]; then b_is=settling; else b_is=lost; fi
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
    [ ! -e "$b_dir/c.full" ] || b_cut=full
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
  # A look is short and changes nothing: its group and its mark are enough to find it.
  b_group_dir=''
  [ -z "$b_cgroup" ] || [ "$b_kind_is" = look ] || b_group_dir=$b_cgroup/baton.$b_attempt
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
  case $b_is in
  running | orphan) ;; # it may still write
  *) [ -z "$b_dir" ] || [ ! -s "$b_dir/facts" ] || b_copy "$b_dir/facts" 0 "$3" ;;
  esac
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
