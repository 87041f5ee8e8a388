# shellcheck shell=sh
# Step `save_secrets`: copies of what is about to be written over. Uses B_RUN, B_TO_1 …
set --
save_count=0
while [ "$save_count" -lt "$B_TO_count" ]; do
  save_count=$((save_count + 1))
  eval "set -- \"\$@\" \"\$B_TO_$save_count\""
done
save_secrets_of "$B_RUN" "$@"
fact saved "$save_count"
# Copies of runs that never came to their end: only the newest few may still be of use.
save_seen=0
for save_old in $(cd "$BATON_DIR/secrets" && ls -r); do
  [ "$save_old" != "$B_RUN" ] || continue
  save_seen=$((save_seen + 1))
  [ "$save_seen" -le 5 ] || rm -rf -- "$BATON_DIR/secrets/$save_old"
done
