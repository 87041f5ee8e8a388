"""No secret on any surface, whatever phase prints it and however it fails."""

import base64
import http.server
import json
import os
import shlex
import shutil
import subprocess
import threading

import pytest
from rig import secrets
from rig.processes import until
from rig.sample import sample
from rig.secrets import (ALL, FILLED, MASTER, OPTION, PASSWORD, PRINTED, SOURCES, TOKEN, VARIABLE,
                         leaks)

HOSTS = ("thinkpad", "rtx1080")
REPORTS = [("show", "--report", form) for form in ("text", "md", "html")]


def executable(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)


def undeployed(make_fleet, said=ALL):
    """A fleet whose file says secrets wherever it can, and each of whose commands prints them all;
    each fails when ~/fail-POINT is there, of the host or of the controller."""
    fleet = make_fleet(*HOSTS)
    leak = secrets.script(said)
    fails = '[ ! -e "$HOME/fail-%s" ] || exit 9\n'
    for host in fleet.hosts.values():
        executable(host.home / "leak", leak)
        for point in ("prepare", "stop"):
            host.hook(point, leak + fails % point)
        host.hook("start", leak + fails % "start-$1")
        executable(host.home / "status", leak + fails % "status" + "exec ./ctl status\n")
        executable(host.home / "check", leak + fails % "check")
        executable(host.home / "snapshot.sh", leak + """list=$HOME/snapshots; touch "$list"
case $1 in
list) cat "$list" ;;
create) """ + fails.strip() % "snapshot" + """; echo "$2" >>"$list" ;;
delete) grep -vx -- "$2" "$list" >"$list.new"; mv "$list.new" "$list" ;;
esac
""")
    executable(fleet.controller / "leak", leak)
    executable(fleet.controller / "hooks/tests", leak + f"""
cat >junit.xml <<'END'
<testsuite tests="1" failures="1"><testcase classname="app" name="{secrets.forms(MASTER)['xml']}"><failure/></testcase></testsuite>
END
""" + fails % "tests" + "rm junit.xml")
    executable(fleet.controller / "hooks/verification", leak + fails % "verification")
    homes = " ".join(str(host.home) for host in fleet.hosts.values())
    executable(fleet.project / "sync-secrets.sh", leak + fails % "secrets-$1" + f"""
here=$(dirname "$0")
[ "$1" != sync ] || for home in {homes}; do cp "$here/master.env" "$home/secrets.env"; done
""")
    (fleet.project / "master.env").write_text(f"APP_TOKEN='{MASTER}'\nLOG_LEVEL=info\nPORT=8080\n")
    (fleet.project / "master.env").chmod(0o600)
    config = fleet.config
    config["hosts"]["rtx1080"]["vars"] = {"APP_SECRET": VARIABLE}
    stack = config["stacks"]["app"]
    stack["vars"] = {"DB_PASSWORD": VARIABLE, "ROLE": "web"}
    stack["command"]["status"] = "~/status"
    stack["health"]["checks"] += [
        {"http": f"http://probe:{PASSWORD}@${{host}}:{fleet.app_port}/version?token={TOKEN}"},
        {"command": ["~/check"]}]
    config.with_tests()
    config["secrets"] = {"script": "./sync-secrets.sh",
                         "places": [{"from": "master.env", "to": "~/secrets.env"}]}
    config.stage("rtx1080", snapshot={"script": "~/snapshot.sh", "keep": 1})
    config["verification"] = {"checks": [
        {"http": f"http://probe:{PASSWORD}@${{host}}:{fleet.app_port}/version?token={TOKEN}"},
        {"command": [str(fleet.controller / "hooks/verification")]}]}
    config["alerts"] = {"on_alert": f"cat >>alerts; \"$HOME/leak\" --token={OPTION}; exit 3",
                        "wait": "30s"}
    config["log"] = {"level": "debug"}
    config.write()
    fleet.repository.release("v1")
    return fleet


