# shellcheck shell=sh disable=SC1090,SC2034,SC2154 # variables are shared between the parts
# Health checks that the host itself makes, with the words of host_check.sh. Prints `N=ok` or
# `N=why not`, of a long one the beginning; each keeps its own time.
run_check() {
  look_number=$1
  shift
  check_why=
  if "$@"; then
    printf '%s=ok\n' "$look_number"
  else
    printf '%s=%s\n' "$look_number" "$(printf '%s' "${check_why:-failed}" | tr '\n' ' ' | head -c 300)"
  fi
}

# In the checkout, with the user's environment and none of the step's.
checked_command() {
  cd -- "$checkout" 2>/dev/null || {
    check_why="cannot go to $checkout"
    return 1
  }
  unset BATON_FACTS BATON_FILES BATON_DIR
  user_vars
  check_command "$@"
}
run_checks() { (each_check run_check); }
