"""`baton plan` and `deploy --dry-run`: what would change, host by host; nothing does."""

import hashlib
import pathlib

import pytest

STAND_IN = pathlib.Path(__file__).parents[1] / "runtime/release/docker_stand_in.sh"
TWO = "services:\n  web:\n    image: web:{0}\n  db:\n    image: db:1\n"


def by_compose(make_fleet):
    fleet = make_fleet("thinkpad", "vps")
    for host in fleet.hosts.values():
        world = host.dir / "docker"
        (world / "registry").mkdir(parents=True)
        for image in ("web:1", "web:2", "db:1", "queue:1"):
            (world / "registry" / image).write_text(f"sha256:{image}\n")
        host.command("docker", f"FAKE_DOCKER='{world}' exec sh '{STAND_IN}' \"$@\"")
    stack = fleet.config["stacks"]["app"]
    del stack["command"]
    stack["compose"] = {"files": ["compose.yaml"]}
    stack["health"] = {"steady": "0s", "interval": "50ms", "deadline": "3s"}
    fleet.config.write()
    fleet.repository.release("v1", files={"compose.yaml": TWO.format(1)})
    done = fleet.baton.deploy()
    assert done.code == 0, done
    return fleet


@pytest.fixture
def composed(prepared):
    """thinkpad and vps, with a stack of two services deployed by compose."""
    return prepared(by_compose)


def everything(fleet):
    """All that lies on the hosts and in the journal, by path."""
    found = {}
    for host in fleet.hosts.values():
        for path in sorted([*host.home.rglob("*"), *(host.dir / "docker").rglob("*")]):
            if path.is_file() and path.name not in ("calls", "looks") and "/tmp/" not in str(path)[5:]:
                found[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found, len(fleet.baton.journal())


@pytest.mark.whole
def test_a_plan_names_the_services_that_change_and_touches_nothing(composed):
    old = composed.repository.commits["v1"]
    before = everything(composed)
    same = composed.baton("plan", "--exit-code")
    assert same.code == 0, same
    assert same.out.count(f"{old[:12]} -> {old[:12]} (the same)") == 2, same
    assert same.out.count("      the same: db, web\n") == 2, same
    assert "a tag that was published anew" in same.out, same

    new = composed.repository.release("v2", files={"compose.yaml": TWO.format(2).replace(
        "db:1\n", "db:1\n    environment: x\n") + "  queue:\n    image: queue:1\n"})
    planned = composed.baton("plan", "--exit-code")
    assert planned.code == 1, planned
    assert planned.out.count(f"{old[:12]} -> {new[:12]}\n      new: queue; changed: db, web\n") == 2
    assert all(len(line) <= 80 for line in planned.out.splitlines()), planned
    assert composed.baton("plan").code == 0

    told = composed.baton("plan", "--json").json
    assert (told["schema"], told["changes"], told["commit"]) == (1, True, new)
    assert told["hosts"]["vps"]["stacks"]["app"] == {
        "now": old, "then": new, "known": True, "changes": True, "engine": "compose",
        "services": {"db": "changed", "queue": "new", "web": "changed"}, "unknown": None,
        "refused": None}
    assert told["hosts"]["vps"]["now"] == old and told["hosts"]["vps"]["then"] == new
    assert everything(composed) == before


def test_a_dry_run_prints_the_plan_and_touches_nothing(composed):
    composed.repository.release("v2", files={"compose.yaml": TWO.format(2)})
    before = everything(composed)
    dry = composed.baton("deploy", "--dry-run", "--yes")
    assert dry.code == 0 and "changed: web; the same: db" in dry.out, dry
    assert dry.out == composed.baton("plan").out
    for how in ("--json", "--events"):
        assert composed.baton("deploy", "--dry-run", how).json["changes"]
    assert everything(composed) == before
    done = composed.baton.deploy()
    assert done.code == 0, done
    assert composed.baton("plan", "--exit-code").code == 0
    back = composed.baton("plan", "v1")
    assert back.out.count("changed: web; the same: db") == 2, back


@pytest.mark.whole
def test_what_cannot_be_known_is_said(composed):
    composed.repository.release("v2", files={"compose.yaml": "BAD\n"})
    planned = composed.baton("plan")
    assert "which services change is not known: docker compose config: yaml" in " ".join(
        planned.out.split()), planned
    (composed["vps"].checkout / "VERSION").write_text("by hand\n")
    refused = composed.baton("plan", "v1", "--json").json["hosts"]
    assert "VERSION" in refused["vps"]["stacks"]["app"]["refused"]
    assert refused["thinkpad"]["stacks"]["app"]["refused"] is None
    composed["vps"].stop()
    gone = composed.baton("plan", "v1")
    assert gone.code == 69 and "cannot be asked" in gone.out, gone
    assert "(the same)" in gone.out, "the other host is not told of"
    nothing = composed.baton("plan", "no-such-branch")
    assert nothing.code == 65 and "no-such-branch" in nothing.err and nothing.out == "", nothing


@pytest.mark.whole
def test_a_command_stack_is_told_as_a_whole(fleet):
    first = fleet.baton("plan", "--exit-code")
    assert first.code == 1 and first.out.count("nothing -> ") == 3, first
    assert first.out.count("all of it is new") == 3, first
    assert fleet.baton.deploy().code == 0
    assert fleet.baton("plan", "--exit-code").code == 0
    fleet.repository.release("v2")
    planned = fleet.baton("plan", "--exit-code")
    assert planned.code == 1 and planned.out.count("      started again as a whole\n") == 3, planned
    assert planned.err == "", planned
