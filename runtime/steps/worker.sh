# shellcheck shell=sh disable=SC2034,SC2154 # variables are shared between the files
# W, the worker: claims the step as its last act before it becomes the script. Its exit status
# without a claim: 201 the fence is stale, 202 the step is known already, 203 it cannot be (the log
# says why).
# Arguments: DIR FENCE-FOLDER CLAIM KIND BOOT L-PID L-START S-PID S-START UMASK CGROUP
umask 077
[ -z "${11}" ] || echo "$$" 2>/dev/null >"${11}/cgroup.procs"
read -r b_line </proc/self/stat
b_dir=$1 b_fence=$2 b_claim=$3 b_kind=$4 b_umask=${10} b_about="${1##*/} $5 $6 $7 $$" b_rest="$8 $9"
# shellcheck disable=SC2086 # numbers, to be split
set -- ${b_line##*) }
shift 19
b_about="$b_about $1 $b_rest"
printf '%s\n' "$b_about" 2>/dev/null >"$b_dir/me" || {
  echo 'No space left on device, or the state folder cannot be written'
  exit 203
}
if [ "$b_kind" = look ]; then
  set -C
  printf '%s\n' "$b_about" 2>/dev/null >"$b_claim" || exit 202
  set +C
else
  ln "$b_dir/me" "$b_fence/$b_claim" || {
    [ ! -e "$b_fence/$b_claim" ] || exit 202
    [ -d "$b_fence" ] || exit 201
    exit 203
  }
  # The kernel looks the folder up before it makes the link: the fence may have been raised just
  # then, and the claim stand in the new owner's folder. It is taken back.
  b_why=0
  [ -e "$b_fence/$b_claim" ] || b_why=201
  [ "$b_why" != 0 ] || sync "$b_dir/me" "$b_fence" "$b_dir" "${b_dir%/*}" "${b_dir%/*/*}" ||
    b_why=203
  if [ "$b_why" != 0 ]; then
    [ -d "$b_fence" ] || b_why=201
    for b_late in "${b_fence%/*}"/e.*/"$b_claim"; do
      read -r b_line 2>/dev/null <"$b_late" && [ "$b_line" = "$b_about" ] && rm -f "$b_late"
    done
    exit "$b_why"
  fi
fi
umask "$b_umask"
# shellcheck disable=SC2164 # a home that is not there is no reason
cd "${HOME:-/}" 2>/dev/null || cd /
exec sh "$b_dir/script"
