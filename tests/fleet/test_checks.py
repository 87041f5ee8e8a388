"""Health checks: each kind, asked from each place, by gate, guard, verification and `baton health`."""

import os
import pathlib
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from rig.expect import verdict
from rig.processes import until
from rig.sample import sample

PLACES = ("host", "controller", "probe")
KINDS = ("http", "tcp", "command")
ALL = [(kind, on) for kind in KINDS for on in PLACES]
EACH_ONCE = list(zip(KINDS, ("host", "probe", "controller")))  # `baton health` has all pairs
NAMES = "thinkpad rtx1080"


def where(place):
    """What is true in a command that runs there."""
    return '[ -z "${RIG_HOST-}" ] && [ -n "$RIG_CONTROLLER_DIR" ] && [ "$PWD" = "$RIG_CONTROLLER_DIR/project" ]' \
        if place == "controller" else f'[ "$RIG_HOST" = {place} ]'


def unserved(make_fleet):
    """thinkpad → rtx1080, and a host `probe` that is in no stage. What thinkpad serves can be told
    over HTTP, by a listener of its own, and by a file: all of them ill while it serves v2, once
    there is `spoil` on it (now, or written by a hook)."""
    fleet = make_fleet("thinkpad", "rtx1080", "probe")
    del fleet.config["stages"]["probe"]
    fleet.config["environments"] = {"production": {"stages": ["thinkpad", "rtx1080"]},
                                    "staging": {"stages": ["thinkpad"]}}
    fleet.config["guard"] = {"unreachable_after": "1s"}
    fleet.config["stacks"]["app"]["health"] = {"steady": "0s", "interval": "50ms", "deadline": "2s"}
    host = fleet["thinkpad"]
    fleet.listener = fleet.ports.free([host.address])
    host.hook("start", "rm -f ~/faults/ill ~/is-ill")
    host.hook("started", f"""
cat >~/ill <<'END'
touch ~/faults/ill ~/is-ill
kill "$(cat ~/listener)" 2>/dev/null
while busybox nc -w 1 {host.address} {fleet.listener} </dev/null >/dev/null 2>&1; do :; done
END
busybox nc -w 1 {host.address} {fleet.listener} </dev/null >/dev/null 2>&1 || {{
  setsid busybox httpd -f -p {host.address}:{fleet.listener} -h ~/serving/www </dev/null >/dev/null 2>&1 &
  echo $! >~/listener
  until busybox nc -w 1 {host.address} {fleet.listener} </dev/null >/dev/null 2>&1; do :; done
}}
[ "$1" != v2 ] || [ ! -e ~/spoil ] || sh ~/ill""")
    # what the probe is asked to do is written down
    for tool in ("curl", "bash"):
        fleet["probe"].command(tool, 'echo "$0" >>~/asked; exec "$real" "$@"')
    fleet.repository.release("v1")
    fleet.config.write()
    return fleet


def serving(make_fleet):
    fleet = unserved(make_fleet)
    assert fleet.baton.deploy().code == 0
    return fleet


@pytest.fixture
def three(prepared):
    """`unserved`, for each test anew."""
    return prepared(unserved)


@pytest.fixture
def served(prepared):
    """The same, serving v1."""
    return with_listener(prepared(serving))


def with_listener(fleet):
    host = fleet["thinkpad"]
    host.httpd(fleet.listener, host.home / "listener")
    until("it listens", lambda: listens(host.address, fleet.listener))
    return fleet


def listens(*address):
    with socket.socket() as one:
        return one.connect_ex(address) == 0


def check_of(fleet, kind, on):
    """A check of thinkpad, the words it is told by, and what it says when thinkpad is ill."""
    host = fleet["thinkpad"]
    if kind == "http":
        path = f"{host.address}:{fleet.app_port}/cgi-bin/health"
        return ({"http": f"http://${{host}}:{fleet.app_port}/cgi-bin/health", "on": on},
                f"http http://{path}", "answered with status 503")
    if kind == "tcp":
        return ({"tcp": f"${{host}}:{fleet.listener}", "on": on},
                f"tcp {host.address}:{fleet.listener}", "refused")
    place = "thinkpad" if on == "host" else on
    return ({"command": f'{where(place)} || exit 9; [ "${{host}}" = {host.address} ] || exit 8; '
                        f'[ ! -e {host.home}/is-ill ]', "on": on},
            f'[ "{host.address}" = {host.address} ]', "ended with status 1")


def asked_on(fleet, kind, on, before=0):
    """The probe's own word that it asked."""
    asked = fleet["probe"].home / "asked"
    lines = asked.read_text().split() if asked.exists() else []
    if kind != "command":
        assert (len(lines) > before) == (on == "probe"), lines
    return len(lines)


