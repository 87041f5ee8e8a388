"""The numbers: of a verb, in a file, and over HTTP, from the journal of whoever ran."""

import base64
import http.server
import re
import signal
import socket
import sqlite3
import threading
import urllib.error
import urllib.request

import pytest

from rig.processes import until
from rig.sample import sample


@pytest.fixture
def scrape(deployed):
    """scrape() is what `baton serve --metrics-only` answers, by series."""
    serving = deployed.baton.start("serve", "--metrics-only", "--listen", "127.0.0.1:0")
    url = until("it serves", lambda: next((word for word in serving.err.split() if word.startswith("http")), None))

    def samples():
        with urllib.request.urlopen(url, timeout=30) as answer:
            assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
            lines = answer.read().decode().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {series: float(value) for series, value in pairs}

    samples.url = url
    yield samples
    serving.signal()
    assert serving.wait().code == 0


class Gateway(http.server.ThreadingHTTPServer):
    """Takes what is pushed: (path, body), and by which login."""

    def __init__(self, status=200):
        self.status, self.pushed, self.logins = status, [], []
        super().__init__(("127.0.0.1", 0), Push)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Push(http.server.BaseHTTPRequestHandler):
    def do_POST(self):  # pylint: disable=invalid-name
        self.server.logins.append(self.headers["Authorization"])
        self.server.pushed.append((self.path, self.rfile.read(int(self.headers["Content-Length"])).decode()))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


@pytest.mark.whole
def test_the_end_of_a_run_is_pushed_and_a_gateway_that_refuses_changes_nothing(deployed, tmp_path):
    login = tmp_path / "login"
    login.write_text("me:secret-of-mine\n")
    login.chmod(0o600)
    for status in (200, 500):
        with Gateway(status) as gateway:
            deployed.config.data["metrics"] = {"pushgateway": f"http://127.0.0.1:{gateway.server_port}/",
                                               "pushgateway_login_file": str(login)}
            deployed.config.write()
            deployed.repository.release(f"after-{status}")
            assert deployed.baton.deploy().code == 0
            [(path, body)] = gateway.pushed
            assert path == f"/metrics/job/baton/instance/{socket.gethostname()}"
            assert 'baton_runs_total{fleet="homelab",status="success"}' in body
            assert gateway.logins == ["Basic " + base64.b64encode(b"me:secret-of-mine").decode()]
            gateway.shutdown()
    [log] = deployed.state.rglob("*.log")
    assert "the metrics were not pushed to http://127.0.0.1" in log.read_text()
    assert "secret-of-mine" not in log.read_text()


def figures(fleet):
    told = fleet.baton("metrics", "--json")
    assert told.code == 0, told
    return told.json


@pytest.mark.whole
def test_runs_of_other_processes_are_in_the_next_scrape(deployed, scrape):
    fleet = deployed.config.data["fleet"]
    success, rolled_back = (f'baton_runs_total{{fleet="{fleet}",status="{status}"}}' for status in ("success", "rolled_back"))
    before = scrape()
    deployed.repository.release("v2")
    assert deployed.baton.deploy().code == 0
    between = scrape()
    assert between[success] == before[success] + 1
    deployed.repository.release("v3")
    deployed["rtx1080"].hook("start", '[ "$1" != v3 ]')
    assert deployed.baton.deploy().code == 1
    after = scrape()
    assert after[success] == between[success]
    assert after[rolled_back] == before[rolled_back] + 1
    assert sum(value for series, value in after.items() if series.startswith("baton_errors_total")) > sum(
        value for series, value in before.items() if series.startswith("baton_errors_total"))
    # what processes count beside the journal's events goes on from one to the next
    for name in ('baton_ssh_connects_total{host="vps"}', "baton_journal_writes_total",
                 "baton_journal_write_duration_seconds_count", "baton_ssh_received_bytes_total"):
        assert before[name] < between[name] < after[name], name
    assert after["baton_runs_in_progress"] == after["baton_runs_queued"] == 0


