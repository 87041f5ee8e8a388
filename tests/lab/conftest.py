"""The lab as fixtures: one lab for all tests, hosts as new for each."""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest
import yaml

HERE = pathlib.Path(__file__).resolve().parent
BATON = os.environ.get("BATON") or str(HERE.parents[1] / "build/dev/cli/baton")
HOSTS = ("thinkpad", "rtx1080", "vps")


class Done:
    """A finished `baton deploy --json`."""

    def __init__(self, process):
        self.code, self.out, self.err = process.returncode, process.stdout, process.stderr

    @property
    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        return f"exit {self.code}\n--- stdout\n{self.out[-5000:]}\n--- stderr\n{self.err[-5000:]}"


class Lab:
    def __init__(self, directory):
        self.dir = pathlib.Path(directory)
        self.project = self.dir / "project"
        self.state = self.dir / "state"
        self.env = os.environ | {"LAB_DIR": str(self.dir / "lab")}

    def __call__(self, *words, check=True, seconds=600):
        done = subprocess.run([str(HERE / "lab"), *words], env=self.env, text=True, check=False,
                              capture_output=True, timeout=seconds, stdin=subprocess.DEVNULL)
        if check and done.returncode != 0:
            raise AssertionError(f"lab {' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout

    @contextlib.contextmanager
    def running(self, *words):
        """A command of the lab in the background, its stdout piped. It ends when its stdin does:
        with the block, or with the tests."""
        process = subprocess.Popen([str(HERE / "lab"), *words], env=self.env, text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            yield process
        finally:
            process.communicate(timeout=60)

    def renew(self):
        """Healed, a checkout of v1, its secrets, nothing deployed, no record of Baton's."""
        self("heal")
        jobs = [subprocess.Popen([str(HERE / "lab"), "root", host, "/bin/bash", "-ec", """
            ids=$(docker ps -aq); [ -z "$ids" ] || docker rm -fv $ids
            docker volume prune -af || docker volume prune -f
            for image in $(docker images --format '{{.Repository}}:{{.Tag}}' | grep -v -e labbase -e none); do docker rmi -f "$image"; done
            docker image prune -f
            rm -rf /home/deploy/app /home/deploy/.local"""], env=self.env, text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for host in HOSTS]
        for job in jobs:
            out, _ = job.communicate(timeout=600)
            assert job.returncode == 0, out
        for host in HOSTS:
            self("ssh", host, "git clone -q git@origin:app.git app && sync-secrets.sh sync")
        shutil.rmtree(self.project, ignore_errors=True)
        shutil.rmtree(self.state, ignore_errors=True)
        self.project.mkdir()
        self.write()

    def config(self):
        return {
            "fleet": "homelab",
            "hosts": {name: {} for name in HOSTS},
            "stack": {
                "repository": "git@origin:app.git", "path": "~/app", "compose": {"images": "build"},
                "health": {"steady": "2s", "interval": "1s", "deadline": "30s",
                           "checks": [{"http": "http://localhost:8080/health"}]},
            },
            "stages": {
                "thinkpad": {"role": "staging"},
                "rtx1080": {"role": "production", "snapshot": {"script": "/usr/local/bin/snapshot.sh"},
                            "rollback_with": "app_then_snapshot"},
                "vps": {"role": "public", "retry": {"attempts": 3, "base": "1s"}},
            },
            "environments": {"production": list(HOSTS), "staging": ["thinkpad"]},
            "secrets": {"script": "/usr/local/bin/sync-secrets.sh", "on": "each_host",
                        "places": [{"from": "~/.secrets.env", "to": "~/app/.env"}]},
            "tests": {"on": "thinkpad", "workdir": "~/app", "command": ["python3", "-m", "pytest", "-q"]},
            "deadlines": {"connect": "5s"},
            "guard": {"unreachable_after": "5s"},
        }

    def write(self, **more):
        (self.project / "baton.yaml").write_text(yaml.safe_dump(self.config() | more, sort_keys=False))

    def baton(self, *words, seconds=600):
        environment = [f"XDG_STATE_HOME={self.state}", "SSH_AUTH_SOCK="]
        return Done(subprocess.run(
            [str(HERE / "lab"), "exec", "env", *environment, BATON, "--config",
             str(self.project / "baton.yaml"), *words], env=self.env, text=True, check=False,
            errors="replace", capture_output=True, timeout=seconds, stdin=subprocess.DEVNULL))

    def deploy(self, *words, **options):
        return self.baton("deploy", *words, "--json", "--yes", **options)

    def start(self, *words):
        """A deployment in the background, events on its stdout."""
        return subprocess.Popen(
            [str(HERE / "lab"), "exec", "env", f"XDG_STATE_HOME={self.state}", "SSH_AUTH_SOCK=",
             BATON, "--config", str(self.project / "baton.yaml"), "deploy", *words, "--events", "--yes"],
            env=self.env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL)

    def serving(self):
        """The version that each host's app answers with, None where nothing does."""
        said = {}
        for host in HOSTS:
            said[host] = self("exec", "curl", "-sf", "-m", "3", f"http://{host}:8080/version",
                              check=False).strip() or None
        return said

    def history(self, host):
        return self("exec", "curl", "-sf", "-m", "3", f"http://{host}:8080/history").split()


@pytest.fixture(scope="session")
def running_lab():
    made = Lab(tempfile.mkdtemp(prefix="baton-lab."))
    try:
        made("up")
        yield made
    finally:
        made("down", check=False)
        shutil.rmtree(made.dir, ignore_errors=True)


@pytest.fixture
def lab(running_lab):
    """Three hosts with nothing deployed."""
    running_lab.renew()
    return running_lab


@pytest.fixture
def deployed(lab):
    """Three hosts that serve v1, deployed by Baton."""
    done = lab.deploy("v1")
    assert done.code == 0, done
    assert lab.serving() == dict.fromkeys(HOSTS, "v1"), done
    return lab


def pytest_configure():
    if not os.access(BATON, os.X_OK):
        pytest.exit(f"no baton binary at {BATON}: build it, or name one in BATON", returncode=3)
