"""What must be true after a run: its words against what the hosts themselves say."""

from . import processes

NOT_DEPLOYED = {"pre_flight", "secrets_sync", "snapshots", "tests", "verification"}
KEYS = {"schema", "run", "status", "state", "phase", "systems_deployed", "duration_seconds", "error",
        "cancelled", "rollback_failed", "hosts", "details"}


def verdict(fleet, done, status, phase, deployed, serves, code, new="v2", old="v1", **more):
    """The result of `done` says this, and the hosts say the same.

    `deployed`: names in a string; `serves`: one letter a host in the fleet's order (n new, o old,
    - nothing, ? unknown, * whatever can be seen). Returns the result.
    """
    result = done.json
    said = {"n": "new", "o": "old", "-": "none", "?": "unknown"}
    hosts = list(fleet.hosts)
    is_status = (result["status"], result["phase"], result["systems_deployed"], done.code)
    assert is_status == (status, phase, deployed.split(), code), done
    for name, letter in zip(hosts, serves):
        if letter != "*":
            assert result["hosts"][name]["serves"] == said[letter], f"{name}: {done}"
        truth = {"n": new, "o": old, "-": None}
        if letter in truth:
            assert fleet.hosts[name].serves() == truth[letter], f"{name} serves: {fleet.serving()}\n{done}"
    shape(fleet, result)
    for key, value in more.items():
        assert result[key] == value, f"{key}: {done}"
    tidy(fleet, done)
    return result


def shape(fleet, result):
    """Every key is there, whatever happened."""
    assert KEYS <= result.keys(), KEYS - result.keys()
    assert result["schema"] == 1 and result["state"] == "finished"
    assert (result["error"] is None) == (result["status"] == "success"), result["error"]
    stages = set(fleet.config["stages"])
    assert set(result["details"]) == NOT_DEPLOYED | stages, set(result["details"])
    for name, entry in result["details"].items():
        assert {"outcome", "attempts", "duration_seconds", "error", "hosts"} <= entry.keys(), name
        assert entry["outcome"] in ("ok", "failed", "skipped", "not_run", "cancelled"), name


def tidy(fleet, done, lease_stays_on=()):
    """No process is left over, no lease is held, and the journal ends with this very verdict."""
    for name, host in fleet.hosts.items():
        processes.until(f"{name} has no process of a run any more: {host.orphans()}",
                        lambda host=host: not host.orphans(), 10)
    processes.until(f"no process of the controller is left: {fleet.controller_processes()}",
                    lambda: not fleet.controller_processes(), 10)
    # a host that cannot be asked keeps the lease of an owner that is dead
    unasked = {name for name, host in done.json["hosts"].items() if host["serves"] == "unknown"}
    held = set(fleet.leases()) - set(lease_stays_on) - unasked
    assert not held, f"leases are still held on {held}\n{done}"
    events = fleet.baton.journal(done.json["run"])
    assert events, f"nothing in the journal\n{done}"
    assert events[-1]["type"] == "run_finished", events[-1]
    assert events[-1]["result"]["status"] == done.json["status"]


def outcomes(result):
    """{phase: outcome} of a result."""
    return {name: entry["outcome"] for name, entry in result["details"].items()}
