"""`baton cancel`: the orderly stop of a run, asked for by another process."""

import os
import signal
import time

import pytest
from rig.expect import outcomes, verdict
from rig.processes import state, until
from rig.sample import sample

ALL = "thinkpad rtx1080 vps"


def in_the_start_of(fleet, name, script="touch ~/here; while [ ! -e ~/go ]; do sleep 0.05; done"):
    """A run that is there, in a start of v2 that goes on when it may."""
    fleet.repository.release("v2")
    fleet[name].hook("start", f'[ "$1" != v2 ] || {{ {script}; }}')
    running = fleet.baton.start_deploy()
    until(f"{name} starts", (fleet[name].home / "here").exists)
    return running


def run_of(fleet):
    return fleet.baton("status", "--json").json["unfinished"][0]["run"]


def cut_off(running):
    running.process.send_signal(signal.SIGKILL)
    running.process.wait()


def test_the_run_stops_in_order_and_both_tell_its_verdict(deployed):
    running = in_the_start_of(deployed, "rtx1080")
    done = deployed.baton("cancel", "--json")
    result = verdict(deployed, done, "rolled_back", "rtx1080", "", "ooo", 1, cancelled=True)
    assert result["cancelled_by"].startswith("baton cancel by "), done
    assert outcomes(result)["rtx1080"] == "cancelled"
    theirs = running.wait(30)
    assert theirs.code == 1 and theirs.json["run"] == result["run"], theirs
    assert f"{result['cancelled_by']}: stopping" in theirs.err
    asked = [one for one in deployed.baton.journal(result["run"]) if one["type"] == "cancel_requested"]
    assert [one["by"] for one in asked] == [result["cancelled_by"]]
    assert "rolled_back" in done.err and f"run {result['run']} was asked to stop" in done.err


def test_by_the_beginning_of_its_id_and_without_waiting(deployed):
    running = in_the_start_of(deployed, "vps")
    run = run_of(deployed)
    done = deployed.baton("cancel", run[:-2], "--no-wait", "--json")
    assert done.code == 0 and done.json == {"schema": 1, "run": run, "asked": True}, done
    verdict(deployed, running.wait(30), "partial_success", "vps", "thinkpad rtx1080", "nno", 4,
            cancelled=True)


def test_at_once_leaves_a_run_that_goes_on_with_its_stop(deployed):
    running = in_the_start_of(deployed, "rtx1080")
    done = deployed.baton("cancel", "--now", "--json")
    assert done.code == 75 and done.json["status"] is None, done
    run = done.json["run"]
    assert done.err.strip().splitlines()[-1] == f"baton resume {run}", done
    assert running.wait(10).code == 75
    until("nothing of the run lives", lambda: not deployed["rtx1080"].orphans(), 5)
    # it was asked to stop, and that is what it goes on with
    verdict(deployed, deployed.baton("resume", "--json"), "rolled_back", "rtx1080", "", "ooo", 1,
            cancelled=True)


def test_one_that_was_cut_off_is_brought_to_its_stop(deployed):
    running = in_the_start_of(deployed, "rtx1080")
    cut_off(running)
    run = run_of(deployed)
    for words in (("--now",), ("--no-wait",)):
        refused = deployed.baton("cancel", *words)
        assert refused.code == 64 and "nobody works at it" in refused.err, refused
    # the step that goes on there is ended first
    done = deployed.baton("cancel", "--json")
    result = verdict(deployed, done, "rolled_back", "rtx1080", "", "ooo", 1, cancelled=True)
    assert result["run"] == run
    assert deployed["rtx1080"].history() == ["v1", "v1"], "it went back, and v2 never came up"


