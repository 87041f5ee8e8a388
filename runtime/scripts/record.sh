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
#     new/              what is being written
S=$BATON_DIR/stacks/$B_UNIT
expand_into checkout "$B_PATH"
export S

# A rollback that was asked for brings back what a release was, whatever is meant today.
[ -z "$B_RECALL" ] || get_into B_COMMIT "$S/release/$B_RECALL/commit"

# release_into NAME ID FILE
release_into() { get_into "$1" "$S/release/$2/$3"; }
# release_put ID FILE VALUE [FILE VALUE]...: as `put`, with one mv for all of them.
release_put() {
  record_to=$S/release/$1
  shift
  [ -d "$record_to/new" ] || mkdir -p -- "$record_to/new" || fail no_space "cannot make the folder $record_to"
  record_left=$#
  while [ "$record_left" -gt 0 ]; do
    printf '%s\n' "$2" >"$record_to/new/$1" || release_put_fails "$1"
    record_file=$1
    shift 2
    set -- "$@" "$record_to/new/$record_file"
    record_left=$((record_left - 2))
  done
  mv -f -- "$@" "$record_to/" || release_put_fails "${1##*/}"
  for record_file in "$@"; do
    shift
    set -- "$@" "$record_to/${record_file##*/}"
  done
  sync "$@" 2>/dev/null || :
}
release_put_fails() {
  rm -rf -- "$record_to/new"
  fail no_space "cannot write $record_to/$1: is the disk full, or the folder read-only?"
}
# is_release ID: $record_state is its state then.
is_release() {
  record_state=
  [ -z "$1" ] || release_into record_state "$1" state
  [ -n "$record_state" ]
}

# find_releases: $record_releases, words: the newest first; the baseline, the oldest, last.
find_releases() {
  record_lines=
  for record_dir in "$S/release"/*; do
    record_id=${record_dir##*/}
    case $record_id in
    '*' | baseline | *.new) continue ;;
    esac
    release_into record_at "$record_id" at
    record_lines=$record_lines$lib_newline$record_at/$record_id
  done
  record_lines=${record_lines#"$lib_newline"}
  case $record_lines in
  *"$lib_newline"*)
    record_lines=$(
      exec sort -r <<END
$record_lines
END
    )
    ;;
  esac
  record_releases=
  for record_id in $record_lines; do
    record_releases="$record_releases ${record_id#*/}"
  done
  [ ! -d "$S/release/baseline" ] || record_releases="$record_releases baseline"
}

# begin_record ID COMMIT [FILE VALUE]...: what is known of a release before it exists, and more.
begin_record() {
  record_id=$1
  record_commit=$2
  shift 2
  release_put "$record_id" commit "$record_commit" run "$B_RUN" at "$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
    engine.sh "$B_ENGINE" "$@"
}

# use_engine ID: the engine's words as that release had them.
use_engine() {
  [ ! -f "$S/release/$1/engine.sh" ] || . "$S/release/$1/engine.sh"
}

# kind_into NAME ID: its engine, `compose` or `command`.
kind_into() {
  record_kind=
  if [ -f "$S/release/$2/engine.sh" ]; then
    while IFS= read -r lib_line || [ -n "$lib_line" ]; do
      case $lib_line in
      "B_KIND='"*[!a-z]*"'") ;;
      "B_KIND='"*"'") record_kind=$lib_line ;;
      esac
    done <"$S/release/$2/engine.sh"
  fi
  record_kind=${record_kind#*\'}
  eval "$1=\${record_kind%\'}"
}

# find_rollback_target: $record_target is what a failed run goes back to; nothing when nothing ran
# before it, or under another engine only.
find_rollback_target() {
  get_into record_target "$S/last_good"
  if is_release "$record_target"; then
    kind_into record_kind "$record_target"
    [ "$record_kind" != "$B_KIND" ] || return 0
  fi
  record_target=
  ! is_release baseline || [ "$record_state" = none ] || record_target=baseline
}

