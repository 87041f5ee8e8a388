#!/usr/bin/env python3
"""Asks a real Prometheus every query of every panel and rule; each must have an answer.

query_test.py [--any] EXPOSITION: the numbers are those of a file in the text format (`-`: standard input), as
they are after some runs; before them all counters are taken to be 0. Prometheus has them twice: from a Baton
that it asks itself, and from a text file that node exporter reads. With --any an answer may be NaN, as a mean
of nothing is.
"""

import math
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import dashboards
import families
import rules
from servers import Prometheus

step = 15
length = 1800
replacements = {"$__rate_interval": "5m", "$__range": "30m", "$job": ".+", "$instance": ".+", "$fleet": ".+",
                "$host": ".+", "$phase": ".+"}


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


def sample(name, labels, value):
    return name, ",".join(f'{key}="{text}"' for key, text in labels.items()), str(value)


def made_up(name, kind, labels):
    """A family of which there is no series: one of it."""
    if kind != "histogram":
        return kind, [sample(name, labels, 3)]
    edges = ["0.1", "1", "10", "+Inf"]
    return kind, [*(sample(f"{name}_bucket", labels | {"le": edge}, nth) for nth, edge in enumerate(edges)),
                  sample(f"{name}_sum", labels, 12), sample(f"{name}_count", labels, 3)]


def of_others(end):
    """What Prometheus and node exporter say themselves."""
    file = {"file": "/var/lib/prometheus/node-exporter/baton.prom"}
    return {"up": ("gauge", [sample("up", {}, 1)]),
            "node_textfile_mtime_seconds": ("gauge", [sample("node_textfile_mtime_seconds", file, end - 60)]),
            "node_textfile_scrape_error": ("gauge", [sample("node_textfile_scrape_error", {}, 0)])}


def open_metrics(told, end):
    """The same as OpenMetrics over some time, by instance: counters grow in the midst of it."""
    lines = []
    for name in sorted({name for one in told.values() for name in one}):
        kind = next(one[name][0] for one in told.values() if name in one)
        bare = name[: -len("_total")] if kind == "counter" and name.endswith("_total") else name
        lines.append(f"# TYPE {bare} {kind}")
        grows = kind in ("counter", "histogram")
        for instance, one in told.items():
            for sample_name, labels, value in one.get(name, (kind, []))[1]:
                labels = ",".join(filter(None, [instance, labels]))
                for at in range(end - length, end + 1, step):
                    shown = "0" if grows and at < end - length // 2 else value
                    lines.append(f"{sample_name}{{{labels}}} {shown} {at}")
    return "\n".join(lines + ["# EOF", ""])


def instances(text, end):
    """{labels: {family: (kind, samples)}} of the two ways in which Baton is read."""
    own = read_families(text)
    own |= {name: made_up(name, *of) for name, of in families.at_work.items()
            if all(value == "0" for _, _, value in own.get(name, ("", []))[1])}
    others = of_others(end)
    return {
        'job="baton",instance="controller:9187"': own | {"up": others["up"]},
        # node exporter has a process of its own
        'job="node",instance="controller:9100"':
            {name: one for name, one in own.items() if not name.startswith("process_")} | others,
    }


def queries():
    for name, board in dashboards.load_all().items():
        for panel in dashboards.panels(board):
            for target in panel["targets"]:
                yield f"{name}: {panel['title']} {target['refId']}", target["expr"]
        for note in board["annotations"]["list"]:
            yield f"{name}: annotation {note['name']}", note["expr"]
    for name, expr in rules.parts():
        yield name, expr


def main(words):
    may_be_nan = "--any" in words
    words = [word for word in words if word != "--any"]
    if len(words) != 1:
        sys.exit(__doc__)
    text = sys.stdin.read() if words[0] == "-" else pathlib.Path(words[0]).read_text()
    end = int(time.time()) // step * step
    with tempfile.TemporaryDirectory(prefix="baton-grafana-") as name:
        folder = pathlib.Path(name)
        (folder / "numbers.om").write_text(open_metrics(instances(text, end), end))
        subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", folder / "numbers.om",
                        folder / "data"], check=True, stdout=subprocess.DEVNULL)
        empty = []
        count = 0
        with Prometheus(folder, {"global": {"scrape_interval": "1h"}}) as answers:
            assert not answers.ask("baton_of_nobody", end - length, end, step), "it answers whatever is asked"
            for where, query in queries():
                count += 1
                asked = query
                for name, value in replacements.items():
                    asked = asked.replace(name, value)
                rows = answers.ask(asked, end - length, end, step)
                values = [float(value) for row in rows for _, value in row["values"]]
                if not any(may_be_nan or not math.isnan(value) for value in values):
                    empty.append(f"{where}: {query}")
    print(f"{count} queries, {len(empty)} without an answer", *empty, sep="\n")
    return 1 if empty or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
