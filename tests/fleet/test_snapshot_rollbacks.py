"""Rollbacks to a snapshot of the whole home: Baton's own records there are rewound with it."""

import glob
import json
import os
import pathlib
import shutil
import subprocess

import pytest
from rig.expect import verdict
from rig.fleet import DEFAULT
from rig.processes import until
from rig.sample import sample
from test_worked_examples import shared_secrets, tokens

as_root = pytest.mark.skipif(os.getuid() != 0, reason="needs root: mounts a btrfs image")
STAND_INS = pathlib.Path(__file__).parent.parent / "support/stand_ins"
DELETE = 'delete) rm -rf "$dir/snaps/$2" ;;'


def copying_tool(host, on=None, delete=DELETE, before=":", after=":"):
    """snapshot.sh of `host`, on itself or in the folder `on`: real copies of its home, with all that
    lies there. The app is left alone, as by a snapshot of a file system, but for `before` and `after`
    a rollback. What it was asked is in `snapshot-calls` beside the home; a file `snapshot-VERB-fails` there makes that verb fail."""
    path = pathlib.Path(on or host.home) / "snapshot.sh"
    path.write_text(f"""#!/bin/sh
dir='{host.dir}'
echo "$*" >>"$dir/snapshot-calls"
mkdir -p "$dir/snaps"
[ ! -e "$dir/snapshot-$1-fails" ] || {{ echo 'the pool is suspended' >&2; exit 5; }}
case $1 in
list) ls -1 "$dir/snaps" ;;
create)
    cp -a "$dir/home" "$dir/snaps/$2" || : # a lease's heartbeat is renamed meanwhile
    test -d "$dir/snaps/$2/hooks" ;;
rollback)
    {before}
    cd / && mv "$dir/home" "$dir/old" && cp -a "$dir/snaps/$2" "$dir/home" && rm -rf "$dir/old" || exit
    {after} ;;
{delete}
*) echo "usage: snapshot.sh list | create NAME | rollback NAME" >&2; exit 2 ;;
esac
""")
    path.chmod(0o755)


def calls(host, verb):
    """The snapshots that the tool was asked to VERB, in order."""
    lines = [line.split() for line in (host.dir / "snapshot-calls").read_text().splitlines()]
    return [line[1] for line in lines if line[0] == verb]


def fence(host):
    return max(int(path.name[2:]) for path in (host.home / ".local/state/baton/fence").glob("e.*"))


def steps(fleet, run, host):
    """The ends of the run's steps that concern this host, as (kind, facts), in order."""
    events = fleet.baton.journal(run)
    (units,) = [event["plan"]["units"] for event in events if event["type"] == "run_requested"]
    return [(event["kind"], event["outcome"].get("facts", {})) for event in events
            if event["type"] == "step_ended" and units[event["of"]]["host"] == host]


def fence_of_run(fleet, run, host):
    """What the host gave the run at its begin."""
    return int(dict(steps(fleet, run, host))["lease"]["fence"])


def serving(make_fleet, with_secrets):
    """v1 everywhere, and rtx1080 with a snapshot; v2 is ill there, and once it was started v1 does not
    start any more: its data was changed. Without secrets there is one more host, `pve`, in no stage."""
    fleet = make_fleet(*DEFAULT, *([] if with_secrets else ["pve"]))
    fleet.config["stages"].pop("pve", None)
    fleet.config["environments"]["production"]["stages"] = list(DEFAULT)
    fleet.repository.release("v1")
    host = fleet["rtx1080"]
    copying_tool(host)
    host.hook("start", '[ "$1" = v1 ] || touch ~/faults/start-fails-v1\necho "$1" >>~/data')
    fleet.config.stage("rtx1080", snapshot={"script": "~/snapshot.sh"})
    fleet.config.write()
    if with_secrets:
        shared_secrets(fleet, "true;")
    done = fleet.baton.deploy()
    assert done.code == 0, done
    fleet.repository.release("v2", "rtx1080:ill")
    return fleet


@pytest.fixture
def production(prepared):
    """production(method, more of the snapshot...) is `serving`, with that method to go back."""
    def make(rollback_with, with_secrets=False, **more):
        fleet = prepared(serving, with_secrets)
        fleet.config.stage("rtx1080", snapshot={"script": "~/snapshot.sh"} | more,
                           rollback_with=rollback_with)
        fleet.config.write()
        return fleet

    return make


