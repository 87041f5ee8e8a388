# shellcheck shell=sh
# Snapshots of a guest of Proxmox VE (virtual machine or container), by pvesh on any host of the
# cluster, wherever the guest is. A task's end is read from the task: pvesh ends with 0 also when it
# failed. A lock of the guest is somebody's work: it is waited for, and never taken away. Uses
# B_GUEST, B_WHOSE, B_PATIENCE (seconds).

# pve_read FIELD...: of each object of the JSON on its input a line, the fields with `|` between. Where
# pvesh is, perl and its JSON are.
pve_read() {
  # shellcheck disable=SC2016 # the variables are perl's
  perl -MJSON::PP -e '
    my $said = JSON::PP->new->utf8->allow_nonref->decode(join "", <STDIN>);
    for my $one (ref $said eq "ARRAY" ? @$said : $said) {
      my @line = map { my $text = $one->{$_} // ""; $text =~ s/[|\s]+/ /g; $text } @ARGV;
      utf8::encode($_) for @line;
      print join("|", @line), "\n";
    }' "$@"
}
# pve_get PATH [OPTION...]: the answer into $snapshot_said.
pve_get() { snapshot_ask pvesh get "$@" --output-format json; }

pve_fails() {
  snapshot_refused pvesh && return
  snapshot_wrong snapshot_failed "pvesh on ${B_WHERE} cannot be asked about $pve_guest: $snapshot_why" \
    "pvecm status; pvesh wants root: \`sudo: true\`"
}
snapshot_ready() {
  pve_guest="guest ${B_GUEST:-$B_WHOSE}"
  have pvesh || {
    snapshot_wrong missing_tool "pvesh is not on ${B_WHERE}" "let \`on:\` name a host of the Proxmox cluster, not the guest"
    return 1
  }
  pve_get /cluster/resources --type vm || {
    pve_fails
    return 1
  }
  pve_found=$(printf '%s\n' "$snapshot_said" | pve_read vmid name type node status template |
    awk -F '|' -v wanted="${B_GUEST:-$B_WHOSE}" '$1 == wanted || $2 == wanted')
  case $pve_found in
  '') snapshot_wrong snapshot_failed "there is no $pve_guest in the cluster of ${B_WHERE}" "pvesh get /cluster/resources --type vm; \`proxmox: {guest: …}\` is its number or name" ;;
  *"$lib_newline"*) snapshot_wrong snapshot_failed "more than one is called $pve_guest in the cluster of ${B_WHERE}" "say its number: \`proxmox: {guest: …}\`" ;;
  *)
    pve_id=${pve_found%%|*}
    pve_rest=${pve_found#*|*|}
    pve_kind=${pve_rest%%|*}
    pve_rest=${pve_rest#*|}
    pve_node=${pve_rest%%|*}
    pve_rest=${pve_rest#*|}
    pve_base=/nodes/$pve_node/$pve_kind/$pve_id
    pve_guest="guest $pve_id on $pve_node"
    if [ "${pve_rest#*|}" = 1 ]; then
      snapshot_wrong snapshot_failed "$pve_guest is a template, which has no snapshots" "name the guest itself: \`proxmox: {guest: …}\`"
    elif [ "${pve_rest%%|*}" = unknown ]; then
      snapshot_wrong snapshot_failed "$pve_guest cannot be asked: $pve_node does not answer in the cluster" "pvecm status"
    else
      return 0
    fi
    ;;
  esac
  return 1
}

# pve_lock: what the guest is locked for just now, into $pve_locked. pve_status: running or stopped.
pve_look() {
  pve_get "$pve_base/status/current" || return
  pve_locked=$(printf '%s\n' "$snapshot_said" | pve_read status lock)
  pve_status=${pve_locked%%|*}
  pve_locked=${pve_locked#*|}
}
snapshot_able() {
  pve_get "$pve_base/feature" --feature snapshot || {
    pve_fails
    return
  }
  case $(printf '%s\n' "$snapshot_said" | pve_read hasFeature) in
  1 | true) ;;
  *) snapshot_wrong snapshot_failed "a disk of $pve_guest is on a storage that has no snapshots" "move its disks to ZFS, thin LVM, Ceph, or qcow2 files: qm config $pve_id (pct config $pve_id)" ;;
  esac
  pve_get "$pve_base/config" || {
    pve_fails
    return
  }
  for pve_one in $(printf '%s\n' "$snapshot_said" | pve_stores); do
    pve_get "/nodes/$pve_node/storage/$pve_one/status" || continue
    pve_room=$(printf '%s\n' "$snapshot_said" | pve_read avail total)
    snapshot_room "${pve_room%%|*}" "${pve_room#*|}" "the storage $pve_one of $pve_guest" "pvesm status; delete what is not needed"
  done
  ! pve_look || [ -z "$pve_locked" ] ||
    note "$pve_guest is locked ($pve_locked): its snapshot waits for that, at most $B_PATIENCE s"
}
# pve_stores: of the configuration on its input, the storages of the disks.
pve_stores() {
  # shellcheck disable=SC2016 # the variables are perl's
  perl -MJSON::PP -e '
    my $said = JSON::PP->new->utf8->decode(join "", <STDIN>);
    my %stores;
    for my $key (grep { /^(?:scsi|virtio|ide|sata|efidisk|tpmstate|rootfs|mp)\d*$/ } keys %$said) {
      $stores{$1} = 1 if $said->{$key} !~ /media=cdrom/ && $said->{$key} =~ /^([A-Za-z][A-Za-z0-9_.-]*):/;
    }
    print "$_\n" for sort keys %stores;'
}

snapshot_names() {
  pve_get "$pve_base/snapshot" || {
    printf '%s\n' "$snapshot_why" >&2
    return 1
  }
  # One with a state is not whole: half made, or half deleted.
  printf '%s\n' "$snapshot_said" | pve_read name snapstate | sed -n '/^current|/d; s/|$//p'
}
snapshot_show() {
  pve_get "$pve_base/snapshot" || {
    printf '%s\n' "$snapshot_why" >&2
    return 1
  }
  printf '%s\n' "$snapshot_said" | pve_read name snaptime snapstate description | while IFS='|' read -r pve_name pve_time pve_state pve_text; do
    [ "$pve_name" != current ] || continue
    [ "${pve_time:-0}" -eq 0 ] || pve_time=$(date -d "@$pve_time" '+%Y-%m-%d %H:%M:%S' 2>/dev/null)
    printf '%-40s  %-19s  %s\n' "$pve_name" "${pve_time#0}" "${pve_state:+not whole ($pve_state) }$pve_text"
  done
}

# pve_free: the guest is not locked any more; false when it still is after B_PATIENCE seconds.
pve_waited=0
pve_free() {
  while pve_look && [ -n "$pve_locked" ]; do
    if [ "$pve_waited" -ge "$B_PATIENCE" ]; then
      printf '%s\n' "$pve_guest is locked ($pve_locked), for more than $B_PATIENCE s: something is at work with it (see its tasks in Proxmox); Baton unlocks nothing" >&2
      return 1
    fi
    [ "$pve_waited" -ne 0 ] || printf '%s\n' "$pve_guest is locked ($pve_locked): waiting"
    snapshot_wait 2
    pve_waited=$((pve_waited + 2))
  done
}
# pve_do VERB PATH [OPTION...]: true when the task that comes of it ended well. One that found the guest
# locked is done again.
pve_do() {
  while pve_free; do
    pve_said=$(as_root pvesh "$@" --output-format json 2>&1)
    pve_ended=$?
    printf '%s\n' "$pve_said"
    pve_task=$(printf '%s\n' "$pve_said" | sed -n 's/^"\{0,1\}\(UPID:[^"[:space:]]*:\)"\{0,1\}$/\1/p' | tail -n 1)
    if [ -n "$pve_task" ]; then
      pve_task_end && return
      pve_said=$pve_end
    elif [ "$pve_ended" -eq 0 ]; then
      printf '%s\n' "pvesh $1 $2 told of no task" >&2
      return 1
    fi
    case $pve_said in
    *' is locked'* | *"can't lock file"*) ;;
    *)
      [ "$pve_ended" -ne 0 ] || pve_ended=1
      return "$pve_ended"
      ;;
    esac
    # Who has locked it may be gone already: it has to be waited for all the same.
    [ "$pve_waited" -lt "$B_PATIENCE" ] || return "${pve_ended:-1}"
    snapshot_wait 2
    pve_waited=$((pve_waited + 2))
  done
  return 1
}
# pve_task_end: how $pve_task ended, in $pve_end; true when well. Ends may come late, or not be known yet.
pve_task_end() {
  pve_node_of=${pve_task#UPID:}
  pve_unsure=0
  while [ "$pve_unsure" -lt 10 ]; do
    pve_end=
    if pve_get "/nodes/${pve_node_of%%:*}/tasks/$pve_task/status"; then
      pve_end=$(printf '%s\n' "$snapshot_said" | pve_read status exitstatus)
      case $pve_end in
      'running|'*)
        snapshot_wait 1
        continue
        ;;
      'stopped|OK') return 0 ;;
      'stopped|WARNINGS: '*)
        pve_warned="$pve_guest: ${pve_end#*|} in the task $pve_task"
        return 0
        ;;
      'stopped|' | 'stopped|unexpected status') ;;
      *)
        pve_end=${pve_end#*|}
        printf '%s\n' "the task $pve_task ended with: $pve_end"
        return 1
        ;;
      esac
    fi
    pve_unsure=$((pve_unsure + 1))
    snapshot_wait 1
  done
  pve_end="the end of the task $pve_task cannot be told${snapshot_why:+: $snapshot_why}"
  printf '%s\n' "$pve_end"
  return 1
}
pve_warned=
pve_note() { [ -z "$pve_warned" ] || note "$pve_warned"; }

