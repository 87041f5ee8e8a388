"""What programs read: the result, the events, the journal, the log, the metrics, the exit code."""

import json
import shutil
import subprocess

import pytest
from rig import journal, made
from rig.cli import BATON
from rig.expect import verdict
from rig.processes import until

ALL = "thinkpad rtx1080 vps"


def test_json_is_one_document_and_nothing_else_is_on_stdout(deployed):
    done = deployed.done
    assert json.loads(done.out)["status"] == "success"
    assert "\x1b" not in done.out + done.err, "colours without a terminal"


def failed(make_fleet):
    """A fleet whose last run, `done`, failed on rtx1080, for a person."""
    fleet = made.deployed(make_fleet)
    fleet.repository.release("v2", "rtx1080:start-fails")
    fleet.done = fleet.baton("deploy", "--yes")
    return fleet


@pytest.mark.whole
def test_without_json_the_summary_names_every_host(prepared):
    done = prepared(failed).done
    text = done.out + done.err
    for word in ("rolled_back", "thinkpad", "rtx1080", "vps", "not touched"):
        assert word in text, f"{word}: {done}"


def test_events_are_lines_of_json_whose_last_is_the_result(prepared):
    deployed = prepared(made.deployed, "thinkpad")
    done = deployed.baton("deploy", "--events", "--yes")
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert lines[0]["type"] == "run_requested"
    assert lines[-1]["status"] == "success" and "type" not in lines[-1]
    run = done.json["run"]
    printed = [line["type"] for line in lines[:-1] if line["run"] == run]
    assert printed == [event["type"] for event in deployed.baton.journal(run)]


def test_the_journal_holds_an_effect_before_it_begins(fleet):
    """Looks into the SQLite file from inside an effect of each host."""
    copies = fleet.dir / "seen"
    copies.mkdir()
    for name, host in fleet.hosts.items():
        host.hook("start", f"""
for file in $(find '{fleet.state}' -type f -size +0); do
    case $(head -c 15 "$file") in 'SQLite format 3')
        sqlite3 "file:$file?mode=ro" 'select type || " " || json from event' >>'{copies}/{name}' 2>/dev/null ||
        sqlite3 "file:$file?mode=ro" 'select * from event' >>'{copies}/{name}' ;; esac
done""")
    done = fleet.baton.deploy()
    assert done.code == 0, done
    for name in fleet.hosts:
        seen = (copies / name).read_text()
        assert "step_started" in seen and '"activate"' in seen and f'"target":"{name}"' in seen.replace(
            '": "', '":"'), f"{name}: the journal did not know of the effect: {seen[-2000:]}"
        assert '"step_ended"' not in seen.split('"activate"')[-1] or name != "thinkpad"


def test_when_the_journal_cannot_be_written_nothing_more_is_done(deployed):
    deployed.repository.release("v2")
    base = journal.file_of(deployed.state)
    deployed["rtx1080"].hook("prepare", "touch ~/here; while [ -e ~/here ]; do sleep 0.05; done")
    running = deployed.baton.start_deploy()
    until("rtx1080 prepares", (deployed["rtx1080"].home / "here").exists)
    # another writer that never lets go
    holder = subprocess.Popen(["sqlite3", str(base)], stdin=subprocess.PIPE, text=True)
    holder.stdin.write("begin exclusive;\n")
    holder.stdin.flush()
    until("the journal is locked", lambda: subprocess.run(
        ["sqlite3", str(base), "begin immediate; rollback;"], capture_output=True, check=False).returncode)
    (deployed["rtx1080"].home / "here").unlink()
    done = running.wait(90)
    holder.stdin.close()
    holder.wait(10)
    assert done.code == 75, done
    assert done.json["status"] is None
    assert "baton resume" in done.err
    assert deployed["rtx1080"].history() == ["v1"], "an effect began without its journal entry"


def test_the_log_file_holds_json_lines_with_a_status_for_every_step(prepared):
    logs = list(prepared(failed).state.rglob("deployment_orchestrator.log"))
    assert len(logs) == 1 and logs[0].parent.name == "logs"
    lines = [json.loads(line) for line in logs[0].read_text().splitlines()]
    assert lines and all({"level", "msg"} <= line.keys() or {"level", "message"} <= line.keys()
                         for line in lines), lines[0]
    text = logs[0].read_text()
    assert "activate" in text and "rtx1080" in text
    assert oct(logs[0].stat().st_mode & 0o777) in ("0o600", "0o640")