@pytest.mark.whole
def test_a_run_that_waits_or_works_is_seen(deployed, scrape):
    deployed.repository.release("v2")
    host = deployed["rtx1080"]
    host.hook("start", '[ "$1" = v1 ] || { touch ~/here; while [ ! -e ~/go ]; do sleep 0.05; done; }')
    running = deployed.baton.start_deploy()
    until("rtx1080 starts", (host.home / "here").exists)
    waiting = deployed.baton.start_deploy("--queue")
    until("the second waits", lambda: "waiting for" in waiting.err)
    seen = scrape()
    assert seen["baton_runs_in_progress"] == 1 and seen["baton_runs_queued"] == 1
    assert seen['baton_lease_held{host="rtx1080"}'] == 1
    (host.home / "go").touch()
    assert running.wait().code == waiting.wait().code == 0
    after = scrape()
    assert after["baton_runs_in_progress"] == after["baton_runs_queued"] == 0
    assert after["baton_run_queue_duration_seconds_count"] == seen["baton_run_queue_duration_seconds_count"] + 1


def test_the_figures_are_read_from_the_journal(deployed):
    before = figures(deployed)
    assert before["tokens_used"] == 0 and before["created_at"].endswith("Z")
    deployed.repository.release("v2")
    assert deployed.baton.deploy().code == 0
    after = figures(deployed)
    assert after["tasks_completed"] == before["tasks_completed"] + 1
    assert after["created_at"] == before["created_at"]
    deployed.repository.release("v3")
    deployed["vps"].hook("start", '[ "$1" != v3 ]')
    assert deployed.baton.deploy().code == 4
    assert figures(deployed)["errors"] > after["errors"]
    text = deployed.baton("metrics").out.splitlines()
    assert [line.split()[0] for line in text] == ["tasks_completed", "tokens_used", "errors", "created_at"]


def test_figures_of_a_journal_that_is_not_there_yet(make_fleet):
    fleet = make_fleet("thinkpad")
    told = figures(fleet)
    assert (told["tasks_completed"], told["errors"], told["created_at"]) == (0, 0, None)


def test_every_metric_that_is_shown_is_listed_with_its_labels(deployed, scrape):
    listed = {one["name"]: one for one in deployed.baton("metrics", "--list", "--json").json["metrics"]}
    for series in scrape():
        name, _, labels = series.partition("{")
        for ending in ("_bucket", "_sum", "_count"):
            if name not in listed:
                name = name.removesuffix(ending)
        keys = {pair.split("=")[0] for pair in labels.rstrip("}").split(",") if "=" in pair} - {"le"}
        assert name in listed and keys == set(listed[name]["labels"]), series
    text = deployed.baton("metrics", "--list").out
    assert all(name in text for name in listed)


def test_what_is_no_page_or_no_get(scrape):
    def code(request):
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status
        except urllib.error.HTTPError as refused:
            return refused.code

    root = scrape.url.removesuffix("metrics")
    assert code(root) == 200
    assert code(root + "nothing") == 404
    assert code(urllib.request.Request(scrape.url, method="HEAD")) == 200
    assert code(urllib.request.Request(scrape.url, method="DELETE")) == 405
    assert code(urllib.request.Request(scrape.url, data=b"x" * 100)) == 405
    assert code(scrape.url + "?x=1") == 200
    assert code(root + "healthz") == 200


def test_an_address_that_cannot_be_had(deployed, scrape):
    taken = scrape.url.split("/")[2]
    refused = deployed.baton("serve", "--metrics-only", "--listen", taken)
    assert refused.code == 69 and taken in refused.err and "--listen" in refused.err, refused
    for wrong in ("nowhere", "localhost:1", "127.0.0.1:99999", "127.0.0.1:"):
        refused = deployed.baton("serve", "--metrics-only", "--listen", wrong)
        assert refused.code == 64 and wrong.split(":")[0] in refused.err, refused
    assert deployed.baton("serve").code == 64


@pytest.mark.parametrize("state", sample(["json_set(state, '$.open', 'x')", "json_set(state, '$.revisions', 7)", "'nothing'"],
                                         "json_set(state, '$.open', 'x')"))
