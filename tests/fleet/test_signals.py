"""Ctrl-C and SIGTERM: the verdict of a cancel, within a second whatever the peer does."""

import signal
import time

import pytest
from rig.expect import outcomes, verdict
from rig.processes import until

ALL = "thinkpad rtx1080 vps"


def stuck(fleet, name, point="prepare"):
    """The run is inside an effect of that host that goes on for ever. Returns it."""
    fleet[name].hook(point, "touch ~/here; sleep 600")
    running = fleet.baton.start_deploy()
    until(f"{name} is in {point}", (fleet[name].home / "here").exists)
    return running


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143),
                                          (signal.SIGHUP, 129)])
def test_before_anything_serves_the_new_release(deployed, number, code):
    deployed.repository.release("v2")
    running = stuck(deployed, "thinkpad", "prepare")
    running.signal(number)
    done = running.wait(30)
    # the checkout was not moved yet, so nothing was touched
    result = verdict(deployed, done, "aborted", "thinkpad", "", "ooo", code, cancelled=True)
    assert outcomes(result)["rtx1080"] == "not_run"
    assert deployed["thinkpad"].history() == ["v1"]


def test_in_the_middle_of_production_takes_both_back(deployed):
    deployed.repository.release("v2")
    running = stuck(deployed, "rtx1080", "start")
    deployed["rtx1080"].unhook("start")
    running.signal()
    verdict(deployed, running.wait(30), "rolled_back", "rtx1080", "", "ooo", 130, cancelled=True)


def test_of_a_pull_nothing_is_left_within_five_seconds(deployed):
    """What it has started too, in a session of its own or deaf to TERM; and the next run begins at once."""
    deployed.repository.release("v2")
    host = deployed["vps"]
    host.hook("prepare", """[ "$1" = v2 ] || exit 0
sh -c "trap '' TERM; sleep 611; sleep 612" & setsid sleep 613 &
sleep 614""")
    running = deployed.baton.start_deploy()

    def pulls():
        return [line for line in host.orphans().values() if line.startswith("sleep 61")]

    until("the vps pulls", lambda: len(pulls()) == 3)
    running.signal()
    until("nothing of it runs", lambda: not pulls(), 5)
    verdict(deployed, running.wait(30), "partial_success", "vps", "thinkpad rtx1080", "nno", 4,
            cancelled=True)
    assert host.history() == ["v1"], "what serves was touched"
    host.unhook("prepare")
    verdict(deployed, deployed.baton.deploy(), "success", "verification", ALL, "nnn", 0)


def test_a_logout_that_sends_all_its_signals_cancels_once(deployed):
    deployed.repository.release("v2")
    running = stuck(deployed, "rtx1080", "start")
    deployed["rtx1080"].unhook("start")
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGHUP):
        running.signal(number)
    verdict(deployed, running.wait(30), "rolled_back", "rtx1080", "", "ooo",
            129 if "SIGHUP: stopping" in running.err else 143, cancelled=True)


def test_in_the_tests_phase(deployed):
    deployed.config.with_tests(command="touch here; sleep 600", junit="").data["tests"].pop("junit")
    deployed.config["tests"]["workdir"] = str(deployed.project)
    deployed.config.write()
    deployed.repository.release("v2")
    running = deployed.baton.start_deploy()
    until("the tests run", (deployed.project / "here").exists)
    running.signal()
    verdict(deployed, running.wait(30), "failed", "tests", "", "ooo", 130, cancelled=True)


def test_the_first_line_says_what_is_kept_and_what_is_rolled_back(deployed):
    deployed.repository.release("v2")
    running = stuck(deployed, "rtx1080", "prepare")
    before = len(running.err)
    running.signal()
    done = running.wait(30)
    line = done.err[before:].strip().splitlines()[0]
    assert "thinkpad" in line and "roll" in line, done


def test_a_stopped_sshd_does_not_hold_it_up(deployed):
    deployed.repository.release("v2")
    running = stuck(deployed, "vps", "prepare")
    deployed["vps"].hang()
    running.signal()
    began = time.monotonic()
    event = running.wait_event("cancel_requested", seconds=5)
    assert event and time.monotonic() - began < 1
    running.wait_event("phase_ended", seconds=10, phase="vps")
    assert time.monotonic() - began < 3, "the cancel waited for a stopped sshd"
    deployed["vps"].wake()
    done = running.wait(60)
    assert done.json["cancelled"] and done.json["status"] == "partial_success", done


def test_during_a_rollback_the_rollback_finishes(deployed):
    deployed.repository.release("v2", "rtx1080:ill")
    deployed["thinkpad"].hook("start", '[ "$1" != v1 ] || { touch ~/back; sleep 2; }')
    running = deployed.baton.start_deploy()
    until("thinkpad goes back", (deployed["thinkpad"].home / "back").exists)
    running.signal()
    done = running.wait(60)
    # whether it counts as cancelled too is of no consequence: the failure came first
    verdict(deployed, done, "rolled_back", "rtx1080", "", "ooo", 130 if done.json["cancelled"] else 1)


def test_a_second_signal_ends_it_at_once_and_says_how_to_go_on(deployed):
    deployed.repository.release("v2")
    running = stuck(deployed, "rtx1080", "start")
    running.signal()
    time.sleep(0.3)   # the two must be two for the signal handler, too
    running.signal()
    began = time.monotonic()
    done = running.wait(10)
    assert time.monotonic() - began < 2
    assert done.code == 75, done
    assert done.json["status"] is None, done
    assert f"baton resume {done.json['run']}" in done.err.strip().splitlines()[-1], done


def test_cancel_before_the_first_host_is_touched_is_aborted(deployed):
    deployed.repository.release("v2")
    deployed["vps"].command("git", 'case "$*" in *ls-remote*|*fetch*) touch ~/here; sleep 600;; esac; exec "$real" "$@"')
    deployed["vps"].banner("[ ! -e ~/slow-login ] || { touch ~/here; sleep 600; }")
    (deployed["vps"].home / "slow-login").touch()
    running = deployed.baton.start_deploy()
    running.wait_event("phase_started", phase="pre_flight")
    until("pre_flight hangs on the vps",
          lambda: any("sleep 600" in line for line in deployed["vps"].processes().values())
          or (deployed["vps"].home / "here").exists())
    running.signal()
    began = time.monotonic()
    done = running.wait(30)
    assert time.monotonic() - began < 10
    assert (done.code, done.json["status"], done.json["phase"]) == (130, "aborted", "pre_flight"), done