@pytest.mark.whole
def test_metrics_of_a_run_are_read_back_with_promtool(deployed):
    deployed.repository.release("v2", "vps:ill")
    file = deployed.project / "baton.prom"
    done = deployed.baton.deploy("--metrics-file", str(file))
    assert done.code == 4
    promtool = shutil.which("promtool")
    assert promtool, "promtool is missing: packaging/install test"
    checked = subprocess.run([promtool, "check", "metrics"], stdin=open(file, "rb"), check=False,
                             capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    text = file.read_text()
    assert 'status="partial_success"' in text and 'phase="vps"' in text


def test_show_history_and_status_tell_the_run_again(deployed):
    run = deployed.done.json
    shown = deployed.baton("show", run["run"], "--json").json
    assert shown == run
    assert run["run"] in deployed.baton("history").out
    row = deployed.baton("history", "--json").json["runs"][0]
    assert (row["run"], row["status"], row["exit_code"], row["error"]) == (run["run"], "success", 0, None)
    assert row["requested_at"].endswith("Z") and row["finished_at"] > row["requested_at"]
    status = deployed.baton("status", "--json")
    assert status.code == 0 and all(name in status.out for name in deployed.hosts), status
    assert [host["healthy"] for host in status.json["hosts"]] == [True] * 3, status
    assert deployed.baton("lease", "show", "vps", "--json").json["leases"][0]["run"] is None
    for words, of in (([], None), ([run["run"]], run)):
        nothing = deployed.baton("resume", "--json", *words)
        assert nothing.code == 0 and nothing.json == {"schema": 1, "resumed": False, "run": of and of["run"],
                                                      "status": of and of["status"]}, nothing
    assert deployed.baton("show", "--events").json["type"] == "run_finished"
    told = deployed.baton("show")
    assert " ✔ rtx1080 " in told.out and "asked for by" in told.out and "serves new" in told.out, told
    assert all(len(line) <= 80 for line in told.out.splitlines()), told


def test_looks_tell_people_what_each_host_serves_in_the_order_of_the_file(deployed):
    commit = deployed.repository.commits["v1"][:12]
    health = deployed.baton("health")
    assert health.out.splitlines() == [f" ✔ {name:<16} ok: serves {commit}" for name in deployed.hosts]
    deployed["vps"].shell("cd ~/app && ./ctl stop")
    health = deployed.baton("health")
    assert health.code == 1 and health.out.splitlines()[2:] == [f" ✘ {'vps':<16} failed: nothing runs"]


def test_a_command_that_is_none_is_named(fleet):
    for words, text in [(("deplyo",), 'there is no command "deplyo"; did you mean "deploy"?'),
                        (("config", "frob"), 'there is no command "config frob"; known are show, schema'),
                        (("deploy", "--frob"), "The following argument was not expected: --frob")]:
        done = fleet.baton(*words)
        assert done.code == 64 and done.out == "" and done.err.splitlines()[0] == text, done


def test_single_parts_print_their_details_object(deployed):
    health = deployed.baton("health", "--json")
    assert health.code == 0 and set(health.json["hosts"]) == set(deployed.hosts), health
    assert {"outcome", "attempts", "duration_seconds", "error", "hosts"} <= health.json.keys()
    checked = deployed.baton("check", "--hosts", "--json")
    assert checked.code == 0 and checked.json["outcome"] == "ok", checked


def test_explain_and_plan_touch_nothing(deployed):
    deployed.repository.release("v2")
    before = len(deployed.baton.journal())
    explained = deployed.baton("explain")
    assert explained.code == 0 and "rolled_back" in explained.out and "rtx1080" in explained.out
    planned = deployed.baton("plan")
    assert planned.code in (0, 1) and deployed.repository.commits["v2"][:7] in planned.out, planned
    assert len(deployed.baton.journal()) == before
    assert deployed.serving() == dict.fromkeys(deployed.hosts, "v1")


def test_a_first_deploy_from_a_pipe_without_yes_asks_nobody(prepared):
    fleet = prepared(made.published, "thinkpad")
    done = fleet.baton("deploy", "--json", seconds=60)
    assert done.code == 0, done


def test_a_run_journals_who_asked_and_what_was_planned(deployed):
    result = verdict(deployed, deployed.baton.deploy(), "success", "verification", ALL, "nnn", 0, new="v1")
    first = deployed.baton.journal(result["run"])[0]
    assert first["type"] == "run_requested"
    assert first["plan"]["requested_by"] and first["plan"]["request"]["commit_hash"] == "main"


def test_what_cannot_be_written_to_stdout_is_told_and_is_no_success(prepared):
    deployed = prepared(made.deployed, "thinkpad")

    def full(*words):
        with open("/dev/full", "w", encoding="utf-8") as nothing:
            return subprocess.run([BATON, *words], cwd=deployed.project, text=True, check=False,
                                  env=deployed.environment(), stdin=subprocess.DEVNULL,
                                  stdout=nothing, stderr=subprocess.PIPE, timeout=60)

    for words in (["status"], ["history", "--json"], ["config", "schema"], ["--help"], ["--version"]):
        told = full(*words)
        assert told.returncode == 74 and "standard output" in told.stderr, f"{words}: {told}"
    # a deployment's exit code tells of the hosts
    told = full("deploy", "--json", "--yes")
    assert told.returncode == 0 and "standard output" in told.stderr, told
    # who closes a pipe has seen enough
    piped = subprocess.run(f"{BATON} config schema | head -n 1; echo ${{PIPESTATUS[0]}}", shell=True,
                           executable="/bin/bash", cwd=deployed.project, text=True, check=True,
                           env=deployed.environment(), capture_output=True)
    assert piped.stdout.split() == ["{", "0"] and not piped.stderr, piped


def test_without_any_standard_stream_the_run_is_the_same(prepared):
    deployed = prepared(made.deployed, "thinkpad")
    deployed.repository.release("v2")
    run = subprocess.run(f"exec {BATON} deploy --json --yes <&- >&- 2>&-", shell=True, check=False,
                         cwd=deployed.project, env=deployed.environment(), timeout=120)
    assert run.returncode == 0
    assert deployed.serving() == dict.fromkeys(deployed.hosts, "v2")
    assert deployed.baton("show", "--json").json["status"] == "success"


def test_the_list_of_logs_is_ids_alone(deployed):
    listed = deployed.baton("logs", "--list").out.split("\n")[:-1]
    run = deployed.baton("show", "--json").json["run"]
    assert len(listed) > 5 and all(line.startswith(run + "/") for line in listed), listed
