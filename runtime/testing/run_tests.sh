# shellcheck shell=sh
# Step `run_tests`: the user's command in the checkout, or (B_CLONE=yes, on the controller) in a
# clean clone at B_COMMIT, made from the controller's copy B_CACHE and gone afterwards. Uses
# B_WORKDIR, B_JUNIT (a report, relative to it), user_vars, user_tests. The status of the tests and
# their report become facts: a failing test is an answer, not the failure of this script.
junit_max=700000

tests_clone() {
  have git || fail missing_tool 'git is not on the controller: install it (apt-get install git)'
  mkdir -p -- "$BATON_DIR/tests" || fail no_space "cannot make the folder $BATON_DIR/tests"
  # Clones of runs that were killed, theirs or of this one.
  find "$BATON_DIR/tests" -mindepth 1 -maxdepth 1 -mtime +1 -exec rm -rf {} + 2>/dev/null
  tests_clone=$BATON_DIR/tests/$B_RUN
  rm -rf -- "$tests_clone"
  (
    umask "$lib_umask"
    git_quietly clone -q --no-checkout -- "$B_CACHE" "$tests_clone" &&
      git_quietly -C "$tests_clone" remote set-url origin "$B_URL" &&
      git_quietly -C "$tests_clone" -c advice.detachedHead=false checkout -q --detach "$B_COMMIT"
  ) || {
    rm -rf -- "$tests_clone"
    fail remote_git "cannot make a clean clone of $B_URL at $B_COMMIT in $BATON_DIR/tests"
  }
}

# junit_fact FILE: its beginning in one line; line breaks are blanks to XML.
junit_fact() {
  fact junit_size "$(wc -c <"$1" | tr -d ' ')"
  {
    printf 'junit='
    dd bs=1000 count="$((junit_max / 1000))" <"$1" 2>/dev/null | tr '\n\000' '  ' | sed -e 's/\\/\\\\/g'
    printf '\n'
  } >>"$BATON_FACTS"
}

tests_clone=
if [ "$B_CLONE" = yes ]; then
  tests_clone
  case $B_WORKDIR in
  '') tests_in=$tests_clone ;;
  *) tests_in=$tests_clone/$B_WORKDIR ;;
  esac
else
  expand_into tests_in "$B_WORKDIR"
fi
[ -d "$tests_in" ] || {
  [ -z "$tests_clone" ] || rm -rf -- "$tests_clone"
  fail tests_failed "there is no folder $tests_in to run the tests in" no
}

# A report of another time must not be taken for this one's.
if [ -n "$B_JUNIT" ]; then
  tests_report=$tests_in/$B_JUNIT
  [ ! -f "$tests_report" ] || rm -f -- "$tests_report" ||
    fail tests_failed "an old report cannot be removed: $tests_report" no
fi

(
  cd -- "$tests_in" || exit 126
  unset BATON_DIR BATON_FACTS BATON_FILES BATON_STEP BATON_ATTEMPT
  umask "$lib_umask"
  if [ -n "$lib_locale" ]; then LC_ALL=$lib_locale; else unset LC_ALL; fi
  user_vars
  user_tests
) </dev/null
fact test_status "$?"

if [ -n "$B_JUNIT" ]; then
  if [ -f "$tests_report" ] && [ -r "$tests_report" ]; then
    junit_fact "$tests_report"
  else
    note "the tests have left no report $B_JUNIT in $tests_in"
  fi
fi
[ -z "$tests_clone" ] || rm -rf -- "$tests_clone"