def serving(make_fleet):
    """The same, serving v1; `done` is that run."""
    fleet = undeployed(make_fleet)
    fleet.done = fleet.baton.deploy()
    assert fleet.done.code == 0, fleet.done
    return fleet


def by_sources(make_fleet):
    """The same, its secret files by the built-in driver: by a command, which prints and says what it
    decrypts, and by a template."""
    fleet = undeployed(make_fleet, ALL + SOURCES)
    (fleet.controller / "vault").write_text(f"APP_TOKEN='{PRINTED}'\nLOG_LEVEL=info\n")
    executable(fleet.controller / "bin/sops", """
[ "$*" = "-d prod.env" ] || exit 2
cat "$HOME/vault"; cat "$HOME/vault" >&2
while [ -e "$HOME/slow-sops" ]; do sleep 0.05; done
[ ! -e "$HOME/fail-sops" ] || { cat "$HOME/vault" >&2; exit 9; }
""")
    before, after = FILLED.split("PART")
    (fleet.project / "app.tmpl").write_text(f"KEY_OF_APP='{before}{{{{vars.PIECE}}}}{after}'\n")
    for place in ("app.tmpl", "master.env"):
        (fleet.project / place).chmod(0o600)
    for host in fleet.config["hosts"].values():
        host["vars"] = {**host.get("vars", {}), "PIECE": "PART"}
    fleet.config["secrets"] = {"places": [
        {"command": ["sops", "-d", "prod.env"], "to": "~/secrets.env"},
        {"from": "app.tmpl", "template": True, "to": "~/app.conf"},
        {"from": "master.env", "to": "~/master.env"}]}
    fleet.config.write()
    return fleet


def serving_by_sources(make_fleet):
    fleet = by_sources(make_fleet)
    fleet.done = fleet.baton.deploy()
    assert fleet.done.code == 0, fleet.done
    return fleet


@pytest.fixture
def leaky(prepared):
    """`undeployed`, for each test anew."""
    return prepared(undeployed)


def look_everywhere(fleet, done, surfaces):
    """Fails when something of a secret is where people or programs read."""
    surfaces |= {"stdout of deploy": done.out.encode(), "stderr of deploy": done.err.encode()}
    surfaces |= {str(path): path.read_bytes() for path in fleet.state.rglob("*") if path.is_file()}
    alerts = fleet.project / "alerts"
    surfaces["the alert hook's input"] = alerts.read_bytes() if alerts.exists() else b""
    found = {name: leaks(text, ALL + SOURCES) for name, text in surfaces.items()}
    assert not any(found.values()), {name: what for name, what in found.items() if what}


def run(fleet, *words, **options):
    done = fleet.baton(*words, **options)
    return {" ".join(words): (done.out + "\n" + done.err).encode()}


CASES = {
    # what fails: (where, phase that decides, status)
    "nothing": (None, "verification", "success"),
    "secrets-test": ("controller", "secrets_sync", "aborted"),
    "secrets-sync": ("controller", "secrets_sync", "aborted"),
    "snapshot": ("rtx1080", "snapshots", "aborted"),
    "prepare": ("rtx1080", "rtx1080", "rolled_back"),
    "start-v2": ("rtx1080", "rtx1080", "rolled_back"),
    "status": ("rtx1080", "rtx1080", None),  # its rollback fails as well
    "check": ("rtx1080", "rtx1080", None),
    "tests": ("controller", "tests", "failed"),
    "verification": ("controller", "verification", "rolled_back"),
}


