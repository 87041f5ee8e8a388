"""Two controllers with state folders of their own, and the same hosts."""

import copy
import json
import shutil
import signal

import pytest
import yaml
from rig.expect import verdict
from rig.processes import state, until

ALL = ["thinkpad", "rtx1080", "vps"]
WAITS = '[ "$1" != v2 ] || { echo $$ >~/pid; touch ~/here; while [ ! -e ~/go ]; do sleep 0.05; done; }'


class Other:
    """Another controller: a state folder of its own, and (`order`) other names of the hosts."""

    def __init__(self, fleet, name="other", order=None):
        self.baton = fleet.baton
        self.state = fleet.controller / name
        self.state.mkdir()
        self.words = []
        if order:
            self.words = ["--config", self._config(fleet, name, order)]

    @staticmethod
    def _config(fleet, name, order):
        """The hosts' names sort in this order, and so leases are taken in it."""
        names = {host: f"{place}-{host}" for place, host in enumerate(order)}
        data = copy.deepcopy(fleet.config.data)
        data["hosts"] = {names[host]: how for host, how in data["hosts"].items()}
        for stage in data["stages"].values():
            stage["hosts"] = [names[host] for host in stage["hosts"]]
        path = fleet.project / f"{name}.yaml"
        path.write_text(yaml.safe_dump(data, sort_keys=False))
        return path

    def __call__(self, *words, **options):
        return self.baton(*self.words, *words, XDG_STATE_HOME=str(self.state), **options)

    def deploy(self, *words, **options):
        return self("deploy", *words, "--json", "--yes", **options)

    def start(self, *words):
        return self.baton.start(*self.words, "deploy", *words, "--events", "--yes",
                                XDG_STATE_HOME=str(self.state))


def in_the_start_of(fleet, name, hook=WAITS):
    """A run of the first controller that is there."""
    fleet.repository.release("v2")
    host = fleet[name]
    host.hook("start", hook)
    running = fleet.baton.start_deploy()
    until(f"{name} starts", (host.home / "here").exists)
    return running


def killed(running):
    running.process.kill()
    running.process.wait()
    return next(one for one in running.events() if one["type"] == "run_requested")["run"]


def leases(fleet):
    return {name: path for name, host in fleet.hosts.items()
            for path in (host.home / ".local/state/baton/fence").glob("e.*/lease")}


def fences(fleet):
    return {name: max(int(path.name[2:]) for path in (host.home / ".local/state/baton/fence").glob("e.*"))
            for name, host in fleet.hosts.items()}


def of_another_machine(fleet, silent=0):
    """The owner of each lease is a process of a machine that is not this one, and has been silent for
    so many seconds by the uptime of the host."""
    with open("/proc/uptime", encoding="ascii") as file:
        then = int(float(file.read().split()[0])) - silent
    for path in leases(fleet).values():
        run, owner, _ = path.read_text().splitlines()
        told = json.loads(owner) | {"boot_id": "another", "controller": "laptop"}
        [beat] = path.parent.glob("b.*")
        when = f"{then}.{beat.name.split('.', 2)[2]}"
        number = path.parent.name.removeprefix("e.")
        path.write_text(f"{run}\n{json.dumps(told)}\n{number} {when}\n")
        beat.rename(path.parent / f"b.{when}")


def good(done):
    assert done.code == 0 and done.json["status"] == "success", done
    assert done.json["systems_deployed"] == ALL, done


def told(done, text):
    return [line for line in done.json["warnings"] if text in line]


def test_one_that_lives_is_named_and_left_alone(deployed):
    other = Other(deployed)
    running = in_the_start_of(deployed, "rtx1080")
    refused = other.deploy()
    assert refused.code == 3 and refused.json["status"] == "aborted", refused
    assert f"(process {running.process.pid})" in refused.json["error"], refused
    # Nor is it dead because its process cannot be looked for.
    of_another_machine(deployed)
    refused = other.deploy()
    assert refused.code == 3 and "@laptop" in refused.json["error"], refused
    (deployed["rtx1080"].home / "go").touch()
    verdict(deployed, running.wait(), "success", "verification", " ".join(ALL), "nnn", 0)


