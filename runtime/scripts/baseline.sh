# shellcheck shell=sh disable=SC1090,SC2034,SC2154 # variables are shared between the parts
# Step `baseline`: with no good release on record, what runs now is written down as the release that
# a rollback goes to.
[ -d "$S/release" ] || mkdir -p -- "$S/release" || fail no_space "cannot make the folder $S/release"
get_into baseline_good "$S/last_good"
get_into baseline_current "$S/current"
release_into baseline_state baseline state
if is_release "$baseline_good"; then
  fact baseline "$baseline_state"
  exit 0
fi
case $baseline_current in
'' | baseline) ;;
*)
  # A release has begun here and was never settled: what runs now is not what was before it.
  release_into baseline_now "$baseline_current" state
  case $baseline_now in
  activating | up | restoring)
    fact baseline "$baseline_state"
    exit 0
    ;;
  esac
  ;;
esac

baseline_head=
! is_checkout || baseline_head=$git_at
if engine_running; then
  baseline_state=up
else
  baseline_state=none
fi
[ ! -e "$S/release/baseline.new" ] || rm -rf -- "$S/release/baseline.new"
begin_record baseline "$baseline_head" branch "$(g_become symbolic-ref -q --short HEAD 2>/dev/null)"
[ -z "$baseline_head" ] || g update-ref "${B_REF}baseline" "$baseline_head"
if [ "$baseline_state" = up ]; then
  record_env baseline
  engine_baseline
  # Its gate asks only for what was healthy then.
  run_checks | sed -n 's/^\([0-9]*\)=ok$/\1/p' >"$S/release/baseline/checks"
  put "$S/current" baseline
  note "what runs now is recorded as the baseline${baseline_head:+ (commit $baseline_head)}"
else
  note 'nothing runs here yet: a rollback will stop what is started'
fi
release_put baseline state "$baseline_state"
fact baseline "$baseline_state"
