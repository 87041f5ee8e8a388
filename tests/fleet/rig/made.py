"""Fleets that many tests begin with, for `prepared`."""


def published(make_fleet, *names):
    """Nothing is deployed, baton.yaml is written, v1 is published."""
    fleet = make_fleet(*names)
    fleet.repository.release("v1")
    fleet.config.write()
    return fleet


def deployed(make_fleet, *names):
    """Serves v1, deployed by Baton; `done` is that run."""
    fleet = published(make_fleet, *names)
    fleet.done = fleet.baton.deploy()
    assert fleet.done.code == 0, fleet.done
    assert fleet.serving() == dict.fromkeys(fleet.hosts, "v1")
    return fleet
