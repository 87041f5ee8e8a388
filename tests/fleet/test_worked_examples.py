"""What a run ends in, row by row: status, phase, what is deployed, what serves, exit code."""

import os
import signal

import pytest
from rig import made
from rig.expect import outcomes, verdict
from rig.processes import until

ALL = "thinkpad rtx1080 vps"
as_root = pytest.mark.skipif(os.getuid() != 0, reason="needs root: makes a folder read-only by a mount")


def snapshot_script(host):
    """snapshot.sh of a host: keeps a list, fails while ~/faults/snapshot is there."""
    path = host.home / "snapshot.sh"
    path.write_text("""#!/bin/sh
list=$HOME/snapshots; touch "$list"
case $1 in
list) cat "$list" ;;
create) [ ! -e "$HOME/faults/snapshot" ] || { echo 'no space in the pool' >&2; exit 5; }; echo "$2" >>"$list" ;;
rollback) grep -qx -- "$2" "$list"; echo "$2" >>"$HOME/rolled-back" ;;
delete) grep -vx -- "$2" "$list" >"$list.new"; mv "$list.new" "$list" ;;
*) exit 2 ;;
esac
""")
    path.chmod(0o755)


def shared_secrets(fleet, script):
    """A sync-secrets.sh on the controller that writes ~/secrets.env on every host past ssh."""
    path = fleet.project / "sync-secrets.sh"
    homes = "\n".join(f"put {name} '{host.home}'" for name, host in fleet.hosts.items())
    path.write_text(f"""#!/bin/sh
here=$(dirname "$0")
put() {{ cat "$here/master.env" >"$2/secrets.env"; {script} }}
case $1 in
test) test -r "$here/master.env" ;;
status) exit 1 ;;
sync)
{homes}
;;
esac
""")
    path.chmod(0o755)
    (fleet.project / "master.env").write_text("APP_TOKEN=first\n")
    fleet.config["secrets"] = {"script": "./sync-secrets.sh", "on": "controller",
                               "places": [{"from": "master.env", "to": "~/secrets.env"}]}
    fleet.config.write()


def with_secrets(make_fleet):
    """Serves v1 and has the first secrets."""
    fleet = made.published(make_fleet)
    shared_secrets(fleet, "true;")
    assert fleet.baton.deploy().code == 0
    return fleet


def alerts_of(fleet, result):
    return {(event["severity"], event["host"]) for event in fleet.baton.journal(result["run"])
            if event["type"] == "alert_raised"}


def tokens(fleet):
    return {(host.home / "secrets.env").read_text() for host in fleet.hosts.values()}


@pytest.mark.whole
def test_vps_release_that_cannot_be_prepared_uses_up_its_attempts(deployed):
    deployed.repository.release("v2", "vps:prepare-fails")
    result = verdict(deployed, deployed.baton.deploy(), "partial_success", "vps",
                     "thinkpad rtx1080", "nno", 4)
    assert result["details"]["vps"]["attempts"] == 3  # only its author knows why; an unknown image is tried once
    assert deployed["vps"].history() == ["v1"], "the old release was touched"


@pytest.mark.whole
def test_what_cannot_get_better_on_vps_is_tried_once(deployed):
    """The lab has the row with an unknown image; here somebody edits a file in the middle."""
    deployed.repository.release("v2")
    deployed["rtx1080"].hook("started", f"echo '# by hand' >>'{deployed['vps'].checkout}/check'")
    result = verdict(deployed, deployed.baton.deploy(), "partial_success", "vps",
                     "thinkpad rtx1080", "nno", 4)
    assert result["error_detail"]["code"] == "dirty"
    assert result["details"]["vps"]["attempts"] == 1
    assert deployed["vps"].history() == ["v1"], "the old release was touched"


def test_vps_unreachable_before_it_was_changed(deployed):
    deployed.repository.release("v2")
    deployed.config["deadlines"] = {"connect": "2s"}
    deployed.config.with_tests().write()
    vps = deployed["vps"]
    running = deployed.baton.start_deploy()
    running.wait_event("phase_ended", phase="pre_flight")
    vps.stop()
    done = running.wait()
    result = verdict(deployed, done, "partial_success", "vps", "thinkpad rtx1080", "nn?", 4)
    assert result["hosts"]["vps"]["serves"] == "unknown"
    assert result["details"]["vps"]["attempts"] == 3
    assert ("critical", "vps") in alerts_of(deployed, result), result


@pytest.mark.whole
def test_vps_unreachable_after_its_secrets_were_changed(prepared):
    deployed = prepared(with_secrets)
    (deployed.project / "master.env").write_text("APP_TOKEN=second\n")
    deployed.config["deadlines"] = {"connect": "2s"}
    deployed.config.write()
    deployed.repository.release("v2")
    running = deployed.baton.start_deploy()
    running.wait_event("phase_ended", phase="rtx1080")
    deployed["vps"].stop()
    done = running.wait()
    result = verdict(deployed, done, "partial_success", "vps", "thinkpad rtx1080", "nn?", 2)
    assert "vps" in result["rollback_failed"]


