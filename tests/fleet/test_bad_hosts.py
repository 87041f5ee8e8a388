"""Hosts that are down, refuse, hang, lie, lack something, are full, or talk too much."""

import base64
import os
import shutil
import time

import pytest
from rig import made
from rig.expect import tidy, verdict
from rig.host import Host
from rig.processes import state, until
from test_plan import TWO, by_compose

ALL = "thinkpad rtx1080 vps"
as_root = pytest.mark.skipif(os.getuid() != 0, reason="needs root: mounts a small file system")


def refused(fleet, host, code, *words, detail=None, seconds=60):
    """The run is aborted in pre_flight, names the host and these words, and touches nothing."""
    began = time.monotonic()
    done = fleet.baton.deploy(seconds=seconds)
    result = done.json
    assert (result["status"], result["phase"], done.code) == ("aborted", "pre_flight", 1), done
    assert host in ("*", result["error_detail"]["host"]), done
    assert result["error_detail"]["code"] == code, done
    for word in words:
        assert word in str(result["details"]["pre_flight"]) + result["error"], f"{word}: {done}"
    for other in fleet.hosts.values():
        assert other.history() == []
    return done, time.monotonic() - began


def test_down(fleet):
    fleet["vps"].stop()
    refused(fleet, "vps", "unreachable", "refused")


def test_hangs_before_its_banner(fleet):
    fleet.config["deadlines"] = {"connect": "2s", "pre_flight": "10s"}
    fleet.config.write()
    fleet["rtx1080"].hang()
    _, seconds = refused(fleet, "rtx1080", "timed_out")
    assert seconds < 20


def test_refuses_the_key(fleet):
    fleet["vps"].refuse_key()
    refused(fleet, "vps", "auth_failed", str(fleet.key))


def test_has_another_host_key(fleet):
    fleet["vps"].new_host_key()
    done, _ = refused(fleet, "vps", "host_key_changed", "SHA256:")
    assert str(done.json).count("SHA256:") >= 2, "not both fingerprints"


def test_has_an_unknown_host_key_until_it_is_trusted(prepared):
    fleet = prepared(made.published, "vps")
    fleet.forget(fleet["vps"])
    refused(fleet, "vps", "host_key_unknown", "SHA256:", "baton host trust vps")
    trusted = fleet.baton("host", "trust", "vps", "--yes")
    assert trusted.code == 0 and "SHA256:" in trusted.out + trusted.err, trusted
    assert fleet.baton.deploy().code == 0


def test_a_new_host_key_is_trusted_knowingly(prepared):
    fleet = prepared(made.published, "vps")
    fleet["vps"].new_host_key()
    asked = fleet.baton("host", "trust", "vps")
    assert asked.code != 0 and asked.out.count("SHA256:") == 2 and "ssh-keygen -R" in asked.out, asked
    assert fleet.baton("host", "trust", "vps", "--yes").code == 0
    again = fleet.baton("host", "trust", "vps")
    assert again.code == 0 and "already" in again.out, again
    assert fleet.baton.deploy().code == 0


def test_has_no_git(fleet):
    fleet["rtx1080"].without("git")
    refused(fleet, "rtx1080", "missing_tool", "git")


def test_has_a_git_that_hangs(fleet):
    fleet["rtx1080"].command("git", 'case "$*" in *fetch*|*clone*|*ls-remote*) sleep 600;; esac; exec "$real" "$@"')
    fleet.config["deadlines"] = {"pre_flight": "3s", "prepare": "3s"}
    fleet.config.write()
    done = fleet.baton.deploy(seconds=60)
    assert done.code == 1 and done.json["error_detail"]["code"] == "timed_out", done
    assert done.json["error_detail"]["host"] == "rtx1080"
    assert done.json["hosts"]["rtx1080"]["serves"] in ("none", "unknown")


def test_git_remote_is_away(fleet):
    shutil.move(fleet.repository.bare, str(fleet.repository.bare) + ".away")
    done = fleet.baton.deploy()
    assert done.code == 1 and done.json["phase"] == "pre_flight", done
    assert done.json["error_detail"]["code"] in ("remote_git", "bad_commit"), done
    for name, told in done.json["details"]["pre_flight"]["hosts"].items():
        assert "does not appear to be a git repository" in told["error"], f"{name}: {told}"


