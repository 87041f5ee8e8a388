# shellcheck shell=sh disable=SC1090,SC2034,SC2154 # variables are shared between the parts
# Step `prepare` of a rollback that was asked for: a good release that is kept here is begun anew,
# with all that belonged to it. Nothing that serves is touched, nothing is fetched, pulled or built.
recall_dir=$S/release/$B_RELEASE
recall_fault=$(recall_lacks)
[ -z "$recall_fault" ] || fail bad_commit "$recall_fault"
recall_lock=$(lock_file)
[ -z "$recall_lock" ] ||
  fail dirty "a git process is at work in $checkout, or one has died there: remove $recall_lock" yes
recall_dirt=$(dirt "$B_COMMIT" | tr '\n' ';')
[ -z "$recall_dirt" ] || fail dirty "${recall_dirt%;}"
recall_current=$(get "$S/current")
if [ -n "$recall_current" ] && [ "$(kind_of "$recall_current")" != "$B_KIND" ]; then
  fail config_invalid "what serves is a $(kind_of "$recall_current") stack, this one is a $B_KIND stack: stop it, remove $S, deploy again"
fi
case $(release_get "$B_RELEASE" state) in
'' | prepared)
  rm -rf -- "$recall_dir" "$recall_dir.new"
  mkdir -p -- "$recall_dir.new" || fail no_space "cannot make the folder $recall_dir.new"
  for recall_part in commit engine.sh env project images services; do
    [ ! -e "$S/release/$B_RECALL/$recall_part" ] ||
      cp -Rp -- "$S/release/$B_RECALL/$recall_part" "$recall_dir.new/$recall_part" ||
      fail no_space "cannot copy the record of the release $B_RECALL"
  done
  put "$recall_dir.new/run" "$B_RUN"
  put "$recall_dir.new/at" "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
  put "$recall_dir.new/state" prepared
  mv -- "$recall_dir.new" "$recall_dir" || fail no_space "cannot make the folder $recall_dir"
  ;;
esac
g update-ref "$B_REF$B_RELEASE" "$B_COMMIT" || fail no_space "git cannot write in $checkout"
use_engine "$B_RELEASE"
engine_recall "$B_RECALL"
note "release $B_RECALL of $(release_get "$B_RECALL" at) is brought back"
