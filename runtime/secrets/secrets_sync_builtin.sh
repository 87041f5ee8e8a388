# shellcheck shell=sh
# Step `sync_secrets` built in: $BATON_FILES/place.N becomes the file B_TO_N. All are laid beside
# their places first, so that a full disk changes nothing. What was written is told as B_MARK_N and
# B_VERSION say it: keyed digests, made by who knows the keys.
# lay_place PATH: $lay_at is where the file of that place lies.
lay_place() {
  expand_into lay_at "$1"
  real_into lay_at "$lay_at"
}
lay_secret() {
  lay_place "$2"
  lay_new=$lay_at.baton-new
  [ ! -d "$lay_at" ] || fail secrets_failed "$lay_at is a folder, not a secret file"
  if ! mkdir -p -- "${lay_at%/*}" || ! rm -f -- "$lay_new" || ! cat "$BATON_FILES/place.$1" >"$lay_new"; then
    lay_fails "$lay_at"
  fi
  lay_mode=600
  if [ -f "$lay_at" ]; then
    look_at "$lay_at"
    [ "$secrets_seen_mode" != -r-------- ] || lay_mode=400
    lay_owner=$secrets_seen_owner
    lay_old_mode=$secrets_seen_mode
    look_at "$lay_new"
    [ "$secrets_seen_owner" = "$lay_owner" ] ||
      chown "${lay_owner%% *}:${lay_owner##* }" "$lay_new" 2>/dev/null || lay_fails "$lay_at"
  fi
  chmod "$lay_mode" "$lay_new" || lay_fails "$lay_at"
  if [ -f "$lay_at" ] && cmp -s -- "$lay_new" "$lay_at"; then
    look_at "$lay_new"
    [ "$secrets_seen_mode" != "$lay_old_mode" ] || rm -f -- "$lay_new"
  fi
}
lay_fails() {
  each_place lay_forget
  fail secrets_failed "cannot write $1: is the disk full, or the file another user's?"
}
lay_forget() {
  lay_place "$2"
  rm -f -- "$lay_at.baton-new"
}
lay_down() {
  lay_place "$2"
  [ -f "$lay_at.baton-new" ] || return 0
  sync "$lay_at.baton-new" 2>/dev/null || :
  mv -f -- "$lay_at.baton-new" "$lay_at" || lay_fails "$lay_at"
  printf 'written: %s\n' "$lay_at"
}
each_place() {
  each_number=0
  while [ "$each_number" -lt "$B_TO_count" ]; do
    each_number=$((each_number + 1))
    eval "each_to=\$B_TO_$each_number"
    "$1" "$each_number" "$each_to"
  done
}
tell_mark() {
  eval "each_mark=\$B_MARK_$1"
  fact "mark.$1" "$each_mark"
}
each_place lay_secret
each_place lay_down
each_place tell_mark
[ -z "$B_VERSION" ] || fact version "$B_VERSION"
