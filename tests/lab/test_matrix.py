"""What breaks hosts, engines, disks and releases: refused in time, or rolled back, never in between."""

import contextlib
import json
import pathlib

import pytest
from expect import verdict

ALL = "thinkpad rtx1080 vps"
HERE = pathlib.Path(__file__).resolve().parent

# fault → what the run is to say of the host at pre_flight
REFUSED = {
    ("vps", "power-off"): {"unreachable", "timed_out"},
    ("vps", "link-down"): {"unreachable", "timed_out"},
    ("vps", "blackhole"): {"unreachable", "timed_out"},
    ("rtx1080", "sshd-down"): {"unreachable"},
    ("rtx1080", "sshd-hang"): {"timed_out", "unreachable"},
    ("vps", "freeze"): {"timed_out", "unreachable"},
    ("vps", "no-auth"): {"auth_failed"},
    ("vps", "hostkey-change"): {"host_key_changed"},
    ("vps", "known-hosts-lost"): {"host_key_unknown"},
    ("thinkpad", "docker-down"): {"missing_tool", "unreachable", "step_failed"},
    ("rtx1080", "docker-hang"): {"timed_out", "missing_tool"},
    ("rtx1080", "disk-full", "9000"): {"no_space"},
    ("rtx1080", "disk-full", "50"): {"no_space"},
    ("rtx1080", "git-dirty"): {"dirty"},
    ("thinkpad", "fail-cmd", "git"): {"missing_tool", "remote_git", "step_failed"},
}


@pytest.mark.parametrize("fault", REFUSED, ids="-".join)
def test_a_host_that_is_not_fit_is_refused_before_anything_is_touched(deployed, fault):
    host = fault[0]
    deployed("fault", *fault)
    done = deployed.deploy("v2")
    result = done.json
    assert (result["status"], done.code) == ("aborted", 1), done
    assert result["error_detail"]["host"] == host and result["error_detail"]["code"] in REFUSED[fault], done
    deployed("heal")
    assert deployed.serving() == dict.fromkeys(("thinkpad", "rtx1080", "vps"), "v1") or host == "thinkpad"
    verdict(deployed, deployed.deploy("v2"), "success", "verification", ALL, "nnn", 0)


def test_the_git_server_is_away(deployed):
    deployed("fault", "origin", "sshd-down")
    done = deployed.deploy("v2")
    assert (done.json["status"], done.json["phase"], done.code) == ("aborted", "pre_flight", 1), done


@pytest.mark.parametrize("fault, phase", [("secrets-missing", "secrets_sync"), ("snapshot-fail", "snapshots")])
def test_secrets_or_snapshots_fail(deployed, fault, phase):
    deployed("fault", "rtx1080", fault)
    done = deployed.deploy("v2")
    assert done.json["status"] == "aborted" and done.json["phase"] in (phase, "pre_flight"), done
    assert deployed.serving() == dict.fromkeys(("thinkpad", "rtx1080", "vps"), "v1")


def test_a_compose_file_that_is_no_yaml_touches_nothing(deployed):
    result = verdict(deployed, deployed.deploy("v4-bad-compose"), "failed", "thinkpad", "", "ooo", 1)
    assert result["error_detail"]["code"] == "config_invalid"
    assert deployed.history("thinkpad") == ["v1"], "the old containers were touched"