def test_everything_that_is_wrong_is_told_at_once(fleet):
    fleet["thinkpad"].without("git")
    fleet["vps"].stop()
    done = fleet.baton.deploy()
    assert (done.json["status"], done.json["phase"], done.code) == ("aborted", "pre_flight", 1), done
    entry = done.json["details"]["pre_flight"]["hosts"]
    assert entry["thinkpad"]["error"] and entry["vps"]["error"] and not entry["rtx1080"]["error"]


def test_has_a_state_folder_that_cannot_be_one_until_it_can(fleet):
    (fleet["vps"].home / "file").touch()
    fleet.config["hosts"]["vps"]["state_dir"] = "~/file/baton"
    fleet.config.write()
    refused(fleet, "vps", "step_failed", "the state folder", f"{fleet['vps'].home}/file/baton")
    (fleet["vps"].home / "file").unlink()
    verdict(fleet, fleet.baton.deploy(), "success", "verification", ALL, "nnn", 0, new="v1")
    assert (fleet["vps"].home / "file/baton/fence").is_dir()


def test_has_no_docker(fleet):
    fleet.config["stacks"]["app"].pop("command")
    fleet.config["stacks"]["app"]["compose"] = {"files": ["compose.yaml"]}
    fleet.config.write()
    for host in fleet.hosts.values():
        host.without("docker")
    refused(fleet, "*", "missing_tool", "docker")


@pytest.mark.whole
def test_an_engine_that_hangs_on_one_host_fails_that_host_alone(prepared):
    """As a `docker compose ls` that waits in the kernel: no signal but KILL ends it."""
    fleet = prepared(by_compose)
    fleet.config["deadlines"] = {"pre_flight": "5s", "verification": "5s"}
    fleet.config["alerts"] = {"on_alert": "cat >>alerts"}
    fleet.config.write()
    vps = fleet["vps"]
    engine = vps.bin / "docker"
    works = engine.read_text()
    vps.command("docker", "trap '' TERM INT HUP; while :; do sleep 600; done")
    began = time.monotonic()
    looked = fleet.baton("health", "--json")
    assert looked.code != 0 and time.monotonic() - began < 40, looked
    hosts = looked.json["hosts"]
    assert hosts["thinkpad"]["outcome"] == "ok" and hosts["vps"]["outcome"] == "failed", looked
    assert hosts["vps"]["error"] and not hosts["thinkpad"]["error"], looked
    fleet.repository.release("v2", files={"compose.yaml": TWO.format(2)})
    prom = fleet.project / "baton.prom"
    done = fleet.baton.deploy("--metrics-file", prom, seconds=60)
    tidy(fleet, done)
    result = done.json
    assert (result["status"], result["phase"], done.code) == ("aborted", "pre_flight", 1), done
    assert (result["error_detail"]["host"], result["error_detail"]["code"]) == ("vps", "timed_out"), done
    assert not result["details"]["pre_flight"]["hosts"]["thinkpad"]["error"], done
    alerts = fleet.project / "alerts"
    until("the alert is told", lambda: alerts.exists() and "vps" in alerts.read_text())
    assert 'status="aborted"' in prom.read_text(), prom.read_text()
    engine.write_text(works)
    assert fleet.baton.deploy().code == 0


@as_root
def test_has_a_disk_that_is_too_small(fleet):
    shutil.rmtree(fleet["rtx1080"].home)
    fleet["rtx1080"].home.mkdir()
    fleet["rtx1080"].small_disk(40)
    fleet.config["pre_flight"] = {"disk_free": "100MB"}
    fleet.config.write()
    refused(fleet, "rtx1080", "no_space")


