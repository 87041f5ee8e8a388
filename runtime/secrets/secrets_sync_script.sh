# shellcheck shell=sh
# Step `sync_secrets` by the user's own script, `test`, `status`, `sync` (B_VERBS). Nothing of what
# it prints is read. Uses B_SCRIPT, B_FOLDER (to run in), user_vars, B_DIGEST_1 … (files that are to
# be compared on another host).
# user_call WORD...: without what is Baton's own.
user_call() {
  (
    cd -- "$B_FOLDER" || exit 127
    unset BATON_DIR BATON_FACTS BATON_FILES BATON_STEP BATON_ATTEMPT
    umask "$lib_umask"
    if [ -n "$lib_locale" ]; then LC_ALL=$lib_locale; else unset LC_ALL; fi
    user_vars
    exec "$@" </dev/null
  )
}
expand_into B_FOLDER "$B_FOLDER"
expand_into script "$B_SCRIPT"
[ -e "$script" ] || fail secrets_failed "there is no $script: set \`secrets: {script: …}\` to where it is"
if [ ! -f "$script" ] || [ ! -x "$script" ]; then
  fail secrets_failed "$script cannot be run: chmod +x $script"
fi
for verb in $B_VERBS; do
  printf -- '--- %s %s\n' "$script" "$verb"
  user_call "$script" "$verb"
  status=$?
  # Out of date is what a sync is for: the answer of `status` does not matter when one follows.
  if [ "$status" -ne 0 ] && { [ "$verb" != status ] || [ "$B_VERBS" = status ]; }; then
    fact script_verb "$verb"
    fact script_status "$status"
    exit 1
  fi
  fact "status_of_$verb" "$status"
done
[ "$B_DIGEST_count" -eq 0 ] || need_digests
number=0
while [ "$number" -lt "$B_DIGEST_count" ]; do
  number=$((number + 1))
  eval "from=\$B_DIGEST_$number"
  expand_into from "$from"
  fact "bytes.$number" "$(keyed_digest "$from")"
  fact "keys.$number" "$(env_keys "$from" | keyed)"
done
