"""What the tests of grafana/ share: the dashboards, and the queries in them."""

import json
import re

from families import root

folder = root / "grafana" / "dashboards"

NAME = r"\b(?:(?:baton|process|node)_[a-z0-9_]+|up)\b(?!:)"


def load_all():
    return {path.name: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}


def panels(dashboard):
    """All panels but rows, those in collapsed rows too."""
    for panel in dashboard.get("panels", []):
        if panel.get("type") == "row":
            yield from panels(panel)
        else:
            yield panel


def targets(board):
    for panel in panels(board):
        for target in panel.get("targets", []):
            yield panel, target


def variable(board, name):
    for one in board.get("templating", {}).get("list", []):
        if one.get("name") == name:
            return one
    return {}


def names_in(query):
    """Metric names of a query; not those of recording rules, which have colons."""
    without_text = re.sub(r'"(?:[^"\\]|\\.)*"', '""', query)
    return set(re.findall(r"(?<![:\w])" + NAME, without_text))


def selectors_in(query):
    """(metric name, labels in braces, what follows) of every selector in a query."""
    return re.findall(rf"({NAME})(?:\{{([^}}]*)\}})?(\[[^\]]*\])?", query)
