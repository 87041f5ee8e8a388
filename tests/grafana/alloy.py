"""Reads a file of Grafana Alloy, and does what its pipeline would do with a line of a log.

Alloy itself cannot be had where the tests run: this knows the syntax and the stages that our file uses,
and refuses everything else.
"""

import json
import re

TOKEN = re.compile(r'\s+|//[^\n]*|(?P<text>"(?:[^"\\]|\\.)*")|(?P<word>[A-Za-z_][\w.]*)|(?P<sign>[={}\[\],])')


def tokens(text):
    at = 0
    while at < len(text):
        found = TOKEN.match(text, at)
        if not found:
            raise ValueError(f"line {text.count(chr(10), 0, at) + 1}: what is {text[at:at + 20]!r}?")
        at = found.end()
        if found.lastgroup:
            yield found.lastgroup, found[found.lastgroup]


class Parser:
    def __init__(self, text):
        self.rest = list(tokens(text))

    def take(self, kind, value=None):
        found = self.rest.pop(0)
        if found[0] != kind or value not in (None, found[1]):
            raise ValueError(f"{value or kind} is wanted, and not {found[1]!r}")
        return found[1]

    def next_is(self, value):
        return bool(self.rest) and self.rest[0] == ("sign", value)

    def body(self, end=None):
        """[(name, label, {…} or value)] up to `end`."""
        made = []
        while self.rest and not (end and self.next_is(end)):
            name, label = self.take("word"), None
            if self.next_is("="):
                self.take("sign", "=")
                made.append((name, None, self.value()))
                continue
            if self.rest[0][0] == "text":
                label = json.loads(self.take("text"))
            self.take("sign", "{")
            made.append((name, label, self.body("}")))
            self.take("sign", "}")
        return made

    def value(self):
        if self.next_is("["):
            return self.series("[", "]", self.value)
        if self.next_is("{"):
            return dict(self.series("{", "}", self.pair))
        kind, text = self.rest.pop(0)
        return json.loads(text) if kind == "text" else Reference(text)

    def pair(self):
        kind, text = self.rest.pop(0)
        self.take("sign", "=")
        return (json.loads(text) if kind == "text" else text), self.value()

    def series(self, begin, end, one):
        self.take("sign", begin)
        made = []
        while not self.next_is(end):
            made.append(one())
            if not self.next_is(end):
                self.take("sign", ",")
        self.take("sign", end)
        return made


class Reference(str):
    """What another component gives: `loki.write.loki.receiver`."""


def read(text):
    return Parser(text).body()


def references(value):
    if isinstance(value, Reference):
        yield value
    elif isinstance(value, (list, tuple, dict)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from references(one)


def components(config):
    """{full name: body} of what has a label."""
    return {f"{name}.{label}": body for name, label, body in config if label}


def carry(config, name, line, labels):
    """What `loki.process.NAME` makes of a line: its time, labels, structured metadata."""
    had, labels, metadata, time = {}, dict(labels), {}, None
    for stage, _, body in components(config)[f"loki.process.{name}"]:
        if stage == "forward_to":
            continue
        said = {key: value for key, _, value in body}
        if stage == "stage.json":
            members = json.loads(line)
            for into, path in said["expressions"].items():
                had[into] = members.get(path or into)
        elif stage == "stage.timestamp":
            # RFC3339Nano, and as Baton has it
            if said["format"] != "RFC3339Nano" or not re.fullmatch(
                    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z", had.get(said["source"]) or ""):
                raise ValueError(f"no time in {line!r}")
            time = had[said["source"]]
        elif stage in ("stage.labels", "stage.structured_metadata"):
            into = labels if stage == "stage.labels" else metadata
            for key, source in said["values"].items():
                if had.get(source or key) is not None:
                    into[key] = str(had[source or key])
        elif stage == "stage.label_drop":
            for key in said["values"]:
                labels.pop(key, None)
        else:
            raise ValueError(f"no stage {stage} is known here")
    return time, labels, metadata
