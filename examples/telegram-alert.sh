#!/bin/sh
# Baton's alerts as Telegram messages. In baton.yaml:
#
#   alerts: {on_alert: ./telegram-alert.sh}
#
# The bot's token (from @BotFather) is the first line of the file TELEGRAM_TOKEN_FILE, mode 0600, by
# default ~/.config/baton/telegram.token; the chat's number is the second, or TELEGRAM_CHAT.
# TELEGRAM_API is where the Bot API answers, by default https://api.telegram.org.
# Needs curl and python3. Reads the alert's event as JSON, one line, from standard input.
set -eu
umask 077

token_file=${TELEGRAM_TOKEN_FILE:-$HOME/.config/baton/telegram.token}
api=${TELEGRAM_API:-https://api.telegram.org}
[ -r "$token_file" ] || { echo "telegram-alert: cannot read $token_file" >&2; exit 1; }
{
  IFS= read -r token || :
  IFS= read -r chat || :
} <"$token_file"
chat=${TELEGRAM_CHAT:-$chat}
if [ -z "$token" ] || [ -z "$chat" ]; then
  echo "telegram-alert: $token_file wants the token in its first line, the chat in its second" >&2
  exit 1
fi

# The request's body, a whole JSON document: at most 4096 characters of text once Telegram has read
# the markup, so it is cut before it is escaped. Loud when it is critical.
body=$(CHAT=$chat python3 -c '
import html, json, os, sys
event = json.loads(sys.stdin.readline())
severity = str(event.get("severity", "warning"))
sign = {"critical": "\U0001F534", "warning": "\U0001F7E0"}.get(severity, "\u26AA")
where = " ".join(str(event[key]) for key in ("phase", "host") if event.get(key))
head = f"{severity}: {where}" if where else severity
run = str(event.get("run", ""))
room = 4096 - len(sign) - len(head) - len(run) - 8
text = str(event.get("text", ""))
if len(text) > room:
    text = text[:room - 1] + "\u2026"
lines = [f"{sign} <b>{html.escape(head, quote=False)}</b>", html.escape(text, quote=False)]
if run:
    lines.append(f"<code>{html.escape(run, quote=False)}</code>")
print(json.dumps({"chat_id": os.environ["CHAT"], "text": "\n".join(lines), "parse_mode": "HTML",
                  "disable_web_page_preview": True,
                  "disable_notification": severity not in ("critical", "warning")}))
')

# The address has the token in it, so it goes to curl by a pipe, never as an argument.
send() {
  {
    printf 'url = "%s/bot%s/sendMessage"\n' "$api" "$token"
    printf 'header = "Content-Type: application/json"\n'
    printf 'data-binary = "%s"\n' "$(printf '%s' "$body" | sed 's/[\\"]/\\&/g')"
  } | curl -q -sS -m 20 --proto =http,https -w '\n%{http_code}' -K - 2>/dev/null || :
}

# field NAME: of the last answer.
field() {
  printf '%s' "$answer" | python3 -c '
import json, sys
try:
    value = json.load(sys.stdin)
    for key in sys.argv[1].split("."):
        value = value[key]
    print(value)
except Exception:
    pass' "$1"
}

tries=0
while :; do
  tries=$((tries + 1))
  answer=$(send)
  status=${answer##*
}
  answer=${answer%
*}
  case $status in
  200) exit 0 ;;
  429)
    # Once, as long as it says, but not beyond what Baton waits for.
    pause=$(field parameters.retry_after)
    case $pause in
    [1-9] | 1[0-9] | 20) ;;
    *) pause= ;;
    esac
    if [ "$tries" -eq 1 ] && [ -n "$pause" ]; then
      sleep "$pause"
      continue
    fi
    ;;
  esac
  echo "telegram-alert: not sent, status $status: $(field description)" >&2
  # What may pass ends with 75: Baton tries again. 000: no answer at all. Else the message is given up.
  case $status in
  000 | 408 | 429 | 5??) exit 75 ;;
  esac
  exit 1
done
