"""A router between the controller and a host, that forgets connections."""

import contextlib
import socket
import threading

from .host import public_key


class Nat:
    """From now on `host` is reached through it: baton.yaml is written anew, and its key is known there.

    `accepted`: how many connections have come. Ends with its `with`.
    """

    def __init__(self, fleet, host):
        self.accepted = 0
        self._to = (host.address, host.port)
        self._known, self._forgotten = set(), set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        fleet.config["hosts"][host.name].update(address="127.0.0.1", port=port)
        fleet.config.write()
        with open(fleet.known_hosts, "a", encoding="utf-8") as file:
            file.write(f"[127.0.0.1]:{port} {public_key(host.dir / 'host_key')}\n")

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        for one in [self._listener, *self._known]:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def forget(self):
        """Nothing goes through the connections there are any more, and nobody is told. New ones work."""
        self._forgotten |= self._known

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._to)
                self._known |= {near, far}
                self.accepted += 1
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self._pump, args=pair, daemon=True).start()

    def _pump(self, source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if source not in self._forgotten:
                    sink.sendall(data)
            if source not in self._forgotten:
                sink.shutdown(socket.SHUT_WR)
