"""Who asked for what: in the journal, in its chain, and proven to be all there."""

import json
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess

import pytest

from rig import made
from rig.processes import until
from rig.sample import sample


def at_work(make_fleet):
    """A deployment, a failed one, a lease that was taken away."""
    deployed = made.deployed(make_fleet)
    deployed.repository.release("v2")
    assert deployed.baton.deploy().code == 0
    deployed.repository.release("v3")
    host = deployed["rtx1080"]
    host.hook("start", '[ "$1" != v3 ] || { touch ~/here; sleep 600; }')
    running = deployed.baton.start_deploy(SSH_CONNECTION="192.0.2.7 1234 192.0.2.1 22")
    until("rtx1080 starts", (host.home / "here").exists)
    assert deployed.baton("lease", "release", "rtx1080", "--yes").code == 0
    running.wait()
    return deployed


@pytest.fixture
def busy(prepared):
    return prepared(at_work)


def verify(fleet):
    told = fleet.baton("audit", "verify", "--json")
    assert told.code == (0 if told.json["ok"] else 1), told
    return told.json


def change(fleet, statement):
    [file] = fleet.state.rglob("journal.db")
    with sqlite3.connect(file) as journal:
        journal.executescript("DROP TRIGGER event_is_final; DROP TRIGGER event_stays;" + statement)


def test_who_asked_for_what_from_where_with_what_result(busy):
    lines = [json.loads(line) for line in busy.baton("audit", "export").out.splitlines()]
    asked = [line for line in lines if line["kind"] == "asked"]
    assert [line["action"] for line in asked][-3:] == ["deploy", "deploy", "lease release"]
    assert all("@" in line["by"] and len(line["hash"]) == 64 for line in asked)
    assert asked[-2]["from"] == "ssh 192.0.2.7" and asked[-3]["from"] == "no terminal"
    assert asked[-1]["what"].startswith("rtx1080 from ")
    ends = {line["of_event"] or line["run"]: line["outcome"] for line in lines if line["kind"] == "ended"}
    assert ends[asked[-1]["seq"]] == "ok"
    assert ends[asked[-3]["run"]] == "success, exit 0" and ends[asked[-2]["run"]].startswith("failed, ")
    listed = busy.baton("audit", "list", "-n", "4")
    assert len(listed.out.splitlines()) == 4 and "lease release" in listed.out, listed
    assert busy.baton("audit", "list", "--json").json["events"] == lines[-20:]


def test_a_cancel_and_an_act_that_fails_are_told_too(deployed):
    deployed.repository.release("v2")
    host = deployed["rtx1080"]
    host.hook("start", '[ "$1" != v2 ] || { touch ~/here; sleep 600; }')
    running = deployed.baton.start_deploy()
    until("rtx1080 starts", (host.home / "here").exists)
    deployed.baton("cancel")
    running.wait()
    deployed["vps"].stop()
    failed = deployed.baton("adopt", "vps", "--yes")
    assert failed.code != 0, failed
    events = deployed.baton("audit", "list", "--json").json["events"]
    assert any(one["kind"] == "cancelled" and one["by"].startswith("baton cancel by ") for one in events), events
    assert events[-2]["action"] == "adopt" and events[-1]["outcome"] not in ("", "ok"), events


def test_what_is_as_it_was_written_is_found_so(busy):
    told = verify(busy)
    assert told["ok"] and told["events"] > 100 and told["heads"] >= 3, told
    said = busy.baton("audit", "verify")
    assert said.code == 0 and "each as it was written" in said.out, said


@pytest.mark.parametrize("statement, words", [
    ("UPDATE event SET json = replace(json, '\"requested_by\":\"', '\"requested_by\":\"x') "
     "WHERE type = 'run_requested'", "is not what was written"),
    ("UPDATE event SET at = at + 1 WHERE seq = 20", "event 20 is not what was written"),
    ("DELETE FROM event WHERE seq = 20", "event 20 is missing"),
    ("DELETE FROM event WHERE seq > (SELECT max(seq) - 2 FROM event)", "rows were cut off its end"),
])
def test_what_was_changed_is_found(busy, statement, words):
    change(busy, statement)
    told = verify(busy)
    assert not told["ok"] and words in told["fault"], told


def test_a_journal_that_was_written_anew_is_found_by_the_log(busy):
    [log] = busy.state.rglob("*.log")
    kept = busy.controller / "kept.log"
    shutil.copy(log, kept)
    shutil.rmtree(busy.state / "baton")
    busy.repository.release("v4")
    assert busy.baton.deploy().code == 0
    assert verify(busy)["ok"], "the new log knows only the new journal"
    told = busy.baton("audit", "verify", "--log", str(kept))
    assert told.code == 1 and "event" in told.err, told
    assert busy.baton("audit", "verify", "--log", "/nowhere").code == 66
    stdin = busy.baton("audit", "verify", "--log", "-", stdin=kept.read_text())
    assert stdin.code == 1, stdin