def test_a_process_that_is_gone_loses_its_hosts_at_once(deployed):
    other = Other(deployed)
    running = in_the_start_of(deployed, "rtx1080")
    old = killed(running)
    before = fences(deployed)
    shown = {one["host"]: one for one in other("lease", "show", "--json").json["leases"]}
    assert all(one["run"] == old and one["dead"] for one in shown.values()), shown
    (deployed["rtx1080"].home / "hooks/start").unlink()
    done = other.deploy()
    good(done)
    assert len(told(done, f"was taken over from run {old} of ")) == 3, done
    assert told(done, "thinkpad: so that run has left app: release "), done
    assert told(done, "vps: so that run has left app: its last good release runs"), done
    assert deployed.serving() == dict.fromkeys(ALL, "v2") and deployed.leases() == {}
    assert all(fence > before[name] for name, fence in fences(deployed).items()), before


def test_one_that_wakes_after_its_hosts_were_taken_leaves_them_alone(deployed):
    """An owner that was stopped for longer than `dead_after`. All of the rig is one machine, on which a
    process that is stopped is there to be asked: so the leases are made to be those of another one."""
    deployed.config["lease"] = {"dead_after": "5m"}
    deployed.config.write()
    other = Other(deployed)
    rtx = deployed["rtx1080"]
    paused = in_the_start_of(deployed, "rtx1080")
    paused.signal(signal.SIGSTOP)
    until("it is stopped", lambda: state(paused.process.pid) == "T")
    of_another_machine(deployed, silent=400)
    (rtx.home / "here").unlink()
    rtx.hook("start", WAITS.replace("v2", "v3"))
    deployed.repository.release("v3")
    taking = other.start()
    until("the other one starts on rtx1080", (rtx.home / "here").exists)
    theirs = fences(deployed)

    paused.signal(signal.SIGCONT)
    woken = paused.wait()
    assert woken.code == 2 and woken.json["status"] == "failed", woken
    assert woken.json["error_detail"]["code"] == "lease_lost", woken
    assert fences(deployed) == theirs and rtx.orphans(), "it has ended what is not its own"

    (rtx.home / "go").touch()
    done = taking.wait()
    good(done)
    assert deployed.serving() == dict.fromkeys(ALL, "v3") and deployed.leases() == {}
    assert deployed["thinkpad"].history() == ["v1", "v2", "v3"]
    assert rtx.history() == deployed["vps"].history() == ["v1", "v3"], "the paused one has gone on"


@pytest.mark.whole
def test_one_of_another_machine_loses_them_after_a_time_and_changes_nothing_when_it_comes_back(deployed):
    deployed.config["lease"] = {"dead_after": "5m"}
    deployed.config.write()
    other = Other(deployed)
    rtx = deployed["rtx1080"]
    running = in_the_start_of(deployed, "rtx1080")
    old = killed(running)
    of_another_machine(deployed, silent=200)
    refused = other.deploy()
    assert refused.code == 3 and f"leased by run {old} of " in refused.json["error"], refused
    of_another_machine(deployed, silent=400)
    assert rtx.orphans(), "its step did not outlive it"
    # The first that the new owner does there: the old one's step is over (a dead process that nobody
    # has waited for has no words any more).
    rtx.hook("prepare", '[ -z "$(tr -d "\\0" </proc/$(cat ~/pid)/cmdline)" ] || touch ~/both')
    rtx.unhook("start")
    deployed.repository.release("v3")
    done = other.deploy()
    good(done)
    assert told(done, f"rtx1080 was taken over from run {old} of "), done
    assert not (rtx.home / "both").exists(), "two owners were at work on one host"
    histories = {name: host.history() for name, host in deployed.hosts.items()}

    back = deployed.baton("resume", old, "--json")
    assert back.code == 2 and back.json["status"] == "failed", back
    assert back.json["error_detail"]["code"] == "lease_lost", back
    assert sorted(back.json["rollback_failed"]) == ["rtx1080", "thinkpad"], back
    assert {name: host.history() for name, host in deployed.hosts.items()} == histories
    assert deployed.serving() == dict.fromkeys(ALL, "v3") and deployed.leases() == {}


