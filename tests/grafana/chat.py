"""What alerts are sent to: a Bot API, Slack and a webhook on one port of loopback, which write all down."""

import http.server
import json
import threading

TOKEN = "987654321:a-token-of-the-tests"


class Chat:
    """`told` has (path, JSON) of every request, oldest first, while the `with` lasts."""

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

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def messages(self):
        """What the bot was told to say."""
        return [body for path, body in list(self.told) if path == f"/bot{TOKEN}/sendMessage"]

    def elsewhere(self, path):
        return [body for at, body in list(self.told) if at == path]