def no_trace(fleet):
    """A look leaves nothing on a host that only asks, and took no lease there."""
    state = fleet["probe"].home / ".local/state/baton"

    def left():
        return [os.path.join(folder, file) for folder, _, files in os.walk(state) for file in files
                if {"looks", "effects", "files"} & set(pathlib.Path(folder).parts)]
    until(f"the looks are forgotten: {left()}", lambda: not left())
    assert "probe" not in fleet.leases()


def asked_by_gates(make_fleet):
    """v1 came through a gate that asks all three."""
    fleet = unserved(make_fleet)
    fleet.config.stage("thinkpad", health={"checks": [check_of(fleet, *one)[0] for one in EACH_ONCE]})
    fleet.config.write()
    verdict(fleet, fleet.baton.deploy(), "success", "verification", NAMES, "nn*", 0, new="v1")
    return fleet


@pytest.mark.parametrize("kind,on", sample(EACH_ONCE, ("http", "host")))
def test_a_gate_asks_it_and_so_does_the_gate_of_the_rollback(prepared, kind, on):
    three = with_listener(prepared(asked_by_gates))
    check, shown, why = check_of(three, kind, on)
    three.config.stage("thinkpad", health={"checks": [check]})
    three.config.write()
    asked = asked_on(three, "tcp", "probe")
    (three["thinkpad"].home / "spoil").touch()
    three.repository.release("v2")
    result = verdict(three, three.baton.deploy(), "failed", "thinkpad", "", "oo*", 1)
    assert shown in result["error"] and why in result["error"].lower(), result["error"]
    assert "${host}" not in str(result), result
    assert (f"from {on}" in result["error"]) == (on != "host"), result["error"]
    assert result["error_detail"]["code"] in ("unhealthy", "not_steady")
    assert result["hosts"]["thinkpad"]["healthy"] is True  # rolled back, and seen to be well
    asked_on(three, kind, on, asked)
    no_trace(three)


@pytest.mark.parametrize("kind,on", sample(EACH_ONCE, ("tcp", "probe")))
def test_a_guard_asks_it(prepared, kind, on):
    three = with_listener(prepared(asked_by_gates))
    check, shown, why = check_of(three, kind, on)
    three.config.stage("thinkpad", health={"checks": [check]})
    three.config.with_tests(on="thinkpad").write()
    three["thinkpad"].hook("tests", "sh ~/ill")  # after its gate
    three.repository.release("v2")
    result = verdict(three, three.baton.deploy(), "failed", "thinkpad", "", "oo*", 1)
    assert result["details"]["thinkpad"]["by"] == "guard"
    assert shown in result["error"] and why in result["error"].lower(), result["error"]
    assert three["rtx1080"].history() == ["v1"]


def asked_by_verification(make_fleet):
    """Verification asked all three of v1."""
    fleet = unserved(make_fleet)
    fleet.config["verification"] = {"checks": [
        check_of(fleet, *one)[0] | {"of": "thinkpad"} for one in EACH_ONCE]}
    fleet.config.write()
    verdict(fleet, fleet.baton.deploy(), "success", "verification", NAMES, "nn*", 0, new="v1")
    return fleet


@pytest.mark.parametrize("kind,on", sample(EACH_ONCE, ("command", "controller")))
def test_verification_asks_it_of_its_stage(prepared, kind, on):
    three = with_listener(prepared(asked_by_verification))
    check, shown, why = check_of(three, kind, on)
    three.config["verification"] = {"checks": [check | {"of": "thinkpad"}]}
    three.config.write()
    asked = asked_on(three, "tcp", "probe")
    (three["thinkpad"].home / "spoil").touch()
    three.repository.release("v2")
    result = verdict(three, three.baton.deploy(), "rolled_back", "verification", "", "oo*", 1)
    asked_on(three, kind, on, asked)
    place = "thinkpad" if on == "host" else on
    assert f"check of thinkpad does not answer: {kind} " in result["error"], result["error"]
    assert shown in result["error"] and f"from {place}: " in result["error"], result["error"]
    assert why in result["error"].lower() and "${host}" not in str(result), result["error"]
    no_trace(three)


