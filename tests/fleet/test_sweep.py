"""Killed, or cut off, at a boundary of its journal: a sample of `make sweep`, which has them all."""

import contextlib
import signal

import pytest
from rig import boundary, disturbed
from rig.disturbed import STORIES, WAYS

# Ways in turn, so that each story and each way has places of its own.
POINTS = {"good": 4, "rolled-back": 3, "partial": 3}


@pytest.fixture
def one_more(prepared):
    """A fleet for one run."""
    @contextlib.contextmanager
    def make():
        fleet = prepared(disturbed.with_every_phase)
        try:
            yield fleet
        finally:
            fleet.stop()

    return make


@pytest.mark.parametrize("story", STORIES)
def test_wherever_it_is_disturbed_it_ends_in_the_same_verdict_with_each_effect_done_once(one_more, story):
    with one_more() as fleet:
        count, expected = disturbed.undisturbed(fleet, story)
    assert count > 20, "hardly anything was written down"
    offset = 2 * list(STORIES).index(story)
    for way, number in disturbed.spread(count, POINTS[story], WAYS, offset):
        with one_more() as fleet:
            found, came = disturbed.cut_off(fleet, story, way, number)
            wrong = disturbed.differences(expected, found)
            assert not wrong, f"{way} {number} of {count} ({came}): {wrong}\n{disturbed.story_of(fleet)}"


def test_a_run_that_dies_again_and_again_ends_all_the_same(one_more):
    """Each resume is killed some transactions after it has begun."""
    with one_more() as fleet:
        count, expected = disturbed.undisturbed(fleet, "rolled-back")
    dies = boundary.at("after", count // 4, "kill")
    with one_more() as fleet:
        done = fleet.baton.deploy("rolled-back", **dies)
        deaths = 0
        while done.code == -signal.SIGKILL and deaths < 20:
            deaths += 1
            done, _ = disturbed.to_the_end(fleet, "rolled-back", **dies)
        assert deaths > 2, "it was hardly disturbed"
        assert not disturbed.differences(expected, disturbed.truth(fleet, done.code, done.json)), done
