# shellcheck shell=sh
# Step `put_back_secrets`, the last that needs the copies: they go with it. Uses B_RUN, B_SAVED.
put_back_dir=$(secrets_folder "$B_RUN") || exit 1
[ ! -e "$put_back_dir.back" ] || exit 0
if [ ! -d "$put_back_dir" ]; then
  [ "$B_SAVED" != yes ] ||
    fail secrets_failed "the secret files that were saved are gone: there is no $put_back_dir"
  exit 0
fi
put_back_secrets_of "$B_RUN"
true >"$put_back_dir.back" && rm -rf -- "$put_back_dir"
fact put_back yes
