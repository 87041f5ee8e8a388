"""The controller's journal, read past Baton."""

import contextlib
import json
import pathlib
import sqlite3


def file_of(state):
    """The one SQLite file below a state folder that has a table `event`."""
    for path in sorted(pathlib.Path(state).rglob("*")):
        if path.is_file() and path.read_bytes()[:15] == b"SQLite format 3":
            # closed before the file is read again: its locks are this process's, not a connection's
            with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as base:
                if base.execute("select 1 from sqlite_master where name = 'event'").fetchone():
                    return path
    return None


def events(state, run=None):
    """All events in order: dicts with seq, run, type and the event's own members."""
    path = file_of(state)
    if path is None:
        return []
    base = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
    try:
        base.row_factory = sqlite3.Row
        found = []
        for row in base.execute("select * from event order by seq"):
            row = dict(row)
            body = next(value for key, value in row.items() if key in ("json", "body", "data"))
            event = json.loads(body)
            event.update(seq=row["seq"], run=row["run"], type=row["type"])
            if run is None or event["run"] == run:
                found.append(event)
        return found
    finally:
        base.close()
