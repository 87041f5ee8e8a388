"""docs/json.md: what Baton prints as JSON is named there."""

import pathlib
import re

PAGE = pathlib.Path(__file__).resolve().parents[3] / "docs/json.md"
NAMED = {word for span in re.findall(r"`([^`\n]+)`", PAGE.read_text(encoding="utf-8"))
         for word in re.split(r"[. ]", span)}
# Their keys are names of hosts, stacks, services, phases, facts ...
NAMES = {"hosts", "stacks", "services", "details", "facts"}
# ... and these are baton.yaml in Baton's own words.
FREE = {"fleet", "stages", "config"}


def unnamed(said):
    """The keys of a document that the page does not name."""
    if isinstance(said, list):
        return set().union(*map(unnamed, said))
    if not isinstance(said, dict):
        return set()
    found = said.keys() - NAMED
    for key, value in said.items():
        if key in NAMES and isinstance(value, dict):
            found |= unnamed(list(value.values()))
        elif key not in FREE:
            found |= unnamed(value)
    return found