@pytest.mark.whole
def test_baton_health_asks_every_kind_from_every_place(served):

    def told(kind, on):
        check, shown, why = check_of(served, kind, on)
        served.config.stage("thinkpad", health={"checks": [check]})
        served.config.write()
        health = served.baton("health", "--json")
        assert health.json["hosts"]["rtx1080"]["outcome"] == "ok", health
        no_trace(served)
        return health, health.json["hosts"]["thinkpad"], shown, why

    for kind, on in ALL:
        health, thinkpad, *_ = told(kind, on)
        assert (health.code, thinkpad["outcome"]) == (0, "ok"), health
    served["thinkpad"].shell("sh ~/ill")
    for kind, on in ALL:
        health, thinkpad, shown, why = told(kind, on)
        assert (health.code, thinkpad["outcome"]) == (1, "failed"), health
        assert shown in thinkpad["error"] and why in thinkpad["error"].lower(), health
        assert (f"from {on}" in thinkpad["error"]) == (on != "host"), health


# --- a host that is to ask, and cannot be asked -----------------------------------------------------


def by_probe(fleet, **more):
    fleet.config.stage("thinkpad", health={"checks": [
        {"tcp": f"${{host}}:{fleet.listener}", "on": "probe"} | more]})
    fleet.config.write()


@pytest.mark.whole
@pytest.mark.parametrize("away", ["stop", "hang"])
def test_a_gate_does_not_take_for_healthy_what_nobody_could_ask(served, away):
    by_probe(served)
    served.config["stages"]["thinkpad"]["health"]["deadline"] = "1s"
    served.config["deadlines"] = {"connect": "2s"}
    served.config.write()
    getattr(served["probe"], away)()
    served.repository.release("v2")
    done = served.baton.deploy(seconds=240)
    served["probe"].wake() if away == "hang" else served["probe"].start()
    result = verdict(served, done, "failed", "thinkpad", "", "oo*", 2, rollback_failed=["thinkpad"])
    assert result["error_detail"]["code"] == "unreachable"
    assert "from probe could not be asked" in result["error"], result["error"]
    assert result["hosts"]["thinkpad"]["healthy"] is None, result["hosts"]


@pytest.mark.whole
def test_a_guard_has_patience_with_a_host_that_is_to_ask(served):
    by_probe(served)
    served.config.with_tests(on="thinkpad").write()
    go = served["thinkpad"].home / "go"
    served["thinkpad"].hook("tests", f"until [ -e {go} ]; do sleep 0.05; done")
    served.repository.release("v2")
    running = served.baton.start_deploy()
    running.wait_event("step_started", phase="tests")
    served["probe"].stop()
    go.touch()
    running.wait_event("rollback_started")
    served["probe"].start()
    result = verdict(served, running.wait(), "failed", "thinkpad", "", "oo*", 1)
    assert result["details"]["thinkpad"]["by"] == "guard"
    assert "for 1 s" in result["error"] and "from probe could not be asked" in result["error"]


@pytest.mark.whole
def test_verification_has_patience_with_a_host_that_is_to_ask(three):
    three.config["guard"] = {"unreachable_after": "60s"}
    three.config["verification"] = {"checks": [
        {"tcp": f"${{host}}:{three.listener}", "on": "probe", "of": "thinkpad"}]}
    three.config.write()
    three["probe"].stop()
    running = three.baton.start_deploy()
    running.wait_event("step_started", phase="verification")
    three["probe"].start()
    verdict(three, running.wait(), "success", "verification", NAMES, "nn*", 0, new="v1")


@pytest.mark.whole
def test_verification_fails_when_nobody_can_ask_in_the_end(served):
    served.config["verification"] = {"checks": [
        {"command": "true", "on": "probe", "of": "rtx1080"}]}
    served.config.write()
    served["probe"].stop()
    served.repository.release("v2")
    result = verdict(served, served.baton.deploy(), "rolled_back", "verification", "", "oo*", 1)
    assert result["error_detail"]["code"] == "unreachable"
    assert "check of rtx1080 could not be asked: command true from probe: " in result["error"]


def test_baton_health_says_who_could_not_be_asked(served):
    by_probe(served)
    served["probe"].stop()
    told = served.baton("health", "thinkpad")
    assert told.code == 2 or told.code == 1, told
    assert "from probe could not be asked: " in told.out, told


def test_a_cancel_ends_the_look_of_another_host(three):
    by_probe(three, tcp=None)
    check = {"command": f"touch ~/asking; exec sleep 600", "on": "probe", "timeout": "10m"}
    three.config.stage("thinkpad", health={"checks": [check]})
    three.config.write()
    running = three.baton.start_deploy()
    until("the probe asks", (three["probe"].home / "asking").exists)
    running.signal()
    done = running.wait()
    verdict(three, done, "failed", "thinkpad", "", "--*", 130, cancelled=True)


# --- what an answer must be -------------------------------------------------------------------------


