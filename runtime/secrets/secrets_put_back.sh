# shellcheck shell=sh
# Step `put_back_secrets`, the last that needs the copies: they go with it. Uses B_RUN, B_SAVED.
find_secrets "$B_RUN"
put_back_dir=$secrets_dir
[ ! -e "$put_back_dir.back" ] || exit 0
if [ ! -d "$put_back_dir" ]; then
  [ "$B_SAVED" != yes ] ||
    fail secrets_failed "the secret files that were saved are gone: there is no $put_back_dir"
  exit 0
fi
put_back_secrets_of "$B_RUN"
true >"$put_back_dir.back" && rm -rf -- "$put_back_dir"
fact put_back yes