def nothing_outside(result):
    left = glob.glob(f"/tmp/.baton-outside-snapshots.{result['run']}.*")
    assert not left, left


def back_from_the_snapshot(fleet, result):
    """All that must be true of rtx1080 afterwards."""
    host, name = fleet["rtx1080"], result["details"]["snapshots"]["facts"]["rtx1080"]
    assert calls(host, "rollback") == [name]
    (warning,) = [text for text in result["warnings"] if "snapshot" in text]
    # nobody can look into a script
    assert warning.startswith("rtx1080 is said to be set back to the snapshot ") and name in warning and "written there since" in warning
    # since the snapshot only the old release was started, once
    assert host.history() == ["v1", "v1"] and (host.home / "data").read_text().split() == ["v1", "v1"]
    # raised when it was rewound, and once more when it was given back
    assert fence(host) >= fence_of_run(fleet, result["run"], "rtx1080") + 2
    nothing_outside(result)
    assert name in os.listdir(host.dir / "snaps"), "only a run that aborts deletes its own"


@pytest.mark.whole
def test_app_then_snapshot_goes_to_the_snapshot_when_the_release_does_not_come_back(production):
    fleet = production("app_then_snapshot")
    done = fleet.baton.deploy()
    result = verdict(fleet, done, "rolled_back", "rtx1080", "", "ooo", 1)
    back_from_the_snapshot(fleet, result)
    assert result["rollback_failed"] == []
    fleet.repository.release("v3")
    verdict(fleet, fleet.baton.deploy(), "success", "verification", "thinkpad rtx1080 vps", "nnn", 0,
            new="v3")


@pytest.mark.whole
def test_app_then_snapshot_leaves_the_snapshot_alone_when_the_release_comes_back(production):
    fleet = production("app_then_snapshot")
    host = fleet["rtx1080"]
    host.hook("start", 'echo "$1" >>~/data')
    result = verdict(fleet, fleet.baton.deploy(), "rolled_back", "rtx1080", "", "ooo", 1)
    assert calls(host, "rollback") == [] and not result["warnings"]
    assert (host.home / "data").read_text().split() == ["v1", "v2", "v1"]


@pytest.mark.whole
def test_a_verification_that_fails_takes_the_release_back_and_leaves_the_snapshot_alone(production):
    fleet = failing_at_the_end(production)
    host = fleet["rtx1080"]
    host.hook("start", 'echo "$1" >>~/data')
    result = verdict(fleet, fleet.baton.deploy(), "rolled_back", "verification", "", "ooo", 1, new="v3")
    assert calls(host, "rollback") == [] and not result["warnings"], result
    assert (host.home / "data").read_text().split() == ["v1", "v3", "v1"]
    assert result["details"]["snapshots"]["facts"]["rtx1080"] in os.listdir(host.dir / "snaps")


@pytest.mark.whole
def test_a_verification_that_fails_goes_to_the_snapshot_where_the_release_does_not_come_back(production):
    fleet = failing_at_the_end(production)
    result = verdict(fleet, fleet.baton.deploy(), "rolled_back", "verification", "", "ooo", 1, new="v3")
    back_from_the_snapshot(fleet, result)
    kinds = [kind for kind, _ in steps(fleet, result["run"], "rtx1080") if kind.startswith("restore")]
    assert kinds == ["restore", "restore_snapshot", "restore"], "the release first"


def failing_at_the_end(production):
    """`production` and a release that is well, until the last check of all."""
    fleet = production("app_then_snapshot")
    fleet.config["verification"] = {"checks": [{"command": "false", "on": "controller"}]}
    fleet.config.write()
    fleet.repository.release("v3")
    return fleet


def test_rollback_with_snapshot_goes_there_at_once(production):
    fleet = production("snapshot")
    host = fleet["rtx1080"]
    result = verdict(fleet, fleet.baton.deploy(), "rolled_back", "rtx1080", "", "ooo", 1)
    back_from_the_snapshot(fleet, result)
    kinds = [kind for kind, facts in steps(fleet, result["run"], "rtx1080")]
    assert [kind for kind in kinds if kind.startswith("restore")] == ["restore_snapshot", "restore"]
    assert host.orphans() == {}


