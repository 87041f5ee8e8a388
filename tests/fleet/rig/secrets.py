"""Secrets in every form that tools give them, and commands that print all of these."""

import base64
import json
import re
import shlex
import urllib.parse

# No two share eight bytes, and nothing else of the rig has these.
MASTER = "s3ntinel-4-c0ffee/+&=Zm9v"
VARIABLE = "v4riable'\"<s3cr3t>$x"
PASSWORD = "p4ssw0rd-of-a-URL"
TOKEN = "qu3ry-t0ken-of-a-check"
OPTION = "0ption-t0ken-of-a-hook"
ALL = (MASTER, VARIABLE, PASSWORD, TOKEN, OPTION)
# What only a command prints, and what only a template has when it is filled in.
PRINTED = "pr1nted-by=a/t00l+Kx"
FILLED = "f1ll3d&in~w1th-PART.4e"
SOURCES = (PRINTED, FILLED)

WINDOW = 8  # so many bytes of a secret in a row are a leak


def base64_of(text):
    return base64.b64encode(text.encode()).decode()


def forms(secret):
    """As tools print it; base64 also as the end of `user:secret`."""
    return {
        "plain": secret,
        "base64": base64_of(secret),
        "login": base64_of(f"user:{secret}"),
        "login2": base64_of(f"me:{secret}"),
        "url": urllib.parse.quote(secret, safe=""),
        "form": urllib.parse.quote_plus(secret),
        "hex": secret.encode().hex(),
        "HEX": secret.encode().hex().upper(),
        "json": json.dumps(secret)[1:-1],
        "go": json.dumps(secret)[1:-1].replace("&", "\\u0026").replace("<", "\\u003c").replace(
            ">", "\\u003e"),
        "xml": secret.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace(
            '"', "&quot;"),
        "quoted": secret.replace("'", "'\\''"),
    }


def windows(text, length):
    return {text[at:at + length] for at in range(len(text) - length + 1)}


def pieces(secret):
    """What must not be found: any few bytes of the secret, in plain, in base64 wherever it stands in
    what was encoded, in hexadecimal digits; and each form."""
    found = windows(secret, WINDOW) | windows(secret.encode().hex(), 2 * WINDOW)
    for before in range(3):
        # The ends of a base64 depend on what stands beside the secret.
        found |= windows(base64_of("u" * before + secret)[before + 1:-4], WINDOW + 4)
    return found | {form for name, form in forms(secret).items() if not name.startswith("login")}


def leaks(text, secrets=ALL):
    """The secrets of which something is in these bytes: {secret: what}. Also over lines."""
    joined = re.sub(rb"(\r?\n|\\n) *", b"", text)
    return {secret: piece for secret in secrets for piece in sorted(pieces(secret))
            if piece.encode() in text or piece.encode() in joined}


def script(secrets=ALL):
    """sh code that prints every secret in every form on both outputs: alone, in two halves that come
    apart, amid a line of base64 that is wrapped, and at the place where others cut a long line."""
    lines = ["say() {"]
    for secret in secrets:
        lines += [f"printf '%s\\n' {shlex.quote(form)}" for form in dict.fromkeys(forms(secret).values())]
        pause = "sleep 0.05; " if secret == secrets[0] else ""
        lines.append(f"printf %s {shlex.quote(secret[:9])}; {pause}printf '%s\\n' {shlex.quote(secret[9:])}")
        wrapped = base64_of(f"A=1\nAPP_TOKEN={secret}\nB=2\n")
        lines += [f"printf '%s\\n' {shlex.quote(wrapped[at:at + 20])}" for at in range(0, len(wrapped), 20)]
        for width in (180, 280, 380, 580):
            lines.append(f"printf '%0{width}d%s%0300d\\n' 0 {shlex.quote(secret)} 0")
    # The last line is what most errors tell.
    lines += [f"printf '%0280d%s%0400d\\n' 0 {shlex.quote(secrets[0])} 0", "}", "say", "say >&2"]
    return "\n".join(lines) + "\n"
