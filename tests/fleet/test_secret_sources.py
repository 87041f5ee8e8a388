"""Secrets that a command prints or a template fills in: got once, written whole or nowhere, told of
by a version and by no value."""

import re
import signal

import pytest
from rig import made
from rig.expect import verdict
from rig.processes import until
from rig.sample import sample
from test_resume import cut_off

ALL = "thinkpad rtx1080 vps"
VALUE = "printed-s3cret-4711"


def tool(fleet, name, body):
    """A stand-in on the controller's PATH that writes down how it was called, before `body`. What it
    decrypts are the files of ~/vault."""
    path = fleet.controller / "bin" / name
    path.write_text(f'#!/bin/sh\necho "$PWD|$*|$(cat | wc -c)" >>"$HOME/called"\n{body}\n')
    path.chmod(0o755)


def vault(fleet, name, content):
    path = fleet.controller / "vault" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(content)


def called(fleet):
    path = fleet.controller / "called"
    return path.read_text().splitlines() if path.exists() else []


SOPS = '[ "$1" = -d ] && exec cat "$HOME/vault/$(basename "$2")"; exit 2'


def by_command(make_fleet, *names):
    """Nothing is deployed; one secret file by `sops`."""
    fleet = made.published(make_fleet, *names)
    tool(fleet, "sops", SOPS)
    vault(fleet, "prod.env", f"APP_TOKEN={VALUE}\n")
    fleet.config["secrets"] = {"places": [
        {"command": ["sops", "-d", "secrets/prod.env"], "to": "~/secrets.env"}]}
    fleet.config.write()
    return fleet


@pytest.fixture
def sourced(prepared):
    return prepared(by_command)


def secrets_of(fleet):
    return [path.read_text() if (path := host.home / "secrets.env").exists() else None
            for host in fleet.hosts.values()]


def test_what_a_command_prints_is_on_every_host_before_the_release_starts(sourced):
    verdict(sourced, sourced.baton.deploy(), "success", "verification", ALL, "nnn", 0, new="v1")
    for host in sourced.hosts.values():
        assert host.get("/token")[1] == VALUE
        assert (host.home / "secrets.env").stat().st_mode & 0o777 == 0o600
    # once for all hosts and steps, in baton.yaml's folder, as it is written, nothing to read
    assert called(sourced) == [f"{sourced.project}|-d secrets/prod.env|0"]
    assert not [path for path in sourced.state.rglob("*")
                if path.is_file() and VALUE.encode() in path.read_bytes()]


@pytest.mark.whole
def test_a_command_for_each_host(fleet):
    tool(fleet, "pass", '[ "$1" = show ] && exec cat "$HOME/vault/$(basename "$2")"; exit 2')
    for name in fleet.hosts:
        vault(fleet, name, f"APP_TOKEN=of-{name}-alone\n")
    fleet.config["secrets"] = {"places": [
        {"command": ["pass", "show", "homelab/{{host}}"], "to": "~/secrets.env"}]}
    fleet.config.write()
    verdict(fleet, fleet.baton.deploy(), "success", "verification", ALL, "nnn", 0, new="v1")
    assert {name: host.get("/token")[1] for name, host in fleet.hosts.items()} == {
        name: f"of-{name}-alone" for name in fleet.hosts}
    assert sorted(called(fleet)) == sorted(
        f"{fleet.project}|show homelab/{name}|0" for name in fleet.hosts)


FAULTS = {
    "fails after it has printed": ("echo A=what-1s-new; echo 'at what-1s-new: bad' >&2; exit 1",
                                   "secrets_failed", "at ***: bad", True),
    "prints nothing": ("echo 'nothing found' >&2", "secrets_failed", "printed nothing: nothing found", False),
    "prints too much": ("yes", "secrets_failed", "more than 1 MiB", False),
    "hangs": ("echo 'passphrase?' >&2; sleep 300 & wait", "timed_out",
              "did not end within 5s (deadlines.secrets): passphrase?", True),
}


