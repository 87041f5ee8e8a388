# shellcheck shell=sh disable=SC1090,SC2034,SC2154 # variables are shared between the parts
# Step `baseline`: with no good release on record, what runs now is written down as the release that
# a rollback goes to.
mkdir -p -- "$S/release" || fail no_space "cannot make the folder $S/release"
baseline_good=$(get "$S/last_good")
baseline_current=$(get "$S/current")
if is_release "$baseline_good"; then
  fact baseline "$(release_get baseline state)"
  exit 0
fi
case $baseline_current in
'' | baseline) ;;
*)
  # A release has begun here and was never settled: what runs now is not what was before it.
  case $(release_get "$baseline_current" state) in
  activating | up | restoring)
    fact baseline "$(release_get baseline state)"
    exit 0
    ;;
  esac
  ;;
esac

baseline_head=
! is_checkout || baseline_head=$(git_head)
if engine_running; then
  baseline_state=up
else
  baseline_state=none
fi
rm -rf -- "$S/release/baseline.new"
begin_record baseline "$baseline_head"
release_put baseline branch "$(g symbolic-ref -q --short HEAD 2>/dev/null)"
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