@pytest.mark.parametrize("fault", sample(CASES, "secrets-sync"))
def test_no_secret_is_told_whatever_fails(prepared, fault):
    where, phase, status = CASES[fault]
    if fault in ("nothing", "secrets-test", "secrets-sync", "tests"):
        leaky = prepared(undeployed)
    else:
        leaky = prepared(serving)
        leaky.repository.release("v2")
    if where:
        (leaky.controller if where == "controller" else leaky[where].home).joinpath(
            f"fail-{fault}").touch()
    prom = leaky.project / "baton.prom"
    done = leaky.baton("deploy", "--events", "--yes", "-v", "--metrics-file", str(prom))
    assert done.json["phase"] == phase and (status is None or done.json["status"] == status), done
    surfaces = {"metrics": prom.read_bytes()}
    for verb in (("show", "--events"), ("show", "--json"), ("show",), ("logs",), ("alert", "list"),
                 ("alert", "list", "--json"), *REPORTS):
        surfaces |= run(leaky, *verb)
    look_everywhere(leaky, done, surfaces)
    assert "***" in surfaces["logs"].decode(), "nothing was printed at all"
    if fault in ("prepare", "start-v2", "tests"):
        assert b"***" in surfaces["show --report md"], "the report shows nothing of what was printed"
    assert not list(leaky.state.rglob("plans/*")), "the plan is kept after the run"


@pytest.mark.whole
@pytest.mark.parametrize("fault", [None, "sops", "status", "check"])
def test_no_secret_of_a_command_or_a_template_is_told(prepared, fault):
    """Whether it fails, or something that has them after it."""
    leaky = prepared(serving_by_sources if fault else by_sources)
    if fault:
        leaky.repository.release("v2")
        (leaky.controller if fault == "sops" else leaky["rtx1080"].home).joinpath(f"fail-{fault}").touch()
    prom = leaky.project / "baton.prom"
    done = leaky.baton("deploy", "--events", "--yes", "-v", "--metrics-file", str(prom))
    phase = {None: "verification", "sops": "secrets_sync"}.get(fault, "rtx1080")
    assert done.json["phase"] == phase and (fault is None) == (done.code == 0), done
    if fault == "sops":
        assert "ended with status 9" in done.json["error"] and "***" in done.json["error"], done
    else:
        for host in leaky.hosts.values():
            assert leaks((host.home / "secrets.env").read_bytes(), [PRINTED])
            assert leaks((host.home / "app.conf").read_bytes(), [FILLED])
    surfaces = {"metrics": prom.read_bytes()}
    for verb in (("show", "--events"), ("show", "--json"), ("show",), ("logs",), *REPORTS, ("secrets", "test"),
                 ("secrets", "status", "--json"), ("secrets", "sync", "--yes", "--json"),
                 ("config", "show"), ("plan",), ("health",), ("snapshot", "list")):
        surfaces |= run(leaky, *verb)
    look_everywhere(leaky, done, surfaces)


@pytest.mark.whole
def test_no_secret_of_a_command_is_told_by_a_run_that_is_gone_on_with(prepared):
    """The process that has got them is dead; another shows what the hosts say of them."""
    leaky = prepared(by_sources)
    host = leaky["rtx1080"]
    host.hook("start", 'touch "$HOME/here"; while [ -e "$HOME/here" ]; do sleep 0.05; done\n'
              + secrets.script(ALL + SOURCES))
    (leaky.controller / "slow-sops").touch()
    running = leaky.baton.start_deploy()
    seen = set()

    def see_sops():
        seen.update(leaky.controller_processes().values())
        return any("sops -d prod.env" in line for line in seen)

    until("sops decrypts", see_sops)
    (leaky.controller / "slow-sops").unlink()
    while not (host.home / "here").exists() and running.process.poll() is None:
        seen.update(leaky.controller_processes().values())
        for one in leaky.hosts.values():
            seen.update(one.processes().values())
    lines = "\n".join(seen).encode()
    assert b"start" in lines and not leaks(lines, (MASTER, VARIABLE, PASSWORD, TOKEN, *SOURCES)), lines
    running.process.kill()
    running.wait()
    (host.home / "here").unlink()
    done = leaky.baton("resume", "--events", "-v")
    assert done.code == 0, done
    surfaces = run(leaky, "show", "--events") | run(leaky, "logs")
    assert surfaces["logs"].count(b"***") > 20, "nothing was printed at all"
    look_everywhere(leaky, done, surfaces)