@pytest.mark.parametrize("fault", sample(FAULTS, "fails after it has printed"))
def test_a_command_that_fails_changes_nothing_anywhere(prepared, fault):
    body, code, says, retryable = FAULTS[fault]
    fleet = prepared(by_command)
    assert fleet.baton.deploy().code == 0
    # the other hosts' are there
    vault(fleet, "prod.env", "APP_TOKEN=another-value-1\n")
    fleet.config["secrets"] = {"places": [
        {"command": ["sops", "-d", "secrets/prod.env"], "to": "~/secrets.env"},
        {"command": ["broken", "{{host}}"], "to": "~/more.env", "hosts": ["vps"]}]}
    if fault == "hangs":
        fleet.config["deadlines"] = {"secrets": 5}
    fleet.config.write()
    tool(fleet, "broken", body)
    fleet.repository.release("v2")
    result = verdict(fleet, fleet.baton.deploy(), "aborted", "secrets_sync", "", "ooo", 1)
    detail = result["error_detail"]
    assert (detail["code"], detail["host"], detail["retryable"]) == (code, "vps", retryable), detail
    assert "~/more.env of vps: `broken vps`" in result["error"] and says in result["error"], result["error"]
    assert secrets_of(fleet) == [f"APP_TOKEN={VALUE}\n"] * 3
    assert not (fleet["vps"].home / "more.env").exists()
    assert sum(line.endswith("|vps|0") for line in called(fleet)) == 1


@pytest.mark.whole
def test_a_command_that_failed_is_tried_again_with_the_phase_and_only_that_one(sourced):
    sourced.config["secrets"]["retry"] = {"attempts": 2, "base": 0}
    sourced.config["secrets"]["places"].append({"command": ["flaky"], "to": "~/more.env"})
    sourced.config.write()
    tool(sourced, "flaky", '[ -e "$HOME/once" ] || { touch "$HOME/once"; exit 1; }; echo MORE=than-nothing')
    done = sourced.baton.deploy()
    verdict(sourced, done, "success", "verification", ALL, "nnn", 0, new="v1")
    assert done.json["details"]["secrets_sync"]["attempts"] == 2
    assert called(sourced) == [f"{sourced.project}|{words}|0"
                               for words in ("-d secrets/prod.env", "", "")]
    assert (sourced["vps"].home / "more.env").read_text() == "MORE=than-nothing\n"


def test_a_program_that_is_not_there_is_told_before_anything_else(sourced):
    for program in ("age-of-nowhere", "./bin/nothing", "~/bin/nothing"):
        sourced.config["secrets"]["places"][0]["command"] = [program, "-d", "x"]
        sourced.config.write()
        result = verdict(sourced, sourced.baton.deploy(), "aborted", "pre_flight", "", "---", 1)
        assert result["error_detail"]["code"] == "missing_tool" and program in result["error"], result


def test_a_program_may_be_named_by_its_path(sourced):
    for place, program in ((sourced.project, "./decrypt"), (sourced.controller, "~/decrypt")):
        (place / "decrypt").write_text(f"#!/bin/sh\necho APP_TOKEN={VALUE}\n")
        (place / "decrypt").chmod(0o755)
        sourced.config["secrets"]["places"][0]["command"] = [program]
        sourced.config.write()
        assert sourced.baton("secrets", "test").code == 0
        (place / "decrypt").unlink()


@pytest.mark.whole
def test_hosts_that_do_not_get_the_new_release_have_their_old_secrets_again(sourced):
    assert sourced.baton.deploy().code == 0
    vault(sourced, "prod.env", "APP_TOKEN=the-second-value\n")
    sourced.config.stage("vps", retry=1)
    sourced.config.write()
    sourced.repository.release("v2", "vps:ill")
    verdict(sourced, sourced.baton.deploy(), "partial_success", "vps", "thinkpad rtx1080", "nno", 4)
    assert secrets_of(sourced) == ["APP_TOKEN=the-second-value\n"] * 2 + [f"APP_TOKEN={VALUE}\n"]
    assert sourced["vps"].get("/token")[1] == VALUE


@pytest.mark.whole
def test_a_run_that_is_gone_on_with_asks_again_and_believes_what_was_written(sourced):
    """A command may print something else each time."""
    assert sourced.baton.deploy().code == 0
    sourced.repository.release("v2")
    tool(sourced, "sops", 'echo "APP_TOKEN=a-fresh-one-for-$$-each-time"')
    rtx = sourced["rtx1080"]
    rtx.hook("start", '[ "$1" = v1 ] || { touch ~/here; while [ ! -e ~/go ]; do sleep 0.05; done; }')
    running = sourced.baton.start_deploy()
    until("rtx1080 starts", (rtx.home / "here").exists, 60)
    written = secrets_of(sourced)
    cut_off(sourced, running)
    asked = len(called(sourced))
    (rtx.home / "go").touch()
    verdict(sourced, sourced.baton("resume", "--json"), "success", "verification", ALL, "nnn", 0)
    assert len(called(sourced)) == asked + 1
    assert secrets_of(sourced) == written and len(set(written)) == 1


