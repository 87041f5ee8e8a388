"""What the tests of the dashboards share: where they are, and the queries in them."""

import json
import pathlib
import re

root = pathlib.Path(__file__).resolve().parents[2]
folder = root / "grafana" / "dashboards"


def load_all():
    return {path.name: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}


def panels(dashboard):
    """All panels but rows, those in collapsed rows too."""
    for panel in dashboard.get("panels", []):
        if panel.get("type") == "row":
            yield from panels(panel)
        else:
            yield panel


def names_in(query):
    """Metric names of a query."""
    without_text = re.sub(r'"(?:[^"\\]|\\.)*"', '""', query)
    return set(re.findall(r"\b(?:baton|process)_[a-z0-9_]+\b", without_text))


def selectors_in(query):
    """(metric name, labels in braces, what follows) of every selector in a query."""
    return re.findall(r"\b((?:baton|process)_[a-z0-9_]+)\b(?:\{([^}]*)\})?(\[[^\]]*\])?", query)