# A registry's errors: https://distribution.github.io/distribution/spec/api/#errors-2
REGISTRY = """
import http.server, json, sys, threading
status, code, message = int(sys.argv[1]), sys.argv[2], sys.argv[3]
class Registry(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
        known = self.path == "/v2/" and status != 401
        self.send_response(200 if known else status)
        self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
    do_HEAD = do_GET
    def log_message(self, *words):
        pass
server = http.server.HTTPServer(("127.0.0.1", 5000), Registry)
threading.Thread(target=server.serve_forever, daemon=True).start()
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def registry(deployed):
    """Starts a registry on the staging host that answers for every image with one error."""
    with contextlib.ExitStack() as ends:
        def start(status, code, message):
            at = ends.enter_context(deployed.running(
                "root", "thinkpad", "python3", "-c", REGISTRY, str(status), code, message))
            assert at.stdout.readline() == "ready\n"
        yield start


@pytest.mark.parametrize("answer, code, words", [
    ((404, "MANIFEST_UNKNOWN", "manifest unknown"), "image_missing", "manifest unknown"),
    ((401, "UNAUTHORIZED", "authentication required"), "image_missing", "unauthorized"),
    ((503, "UNAVAILABLE", "come back later"), "step_failed", "503 Service Unavailable"),
    (None, "step_failed", "127.0.0.1:5000"),
], ids=["unknown", "refused", "down", "away"])
def test_an_image_that_cannot_be_had_touches_nothing(deployed, registry, answer, code, words):
    if answer:
        registry(*answer)
    config = deployed.config()
    config["stack"]["compose"]["images"] = "pull"
    deployed.write(**config)
    result = verdict(deployed, deployed.deploy("v10-pulled"), "failed", "thinkpad", "", "ooo", 1)
    assert result["error_detail"]["code"] == code, result["error"]
    assert words in result["error"]
    assert deployed.history("thinkpad") == ["v1"], "the old containers were touched"


def test_a_release_that_is_slow_to_start_is_waited_for(deployed):
    verdict(deployed, deployed.deploy("v8-slow-start"), "success", "verification", ALL, "nnn", 0, new="v8")


def test_a_check_that_docker_makes_rarely_is_waited_for_and_not_passed_early(deployed):
    """Every 15 seconds, in life 90: longer than Baton's own deadline for becoming healthy."""
    config = deployed.config()
    config["stack"]["health"]["deadline"] = "3s"
    deployed.write(**config)
    result = verdict(deployed, deployed.deploy("v15-rare-check"), "success", "verification", ALL, "nnn", 0,
                     new="v15")
    for stage in ALL.split():
        assert result["details"][stage]["duration_seconds"] > 15, "docker cannot have called it healthy"


@pytest.mark.parametrize("release", ["v11-init", "v12-init-beside"])
def test_a_service_that_runs_once_and_ends_well_is_well(deployed, release):
    verdict(deployed, deployed.deploy(release), "success", "verification", ALL, "nnn", 0,
            new=release.split("-", maxsplit=1)[0])


@pytest.mark.parametrize("release", ["v13-migration", "v14-migration-beside"])
def test_a_migration_that_fails_is_a_failure_and_is_run_again_for_the_same_commit(deployed, release):
    staging = (release, "--env", "staging")
    result = verdict(deployed, deployed.deploy(*staging), "failed", "thinkpad", "", "o**", 1)
    assert "init" in result["error"], result
    left = deployed.deploy(*staging, "--no-rollback")
    assert (left.json["status"], left.json["phase"]) == ("failed", "thinkpad"), left
    deployed("root", "thinkpad", "/bin/bash", "-c",
             "docker run --rm -v labapp_data:/data labbase:1 touch /data/schema-is-free")
    verdict(deployed, deployed.deploy(*staging), "success", "verification", "thinkpad", "n**", 0,
            new=release.split("-", maxsplit=1)[0])
    ran = deployed("root", "thinkpad", "/bin/bash", "-c",
                   "docker run --rm -v labapp_data:/data labbase:1 cat /data/migrations")
    assert ran.split() == ["ran"] * 3, ran


def test_first_deployment_of_what_already_runs_goes_back_to_it(lab):
    for host in ("thinkpad", "rtx1080", "vps"):
        lab("ssh", host, "cd app && docker compose up -d --wait --build")
    assert lab.serving() == dict.fromkeys(("thinkpad", "rtx1080", "vps"), "v1")
    verdict(lab, lab.deploy("v3-bad-health"), "failed", "thinkpad", "", "ooo", 1)


def test_first_deployment_where_nothing_ran_goes_back_to_nothing(lab):
    verdict(lab, lab.deploy("v3-bad-health"), "failed", "thinkpad", "", "---", 1)


def test_a_checkout_that_went_its_own_way_is_no_obstacle(deployed):
    deployed("fault", "rtx1080", "git-diverged")
    done = deployed.deploy("v2")
    assert done.json["status"] in ("success", "aborted"), done


