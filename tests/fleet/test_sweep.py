"""Killed, or cut off, at a boundary of its journal: a sample of `make sweep`, which has them all."""

import contextlib
import signal

import pytest
from rig import boundary, disturbed
from rig.disturbed import STORIES, WAYS
from rig.sample import sample

# Ways in turn, so that each story and each way has places of its own.
POINTS = {"good": 3, "rolled-back": 3, "partial": 2}


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


@pytest.fixture(scope="module")
def known():
    """What `undisturbed` said of each story."""
    return {}


@pytest.fixture
def undisturbed(known, one_more):
    def run(story):
        if story not in known:
            with one_more() as fleet:
                known[story] = disturbed.undisturbed(fleet, story)
        return known[story]

    return run


@pytest.mark.whole
@pytest.mark.parametrize("story", STORIES)
def test_wherever_it_is_disturbed_it_ends_in_the_same_verdict_with_each_effect_done_once(
        one_more, undisturbed, story):
    count, expected = undisturbed(story)
    assert count > 20, "hardly anything was written down"
    offset = 3 * list(STORIES).index(story)
    points = disturbed.spread(count, POINTS[story], WAYS, offset)
    if story == "partial":
        points += [("before-cut", 2), ("after-cut", 2)]  # while the connections are being made
    for way, number in points:
        with one_more() as fleet:
            found, came = disturbed.cut_off(fleet, story, way, number)
            wrong = disturbed.differences(expected, found)
            assert not wrong, f"{way} {number} of {count} ({came}): {wrong}\n{disturbed.story_of(fleet)}"


@pytest.mark.whole
def test_a_run_that_dies_again_and_again_ends_all_the_same(one_more, undisturbed):
    """Each resume is killed some transactions after it has begun."""
    count, expected = undisturbed("rolled-back")
    dies = boundary.at("after", count // 4, "kill")
    with one_more() as fleet:
        done = fleet.baton.deploy("rolled-back", **dies)
        deaths = 0
        while done.code == -signal.SIGKILL and deaths < 20:
            deaths += 1
            done, _ = disturbed.to_the_end(fleet, "rolled-back", **dies)
        assert deaths > 2, "it was hardly disturbed"
        assert not disturbed.differences(expected, disturbed.truth(fleet, done.code, done.json)), done


@pytest.mark.parametrize("before_its_end", sample([3, 4], 4))
def test_hosts_are_given_back_over_a_new_connection(one_more, undisturbed, before_its_end):
    """The connections break about when the leases are released."""
    count, expected = undisturbed("rolled-back")
    with one_more() as fleet:
        found, _ = disturbed.cut_off(fleet, "rolled-back", "after-cut", count - before_its_end)
        assert not disturbed.differences(expected, found)