snapshot_make() {
  # An earlier try may have left one that is not whole.
  if pve_free && pve_get "$pve_base/snapshot" &&
    printf '%s\n' "$snapshot_said" | pve_read name snapstate | grep -q "^$1|."; then
    pve_do delete "$pve_base/snapshot/$1" || return
  fi
  # Without its memory, whatever is the default: that takes long, and not every device allows it.
  pve_do create "$pve_base/snapshot" --snapname "$1" --description "before a deployment by Baton" || return
  pve_note
}
# It is left stopped by a rollback. Started by a task of its own, so that each says how it ended.
snapshot_back() {
  pve_do create "$pve_base/snapshot/$1/rollback" || {
    pve_ended=$?
    case $pve_said in
    *'not most recent'*) note "the storage of $pve_guest goes back to the newest snapshot only: delete the newer ones first, they are not Baton's to delete" ;;
    esac
    return "$pve_ended"
  }
  pve_note
  pve_look || return
  [ "$pve_status" = running ] || pve_do create "$pve_base/status/start" || return
  pve_tries=0
  until pve_look && [ "$pve_status" = running ]; do
    pve_tries=$((pve_tries + 1))
    [ "$pve_tries" -lt 30 ] || {
      printf '%s\n' "$pve_guest was started, and does not run" >&2
      return 1
    }
    snapshot_wait 1
  done
}
snapshot_seen() {
  pve_get "$pve_base/snapshot" || return 0
  pve_parent=$(printf '%s\n' "$snapshot_said" | pve_read name parent | sed -n 's/^current|//p')
  if [ "$pve_parent" = "$1" ]; then
    printf '%s\n' "$pve_guest stands on $1, and runs"
  else
    printf '%s\n' "$pve_guest stands on ${pve_parent:-no snapshot}"
    return 1
  fi
}
snapshot_drop() { pve_do delete "$pve_base/snapshot/$1"; }
snapshot_called() {
  case ${1-} in
  create) printf '%s\n' "pvesh create $pve_base/snapshot --snapname $2" ;;
  rollback) printf '%s\n' "pvesh create $pve_base/snapshot/$2/rollback" ;;
  delete) printf '%s\n' "pvesh delete $pve_base/snapshot/$2" ;;
  *) printf '%s\n' "pvesh get $pve_base/snapshot" ;;
  esac
}
