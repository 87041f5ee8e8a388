"""What alerts are sent to, on ports of loopback, all of it written down: a Bot API, Slack, a webhook; mail."""

import email
import http.server
import json
import socketserver
import threading

TOKEN = "987654321:a-token-of-the-tests"


class Served:
    """A server on a thread of its own while the `with` lasts."""

    def __init__(self, server):
        self._server, self.port = server, server.server_address[1]
        self._thread = threading.Thread(target=server.serve_forever, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


class Mail(Served):
    """A mail server: `letters` has the messages that it took, oldest first."""

    def __init__(self):
        letters = self.letters = []

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                self.say("220 ready")
                while line := self.rfile.readline().strip().upper():
                    if line == b"DATA":
                        self.say("354 go on")
                        lines = []
                        while (line := self.rfile.readline()) != b".\r\n":
                            if not line:
                                return  # whoever wrote it is gone, in the middle of the letter
                            lines.append(line)
                        letters.append(email.message_from_bytes(b"".join(lines)))
                    if line == b"QUIT":
                        self.say("221 bye")
                        return
                    self.say("250 ok")

            def say(self, text):
                self.wfile.write(f"{text}\r\n".encode())

        super().__init__(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler))

    def subjects(self):
        return [one["Subject"] for one in list(self.letters)]


class Chat(Served):
    """`told` has (path, JSON) of every request, oldest first."""

    def __init__(self):
        told = self.told = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                told.append((self.path, body))
                chat = {"id": int(body.get("chat_id", 0)), "type": "supergroup", "title": "ops"}
                message = {"message_id": len(told), "date": 1, "chat": chat, "text": body.get("text", "")}
                answer = json.dumps({"ok": True, "result": message}) if "/bot" in self.path else "ok"
                self.send_response(200)
                self.send_header("Content-Type", "application/json" if "/bot" in self.path else "text/plain")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer.encode())

            def log_message(self, *_):
                pass

        super().__init__(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        self.url = f"http://127.0.0.1:{self.port}"

    def messages(self):
        """What the bot was told to say."""
        return [body for path, body in list(self.told) if path == f"/bot{TOKEN}/sendMessage"]

    def elsewhere(self, path):
        return [body for at, body in list(self.told) if at == path]