@pytest.mark.whole
def test_a_host_that_has_booted_since_is_waited_for_as_long(deployed):
    other = Other(deployed)
    running = in_the_start_of(deployed, "vps")
    killed(running)
    of_another_machine(deployed)
    for path in leases(deployed).values():
        run, owner, beat = path.read_text().splitlines()
        path.write_text(f"{run}\n{owner}\n{beat.split('.')[0]}.before\n")
        [last] = path.parent.glob("b.*")
        last.rename(path.parent / "b.1.before")
    shown = {one["host"]: one for one in other("lease", "show", "--json").json["leases"]}
    with open("/proc/uptime", encoding="ascii") as file:
        up = float(file.read().split()[0])
    assert all(not one["same_boot"] for one in shown.values()), shown
    if up < 590 or up > 610:  # by the default of ten minutes
        assert {one["dead"] for one in shown.values()} == {up > 600}, shown


@pytest.mark.whole
def test_who_goes_on_with_a_run_is_its_owner(deployed):
    other = Other(deployed)
    running = in_the_start_of(deployed, "rtx1080")
    killed(running)
    resumed = deployed.baton.start("resume", "--events")
    pid = resumed.process.pid
    until("the resumed run has its hosts", lambda: all(
        f'"pid":{pid}' in (one["owner"] or "") for one in
        other("lease", "show", "--json").json["leases"]))
    refused = other.deploy()
    assert refused.code == 3 and f"(process {pid})" in refused.json["error"], refused
    (deployed["rtx1080"].home / "go").touch()
    verdict(deployed, resumed.wait(), "success", "verification", " ".join(ALL), "nnn", 0)


def test_a_queued_run_waits_for_its_turn(deployed):
    other = Other(deployed)
    running = in_the_start_of(deployed, "rtx1080")
    waiting = other.start("--queue=2m")
    until("it says for whom it waits", lambda: "waiting for rtx1080, leased by run " in waiting.err)
    assert f"(process {running.process.pid})" in waiting.err
    owners = {path.read_text().splitlines()[0] for path in leases(deployed).values()}
    assert len(owners) == 1, "it holds what another may need"
    (deployed["rtx1080"].home / "go").touch()
    good(running.wait())
    done = waiting.wait()
    good(done)
    assert done.json["warnings"] == [], done
    assert {one.history()[-2:] == ["v2", "v2"] for one in deployed.hosts.values()} == {True}
    assert deployed.leases() == {}


@pytest.mark.whole
def test_a_queued_run_that_is_interrupted_has_asked_for_nothing(deployed):
    other = Other(deployed)
    running = in_the_start_of(deployed, "rtx1080")
    waiting = other.start("--queue")
    until("it waits", lambda: "waiting for rtx1080" in waiting.err)
    waiting.signal(signal.SIGINT)
    done = waiting.wait(20)
    assert done.code == 130 and done.json["status"] == "aborted" and done.json["cancelled"], done
    assert done.json["phase"] == "pre_flight" and done.json["cancelled_by"] == "SIGINT", done
    assert not [one for one in waiting.events() if one.get("type") == "step_started"], done
    history = other("history", "--json").json["runs"]
    assert [one["status"] for one in history] == ["aborted"], history
    (deployed["rtx1080"].home / "go").touch()
    good(running.wait())


@pytest.mark.whole
def test_a_queued_run_whose_time_is_over_is_refused_as_ever(deployed):
    other = Other(deployed)
    running = in_the_start_of(deployed, "rtx1080")
    refused = other.deploy("--queue=1s")
    assert refused.code == 3 and refused.json["error_detail"]["code"] == "lease_held", refused
    assert f"(process {running.process.pid})" in refused.json["error"], refused
    assert other("deploy", "--queue=soon").code == 64
    (deployed["rtx1080"].home / "go").touch()
    verdict(deployed, running.wait(), "success", "verification", " ".join(ALL), "nnn", 0)