@pytest.mark.whole
def test_a_tool_that_starts_the_application_itself(production):
    fleet = production("snapshot")
    host = fleet["rtx1080"]
    copying_tool(host, before="~/app/ctl stop", after="~/app/ctl start")
    verdict(fleet, fleet.baton.deploy(), "rolled_back", "rtx1080", "", "ooo", 1)
    assert len([line for line in host.processes().values() if "httpd -f" in line]) == 1


@pytest.mark.whole
def test_secrets_are_put_back_before_the_release_starts_from_the_snapshot(production):
    fleet = production("snapshot", with_secrets=True)
    (fleet.project / "master.env").write_text("APP_TOKEN=second\n")
    verdict(fleet, fleet.baton.deploy(), "rolled_back", "rtx1080", "", "ooo", 1)
    assert tokens(fleet) == {"APP_TOKEN=first\n"}
    assert fleet["rtx1080"].get("/token")[1] == "first"


@pytest.mark.whole
def test_the_very_first_deployment_goes_back_to_nothing(fleet):
    host = fleet["rtx1080"]
    copying_tool(host)
    fleet.config.stage("rtx1080", snapshot={"script": "~/snapshot.sh"}, rollback_with="snapshot")
    fleet.config.write()
    fleet.repository.release("v2", "rtx1080:ill")
    result = verdict(fleet, fleet.baton.deploy(), "rolled_back", "rtx1080", "", "---", 1)
    assert len(calls(host, "rollback")) == 1
    nothing_outside(result)


@pytest.mark.whole
@pytest.mark.parametrize("method, serves", [("snapshot", "rtx1080"), ("app_then_snapshot", "")])
def test_a_snapshot_rollback_that_fails_needs_a_person(production, method, serves):
    fleet = production(method)
    host = fleet["rtx1080"]
    (host.dir / "snapshot-rollback-fails").touch()
    result = verdict(fleet, fleet.baton.deploy(), "failed", "rtx1080", serves, "o*o", 2,
                     rollback_failed=["rtx1080"])
    alerts = [event for event in fleet.baton.journal(result["run"]) if event["type"] == "alert_raised"]
    (last,) = [event for event in alerts if event["severity"] == "critical" and "brought back" in event["text"]]
    assert last["host"] == "rtx1080" and "the pool is suspended" in last["text"]
    nothing_outside(result)


@pytest.mark.whole
def test_a_snapshot_of_something_else_is_kept_and_never_rolled_back_to(production):
    fleet = production("app", covers="other")
    host = fleet["rtx1080"]
    result = verdict(fleet, fleet.baton.deploy(), "failed", "rtx1080", "", "o*o", 2,
                     rollback_failed=["rtx1080"])
    assert calls(host, "rollback") == []
    assert calls(host, "create")[-1] == result["details"]["snapshots"]["facts"]["rtx1080"]


# --- the tool is elsewhere


def elsewhere(production, on):
    """The tool of rtx1080 runs on `pve`, or on the controller."""
    fleet = production("app_then_snapshot")
    host = fleet["rtx1080"]
    (host.home / "snapshot.sh").unlink()
    folder = fleet.project if on == "controller" else fleet["pve"].home
    copying_tool(host, on=folder)
    fleet.config.stage("rtx1080", snapshot={"on": on, "script": {
        "controller": "./snapshot.sh", "pve": "~/snapshot.sh"}[on]})
    fleet.config.write()
    return fleet


@pytest.mark.parametrize("on", sample(["controller", "pve"], "pve"))
def test_the_tool_runs_on_another_target(production, on):
    fleet = elsewhere(production, on)
    result = verdict(fleet, fleet.baton.deploy(), "rolled_back", "rtx1080", "", "ooo", 1)
    back_from_the_snapshot(fleet, result)
    assert set(result["hosts"]) == {"thinkpad", "rtx1080", "vps"}


