"""Fixtures: a fleet per test, and what must be true after every run."""

import contextlib
import os
import pathlib
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from rig import made  # noqa: E402
from rig.cli import BATON  # noqa: E402
from rig.fleet import DEFAULT, Fleet, Kept  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line("markers", "whole: a variant that CI runs, and `make test TEST_ARGS=--whole`")
    if not os.access(BATON, os.X_OK):
        pytest.exit(f"no baton binary at {BATON}: build it, or name one in BATON", returncode=3)


def pytest_collection_modifyitems(items):
    if os.environ.get("BATON_TESTS") == "sample":
        for item in items:
            if item.get_closest_marker("whole"):
                item.add_marker(pytest.mark.skip(reason="a variant: make test TEST_ARGS=--whole"))


def new_fleet(*names):
    # a short path: it is also the path of sockets
    return Fleet(tempfile.mkdtemp(prefix="baton-rig."), names or DEFAULT)


@pytest.fixture
def make_fleet():
    """make_fleet(names...) starts a fleet; all of them are gone when the test ends."""
    made = []

    def make(*names):
        made.append(new_fleet(*names))
        return made[-1]

    yield make
    for fleet in made:
        fleet.remove()


@pytest.fixture(scope="session")
def kept():
    """What `prepared` has made: {what, with what: fleet}."""
    fleets = {}
    yield fleets
    for one in fleets.values():
        one.remove()


@pytest.fixture
def prepared(kept):
    """prepared(make, words...) is the fleet that make(make_fleet, words...) returned, untouched by any
    other test: it is made once, and laid out again from a copy for each."""
    lent = []

    def prepare(make, *words):
        if (make, words) not in kept:
            with contextlib.ExitStack() as unless_made:
                kept[make, words] = Kept(make(make_one(unless_made), *words))
                unless_made.pop_all()
        lent.append(kept[make, words].again())
        return lent[-1]

    def make_one(unless_made):
        def make(*names):
            fleet = new_fleet(*names)
            unless_made.callback(fleet.remove)
            return fleet
        return make

    yield prepare
    for fleet in lent:
        fleet.stop()


@pytest.fixture
def fleet(prepared):
    """The three machines, nothing deployed, baton.yaml written, v1 published."""
    return prepared(made.published)


@pytest.fixture
def deployed(prepared):
    """The three machines, serving v1, deployed by Baton; `done` is that run."""
    return prepared(made.deployed)
