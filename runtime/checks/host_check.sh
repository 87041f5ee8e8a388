# shellcheck shell=sh
# Health checks as a host can ask them, with whatever tools it has. Each function returns 0 when
# healthy, 1 when not, 2 when the host lacks every tool that could ask; in the last two cases
# check_why is one line that says why. Times are whole seconds. Nothing is changed by asking.

# within SECONDS COMMAND WORD...: an external command with no standard input; its status, or 143 or
# 137 and within_late=1 when it had to be ended. Its group does not outlive it.
within() {
  _within=$1
  shift
  read -r _begun _ </proc/uptime
  if command -v setsid >/dev/null; then
    setsid "$@" </dev/null &
    _child=$!
    # shellcheck disable=SC2016 # for the inner shell
    setsid /bin/sh -c 'sleep "$1"; kill -TERM "-$2"; sleep 1; kill -KILL "-$2"' sh \
      "$_within" "$_child" </dev/null >/dev/null 2>&1 3>&- &
  else
    "$@" </dev/null &
    _child=$!
    /bin/sh -c 'sleep "$1"; kill -TERM "$2"; sleep 1; kill -KILL "$2"' sh \
      "$_within" "$_child" </dev/null >/dev/null 2>&1 3>&- &
  fi
  _watch=$!
  wait "$_child" 2>/dev/null # a shell may say how it ended
  _ended=$?
  # The watcher may not have made its group yet: its own number first.
  kill -KILL "$_watch" 2>/dev/null
  kill -KILL "-$_watch" 2>/dev/null
  kill -KILL "-$_child" 2>/dev/null
  wait "$_watch" 2>/dev/null
  read -r _now _ </proc/uptime
  within_late=0
  [ "$_ended" -lt 128 ] || [ $((${_now%.*} - ${_begun%.*})) -lt "$_within" ] || within_late=1
  return "$_ended"
}

# judge_answer CODE EXPECTED BODY TEXT: an HTTP answer against what it should be.
judge_answer() {
  case $1 in
    [1-9][0-9][0-9]) ;;
    *) check_why="no HTTP answer"; return 1 ;;
  esac
  if [ "$2" = 0 ]; then
    case $1 in
      2?? | 3??) ;;
      *) check_why="answered with status $1"; return 1 ;;
    esac
  elif [ "$1" != "$2" ]; then
    check_why="answered with status $1, not $2"
    return 1
  fi
  case $4 in
    *"$3"*) return 0 ;;
  esac
  check_why="answered with status $1, without the expected text"
  return 1
}

# One line of what a tool said, without its name and number.
said_by() {
  _said=${1##*"
"}
  check_why=${_said#*: }
  check_why=${check_why#(*) }
  [ -n "$check_why" ] || check_why="no answer"
}

# The URL goes by standard input: it may hold credentials, and arguments are for all to see.
ask_curl() {
  case $1 in
    *[\\\"]*) _url=$(printf '%s' "$1" | sed 's/[\\"]/\\&/g') ;;
    *) _url=$1 ;;
  esac
  if [ -z "$3" ]; then
    _answer=$(printf 'url = "%s"\n' "$_url" | curl -q -g -sS -m "$4" -o /dev/null \
      -w '%{http_code}' --proto =http,https -K - 2>&1) || {
      said_by "${_answer%?[0-9][0-9][0-9]}"
      return 1
    }
    judge_answer "$_answer" "$2" '' ''
    return
  fi
  # The head comes first, so a cut body costs nothing; what is over 1 MiB is not looked at.
  _answer=$(printf 'url = "%s"\n' "$_url" | curl -q -g -sS -i -m "$4" \
    --proto =http,https -K - 2>/dev/null | {
    dd bs=1048576 count=1 iflag=fullblock 2>/dev/null
    cat >/dev/null
  } | tr -d '\000')
  _code=${_answer#* }
  judge_answer "${_code%%[!0-9]*}" "$2" "$3" "$_answer" && return 0
  # Again for the reason, when there was no answer at all.
  [ -n "$_answer" ] || ask_curl "$1" "$2" '' "$4" || true
  return 1
}

# Prints the first status line it meets: wget's own, of GNU or busybox, also when that was a
# redirect that it went after.
first_status() {
  sed -n 's/.*HTTP\/[0-9.]* \([1-9][0-9][0-9]\).*/\1/p' | sed 1q
}

# wget_url SECONDS URL WORD...: by standard input where wget reads it (GNU's).
wget_url() {
  _limit=$1 check_url=$2
  shift 2
  # No -T: busybox's wget dies of it in Debian 12, and it bounds each read, not the whole.
  if [ "$_gnu" = yes ]; then
    export check_url
    # shellcheck disable=SC2016
    within "$_limit" sh -c 'printf "%s\n" "$check_url" | wget "$@" -i -' sh --max-redirect=0 --tries=1 "$@"
  else
    within "$_limit" wget "$@" "$check_url"
  fi
}

ask_wget() {
  case $(wget --help 2>&1) in
    *--max-redirect*) _gnu=yes ;;
    *) _gnu=no ;;
  esac
  case $_gnu:$1 in
    no:*[@?]*)
      check_why="only busybox's wget is here to ask with, which would show the URL's secrets to everybody: install curl"
      return 2
      ;;
  esac
  # Twice, as wget has one output for the body and one for all else, and neither may go to disk.
  _answer=$(wget_url "$4" "$1" -S -O /dev/null 2>&1) || [ "$?" -lt 128 ] || {
    check_why="no answer within $4 s"
    return 1
  }
  _code=$(printf '%s\n' "$_answer" | first_status)
  if [ -z "$_code" ]; then
    said_by "$_answer"
    return 1
  fi
  _body=
  if [ -n "$3" ]; then
    _body=$(wget_url "$4" "$1" -q -O - 2>/dev/null |
      dd bs=1048576 count=1 iflag=fullblock 2>/dev/null | tr -d '\000')
  fi
  judge_answer "$_code" "$2" "$3" "$_body"
}