@as_root
@pytest.mark.whole
def test_a_disk_that_fills_up_meanwhile_loses_nothing(prepared):
    fleet = prepared(made.published, "thinkpad", "vps")
    vps = fleet["vps"]
    shutil.rmtree(vps.home)
    vps.home.mkdir()
    vps.small_disk(60)
    assert fleet.baton.deploy().code == 0
    vps.hook("prepare", "cat /dev/zero >~/filler")
    fleet.repository.release("v2")
    done = fleet.baton.deploy()
    result = verdict(fleet, done, "partial_success", "vps", "thinkpad", "no", 4)
    why = result["error_detail"]
    assert (why["code"], why["host"], why["retryable"]) == ("no_space", "vps", False), done
    assert result["details"]["vps"]["attempts"] == 1 and not result["warnings"], done
    assert not list(vps.home.glob(".local/state/baton/stacks/*/*/*/reserve"))
    (vps.home / "filler").unlink()
    vps.unhook("prepare")
    verdict(fleet, fleet.baton.deploy(), "success", "verification", "thinkpad vps", "nn", 0)


@as_root
@pytest.mark.whole
@pytest.mark.parametrize("megabytes", [12, 21], ids=["git fetch", "the files of the commit need"])
def test_a_commit_that_does_not_fit_touches_nothing_and_leaves_no_rest(prepared, megabytes, request):
    fleet = prepared(made.published, "thinkpad", "vps")
    vps = fleet["vps"]
    shutil.rmtree(vps.home)
    vps.home.mkdir()
    vps.small_disk(megabytes)
    assert fleet.baton.deploy().code == 0
    before = shutil.disk_usage(vps.home).free
    big = base64.b64encode(os.urandom(6 << 20)).decode()  # 8 MB that git packs to 6
    fleet.repository.release("v2", files={"big": big})
    result = verdict(fleet, fleet.baton.deploy(), "partial_success", "vps", "thinkpad", "no", 4)
    why = result["error_detail"]
    assert (why["code"], why["host"], why["retryable"]) == ("no_space", "vps", False), why
    assert why["step"] == f"{result['run']}/vps/vps/1/prepare", why
    assert request.node.callspec.id in result["error"], why
    assert result["details"]["vps"]["attempts"] == 1
    assert vps.history() == ["v1"], "what serves was touched"
    # the objects of a fetch that came through are the commit's, and stay
    left = 0 if megabytes == 12 else 7 << 20
    assert before - shutil.disk_usage(vps.home).free < left + (2 << 20)


def each_of(make_fleet, kinds, change):
    """A host of every kind, changed so; v1 is published."""
    fleet = made.published(make_fleet, *kinds)
    for name, kind in kinds.items():
        change(fleet[name], kind)
    return fleet


def all_serve(fleet):
    verdict(fleet, fleet.baton.deploy(), "success", "verification", " ".join(fleet.hosts),
            "n" * len(fleet.hosts), 0, new="v1")


def test_login_shells_of_all_kinds(make_fleet):
    shells = {"fish": "/usr/bin/fish", "tcsh": "/bin/tcsh", "dash": "/bin/dash", "bash": "/bin/bash"}
    here = {name: path for name, path in shells.items() if os.path.exists(path)}
    all_serve(each_of(make_fleet, here, Host.login_shell))
    if here != shells:
        pytest.skip(f"not installed: {', '.join(shells.keys() - here.keys())}")


def test_busybox_is_all_there_is_of_sh(prepared):
    """The control shell and the scripts under busybox ash."""
    fleet = prepared(made.published, "vps")
    busybox = shutil.which("busybox")
    host = fleet["vps"]
    (host.dir / "ash").symlink_to(busybox)
    host.login_shell(str(host.dir / "ash"))
    host.command("sh", f'exec {busybox} ash "$@"')
    all_serve(fleet)


@pytest.mark.whole
def test_logins_that_talk_before_they_listen(make_fleet):
    all_serve(each_of(make_fleet, {
        "politely": "echo Welcome to the machine; echo have a nice day >&2",
        "on-and-on": "printf 'no newline at the end'",
        "noisily": "head -c 300000 /dev/urandom",
        "at-length": "i=0; while [ $i -lt 3000 ]; do echo 'maintenance on friday'; i=$((i + 1)); done",
    }, Host.banner))


def test_a_login_that_only_talks_is_a_clear_error(fleet):
    fleet["vps"].banner("echo This account is currently not available.; exit 1")
    done = fleet.baton.deploy()
    assert done.code == 1 and done.json["error_detail"]["host"] == "vps", done
    assert "currently not available" in done.json["error"], done
    assert "ssh vps 'exec /bin/sh' </dev/null" in done.json["error"], done