class Answers(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/hang":
            self.server.release.wait(60)
            return
        self.send_response(int(self.path.split("/")[1]))
        self.end_headers()
        self.wfile.write(b"version 7\n")

    def log_message(self, *_):
        pass


class Server6(HTTPServer):
    address_family = socket.AF_INET6


@pytest.fixture
def server():
    """make(address) serves /STATUS and /hang there; its port."""
    made = []

    def make(address="127.0.0.1"):
        one = (Server6 if ":" in address else HTTPServer)((address, 0), Answers)
        one.release = threading.Event()
        threading.Thread(target=one.serve_forever, daemon=True).start()
        made.append(one)
        return one.server_address[1]

    yield make
    for one in made:
        one.release.set()
        one.shutdown()
        one.server_close()


def ill_lines(fleet, checks):
    """What `baton health` says against thinkpad with these checks; it serves v1."""
    fleet.config.stage("thinkpad", health={"checks": checks})
    fleet.config.write()
    told = fleet.baton("health", "thinkpad", "--json")
    error = told.json["hosts"]["thinkpad"]["error"]
    assert (told.code == 0) == (error is None), told
    return error or ""


def test_expected_status_and_text_decide(served, server):
    for on in PLACES:
        url = f"http://127.0.0.1:{server()}"
        good = [{"http": f"{url}/200", "body": "version 7"}, {"http": f"{url}/302"},
                {"http": f"{url}/404", "expect": 404},
                {"command": ["sh", "-c", "test $1 = \"it's\"", "sh", "it's"]}]
        assert ill_lines(served, [one | {"on": on} for one in good]) == ""
        bad = [{"http": f"{url}/404"}, {"http": f"{url}/200", "expect": 204},
               {"http": f"{url}/200", "body": "version 8"}, {"command": "echo it is ill >&2; exit 3"},
               {"tcp": "127.0.0.1:1"}]
        told = ill_lines(served, [one | {"on": on} for one in bad])
        for word in ("/404", "answered with status 404", "answered with status 200, not 204",
                     "without the expected text", "ended with status 3: it is ill", "tcp 127.0.0.1:1"):
            assert word in told, f"{word}: {told}"


def test_each_check_keeps_its_time(served, server):
    for on in PLACES:
        url = f"http://127.0.0.1:{server()}/hang"
        with socket.socket() as deaf:
            # connections beyond its queue are not taken
            deaf.bind(("127.0.0.1", 0))
            deaf.listen(0)
            first = [socket.create_connection(deaf.getsockname())]
            port = deaf.getsockname()[1]
            told = ill_lines(served, [one | {"on": on, "timeout": "1s"} for one in (
                {"http": url}, {"tcp": f"127.0.0.1:{port}"}, {"command": "sleep 600"})])
            for one in first:
                one.close()
        assert f"http {url}" in told and "command sleep 600" in told, told
        assert told.count("within 1") + told.count("timed out") >= 3, told


def test_an_ipv6_address_is_one(served, server):
    try:
        port = server("::1")
    except OSError as why:
        pytest.skip(f"no IPv6 here: {why}")
    for on in PLACES:
        assert ill_lines(served, [{"http": f"http://[::1]:{port}/200", "on": on},
                                 {"tcp": f"[::1]:{port}", "on": on}]) == ""


def test_whatever_stands_in_a_check_stays_data(served, server):
    for on in PLACES:
        url = f"http://127.0.0.1:{server()}"
        told = ill_lines(served, [{"http": f"{url}/200/$(touch${{IFS}}pwned)'`touch${{IFS}}pwned`", "on": on},
                                 {"http": f"{url}/200/{{a,b}}[1-9]", "on": on},
                                 {"command": ["test", "$(touch pwned)", "!=", "`touch pwned`"], "on": on},
                                 {"tcp": "$(touch${IFS}pwned):80", "on": on}])
        assert "tcp $(touch${IFS}pwned):80" in told, told
        assert "/200/" not in told and "command" not in told, told
        assert not list(served.dir.rglob("pwned"))


def test_credentials_of_a_url_are_shown_nowhere(three, server):
    three.config["verification"] = {"checks": [
        {"http": f"http://me:s3cret@127.0.0.1:{server()}/500", "on": on, "of": "thinkpad"}
        for on in PLACES]}
    three.config.write()
    done = three.baton.deploy()
    assert done.code != 0 and done.json["error"].count("answered with status 500") == 3, done
    assert "s3cret" not in done.out + done.err


@pytest.mark.whole
def test_a_port_that_opens_late_is_waited_for_and_answers_whoever_comes_then(three):
    """Nothing but its port tells that the release is there, and that opens a while after `start` has
    ended (three seconds, for fifteen)."""
    host, next_one = three["thinkpad"], three["rtx1080"]
    three.config.stage("thinkpad", health={"deadline": "20s", "checks": [
        {"tcp": f"${{host}}:{three.listener}"}]})
    three.config.write()
    host.hook("started", f"""setsid sh -c 'sleep 3
exec busybox httpd -f -p {host.address}:{three.listener} -h ~/serving/www' </dev/null >/dev/null 2>&1 &""")
    next_one.hook("prepare", "touch ~/here; while [ ! -e ~/go ]; do sleep 0.05; done")
    running = three.baton.start_deploy()
    until("the next stage begins", (next_one.home / "here").exists)
    answers = [listens(host.address, three.listener) for _ in range(200)]
    (next_one.home / "go").touch()
    assert all(answers), f"{answers.count(False)} of 200 were refused"
    verdict(three, running.wait(), "success", "verification", NAMES, "nn*", 0, new="v1")


# --- whom a check speaks of -------------------------------------------------------------------------


def test_a_check_of_a_stage_that_is_not_in_this_environment_is_only_reported(three):
    three.config["verification"] = {"checks": [
        {"command": "false", "on": "probe", "of": "rtx1080"},
        {"command": "true", "on": "controller", "of": "thinkpad"}]}
    three.config.write()
    done = three.baton.deploy("--env", "staging")
    assert (done.json["status"], done.code) == ("success", 0), done
    told = done.json["details"]["verification"]["hosts"]["controller"]["error"]
    assert "check of rtx1080 does not answer: command false from probe" in told, done


@pytest.mark.whole
def test_a_check_of_a_stage_that_failed_is_only_reported(three):
    three.config.stage("rtx1080", role="public", retry=1)
    three.config["verification"] = {"checks": [{"command": "false", "on": "host"}]}
    three.config.stage("rtx1080", health={"checks": [{"command": "false"}]})
    three.config.write()
    result = verdict(three, three.baton.deploy(), "partial_success", "rtx1080", "thinkpad", "n-*", 4,
                     new="v1")
    told = result["details"]["verification"]["hosts"]["controller"]["error"]
    assert "check of rtx1080 does not answer: command false from rtx1080" in told, told


def test_a_check_that_names_the_host_is_asked_of_every_host_of_the_stage(make_fleet):
    fleet = make_fleet("one", "two", "probe")
    fleet.config["stages"] = {"both": {"role": "production", "hosts": ["one", "two"]}}
    fleet.config["environments"] = {"production": {"stages": ["both"]}}
    fleet.config["verification"] = {"checks": [
        {"http": f"http://${{host}}:{fleet.app_port}/cgi-bin/health", "on": "probe"},
        {"command": ["sh", "-c", "echo \"$1 ${host}\" >>~/asked", "sh", "${host}"], "on": "probe"},
        {"command": "echo $RIG_HOST >>~/asked", "on": "host"},
        {"command": "echo once >>~/asked", "on": "probe"}]}
    fleet.config.write()
    fleet.repository.release("v1")
    assert fleet.baton.deploy().code == 0
    asked = (fleet["probe"].home / "asked").read_text().splitlines()
    assert sorted(asked) == [f"127.0.0.11 127.0.0.11", "127.0.0.12 127.0.0.12", "once"]
    assert (fleet["one"].home / "asked").read_text() == "one\n"
    assert (fleet["two"].home / "asked").read_text() == "two\n"


def test_baton_health_misses_what_should_run(three):
    by_probe(three)
    before = three.baton("health", "--json")
    assert before.code == 0, before  # nothing was ever deployed
    assert three.baton.deploy().code == 0
    three["thinkpad"].shell("cd ~/app && ./ctl stop")
    told = three.baton("health", "--json")
    # the last of its own health scripts may still be ending
    assert told.json["hosts"]["thinkpad"]["error"] in (
        "nothing runs", "is not healthy: status: ended with 3 not running"), told
    assert told.json["hosts"]["rtx1080"]["outcome"] == "ok", told


@pytest.mark.whole
def test_a_host_with_variables_gives_them_to_the_commands_it_asks_with(three):
    three.config["hosts"]["probe"]["vars"] = {"WORD": "it's me"}
    three.config["verification"] = {"checks": [
        {"command": "[ \"$WORD\" = \"it's me\" ] && [ \"$PWD\" = \"$HOME\" ]", "on": "probe"}]}
    three.config.write()
    verdict(three, three.baton.deploy(), "success", "verification", NAMES, "nn*", 0, new="v1")