def test_a_signal_ends_a_command_that_asks_for_something(sourced):
    tool(sourced, "sops", 'echo $$ >"$HOME/asks"; sleep 300 & wait')
    running = sourced.baton.start_deploy()
    until("it asks", (sourced.controller / "asks").exists)
    running.signal(signal.SIGINT)
    done = running.wait()
    assert done.code == 130 and done.json["status"] == "aborted" and done.json["cancelled"], done
    assert secrets_of(sourced) == [None] * 3
    until("nothing of it is left", lambda: not sourced.controller_processes(), 10)


# --- templates -------------------------------------------------------------------------------------


def with_template(fleet, text, **more):
    (fleet.project / "app.env").write_text(text)
    (fleet.project / "app.env").chmod(0o600)
    fleet.config["secrets"] = {"places": [
        {"from": "app.env", "template": True, "to": "~/secrets.env", **more}]}
    fleet.config.write()


def test_a_template_is_filled_in_for_each_host(fleet):
    for name, host in fleet.config["hosts"].items():
        host["vars"] = {"PART": f"<&> of {name}"}
    with_template(fleet, "APP_TOKEN={{host}}-t0ken\nWHO='{{user}}@{{address}} {{stage}} {{environment}}'\n"
                         "{{! not for them }}PART='{{vars.PART}} { {'\n")
    verdict(fleet, fleet.baton.deploy(), "success", "verification", ALL, "nnn", 0, new="v1")
    user = fleet.environment()["USER"]
    for name, host in fleet.hosts.items():
        assert (host.home / "secrets.env").read_text() == (
            f"APP_TOKEN={name}-t0ken\nWHO='{user}@{host.address} {name} production'\n"
            f"PART='<&> of {name} {{ {{'\n")
        assert host.get("/token")[1] == f"{name}-t0ken"


@pytest.mark.whole
def test_a_file_for_each_host_and_one_that_nobody_fills_in(fleet):
    (fleet.project / "secrets").mkdir()
    for name in fleet.hosts:
        (fleet.project / f"secrets/{name}.env").write_text(f"APP_TOKEN={name}-{{{{host}}}}\n")
    fleet.config["secrets"] = {"places": [{"from": "secrets/{{host}}.env", "to": "~/secrets.env"}]}
    fleet.config.write()
    verdict(fleet, fleet.baton.deploy(), "success", "verification", ALL, "nnn", 0, new="v1")
    assert secrets_of(fleet) == [f"APP_TOKEN={name}-{{{{host}}}}\n" for name in fleet.hosts]
    (fleet.project / "secrets/vps.env").unlink()
    (fleet.project / "secrets/thinkpad.env").write_text("APP_TOKEN=changed\n")
    result = verdict(fleet, fleet.baton.deploy(), "aborted", "secrets_sync", "", "ooo", 1, old="v1")
    assert result["error_detail"]["host"] == "vps" and "vps.env" in result["error"], result
    assert secrets_of(fleet)[0] == "APP_TOKEN=thinkpad-{{host}}\n"


def test_a_template_with_a_mistake_is_written_nowhere(fleet):
    fleet.config["hosts"]["thinkpad"]["vars"] = {"ONLY": "here"}
    with_template(fleet, "APP_TOKEN={{vars.ONLY}}\n")
    result = verdict(fleet, fleet.baton.deploy(), "aborted", "secrets_sync", "", "---", 1)
    detail = result["error_detail"]
    assert detail["code"] == "secrets_failed" and not detail["retryable"], detail
    assert detail["host"] == "rtx1080" and "~/secrets.env of rtx1080" in result["error"], result["error"]
    assert "{{vars.ONLY}}: that host has no such variable" in result["error"], result["error"]
    assert secrets_of(fleet) == [None] * 3


# --- versions and the verbs ------------------------------------------------------------------------


def versions(done):
    return done.json["details"]["secrets_sync"]["facts"]


@pytest.mark.whole
def test_the_version_changes_with_the_content_and_with_nothing_else(sourced):
    first = sourced.baton.deploy()
    told = versions(first)
    assert set(told) == set(sourced.hosts) and len(set(told.values())) == 1, told
    version = told["vps"]
    assert re.fullmatch("[0-9a-f]{16}", version)
    assert f"secrets {version} on rtx1080, thinkpad, vps\n" in sourced.baton("show").out
    assert sourced.baton("show", "--json").json["details"]["secrets_sync"]["facts"] == told
    facts = [event["outcome"]["facts"] for event in sourced.baton.journal(first.json["run"])
             if event["type"] == "step_ended" and event["kind"] == "sync_secrets"]
    assert [one["version"] for one in facts] == [version] * 3
    def now():
        return sourced.baton("secrets", "test", "--json").json["facts"]

    assert now() == told
    vault(sourced, "prod.env", "APP_TOKEN=the-second-value\n")
    assert not set(now().values()) & {version}
    # another controller's key makes another word of the same
    vault(sourced, "prod.env", f"APP_TOKEN={VALUE}\n")
    (sourced.state / "baton/compare.key").unlink()
    assert not set(now().values()) & {version}


