"""A run that was cut off is gone on with, to the verdict that it would have had."""

import contextlib
import datetime
import signal
import socket
import sqlite3

import pytest
from rig.expect import verdict
from rig.processes import until
from rig.sample import sample

ALL = "thinkpad rtx1080 vps"


def cut_off(fleet, running):
    running.process.send_signal(signal.SIGKILL)
    running.process.wait()
    unfinished = fleet.baton("status", "--json").json["unfinished"]
    assert len(unfinished) == 1, unfinished
    assert f"baton resume {unfinished[0]['run']}" in fleet.baton("history").out
    return unfinished[0]["run"]


@pytest.mark.parametrize("name, point", sample([("thinkpad", "prepare"), ("rtx1080", "start"), ("vps", "start")], ("rtx1080", "start")))
def test_a_step_that_was_running_is_taken_on_and_not_begun_again(deployed, name, point):
    host = deployed[name]
    deployed.repository.release("v2")
    host.hook(point, '[ "$1" = v1 ] || { echo begun >>~/begun; while [ ! -e ~/go ]; do sleep 0.05; done; }')
    running = deployed.baton.start_deploy()
    until(f"{name} is in {point}", (host.home / "begun").exists)
    run = cut_off(deployed, running)
    (host.home / "go").touch()
    done = deployed.baton("resume", run, "--json", "--progress", "plain")
    result = verdict(deployed, done, "success", "verification", ALL, "nnn", 0)
    assert result["run"] == run
    before, after = done.err.split("from here on it is resumed")
    step = {"start": "activate"}.get(point, point)
    assert f"{name}: {step}\n" in before and f"{name}: {step} ok\n" in after, done
    assert (host.home / "begun").read_text() == "begun\n"
    assert {one.history()[-2:] == ["v1", "v2"] for one in deployed.hosts.values()} == {True}
    assert deployed.leases() == {}


@pytest.mark.whole
def test_a_host_that_is_away_for_a_moment_is_waited_for(deployed):
    host = deployed["rtx1080"]
    deployed.repository.release("v2")
    host.hook("start", '[ "$1" = v1 ] || { echo begun >>~/begun; while [ ! -e ~/go ]; do sleep 0.05; done; }')
    running = deployed.baton.start_deploy()
    until("rtx1080 is in its start", (host.home / "begun").exists)
    run = cut_off(deployed, running)
    host.stop()
    with socket.create_server((host.address, host.port)) as door:
        resumed = deployed.baton.start("resume", run, "--json")
        door.settimeout(30)
        door.accept()[0].close()
    host.start()
    (host.home / "go").touch()
    verdict(deployed, resumed.wait(), "success", "verification", ALL, "nnn", 0)
    assert (host.home / "begun").read_text() == "begun\n"


def test_a_journal_that_somebody_has_changed_is_not_gone_on_with(deployed):
    half = len(deployed.baton.journal()) // 2
    running = deployed.baton.start_deploy()
    until("half of it has happened", lambda: len(running.lines) >= half)
    run = cut_off(deployed, running)
    served = deployed.serving()
    with contextlib.closing(sqlite3.connect(deployed.state / "baton/journal.db")) as journal, journal:
        for (trigger,) in journal.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            journal.execute(f"DROP TRIGGER {trigger}")
        journal.execute("DELETE FROM event WHERE seq = (SELECT max(seq) - 5 FROM event)")
    refused = deployed.baton("resume", run)
    assert refused.code == 74 and "is missing; those before it can be trusted" in refused.err, refused
    assert deployed.serving() == served


