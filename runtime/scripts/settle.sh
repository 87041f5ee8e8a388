# shellcheck shell=sh disable=SC1090,SC2034,SC2154 # variables are shared between the parts
# Step `settle`: the run is over: what became of its release, and which old ones may go.
if [ "$B_GOOD" = yes ] && [ "$(get "$S/current")" = "$B_RELEASE" ]; then
  release_put "$B_RELEASE" state good
  put "$S/last_good" "$B_RELEASE"
  settle_done=yes
elif is_release "$B_RELEASE"; then
  release_put "$B_RELEASE" verdict 'not good'
  [ "$(release_get "$B_RELEASE" state)" != restored ] || settle_done=yes
fi
# Nobody will put them back any more.
[ -z "${settle_done-}" ] || drop_saved_secrets "$B_RUN"

rm -f -- "$S/reserve" # of a `prepare` that was killed
# How the rollback to the snapshot ended is in the journal by now.
[ "$B_REWOUND" = no ] || rm -rf -- "$B_OUTSIDE"

settle_current=$(get "$S/current")
settle_good=$(get "$S/last_good")
settle_kept=0
settle_failed=0
# A rollback needs what serves and the last good release; the baseline while there is no other.
is_needed() {
  case $1 in
  "$settle_current" | "$settle_good") return 0 ;;
  baseline) [ -z "$settle_good" ] ;;
  *) return 1 ;;
  esac
}
for settle_id in $(releases); do
  for settle_tree in "$S/release/$settle_id/tree"/*; do
    [ ! -e "$settle_tree" ] || drop_tree "$settle_tree"
  done
  rmdir "$S/release/$settle_id/tree" 2>/dev/null || :
  case $(release_get "$settle_id" state) in
  good | up | activating)
    settle_kept=$((settle_kept + 1))
    is_needed "$settle_id" || [ "$settle_kept" -le "$B_KEEP" ] && continue
    ;;
  none) continue ;;
  *)
    # Never served for long: its images go at once, its record a little later.
    is_needed "$settle_id" && continue
    engine_forget "$settle_id"
    settle_failed=$((settle_failed + 1))
    [ "$settle_failed" -gt 3 ] || continue
    ;;
  esac
  engine_forget "$settle_id"
  g update-ref -d "$B_REF$settle_id" 2>/dev/null || :
  rm -rf -- "$S/release/$settle_id"
done