# recall_lacks: why the release that is to be brought back cannot be; nothing when it can.
recall_lacks() {
  release_into record_state "$B_RECALL" state
  kind_into record_kind "$B_RECALL"
  if [ "$record_state" != good ]; then
    echo "no good release $B_RECALL is kept on $B_HOST"
  elif [ "$record_kind" != "$B_KIND" ]; then
    echo "the release $B_RECALL was a $record_kind stack, this one is a $B_KIND stack"
  elif ! is_checkout || ! has_commit "$B_COMMIT"; then
    echo "the commit $B_COMMIT of the release $B_RECALL is not in $checkout any more"
  else
    engine_recall_lacks "$B_RECALL"
  fi
}

# kept_releases: `RELEASE COMMIT RUN AT` of each that was good, newest first.
kept_releases() {
  find_releases
  for record_id in $record_releases; do
    release_into record_state "$record_id" state
    [ "$record_state" = good ] || continue
    release_into record_commit "$record_id" commit
    release_into record_run "$record_id" run
    release_into record_at "$record_id" at
    printf '%s %s %s %s\n' "$record_id" "$record_commit" "$record_run" "$record_at"
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
# in_checkout_into NAME FILE
in_checkout_into() {
  case $2 in
  /*) eval "$1=\$2" ;;
  *) eval "$1=\$checkout/\$2" ;;
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
  [ ! -e "$record_env_dir" ] || rm -rf -- "$record_env_dir"
  mkdir -p -- "$record_env_dir" || fail no_space "cannot make the folder $record_env_dir"
  record_count=0
  each_env record_env_file
  each_place_file record_place_file
}
# place_file PATH COMMAND...: the command with where that is, as last word.
place_file() {
  expand_into record_path "$1"
  shift
  [ ! -f "$record_path" ] || "$@" "$record_path"
}
record_place_file() {
  record_env_file "$1"
  true >"$record_env_dir/$record_count.place" || fail no_space "cannot keep a copy of $1"
}
record_env_file() {
  record_count=$((record_count + 1))
  in_checkout_into record_file "$1"
  if ! cp -p -- "$record_file" "$record_env_dir/$record_count" ||
    ! printf '%s' "$1" >"$record_env_dir/$record_count.path"; then
    fail no_space "cannot keep a copy of $record_file"
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
    text_into record_path "$record_file"
    in_checkout_into record_path "$record_path"
    record_copy=${record_file%.path}
    cmp -s "$record_copy" "$record_path" && continue
    env_back "$record_copy" "$record_path" || fail no_space "cannot put back $record_path"
  done
}

# env_back COPY PATH: through a link, and with the mode that the file has.
env_back() {
  if [ -f "$2" ]; then
    [ -d "$S/release/$B_RELEASE/replaced" ] || mkdir -p -- "$S/release/$B_RELEASE/replaced"
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
  [ ! -e "$checkout" ] || ! have git || fact look.head "${git_at:-$(git_head)}"
  look_commits=
  for look_file in "$S/release"/*/commit; do
    { IFS= read -r look_commit <"$look_file"; } 2>/dev/null || continue
    look_file=${look_file%/commit}
    look_commits="$look_commits${look_file##*/} $look_commit$lib_newline"
  done
  fact look.commits "$look_commits"
  get_into look_current "$S/current"
  fact look.current "$look_current"
  if [ -n "$look_current" ]; then
    release_into look_state "$look_current" state
    fact look.current_state "$look_state"
  fi
  get_into look_good "$S/last_good"
  ! is_release "$look_good" || fact look.last_good "$look_good"
  release_into look_baseline baseline state
  fact look.baseline_state "$look_baseline"
  if [ -n "$look_baseline" ]; then
    text_into look_list "$S/release/baseline/healthy"
    fact look.baseline_healthy "$look_list"
    text_into look_list "$S/release/baseline/checks"
    fact look.baseline_checks "$look_list"
  fi
}
