# shellcheck shell=sh
# The secret files of a host as a run found them: saved before the sync, put back when the host does
# not end up with the new release, dropped when the run is over. Needs lib.sh. For a script of
# another step: put this after lib.sh and before record.sh, set B_RUN, and record.sh's
# `put_back_saved` does its work; `drop_saved_secrets "$B_RUN"` is for `settle`.
#
# $BATON_DIR/secrets/RUN/ (0700) has for the place N: N.path (where it belongs), N.file (its content,
# mode and times; not there when there was no such file), N.owner (`uid gid`), N.link (what the link
# at the path said, if it was one).

# find_secrets RUN: $secrets_dir is where that run's copies are.
find_secrets() {
  case $1 in
  '' | .* | */*) fail internal "no run: $1" ;;
  esac
  secrets_dir=$BATON_DIR/secrets/$1
}

# real_into NAME PATH: through links, also when it does not exist yet.
real_into() {
  secrets_path=$(readlink -f -- "$2" 2>/dev/null) || secrets_path=$2
  eval "$1=\$secrets_path"
}

# look_at FILE: $secrets_seen_owner is `uid gid`, $secrets_seen_mode `-rw-------`; both are empty when
# it cannot be seen.
look_at() {
  secrets_seen_owner='' secrets_seen_mode=''
  secrets_line=$(ls -ldn -- "$1" 2>/dev/null) || return 1
  # shellcheck disable=SC2086 # words of ls; the name comes after those that are used
  set -- $secrets_line
  secrets_seen_owner="$3 $4"
  secrets_seen_mode=${1%"${1#??????????}"}
}

# save_secret N PATH: into $secrets_new.
save_secret() {
  expand_into secrets_at "$2"
  secrets_copy=$secrets_new/$1
  case $secrets_at in
  *"$lib_newline"*) fail config_invalid "a path with a line break cannot be kept: $secrets_at" ;;
  esac
  if [ -d "$secrets_at" ]; then
    fail secrets_failed "$secrets_at is a folder, not a secret file"
  elif [ -f "$secrets_at" ]; then
    real_into secrets_real "$secrets_at"
    if ! cp -p -- "$secrets_at" "$secrets_copy.file" || ! look_at "$secrets_real" ||
      ! printf '%s\n' "$secrets_seen_owner" >"$secrets_copy.owner"; then
      fail secrets_failed "cannot keep a copy of $secrets_at in $secrets_new"
    fi
    # The copy may not be easier to read than 0600 in a 0700 folder, nor unreadable to ourselves.
    look_at "$secrets_copy.file"
    case $secrets_seen_mode in
    ????------) ;;
    *) note "$secrets_at can be read by others: chmod 600 $secrets_at" ;;
    esac
    secrets_saved=$((secrets_saved + 1))
  elif [ -e "$secrets_at" ]; then
    fail secrets_failed "$secrets_at is not a plain file"
  fi
  if [ -L "$secrets_at" ]; then
    readlink -- "$secrets_at" >"$secrets_copy.link" || fail secrets_failed "cannot read the link $secrets_at"
  fi
  printf '%s\n' "$secrets_at" >"$secrets_copy.path" || fail no_space "cannot write in $secrets_new"
}

# save_secrets_of RUN PATH...: once; what a first attempt has saved is never saved over.
save_secrets_of() {
  find_secrets "$1"
  shift
  secrets_saved=0
  [ ! -d "$secrets_dir" ] || return 0
  secrets_new=$secrets_dir.new
  rm -rf -- "$secrets_new"
  (umask 077 && mkdir -p -- "$secrets_new") || fail no_space "cannot make the folder $secrets_new"
  chmod 700 "$BATON_DIR/secrets" "$secrets_new"
  secrets_place=0
  for secrets_path in "$@"; do
    secrets_place=$((secrets_place + 1))
    save_secret "$secrets_place" "$secrets_path"
  done
  sync "$secrets_new"/* "$secrets_new" 2>/dev/null || :
  mv -- "$secrets_new" "$secrets_dir" || fail no_space "cannot make the folder $secrets_dir"
  sync "$BATON_DIR/secrets" 2>/dev/null || :
}

# same_secret COPY FILE: content, mode and owner.
same_secret() {
  [ -f "$2" ] && cmp -s -- "$1.file" "$2" || return
  look_at "$1.file"
  secrets_mode=$secrets_seen_mode
  get_into secrets_owner "$1.owner"
  look_at "$2"
  [ "$secrets_mode" = "$secrets_seen_mode" ] && [ "$secrets_owner" = "$secrets_seen_owner" ]
}

# put_back_secret COPY: one place exactly as it was. False when that could not be done.
put_back_secret() {
  get_into secrets_at "$1.path"
  [ -n "$secrets_at" ] || return 1
  if [ -f "$1.link" ]; then
    get_into secrets_link "$1.link"
    if [ ! -L "$secrets_at" ] || [ "$(readlink -- "$secrets_at")" != "$secrets_link" ]; then
      mkdir -p -- "${secrets_at%/*}" && rm -f -- "$secrets_at" && ln -s -- "$secrets_link" "$secrets_at" || return 1
    fi
  elif [ -L "$secrets_at" ]; then
    rm -f -- "$secrets_at" || return 1
  fi
  real_into secrets_real "$secrets_at"
  if [ ! -f "$1.file" ]; then
    [ ! -e "$secrets_real" ] || rm -f -- "$secrets_real"
    return
  fi
  same_secret "$1" "$secrets_real" && return
  mkdir -p -- "${secrets_real%/*}" || return 1
  secrets_tmp=$secrets_real.baton-new
  get_into secrets_owner "$1.owner"
  if cp -p -- "$1.file" "$secrets_tmp" && { { look_at "$secrets_tmp" && [ "$secrets_seen_owner" = "$secrets_owner" ]; } ||
    chown "${secrets_owner%% *}:${secrets_owner##* }" "$secrets_tmp" 2>/dev/null; } &&
    mv -f -- "$secrets_tmp" "$secrets_real"; then
    sync "$secrets_real" 2>/dev/null || :
    return 0
  fi
  rm -f -- "$secrets_tmp"
  # Not ours to give away, or a folder that cannot be written: the content into the file as it is.
  [ -f "$secrets_real" ] && cat -- "$1.file" >"$secrets_real" && cmp -s -- "$1.file" "$secrets_real"
}

# put_back_secrets_of RUN: everything that run has saved, as often as asked. Without copies there
# is nothing to do. All places are tried; `fail` names those that could not be put back.
put_back_secrets_of() {
  find_secrets "$1"
  secrets_bad=
  for secrets_file in "$secrets_dir"/*.path; do
    [ -f "$secrets_file" ] || continue
    put_back_secret "${secrets_file%.path}" && continue
    get_into secrets_at "$secrets_file"
    secrets_bad="$secrets_bad $secrets_at"
  done
  [ -z "$secrets_bad" ] ||
    fail secrets_failed "cannot put back$secrets_bad: the copies are in $secrets_dir"
}

# What record.sh calls when it restores a release.
put_back_saved() {
  [ -z "${B_RUN-}" ] || put_back_secrets_of "$B_RUN"
}

# drop_saved_secrets RUN: its copies are needed no more.
drop_saved_secrets() {
  find_secrets "$1"
  for secrets_file in "$secrets_dir" "$secrets_dir.new" "$secrets_dir.back"; do
    [ ! -e "$secrets_file" ] || rm -rf -- "$secrets_file"
  done
}
