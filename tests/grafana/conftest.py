"""The loopback fleet of tests/fleet, watched by Prometheus, Alertmanager and a chat."""

import contextlib
import pathlib
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "fleet"))

from rig import made  # noqa: E402
from rig.fleet import DEFAULT, Fleet  # noqa: E402
from watched import Watched  # noqa: E402


@pytest.fixture(scope="module")
def watched():
    """The three machines, serving v1, their numbers scraped from then on."""
    with contextlib.ExitStack() as all_of_it:
        def make(*names):
            fleet = Fleet(tempfile.mkdtemp(prefix="baton-rig."), names or DEFAULT)
            all_of_it.callback(fleet.remove)
            return fleet

        folder = all_of_it.enter_context(tempfile.TemporaryDirectory(prefix="baton-watch."))
        fleet = made.published(make)
        yield all_of_it.enter_context(Watched(fleet, pathlib.Path(folder)))
