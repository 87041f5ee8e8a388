"""From a run that goes wrong to the message in a chat: the baton binary, sshd, node exporter, Prometheus and
Alertmanager are real; only those who are told are stand-ins, and the rules are in a hurry (rules.py)."""

import os
import signal
import time

import alloy
import families
import pytest
from rig.expect import verdict
from servers import until
from watched import can

CONDITIONS = {"BatonRunsFailingOften"}  # most runs here are meant to fail


def cause(result):
    return f"{result['phase']} ({result['error_detail']['code']})"


def test_a_good_run_is_told_of_to_nobody(watched):
    watched.fleet.repository.release("v2")
    verdict(watched.fleet, watched.deploy(), "success", "verification", "thinkpad rtx1080 vps", "nnn", 0)
    until("Prometheus has read of it", lambda: watched.counted("success") == 2)
    assert not watched.prometheus.firing()
    assert not watched.chat.told


def test_the_five_scenarios_reach_the_chat(watched):
    fleet = watched.fleet
    fleet.config.with_tests().write()

    fleet.repository.release("v3", "thinkpad:ill")
    first = verdict(fleet, watched.deploy(), "failed", "thinkpad", "", "ooo", 1, new="v3", old="v2")
    message = watched.until_told("homelab: a run has failed", cause(first))
    assert message["parse_mode"] == "HTML" and message["text"].startswith("<b>homelab: a run has failed</b>\n")
    assert "runbooks.md#batonrunfailed" in message["text"]

    fleet.repository.release("v4", "rtx1080:start-fails")
    third = verdict(fleet, watched.deploy(), "rolled_back", "rtx1080", "", "ooo", 1, new="v4", old="v2")
    watched.until_told("homelab: a run was rolled back", cause(third))

    fleet.repository.release("v5", "vps:ill")
    fourth = verdict(fleet, watched.deploy(), "partial_success", "vps", "thinkpad rtx1080", "nno", 4,
                     new="v5", old="v2")
    watched.until_told("manual intervention required", cause(fourth))

    watched.until_over("BatonRunFailed")  # of the first
    fleet.repository.release("v6", "*:tests-fail")
    second = verdict(fleet, watched.deploy(), "failed", "tests", "", "oo*", 1, new="v6", old="v5")
    watched.until_told("homelab: a run has failed", cause(second))

    watched.until_over("BatonRunRolledBack")  # of the third
    fleet.config["verification"] = {"checks": [{"command": "false", "on": "controller", "of": "rtx1080"}]}
    fleet.config.write()
    fleet.repository.release("v7")
    verdict(fleet, watched.deploy(), "rolled_back", "verification", "", "oo*", 1, new="v7", old="v5")
    watched.until_told("homelab: a run was rolled back", times=2)

    # Each once, and the grave ones to everybody.
    heads = [one["text"].splitlines()[0] for one in watched.chat.messages()]
    assert len([one for one in heads if "most runs of the last day" not in one]) == 5, heads
    grave = ["BatonRunRolledBack", "BatonRunPartialSuccess", "BatonRunRolledBack"]
    until("the grave ones are told by mail", lambda: watched.mail.subjects() == [f"{one} (homelab)" for one in grave])
    until("and to a program", lambda: [one["commonLabels"]["alertname"]
                                       for one in watched.chat.elsewhere("/webhook")] == grave)
    until("and to the team", lambda: [one["attachments"][0]["title"] for one in watched.chat.elsewhere("/slack")]
          == [f"{one} (homelab)" for one in grave])
    del fleet.config.data["verification"]
    fleet.config.write()


def test_a_host_that_goes_away_is_told_of_and_also_when_it_is_back(watched):
    fleet, vps = watched.fleet, watched.fleet["vps"]
    fleet.repository.release("v8")
    vps.stop()
    assert watched.deploy().json["status"] == "aborted"
    watched.until_told("homelab: a run was aborted", "pre_flight (unreachable)")
    assert watched.until_fires("BatonHostUnreachable")["host"] == "vps"
    watched.until_told("vps: out of reach")
    vps.start()
    assert watched.deploy().code == 0
    watched.until_told("over: vps: out of reach")


def test_a_run_whose_process_died_is_told_of(watched):
    """The file that it has left behind says so; how old it is, node exporter tells."""
    fleet, host = watched.fleet, watched.fleet["rtx1080"]
    fleet.repository.release("v9")
    host.hook("prepare", "touch ~/here; while [ -e ~/here ]; do sleep 0.05; done")
    running = fleet.baton.start_deploy()
    until("rtx1080 prepares", (host.home / "here").exists)
    until("the file speaks of it", lambda: "baton_runs_in_progress 1" in watched.file.read_text())
    running.signal(signal.SIGKILL)
    running.wait()
    long_ago = time.time() - 2 * 3600
    os.utime(watched.file, (long_ago, long_ago))
    assert watched.until_fires("BatonTextfileStale")["file"] == str(watched.file)
    watched.until_told("a run is not over, and nobody carries it on", str(watched.file))
    (host.home / "here").unlink()
    assert fleet.baton("resume", "--json", seconds=400).code == 0
    watched.until_told("over: ", "a run is not over")


def test_every_line_of_the_log_goes_through_the_pipeline_to_loki(watched):
    config = alloy.read((families.root / "examples" / "monitoring" / "config.alloy").read_text())
    log, = watched.fleet.state.rglob("deployment_orchestrator.log")
    runs, events = set(), set()
    for line in log.read_text().splitlines():
        time_of, labels, metadata = alloy.carry(config, "baton", line, {"app": "baton", "filename": str(log)})
        assert time_of and labels.keys() == {"app", "level"}, line
        assert labels["level"] in ("debug", "info", "warning", "error"), line
        runs.add(metadata.get("run"))
        events.add(metadata.get("event"))
    assert len(runs - {None}) >= 8 and "step_ended" in events


def test_nothing_fires_that_has_no_cause_here(watched):
    watched.until_over("BatonRunAborted", "BatonRunFailed", "BatonRunRolledBack", "BatonRunPartialSuccess")
    assert {one["alertname"] for one in watched.prometheus.firing()} <= CONDITIONS
    unhealthy = [rule["name"] for group in watched.prometheus.data("/api/v1/rules")["groups"]
                 for rule in group["rules"] if rule["health"] != "ok"]
    assert not unhealthy


@pytest.mark.skipif(not can("serve"), reason="this baton has no verb serve")
def test_a_baton_that_does_not_answer_is_told_of_once(watched):
    watched.served.stop()
    watched.until_told("Baton does not answer")
    watched.until_fires("BatonAbsent")
    until("Alertmanager keeps to itself what follows from it", lambda: "BatonAbsent" in watched.suppressed())
    assert not [one for one in watched.chat.messages() if "nothing is heard of Baton" in one["text"]]


@pytest.mark.skipif(not can("metrics"), reason="this baton has no verb metrics")
def test_what_the_tests_make_up_has_the_labels_of_what_is_exported(watched):
    listed = {one["name"]: one for one in watched.fleet.baton("metrics", "--list", "--json").json["metrics"]}
    assert listed.keys() == families.exported()
    for name, (kind, labels) in families.at_work.items():
        if name not in families.not_exported_yet:
            assert (listed[name]["type"], set(listed[name]["labels"])) == (kind, set(labels)), name


def test_node_exporter_has_nothing_to_say_against_the_text_file(watched):
    assert "error gathering metrics" not in watched.numbers.log