def test_no_secret_is_told_by_any_command(leaky):
    done = leaky.baton("deploy", "--yes", "-v")
    assert done.code == 0, done
    surfaces = {}
    for verb in (
            "config show", "config show --json", "config show --origin", "plan", "plan --json",
            "explain", "explain --json", "check", "check --json", "check --hosts", "health",
            "check --hosts --json", "health --json", "status", "status --json", "history",
            "history --json", "secrets test", "secrets status", "secrets sync --yes --json",
            "snapshot list", "snapshot create rtx1080 --yes --json", "lease show",
            "alert test on_alert", "alert test on_alert --json", "alert list --json"):
        surfaces |= run(leaky, *verb.split())
    look_everywhere(leaky, done, surfaces)
    shown = surfaces["config show"].decode()
    assert "https://" not in shown and "probe:***@" in shown and "token=***" in shown, shown
    assert "DB_PASSWORD: \"***\"" in shown and "ROLE: web" in shown, shown


@pytest.mark.whole
def test_no_secret_is_told_of_an_output_that_is_too_long(leaky):
    """What does not fit is left out, whatever it cuts in two."""
    line = shlex.quote(f"x {MASTER} y {MASTER} z")
    for point in ("prepare", "start"):
        leaky["rtx1080"].hook(point, f"yes {line} | head -n 500000; echo the end of {point}")
    done = leaky.baton("deploy", "--events", "--yes")
    assert done.code == 0, done
    surfaces = run(leaky, "logs", "--host", "rtx1080")
    logs = surfaces["logs --host rtx1080"]
    for said in (b" bytes left out]", b"the end of prepare", b"[the beginning is left out]",
                 b"the end of start"):
        assert said in logs, said
    look_everywhere(leaky, done, surfaces)


@pytest.mark.whole
def test_what_everybody_uses_is_no_secret(prepared):
    """Of the same file: a level, a port, `web`."""
    leaky = prepared(serving)
    done = leaky.done
    text = done.out + done.err + run(leaky, "show", "--events")["show --events"].decode()
    assert '"level"' not in text or '"info"' in text
    events = leaky.baton.journal(done.json["run"])
    assert events[0]["plan"]["stages"][0]["stacks"][0]["vars"]["ROLE"] == "web"
    assert done.json["hosts"]["rtx1080"]["serves"] == "new"


@pytest.mark.whole
def test_a_secret_that_is_also_a_name_breaks_no_id_and_no_document(leaky):
    """`rtx1080` is a host, `activate` a step: words of the secret file, called passwords there."""
    (leaky.project / "master.env").write_text(
        f"APP_TOKEN='{MASTER}'\nA_PASSWORD=rtx1080\nB_PASSWORD=activate\nC_PASSWORD=\\\",\\\"\n")
    done = leaky.baton("deploy", "--events", "--yes")
    assert done.code == 0, done
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert lines[-1]["hosts"]["rtx1080"]["serves"] == "new" and "rtx1080" in lines[-1]["details"]
    assert {"rtx1080", "thinkpad"} <= {line.get("target") for line in lines}
    assert "activate" in {line.get("kind") for line in lines}
    logs = [json.loads(line) for path in leaky.state.rglob("deployment_orchestrator.log")
            for line in path.read_text().splitlines()]
    assert {"rtx1080"} <= {line.get("host") for line in logs}
    assert any("/rtx1080/" in line.get("step", "") for line in logs)
    assert leaky.baton("logs", "--host", "rtx1080", "--list").out.count("rtx1080") > 2


