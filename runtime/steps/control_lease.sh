# shellcheck shell=sh disable=SC2034,SC2154 # variables are shared between the files
# The lease of a host and its fence, as names in one folder: see control.sh.

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

# b_lease_read: who has the lease; fails when nobody has. b_silent: for how long the owner is known
# not to have given a sign of life; where the host has booted since the last one, that is since then.
b_lease_read() {
  b_lease_run='' b_lease_owner='' b_lease_number='' b_beat='' b_age=- b_same=0 b_silent=0
  [ -e "$b_fence/lease" ] || return 1
  {
    read -r b_lease_run
    IFS= read -r b_lease_owner
    read -r b_lease_number b_beat
  } 2>/dev/null <"$b_fence/lease"
  if [ -z "$b_beat" ]; then
    # Power was lost before it was written, or the folder was renamed just now.
    [ -e "$b_fence/lease" ] || return 1
    b_lease_run=%3F b_lease_owner='' b_lease_number=0
  fi
  b_uptime
  for b_beat in "$b_beat" "$b_fence"/b.*; do
    b_beat=${b_beat##*/b.}
    [ "${b_beat#*.}" = "$b_boot" ] || continue
    b_age=$((b_up - ${b_beat%%.*})) b_same=1
  done
  b_silent=$b_up
  [ "$b_age" = - ] || b_silent=$b_age
  # A process that goes on with the run has said so.
  b_line=''
  [ ! -s "$b_fence/w.$b_lease_run" ] || IFS= read -r b_line <"$b_fence/w.$b_lease_run"
  [ -z "$b_line" ] || b_lease_owner=$b_line
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

b_say_held() {
  printf '%s' "$b_lease_owner"
  b_answer ok held "$b_number" "$b_lease_run" "$b_age" "$b_same" "$b_silent"
}

# b_say_mine: with those whose steps may still run here, see b_give_up.
b_say_mine() {
  for b_name in "$b_fence"/t.*; do
    [ -e "$b_name" ] || continue
    b_line=''
    { read -r b_line && IFS= read -r b_line; } 2>/dev/null <"$b_name"
    printf '%s %s\n' "${b_name##*/t.}" "$b_line"
  done
  b_answer ok mine "$b_number"
}

# acquire RUN AT-LEAST new|again; payload: the owner's line. `again`: of a run that has it already.
b_acquire() {
  b_mine=$b_home/fence/o.$b_nonce.$b_id
  b_try_lease=0
  while [ "$b_try_lease" -lt 50 ]; do
    b_try_lease=$((b_try_lease + 1))
    b_fence_now || break
    b_lease_read || b_lease_run=-
    if [ "$3" = again ] && [ "$b_lease_run" != "$1" ]; then
      rm -f "$b_mine"
      b_refuse stale "the lease is no longer that of run $1"
      return
    fi
    if [ "$b_lease_run" != - ]; then
      if [ "$b_lease_run" != "$1" ]; then
        b_say_held
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
      b_say_mine
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
    rm -f "$b_fence"/b.* "$b_fence"/w.*
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
    b_say_mine
    return
  done
  rm -f "$b_mine"
  b_refuse_as "${b_said:-the lease folder $b_home/fence cannot be used}"
}

# b_give_up [OLD-RUN]: raises the fence and takes the lease away; b_lease_* tell whose it was. From
# another, what it has begun must be ended before anybody else begins: until that is so its lease
# stays beside, by the name of its run.
b_give_up() {
  b_raise $((b_number + 1)) || return 1
  if [ -n "${1-}" ] && [ -e "$b_fence/lease" ]; then
    mv "$b_fence/lease" "$b_fence/t.$1" || return 1
  fi
  rm -f "$b_fence/lease" "$b_fence"/b.* "$b_fence"/w.* || return 1
  sync "$b_fence" "$b_home/fence"
}

# take RUN AT-LEAST OLD-RUN OLD-FENCE SILENT; payload: the owner's line. As acquire; but a lease that
# is still the one which the asker was told of, and whose owner has been silent for at least SILENT
# seconds, is taken from it first.
b_take() {
  b_said='the lease cannot be removed'
  b_try_lease=0
  while [ "$b_try_lease" -lt 50 ]; do
    b_try_lease=$((b_try_lease + 1))
    b_fence_now || break
    b_lease_read || break
    [ "$b_lease_run $b_number" = "$3 $4" ] || break
    [ "$b_silent" -ge "$5" ] || break
    ! b_give_up "$3" || break
    b_lost_race
  done
  b_late=''
  b_acquire "$1" "$2" new
}

# ended RUN FENCE OLD-RUN: nothing that OLD-RUN had begun runs any more.
b_ended() {
  b_fence=$b_home/fence/e.$2
  if [ -d "$b_fence" ]; then
    b_said=$(rm -f "$b_fence/t.$3" 2>&1) || {
      b_refuse_as "$b_said"
      return
    }
    b_answer ok
  else
    b_refuse stale "the fence of this host is no longer $2"
  fi
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

# break [RUN FENCE]: takes the lease from whoever has it; with RUN from that one alone.
b_break() {
  b_try_lease=0
  while [ "$b_try_lease" -lt 50 ]; do
    b_try_lease=$((b_try_lease + 1))
    b_fence_now || break
    b_lease_read || b_lease_run=-
    if [ -n "$1" ] && [ "$b_lease_run $b_number" != "$1 $2" ]; then
      b_refuse stale "the lease belongs to run $b_lease_run by now"
      return
    fi
    if b_give_up "$b_lease_run"; then
      b_say_held
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
  b_say_held
}

# b_now_by RUN: notes that the process of b_text goes on with the owner's run. In a file of the run's
# own: one that comes late, into a folder that was raised meanwhile, says nothing.
b_now_by() {
  b_mine=$b_home/fence/o.$b_nonce.$b_id
  ! printf '%s\n' "$b_text" >"$b_mine" || mv "$b_mine" "$b_fence/w.$1"
  rm -f "$b_mine"
}

# heartbeat RUN FENCE; payload: the owner's line, where another process goes on with the run.
b_heartbeat() {
  b_fence=$b_home/fence/e.$2
  if b_lease_read && [ "$b_lease_run" = "$1" ] && b_beat; then
    [ -z "$b_text" ] || b_now_by "$1"
    b_answer ok
  else
    b_refuse stale "the lease is no longer that of run $1 with fence $2"
  fi
}
