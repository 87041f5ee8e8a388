"""Deployments that are cut off at a boundary of the journal, and what must be true of each in the end:
the verdict of the run that nobody disturbed, each effect done once, and nothing left behind."""

import signal

from . import boundary, expect, made

DEED = {"before": "kill", "torn": "kill", "after": "kill", "before-cut": "cut", "after-cut": "cut"}
WAYS = tuple(DEED)
# What is deployed: the tag of a release → the defect that it has.
STORIES = {"good": (), "rolled-back": ("rtx1080:start-fails",), "partial": ("vps:start-fails",)}

SNAPSHOT = """#!/bin/sh
list=$HOME/snapshots
touch "$list"
case $1 in
list) cat "$list" ;;
create) echo create >>~/effects; echo "$2" >>"$list" ;;
rollback) echo rollback >>~/effects ;;
delete) echo delete >>~/effects; grep -vx -- "$2" "$list" >"$list.new"; mv "$list.new" "$list" ;;
*) exit 2 ;;
esac
"""
SECRETS = """#!/bin/sh
here=$(dirname "$0")
case $1 in
test) test -r "$here/master.env" ;;
status) exit 1 ;;
sync)
    echo sync >>~/effects
    for home in {homes}; do cat "$here/master.env" >"$home/secrets.env"; done ;;
esac
"""


def with_every_phase(make_fleet):
    """Serves v1. All eight phases have something to do, and every effect leaves its mark where it is
    done; there is a release for each story."""
    fleet = made.published(make_fleet)
    for host in fleet.hosts.values():
        for point in ("prepare", "start", "started", "stop"):
            host.hook(point, f'echo "{point} $1" >>~/effects')
    hooks = fleet.controller / "hooks"
    hooks.mkdir()
    executable(hooks / "tests", "#!/bin/sh\necho tests >>~/effects\n")
    executable(fleet["rtx1080"].home / "snapshot.sh", SNAPSHOT)
    homes = " ".join(f"'{host.home}'" for host in fleet.hosts.values())
    executable(fleet.project / "sync-secrets.sh", SECRETS.format(homes=homes))
    (fleet.project / "master.env").write_text("APP_TOKEN=first\n")
    fleet.config["secrets"] = {"script": "./sync-secrets.sh", "on": "controller",
                               "places": [{"from": "master.env", "to": "~/secrets.env"}]}
    fleet.config.stage("rtx1080", snapshot={"script": "~/snapshot.sh"})
    fleet.config.with_tests().write()
    done = fleet.baton.deploy()
    assert done.code == 0, done
    for story, defects in STORIES.items():
        fleet.repository.release(story, *defects)
    (fleet.project / "master.env").write_text("APP_TOKEN=second\n")
    return fleet


def executable(path, text):
    path.write_text(text)
    path.chmod(0o755)


def effects(fleet):
    """What was done, where, in its order."""
    places = {"controller": fleet.controller} | {name: host.home for name, host in fleet.hosts.items()}
    return {name: (folder / "effects").read_text().split("\n") for name, folder in places.items()}


def truth(fleet, code, result):
    """All that must not depend on where a run was cut off."""
    detail = result["error_detail"] or {}
    names = {commit: version for version, commit in fleet.repository.commits.items()}
    return {
        "exit code": code,
        "verdict": {key: result[key] for key in ("status", "phase", "systems_deployed", "cancelled",
                                                 "rollback_failed")},
        "why": [detail.get("code"), detail.get("host"), (detail.get("step") or "").partition("/")[2]],
        "hosts": {name: (host["serves"], host["healthy"], names.get(host["commit"], host["commit"]))
                  for name, host in result["hosts"].items()},
        "phases": {name: (entry["outcome"], entry["attempts"]) for name, entry in result["details"].items()},
        "effects": effects(fleet),
        "serving": fleet.serving(),
        "heads": {name: names.get(host.head(), host.head()) for name, host in fleet.hosts.items()},
        "secrets": {name: (host.home / "secrets.env").read_text()
                    for name, host in fleet.hosts.items()},
        "snapshots": len((fleet["rtx1080"].home / "snapshots").read_text().split()),
        "left behind": {name: left_over(host) for name, host in fleet.hosts.items()},
    }


def left_over(host):
    """Copies of secrets, and worktrees, that a run made for itself."""
    copies = [path.name for path in host.home.glob("secrets.env?*")]
    trees = host.shell("git -C ~/app worktree list").splitlines()
    return len(copies), len(trees)


def undisturbed(fleet, story):
    """(how many transactions such a run writes, its truth)."""
    count = boundary.Count(fleet.dir)
    done = fleet.baton.deploy(story, **count.environment)
    expect.tidy(fleet, done)
    return count(), truth(fleet, done.code, done.json)


def cut_off(fleet, story, way, number):
    """A deployment that is disturbed there; it is brought to its end. Its truth, and how the end came."""
    count = boundary.Count(fleet.dir)
    words = boundary.at(way.removesuffix("-cut"), number, DEED[way])
    done = fleet.baton.deploy(story, **(count.environment | words))
    came = "by itself"
    if done.code == -signal.SIGKILL:
        done, came = to_the_end(fleet, story)
    else:  # what ends at the same moment is one transaction, so a run may have fewer than another
        assert DEED[way] == "cut" or count() < number, f"it was not killed: {done}"
    expect.tidy(fleet, done)
    asked = fleet.baton("check", "--hosts")
    assert asked.code == 0, f"a host is stranded: {asked}"
    return truth(fleet, done.code, done.json), came


def to_the_end(fleet, story, **environment):
    """What a person does after a crash: asks what is there, and goes on."""
    history = fleet.baton("history", "--json").json["runs"]
    unfinished = fleet.baton("status", "--json").json["unfinished"]
    if unfinished:
        [one] = unfinished
        said = fleet.baton("status")
        assert f"baton resume {one['run']}" in said.out + said.err, said
        return fleet.baton("resume", one["run"], "--json", **environment), "resumed"
    if len(history) == 1:  # nothing was written down yet, and nothing done
        return fleet.baton.deploy(story, **environment), "asked for again"
    shown = fleet.baton("show", history[0]["run"], "--json")
    shown.code = history[0]["exit_code"]
    return shown, "it had ended"


def differences(expected, found):
    return [f"{key}: {expected[key]} has become {found[key]}" for key in expected
            if expected[key] != found[key]]


def story_of(fleet):
    """The last run's events in words, for who has to look at a fault."""
    run = fleet.baton("history", "--json").json["runs"][0]["run"]
    said = ("seq", "type", "phase", "kind", "target", "attempt", "outcome")
    lines = [" ".join(str(event[key])[:60] for key in said if key in event)
             for event in fleet.baton.journal(run)]
    return "\n".join(["…", *lines[-40:]])


def spread(count, points, ways, offset=0):
    """So many (way, number) over all transactions, with the ways in turn."""
    return [(ways[(place + offset) % len(ways)], 1 + (2 * place + 1) * count // (2 * points))
            for place in range(points)]


