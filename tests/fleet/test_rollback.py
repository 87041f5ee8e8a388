"""`baton rollback`: back to a release that was good and is still kept."""

import shutil

import pytest
from rig import made
from rig.expect import outcomes, verdict
from rig.terminal import Terminal

ALL = "thinkpad rtx1080 vps"


def of_three_releases(make_fleet):
    """v1, v2 and v3 were deployed, each with an .env of its own; v3 serves. `runs` by version."""
    deployed = made.deployed(make_fleet)
    deployed.runs = {"v1": deployed.done.json["run"]}
    for version in ("v2", "v3"):
        for host in deployed.hosts.values():
            (host.checkout / ".env").write_text(f"APP_TOKEN=of-{version}\n")
        deployed.repository.release(version)
        done = deployed.baton.deploy()
        assert done.code == 0, done
        deployed.runs[version] = done.json["run"]
    return deployed


@pytest.fixture
def three(prepared):
    return prepared(of_three_releases)


def test_the_whole_release_comes_back_without_the_remote(three):
    shutil.move(three.repository.bare, three.dir / "away")
    done = three.baton("rollback", "--to", three.runs["v2"], "--json")
    result = verdict(three, done, "success", "verification", ALL, "nnn", 0, new="v2", old="v3",
                     returns_to=three.runs["v2"], commit=three.repository.commits["v2"])
    assert f"run {result['run']} goes back to the release of run {three.runs['v2']}" in done.err
    for host in three.hosts.values():
        assert host.head() == three.repository.commits["v2"]
        assert host.get("/token") == (200, "of-v2"), "its .env belongs to it"
        assert host.history() == ["v1", "v2", "v3", "v2"]
    said = outcomes(result)
    assert said["secrets_sync"] == said["tests"] == "skipped"


@pytest.mark.whole
def test_by_a_commit_and_of_one_stage(three):
    commit = three.repository.commits["v1"][:10]
    done = three.baton("rollback", "--to", commit, "--stage", "vps", "--json")
    assert done.code == 0 and list(done.json["hosts"]) == ["vps"], done
    assert three.serving() == {"thinkpad": "v3", "rtx1080": "v3", "vps": "v1"}
    assert done.json["details"]["rtx1080"]["skipped"] == "stage"


def test_what_there_is_to_go_back_to(three):
    done = three.baton("rollback", "--list", "--json")
    assert done.code == 0, done
    listed = done.json["releases"]
    assert [one["run"] for one in listed] == [three.runs[v] for v in ("v3", "v2", "v1")]
    assert [one["serves"] for one in listed] == [True, False, False]
    assert all(one["available"] and one["lacking"] == [] for one in listed)
    text = three.baton("rollback", "--list")
    assert f"run {three.runs['v2']}" in text.out and "serves now" in text.out, text
    assert len(three.baton("history", "--json").json["runs"]) == 3, "to look is no run"


@pytest.mark.whole
def test_a_failed_release_is_none_to_go_back_to(three):
    three["rtx1080"].fault("start-fails-v4")
    three.repository.release("v4")
    assert three.baton.deploy().code == 1
    listed = three.baton("rollback", "--list", "--json").json["releases"]
    assert three.repository.commits["v4"] not in [one["commit"] for one in listed]
    done = three.baton("rollback", "--to", three.repository.commits["v4"])
    assert done.code == 66 and "no good release of" in done.err, done


def test_that_does_not_become_healthy_is_taken_back_by_policy(three):
    three["rtx1080"].fault("start-fails-v1")
    done = three.baton("rollback", "--to", three.runs["v1"], "--json")
    verdict(three, done, "rolled_back", "rtx1080", "", "ooo", 1, new="v1", old="v3")
    for host in three.hosts.values():
        assert host.get("/token") == (200, "of-v3")


def test_is_refused_with_what_lacks(three):
    three.config["retention"] = {"releases": 1}
    three.config.write()
    three.repository.release("v4")
    assert three.baton.deploy("--env", "staging").code == 0
    done = three.baton("rollback", "--to", three.runs["v2"], "--json")
    assert done.code == 66 and "thinkpad keeps" in done.err, done
    assert done.json["error_detail"]["code"] == "bad_commit"
    listed = three.baton("rollback", "--list", "--json").json["releases"]
    lacking = {one["run"]: one["lacking"] for one in listed}
    assert lacking[three.runs["v2"]] == ["thinkpad"]


def test_with_nothing_to_do_and_without_a_target(three):
    done = three.baton("rollback", "--to", three.runs["v3"], "--json")
    assert done.code == 0 and done.json["rolled_back"] is False, done
    done = three.baton("rollback")
    assert done.code == 64 and "baton rollback --to RUN" in done.err, done
    assert three.runs["v2"] in done.err, "what there is"
    assert three.baton("rollback", "--to", "x", "--stage", "nowhere").code == 64


@pytest.mark.whole
def test_a_person_is_asked_which(three):
    terminal = Terminal(three, "rollback", columns=100)
    try:
        terminal.shows("Back to which? [1-3]")
        terminal.keys("2", "Enter")
        assert terminal.end() == 0, terminal.lines()
    finally:
        terminal.close()
    assert set(three.serving().values()) == {"v2"}


@pytest.mark.whole
def test_retention_counts_good_releases_only(three):
    three.config["retention"] = {"releases": 2}
    three.config.write()
    for version in ("v4", "v5", "v6"):
        three["vps"].fault(f"start-fails-{version}")
        three.repository.release(version)
        assert three.baton.deploy().code == 4
    done = three.baton("rollback", "--to", three.runs["v2"], "--stage", "vps", "--json")
    assert done.code == 0, done
    assert three["vps"].serves() == "v2"