@pytest.mark.parametrize("on", sample(["controller", "pve"], "controller"))
def test_a_run_that_aborts_deletes_its_own_snapshot_there(production, on):
    fleet = elsewhere(production, on)
    host = fleet["rtx1080"]
    before = set(os.listdir(host.dir / "snaps"))
    copying_tool(fleet["thinkpad"])
    (fleet["thinkpad"].dir / "snapshot-create-fails").touch()
    fleet.config.stage("thinkpad", snapshot={"script": "~/snapshot.sh"})
    shared_secrets(fleet, "true;")
    result = verdict(fleet, fleet.baton.deploy(), "aborted", "snapshots", "", "ooo", 1)
    assert result["error_detail"]["host"] == "thinkpad" and "the pool is suspended" in result["error"]
    assert set(os.listdir(host.dir / "snaps")) == before
    assert not (host.home / "secrets.env").exists(), "its secrets are not put back"
    assert not result["warnings"]


def test_a_tool_that_cannot_be_found_elsewhere_is_told_at_pre_flight(production):
    fleet = elsewhere(production, "pve")
    (fleet["pve"].home / "snapshot.sh").unlink()
    result = verdict(fleet, fleet.baton.deploy(), "aborted", "pre_flight", "", "ooo", 1)
    assert result["error_detail"]["host"] == "pve"


@pytest.mark.parametrize("on", sample(["itself", "controller", "pve"], "pve"))
def test_a_person_goes_back_to_a_snapshot_and_the_host_is_nobodys_afterwards(production, on):
    """The snapshot was made in a run, so that run's lease is in it."""
    outside = set(glob.glob("/tmp/.baton-outside-snapshots.*"))
    fleet = production("app") if on == "itself" else elsewhere(production, on)
    host = fleet["rtx1080"]
    name, before = calls(host, "create")[-1], fence(host)
    (host.home / "written").touch()
    done = fleet.baton("snapshot", "rollback", "rtx1080", name, "--yes")
    assert done.code == 0 and "will be lost" in done.err and "start it anew" in done.err, done
    assert calls(host, "rollback") == [name] and not (host.home / "written").exists()
    assert fleet.leases() == {} and fence(host) > before
    assert set(glob.glob("/tmp/.baton-outside-snapshots.*")) <= outside
    (host.dir / "snapshot-rollback-fails").touch()
    done = fleet.baton("snapshot", "rollback", "rtx1080", name, "--yes")
    assert done.code == 1 and "the pool is suspended" in done.out + done.err, done
    assert fleet.leases() == {}


# --- a guest of Proxmox


# A machine as Proxmox has it: its disk is rtx1080's home; one that is stopped answers nobody, and none
# of its processes live. Started, sshd listens; the app does not start by itself.
MACHINE = """#!/bin/sh
dir='{dir}'
sshd=$(cat "$dir/sshd.pid")
case $1 in
snapshot)
    mkdir -p "$dir/snaps"
    cp -a "$dir/home" "$dir/snaps/$3" || : # a lease's heartbeat is renamed meanwhile
    test -d "$dir/snaps/$3/hooks" ;;
rollback) rm -rf "$dir/home" && cp -a "$dir/snaps/$3" "$dir/home" ;;
delete) rm -rf "$dir/snaps/$3" ;;
running) [ ! -e "$dir/stopped" ] ;;
stop)
    touch "$dir/stopped"
    kill -STOP "$sshd"
    kill -KILL $(pgrep -P "$sshd") $(cd /proc && grep -lzsxF "RIG_HOST_DIR=$dir" [0-9]*/environ | cut -d / -f 1) 2>/dev/null
    : ;;
start)
    rm -f "$dir/stopped"
    kill -CONT "$sshd" ;;
esac
"""


class Cluster:
    """The Proxmox that has rtx1080 as its guest 100; its tools are on the host `pve`."""

    def __init__(self, fleet):
        host, pve = fleet["rtx1080"], fleet["pve"]
        machine = host.dir / "machine"
        machine.write_text(MACHINE.format(dir=host.dir))
        machine.chmod(0o755)
        for tool in ("qm", "pct", "pvesh"):
            (pve.bin / tool).symlink_to(STAND_INS / "pve")
        self.folder = pve.bin / "pve-state"
        self.folder.mkdir()
        self.write({
            "node": "pve1", "nodes": {"pve1": "online"},
            "storages": {"local-zfs": {"total": 100 << 30, "avail": 60 << 30, "snapshots": True}},
            "guests": {"100": {"kind": "qemu", "name": "production", "node": "pve1", "running": True,
                               "config": {"scsi0": "local-zfs:vm-100-disk-0,size=8G"}, "hook": [str(machine)]}}})

    def write(self, state):
        (self.folder / "state.json").write_text(json.dumps(state))

    def read(self):
        return json.loads((self.folder / "state.json").read_text())

    @property
    def guest(self):
        return self.read()["guests"]["100"]

    def calls(self):
        return (self.folder / "calls").read_text()