@pytest.mark.whole
def test_output_of_any_size_and_kind(make_fleet):
    fleet = each_of(make_fleet, {
        "no-newline": "head -c 400000000 /dev/zero | tr '\\0' 'x'",      # 400 MB
        "lines": "yes 'a line of the build' | head -c 400000000",         # 400 MB
        "no-utf8": "head -c 50000000 /dev/urandom",
        "control": "printf 'caf\\351 \\377\\376 \\033[2J\\033]0;owned\\007\\n'",
    }, lambda host, output: host.hook("prepare", output))
    running = fleet.baton.start_deploy()
    peak = 0
    while running.process.poll() is None:
        try:
            with open(f"/proc/{running.process.pid}/status", encoding="utf-8") as file:
                for line in file:
                    if line.startswith("VmHWM"):
                        peak = max(peak, int(line.split()[1]))
        except OSError:
            break
        time.sleep(0.1)
    done = running.wait()
    assert done.code == 0, done
    if not any(name in os.environ for name in ("ASAN_OPTIONS", "TSAN_OPTIONS")):
        assert peak < 300_000, f"{peak} kB of memory"
    for name, host in fleet.hosts.items():
        state = sum(path.stat().st_size for path in (host.home / ".local").rglob("*")
                    if path.is_file())
        assert state < 50_000_000, f"{state} bytes are left on {name}"


def test_dies_in_the_middle_of_a_step(deployed):
    deployed.repository.release("v2")
    deployed["vps"].hook("start", "touch ~/here; sleep 3")
    running = deployed.baton.start_deploy()
    from rig.processes import until
    until("the effect has begun", (deployed["vps"].home / "here").exists)
    deployed["vps"].cut_sessions()
    verdict(deployed, running.wait(), "success", "verification", ALL, "nnn", 0)
    assert deployed["vps"].history() == ["v1", "v2"], "the step was done twice"


def test_a_step_that_never_ends_is_killed_at_its_deadline(deployed):
    deployed.repository.release("v2", "rtx1080:start-hangs")
    deployed.config["deadlines"] = {"activate": "5s"}
    deployed.config.write()
    result = verdict(deployed, deployed.baton.deploy(), "rolled_back", "rtx1080", "", "ooo", 1)
    assert result["error_detail"]["code"] == "timed_out"
    assert "activate (start) did not end in time" in result["error"], result["error"]


def test_a_start_that_goes_on_without_its_shell_is_ended_by_the_rollback(deployed):
    deployed.repository.release("v2")
    host = deployed["rtx1080"]
    # As when memory is short: what waits for the start is killed, the start is not.
    host.hook("start", '[ "$1" = v1 ] || { echo $$ >~/orphan; kill -9 $(cut -d" " -f4 /proc/$PPID/stat);'
                       ' while :; do sleep 0.05; done; }')
    verdict(deployed, deployed.baton.deploy(), "rolled_back", "rtx1080", "", "ooo", 1)
    assert state(int((host.home / "orphan").read_text())) in (None, "Z"), "it could still start v2"


def test_a_checkout_with_changes_is_refused_and_left_alone(deployed):
    deployed.repository.release("v2")
    edited = deployed["rtx1080"].checkout / "check"
    edited.write_text("# by hand\n")
    done = deployed.baton.deploy()
    assert (done.json["status"], done.code) in (("aborted", 1), ("rolled_back", 1)), done
    assert done.json["error_detail"]["code"] == "dirty" and "check" in done.json["error"], done
    assert edited.read_text() == "# by hand\n"
    assert deployed.serving() == dict.fromkeys(deployed.hosts, "v1")


def test_an_untracked_file_in_the_way_is_refused(deployed):
    deployed.repository.release("v2", files={"notes.txt": "from the commit\n"})
    mine = deployed["rtx1080"].checkout / "notes.txt"
    mine.write_text("mine\n")
    done = deployed.baton.deploy()
    assert done.code == 1 and done.json["error_detail"]["code"] == "dirty", done
    assert mine.read_text() == "mine\n"