@pytest.mark.whole
def test_vps_unreachable_at_pre_flight(deployed):
    deployed.repository.release("v2")
    deployed["vps"].stop()
    result = verdict(deployed, deployed.baton.deploy(), "aborted", "pre_flight", "", "oo?", 1)
    assert result["error_detail"]["host"] == "vps"
    assert result["error_detail"]["code"] == "unreachable"


@pytest.mark.whole
def test_guard_finds_rtx1080_ill_before_vps(deployed):
    deployed.repository.release("v2", "rtx1080:ill-after=1")
    result = verdict(deployed, deployed.baton.deploy(), "rolled_back", "rtx1080", "", "ooo", 1)
    assert result["details"]["rtx1080"]["by"] == "guard"
    assert result["details"]["rtx1080"]["outcome"] == "failed"
    assert deployed["vps"].history() == ["v1"]


@pytest.mark.whole
def test_guard_finds_thinkpad_ill_before_vps_and_everything_goes_back(deployed):
    deployed.repository.release("v2", "thinkpad:ill-after=2")
    result = verdict(deployed, deployed.baton.deploy(), "rolled_back", "thinkpad", "", "ooo", 1)
    assert result["details"]["thinkpad"]["by"] == "guard"
    assert deployed["rtx1080"].history() == ["v1", "v2", "v1"]


@pytest.mark.whole
def test_verification_finds_rtx1080_ill_after_vps_was_rolled_back(deployed):
    deployed.config.stage("vps", retry=1)
    deployed.config.write()
    deployed.repository.release("v2", "vps:ill", "rtx1080:ill-after=2")
    verdict(deployed, deployed.baton.deploy(), "rolled_back", "verification", "", "ooo", 1)


@pytest.mark.whole
def test_cancel_in_the_back_off_of_vps(deployed):
    deployed.config.stage("vps", retry={"attempts": 3, "base": "60s"})
    deployed.config.write()
    deployed.repository.release("v2", "vps:ill")
    running = deployed.baton.start_deploy()
    running.wait_event("retry_scheduled", phase="vps")
    running.signal(signal.SIGINT)
    done = running.wait(30)
    result = verdict(deployed, done, "partial_success", "vps", "thinkpad rtx1080", "nno", 4,
                     cancelled=True)
    assert outcomes(result)["verification"] == "not_run"


@pytest.mark.whole
def test_cancel_in_secrets_sync_with_two_of_three_written(prepared):
    deployed = prepared(with_secrets)
    (deployed.project / "master.env").write_text("APP_TOKEN=second\n")
    here = deployed.project / "two-written"
    shared_secrets(deployed, f'[ "$1" != rtx1080 ] || {{ touch "{here}"; sleep 600; }};')
    (deployed.project / "master.env").write_text("APP_TOKEN=second\n")
    running = deployed.baton.start_deploy()
    until("two of three are written", here.exists)
    running.signal(signal.SIGINT)
    done = running.wait(30)
    verdict(deployed, done, "aborted", "secrets_sync", "", "ooo", 130, cancelled=True)
    assert tokens(deployed) == {"APP_TOKEN=first\n"}


def test_scenario_3_and_the_rollback_of_rtx1080_fails(deployed):
    deployed.repository.release("v2", "rtx1080:ill")
    deployed["rtx1080"].fault("start-fails-v1")
    deployed["rtx1080"].hook("start", 'echo "$1" >>~/tried')
    result = verdict(deployed, deployed.baton.deploy(), "failed", "rtx1080", "", "o*o", 2)
    assert result["rollback_failed"] == ["rtx1080"]
    assert ("critical", "rtx1080") in alerts_of(deployed, result), result
    tried = (deployed["rtx1080"].home / "tried").read_text().split()
    assert tried == ["v2", "v1"], "it was tried again and again"
    said = deployed.baton("show", result["run"])
    assert "rollback FAILED on: rtx1080" in said.out, said


@as_root
@pytest.mark.whole
def test_secrets_cannot_be_put_back_on_rtx1080(deployed):
    for host in deployed.hosts.values():
        (host.home / "private").mkdir()
        (host.home / "private" / "secrets.env").write_text("APP_TOKEN=first\n")
    shared_secrets(deployed, "true;")
    homes = "\n".join(f"cp master.env '{host.home}/private/secrets.env'"
                      for host in deployed.hosts.values())
    folder = deployed["rtx1080"].home / "private"
    (deployed.project / "sync-secrets.sh").write_text(
        f"""#!/bin/sh
cd "$(dirname "$0")" || exit 1
case $1 in
test) ;;
status) exit 1 ;;
sync)
{homes}
mount --bind '{folder}' '{folder}' && mount -o remount,bind,ro '{folder}'
exit 3 ;;
esac
""")
    deployed["rtx1080"]._mounted.append(folder)
    (deployed.project / "master.env").write_text("APP_TOKEN=second\n")
    deployed.config["secrets"]["places"] = [{"from": "master.env", "to": "~/private/secrets.env"}]
    deployed.config.write()
    deployed.repository.release("v2")
    result = verdict(deployed, deployed.baton.deploy(), "failed", "secrets_sync", "", "ooo", 2)
    assert result["rollback_failed"] == ["rtx1080"]


