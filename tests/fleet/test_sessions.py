"""What happens to sessions in the middle of a step: other sessions, half-open ones, prompts, a router
that forgets them."""

import signal
import subprocess
import time

import pytest
from rig import made, processes
from rig.cli import BATON
from rig.expect import verdict
from rig.nat import Nat
from rig.processes import until

ALL = "thinkpad rtx1080"

# A build that prints a thousand lines, waits for the test, and so on: `waits` times.
BUILD = """
echo begun >>~/builds
i=0
for wait in 1 2 3; do
    until_line=$((wait * 1000))
    while [ $i -lt $until_line ]; do i=$((i + 1)); echo "line $i of the build"; done
    touch ~/here$wait
    while [ ! -e ~/go$wait ]; do sleep 0.05; done
done
"""


def sessions_of(host):
    """The pids of sshd that serve a connection: not the listener, not what they run."""
    return [pid for pid in processes.children(host._sshd.pid)
            if processes.command_line(pid).startswith("sshd")]


@pytest.fixture
def two(prepared):
    """thinkpad and rtx1080, serving v1."""
    return prepared(made.deployed, "thinkpad", "rtx1080")


def test_a_build_streams_on_while_other_sessions_come_and_go(two):
    two.repository.release("v2")
    host = two["rtx1080"]
    host.hook("prepare", BUILD)
    running = two.baton.start_deploy()
    until("the build is under way", (host.home / "here1").exists)

    # other processes look at the same host meanwhile, in sessions of their own
    health = two.baton("health", "--json")
    assert health.code == 0, health
    checked = two.baton("check", "--hosts", "--json")
    assert checked.code == 1, checked
    assert all("holds the lease" in one["error"] for one in checked.json["hosts"].values() if one["error"]), checked
    (host.home / "go1").touch()

    # and then the build's own session is lost, and renewed
    until("the build goes on", (host.home / "here2").exists)
    host.cut_sessions()
    (host.home / "go2").touch()
    until("the build goes on without us", (host.home / "here3").exists)
    (host.home / "go3").touch()

    done = running.wait()
    verdict(two, done, "success", "verification", ALL, "nn", 0)
    assert (host.home / "builds").read_text() == "begun\n", "the build was begun twice"
    assert host.history() == ["v1", "v2"]
    printed = [line for line in two.baton("logs", done.json["run"]).out.splitlines()
               if line.endswith("of the build")]
    assert printed == [f"line {i} of the build" for i in range(1, 3001)], \
        f"{len(printed)} lines: {printed[:2]} … {printed[-2:]}"


@pytest.mark.whole
def test_a_half_open_session_is_replaced_and_its_step_goes_on(two):
    """The peer is wedged: no reset, no word. Nothing is left to be cleaned by hand."""
    two.repository.release("v2")
    host = two["rtx1080"]
    host.hook("start", "echo begun >>~/builds; touch ~/here; while [ ! -e ~/go ]; do sleep 0.05; done")
    running = two.baton.start_deploy()
    until("the effect has begun", (host.home / "here").exists)
    wedged = sessions_of(host)
    processes.kill(wedged, signal.SIGSTOP)
    try:
        until("there is a new session", lambda: set(sessions_of(host)) - set(wedged), 90)
        (host.home / "go").touch()
        verdict_of = running.wait(60)
    finally:
        processes.kill(wedged, signal.SIGKILL)
    verdict(two, verdict_of, "success", "verification", ALL, "nn", 0)
    assert (host.home / "builds").read_text() == "begun\n", "the step was done twice"
    assert host.history() == ["v1", "v2"]


@pytest.mark.whole
def test_a_step_that_says_nothing_goes_on_when_a_router_forgets_its_connection(two):
    """As after twenty minutes of silence, which are over at once here. The step outlives it, is found
    again over another connection, and its whole log and its exit status come in."""
    two.repository.release("v2")
    host = two["rtx1080"]
    host.sshd_option("ClientAliveInterval 1\nClientAliveCountMax 2")  # the host's end notices by itself
    two.config.stage("rtx1080", health={"checks": [  # not through the router
        {"http": f"http://{host.address}:{two.app_port}/cgi-bin/health"}]})
    with Nat(two, host) as router:
        host.hook("start", """[ "$1" = v2 ] || exit 0
echo begun >>~/builds; echo "the first line"; touch ~/here
while [ ! -e ~/go ]; do sleep 0.05; done
echo "the last line"; exit 7""")
        running = two.baton.start_deploy()
        until("the effect has begun", (host.home / "here").exists)
        before = router.accepted
        router.forget()
        until("there is a new connection", lambda: router.accepted > before, 90)
        (host.home / "go").touch()
        done = running.wait()
    result = verdict(two, done, "rolled_back", "rtx1080", "", "oo", 1)
    assert "status 7" in result["error"], result["error"]
    printed = two.baton("logs", result["run"], "--host", "rtx1080").out
    assert printed.count("the first line") == printed.count("the last line") == 1, printed
    assert (host.home / "builds").read_text() == "begun\n", "the step was done twice"
    assert host.history() == ["v1", "v1"]


def test_a_sudo_that_wants_a_password_fails_at_once_and_is_not_asked_again(fleet):
    vps = fleet["vps"]
    vps.command("sudo", """
echo "$*" >>~/sudo-calls
case " $* " in *" -n "*) echo "sudo: a password is required" >&2; exit 1 ;; esac
echo "[sudo] password for $USER: " >&2
sleep 600""")
    fleet.config["hosts"]["vps"]["sudo"] = True
    fleet.config.write()
    began = time.monotonic()
    done = fleet.baton.deploy()
    assert time.monotonic() - began < 30, done
    assert (done.json["status"], done.json["phase"], done.code) == ("aborted", "pre_flight", 1), done
    assert done.json["error_detail"]["host"] == "vps", done
    assert "a password is required" in str(done.json), done
    calls = (vps.home / "sudo-calls").read_text().splitlines()
    assert len(calls) == 1 and "-n" in calls[0].split(), f"sudo was called {len(calls)} times: {calls}"


def test_a_command_that_reads_its_input_is_told_that_there_is_none(two):
    two.repository.release("v2")
    host = two["rtx1080"]
    host.hook("start", '[ "$1" = v1 ] || { printf "really? [y/N] "; read -r answer; } || { echo "nobody answers" >&2; exit 3; }')
    began = time.monotonic()
    result = verdict(two, two.baton.deploy(), "rolled_back", "rtx1080", "", "oo", 1)
    assert time.monotonic() - began < 60
    assert "nobody answers" in str(result["error"]) + str(result["details"]["rtx1080"]), result


def limited(fleet, limit):
    """`baton deploy` in a process that may open only so many files: soft:hard."""
    return subprocess.run(["prlimit", f"--nofile={limit}", BATON, "deploy", "--json", "--yes"],
                          cwd=fleet.project, env=fleet.environment(), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=120, check=False)


def test_the_soft_limit_of_open_files_is_raised_and_a_hard_one_is_told(fleet):
    refused = limited(fleet, "60:60")
    assert refused.returncode == 69 and "ulimit -Hn" in refused.stderr, refused
    assert all(host.history() == [] for host in fleet.hosts.values())
    done = limited(fleet, "60:1024")
    assert done.returncode == 0, done
