# shellcheck shell=sh disable=SC1090,SC2034,SC2154 # variables are shared between the parts
# Step `prepare` of a rollback that was asked for: a good release that is kept here is begun anew,
# with all that belonged to it. Nothing that serves is touched, nothing is fetched, pulled or built.
git_may_ask
recall_dir=$S/release/$B_RELEASE
recall_fault=$(recall_lacks)
[ -z "$recall_fault" ] || fail bad_commit "$recall_fault"
is_checkout "$B_COMMIT" || :
[ -z "$git_lock" ] ||
  fail dirty "a git process is at work in $checkout, or one has died there: remove $git_lock" yes
find_dirt "$B_COMMIT"
[ -z "$git_dirt" ] || fail dirty "$git_dirt"
get_into recall_current "$S/current"
if [ -n "$recall_current" ]; then
  kind_into recall_kind "$recall_current"
  [ "$recall_kind" = "$B_KIND" ] ||
    fail config_invalid "what serves is a $recall_kind stack, this one is a $B_KIND stack: stop it, remove $S, deploy again"
fi
release_into recall_state "$B_RELEASE" state
case $recall_state in
'' | prepared)
  rm -rf -- "$recall_dir" "$recall_dir.new"
  mkdir -p -- "$recall_dir.new" || fail no_space "cannot make the folder $recall_dir.new"
  for recall_part in commit engine.sh env project images services; do
    [ ! -e "$S/release/$B_RECALL/$recall_part" ] ||
      cp -Rp -- "$S/release/$B_RECALL/$recall_part" "$recall_dir.new/$recall_part" ||
      fail no_space "cannot copy the record of the release $B_RECALL"
  done
  put "$recall_dir.new/run" "$B_RUN" "$recall_dir.new/at" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
    "$recall_dir.new/state" prepared
  mv -- "$recall_dir.new" "$recall_dir" || fail no_space "cannot make the folder $recall_dir"
  ;;
esac
g update-ref "$B_REF$B_RELEASE" "$B_COMMIT" || fail no_space "git cannot write in $checkout"
use_engine "$B_RELEASE"
engine_recall "$B_RECALL"
release_into recall_at "$B_RECALL" at
note "release $B_RECALL of $recall_at is brought back"
