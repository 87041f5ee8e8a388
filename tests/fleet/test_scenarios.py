"""The five scenarios of a failure, and the good run (README: what a failure means)."""

import pytest
from rig import processes
from rig.expect import outcomes, verdict


def test_a_good_commit_reaches_all_three_machines(deployed):
    commit = deployed.repository.release("v2")
    deployed.config.with_tests().write()
    result = verdict(deployed, deployed.baton.deploy("main"), "success", "verification",
                     "thinkpad rtx1080 vps", "nnn", 0)
    assert {name: host.head() for name, host in deployed.hosts.items()} == dict.fromkeys(
        deployed.hosts, commit)
    assert result["hosts"]["vps"]["commit"] == commit
    assert set(outcomes(result).values()) <= {"ok", "skipped"}
    assert outcomes(result)["tests"] == "ok"


def test_scenario_1_thinkpad_fails_and_the_others_are_not_touched(deployed):
    deployed.repository.release("v2", "thinkpad:ill")
    result = verdict(deployed, deployed.baton.deploy(), "failed", "thinkpad", "", "ooo", 1)
    assert outcomes(result)["rtx1080"] == outcomes(result)["vps"] == "not_run"
    assert deployed["rtx1080"].history() == deployed["vps"].history() == ["v1"]
    assert deployed["thinkpad"].history() == ["v1", "v2", "v1"]


def test_scenario_2_tests_fail_and_production_is_not_affected(deployed):
    deployed.repository.release("v2", "*:tests-fail")
    deployed.config.with_tests().write()
    result = verdict(deployed, deployed.baton.deploy(), "failed", "tests", "", "ooo", 1)
    assert result["error_detail"]["code"] == "tests_failed"
    assert "adds" in str(result["details"]["tests"]), "the failed test's name is not told"
    assert deployed["rtx1080"].history() == ["v1"]


def test_scenario_3_rtx1080_fails_and_both_go_back(deployed):
    deployed.repository.release("v2", "rtx1080:start-fails")
    result = verdict(deployed, deployed.baton.deploy(), "rolled_back", "rtx1080", "", "ooo", 1)
    assert deployed["vps"].history() == ["v1"], "the vps was touched"
    assert deployed["thinkpad"].history() == ["v1", "v2", "v1"]
    assert "v2 cannot start here" in result["error"], "the command's own words are missing"


def test_scenario_4_vps_fails_and_only_the_vps_goes_back(deployed):
    alerts = deployed.project / "alerts"
    deployed.config["alerts"] = {"on_alert": f"cat >>'{alerts}'; echo >>'{alerts}'"}
    deployed.config.write()
    deployed.repository.release("v2", "vps:ill")
    result = verdict(deployed, deployed.baton.deploy(), "partial_success", "vps",
                     "thinkpad rtx1080", "nno", 4)
    assert result["details"]["vps"]["attempts"] == 3
    assert deployed["rtx1080"].history() == ["v1", "v2"], "production was touched again"
    processes.until("the alert is told", lambda: alerts.exists()
                    and "manual intervention required" in alerts.read_text())


def test_scenario_5_verification_fails_and_everything_goes_back(deployed):
    deployed.config["verification"] = {"checks": [
        {"command": "test -e made-by-hand", "on": "controller", "of": "rtx1080"}]}
    deployed.config.write()
    deployed.repository.release("v2")
    verdict(deployed, deployed.baton.deploy(), "rolled_back", "verification", "", "ooo", 1)
    for host in deployed.hosts.values():
        assert host.history() == ["v1", "v2", "v1"]


def test_the_same_commit_deployed_again_runs_all_phases_and_is_a_new_release(deployed):
    first = deployed.done.json
    again = verdict(deployed, deployed.baton.deploy(), "success", "verification",
                    "thinkpad rtx1080 vps", "nnn", 0, new="v1")
    assert again["commit"] == first["commit"] and again["release"] != first["release"]


@pytest.mark.whole
def test_a_commit_whose_migration_failed_is_not_taken_for_deployed(deployed):
    """The new release is up, what was to follow it has failed, and nothing was taken back."""
    commit = deployed.repository.release("v2")
    host = deployed["rtx1080"]
    host.hook("started", '[ "$1" != v2 ] || { echo tried >>~/migrations; [ -e ~/schema-is-free ]; }')
    result = verdict(deployed, deployed.baton.deploy("--no-rollback"), "failed", "rtx1080",
                     "thinkpad rtx1080", "nno", 2)
    assert result["hosts"]["rtx1080"]["commit"] == commit, result
    (host.home / "schema-is-free").touch()
    verdict(deployed, deployed.baton.deploy(), "success", "verification", "thinkpad rtx1080 vps", "nnn", 0)
    assert (host.home / "migrations").read_text() == "tried\ntried\n"
    assert host.history() == ["v1", "v2", "v2"]


@pytest.mark.whole
def test_after_every_failure_the_next_good_commit_goes_through(deployed):
    deployed.config.stage("vps", retry=1)
    deployed.config.write()
    for version, defect in (("v2", "thinkpad:ill"), ("v3", "rtx1080:ill"), ("v4", "vps:ill")):
        deployed.repository.release(version, defect)
        assert deployed.baton.deploy().code in (1, 4)
    deployed.repository.release("v5")
    verdict(deployed, deployed.baton.deploy(), "success", "verification", "thinkpad rtx1080 vps",
            "nnn", 0, new="v5")
