"""Secret files and host snapshots: written, compared, put back, kept."""

import pytest
from rig import made
from rig.expect import verdict
from test_worked_examples import shared_secrets, snapshot_script, tokens

ALL = "thinkpad rtx1080 vps"


def built_in(fleet, to="~/secrets.env"):
    (fleet.project / "master.env").write_text("APP_TOKEN=first\n")
    fleet.config["secrets"] = {"places": [{"from": "master.env", "to": to}]}
    fleet.config.write()


def test_the_built_in_driver_brings_them_before_the_release_starts(fleet):
    built_in(fleet)
    verdict(fleet, fleet.baton.deploy(), "success", "verification", ALL, "nnn", 0, new="v1")
    for host in fleet.hosts.values():
        assert host.get("/token")[1] == "first"
        assert (host.home / "secrets.env").stat().st_mode & 0o777 == 0o600


def test_a_secret_file_inside_a_checkout_that_is_not_there_yet(prepared):
    fleet = prepared(made.published, "thinkpad")
    built_in(fleet, "~/app/.env")
    verdict(fleet, fleet.baton.deploy(), "success", "verification", "thinkpad", "n", 0, new="v1")
    assert {host.get("/token")[1] for host in fleet.hosts.values()} == {"first"}


@pytest.mark.whole
def test_hosts_that_do_not_get_the_new_release_have_their_old_secrets_again(fleet):
    built_in(fleet)
    assert fleet.baton.deploy().code == 0
    (fleet.project / "master.env").write_text("APP_TOKEN=second\n")
    fleet.config.stage("vps", retry=1)
    fleet.config.write()
    fleet.repository.release("v2", "vps:ill")
    verdict(fleet, fleet.baton.deploy(), "partial_success", "vps", "thinkpad rtx1080", "nno", 4)
    assert [(host.home / "secrets.env").read_text() for host in fleet.hosts.values()] == [
        "APP_TOKEN=second\n", "APP_TOKEN=second\n", "APP_TOKEN=first\n"]
    assert fleet["vps"].get("/token")[1] == "first"


def test_a_script_that_leaves_something_else_than_it_should(deployed):
    shared_secrets(deployed, '[ "$1" != vps ] || echo "APP_TOKEN=wrong" >"$2/secrets.env";')
    deployed.repository.release("v2")
    result = verdict(deployed, deployed.baton.deploy(), "aborted", "secrets_sync", "", "ooo", 1)
    assert result["error_detail"]["host"] == "vps"
    assert "wrong" not in str(result), "a secret's value is in the result"


def test_a_script_that_fails_gives_its_words(deployed):
    shared_secrets(deployed, "true;")
    (deployed.project / "sync-secrets.sh").write_text(
        "#!/bin/sh\n[ $1 != test ] || { echo 'the vault is sealed' >&2; exit 9; }\n")
    done = deployed.baton.deploy()
    assert done.code == 1 and "the vault is sealed" in done.json["error"], done


def test_secrets_verbs_alone(deployed):
    shared_secrets(deployed, "true;")
    script = deployed.project / "sync-secrets.sh"
    script.write_text(script.read_text().replace("test) ", "test) echo asked; "))
    assert "\nasked\n" in deployed.baton("secrets", "test").out
    asked = deployed.baton("secrets", "test", "--json")
    assert asked.code == 0 and asked.json["outcome"] == "ok" and "\nasked\n" in asked.err, asked
    status = deployed.baton("secrets", "status", "--json")
    assert status.code == 1 and status.json["hosts"]["controller"]["outcome"] == "failed", status
    assert deployed.baton("secrets", "sync", "--yes").code == 0
    assert tokens(deployed) == {"APP_TOKEN=first\n"}
    # and nothing is forgotten of what the hosts serve
    states = deployed.baton("status", "--json").json["hosts"]
    assert {state["serves"] for state in states} == {"new"}, states


def test_a_fleet_without_secrets_says_so(fleet):
    for verb in ("test", "status", "sync"):
        done = fleet.baton("secrets", verb)
        assert done.code == 78 and "no secrets" in done.err, done


def test_snapshots_are_made_before_the_first_touch_and_kept_by_number(prepared):
    fleet = prepared(made.published, "rtx1080")
    snapshot_script(fleet["rtx1080"])
    fleet.config.stage("rtx1080", snapshot={"script": "~/snapshot.sh", "keep": 2})
    fleet.config.write()
    for number in range(1, 5):
        if number > 1:
            fleet.repository.release(f"v{number}")
        assert fleet.baton.deploy().code == 0
    assert len((fleet["rtx1080"].home / "snapshots").read_text().split()) == 2


def test_snapshot_verbs_alone(fleet):
    snapshot_script(fleet["rtx1080"])
    fleet.config.stage("rtx1080", snapshot={"script": "~/snapshot.sh"})
    fleet.config.write()
    assert fleet.baton("snapshot", "create", "rtx1080", "--yes").code == 0
    listed = fleet.baton("snapshot", "list")
    name = (fleet["rtx1080"].home / "snapshots").read_text().split()[0]
    assert listed.code == 0 and name in listed.out, listed
