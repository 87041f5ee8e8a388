# shellcheck shell=sh disable=SC1090,SC2034,SC2154 # variables are shared between the parts
# `baton adopt`: before `baseline.sh`, which then records what runs. B_ADOPT is the project to take,
# or empty.
[ -d "$S/release" ] || mkdir -p -- "$S/release" || fail no_space "cannot make the folder $S/release"

adopt_choice() {
  projects | while IFS=$compose_tab read -r adopt_name adopt_dir; do
    if [ -n "$B_ADOPT" ]; then
      [ "$adopt_name" != "$B_ADOPT" ] || printf '1\t%s\t%s\n' "$adopt_name" "$adopt_dir"
    elif is_checkout_dir "$adopt_dir"; then
      printf '1\t%s\t%s\n' "$adopt_name" "$adopt_dir"
    elif [ "$adopt_name" = "$1" ]; then
      printf '2\t%s\t%s\n' "$adopt_name" "$adopt_dir"
    else
      printf '3\t%s\t%s\n' "$adopt_name" "$adopt_dir"
    fi
  done | sort >"$BATON_FACTS.choice"
  adopt_rank=$(sed -n '1s/^\(.\).*/\1/p' "$BATON_FACTS.choice")
  sed -n "s/^$adopt_rank$compose_tab//p" "$BATON_FACTS.choice"
  rm -f -- "$BATON_FACTS.choice"
}

if [ "$B_KIND" = compose ]; then
  have docker || fail missing_tool 'docker is not on this host: install it (apt-get install docker.io)'
  project_into adopt_project "$checkout"
  adopt_found=$(adopt_choice "$adopt_project")
  case $adopt_found in
  '') fail foreign_project "there is no running compose project${B_ADOPT:+ $B_ADOPT} to adopt" ;;
  *"$lib_newline"*)
    fail usage "several projects run: say which (--project NAME): $(printf '%s\n' "$adopt_found" | cut -f 1 | tr '\n' ' ')"
    ;;
  esac
  put "$S/adopted" "${adopt_found%%"$compose_tab"*}" "$S/adopted_dir" "${adopt_found#*"$compose_tab"}"
  fact adopted "${adopt_found%%"$compose_tab"*}"
else
  engine_running || fail foreign_project 'nothing runs here: there is nothing to adopt'
  fact adopted command
fi
# What was known before speaks no more.
rm -f -- "$S/last_good" "$S/current"
