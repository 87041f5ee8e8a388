"""Fixtures: a fleet per test, and what must be true after every run."""

import os
import pathlib
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from rig.cli import BATON  # noqa: E402
from rig.fleet import DEFAULT, Fleet  # noqa: E402


def pytest_configure(config):
    if not os.access(BATON, os.X_OK):
        pytest.exit(f"no baton binary at {BATON}: build it, or name one in BATON", returncode=3)


@pytest.fixture
def make_fleet():
    """make_fleet(names...) starts a fleet; all of them are gone when the test ends."""
    made = []

    def make(*names):
        # a short path: it is also the path of sockets
        fleet = Fleet(tempfile.mkdtemp(prefix="baton-rig."), names or DEFAULT)
        made.append(fleet)
        return fleet

    yield make
    for fleet in made:
        fleet.remove()
        shutil.rmtree(fleet.dir, ignore_errors=True)


@pytest.fixture
def fleet(make_fleet):
    """The three machines, nothing deployed, baton.yaml written, v1 published."""
    three = make_fleet()
    three.repository.release("v1")
    three.config.write()
    return three


@pytest.fixture
def deployed(fleet):
    """The three machines, serving v1, deployed by Baton."""
    done = fleet.baton.deploy()
    assert done.code == 0, done
    assert fleet.serving() == dict.fromkeys(fleet.hosts, "v1")
    return fleet
