# shellcheck shell=sh disable=SC1090,SC2034,SC2154 # variables are shared between the parts
# Step `prepare`: everything a release needs is brought to the host; nothing that serves is touched.
have git || fail missing_tool 'git is not on this host: install it (apt-get install git)'
make_checkout
prepare_lock=$(lock_file)
[ -z "$prepare_lock" ] ||
  fail dirty "a git process is at work in $checkout, or one has died there: remove $prepare_lock" yes
fetch_commit
prepare_dirt=$(dirt "$B_COMMIT" | tr '\n' ';')
[ -z "$prepare_dirt" ] || fail dirty "${prepare_dirt%;}"
tree=$S/release/$B_RELEASE/tree/${checkout##*/}
# What a failure leaves would only fill the disk.
trap '[ "$?" -eq 0 ] || drop_tree "$tree"' EXIT
lay_tree "$B_COMMIT" "$tree"
copy_env_to "$tree"
case $(release_get "$B_RELEASE" state) in
'' | prepared)
  begin_record "$B_RELEASE" "$B_COMMIT"
  release_put "$B_RELEASE" state prepared
  ;;
esac
prepare_current=$(get "$S/current")
if [ -n "$prepare_current" ] && [ "$(kind_of "$prepare_current")" != "$B_KIND" ]; then
  fail config_invalid "what serves is a $(kind_of "$prepare_current") stack, this one is a $B_KIND stack: stop it, remove $S, deploy again"
fi
engine_prepare "$tree"
[ "$B_CHECKS" != none ] || engine_has_check ||
  note 'nothing tells whether this stack is healthy; add to it: health: {checks: [{http: "http://localhost:PORT/"}]}'
