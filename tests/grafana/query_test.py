#!/usr/bin/env python3
"""Asks a real Prometheus every query of every panel; each must have an answer.

query_test.py [--any] EXPOSITION: the numbers are those of a file in the text format (`-`: standard input), as
they are after some runs; before them all counters are taken to be 0. With --any an answer may be NaN, as a mean of nothing is.
Exit status 77: Prometheus is not there.
"""

import json
import math
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

sys.dont_write_bytecode = True
import dashboards  # noqa: E402

step = 15
length = 1800
replacements = {"$__rate_interval": "5m", "$__range": "30m", "$job": ".+", "$instance": ".+", "$fleet": ".+"}


def read_families(text):
    """{name: (type, [(sample name, labels, value)])} of an exposition."""
    families = {}
    current = None
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, current, kind = line.split(" ")
            families[current] = (kind, [])
        elif line and not line.startswith("#"):
            name, labels, value = re.fullmatch(r"([a-zA-Z0-9_:]+)(\{.*\})? (\S+)", line).groups()
            families[current][1].append((name, (labels or "{}")[1:-1], value))
    return families


def open_metrics(families, end):
    """The same as OpenMetrics over some time: counters grow in the midst of it."""
    lines = []
    for name, (kind, samples) in families.items():
        bare = name[: -len("_total")] if kind == "counter" and name.endswith("_total") else name
        lines.append(f"# TYPE {bare} {kind}")
        for sample, labels, value in samples:
            labels = ",".join(filter(None, ['job="baton"', 'instance="here:1"', labels]))
            grows = kind in ("counter", "histogram")
            for at in range(end - length, end + 1, step):
                shown = "0" if grows and at < end - length // 2 else value
                lines.append(f"{sample}{{{labels}}} {shown} {at}")
    return "\n".join(lines + ["# EOF", ""])


class Prometheus:
    """A Prometheus on a free port of loopback over the blocks in a folder."""

    def __init__(self, folder):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{probe.getsockname()[1]}"
        config = folder / "prometheus.yml"
        config.write_text("global: {scrape_interval: 1h}\n")
        self.log = (folder / "log").open("w+")
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}",
             f"--web.listen-address={self.address}"], stdout=self.log, stderr=self.log)

    def __enter__(self):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"http://{self.address}/-/ready", timeout=2).read()
                return self
            except OSError:
                time.sleep(0.05)
        self.__exit__()
        self.log.seek(0)
        sys.exit("Prometheus does not start:\n" + self.log.read())

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)

    def ask(self, query, end):
        words = urllib.parse.urlencode(
            {"query": query, "start": end - length, "end": end, "step": step})
        try:
            with urllib.request.urlopen(f"http://{self.address}/api/v1/query_range?{words}", timeout=20) as answer:
                return json.load(answer)["data"]["result"]
        except urllib.error.HTTPError as refused:
            sys.exit(f"{query}\n{refused.read().decode()}")


def queries():
    for name, board in dashboards.load_all().items():
        for panel in dashboards.panels(board):
            for target in panel["targets"]:
                yield f"{name}: {panel['title']}", target["expr"]
        for note in board["annotations"]["list"]:
            yield f"{name}: annotation {note['name']}", note["expr"]


def main(words):
    may_be_nan = "--any" in words
    words = [word for word in words if word != "--any"]
    if len(words) != 1:
        sys.exit(__doc__)
    for tool in ("prometheus", "promtool"):
        if not shutil.which(tool):
            print(f"skipped: {tool} is not there (Debian package prometheus)")
            return 77
    text = sys.stdin.read() if words[0] == "-" else pathlib.Path(words[0]).read_text()
    end = int(time.time()) // step * step
    with tempfile.TemporaryDirectory(prefix="baton-grafana-") as name:
        folder = pathlib.Path(name)
        (folder / "numbers.om").write_text(open_metrics(read_families(text), end))
        subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", folder / "numbers.om",
                        folder / "data"], check=True, stdout=subprocess.DEVNULL)
        empty = []
        count = 0
        with Prometheus(folder) as answers:
            for where, query in queries():
                count += 1
                asked = query
                for name, value in replacements.items():
                    asked = asked.replace(name, value)
                values = [float(value) for one in answers.ask(asked, end) for _, value in one["values"]]
                if not any(may_be_nan or not math.isnan(value) for value in values):
                    empty.append(f"{where}: {query}")
    print(f"{count} queries, {len(empty)} without an answer", *empty, sep="\n")
    return 1 if empty or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