def test_the_verbs_of_the_built_in_driver(sourced):
    tested = sourced.baton("secrets", "test")
    assert tested.code == 0 and re.search(r"^vps +version [0-9a-f]{16}$", tested.out, re.M), tested
    behind = sourced.baton("secrets", "status", "--json")
    outcomes = {host["outcome"] for host in behind.json["hosts"].values()}
    assert behind.code == 1 and outcomes == {"failed"}, behind
    assert "there is no" in behind.json["error"] and secrets_of(sourced) == [None] * 3
    synced = sourced.baton("secrets", "sync", "--yes", "--json")
    assert synced.code == 0 and secrets_of(sourced) == [f"APP_TOKEN={VALUE}\n"] * 3, synced
    even = sourced.baton("secrets", "status", "--json")
    assert even.code == 0 and even.json["facts"] == synced.json["facts"], even
    tool(sourced, "sops", f"echo {VALUE}; echo 'no key: {VALUE}' >&2; exit 1")
    for verb in ("test", "status"):
        failed = sourced.baton("secrets", verb, "--json")
        assert failed.code == 1 and "no key: ***" in failed.json["error"], failed
        assert VALUE not in failed.out + failed.err
    assert "status 1" in sourced.baton("secrets", "test").err


def test_a_verb_alone_has_the_environment_that_it_is_told(fleet):
    with_template(fleet, "E={{environment}} {{stage}}\n", hosts=["thinkpad"])
    fleet.config["environments"] = {"production": ["thinkpad", "rtx1080", "vps"], "staging": ["thinkpad"]}
    fleet.config.write()
    refused = fleet.baton("secrets", "sync", "--yes")
    assert refused.code == 1 and "name the environment with --env" in refused.out + refused.err, refused
    assert fleet.baton("secrets", "sync", "--yes", "--env", "staging").code == 0
    assert secrets_of(fleet) == ["E=staging thinkpad\n", None, None]
    assert fleet.baton("secrets", "status", "--env", "staging").code == 0
    assert fleet.baton("secrets", "status", "--env", "production").code == 1
    assert fleet.baton("secrets", "test").code == 0


def test_only_the_secrets_of_the_environment_are_asked_for(sourced):
    sourced.config["secrets"]["places"] = [
        {"command": ["sops", "-d", f"{name}.env"], "to": "~/secrets.env", "hosts": [name]}
        for name in sourced.hosts]
    sourced.config["environments"] = {"production": list(sourced.hosts), "staging": ["thinkpad"]}
    sourced.config.write()
    vault(sourced, "thinkpad.env", f"APP_TOKEN={VALUE}\n")
    assert sourced.baton("deploy", "--env", "staging", "--yes").code == 0
    assert called(sourced) == [f"{sourced.project}|-d thinkpad.env|0"]


def test_the_config_check_knows_what_cannot_be_filled_in(fleet):
    fleet.config["hosts"]["thinkpad"]["vars"] = {"ONLY": "here"}
    cases = (
        ({"from": "a", "command": ["b"]}, "one source"),
        ({}, "from: missing"),
        ({"command": "sops -d a"}, "a list of words"),
        ({"command": []}, ""),
        ({"command": ["sops", "{{hots}}"]}, "{{hots}} means nothing"),
        ({"from": "secrets/{{vars.ONLY}}.env"}, "{{vars.ONLY}}: that host has no such variable"),
        ({"from": "secrets/{{host.env"}, "unclosed tag"),
    )
    for source, says in cases:
        fleet.config["secrets"] = {"places": [{**source, "to": "~/a"}]}
        fleet.config.write()
        done = fleet.baton("check")
        assert done.code == 78 and says in done.err + done.out, (source, done)
    fleet.config["secrets"] = {"script": "./x", "places": [{"command": ["b"], "to": "~/a"}]}
    fleet.config.write()
    done = fleet.baton("check")
    assert done.code == 78 and "only the built-in driver runs a command" in done.err + done.out, done
