# shellcheck shell=sh disable=SC1090,SC2034,SC2154 # variables are shared between the parts
# Step `settle`: the run is over: what became of its release, and which old ones may go.
get_into settle_current "$S/current"
if [ "$B_GOOD" = yes ] && [ "$settle_current" = "$B_RELEASE" ]; then
  put "$S/release/$B_RELEASE/state" good "$S/last_good" "$B_RELEASE"
  settle_done=yes
elif is_release "$B_RELEASE"; then
  put "$S/release/$B_RELEASE/verdict" 'not good'
  [ "$record_state" != restored ] || settle_done=yes
fi
# Nobody will put them back any more.
[ -z "${settle_done-}" ] || drop_saved_secrets "$B_RUN"
# That a run has put its secrets back was for that run to know: it is over, or this one is.
# The reserve is of a `prepare` that was killed.
for settle_file in "$BATON_DIR"/secrets/*.back "$S/reserve"; do
  [ ! -e "$settle_file" ] || rm -f -- "$settle_file"
done
# How the rollback to the snapshot ended is in the journal by now.
[ "$B_REWOUND" = no ] || rm -rf -- "$B_OUTSIDE"

get_into settle_good "$S/last_good"
settle_kept=0
settle_failed=0
# A rollback needs what serves and the last good release; the baseline while there is no other. As
# many releases as are to be kept are good ones: what failed takes none of their places.
is_needed() {
  case $1 in
  "$settle_current" | "$settle_good") return 0 ;;
  baseline) [ -z "$settle_good" ] ;;
  *) return 1 ;;
  esac
}
# settle_drop ID: its images, its commit's name in the repository, its record.
settle_drop() {
  engine_forget "$1"
  g update-ref -d "$B_REF$1" 2>/dev/null || :
  rm -rf -- "$S/release/$1"
}
find_releases
for settle_id in $record_releases; do
  for settle_tree in "$S/release/$settle_id/tree"/*; do
    [ ! -e "$settle_tree" ] || drop_tree "$settle_tree"
  done
  [ ! -d "$S/release/$settle_id/tree" ] || rmdir "$S/release/$settle_id/tree" 2>/dev/null || :
  release_into settle_state "$settle_id" state
  case $settle_id:$settle_state in
  *:none) continue ;;
  # The baseline was never called good, but served.
  *:good | baseline:*)
    settle_kept=$((settle_kept + 1))
    is_needed "$settle_id" || [ "$settle_kept" -le "$B_KEEP" ] || settle_drop "$settle_id"
    ;;
  *)
    is_needed "$settle_id" && continue
    # Never served for long: its images go at once, its record a little later.
    engine_forget "$settle_id"
    settle_failed=$((settle_failed + 1))
    [ "$settle_failed" -le 3 ] || settle_drop "$settle_id"
    ;;
  esac
done