def test_no_secret_is_in_a_process_list_or_in_the_journal_while_it_runs(leaky):
    leaky.repository.release("v2")
    host = leaky["rtx1080"]
    seen = set()
    host.hook("start", 'touch "$HOME/here"; while [ -e "$HOME/here" ]; do sleep 0.05; done')
    running = leaky.baton.start_deploy()
    while not (host.home / "here").exists() and running.process.poll() is None:
        seen.update(leaky.controller_processes().values())
        for one in leaky.hosts.values():
            seen.update(one.processes().values())
    lines = "\n".join(seen).encode()
    assert b"start" in lines and not leaks(lines, (MASTER, VARIABLE, PASSWORD, TOKEN)), lines
    # The write-ahead log is there now; steps that ran here, and the plan, are for nobody else.
    private = [leaky.state / "baton" / name for name in ("controller", "plans")]
    kept = [path for path in private[1].iterdir()]
    assert len(kept) == 1 and kept[0].stat().st_mode & 0o777 == 0o600
    assert VARIABLE in json.loads(kept[0].read_text())["fleet"]["stages"][0]["stacks"][0]["vars"].values()
    for path in leaky.state.rglob("*"):
        if path.is_file() and not any(folder in path.parents for folder in private):
            assert not leaks(path.read_bytes()), path
    (host.home / "here").unlink()
    assert running.wait().code == 0
    assert not private[1].exists() or not list(private[1].iterdir())
    assert not private[0].exists() or not list(private[0].iterdir())


def test_a_killed_run_leaves_its_plan_whole_and_the_journal_without_secrets(leaky):
    host = leaky["rtx1080"]
    host.hook("start", 'touch "$HOME/here"; while [ -e "$HOME/here" ]; do sleep 0.05; done')
    running = leaky.baton.start_deploy()
    until("it starts", (host.home / "here").exists, 60)
    running.process.kill()
    running.wait()
    (host.home / "here").unlink()
    run_id = running.events()[0]["run"]
    whole = json.loads((leaky.state / f"baton/plans/{run_id}.json").read_text())
    journaled = leaky.baton.journal(run_id)[0]["plan"]
    assert not leaks(json.dumps(journaled).encode())
    assert whole["fleet"]["hosts"][1]["vars"] == {"APP_SECRET": VARIABLE}
    assert journaled["fleet"]["hosts"][1]["vars"] == {"APP_SECRET": "***"}
    assert whole["units"] == journaled["units"] and whole["phases"] == journaled["phases"]


def test_a_secret_in_a_wrong_place_is_not_told_by_the_config_check(leaky):
    leaky.config["hosts"]["rtx1080"]["vars"] = [f"https://me:{PASSWORD}@host/"]
    leaky.config["stacks"]["app"]["health"]["checks"] = [
        {"http": f"htps://probe:{PASSWORD}@host/?token={TOKEN}"}]
    leaky.config["tests"] = {"on": "controller", "command": ["x"], "retry": f"--password={OPTION}"}
    leaky.config["token"] = MASTER
    leaky.config.write()
    for words in (("check",), ("check", "--json"), ("deploy",)):
        done = leaky.baton(*words)
        assert done.code == 78 and "htps" in done.out + done.err, done
        assert not leaks((done.out + done.err).encode()), done


def test_the_config_check_warns_of_secrets_that_others_can_see(leaky):
    (leaky.project / "baton.yaml").chmod(0o644)
    done = leaky.baton("check")
    assert done.code == 0 and "chmod 600" in done.err and "process list" in done.err, done
    assert "channel on_alert" in done.err, done
    (leaky.project / "baton.yaml").chmod(0o600)
    assert "chmod 600" not in leaky.baton("check").err


# --- a repository that wants a login ---------------------------------------------------------------


class GitServer:
    """The fleet's repository over HTTP, for those who know the password."""

    def __init__(self, repository):
        self.password, self.asked = PASSWORD, []
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.0"

            def log_message(self, *_):
                pass

            def do_GET(self):
                self.do_POST()

            def do_POST(self):
                wanted = "Basic " + base64.b64encode(f"me@work:{server.password}".encode()).decode()
                server.asked.append(self.path)
                if self.headers.get("Authorization") != wanted:
                    self.send_response(401)
                    self.send_header("WWW-Authenticate", 'Basic realm="git"')
                    self.end_headers()
                    return
                path, _, query = self.path.partition("?")
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                done = subprocess.run(
                    [shutil.which("git"), "http-backend"], input=body, capture_output=True, check=False,
                    env={"GIT_PROJECT_ROOT": str(repository.bare.parent), "PATH_INFO": path,
                         "GIT_HTTP_EXPORT_ALL": "1", "REQUEST_METHOD": self.command,
                         "QUERY_STRING": query, "REMOTE_USER": "me", "PATH": os.environ["PATH"],
                         "CONTENT_TYPE": self.headers.get("Content-Type") or "",
                         "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding") or ""})
                head, _, answer = done.stdout.partition(b"\r\n\r\n")
                self.send_response(200)
                for line in head.decode().splitlines():
                    if not line.startswith("Status:"):
                        self.send_header(*line.split(": ", 1))
                self.end_headers()
                self.wfile.write(answer)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self):
        return f"http://me%40work:{self.password}@127.0.0.1:{self.server.server_port}/origin.git"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def git_server(leaky):
    made = GitServer(leaky.repository)
    yield made
    made.stop()


