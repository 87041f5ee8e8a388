#!/bin/sh
# A template for `secrets: {script: …}`: test | status | sync, here on the controller, from one file
# to every host. Baton saves the files at their places before `sync`, compares them after it, and
# puts them back on a host that does not end up with the new release.
#
#   secrets:
#     script: ./sync-secrets.sh
#     on: controller
#     places: [{from: ~/.env.master, to: ~/homelab/.env, compare: bytes}]
#
# Only the exit status counts, 0 is good; what is printed goes to the log, so print no values.
set -eu
umask 077
source=${SECRETS_SOURCE:-$HOME/.env.master}
target=${SECRETS_TARGET:-homelab/.env} # below the home folder of each host
wanted=${SECRETS_WANTED:-}             # names that must be there: "DB_PASSWORD API_KEY"
hosts=${BATON_HOSTS:-"thinkpad rtx1080 vps"}

on_host() { ssh -o BatchMode=yes -o ConnectTimeout=10 -- "$@"; }
sum() { sha256sum | cut -d ' ' -f 1; }

case ${1-} in
test) # can every host be reached, and is all there that is wanted?
  [ -r "$source" ] || { echo "$source cannot be read" >&2; exit 1; }
  for name in $wanted; do
    grep -q "^\(export \)\{0,1\}$name=." "$source" || { echo "$name is missing in $source" >&2; exit 1; }
  done
  for host in $hosts; do
    on_host "$host" true || { echo "$host cannot be reached" >&2; exit 1; }
  done
  ;;
status) # 0: all the same; 1: some host has other secrets, or none
  here=$(sum <"$source")
  for host in $hosts; do
    there=$(on_host "$host" "cat '$target' 2>/dev/null" | sum) || exit 2
    [ "$there" = "$here" ] || { echo "$host is out of date" >&2; exit 1; }
  done
  ;;
sync) # all or nothing on each host: written beside, then renamed
  for host in $hosts; do
    on_host "$host" "umask 077 && mkdir -p \"\$(dirname '$target')\" && cat >'$target.new' && mv '$target.new' '$target'" <"$source"
    echo "$host has them"
  done
  ;;
*)
  echo "usage: sync-secrets.sh test | status | sync" >&2
  exit 2
  ;;
esac
