"""Fleets that are not the default one: other names, other stages, jump hosts, aliases."""

import pytest
from rig import made
from rig.expect import outcomes, tidy, verdict
from rig.host import USER
from test_plan import STAND_IN

NAMES = ("canary", "web-1", "web-2", "db", "edge")


def five(make_fleet):
    """canary (staging) → web-1 and web-2, db (production) → edge (public)."""
    fleet = make_fleet(*NAMES)
    fleet.config["fleet"] = "shop"
    fleet.config["stages"] = {
        "first": {"role": "staging", "hosts": ["canary"]},
        "web": {"role": "production", "hosts": ["web-1", "web-2"]},
        "data": {"role": "production", "hosts": ["db"]},
        "front": {"role": "public", "hosts": ["edge"],
                  "retry": {"attempts": 2, "base": "100ms"}},
    }
    fleet.config["environments"] = {
        "production": {"stages": ["first", "web", "data", "front"]},
        "web-only": {"stages": ["web"]},
    }
    fleet.config.write()
    fleet.repository.release("v1")
    done = fleet.baton.deploy()
    assert done.code == 0, done
    return fleet


def test_five_hosts_in_four_stages_are_deployed_in_order(prepared):
    fleet = prepared(five)
    fleet.repository.release("v2")
    done = fleet.baton.deploy()
    result = verdict(fleet, done, "success", "verification", " ".join(NAMES), "nnnnn", 0)
    assert list(result["phases"]) == ["pre_flight", "secrets_sync", "snapshots", "first", "tests",
                                      "web", "data", "front", "verification"]


@pytest.mark.whole
def test_a_failure_in_the_third_stage_takes_back_the_three_before_the_public_one(prepared):
    fleet = prepared(five)
    fleet.repository.release("v2", "db:ill")
    verdict(fleet, fleet.baton.deploy(), "rolled_back", "data", "", "ooooo", 1)
    assert fleet["edge"].history() == ["v1"]
    assert fleet["web-2"].history() == ["v1", "v2", "v1"]


@pytest.mark.whole
def test_a_failed_front_leaves_the_rest_deployed(prepared):
    fleet = prepared(five)
    fleet.repository.release("v2", "edge:start-fails")
    verdict(fleet, fleet.baton.deploy(), "partial_success", "front", "canary web-1 web-2 db",
            "nnnno", 4)


@pytest.mark.whole
def test_of_a_stage_of_three_hosts_none_keeps_the_new_release_when_one_falls_ill(make_fleet):
    fleet = make_fleet("a", "b", "c")
    fleet.config["stages"] = {"farm": {"role": "production", "hosts": ["a", "b", "c"]}}
    fleet.config["environments"] = {"production": {"stages": ["farm"]}}
    fleet.config.write()
    old = fleet.repository.release("v1")
    assert fleet.baton.deploy().code == 0
    fleet.repository.release("v2", "b:ill")
    # b is the last to serve it: the others have gone over by then
    for name in ("a", "c"):
        fleet[name].hook("started", f"touch '{fleet.dir}/over-'$RIG_HOST-$1")
    fleet["b"].hook("start", f"""[ "$1" = v1 ] ||
until [ -e '{fleet.dir}/over-a-v2' ] && [ -e '{fleet.dir}/over-c-v2' ]; do sleep 0.02; done""")
    result = verdict(fleet, fleet.baton.deploy(), "rolled_back", "farm", "", "ooo", 1)
    assert result["error_detail"]["host"] == "b" and result["rollback_failed"] == [], result
    assert {host.head() for host in fleet.hosts.values()} == {old}
    assert {tuple(host.history()) for host in fleet.hosts.values()} == {("v1", "v2", "v1")}


