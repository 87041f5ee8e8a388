# shellcheck shell=sh disable=SC1090,SC2034,SC2154 # variables are shared between the parts
# The release records of one stack on this host: $S = $BATON_DIR/stacks/FLEET/HOST/STACK
#
#   current             release that was last begun here (written before anything is touched)
#   last_good           release that a rollback goes to; not there before the first good one
#   release/ID/         `baseline` is the ID of what ran before Baton
#     state             prepared, activating, up, good, restoring, restored, none (baseline: nothing ran)
#     commit, branch    what is checked out; branch only for the baseline
#     at, run           when and by which run it was made
#     engine.sh         the engine's words as they were: functions and variables
#     env/N, env/N.path files beside the commit that belong to it; env/N.place when it is a secret
#                       file that lies elsewhere
#     services          compose: SERVICE, image id, config hash, image name, a tab between, a line each
#     tree/NAME         while it is prepared: the commit's files beside the checkout
S=$BATON_DIR/stacks/$B_UNIT
checkout=$(expand "$B_PATH")
export S

# A rollback that was asked for brings back what a release was, whatever is meant today.
[ -z "$B_RECALL" ] || B_COMMIT=$(get "$S/release/$B_RECALL/commit")

release_dir() { printf '%s\n' "$S/release/$1"; }
# release_get ID FILE
release_get() { get "$S/release/$1/$2"; }
release_put() {
  mkdir -p -- "$S/release/$1" || fail no_space "cannot make the folder $S/release/$1"
  put "$S/release/$1/$2" "$3"
}
is_release() { [ -n "$1" ] && [ -n "$(release_get "$1" state)" ]; }

# Newest first; the baseline, the oldest, last.
releases() {
  for record_dir in "$S/release"/*; do
    record_id=${record_dir##*/}
    case $record_id in
    '*' | baseline | *.new) continue ;;
    esac
    printf '%s %s\n' "$(release_get "$record_id" at)" "$record_id"
  done | sort -r | cut -d ' ' -f 2
  [ ! -d "$S/release/baseline" ] || echo baseline
}

# begin_record ID: what is known of a release before it exists.
begin_record() {
  release_put "$1" commit "$2"
  release_put "$1" run "$B_RUN"
  release_put "$1" at "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
  release_put "$1" engine.sh "$B_ENGINE"
}

# use_engine ID: the engine's words as that release had them.
use_engine() {
  [ ! -f "$S/release/$1/engine.sh" ] || . "$S/release/$1/engine.sh"
}

# kind_of ID: its engine, `compose` or `command`.
kind_of() { sed -n "s/^B_KIND='\([a-z]*\)'$/\1/p" "$S/release/$1/engine.sh" 2>/dev/null; }

# What a failed run goes back to; nothing when nothing ran before it, or under another engine only.
rollback_target() {
  record_target=$(get "$S/last_good")
  if is_release "$record_target" && [ "$(kind_of "$record_target")" = "$B_KIND" ]; then
    printf '%s\n' "$record_target"
  elif is_release baseline && [ "$(release_get baseline state)" != none ]; then
    echo baseline
  fi
}

# recall_lacks: why the release that is to be brought back cannot be; nothing when it can.
recall_lacks() {
  if [ "$(release_get "$B_RECALL" state)" != good ]; then
    echo "no good release $B_RECALL is kept on $B_HOST"
  elif [ "$(kind_of "$B_RECALL")" != "$B_KIND" ]; then
    echo "the release $B_RECALL was a $(kind_of "$B_RECALL") stack, this one is a $B_KIND stack"
  elif ! is_checkout || ! has_commit "$B_COMMIT"; then
    echo "the commit $B_COMMIT of the release $B_RECALL is not in $checkout any more"
  else
    engine_recall_lacks "$B_RECALL"
  fi
}

# kept_releases: `RELEASE COMMIT RUN AT` of each that was good, newest first.
kept_releases() {
  for record_id in $(releases); do
    [ "$(release_get "$record_id" state)" != good ] ||
      printf '%s %s %s %s\n' "$record_id" "$(release_get "$record_id" commit)" \
        "$(release_get "$record_id" run)" "$(release_get "$record_id" at)"
  done
}

# --- files beside the commit: .env and its like --------------------------------------------------