def test_a_log_that_logrotate_has_moved_on_still_proves_the_end(deployed, tmp_path):
    [log] = deployed.state.rglob("deployment_orchestrator.log")
    sample = pathlib.Path(__file__).resolve().parents[2] / "examples/logs/logrotate.conf"
    config = tmp_path / "logrotate.conf"
    config.write_text(re.sub(r"^/home\S+", str(log), sample.read_text(), flags=re.M))
    before = verify(deployed)["heads"]
    state = tmp_path / "state"
    subprocess.run(["/usr/sbin/logrotate", "--force", "--state", state, config], check=True)
    assert not log.exists() and log.with_name(log.name + ".1").exists()
    deployed.repository.release("v2")
    assert deployed.baton.deploy().code == 0
    after = verify(deployed)
    assert after["ok"] and after["heads"] > before, after


@pytest.mark.parametrize("level", sample(["info", "error"], "error"))
def test_the_end_of_the_chain_is_in_the_log_whatever_its_level(deployed, level):
    deployed.config.data["log"] = {"level": level}
    deployed.config.write()
    before = verify(deployed)
    deployed.repository.release("v2")
    assert deployed.baton.deploy().code == 0
    after = verify(deployed)
    assert after["heads"] == before["heads"] + 2 and after["behind"] == 0, after
    change(deployed, f"DELETE FROM event WHERE seq > {before['events']}")
    told = verify(deployed)
    assert not told["ok"] and "rows were cut off its end" in told["fault"], told


@pytest.mark.whole
def test_a_run_that_was_killed_stays_known(deployed):
    before = verify(deployed)
    deployed.repository.release("v2")
    host = deployed["rtx1080"]
    host.hook("start", '[ "$1" != v2 ] || { touch ~/here; while [ ! -e ~/go ]; do sleep 0.05; done; }')
    running = deployed.baton.start_deploy()
    until("rtx1080 starts", (host.home / "here").exists)
    running.signal(signal.SIGKILL)
    running.wait()
    told = verify(deployed)
    assert told["ok"] and told["heads"] == before["heads"] + 1 and told["behind"] > 0, told
    (host.home / "go").touch()
    assert deployed.baton("resume", SSH_CONNECTION="192.0.2.9 1234 192.0.2.1 22").code == 0
    events = deployed.baton("audit", "list", "--json").json["events"]
    [asked] = [one for one in events if one["action"] == "resume"]
    assert "@" in asked["by"] and asked["from"] == "ssh 192.0.2.9", asked
    assert [one["outcome"] for one in events if one["of_event"] == asked["seq"]] == ["ok"]
    assert verify(deployed)["behind"] <= 1
    change(deployed, f"DELETE FROM event WHERE seq > {before['events']}")
    assert not verify(deployed)["ok"]


@pytest.mark.whole
def test_a_cancel_says_who_asked_for_it_from_where(deployed):
    deployed.repository.release("v2")
    host = deployed["rtx1080"]
    host.hook("start", '[ "$1" != v2 ] || { touch ~/here; sleep 600; }')
    running = deployed.baton.start_deploy()
    until("rtx1080 starts", (host.home / "here").exists)
    assert deployed.baton("cancel", "").code == 64, "an empty name is not the only one"
    assert deployed.baton("cancel", SSH_CONNECTION="192.0.2.8 1234 192.0.2.1 22").code == 1
    running.wait()
    events = deployed.baton("audit", "list", "--json").json["events"]
    [asked] = [one for one in events if one["action"] == "cancel" and one["kind"] == "asked"]
    assert "@" in asked["by"] and asked["from"] == "ssh 192.0.2.8", asked


@pytest.mark.whole
def test_an_acknowledgement_is_proven_and_says_from_where(deployed):
    deployed.config.data["alerts"] = {"channels": {"hook": {"command": ["true"]}}}
    deployed.config.write()
    deployed.repository.release("v2", "vps:ill")
    assert deployed.baton.deploy().code == 4
    before = verify(deployed)
    assert deployed.baton("ack", SSH_CONNECTION="192.0.2.9 1234 192.0.2.1 22").code == 0
    events = deployed.baton("audit", "list", "--json").json["events"]
    [asked] = [one for one in events if one["action"] == "ack" and one["kind"] == "asked"]
    assert "@" in asked["by"] and asked["from"] == "ssh 192.0.2.9", asked
    told = verify(deployed)
    assert told["ok"] and told["heads"] == before["heads"] + 1, told
    change(deployed, "DELETE FROM event WHERE seq >= (SELECT seq FROM event WHERE type = 'acknowledged')")
    assert not verify(deployed)["ok"]


def test_what_is_derived_is_compared_and_made_anew(busy):
    [file] = busy.state.rglob("journal.db")
    right = busy.baton("history", "--json").out
    with sqlite3.connect(file) as journal:
        journal.executescript("UPDATE run SET status = 'success', exit_code = 0; DELETE FROM host_state")
    told = verify(busy)
    assert not told["ok"] and told["derived"] == ["run", "host_state"] and "--rebuild" in told["fault"], told
    said = busy.baton("audit", "verify", "--rebuild")
    assert said.code == 0 and "each as it was written" in said.out, said
    assert verify(busy)["derived"] == []
    assert busy.baton("history", "--json").out == right
    change(busy, "DELETE FROM event WHERE seq = 20")
    assert busy.baton("audit", "verify", "--rebuild").code == 1, "of wrong events nothing is made"
