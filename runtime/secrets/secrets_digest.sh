# shellcheck shell=sh
# Digests that say nothing to whoever lacks $BATON_FILES/key, and the names in an env file.
digest_tool() {
  if have sha256sum; then
    sha256sum
  else
    openssl dgst -sha256 -r
  fi
}

# Before the first of them: in a pipe it would be too late to say so.
need_digests() {
  have sha256sum || have openssl ||
    fail missing_tool 'neither sha256sum nor openssl is here to compare secrets with: install coreutils'
}

# keyed: of standard input, 64 hexadecimal digits.
keyed() {
  { cat "$BATON_FILES/key" && cat; } | digest_tool | dd bs=64 count=1 2>/dev/null
}

# keyed_digest FILE: `none` when it is not there or cannot be read.
keyed_digest() {
  if [ -f "$1" ] && [ -r "$1" ]; then
    keyed <"$1"
  else
    printf 'none\n'
  fi
}

# env_keys FILE: the names of `NAME=value` and `export NAME=value`, one a line, sorted. A value in
# quotes may go over several lines, which are not looked at.
env_keys() {
  [ -f "$1" ] && [ -r "$1" ] || return 0
  keys_quote=
  while IFS= read -r keys_line || [ -n "$keys_line" ]; do
    if [ -n "$keys_quote" ]; then
      case $keys_line in
      *"$keys_quote"*) keys_quote= ;;
      esac
      continue
    fi
    keys_line=${keys_line#"${keys_line%%[! "$tab"]*}"}
    case $keys_line in
    'export '* | "export$tab"*)
      keys_line=${keys_line#export}
      keys_line=${keys_line#"${keys_line%%[! "$tab"]*}"}
      ;;
    esac
    keys_name=${keys_line%%=*}
    case $keys_line in
    [A-Za-z_]*=*) ;;
    *) continue ;;
    esac
    case $keys_name in
    *[!A-Za-z0-9_]*) continue ;;
    esac
    printf '%s\n' "$keys_name"
    keys_line=${keys_line#*=}
    for keys_mark in '"' "'"; do
      case $keys_line in
      "$keys_mark"*"$keys_mark"*) ;;
      "$keys_mark"*) keys_quote=$keys_mark ;;
      esac
    done
  done <"$1" | LC_ALL=C sort -u
}