@pytest.mark.parametrize("percent", sample(range(10, 90, 20), 30, 70))
def test_wherever_it_was_cut_off_a_cancel_leaves_nothing_half_done(deployed, percent):
    deployed.repository.release("v2")
    whole = len(deployed.baton.journal())
    running = deployed.baton.start_deploy()
    until("so much has happened", lambda: len(running.lines) >= whole * percent // 100)
    cut_off(running)
    done = deployed.baton("cancel", "--json")
    assert done.json["cancelled"], done
    serves = "".join("n" if version == "v2" else "o" for version in deployed.serving().values())
    assert serves in ("ooo", "nno"), done
    # in the pre-flight nobody has looked yet
    seen = "***" if done.json["phase"] == "pre_flight" else serves
    verdict(deployed, done, done.json["status"], done.json["phase"],
            "thinkpad rtx1080" if serves == "nno" else "", seen, done.json["exit_code"])
    assert deployed.leases() == {}


def test_where_there_is_nothing_to_cancel(deployed):
    done = deployed.baton("cancel")
    assert done.code == 0 and "no run is under way" in done.err, done
    run = deployed.done.json["run"]
    done = deployed.baton("cancel", run, "--json")
    assert done.code == 0 and f"run {run} has ended, success" in done.err, done
    assert done.json == {"schema": 1, "cancelled": False, "run": run, "status": "success"}
    assert deployed.baton("cancel", "20200101").code == 66


def test_no_process_is_signalled_that_is_not_proven_to_be_the_runs(deployed):
    running = in_the_start_of(deployed, "rtx1080")
    run = run_of(deployed)
    lock = deployed.state / "baton" / "locks" / run
    told = lock.read_text()
    # as if the process had its pid from another container, or had begun at another time
    for old, new in (('"pid_space":"pid:[', '"pid_space":"pid:[9'),
                     ('"start_ticks":', '"start_ticks":1')):
        lock.write_text(told.replace(old, new))
        assert lock.read_text() != told
        done = deployed.baton("cancel", run)
        assert done.code == 69 and "cancel it where it runs" in done.err, done
        lock.write_text(told)
    assert running.process.poll() is None
    assert not any(one["type"] == "cancel_requested" for one in running.events())
    verdict(deployed, deployed.baton("cancel", "--json"), "rolled_back", "rtx1080", "", "ooo", 1)


def test_a_run_that_is_stopped_hears_it_when_it_goes_on(deployed):
    running = in_the_start_of(deployed, "rtx1080")
    os.kill(running.process.pid, signal.SIGSTOP)
    until("it is stopped", lambda: state(running.process.pid) == "T")
    asking = deployed.baton.start("cancel", "--json")
    until("it was asked", lambda: "was asked to stop" in asking.err)
    until("who waits hears why", lambda: f"kill -CONT {running.process.pid}" in asking.err)
    os.kill(running.process.pid, signal.SIGCONT)
    verdict(deployed, asking.wait(60), "rolled_back", "rtx1080", "", "ooo", 1, cancelled=True)


# --- nothing lives on

IGNORES = "trap '' TERM; touch ~/here; while :; do sleep 0.2; done"


@pytest.mark.parametrize("now", sample([True, False], True))
def test_five_seconds_after_a_kill_nothing_of_the_run_lives_on_any_host(deployed, now):
    running = in_the_start_of(deployed, "rtx1080", IGNORES)
    words = ("--now",) if now else ("--no-wait",)
    began = time.monotonic()
    deployed.baton("cancel", *words)
    if now:
        assert running.wait(5).code == 75
    until("nothing of the start lives", lambda: not any(
        "hooks/start" in line or "sleep 0.2" in line
        for line in deployed["rtx1080"].orphans().values()), 10)
    assert time.monotonic() - began < 5.5, "TERM, and KILL after four seconds"
    done = deployed.baton("resume", "--json") if now else running.wait(60)
    verdict(deployed, done, "rolled_back", "rtx1080", "", "ooo", 1, cancelled=True)


def test_a_rollback_that_was_killed_is_done_again(deployed):
    rtx = deployed["rtx1080"]
    deployed.repository.release("v2")
    (rtx.home / "faults/start-fails-v2").touch()
    rtx.hook("start", '[ "$1" = v2 ] || [ -e ~/go ] || { touch ~/here; sleep 600; }')
    running = deployed.baton.start_deploy()
    until("the rollback starts v1", (rtx.home / "here").exists)
    assert deployed.baton("cancel", "--now").code == 75
    running.wait(10)
    until("nothing of the rollback lives", lambda: not rtx.orphans(), 6)
    (rtx.home / "go").touch()
    done = deployed.baton("resume", "--json")
    verdict(deployed, done, "rolled_back", "rtx1080", "", "ooo", done.code)
    assert done.code in (1, 130) and done.json["rollback_failed"] == []


@pytest.mark.whole
def test_on_a_host_that_cannot_be_asked_the_step_ends_itself_at_its_deadline(deployed):
    vps = deployed["vps"]
    deployed.config.stage("vps", deadline="6s", retry={"attempts": 1})
    deployed.config.write()
    running = in_the_start_of(deployed, "vps", IGNORES)
    began = time.monotonic()
    vps.hang()
    done = deployed.baton("cancel", "--json")
    assert done.json["hosts"]["vps"]["serves"] == "unknown", done
    assert done.code == 2 and done.json["status"] == "partial_success", done
    running.wait(30)
    # nobody could tell it to stop; its deadline and the grace are over soon
    until("the start has ended by itself", lambda: not any(
        "hooks/start" in line for line in vps.processes().values()), 20)
    assert time.monotonic() - began < 20
    vps.wake()
    seen = deployed.baton("health", "--json")
    assert seen.json["hosts"]["vps"]["outcome"] in ("ok", "failed"), seen