def as_guest(production, method="app_then_snapshot", **more):
    fleet = production(method)
    fleet.config.stage("rtx1080", snapshot={"on": "pve", "proxmox": {"guest": "production"}} | more)
    fleet.config.write()
    return fleet, Cluster(fleet)


@pytest.mark.whole
@pytest.mark.parametrize("method", ["snapshot", "app_then_snapshot"])
def test_a_guest_of_proxmox_goes_back_and_boots_anew(production, method):
    fleet, cluster = as_guest(production, method)
    host = fleet["rtx1080"]
    result = verdict(fleet, fleet.baton.deploy(), "rolled_back", "rtx1080", "", "ooo", 1)
    name = result["details"]["snapshots"]["facts"]["rtx1080"]
    (warning,) = [text for text in result["warnings"] if "snapshot" in text]
    assert f"rtx1080 was set back to the snapshot {name} (seen: guest 100 on pve1 stands on {name}" in warning
    assert "written there since" in warning
    assert cluster.guest["parent"] == name and cluster.guest["boots"] == 1 and cluster.guest["running"]
    assert host.history() == ["v1", "v1"] and (host.home / "data").read_text().split() == ["v1", "v1"]
    assert fence(host) >= fence_of_run(fleet, result["run"], "rtx1080") + 2
    assert "unlock" not in cluster.calls()
    nothing_outside(result)
    fleet.repository.release("v3")
    verdict(fleet, fleet.baton.deploy(), "success", "verification", "thinkpad rtx1080 vps", "nnn", 0, new="v3")


@pytest.mark.whole
def test_a_task_of_proxmox_that_failed_is_a_rollback_that_failed(production):
    """pvesh itself ends with 0."""
    fleet, cluster = as_guest(production)
    cluster.write(cluster.read() | {"faults": {"qmrollback": {"error": "can't rollback, dataset is busy"}}})
    result = verdict(fleet, fleet.baton.deploy(), "failed", "rtx1080", "", "o*o", 2, rollback_failed=["rtx1080"])
    assert "dataset is busy" in str([event for event in fleet.baton.journal(result["run"]) if event["type"] == "alert_raised"])
    assert not [text for text in result["warnings"] if "set back" in text]


def test_what_stops_the_snapshots_of_a_guest_is_told_at_pre_flight(production):
    fleet, cluster = as_guest(production)
    state = cluster.read()
    state["storages"]["local-zfs"]["snapshots"] = False
    cluster.write(state)
    result = verdict(fleet, fleet.baton.deploy(), "aborted", "pre_flight", "", "ooo", 1)
    assert result["error_detail"]["host"] == "pve" and "storage that has no snapshots" in result["error"]
    assert "create" not in cluster.calls()


@pytest.mark.whole
def test_a_person_goes_back_to_a_snapshot_of_a_guest(production):
    fleet, cluster = as_guest(production, "app")
    assert fleet.baton("snapshot", "create", "rtx1080", "--yes").code == 0
    (name,) = cluster.guest["snapshots"]
    (fleet["rtx1080"].home / "written").touch()
    assert name in fleet.baton("snapshot", "list", "rtx1080").out
    done = fleet.baton("snapshot", "rollback", "rtx1080", name, "--yes")
    assert done.code == 0 and not (fleet["rtx1080"].home / "written").exists(), done
    assert fleet.leases() == {} and cluster.guest["boots"] == 1
    assert fleet.baton("snapshot", "delete", "rtx1080", name, "--yes").code == 0
    assert not cluster.guest["snapshots"]


# --- kept, deleted


