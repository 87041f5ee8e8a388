"""The stand-ins for tools that no test machine has do as the tools' own sources and manuals say."""

import json
import pathlib
import re
import subprocess

import pytest

STAND_INS = pathlib.Path(__file__).parent.parent / "support/stand_ins"
UPID = re.compile(r"UPID:pve1:[0-9A-F]{8}:[0-9A-F]{8,9}:[0-9A-F]{8}:([a-z]+):(\d+):root@pam:")


class Tools:
    """The names that a stand-in answers to, with its state."""

    def __init__(self, folder, which, names, file, state):
        self.folder, self.file = folder, folder / f"{which}-state" / file
        for name in names:
            (folder / name).symlink_to(STAND_INS / which)
        self.file.parent.mkdir()
        self.file.write_text(json.dumps(state))

    def __call__(self, *words):
        done = subprocess.run([str(self.folder / words[0]), *words[1:]], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    def change(self, how):
        state = json.loads(self.file.read_text())
        how(state)
        self.file.write_text(json.dumps(state))

    def json(self, *words):
        code, out, err = self("pvesh", *words, "--output-format", "json")
        assert code == 0, err
        return json.loads(out.splitlines()[-1])


@pytest.fixture
def pve(tmp_path):
    disks = {}
    for vmid in ("100", "101"):
        disks[vmid] = tmp_path / vmid
        disks[vmid].mkdir()
    tools = Tools(tmp_path, "pve", ("qm", "pct", "pvesh"), "state.json", {
        "node": "pve1", "nodes": {"pve1": "online", "pve2": "online"},
        "storages": {"local": {"total": 100, "avail": 60, "snapshots": True}},
        "guests": {"100": {"kind": "qemu", "name": "machine", "node": "pve1", "running": True,
                           "config": {"scsi0": "local:vm-100-disk-0,size=8G"}, "disk": str(disks["100"])},
                   "101": {"kind": "lxc", "name": "container", "node": "pve1", "running": True,
                           "config": {"rootfs": "local:subvol-101-disk-0,size=8G"}, "disk": str(disks["101"])}}})
    tools.disks = disks
    return tools


@pytest.mark.parametrize("tool, kind, vmid, prefix", [("qm", "qemu", "100", "qm"), ("pct", "lxc", "101", "vz")])
def test_both_kinds_of_guests(pve, tool, kind, vmid, prefix):
    (pve.disks[vmid] / "file").write_text("before")
    base = f"/nodes/pve1/{kind}/{vmid}"
    assert pve(tool, "snapshot", vmid, "one", "--description", "text")[0] == 0
    assert pve(tool, "listsnapshot", vmid)[1].splitlines()[-1].endswith("You are here!")
    (pve.disks[vmid] / "file").write_text("after")
    assert pve(tool, "rollback", vmid, "one")[0] == 0
    assert (pve.disks[vmid] / "file").read_text() == "before"
    assert pve(tool, "status", vmid)[1] == "status: stopped\n"
    assert pve(tool, "start", vmid)[0] == 0
    rows = pve.json("get", f"{base}/snapshot")
    assert [row["name"] for row in rows] == ["one", "current"] and rows[-1]["parent"] == "one"
    assert ("digest" in rows[-1]) == (kind == "qemu")
    upid = pve.json("create", f"{base}/snapshot", "--snapname", "two")
    assert UPID.fullmatch(upid).groups() == (f"{prefix}snapshot", vmid)
    status = pve.json("get", f"/nodes/pve1/tasks/{upid}/status")
    assert (status["status"], status["exitstatus"], status["type"], status["upid"]) == ("stopped", "OK", f"{prefix}snapshot", upid)
    assert UPID.fullmatch(pve.json("create", f"{base}/snapshot/two/rollback", "--start", "1"))
    assert pve(tool, "status", vmid)[1] == "status: running\n"
    assert UPID.fullmatch(pve.json("delete", f"{base}/snapshot/two"))[1] == f"{prefix}delsnapshot"


def test_pvesh_ends_well_when_its_task_does_not_and_qm_does_not(pve):
    pve("qm", "snapshot", "100", "one")
    code, out, err = pve("qm", "snapshot", "100", "one")
    assert (code, err) == (255, "snapshot name 'one' already used\n")
    upid = pve.json("create", "/nodes/pve1/qemu/100/snapshot", "--snapname", "one")
    assert pve.json("get", f"/nodes/pve1/tasks/{upid}/status")["exitstatus"] == "snapshot name 'one' already used"


@pytest.mark.parametrize("name", ["1x", "a", "a" * 41, "current", "a b", "x.y"])
def test_names_that_proxmox_does_not_take(pve, name):
    code, _, err = pve("pvesh", "create", "/nodes/pve1/qemu/100/snapshot", "--snapname", name)
    assert code != 0 and err


@pytest.mark.parametrize("words, said", [
    (("qm", "snapshot", "999", "x1"), "Configuration file 'nodes/pve1/qemu-server/999.conf' does not exist"),
    (("qm", "rollback", "100", "none"), "snapshot 'none' does not exist"),
    (("qm", "snapshot", "100", "one", "--no-such", "1"), "400 Parameter verification failed."),
    (("pvesh", "get", "/nodes/pve1/qemu/100/nothing"), "No 'get' handler defined for"),
    (("qm", "snapshot", "100"), "400 not enough arguments"),
])
def test_errors_of_proxmox(pve, words, said):
    code, _, err = pve(*words)
    assert code != 0 and said in err


def test_a_lock_refuses_and_goes_only_when_its_owner_lets_it(pve):
    pve.change(lambda now: now["guests"]["100"].update(lock="backup"))
    assert pve("qm", "snapshot", "100", "one")[2] == "VM is locked (backup)\n"
    assert pve.json("get", "/nodes/pve1/qemu/100/status/current")["lock"] == "backup"
    pve.change(lambda now: now["guests"]["101"].update(lock="snapshot"))
    assert pve("pct", "snapshot", "101", "one")[2] == "CT is locked (snapshot)\n"


def test_warnings_count_as_well_ended(pve):
    pve.change(lambda now: now.update(faults={"qmsnapshot": {"warnings": 2}}))
    code, _, err = pve("qm", "snapshot", "100", "one")
    assert code == 0 and "Task finished with 2 warning(s)!" in err


def test_an_incomplete_snapshot_is_never_gone_back_to(pve):
    pve.change(lambda now: now.update(faults={"qmsnapshot": {"half": True}}))
    assert pve("qm", "snapshot", "100", "one")[0] == 255
    assert pve("qm", "rollback", "100", "one")[2] == "unable to rollback to incomplete snapshot (snapstate = prepare)\n"


def test_guests_are_found_in_the_cluster(pve):
    rows = pve.json("get", "/cluster/resources", "--type", "vm")
    assert [(row["vmid"], row["type"], row["node"], row["status"]) for row in rows] == [
        (100, "qemu", "pve1", "running"), (101, "lxc", "pve1", "running")]


@pytest.fixture
def zfs(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    return Tools(tmp_path, "zfs", ("zfs",), "zfs.json", {"datasets": {"tank/data": {
        "type": "filesystem", "mountpoint": str(data), "used": 40, "available": 60}}})


def test_zfs_goes_back_to_the_newest_only(zfs):
    data = zfs.folder / "data"
    zfs("zfs", "snapshot", "tank/data@one")
    zfs("zfs", "snapshot", "tank/data@two")
    (data / "file").touch()
    code, _, err = zfs("zfs", "rollback", "tank/data@one")
    assert code == 1 and "more recent snapshots or bookmarks exist\nuse '-r'" in err and (data / "file").exists()
    assert zfs("zfs", "rollback", "tank/data@two")[0] == 0 and not (data / "file").exists()
    assert zfs("zfs", "rollback", "-r", "tank/data@one")[0] == 0
    assert zfs("zfs", "list", "-H", "-t", "snapshot", "-d", "1", "-o", "name", "tank/data")[1] == "tank/data@one\n"


@pytest.mark.parametrize("words, status, said", [
    (("snapshot", "tank/data"), 2, "missing '@' delimiter"), (("snapshot", "no/such@x"), 1, "dataset does not exist"),
    (("rollback", "tank/data@none"), 1, "dataset does not exist"), (("list", "-Q"), 2, "invalid option 'Q'"),
    (("destroy", "tank/data@none"), 1, "could not find any snapshots to destroy"), (("nothing",), 2, "unrecognized command"),
])
def test_errors_of_zfs(zfs, words, status, said):
    code, _, err = zfs("zfs", *words)
    assert code == status and said in err


@pytest.fixture
def lvm(tmp_path):
    at = tmp_path / "at"
    (tmp_path / "lvm-state/blocks/1").mkdir(parents=True)
    (tmp_path / "lvm-state").rename(tmp_path / "kept")
    tools = Tools(tmp_path, "lvm", ("lvs", "lvcreate", "lvconvert", "lvchange", "lvremove", "findmnt", "mount", "umount"),
                  "lvm.json", {
        "groups": {"vg": {"pool": {"type": "pool", "size": 100, "data": 40.5, "meta": 3.1},
                          "data": {"type": "thin", "pool": "pool", "thin_id": 1, "active": True}}},
        "mounts": [{"volume": "vg/data", "at": str(at), "type": "ext4", "options": "rw"}]})
    (tmp_path / "kept/blocks").rename(tmp_path / "lvm-state/blocks")
    at.symlink_to(tmp_path / "lvm-state/blocks/1")
    return tools


def test_lvm_merges_what_is_open_with_the_next_activation_and_ends_well(lvm):
    """test/shell/thin-merge.sh of LVM."""
    assert lvm("lvcreate", "-s", "-n", "snap", "vg/data")[0] == 0
    (lvm.folder / "at/file").touch()
    code, out, _ = lvm("lvconvert", "--merge", "vg/snap")
    assert code == 0 and "Merging of thin snapshot vg/snap will occur on next activation of vg/data." in out
    assert (lvm.folder / "at/file").exists()
    lvm("lvcreate", "-s", "-n", "other", "vg/data")
    assert "Cannot merge snapshot" in lvm("lvconvert", "--merge", "vg/other")[2]
    assert lvm("lvchange", "-an", "vg/data")[0] == 5
    assert lvm("umount", str(lvm.folder / "at"))[0] == 0
    lvm("lvchange", "-an", "vg/data")
    lvm("lvchange", "-ay", "vg/data")
    lvm("mount", "/dev/vg/data", str(lvm.folder / "at"))
    assert not (lvm.folder / "at/file").exists()
    assert "snap\n" not in lvm("lvs", "--noheadings", "-o", "lv_name", "vg")[1]


def test_lvm_merges_at_once_what_is_not_open_and_keeps_the_tags(lvm):
    lvm("umount", str(lvm.folder / "at"))
    lvm("lvcreate", "-s", "-n", "snap", "vg/data")
    lvm("lvchange", "--addtag", "mine", "vg/data")
    assert "Volume vg/snap replaced origin vg/data." in lvm("lvconvert", "--merge", "vg/snap")[1]
    assert lvm("lvs", "--noheadings", "--separator", "|", "-o", "lv_name,thin_id,lv_tags", "vg/data")[1].strip() == "data|2|mine"


@pytest.mark.parametrize("words, status", [
    (("lvs", "--no-such"), 3), (("lvs", "no"), 5), (("lvs", "vg/no"), 5), (("lvcreate", "-s", "-n", "data", "vg/data"), 5),
    (("lvcreate", "-n", "x", "vg/data"), 3), (("lvremove", "-y", "vg/data"), 5), (("lvconvert", "--merge", "vg/data"), 5),
])
def test_errors_of_lvm(lvm, words, status):
    assert lvm(*words)[0] == status