@pytest.mark.whole
def test_a_snapshot_cannot_be_made_on_rtx1080(prepared):
    deployed = prepared(with_secrets)
    (deployed.project / "master.env").write_text("APP_TOKEN=second\n")
    for name in ("thinkpad", "rtx1080"):
        snapshot_script(deployed[name])
        deployed.config.stage(name, snapshot={"script": "~/snapshot.sh"})
    deployed.config.write()
    deployed["rtx1080"].fault("snapshot")
    deployed.repository.release("v2")
    result = verdict(deployed, deployed.baton.deploy(), "aborted", "snapshots", "", "ooo", 1)
    assert "no space in the pool" in result["error"]
    assert tokens(deployed) == {"APP_TOKEN=first\n"}
    assert (deployed["thinkpad"].home / "snapshots").read_text() == "", "its own snapshot is left"


@pytest.mark.whole
def test_rollback_off_and_verification_fails(deployed):
    deployed.config["verification"] = {"checks": [{"command": "false", "on": "controller"}]}
    deployed.config.write()
    deployed.repository.release("v2")
    verdict(deployed, deployed.baton.deploy("--no-rollback"), "failed", "verification", ALL, "nnn", 2)


@pytest.mark.whole
def test_rollback_off_and_nothing_was_changed_yet(deployed):
    deployed.repository.release("v2", "thinkpad:prepare-fails")
    verdict(deployed, deployed.baton.deploy("--no-rollback"), "failed", "thinkpad", "", "ooo", 1)


@pytest.mark.whole
def test_rollback_off_and_thinkpad_fails_stays_as_it_failed(deployed):
    deployed.repository.release("v2", "thinkpad:ill")
    verdict(deployed, deployed.baton.deploy("--no-rollback"), "failed", "thinkpad", "thinkpad",
            "noo", 2)


@pytest.mark.whole
def test_environment_staging_and_verification_fails(deployed):
    deployed.config["verification"] = {"checks": [{"command": "false", "on": "controller"}]}
    deployed.config.write()
    deployed.repository.release("v2")
    done = deployed.baton.deploy("--env", "staging")
    assert (done.code, done.json["status"], done.json["phase"]) == (1, "rolled_back", "verification")
    assert outcomes(done.json)["rtx1080"] == outcomes(done.json)["vps"] == "skipped"
    assert deployed.serving() == dict.fromkeys(deployed.hosts, "v1")
    assert set(done.json["hosts"]) == {"thinkpad"}


@pytest.mark.whole
def test_first_deployment_where_nothing_ran_and_thinkpad_fails(fleet):
    fleet.repository.release("v2", "thinkpad:ill")
    verdict(fleet, fleet.baton.deploy(), "failed", "thinkpad", "", "---", 1)


@pytest.mark.whole
def test_production_with_skip_tests(deployed):
    deployed.config.with_tests().write()
    deployed.repository.release("v2", "*:tests-fail")
    result = verdict(deployed, deployed.baton.deploy("--skip-tests"), "success", "verification",
                     ALL, "nnn", 0)
    assert outcomes(result)["tests"] == "skipped"


@pytest.mark.whole
def test_one_of_two_hosts_of_a_production_stage_fails(make_fleet):
    fleet = make_fleet("a", "b")
    fleet.config["stages"] = {"farm": {"role": "production", "hosts": ["a", "b"]}}
    fleet.config["environments"] = {"production": {"stages": ["farm"]}}
    fleet.config.write()
    fleet.repository.release("v1")
    assert fleet.baton.deploy().code == 0
    fleet.repository.release("v2", "b:ill")
    verdict(fleet, fleet.baton.deploy(), "rolled_back", "farm", "", "oo", 1)


def test_rtx1080_is_leased_by_another_run(deployed):
    deployed.repository.release("v2")
    deployed.config["environments"]["only"] = {"stages": ["rtx1080"]}
    deployed.config.write()
    deployed["rtx1080"].hook("prepare", "touch ~/waiting; while [ -e ~/waiting ]; do sleep 0.1; done")
    other = deployed.baton.start_deploy("--env", "only", XDG_STATE_HOME=str(deployed.dir / "other"))
    until("the other run is in its effect", (deployed["rtx1080"].home / "waiting").exists)
    done = deployed.baton.deploy()
    assert (done.code, done.json["status"], done.json["phase"]) == (3, "aborted", "pre_flight"), done
    assert done.json["error_detail"]["code"] == "lease_held"
    assert deployed.serving() == dict.fromkeys(deployed.hosts, "v1")
    (deployed["rtx1080"].home / "waiting").unlink()
    assert other.wait().code == 0
