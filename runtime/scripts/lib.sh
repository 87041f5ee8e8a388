# shellcheck shell=sh disable=SC1090,SC2034,SC2154 # variables are shared between the parts
# What every script of this folder may rely on; put before its assignments. See README.md. The step
# protocol has put `fact` before it (runtime/steps/step_prelude.sh).
# No `set -e`: each command that may fail is looked at where it stands.
# A fork costs more than all else that is done here, so what is asked often answers in a variable:
# in the one that is named to it first (`get_into NAME FILE`), or in one that its comment names. A
# `$(…)` is a process, also around a function.
# Ours is for nobody else to read; what the user's programs and git write is as they are used to.
unset IFS
# The kernel tells the umask without a process, if it is not too old.
{ read -r lib_word && read -r lib_word lib_umask; } 2>/dev/null </proc/self/status
[ "${lib_word-}" = Umask: ] || lib_umask=$(umask)
umask 077
lib_locale=${LC_ALL-}
LC_ALL=C
export LC_ALL
unset ENV CDPATH GREP_OPTIONS GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_OBJECT_DIRECTORY SSH_ASKPASS
for lib_folder in /usr/local/sbin /usr/sbin /sbin /usr/local/bin /usr/bin /bin; do
  case ":${PATH-}:" in
  *":$lib_folder:"*) ;;
  *) PATH=${PATH:+$PATH:}$lib_folder ;;
  esac
done
export PATH
exec </dev/null

# Login shells set it; sudo and cron may not.
if [ -z "${HOME-}" ]; then
  HOME=$(cd ~ 2>/dev/null && pwd) || HOME=/
  export HOME
fi

lib_newline='
'

# note TEXT: a line for the details of the verdict.
lib_notes=0
note() {
  lib_notes=$((lib_notes + 1))
  fact "note.$lib_notes" "$1"
  printf '%s\n' "$1"
}

# keep_reserve FILE: room that is given back when something fails (or by `give_reserve`), so that a
# disk that this step has filled still takes down why, and the steps that come after it.
lib_reserve=
keep_reserve() {
  lib_reserve=$1
  fallocate -l 8388608 "$1" 2>/dev/null && return
  # Random bytes: what can be compressed would be no reserve.
  head -c 8388608 /dev/urandom 2>/dev/null >"$1" || give_reserve
}
give_reserve() { [ -z "$lib_reserve" ] || rm -f -- "$lib_reserve"; }

# tell KEY VALUE: a fact that must get through, when whoever filled the disk has cleared away what it
# could not finish (btrfs: with its next commit, so that is asked for); that it had to wait is one
# more, `disk_full`. The status of a script that waits in vain is 28.
tell() {
  fact "$@" 2>/dev/null && return
  give_reserve
  lib_tries=0
  until { printf '\n' >>"$BATON_FACTS" && fact "$@" && fact disk_full yes; } 2>/dev/null; do
    lib_tries=$((lib_tries + 1))
    [ "$lib_tries" -lt 20 ] || exit 28
    sync -f "$BATON_FACTS" 2>/dev/null || :
    sleep 1
  done
}

# fail CODE TEXT [yes|no]: the end, with an error's code (`no_space`), its sentence, and whether
# trying again may help (when the code alone does not tell).
fail() {
  tell error_code "$1"
  tell error_text "$2"
  [ -z "${3-}" ] || tell error_retryable "$3"
  printf '%s\n' "$2" >&2
  exit 1
}

# fault CODE TEXT MEND: something is wrong, and more may be; the script goes on. MEND is the command
# that mends it.
lib_faults=0
fault() {
  lib_faults=$((lib_faults + 1))
  fact "fault.$lib_faults.code" "$1"
  fact "fault.$lib_faults.text" "$2"
  fact "fault.$lib_faults.mend" "${3-}"
  printf '%s\n' "$2" >&2
}

# run KIND NAME COMMAND...: a command that must succeed. What it prints after the line with its name
# becomes the error's text; KIND (git, remote, config, pull, build, engine, user) says how to read it.
run() {
  fact doing_kind "$1"
  fact doing "$2"
  printf -- '--- %s\n' "$2"
  shift 2
  "$@" && return 0
  lib_status=$?
  tell status "$lib_status"
  exit 1
}

# as_theirs: the rest of this shell is for the user's programs: with his umask, locale and variables,
# and nothing of what the step protocol is told by.
as_theirs() {
  unset BATON_FACTS BATON_FILES BATON_DIR
  umask "$lib_umask"
  if [ -n "$lib_locale" ]; then LC_ALL=$lib_locale; else unset LC_ALL; fi
  user_vars
}

# expand_into NAME PATH: absolute: `~` and what is relative mean the home folder.
expand_into() {
  case $2 in
  \~ | '') eval "$1=\$HOME" ;;
  \~/*) eval "$1=\$HOME/\${2#??}" ;;
  /*) eval "$1=\$2" ;;
  *) eval "$1=\$HOME/\$2" ;;
  esac
}

# put FILE VALUE [FILE VALUE]...: each file as a whole and in this order, or the old one stays. All of
# them are on the disk when it returns.
put() {
  lib_left=$#
  while [ "$lib_left" -gt 0 ]; do
    if ! printf '%s\n' "$2" >"$1.new" || ! mv -f -- "$1.new" "$1"; then
      rm -f -- "$1.new"
      fail no_space "cannot write $1: is the disk full, or the folder read-only?"
    fi
    # What was written goes behind what is still to come.
    lib_file=$1
    shift 2
    set -- "$@" "$lib_file"
    lib_left=$((lib_left - 2))
  done
  sync "$@" 2>/dev/null || :
}

# get_into NAME FILE: its first line, or nothing.
get_into() {
  lib_line=
  [ ! -f "$2" ] || IFS= read -r lib_line <"$2" || :
  eval "$1=\$lib_line"
}

# text_into NAME FILE: all of a small file, without the newlines at its end; nothing without it.
text_into() {
  lib_text=
  if [ -f "$2" ]; then
    while IFS= read -r lib_line || [ -n "$lib_line" ]; do
      lib_text=$lib_text$lib_newline$lib_line
    done <"$2"
    lib_text=${lib_text#"$lib_newline"}
  fi
  while :; do
    case $lib_text in
    *"$lib_newline") lib_text=${lib_text%"$lib_newline"} ;;
    *) break ;;
    esac
  done
  eval "$1=\$lib_text"
}

# holder_into NAME PATH: the nearest folder above (or at) PATH that exists.
holder_into() {
  lib_path=$2
  while [ ! -d "$lib_path" ] && [ "$lib_path" != / ]; do
    lib_path=${lib_path%/*}
    lib_path=${lib_path:-/}
  done
  eval "$1=\$lib_path"
}

# bounded SECONDS COMMAND...: as long as the host has a tool for it.
bounded() {
  if command -v timeout >/dev/null 2>&1; then
    timeout "$@"
  else
    shift
    "$@"
  fi
}

have() { command -v "$1" >/dev/null 2>&1; }

case ${BATON_DIR-} in
/*) ;;
*) fail internal "BATON_DIR is no absolute path: ${BATON_DIR-}" ;;
esac
