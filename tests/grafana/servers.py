"""Prometheus, Alertmanager and node exporter, each on a free port of loopback, each ended by its pid."""

import json
import pathlib
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request


def free_address():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def until(what, condition, seconds=60):
    """The first true value of `condition()`; fails naming `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain until {what}")
        time.sleep(0.05)


class Server:
    """A program that answers on http://`address` while the `with` lasts."""

    def __init__(self, folder, words, ready, **how):
        self.address = free_address()
        self._words, self._ready, self._how = [word.replace("ADDRESS", self.address) for word in words], ready, how
        self._log = pathlib.Path(folder) / f"{pathlib.Path(words[0]).name}.log"
        self._process = None

    def __enter__(self):
        assert shutil.which(self._words[0]), f"{self._words[0]} is missing: packaging/install test"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(self._words, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                             **self._how)
        try:
            until(f"{self._words[0]} answers", self._answers)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(20)

    @property
    def log(self):
        return self._log.read_text(errors="replace")

    def _answers(self):
        assert self._process.poll() is None, f"{self._words[0]} has ended:\n{self.log[-4000:]}"
        try:
            return self.get(self._ready) is not None
        except OSError:
            return False

    def get(self, path):
        with urllib.request.urlopen(f"http://{self.address}{path}", timeout=20) as answer:
            return answer.read().decode()

    def data(self, path, **words):
        """The `data` of an answer of the API."""
        try:
            return json.loads(self.get(f"{path}?{urllib.parse.urlencode(words)}"))["data"]
        except urllib.error.HTTPError as refused:
            raise AssertionError(f"{words}: {refused.read().decode()}") from refused


class Prometheus(Server):
    """Its data lie in `folder`/data; `config` is what its file says."""

    def __init__(self, folder, config):
        file = pathlib.Path(folder) / "prometheus.yml"
        file.write_text(json.dumps(config))  # JSON is YAML
        super().__init__(folder, ["prometheus", f"--config.file={file}",
                                  f"--storage.tsdb.path={pathlib.Path(folder) / 'data'}",
                                  "--web.listen-address=ADDRESS", "--log.level=warn"], "/-/ready")

    def ask(self, query, start, end, step):
        return self.data("/api/v1/query_range", query=query, start=start, end=end, step=step)["result"]

    def now(self, query):
        return self.data("/api/v1/query", query=query)["result"]

    def firing(self):
        """Names of the alerts that fire, with their labels."""
        return [one["labels"] for one in self.data("/api/v1/alerts")["alerts"] if one["state"] == "firing"]


class Alertmanager(Server):
    def __init__(self, folder, file):
        super().__init__(folder, ["prometheus-alertmanager", f"--config.file={file}",
                                  f"--storage.path={pathlib.Path(folder) / 'alertmanager'}",
                                  "--web.listen-address=ADDRESS", "--cluster.listen-address=",
                                  "--log.level=warn"], "/-/ready")


class NodeExporter(Server):
    """Reads the text files of a folder, and nothing else."""

    def __init__(self, folder, textfiles):
        super().__init__(folder, ["prometheus-node-exporter", "--collector.disable-defaults",
                                  "--collector.textfile", f"--collector.textfile.directory={textfiles}",
                                  "--web.listen-address=ADDRESS",
                                  "--log.level=warn"], "/metrics")
