"""Where messages arrive: stand-ins of the Bot API, of Slack and of webhooks, and of a mail
server."""

import email
import email.policy
import http.server
import json
import socketserver
import ssl
import threading
import time

from . import processes


class Stand:
    """An HTTP server that records what it is sent and answers by a script.

    `script` holds answers for the next requests, each a dict: status, body, headers, or one of
    `hangs`, `cuts`; when it is empty `always` stands, by default what a Bot API says of success.
    With a `certificate`, a file that has its key too, it speaks TLS.
    """

    def __init__(self, certificate=None):
        self.got, self.script, self.always = [], [], {}
        self._certificate = certificate
        self._lock = threading.Lock()
        self._end = threading.Event()
        stand = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                stand.serve(self)

            def log_message(self, *words):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

        self._server = Server(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self):
        return f"http{'s' if self._certificate else ''}://127.0.0.1:{self._server.server_address[1]}"

    def serve(self, to):
        body = to.rfile.read(int(to.headers.get("Content-Length", 0)))
        with self._lock:
            how = self.script.pop(0) if self.script else dict(self.always)
            how.setdefault("status", 200)
            how.setdefault("body", {"ok": True, "result": {"message_id": len(self.got) + 1}})
            # What hangs or is cut has arrived: whether it counts, only the sender does not know.
            self.got.append({"path": to.path, "body": json.loads(body), "at": time.monotonic(),
                             "headers": dict(to.headers), "status": how["status"],
                             "taken": how["status"] == 200 and not how.get("hangs")
                             and not how.get("cuts")})
        if how.get("hangs"):
            self._end.wait(how["hangs"])
            to.close_connection = True
            return
        text = how["body"] if isinstance(how["body"], str) else json.dumps(how["body"])
        to.send_response(how["status"])
        for name, value in how.get("headers", {}).items():
            to.send_header(name, value)
        to.send_header("Content-Length", str(len(text) + (100 if how.get("cuts") else 0)))
        to.end_headers()
        to.wfile.write(text.encode())
        to.close_connection = True

    def texts(self, taken=True):
        """What was said, in the order in which it came; only what was taken, or all."""
        return [one["body"].get("text", "") for one in list(self.got) if one["taken"] or not taken]

    def wait_for(self, words, seconds=60):
        """The first text with these words that was taken."""
        def look():
            return next((text for text in self.texts() if words in text), None)
        return processes.until(f"{words!r} has come, not only {self.texts()}", look, seconds)

    def close(self):
        self._end.set()
        self._server.shutdown()
        self._server.server_close()


class Mailbox:
    """A mail server of this machine; `mails` are email.message objects. `script` holds lines to
    answer the next mails with in place of 250, when their content is there; `refusals` what a command
    (`RCPT`) is answered, `GREETING` is the first line."""

    def __init__(self):
        self.mails, self.script, self.refusals = [], [], {}
        box = self

        class Session(socketserver.StreamRequestHandler):
            def say(self, line):
                self.wfile.write(line.encode() + b"\r\n")

            def handle(self):
                self.say(box.refusals.get("GREETING", "220 a stand-in"))
                for line in self.rfile:
                    word = line.split(b" ")[0].strip().upper()
                    if word == b"QUIT":
                        return self.say("221 bye")
                    refusal = box.refusals.get(word.decode("ascii", "replace"))
                    if word != b"DATA" or refusal:
                        self.say(refusal or "250 go on")
                        continue
                    self.say("354 the mail")
                    content = b""
                    for text in self.rfile:
                        if text == b".\r\n":
                            break
                        content += text[1:] if text.startswith(b".") else text
                    if box.script:
                        self.say(box.script.pop(0))
                        continue
                    box.mails.append(email.message_from_bytes(content, policy=email.policy.default))
                    self.say("250 taken")
                return None

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        self._server = Server(("127.0.0.1", 0), Session)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self._server.server_address[1]}"

    def wait(self, count, seconds=30):
        return processes.until(f"{count} mails have come",
                               lambda: len(self.mails) >= count and self.mails, seconds)

    def close(self):
        self._server.shutdown()
        self._server.server_close()
