"""Leases that a person takes away: from an owner that is gone, and from one that lives."""

import json
import subprocess

import pytest
from rig.cli import BATON
from rig.expect import verdict
from rig.processes import until

EFFECT = "echo begun >>~/starts; touch ~/here; sleep 600"


def in_production(fleet):
    """A run that is inside rtx1080's start. Returns it."""
    fleet.repository.release("v2")
    host = fleet["rtx1080"]
    host.hook("start", f'[ "$1" = v1 ] || {{ {EFFECT}; }}')
    running = fleet.baton.start_deploy()
    until("rtx1080 starts", (host.home / "here").exists)
    return running


def test_what_a_dead_owner_has_begun_is_ended_before_the_host_is_free(deployed):
    running = in_production(deployed)
    running.process.kill()
    running.process.wait()
    host = deployed["rtx1080"]
    assert host.orphans(), "the step did not outlive its owner"
    for name in deployed.hosts:
        freed = deployed.baton("lease", "release", name, "--yes")
        assert freed.code == 0 and f"{name} is free now" in freed.err, freed
    assert not host.orphans(), "the next owner would have it under its feet"
    host.unhook("start")
    verdict(deployed, deployed.baton.deploy(), "success", "verification", "thinkpad rtx1080 vps", "nnn", 0)
    assert (host.home / "starts").read_text() == "begun\n"


def test_a_run_whose_lease_is_taken_away_ends_failed_and_takes_the_others_back(deployed):
    running = in_production(deployed)
    freed = deployed.baton("lease", "release", "rtx1080", "--yes")
    assert freed.code == 0, freed
    done = running.wait()
    # its step was ended under it, and taking that back is not its business any more
    verdict(deployed, done, "failed", "rtx1080", "", "o?o", 2, rollback_failed=["rtx1080"])


def test_a_lease_that_is_lost_during_the_last_look_is_no_success(deployed):
    deployed.repository.release("v2")
    # the last effect on rtx1080 is long over: only looks are left there
    deployed["vps"].hook("start", '[ "$1" = v1 ] || { touch ~/here; while [ ! -e ~/go ]; do sleep 0.05; done; }')
    running = deployed.baton.start_deploy()
    until("vps starts", (deployed["vps"].home / "here").exists)
    assert deployed.baton("lease", "release", "rtx1080", "--yes").code == 0
    (deployed["vps"].home / "go").touch()
    done = running.wait()
    result = verdict(deployed, done, "failed", "verification", "", "o?o", 2)
    assert result["error_detail"]["code"] == "lease_lost", done


@pytest.mark.whole
def test_people_are_told_who_the_owner_is_in_words(deployed):
    running = in_production(deployed)
    shown = deployed.baton("lease", "show", "rtx1080")
    assert f"(process {running.process.pid})" in shown.out and "boot_id" not in shown.out, shown
    owner = json.loads(deployed.baton("lease", "show", "rtx1080", "--json").out)["leases"][0]
    assert json.loads(owner["owner"])["pid"] == running.process.pid
    checked = deployed.baton("check", "--hosts")
    assert checked.code == 1 and "rtx1080 " in checked.out and "holds the lease" in checked.out, checked
    refused = deployed.baton.deploy()
    assert refused.code == 3 and f"(process {running.process.pid})" in refused.json["error"], refused
    assert "boot_id" not in refused.json["error"]
    told = subprocess.run([BATON, "deploy", "--yes"], cwd=deployed.project, check=False, text=True,
                          env=deployed.environment(), capture_output=True, stdin=subprocess.DEVNULL)
    assert "lease show" in told.stderr and "mended commit" not in told.stderr, told
    deployed["rtx1080"].unhook("start")
    running.signal()
    running.wait()