@pytest.mark.parametrize("fault", [("vps", "slow-link", "256kbit"), ("vps", "loss", "5")], ids="-".join)
def test_a_bad_line_is_only_slow(deployed, fault):
    deployed("fault", *fault)
    verdict(deployed, deployed.deploy("v2"), "success", "verification", ALL, "nnn", 0)


def during(lab, phase, action, ref="v2", step=None):
    """Runs a deployment and does `action` when that phase (or that step of it) begins. The result."""
    wanted = ("step_started", phase, step) if step else ("phase_started", phase, None)
    process = lab.start(ref)
    acted = False
    last = None
    for line in process.stdout:
        last = json.loads(line)
        if not acted and (last.get("type"), last.get("phase"), last.get("kind")) == wanted:
            acted = True
            action()
    error = process.stderr.read()
    process.wait(60)
    assert acted, error
    return last, process.returncode, error


def test_the_vps_is_switched_off_when_its_turn_comes(deployed):
    result, code, error = during(deployed, "vps", lambda: deployed("fault", "vps", "power-off"))
    assert result["status"] == "partial_success" and code in (2, 4), (result, error)
    assert result["hosts"]["vps"]["serves"] == "unknown"
    assert deployed.serving() == {"thinkpad": "v2", "rtx1080": "v2", "vps": None}


def test_production_is_switched_off_in_its_phase(deployed):
    result, code, error = during(deployed, "rtx1080", lambda: deployed("fault", "rtx1080", "power-off"))
    assert result["status"] in ("failed", "rolled_back") and code in (1, 2), (result, error)
    assert deployed.serving()["thinkpad"] == "v1" and deployed.serving()["vps"] == "v1"


def test_connections_are_cut_in_the_middle(deployed):
    result, code, error = during(deployed, "rtx1080", lambda: deployed("fault", "rtx1080", "sessions-cut"))
    assert (result["status"], code) == ("success", 0), (result, error)
    assert deployed.history("rtx1080") == ["v1", "v2"]


def test_an_app_that_crashes_once_is_restarted_and_told(deployed):
    verdict(deployed, deployed.deploy("v2"), "success", "verification", ALL, "nnn", 0)
    deployed("fault", "rtx1080", "app-crash")
    assert deployed.baton("health", "--json").json["outcome"] in ("ok", "failed")


def test_a_stopped_engine_in_production_takes_all_back(deployed):
    result, code, error = during(deployed, "rtx1080", lambda: deployed("fault", "rtx1080", "docker-down"))
    assert result["status"] in ("rolled_back", "failed") and code in (1, 2), (result, error)
    deployed("heal")
    assert deployed.serving()["thinkpad"] == "v1" and deployed.serving()["vps"] == "v1"


def rollback_set(lab, host):
    """The images that Baton keeps there."""
    return set(lab("root", host, "/bin/bash", "-c", "docker images --format '{{.Repository}}:{{.Tag}}' 'baton/*/*'").split())


def nearly_full(lab, megabytes):
    """rtx1080 has so little left, and pre-flight does not mind. Its next build begins from nothing."""
    lab("root", "rtx1080", "/bin/bash", "-c", "docker builder prune -af")
    lab.write(pre_flight={"disk_free": "1MB"})
    lab("fault", "rtx1080", "disk-full", str(megabytes))


def test_a_disk_that_fills_while_an_image_is_built_touches_nothing_and_prunes_nothing(deployed):
    kept = rollback_set(deployed, "rtx1080")
    nearly_full(deployed, 150)
    result = verdict(deployed, deployed.deploy("v9-large"), "rolled_back", "rtx1080", "", "ooo", 1)
    why = result["error_detail"]
    assert (why["code"], why["host"], why["retryable"]) == ("no_space", "rtx1080", False), why
    assert "prepare" in why["step"] and "docker compose build" in result["error"], why
    assert result["details"]["rtx1080"]["attempts"] == 1
    assert deployed.history("rtx1080") == ["v1"], "the old containers were touched"
    assert kept and kept <= rollback_set(deployed, "rtx1080")
    deployed("heal")
    verdict(deployed, deployed.deploy("v9-large"), "success", "verification", ALL, "nnn", 0, new="v9")