@pytest.mark.whole
def test_what_production_goes_back_to_is_kept_however_often_staging_is_deployed(make_fleet):
    """Both on one host, with an engine whose images are files (docker_stand_in.sh); one release is kept."""
    fleet = make_fleet("box")
    host = fleet["box"]
    world = host.dir / "docker"
    (world / "registry").mkdir(parents=True)
    for number in range(1, 8):
        (world / "registry" / f"web:{number}").write_text(f"sha256:{number}\n")
    host.command("docker", f"FAKE_DOCKER='{world}' exec sh '{STAND_IN}' \"$@\"")
    stack = fleet.config.stack() | {"compose": {"files": ["compose.yaml"]},
                                    "health": {"steady": "0s", "interval": "50ms", "deadline": "3s"}}
    del stack["command"]
    fleet.config.data.update(
        stacks={"live": stack, "trial": stack | {"path": "~/trial", "compose": {
            "files": ["compose.yaml"], "project": "trial"}}},
        stages={"staging": {"role": "staging", "hosts": ["box"], "stacks": ["trial"]},
                "production": {"role": "production", "hosts": ["box"], "stacks": ["live"]}},
        environments={"production": {"stages": ["production"]}, "staging": {"stages": ["staging"]}},
        retention={"releases": 1})
    fleet.config.write()
    services = "services:\n  web:\n    image: web:{0}\n{1}"
    fleet.repository.release("v1", files={"compose.yaml": services.format(1, "")})
    done = fleet.baton.deploy()
    assert done.code == 0, done
    good = done.json["release"]
    for number in range(2, 7):
        fleet.repository.release(f"v{number}", files={"compose.yaml": services.format(number, "")})
        assert fleet.baton.deploy("--env", "staging").code == 0
    kept = [path.name for path in (world / "images").iterdir()]
    assert f"baton%2Flive%2Fweb:{good}" in kept, kept
    assert len([name for name in kept if name.startswith("baton%2Ftrial")]) < 4, kept
    # in production it does not come up, and what ran there comes back without a pull
    (world / "registry/web:1").unlink()
    fleet.repository.release("v7", files={"compose.yaml": services.format(
        7, "    x-up-fails: ${ROLE_FAILS}\n")})
    (host.checkout / ".env").write_text("ROLE_FAILS=port is already allocated\n")
    back = fleet.baton.deploy()
    tidy(fleet, back)
    assert (back.code, back.json["status"], back.json["phase"]) == (1, "rolled_back", "production"), back
    assert back.json["rollback_failed"] == [] and back.json["hosts"]["box"]["serves"] == "old", back
    images = {path.read_text().split("service=")[0].split("project=")[1].split()[0]:
              path.read_text().split("image=")[1].split()[0] for path in (world / "containers").iterdir()}
    assert images["app"] == "sha256:1", images


def test_an_environment_of_one_stage_touches_no_other_host(prepared):
    fleet = prepared(five)
    fleet.repository.release("v2", "*:tests-fail")
    done = fleet.baton.deploy("--env", "web-only")
    assert done.code == 0 and done.json["systems_deployed"] == ["web-1", "web-2"], done
    assert outcomes(done.json)["first"] == "skipped"
    assert fleet.serving() == {"canary": "v1", "web-1": "v2", "web-2": "v2", "db": "v1", "edge": "v1"}


@pytest.mark.whole
def test_a_stage_with_its_own_policy(prepared):
    fleet = prepared(five)
    fleet.config.stage("web", on_failure={"rollback": "self", "status": "partial_success",
                                          "then": "go_on", "alert": "info"})
    fleet.config.write()
    fleet.repository.release("v2", "web-2:ill")
    verdict(fleet, fleet.baton.deploy(), "partial_success", "web", "canary db edge", "noonn", 4)


@pytest.mark.whole
def test_a_jump_host_of_the_fleet_an_alias_of_the_ssh_config_and_a_jump_of_the_ssh_config(make_fleet):
    fleet = make_fleet(*NAMES)
    bastion, inner, alias = fleet["canary"], fleet["web-1"], fleet["edge"]
    # only the bastion may connect to web-1: from elsewhere its sshd refuses the key's origin
    keys = inner.dir / "authorized_keys"
    keys.write_text(f'from="{inner.address},127.0.0.1" ' + keys.read_text())
    fleet.config["hosts"]["web-1"]["jump"] = "canary"
    fleet.config["hosts"]["edge"] = {"ssh": "jonas-homelab-edge"}
    fleet.config["hosts"]["db"] = {}
    fleet.ssh_config(
        f"Host jonas-homelab-edge\n  HostName {alias.address}\n  Port {alias.port}\n"
        f"Host bastion\n  HostName {bastion.address}\n  Port {bastion.port}\n"
        f"Host db\n  HostName {fleet['db'].address}\n  Port {fleet['db'].port}\n  ProxyJump bastion\n")
    fleet.config.write()
    fleet.repository.release("v1")
    verdict(fleet, fleet.baton.deploy(), "success", "verification", " ".join(NAMES), "nnnnn", 0,
            new="v1")
    assert f"Accepted publickey for {USER}" in fleet["db"].log.read_text()
    assert "direct-tcpip" in bastion.log.read_text() or "Local to remote" in bastion.log.read_text() \
        or bastion.log.read_text().count("Accepted publickey") >= 2