@pytest.mark.whole
def test_a_tool_without_delete_keeps_them_and_the_verdict_names_them(production):
    fleet = production("app", keep=1)
    host = fleet["rtx1080"]
    copying_tool(host, delete="")
    fleet.repository.release("v3")
    result = verdict(fleet, fleet.baton.deploy(), "success", "verification", "thinkpad rtx1080 vps",
                     "nnn", 0, new="v3")
    assert "older snapshots are kept on rtx1080" in str(result["details"]["snapshots"]["hosts"])
    # a run that aborts wants to take its own away
    (fleet["thinkpad"].dir / "snapshot-create-fails").touch()
    copying_tool(fleet["thinkpad"])
    fleet.config.stage("thinkpad", snapshot={"script": "~/snapshot.sh"})
    fleet.config.write()
    result = verdict(fleet, fleet.baton.deploy(), "aborted", "snapshots", "", "ooo", 1, old="v3")
    (kept,) = result["warnings"]
    assert "has no `delete`" in kept and calls(host, "create")[-1] in kept


@pytest.mark.whole
def test_the_newest_are_kept_and_those_of_others_too(production):
    fleet = production("app", keep=2)
    host = fleet["rtx1080"]
    (host.dir / "snaps" / "before-the-upgrade").mkdir()
    fleet.config["environments"]["alone"] = {"stages": ["rtx1080"]}
    fleet.config.write()
    for number in range(3, 6):
        fleet.repository.release(f"v{number}")
        assert fleet.baton.deploy("--env", "alone").code == 0
    assert sorted(os.listdir(host.dir / "snaps")) == sorted(
        calls(host, "create")[-2:] + ["before-the-upgrade"])


# --- btrfs


@pytest.fixture
def on_btrfs(fleet):
    """rtx1080 with its checkout, and what its app serves from, in a subvolume of a btrfs of its own."""
    if not shutil.which("mkfs.btrfs"):
        pytest.skip("mkfs.btrfs is not installed (btrfs-progs)")
    host = fleet["rtx1080"]
    image, volume = host.dir / "image", host.home / "volume"
    volume.mkdir()
    with open(image, "wb") as file:
        file.truncate(256 << 20)
    subprocess.run(["mkfs.btrfs", "-q", str(image)], check=True)
    mounted = subprocess.run(["mount", "-o", "loop", str(image), str(volume)], check=False,
                             capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"a btrfs image cannot be mounted here: {mounted.stderr}")
    host._mounted.append(volume)
    subprocess.run(["btrfs", "-q", "subvolume", "create", str(volume / "app")], check=True)
    fleet.config["stacks"]["app"]["path"] = "~/volume/app"
    for other in fleet.hosts.values():
        (other.home / "volume/app").mkdir(parents=True, exist_ok=True)
        other.checkout = other.home / "volume/app"
    return fleet


@as_root
@pytest.mark.whole
@pytest.mark.parametrize("method", ["snapshot", "app_then_snapshot"])
def test_what_runs_comes_back_from_the_restored_subvolume(on_btrfs, method):
    fleet, host = on_btrfs, on_btrfs["rtx1080"]
    fleet.config["stacks"]["app"]["vars"] = {"APP_DATA": "serving"}
    fleet.config.stage("rtx1080", rollback_with=method, snapshot={
        "btrfs": {"subvolume": "~/volume/app", "snapshot_dir": "~/volume/snaps"}})
    host.hook("start", 'cd ~/volume/app; if [ "$1" = v1 ]; then [ ! -e data ]; else touch data; fi')
    fleet.config.write()
    assert fleet.baton.deploy().code == 0
    fleet.repository.release("v2", "rtx1080:ill")
    result = verdict(fleet, fleet.baton.deploy(), "rolled_back", "rtx1080", "", "ooo", 1)
    assert not (host.checkout / "data").exists()
    until("only the application of the restored tree runs", lambda: [
        os.readlink(f"/proc/{pid}/cwd") for pid, line in host.processes().items() if "httpd -f" in line]
        == [str(host.checkout / "serving/www")])
    (warning,) = [text for text in result["warnings"] if "snapshot" in text]
    assert "rtx1080 was set back to the snapshot" in warning and "is a copy of" in warning
    assert sorted(path.name for path in (host.home / "volume").iterdir()) == ["app", "snaps"]
    nothing_outside(result)
    assert len(os.listdir(host.home / "volume/snaps")) == 2
