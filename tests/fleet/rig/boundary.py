"""Ends baton, or its connections, at a boundary of its journal (boundary.cpp)."""

import os
import pathlib

from .cli import BATON

LIBRARY = os.environ.get("BOUNDARY_LIBRARY") or str(
    pathlib.Path(BATON).resolve().parents[1] / "tests/libfleet_boundary.so")


def at(when, number, deed):
    """The environment of a baton that ends there. `when`: before, torn, after; `deed`: kill, cut."""
    return {"LD_PRELOAD": LIBRARY, "BOUNDARY": f"{when} {number} {deed}"}


class Count:
    """How many transactions a baton writes that has `environment`."""

    def __init__(self, directory):
        self._log = pathlib.Path(directory) / "boundaries"
        self.environment = {"LD_PRELOAD": LIBRARY, "BOUNDARY_LOG": str(self._log)}

    def __call__(self):
        return self._log.read_text().count("\n") if self._log.exists() else 0
