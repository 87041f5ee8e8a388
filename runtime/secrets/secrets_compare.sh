# shellcheck shell=sh
# Step `compare_secrets`, changes nothing: is each file what it should be. No value, and no digest
# without its key, leaves the host. For place N: B_TO_N, B_MODE_N (`bytes` or `keys`), and what it
# is compared with: B_FROM_N, a file here; or B_WANTED_N, a keyed digest; for keys also
# $BATON_FILES/keys.N, the names, to say which ones differ. B_VERSION: told when nothing differs.
compare_faults=
compare_fault() { compare_faults="${compare_faults:+$compare_faults; }$1"; }

# named LIST: names for people. What may be a piece of a key that was taken for a name is counted only.
named() {
  named_list=
  named_other=0
  for named_one in $1; do
    case $named_one in
    *[!A-Z0-9_]*) named_other=$((named_other + 1)) ;;
    *) named_list="$named_list $named_one" ;;
    esac
  done
  [ "$named_other" -eq 0 ] || named_list="$named_list and $named_other more"
  printf '%s\n' "$named_list"
}

# without LIST OTHER: the words of LIST that OTHER lacks.
without() {
  without_other=" $(printf '%s\n' "$2" | tr '\n' ' ') "
  for without_one in $1; do
    case $without_other in
    *" $without_one "*) ;;
    *) printf '%s\n' "$without_one" ;;
    esac
  done
}

compare_keys() {
  compare_here=$(env_keys "$compare_to")
  compare_lacks=$(named "$(without "$1" "$compare_here")")
  compare_extra=$(named "$(without "$compare_here" "$1")")
  [ -z "$compare_lacks" ] || compare_fault "$compare_to lacks$compare_lacks"
  [ -z "$compare_extra" ] || compare_fault "$compare_to has$compare_extra, which the source has not"
}

compare_place() {
  if [ ! -e "$compare_to" ]; then
    compare_fault "there is no $compare_to"
  elif [ ! -f "$compare_to" ] || [ ! -r "$compare_to" ]; then
    compare_fault "$compare_to cannot be read"
  elif [ -n "$compare_from" ]; then
    expand_into compare_from "$compare_from"
    if [ ! -f "$compare_from" ] || [ ! -r "$compare_from" ]; then
      compare_fault "there is no $compare_from to compare $compare_to with"
    elif [ "$compare_mode" = keys ]; then
      compare_keys "$(env_keys "$compare_from")"
    else
      cmp -s -- "$compare_from" "$compare_to" || compare_fault "$compare_to differs from $compare_from"
    fi
  elif [ "$compare_wanted" = none ]; then
    compare_fault "the source of $compare_to cannot be read"
  elif [ "$compare_mode" = bytes ]; then
    [ "$(keyed_digest "$compare_to")" = "$compare_wanted" ] || compare_fault "$compare_to differs from its source"
  elif [ -f "$BATON_FILES/keys.$number" ]; then
    compare_keys "$(cat "$BATON_FILES/keys.$number")"
  else
    [ "$(env_keys "$compare_to" | keyed)" = "$compare_wanted" ] || compare_fault "$compare_to has other names than its source"
  fi
}

need_digests
number=0
while [ "$number" -lt "$B_TO_count" ]; do
  number=$((number + 1))
  eval "compare_to=\$B_TO_$number compare_mode=\$B_MODE_$number compare_from=\$B_FROM_$number compare_wanted=\$B_WANTED_$number"
  expand_into compare_to "$compare_to"
  compare_place
done
[ -z "$compare_faults" ] || fail secrets_failed "$compare_faults" no
fact compared "$number"
[ -z "$B_VERSION" ] || fact version "$B_VERSION"