# each_env COMMAND...: with each that is there and not the commit's own, as last word.
each_env() {
  each_env_file env_if_own "$@"
  for record_file in "$checkout"/.env "$checkout"/.env.* "$checkout"/*.env \
    "$checkout"/*/.env "$checkout"/*/.env.* "$checkout"/*/*.env \
    "$checkout"/*/*/.env "$checkout"/*/*/*.env; do
    env_if_own "$@" "${record_file#"$checkout"/}"
  done
}
env_if_own() {
  eval "record_path=\${$#}"
  case $record_path in
  /*) [ -f "$record_path" ] || return 0 ;;
  *)
    [ -f "$checkout/$record_path" ] || return 0
    is_tracked "$record_path" && return 0
    ;;
  esac
  "$@"
}
in_checkout() {
  case $1 in
  /*) printf '%s\n' "$1" ;;
  *) printf '%s\n' "$checkout/$1" ;;
  esac
}

# copy_env_to FOLDER: into a tree beside the checkout.
copy_env_to() { each_env copy_env_file "$1"; }
copy_env_file() {
  case $2 in
  /* | *../*) return 0 ;;
  */*) mkdir -p -- "$1/${2%/*}" ;;
  esac
  [ -e "$1/$2" ] || cp -p -- "$checkout/$2" "$1/$2" ||
    fail no_space "cannot copy $checkout/$2 beside the checkout"
}

# record_env ID
record_env() {
  record_env_dir=$S/release/$1/env
  rm -rf -- "$record_env_dir"
  mkdir -p -- "$record_env_dir" || fail no_space "cannot make the folder $record_env_dir"
  record_count=0
  each_env record_env_file
  each_place_file record_place_file
}
# place_file PATH COMMAND...: the command with where that is, as last word.
place_file() {
  record_path=$(expand "$1")
  shift
  [ ! -f "$record_path" ] || "$@" "$record_path"
}
record_place_file() {
  record_env_file "$1"
  true >"$record_env_dir/$record_count.place" || fail no_space "cannot keep a copy of $1"
}
record_env_file() {
  record_count=$((record_count + 1))
  if ! cp -p -- "$(in_checkout "$1")" "$record_env_dir/$record_count" ||
    ! printf '%s' "$1" >"$record_env_dir/$record_count.path"; then
    fail no_space "cannot keep a copy of $(in_checkout "$1")"
  fi
}

# restore_env ID: the files as that release had them; what they replace is kept. Secret files that
# lie elsewhere only in a rollback that was asked for: a run puts back what it has synced itself.
restore_env() {
  for record_file in "$S/release/$1/env"/*.path; do
    [ -f "$record_file" ] || continue
    if [ -z "$B_RECALL" ] && [ -e "${record_file%.path}.place" ]; then
      continue
    fi
    record_path=$(in_checkout "$(cat "$record_file")")
    record_copy=${record_file%.path}
    cmp -s "$record_copy" "$record_path" && continue
    env_back "$record_copy" "$record_path" || fail no_space "cannot put back $record_path"
  done
}

# env_back COPY PATH: through a link, and with the mode that the file has.
env_back() {
  if [ -f "$2" ]; then
    mkdir -p -- "$S/release/$B_RELEASE/replaced"
    cp -p -- "$2" "$S/release/$B_RELEASE/replaced/" 2>/dev/null || :
    record_real=$(readlink -f -- "$2")
    cp -p -- "$record_real" "$record_real.baton-new" && cat "$1" >"$record_real.baton-new"
  else
    record_real=$2
    cp -p -- "$1" "$record_real.baton-new"
  fi && mv -f -- "$record_real.baton-new" "$record_real"
}

# put_back_saved: secret files that this run has changed are put back by who saved them.
command -v put_back_saved >/dev/null 2>&1 || put_back_saved() { :; }

# look_records: facts of the view that hold for every engine.
look_records() {
  fact look.now "$(date +%s)"
  [ ! -e "$checkout" ] || ! have git || fact look.head "$(git_head)"
  look_commits=
  for look_file in "$S/release"/*/commit; do
    { IFS= read -r look_commit <"$look_file"; } 2>/dev/null || continue
    look_file=${look_file%/commit}
    look_commits="$look_commits${look_file##*/} $look_commit$lib_newline"
  done
  fact look.commits "$look_commits"
  look_current=$(get "$S/current")
  fact look.current "$look_current"
  [ -z "$look_current" ] || fact look.current_state "$(release_get "$look_current" state)"
  look_good=$(get "$S/last_good")
  ! is_release "$look_good" || fact look.last_good "$look_good"
  look_baseline=$(release_get baseline state)
  fact look.baseline_state "$look_baseline"
  if [ -n "$look_baseline" ]; then
    fact look.baseline_healthy "$(cat "$S/release/baseline/healthy" 2>/dev/null)"
    fact look.baseline_checks "$(cat "$S/release/baseline/checks" 2>/dev/null)"
  fi
}
