"""What of a table of cases `make test` takes; CI takes all (`make test TEST_ARGS=--whole`)."""

import pytest


def sample(cases, *kept):
    """The parameters of a test: of `cases`, those that are not `kept` are marked `whole`."""
    assert kept, "what is left out as a whole is marked so"
    missing = [one for one in kept if one not in cases]
    assert not missing, f"no such case: {missing}"
    return [one if one in kept else
            pytest.param(*(one if isinstance(one, tuple) else (one,)), marks=pytest.mark.whole)
            for one in cases]