@pytest.mark.whole
def test_a_password_in_the_url_of_a_repository_is_for_git_alone(leaky, git_server):
    stack = leaky.config["stacks"]["app"]
    stack["repository"] = git_server.url()
    leaky.config.write()
    words = leaky.dir / "words-of-git"
    for place in [leaky.controller / "bin", *(host.bin for host in leaky.hosts.values())]:
        executable(place / "git", f'echo "$0 $*" >>{words}\nexec {shutil.which("git")} "$@"\n')
    for host in leaky.hosts.values():
        # A helper of the user's would keep what it is told.
        (host.dir / "gitconfig").open("a").write(
            f"[credential]\n\thelper = store --file {host.dir}/kept\n")
    done = leaky.baton("deploy", "--events", "--yes", "-v")
    assert done.code == 0, done
    assert " fetch " in words.read_text() and not leaks(words.read_bytes())
    look_everywhere(leaky, done, {})
    for host in leaky.hosts.values():
        assert not (host.dir / "kept").exists()
        assert not leaks((host.checkout / ".git/config").read_bytes())
    # Another password, the same repository.
    git_server.password = "an0ther-passw0rd-of-it"
    leaky.repository.release("v2")
    refused = leaky.baton.deploy()
    assert refused.json["phase"] == "pre_flight" and refused.json["error_detail"]["code"] == "remote_git"
    look_everywhere(leaky, refused, {})
    stack["repository"] = git_server.url()
    leaky.config.write()
    assert leaky.baton.deploy().code == 0
    assert leaky["rtx1080"].serves() == "v2"
    assert not leaks(words.read_bytes(), (PASSWORD, git_server.password))


@pytest.mark.whole
def test_a_password_of_a_repository_works_for_a_push_too(leaky, git_server):
    leaky.config["stacks"]["app"].update(repository=git_server.url(), source="push")
    leaky.config.write()
    done = leaky.baton("deploy", "--events", "--yes")
    assert done.code == 0, done
    look_everywhere(leaky, done, {})


# --- modes -----------------------------------------------------------------------------------------


def open_to_others(folder):
    """Files and folders below it that others than the owner may use, in some way."""
    return [f"{oct(path.lstat().st_mode)} {path}" for path in [folder, *folder.rglob("*")]
            if not path.is_symlink() and path.lstat().st_mode & 0o077]


@pytest.mark.whole
def test_all_that_is_kept_is_for_the_owner_alone_whatever_the_umask(leaky):
    for host in leaky.hosts.values():
        host.banner("umask 0")
    loose = leaky.dir / "loose"
    places = [leaky.state / "baton", *(host.home / ".local/state/baton" for host in leaky.hosts.values())]
    # Amid a step, too. What git lays out beside the checkout is as the user's git makes it, in a
    # folder that only the owner may enter.
    found = " ".join(f"'{place}'" for place in places)
    leaky["rtx1080"].hook("start", f"""find {found} -path '*/tree/*' -prune -o -perm /077 -print >>{loose}
""")
    before = os.umask(0)
    try:
        leaky.baton.deploy()
        leaky.repository.release("v2", "rtx1080:ill")
        done = leaky.baton.deploy()
    finally:
        os.umask(before)
    assert done.json["status"] == "rolled_back", done
    assert loose.read_text() == ""
    for place in places:
        assert not open_to_others(place), open_to_others(place)
