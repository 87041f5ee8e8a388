# shellcheck shell=sh
# Put before every step's script. fact KEY VALUE: tells the controller something, as a line
# `KEY=VALUE` of $BATON_FACTS in which a backslash of the value is `\\` and a newline `\n`.
fact() {
  baton_rest=$2 baton_line="$1="
  while :; do
    baton_head=${baton_rest%%[\\"$baton_newline"]*}
    [ "$baton_head" != "$baton_rest" ] || break
    baton_line=$baton_line$baton_head baton_rest=${baton_rest#"$baton_head"}
    case $baton_rest in
    "$baton_newline"*) baton_line=$baton_line\\n ;;
    *) baton_line=$baton_line\\\\ ;;
    esac
    baton_rest=${baton_rest#?}
  done
  printf '%s\n' "$baton_line$baton_rest" >>"${BATON_FACTS:-/dev/stdout}"
}
baton_newline='
'