def one_machine_by_two_names(fleet):
    """rtx1080 is also vps, as only the ssh config says."""
    machine = fleet["rtx1080"]
    fleet.config["hosts"]["vps"] = {"ssh": "other-name"}
    fleet.ssh_config(f"Host other-name\n  HostName {machine.address}\n  Port {machine.port}\n")
    fleet.config.write()
    return machine


def test_two_names_of_one_machine_share_no_folder(fleet):
    machine = one_machine_by_two_names(fleet)
    done = fleet.baton.deploy()
    assert (done.json["status"], done.json["phase"], done.code) == ("aborted", "pre_flight", 1), done
    assert done.json["error_detail"]["code"] == "config_invalid", done
    assert "rtx1080" in done.json["error"] and "vps" in done.json["error"], done
    assert machine.history() == [] and fleet.leases() == {}


@pytest.mark.whole
def test_two_names_of_one_machine_share_its_lease(fleet):
    machine = one_machine_by_two_names(fleet)
    fleet.config["stacks"]["other"] = fleet.config.stack() | {"path": "~/other"}
    for name in fleet.hosts:
        fleet.config.stage(name, stacks=["other" if name == "vps" else "app"])
    fleet.config.write()
    # As when the other name raises the fence over the one that this name was told.
    machine.hook("prepare", "[ -e ~/raised ] || { touch ~/raised; cd ~/.local/state/baton/fence; at=$(echo e.*);"
                            " mv $at e.$((${at#e.} + 1)); }")
    done = fleet.baton.deploy()
    assert (done.json["status"], done.code) == ("success", 0), done
    assert (machine.home / "raised").exists() and fleet.leases() == {}


def test_the_commit_comes_as_a_bundle_to_hosts_that_cannot_reach_the_remote(prepared):
    fleet = prepared(made.published, "thinkpad", "rtx1080")
    for host in fleet.hosts.values():
        host.command("git", f'''case " $* " in *" {fleet.repository.url} "*) echo "no route" >&2; exit 128;; esac
exec "$real" "$@"''')
    fleet.config["stacks"]["app"]["source"] = "push"
    fleet.config.write()
    verdict(fleet, fleet.baton.deploy(), "success", "verification", "thinkpad rtx1080", "nn", 0, new="v1")
    fleet.repository.release("v2")
    verdict(fleet, fleet.baton.deploy(), "success", "verification", "thinkpad rtx1080", "nn", 0)


@pytest.mark.whole
def test_a_tag_a_branch_and_a_commit_id_are_resolved_once(prepared):
    deployed = prepared(made.deployed, "thinkpad", "rtx1080")
    second = deployed.repository.release("v2")
    deployed.repository.release("v3")
    deployed.repository.branch("next", "v2")
    for ref in ("v2", "next", second, second[:10]):
        result = verdict(deployed, deployed.baton.deploy(ref), "success", "verification",
                         "thinkpad rtx1080", "nn", 0)
        assert result["commit"] == second