def test_images_that_will_not_fit_are_refused_before_they_are_built(deployed):
    verdict(deployed, deployed.deploy("v9-large"), "success", "verification", ALL, "nnn", 0, new="v9")
    nearly_full(deployed, 150)
    result = verdict(deployed, deployed.deploy("v2"), "rolled_back", "rtx1080", "", "ooo", 1, old="v9")
    why = result["error_detail"]
    assert (why["code"], why["host"]) == ("no_space", "rtx1080"), why
    assert "the images of this release need about 316 MB on rtx1080 (a guess" in result["error"], why
    assert deployed.history("rtx1080") == ["v1", "v9"], "the old containers were touched"


def outside_proxmox(lab, folder):
    """A Proxmox that rtx1080 is a guest of, on the controller: when it is started it has another boot id."""
    machine = folder / "machine"
    machine.write_text(f"""#!/bin/sh
case $1 in start) verb=boot ;; stop) verb=off ;; running) verb=up ;; *) verb=$1 ;; esac
LAB_DIR='{lab.env['LAB_DIR']}' exec '{HERE / "lab"}' root rtx1080 /usr/local/lib/lab/machine "$verb" "$2" "${{3-}}"
""")
    machine.chmod(0o755)
    for tool in ("qm", "pct", "pvesh"):
        (folder / tool).symlink_to(HERE.parent / "support/stand_ins/pve")
    (folder / "pve-state").mkdir()
    (folder / "pve-state/state.json").write_text(json.dumps({
        "node": "pve", "nodes": {"pve": "online"},
        "storages": {"zfs": {"total": 100 << 30, "avail": 60 << 30, "snapshots": True}},
        "guests": {"100": {"kind": "qemu", "name": "rtx1080", "node": "pve", "running": True,
                           "config": {"scsi0": "zfs:vm-100-disk-0,size=20G"}, "hook": [str(machine)]}}}))


def test_a_guest_that_goes_back_boots_anew(deployed, tmp_path, monkeypatch):
    outside_proxmox(deployed, tmp_path)
    monkeypatch.setitem(deployed.env, "PATH", f"{tmp_path}:{deployed.env['PATH']}")
    config = deployed.config()
    config["stack"]["health"]["steady"] = "20s"
    config["stages"]["rtx1080"] |= {"snapshot": {"proxmox": {}, "on": "controller"}, "rollback_with": "snapshot"}
    deployed.write(**config)
    before = deployed("root", "rtx1080", "cat", "/proc/sys/kernel/random/boot_id")
    result, code, error = during(deployed, "rtx1080", lambda: deployed("fault", "rtx1080", "app-unhealthy"), step="gate")
    assert (result["status"], code, result["rollback_failed"]) == ("rolled_back", 1, []), (result, error)
    assert deployed("root", "rtx1080", "cat", "/proc/sys/kernel/random/boot_id") != before
    assert "rtx1080 was set back to the snapshot" in str(result["warnings"]), result["warnings"]
    assert set(deployed.history("rtx1080")) == {"v1"}, "its volume is not that of the snapshot"
    assert deployed.serving() == dict.fromkeys(("thinkpad", "rtx1080", "vps"), "v1")


def test_production_goes_back_to_its_snapshot_when_the_release_cannot(deployed):
    config = deployed.config()
    config["stack"]["health"]["steady"] = "20s"
    deployed.write(**config)

    def lose():
        """The application is ill, and the image of the release before is gone."""
        deployed("fault", "rtx1080", "app-unhealthy")
        deployed("root", "rtx1080", "/bin/bash", "-c", "docker rmi -f $(docker images -q labapp:v1)")

    result, code, error = during(deployed, "rtx1080", lose, step="gate")
    assert (result["status"], code, result["rollback_failed"]) == ("rolled_back", 1, []), (result, error)
    assert deployed.serving() == dict.fromkeys(("thinkpad", "rtx1080", "vps"), "v1")
    assert set(deployed.history("rtx1080")) == {"v1"}, "its volume is not that of the snapshot"
    assert "is said to be set back to the snapshot" in str(result["warnings"]), result["warnings"]
    assert not deployed("root", "rtx1080", "/bin/bash", "-c", "ls -d /tmp/.baton-outside* || true").strip()
    deployed("heal")
    verdict(deployed, deployed.deploy("v7"), "success", "verification", ALL, "nnn", 0, new="v7")