@pytest.mark.parametrize("percent", sample(range(5, 90, 20), 25, 65))
def test_wherever_it_is_cut_off_each_effect_is_done_once(deployed, percent):
    deployed.repository.release("v2")
    whole = len(deployed.baton.journal())
    running = deployed.baton.start_deploy()
    until("so much has happened", lambda: len(running.lines) >= whole * percent // 100)
    cut_off(deployed, running)
    verdict(deployed, deployed.baton("resume", "--json"), "success", "verification", ALL, "nnn", 0)
    for host in deployed.hosts.values():
        assert host.history() == ["v1", "v2"], (percent, host.name)
    assert deployed.leases() == {}


def test_a_rollback_that_was_cut_off_goes_on(deployed):
    rtx = deployed["rtx1080"]
    deployed.repository.release("v2")
    (rtx.home / "faults/start-fails-v2").touch()
    rtx.hook("start", '[ "$1" = v2 ] || { touch ~/here; while [ ! -e ~/go ]; do sleep 0.05; done; }')
    running = deployed.baton.start_deploy()
    until("the rollback starts v1", (rtx.home / "here").exists)
    run = cut_off(deployed, running)
    (rtx.home / "go").touch()
    verdict(deployed, deployed.baton("resume", run, "--json"), "rolled_back", "rtx1080", "", "ooo", 1)


@pytest.mark.whole
def test_after_a_second_signal_too(deployed):
    deployed.repository.release("v2")
    vps = deployed["vps"]
    vps.hook("start", '[ "$1" = v1 ] || { touch ~/here; while [ ! -e ~/go ]; do sleep 0.05; done; }')
    running = deployed.baton.start_deploy()
    until("vps starts", (vps.home / "here").exists)
    running.signal(signal.SIGTERM)
    running.wait_event("cancel_requested")
    running.signal(signal.SIGINT)
    done = running.wait()
    assert done.code == 75 and done.err.strip().splitlines()[-1].startswith("baton resume "), done
    (vps.home / "go").touch()
    # it was asked to stop, and that is what it goes on with
    verdict(deployed, deployed.baton("resume", "--json"), "partial_success", "vps", "thinkpad rtx1080",
            "nno", 4, cancelled=True)


def in_the_start_of_rtx1080(fleet):
    """A run that is there, in a start that goes on when it may."""
    host = fleet["rtx1080"]
    fleet.repository.release("v2")
    host.hook("start", '[ "$1" != v2 ] || { touch ~/here; while [ ! -e ~/go ]; do sleep 0.05; done; }')
    running = fleet.baton.start_deploy()
    until("rtx1080 starts", (host.home / "here").exists)
    return running


def test_the_next_deployment_brings_it_to_its_end_first(deployed):
    run = cut_off(deployed, in_the_start_of_rtx1080(deployed))
    (deployed["rtx1080"].home / "go").touch()
    deployed.repository.release("v3")
    done = deployed.baton.deploy()
    verdict(deployed, done, "success", "verification", ALL, "nnn", 0, new="v3")
    assert f"run {run} (main to production) was cut off in rtx1080" in done.err
    states = [one["status"] for one in deployed.baton("history", "--json").json["runs"]]
    assert states == ["success"] * 3
    for host in deployed.hosts.values():
        assert host.history() == ["v1", "v2", "v3"]


@pytest.mark.whole
def test_nobody_is_asked_whether_it_is_to_go_on_where_nobody_is(deployed):
    run = cut_off(deployed, in_the_start_of_rtx1080(deployed))
    done = deployed.baton("deploy", "--json")
    assert done.code == 3 and f"to go on with it: baton resume {run}" in done.err, done
    assert done.json["error_detail"]["code"] == "lease_held"
    (deployed["rtx1080"].home / "go").touch()
    verdict(deployed, deployed.baton("resume", "--json"), "success", "verification", ALL, "nnn", 0)


def test_there_may_be_nothing_to_resume(deployed):
    done = deployed.baton("resume")
    assert done.code == 0 and "no run was cut off" in done.err, done
    run = deployed.baton("history", "--json").json["runs"][0]["run"]
    done = deployed.baton("resume", run)
    assert done.code == 0 and f"run {run} has ended, success" in done.err, done
    assert deployed.baton("resume", "20200101").code == 66


def test_a_run_that_somebody_works_at_is_left_to_them(deployed):
    deployed.repository.release("v2")
    deployed["vps"].hook("prepare", "touch ~/here; while [ ! -e ~/go ]; do sleep 0.05; done")
    running = deployed.baton.start_deploy()
    until("vps prepares", (deployed["vps"].home / "here").exists)
    assert "no run was cut off" in deployed.baton("resume").err
    run = deployed.baton("status", "--json").json["unfinished"][0]["run"]
    done = deployed.baton("resume", run)
    assert done.code == 75 and str(running.process.pid) in done.err, done
    (deployed["vps"].home / "go").touch()
    verdict(deployed, running.wait(), "success", "verification", ALL, "nnn", 0)


@pytest.mark.whole
def test_one_that_is_too_old_is_taken_back_and_not_gone_on_with(deployed):
    deployed.config["resume"] = {"max_age": "1s"}
    deployed.config.write()
    run = cut_off(deployed, in_the_start_of_rtx1080(deployed))
    asked = next(row for row in deployed.baton("history", "--json").json["runs"] if row["run"] == run)
    at = datetime.datetime.fromisoformat(asked["requested_at"].replace("Z", "+00:00"))
    until("it is a second old", lambda: datetime.datetime.now(datetime.timezone.utc) - at
          > datetime.timedelta(seconds=1.1))
    deployed.config["resume"] = {"max_age": "24h"}   # what holds is what held when it began
    deployed.config.write()
    done = deployed.baton("resume", "--json")
    verdict(deployed, done, "rolled_back", "rtx1080", "", "ooo", 1, cancelled=True,
            cancelled_by="resume.max_age")
    assert f"run {run} was asked for " in done.err and "longer than 1s" in done.err, done
    assert "it is not gone on with, what it has done is taken back" in done.err
    assert deployed["rtx1080"].history() == ["v1", "v1"]


@pytest.mark.whole
def test_every_verb_says_what_was_cut_off(deployed):
    run = cut_off(deployed, in_the_start_of_rtx1080(deployed))
    line = f"run {run} (main to production) was cut off in rtx1080: baton resume {run}\n"
    for words in (["check"], ["explain"], ["plan"], ["show"], ["logs"], ["health"], ["lease", "show"],
                  ["config", "show"]):
        done = deployed.baton(*words)
        assert done.err.count(line) == 1, done
    for words in (["health", "--json"], ["show", "--json"]):
        done = deployed.baton(*words)
        assert done.json and done.err.count(line) == 1, done
    # those that deal with it or list it, and what programs read
    for words in (["status"], ["history"]):
        done = deployed.baton(*words)
        assert line not in done.err and f"baton resume {run}" in done.out, done
    assert deployed.baton("version").err == "" and deployed.baton("-q", "check").err == ""
    (deployed["rtx1080"].home / "go").touch()
    verdict(deployed, deployed.baton("resume", "--json"), "success", "verification", ALL, "nnn", 0)
    assert "was cut off" not in deployed.baton("check").err


def test_nobody_says_so_of_a_run_that_goes_on(deployed):
    running = in_the_start_of_rtx1080(deployed)
    assert "cut off" not in deployed.baton("check").err
    (deployed["rtx1080"].home / "go").touch()
    verdict(deployed, running.wait(), "success", "verification", ALL, "nnn", 0)