def test_a_damaged_fold_keeps_no_run_from_beginning(deployed, state):
    before = figures(deployed)
    [file] = deployed.state.rglob("journal.db")
    with sqlite3.connect(file) as journal:
        assert journal.execute(f"UPDATE fold SET state = {state}").rowcount == 1
    deployed.repository.release("v2")
    assert deployed.baton.deploy().code == 0
    assert figures(deployed)["tasks_completed"] == before["tasks_completed"] + 1


COUNTED = re.compile(r"^baton_\w+?(_total|_count|_sum|_bucket)(\{|$)")


@pytest.mark.whole
def test_no_counter_of_the_file_goes_back(deployed, tmp_path):
    """Whether a run is killed and gone on with, or another one writes the same file beside it."""
    prom = tmp_path / "baton.prom"
    deployed.config.data["metrics"] = {"textfile": str(prom)}
    deployed.config.write()
    last = {}

    def look():
        pairs = (line.rsplit(" ", 1) for line in prom.read_text().splitlines() if not line.startswith("#"))
        now = {series: float(value) for series, value in pairs if COUNTED.match(series)}
        back = {series: (value, now.get(series)) for series, value in last.items() if now.get(series, -1) < value}
        assert not back
        last.update(now)

    host = deployed["rtx1080"]
    host.hook("start", '[ ! -e ~/stay ] || { touch ~/here; while [ -e ~/stay ]; do sleep 0.05; done; }')
    for nth in range(2):
        deployed.repository.release(f"killed-{nth}")
        (host.home / "stay").touch()
        running = deployed.baton.start_deploy()
        until("rtx1080 starts", (host.home / "here").exists)
        look()
        running.signal(signal.SIGKILL)
        running.wait()
        (host.home / "stay").unlink()
        (host.home / "here").unlink()
        assert deployed.baton("resume").code == 0
        look()
    (host.home / "stay").touch()
    deployed.repository.release("beside")
    running = deployed.baton.start_deploy()
    until("rtx1080 starts", (host.home / "here").exists)
    look()
    assert deployed.baton.deploy("--env", "staging").code == 3, "others own the host"
    look()
    (host.home / "stay").unlink()
    assert running.wait().code == 0
    look()
    assert last['baton_ssh_connects_total{host="vps"}'] > 3


@pytest.mark.whole
def test_a_journal_that_is_replaced_and_a_channel_that_is_gone_are_noticed(deployed, scrape):
    success = f'baton_runs_total{{fleet="{deployed.config.data["fleet"]}",status="success"}}'
    assert scrape()[success] == 1
    deployed.config.data["alerts"] = {"channels": {"hook": {"command": ["true"]}}}
    deployed.config.write()
    queued = 'baton_notifications_queued{channel="hook"}'
    until("the channel is known", lambda: queued in scrape())
    del deployed.config.data["alerts"]
    deployed.config.write()
    until("the channel is gone", lambda: queued not in scrape())
    [file] = deployed.state.rglob("journal.db")
    away = file.parent.with_name("away")
    away.mkdir()
    for one in file.parent.glob("journal.db*"):
        one.rename(away / one.name)
    with pytest.raises(urllib.error.HTTPError) as gone:
        scrape()
    assert gone.value.code == 500 and b"not there any more" in gone.value.read()
    with pytest.raises(urllib.error.HTTPError) as gone:
        urllib.request.urlopen(scrape.url.replace("metrics", "healthz"), timeout=30)
    assert gone.value.code == 503
    for nth in ("one", "two"):
        deployed.repository.release(nth)
        assert deployed.baton.deploy().code == 0
    assert scrape()[success] == 2, "of the new journal"


def test_a_file_that_cannot_be_written_is_noted_and_changes_nothing(deployed):
    deployed.repository.release("v2")
    done = deployed.baton("deploy", "--yes", "--metrics-file", "/proc/nope.prom")
    assert done.code == 0 and done.err.count("note: the metrics were not written: ") == 1, done
