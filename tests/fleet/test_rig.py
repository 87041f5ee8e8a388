"""The rig itself: that its hosts are three, that its app and its faults do what they say."""

import subprocess

import pytest
from rig.processes import until


def ssh(fleet, name, command, **options):
    host = fleet[name]
    return subprocess.run(["ssh", "-p", str(host.port), host.address, command], text=True, timeout=30,
                          env=fleet.environment(), capture_output=True, check=False, **options)


def start(fleet, name):
    return ssh(fleet, name, f"[ -e app ] || git clone -q {fleet.repository.url} app; cd app && git pull -q && ./ctl start")


def test_every_host_has_a_home_and_a_key_of_its_own(fleet):
    for name, host in fleet.hosts.items():
        assert ssh(fleet, name, "pwd; echo $RIG_HOST").stdout.split() == [str(host.home), name]


def test_every_host_serves_what_was_started_there(fleet):
    assert start(fleet, "thinkpad").returncode == 0
    assert fleet.serving() == {"thinkpad": "v1", "rtx1080": None, "vps": None}
    assert fleet["thinkpad"].get("/cgi-bin/health") == (200, "ok")
    until("nothing else runs there", lambda: not fleet["thinkpad"].orphans())


@pytest.mark.parametrize("defect, answers", [
    ("*:ill", [503]), ("thinkpad:ill-after=1", [200, 503, 503]), ("vps:ill", [200, 200]),
    ("thinkpad:slow=60", [503])])
def test_defects(fleet, defect, answers):
    fleet.repository.release("v2", defect)
    assert start(fleet, "thinkpad").returncode == 0
    assert [fleet["thinkpad"].get("/cgi-bin/health")[0] for _ in answers] == answers


def test_a_release_that_cannot_start(fleet):
    fleet.repository.release("v2", "thinkpad:start-fails")
    done = start(fleet, "thinkpad")
    assert done.returncode == 7 and "v2 cannot start here" in done.stderr


def test_faults_of_sshd(fleet):
    host = fleet["vps"]
    host.stop()
    assert "refused" in ssh(fleet, "vps", "true").stderr
    host.start()
    assert ssh(fleet, "vps", "true").returncode == 0
    host.new_host_key()
    assert "CHANGED" in ssh(fleet, "vps", "true").stderr


def test_a_command_can_be_taken_away(fleet):
    fleet["vps"].without("git")
    assert ssh(fleet, "vps", "git --version").returncode == 127
    assert ssh(fleet, "vps", "ls /").returncode == 0


def test_a_login_may_be_noisy_and_fishy(fleet):
    fleet["vps"].banner("echo welcome")
    fleet["vps"].login_shell("/usr/bin/fish")
    done = ssh(fleet, "vps", "exec /bin/sh", input="echo $RIG_HOST\n")
    assert done.stdout.split() == ["welcome", "vps"]
