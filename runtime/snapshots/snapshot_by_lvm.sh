# shellcheck shell=sh
# Thin snapshots of one thin volume. A rollback is a merge: the volume takes the snapshot's blocks,
# and the snapshot is used up; a new one takes its name. LVM merges at once only what nobody has open.
# What is open it would merge with its next activation, which may be the next boot, weeks later: that
# is never asked for. So a volume that is mounted once is unmounted meanwhile, and one that is in use
# is left alone. Uses B_VOLUME.
lvm_group=${B_VOLUME%%/*}
lvm_name=${B_VOLUME#*/}

# lvm_of VOLUME FIELDS: of one volume, or of all of the group, each on a line with `|` between.
lvm_of() {
  snapshot_ask lvs --noheadings --nosuffix --units b --separator '|' -o "$2" "$1" || return
  snapshot_said=$(printf '%s\n' "$snapshot_said" | sed 's/^ *//; s/ *$//')
}
lvm_fails() {
  snapshot_refused lvs lvcreate lvconvert lvchange lvremove mount umount && return
  case $snapshot_why in
  *'not found'* | *'ailed to find'* | *'annot process volume group'*) snapshot_wrong snapshot_failed "there is no volume $B_VOLUME on ${B_WHERE}" "sudo lvs" ;;
  *) snapshot_wrong snapshot_failed "LVM on ${B_WHERE} cannot be asked about $B_VOLUME: $snapshot_why" "sudo lvs $B_VOLUME; or \`sudo: true\`" ;;
  esac
}
snapshot_ready() {
  snapshot_needs lvs lvm2 || return
  lvm_of "$B_VOLUME" lv_attr,pool_lv || {
    lvm_fails
    return 1
  }
  lvm_pool=${snapshot_said#*|}
  case $snapshot_said in
  V*\|?*) return 0 ;;
  O*\|?*) snapshot_wrong snapshot_failed "$B_VOLUME on ${B_WHERE} waits for a merge, which somebody has asked for and which comes with its next activation" "unmount it, then sudo lvchange -an $B_VOLUME && sudo lvchange -ay $B_VOLUME" ;;
  *) snapshot_wrong snapshot_failed "$B_VOLUME on ${B_WHERE} is no thin volume: other snapshots of LVM need room set aside, and are lost when it is used up" "lvs -o lv_name,segtype,pool_lv $lvm_group" ;;
  esac
  return 1
}
snapshot_able() {
  lvm_of "$lvm_group/$lvm_pool" lv_size,data_percent,metadata_percent || {
    lvm_fails
    return
  }
  lvm_size=${snapshot_said%%|*}
  lvm_data=${snapshot_said#*|}
  lvm_meta=${lvm_data#*|}
  lvm_data=${lvm_data%%|*}
  lvm_mend="sudo lvextend -l +100%FREE $lvm_group/$lvm_pool, or delete snapshots"
  snapshot_room "$(awk -v size="$lvm_size" -v used="$lvm_data" 'BEGIN { printf "%.0f", size * (100 - used) / 100 }')" \
    "$lvm_size" "the thin pool $lvm_group/$lvm_pool on ${B_WHERE}" "$lvm_mend"
  if awk -v used="$lvm_meta" 'BEGIN { exit !(used >= 95) }'; then
    snapshot_wrong no_space "the metadata of the thin pool $lvm_group/$lvm_pool on ${B_WHERE} is $lvm_meta % full" \
      "sudo lvextend --poolmetadatasize +1G $lvm_group/$lvm_pool"
  fi
}
# A rollback that was cut short after its merge has left a mark, and no snapshot: it goes on from there.
lvm_mark() { printf 'baton-back.%s\n' "$1"; }
snapshot_names() {
  lvm_of "$lvm_group" lv_name,lv_attr,origin,lv_tags || {
    printf '%s\n' "$snapshot_why" >&2
    return 1
  }
  printf '%s\n' "$snapshot_said" | awk -F '|' -v of="$lvm_name" -v name="$B_NAME" '
    $3 == of && substr($2, 1, 1) == "V" { print $1; if ($1 == name) there = 1 }
    $1 == of && index("," $4 ",", ",baton-back." name ",") { marked = 1 }
    END { if (marked && !there && name != "") print name }'
}
snapshot_show() { as_root lvs -o lv_name,lv_time,lv_size,data_percent -S "origin=$lvm_name" "$lvm_group"; }
# `-kn` is not said: it is not activated until somebody asks for it.
snapshot_make() { as_root lvcreate -s -n "$1" "$B_VOLUME" && lvm_settled; }
# The names in /dev are udev's to make.
lvm_settled() { ! have udevadm || as_root udevadm settle >/dev/null 2>&1 || :; }
lvm_open() {
  lvm_of "$B_VOLUME" lv_attr || return 0
  case $snapshot_said in
  ?????o*) return 0 ;;
  esac
  return 1
}
# lvm_busy TEXT: the end; what was unmounted is there again.
lvm_busy() {
  lvm_mount
  fail snapshot_failed "$B_VOLUME on ${B_WHERE} is in use ($1): LVM would set it back with its next activation only, so nothing was done. Stop what uses it, or go back by hand: umount, then baton snapshot rollback" no
}
# lvm_unmount: nobody has it open afterwards, or this is the end.
lvm_unmount() {
  lvm_at='' lvm_type='' lvm_options=''
  lvm_open || return 0
  lvm_said=$(findmnt -n -l -o TARGET -S "/dev/$B_VOLUME") || lvm_busy "it is open, but not mounted"
  case $lvm_said in
  *"$lib_newline"*) lvm_busy "it is mounted at $(printf '%s\n' "$lvm_said" | tr '\n' ' ')" ;;
  esac
  lvm_type=$(findmnt -n -l -o FSTYPE -M "$lvm_said")
  lvm_options=$(findmnt -n -l -o OPTIONS -M "$lvm_said")
  lvm_why=$(as_root "$(snapshot_file umount)" -- "$lvm_said" 2>&1) || lvm_busy "$lvm_why"
  lvm_at=$lvm_said
  ! lvm_open || lvm_busy "it is unmounted, and still open"
}
# lvm_mount: where it was, or where fstab has it when an earlier try has unmounted it.
lvm_mount() {
  if [ -n "${lvm_at-}" ]; then
    as_root "$(snapshot_file mount)" -t "$lvm_type" -o "$lvm_options" -- "/dev/$B_VOLUME" "$lvm_at"
  elif lvm_said=$(findmnt -n -l -o TARGET --fstab -S "/dev/$B_VOLUME" 2>/dev/null) &&
    ! findmnt -n -S "/dev/$B_VOLUME" >/dev/null 2>&1; then
    as_root "$(snapshot_file mount)" -- "$lvm_said"
  fi
}
snapshot_back() {
  if lvm_of "$lvm_group/$1" thin_id; then
    lvm_id=$snapshot_said
    lvm_unmount
    as_root lvchange --addtag "$(lvm_mark "$1")" "$B_VOLUME" || return
    as_root lvconvert --merge "$lvm_group/$1" || {
      lvm_status=$?
      lvm_mount
      return "$lvm_status"
    }
    lvm_of "$B_VOLUME" lv_attr,thin_id
    case $snapshot_said in
    O*) fail snapshot_failed "$B_VOLUME on ${B_WHERE} was opened by somebody meanwhile: LVM sets it back with its next activation, and not before" no ;;
    *"|$lvm_id") lvm_back="$B_VOLUME has the blocks of $1 (thin id $lvm_id)" ;;
    *) lvm_back= ;;
    esac
  fi
  as_root lvcreate -s -n "$1" "$B_VOLUME" || return
  as_root lvchange --deltag "$(lvm_mark "$1")" "$B_VOLUME" || return
  as_root lvchange -ay "$B_VOLUME" || return
  lvm_settled
  lvm_mount
}
snapshot_seen() {
  if [ -n "${lvm_back-}" ]; then
    printf '%s\n' "$lvm_back"
  elif [ -n "${lvm_id-}" ]; then
    printf '%s\n' "$B_VOLUME does not have the blocks of $1"
    return 1
  fi
}
# Never what is no snapshot of ours, whatever it is called.
snapshot_drop() {
  lvm_of "$lvm_group/$1" origin || return
  [ "$snapshot_said" = "$lvm_name" ] || return
  as_root lvremove -y "$lvm_group/$1"
}
snapshot_called() {
  case ${1-} in
  create) printf '%s\n' "lvcreate -s -n $2 $B_VOLUME" ;;
  rollback) printf '%s\n' "lvconvert --merge $lvm_group/$2" ;;
  delete) printf '%s\n' "lvremove $lvm_group/$2" ;;
  *) printf '%s\n' "lvs $lvm_group" ;;
  esac
}