@pytest.mark.whole
def test_two_that_take_the_hosts_in_opposite_orders_both_have_their_turn(deployed):
    one, two = Other(deployed, "one", ALL), Other(deployed, "two", ALL[::-1])
    running = in_the_start_of(deployed, "rtx1080")
    queued = [each.start("--queue=3m") for each in (one, two)]
    for each in queued:
        until("it waits", lambda each=each: "waiting for " in each.err)
    (deployed["rtx1080"].home / "go").touch()
    good(running.wait())
    for each in queued:
        done = each.wait(200)
        assert done.code == 0 and done.json["status"] == "success", done
    assert {host.history()[-3:] == ["v2"] * 3 for host in deployed.hosts.values()} == {True}
    assert deployed.leases() == {}


@pytest.mark.whole
def test_a_run_that_was_cut_off_is_brought_to_its_end_by_who_waits_for_it(deployed):
    running = in_the_start_of(deployed, "rtx1080")
    waiting = deployed.baton.start_deploy("--queue=2m")
    until("it waits", lambda: "waiting for rtx1080" in waiting.err)
    old = killed(running)
    (deployed["rtx1080"].home / "go").touch()
    verdict(deployed, waiting.wait(), "success", "verification", " ".join(ALL), "nnn", 0)
    assert f"run {old} (main to production) was cut off in rtx1080" in waiting.err
    states = [one["status"] for one in deployed.baton("history", "--json").json["runs"]]
    assert states == ["success"] * 3, states
    for host in deployed.hosts.values():
        assert host.history() == ["v1", "v2", "v2"], "not once by each"


@pytest.mark.whole
def test_of_several_that_wait_one_goes_on_with_it_and_all_have_their_turn(deployed):
    for host in deployed.hosts.values():
        host.banner("sleep 0.3\n")  # logins so slow that they get in each other's way
    running = in_the_start_of(deployed, "rtx1080")
    queued = [deployed.baton.start_deploy("--queue=3m") for _ in range(3)]
    for each in queued:
        until("it waits", lambda one=each: "waiting " in one.err)
    old = killed(running)
    (deployed["rtx1080"].home / "go").touch()
    ended = [each.wait() for each in queued]
    assert [one.code for one in ended] == [0, 0, 0], ended
    states = [one["status"] for one in deployed.baton("history", "--json").json["runs"]]
    assert states == ["success"] * 5, states
    assert sum(f"run {old} (main to production) was cut off" in one.err for one in ended) >= 1
    assert deployed.leases() == {}


@pytest.mark.whole
def test_those_who_wait_have_their_turn_in_the_order_in_which_they_came(deployed):
    running = in_the_start_of(deployed, "rtx1080")
    queued = []
    for nth in range(4):
        one = deployed.baton.start_deploy("--queue=4m")
        wanted = "waiting for rtx1080" if nth == 0 else "waiting behind run "
        until("it says for whom it waits", lambda one=one, wanted=wanted: wanted in one.err)
        queued.append(one)
    late = deployed.baton.deploy("--queue=1s")
    assert late.code == 3 and "waiting behind run " in late.err, late
    queued[2].process.send_signal(signal.SIGINT)  # whoever goes away holds nobody up
    assert queued.pop(2).wait().code == 130
    (deployed["rtx1080"].home / "go").touch()
    good(running.wait())
    ended = [one.wait(200) for one in queued]
    assert [one.code for one in ended] == [0, 0, 0], ended
    finished = {one["run"]: one["finished_at"] for one in deployed.baton("history", "--json").json["runs"]}
    order = [finished[one.json["run"]] for one in ended]
    assert order == sorted(order), order
    assert deployed.leases() == {}


def test_a_run_that_nobody_here_goes_on_with_is_not_waited_for(deployed):
    old = killed(in_the_start_of(deployed, "rtx1080"))
    deployed.config.data["fleet"] = "renamed"
    deployed.config.write()
    refused = deployed.baton.deploy("--queue=2m", seconds=30)
    assert refused.code == 3 and f"baton resume {old}" in refused.err, refused


@pytest.mark.whole
def test_without_its_journal_a_controller_takes_over_what_it_has_forgotten(deployed):
    running = in_the_start_of(deployed, "rtx1080")
    old = killed(running)
    shutil.rmtree(deployed.state / "baton")
    deployed["rtx1080"].unhook("start")
    done = deployed.baton.deploy()
    result = verdict(deployed, done, "success", "verification", " ".join(ALL), "nnn", 0)
    assert told(done, f"was taken over from run {old} of "), result["warnings"]