@pytest.mark.whole
def test_two_stacks_on_one_host_are_told_apart(fleet):
    second = fleet.config.stack() | {"path": "~/other", "command": {
        "start": "date >~/other-runs", "stop": "rm -f ~/other-runs", "status": "test -e ~/other-runs"}}
    second["health"] = {"steady": "0s", "checks": [{"command": "test -e ~/other-runs"}]}
    fleet.config["stacks"]["other"] = second
    fleet.config.stage("thinkpad", stacks=["app"])
    fleet.config.stage("vps", stacks=["app"])
    fleet.config.write()
    result = verdict(fleet, fleet.baton.deploy(), "success", "verification", "thinkpad rtx1080 vps",
                     "nnn", 0, new="v1")
    assert set(result["hosts"]["rtx1080"]["stacks"]) == {"app", "other"}
    # a host with one of them needs no --stack
    asked = fleet.baton("adopt", "rtx1080", "--yes")
    assert asked.code == 64 and "--stack (app, other)" in asked.err, asked
    assert fleet.baton("adopt", "vps", "--yes").code != 64


def test_explain_of_an_odd_fleet_is_right_and_fits(make_fleet):
    fleet = make_fleet("unused")
    here = fleet.config.host("unused")
    names = [f"{stage}-{number}" for stage in ("lab", "qa", "east", "west", "edge") for number in (1, 2)]
    fleet.config["hosts"] = {name: here for name in names}
    fleet.config["stages"] = {
        stage: {"role": role, "hosts": [f"{stage}-1", f"{stage}-2"]} | more
        for stage, role, more in [
            ("lab", "staging", {}),
            ("qa", "staging", {"on_failure": {"rollback": "none", "status": "failed", "alert": "none"}}),
            ("east", "production", {}),
            ("west", "production", {"on_failure": {"rollback": "self", "status": "partial_success",
                                                   "then": "go_on", "alert": "info"}}),
            ("edge", "public", {})]}
    fleet.config["environments"] = {"production": {"stages": ["lab", "qa", "east", "west", "edge"]}}
    fleet.config.write()
    told = fleet.baton("explain")
    assert told.code == 0 and all(len(line) <= 80 for line in told.out.splitlines()), told
    blocks = [" ".join(block.split()) for block in told.out.split("\n\n")[1:]]
    assert blocks[0] == ("If phase pre_flight fails: rolled back: nothing keeps the new release: nothing "
                         "status aborted, exit code 1, alert warning; the run stops")
    assert ("If stage qa fails, or is found ill before east: rolled back: nothing keeps the new "
            "release: lab-1, lab-2, qa-1, qa-2 status failed, exit code 2, alert none; the run "
            "stops") in blocks
    assert ("If stage west fails, or is found ill before edge: rolled back: west-1, west-2 keeps the "
            "new release: lab-1, lab-2, qa-1, qa-2, east-1, east-2, edge-1, edge-2 status "
            "partial_success, exit code 4, alert info; the run goes on") in blocks
    assert ("If stage lab is found ill before edge; or stage qa is found ill before edge; or stage "
            "east is found ill before edge: rolled back: lab-1, lab-2, qa-1, qa-2, east-1, east-2, "
            "west-1, west-2 keeps the new release: nothing status rolled_back, exit code 1, alert "
            "critical; the run stops") in blocks
    assert len(blocks) == len(set(block.partition(": rolled back")[2] for block in blocks))
    rows = fleet.baton("explain", "--json").json["failures"]
    assert [row["phase"] for row in rows if row["how"] == "fails"] == [
        "pre_flight", "lab", "qa", "east", "west", "edge", "verification"]
    kept = fleet.baton("explain", "--no-rollback")
    assert kept.out.count("rolled back: nothing") == kept.out.count("rolled back:"), kept


def test_of_two_fleets_in_one_state_folder_each_has_its_own_last_run(fleet):
    here = fleet.config["fleet"]
    mine = fleet.baton.deploy("no-such-branch").json["run"]
    fleet.config["fleet"] = "elsewhere"
    fleet.config.write()
    refused = fleet.baton("show")
    assert refused.code == 66 and "no runs yet of fleet elsewhere" in refused.err, refused
    other = fleet.baton.deploy("no-such-branch").json["run"]
    assert fleet.baton("show", "--json").json["run"] == other
    listed = fleet.baton("history").out
    assert f"{mine}  {here}/production" in listed and f"{other}  elsewhere/production" in listed, listed
    fleet.config["fleet"] = here
    fleet.config.write()
    assert fleet.baton("show", "--json").json["run"] == mine
    assert mine in fleet.baton("logs").out
