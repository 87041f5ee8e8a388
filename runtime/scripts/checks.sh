# shellcheck shell=sh disable=SC1090,SC2034,SC2154 # variables are shared between the parts
# Health checks that a target makes, with the words of host_check.sh. Prints `N=ok` or `N=why not`, of
# a long one the beginning, in the order in which they end: they are made side by side, and each keeps
# its own time.
run_check() {
  {
    look_number=$1
    shift
    check_why=
    if "$@"; then
      printf '%s=ok\n' "$look_number"
    else
      printf '%s=%s\n' "$look_number" "$(printf '%s' "${check_why:-failed}" | tr '\n' ' ' | head -c 300)"
    fi
  } &
}

# checked_command SECONDS HOST COMMAND WORD...: in the checkout (or what stands for it), with the
# user's environment and none of the step's; $host is the address that the check speaks of.
checked_command() {
  check_limit=$1
  check_host=$2
  shift 2
  cd -- "$checkout" 2>/dev/null || {
    check_why="cannot go to $checkout"
    return 1
  }
  as_theirs
  host=$check_host
  export host
  check_command "$check_limit" "$@"
}
# run_checks: for a shell that has no other children.
run_checks() {
  each_check run_check
  wait
}