ask_python() {
  _answer=$(printf '%s' "$1" | {
    # shellcheck disable=SC2016
    python3 -c '
import signal, sys, urllib.request, urllib.error
signal.alarm(int(sys.argv[1]) + 1)
class stay(urllib.request.HTTPRedirectHandler):
  def redirect_request(self, *_): return None
try:
  with urllib.request.build_opener(stay).open(sys.stdin.read(), timeout=float(sys.argv[1])) as a:
    code, body = a.status, a.read(1 << 20)
except urllib.error.HTTPError as e:
  code, body = e.code, e.read(1 << 20)
except Exception as e:
  print("- " + str(getattr(e, "reason", e)).replace("\n", " "))
  sys.exit()
print(code, flush=True)
sys.stdout.buffer.write(body.replace(b"\0", b""))
' "$4"
  } 2>&1)
  case $_answer in
    "- "*) check_why=${_answer#- }; return 1 ;;
  esac
  judge_answer "${_answer%%[!0-9]*}" "$2" "$3" "$_answer"
}

# check_http URL STATUS BODY SECONDS: one GET, redirects not followed. STATUS 0 accepts 200-399;
# BODY is a text that must occur, empty: any.
check_http() {
  # A line break would end its line of curl's configuration.
  case $1 in
    *[[:space:][:cntrl:]]*) check_why="is no URL"; return 1 ;;
  esac
  no_proxy=localhost,127.0.0.1,::1${no_proxy:+,$no_proxy}
  export no_proxy
  if command -v curl >/dev/null; then
    ask_curl "$@"
  elif command -v wget >/dev/null; then
    ask_wget "$@"
  elif command -v python3 >/dev/null; then
    ask_python "$@"
  else
    check_why="this host has none of curl, wget, python3 to ask with"
    return 2
  fi
}

# check_tcp HOST PORT SECONDS: whether something accepts the connection.
check_tcp() {
  case $1 in
    -*) check_why="$1 is no host"; return 1 ;;
  esac
  if command -v bash >/dev/null; then
    # shellcheck disable=SC2016
    _answer=$(within "$3" bash -c 'exec 3<>"/dev/tcp/$1/$2"' bash "$1" "$2" 2>&1)
  elif command -v python3 >/dev/null; then
    _answer=$(within "$3" python3 -c 'import socket, sys
try: socket.create_connection((sys.argv[1], int(sys.argv[2])), float(sys.argv[3])).close()
except OSError as e: sys.exit(str(e))' "$1" "$2" "$3" 2>&1)
  elif command -v nc >/dev/null; then
    # -z is to connect and no more; where that is unknown (busybox), a program takes over at once.
    _answer=$(within "$3" nc -z -w "$3" "$1" "$2" 2>&1) ||
      case $_answer in
      *"nvalid option"* | *"nrecognized option"* | *Usage*)
        _answer=$(within "$3" nc -w "$3" "$1" "$2" -e true 2>&1)
        ;;
      *) false ;;
      esac
  else
    check_why="this host has none of bash, python3, nc to connect with"
    return 2
  fi && return 0
  said_by "$_answer"
  case $check_why in
    "no answer" | *"imed out"* | *erminated*) check_why="no answer within $3 s" ;;
    *efused*) check_why="connection refused" ;;
    *) case $_answer in
      *"ot known"* | *"resolution"*) check_why="$1 cannot be resolved" ;;
    esac ;;
  esac
  return 1
}

# check_command SECONDS COMMAND WORD...: status 0 is healthy.
check_command() {
  _limit=$1
  shift
  # Status and lateness first, then the end of what it printed, which tail gives only at the end.
  _answer=$({
    {
      within "$_limit" "$@" 2>&1 3>&-
      _ended=$?
      printf '%s %s\n' "$_ended" "$within_late" >&3
    } | { tail -c 4096 || cat; } 2>/dev/null
  } 3>&1)
  _head=${_answer%%"
"*}
  _answer=${_answer#"$_head"}
  case $_head in
    "0 "*) return 0 ;;
    *" 1") check_why="did not end within $_limit s" ;;
    "127 "*) check_why="$1 was not found" ;;
    *)
      _head=${_head% *}
      check_why="ended with status $_head"
      [ "$_head" -le 128 ] || check_why="was killed by signal $((_head - 128))"
      _answer=${_answer##*"
"}
      # A line whose beginning is gone is not told: it may begin amid a secret.
      [ "${#_answer}" -lt 4095 ] || _answer=
      [ -z "$_answer" ] || check_why="$check_why: $_answer"
      ;;
  esac
  return 1
}
