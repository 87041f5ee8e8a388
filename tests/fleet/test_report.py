"""The page that tells how a run ended badly: on the terminal, for a comment, for mail."""

import json
import re

import pytest
from rig.processes import until
from rig.sample import sample

MARKDOWN_MAX = 65536


def page(fleet, form, run=None):
    shown = fleet.baton("show", *([run] if run else []), "--report", form)
    # Every verb says when a run was cut off.
    assert shown.code == 0 and (shown.err == "" or "unfinished in " in shown.out), shown
    return shown.out


def has_all(text, *words):
    """In that order."""
    at = 0
    for word in words:
        found = text.find(word, at)
        assert found >= 0, f"{word!r} is not behind the {at}th letter:\n{text}"
        at = found


def at_the_end(done):
    """The page that `deploy` printed, without what came before it."""
    begin = done.err.rfind("✘ ")
    assert begin >= 0, done
    return done.err[begin:]


def bad(fleet, *words):
    """A deployment that ends badly, as a person makes it; it printed the page that `show` prints."""
    done = fleet.baton("deploy", "--yes", *words)
    assert done.code not in (0, 70), done
    told = at_the_end(done)
    assert page(fleet, "text") == told, done
    has_no_markup_of_hosts(fleet)
    return told


def has_no_markup_of_hosts(fleet):
    markdown, html = page(fleet, "md"), page(fleet, "html")
    assert len(markdown) <= MARKDOWN_MAX and markdown.startswith("### ✘ ")
    assert html.startswith("<!doctype html>") and html.endswith("</html>\n")
    assert not re.search(r"<(script|link|style|img|iframe)|\b(src|href|on\w+)=", html), html


@pytest.mark.whole
def test_scenario_1_staging_fails(deployed):
    deployed.repository.release("v2", "thinkpad:start-fails")
    told = bad(deployed)
    run = re.search(r"run (\S+)\)", told)[1]
    has_all(told, "failed in thinkpad", "why: ", "v2 cannot start here",
            "failed first: thinkpad, step activate, at ", " UTC\n",
            "last lines of thinkpad, step activate:\n    | ", "v2 cannot start here\n",
            "rolled back: thinkpad\n", "thinkpad         serves old      healthy",
            "not touched: rtx1080, vps\n", "look: baton show", "next: baton logs " + run
            + " --host thinkpad --phase thinkpad\n", "next: mend it, then: baton deploy ")
    markdown = page(deployed, "md")
    has_all(markdown, "### ✘ failed in `thinkpad`", "**Why:** `", "| failed first | `thinkpad` | activate |",
            "Last lines of `thinkpad`, step activate:\n\n```text\n", "v2 cannot start here\n```\n",
            "**Rolled back:** `thinkpad`", "| `thinkpad` | old | healthy | `",
            "**Not touched:** `rtx1080, vps`", "- mend it, then: `baton deploy <the mended commit>`")
    has_all(page(deployed, "html"), "✘ failed in thinkpad</h2>", "<b>Rolled back:</b> thinkpad",
            "<b>Not touched:</b> rtx1080, vps")


@pytest.mark.whole
def test_scenario_2_tests_fail(deployed):
    deployed.repository.release("v2", "*:tests-fail")
    deployed.config.with_tests().write()
    told = bad(deployed)
    has_all(told, "failed in tests", "tests: ", "adds", "failed first: controller in tests, step run_tests",
            "last lines of controller in tests, step run_tests:", "rolled back: thinkpad\n",
            "not touched: rtx1080, vps\n", "--host controller --phase tests")
    run = re.search(r"run (\S+)\)", told)[1]
    assert deployed.baton("logs", run, "--host", "controller", "--phase", "tests").out.strip()


@pytest.mark.whole
def test_scenario_3_production_fails(deployed):
    deployed.repository.release("v2", "rtx1080:start-fails")
    told = bad(deployed)
    has_all(told, "rolled_back after rtx1080", "failed first: rtx1080, step activate",
            "last lines of rtx1080, step activate:", "v2 cannot start here",
            "rolled back: thinkpad, rtx1080\n", "not touched: vps\n")
    assert "thinkpad, step" not in told, "another host's output is among it"


@pytest.mark.whole
def test_scenario_4_the_public_machine_fails(deployed):
    deployed.repository.release("v2", "vps:ill")
    told = bad(deployed)
    run = re.search(r"run (\S+)\)", told)[1]
    has_all(told, "partial_success: vps not on the new release",
            "failed first: vps, step gate, attempt 3 of 3, at ", "rolled back: vps\n",
            "thinkpad         serves new", "rtx1080          serves new", "vps              serves old",
            "next: mend what is wrong there, then: baton retry " + run)
    assert "not touched" not in told
    # The run that mends it has a short end, and a page of its own.
    deployed.repository.release("v3")
    good = deployed.baton("deploy", "--yes")
    assert good.code == 0 and "failed" not in good.err[good.err.rfind("✔ success"):], good
    assert page(deployed, "text").startswith("✔ success: every host serves the new release (")
    assert page(deployed, "text", run) == told


@pytest.mark.whole
def test_scenario_5_verification_fails(deployed):
    deployed.config["verification"] = {"checks": [
        {"command": "test -e made-by-hand", "on": "controller", "of": "rtx1080"}]}
    deployed.config.write()
    deployed.repository.release("v2")
    told = bad(deployed)
    has_all(told, "rolled_back after verification", "check of rtx1080 does not answer", "failed first: ",
            "in verification (stage rtx1080), step verify_checks", "rolled back: thinkpad, rtx1080, vps\n")
    assert "not touched" not in told


def test_a_commit_that_is_none_fails_before_anything_is_touched(deployed):
    told = bad(deployed, "no-such-branch")
    has_all(told, "aborted in pre_flight", "failed first: controller in pre_flight, step resolve",
            "not touched: thinkpad, rtx1080, vps\n", "next: baton deploy <a branch")
    assert "rolled back" not in told


def test_a_cancelled_run_and_one_that_is_gone_on_with(deployed):
    deployed.repository.release("v2")
    host = deployed["rtx1080"]
    # Of what it prints the end is held back: it may be half a secret.
    host.hook("prepare", "yes made it so far | head -n 500; touch ~/here; while [ -e ~/here ]; do sleep 0.05; done")
    running = deployed.baton.start_deploy()
    until("rtx1080 prepares", (host.home / "here").exists, 60)
    until("it was printed", lambda: "made it so far" in page(deployed, "text"))
    under_way = page(deployed, "text")
    has_all(under_way, "under way in rtx1080", "begun, not ended: rtx1080, step prepare",
            "last lines of rtx1080, step prepare:\n", "    | made it so far (", "works at it",
            "baton cancel ")
    running.process.kill()
    running.wait()
    cut_off = page(deployed, "text")
    has_all(cut_off, "unfinished in rtx1080", "begun, not ended: rtx1080, step prepare")
    assert cut_off.splitlines()[-1].strip().startswith("next: baton resume ")
    assert "**What to do next:**" in page(deployed, "md")
    resumed = deployed.baton.start("resume", "--events")
    until("it goes on", lambda: "run_resumed" in [line["event"] for line in log_lines(deployed)])
    resumed.signal()
    done = resumed.wait()
    assert done.code == 130, done
    told = page(deployed, "text")
    has_all(told, "rolled_back after rtx1080, cancelled by SIGINT", "why: cancelled by SIGINT",
            "cancelled: rtx1080, at ", "rolled back: thinkpad\n", "not touched: rtx1080, vps\n")
    assert "failed first" not in told


def test_what_a_host_prints_is_text_and_nothing_else(deployed):
    deployed.repository.release("v2")
    deployed["rtx1080"].hook("start", r"""
printf '%s\n' '```' '# owned' '@octocat #1 <script>alert(1)</script> | a | ![x](http://example.org/x)' '````'
printf 'half \377\033[2J\033]0;title\007 bar\r10 %%\r100 %%\n' >&2
printf '%01000d\n' 7
[ -z "$1" ] || [ "$1" = v1 ] || exit 3""")
    bad(deployed)
    text, markdown, html = (page(deployed, form) for form in ("text", "md", "html"))
    assert "\x1b" not in text + markdown + html and "\r" not in text + markdown + html
    fences = re.findall(r"^`{3,}.*$", markdown, re.MULTILINE)
    assert "`````text" in fences and "`````" in fences, markdown
    outside = re.sub(r"^`````text$.*?^`````$", "", markdown, flags=re.MULTILINE | re.DOTALL)
    assert "octocat" not in re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", outside), outside
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html and "<script" not in html
    assert "100 %" in text and " 10 %" not in text, "a bar of progress is there in all its steps"
    assert all(len(line) <= 206 for line in text.splitlines() if line.startswith("    | ")), text


def test_the_forms_are_named_and_exclude_the_others(deployed):
    refused = deployed.baton("show", "--report", "pdf")
    assert refused.code == 64 and "--report" in refused.err, refused
    assert deployed.baton("show", "--report", "md", "--json").code == 64
    assert deployed.baton("show", "nothing-like-it", "--report", "md").code == 66


# --- the log -----------------------------------------------------------------------------------------

ALWAYS = {"ts", "level", "logger", "msg", "run", "fleet", "trace_id", "span_id", "actor", "event"}


def log_lines(fleet):
    (file,) = fleet.state.rglob("deployment_orchestrator.log")
    return [json.loads(line) for line in file.read_text().splitlines()]


def check_lines(lines, run):
    for line in lines:
        assert ALWAYS <= line.keys(), (ALWAYS - line.keys(), line)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z", line["ts"]), line
        assert re.fullmatch(r"[0-9a-f]{32}", line["trace_id"]), line
        assert re.fullmatch(r"[0-9a-f]{16}", line["span_id"]), line
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", line["event"]), line
        assert (line["run"], line["fleet"]) == (run, "homelab"), line
    assert len({line["trace_id"] for line in lines}) == 1
    spans = {}
    for line in lines:
        assert spans.setdefault(line.get("phase", ""), line["span_id"]) == line["span_id"], line
    assert len(set(spans.values())) == len(spans) > 5
    for kind in ("step_ended", "phase_ended"):
        assert all("duration_ms" in line for line in lines if line["event"] == kind and "status" in line), kind


@pytest.mark.parametrize("form", sample(["human", "json"], "json"))
def test_every_line_of_the_log_has_its_fields(fleet, form):
    fleet.config["log"] = {"level": "debug"}
    fleet.config.write()
    fleet["vps"].hook("start", "echo to one; echo to the other >&2")
    done = fleet.baton("deploy", "--yes", "--log-format", form, "--json")
    assert done.code == 0, done
    lines = log_lines(fleet)
    check_lines(lines, done.json["run"])
    printed = [line for line in lines if line["event"] == "step_output" and line["host"] == "vps"]
    assert {"to one", "to the other"} <= {line["msg"] for line in printed}, printed
    assert {line["stream"] for line in printed} == {"output"}
    if form == "json":
        # Nothing else is there for people, and it is the same.
        said = [json.loads(line) for line in done.err.splitlines()]
        check_lines([line for line in said if "run" in line], done.json["run"])
        # (But for the journal's end, which is written as often as time allows.)
        assert [line["msg"] for line in said if "run" in line and line["event"] != "journal_head"] == \
            [line["msg"] for line in lines if line["event"] != "journal_head"]
    else:
        assert "✔ success" in done.err


def test_a_command_that_fails_says_so_in_json(fleet):
    done = fleet.baton("deploy", "--log-format", "json", "--env", "nowhere", "--yes")
    (line,) = [json.loads(text) for text in done.err.splitlines()]
    assert done.code == 64 or done.code == 78, done
    assert line["event"] == "command_failed" and line["level"] == "error", line
    assert ALWAYS - {"run", "fleet"} <= line.keys() and line["error"]["what"], line


@pytest.mark.whole
def test_a_run_that_is_gone_on_with_keeps_its_ids(deployed):
    deployed.repository.release("v2")
    host = deployed["rtx1080"]
    host.hook("start", "touch ~/here; while [ -e ~/here ]; do sleep 0.05; done")
    running = deployed.baton.start_deploy()
    until("rtx1080 starts", (host.home / "here").exists)
    running.process.kill()
    running.wait()
    (host.home / "here").unlink()
    host.unhook("start")
    done = deployed.baton("resume", "--json")
    assert done.code == 0, done
    lines = [line for line in log_lines(deployed) if line.get("run") == done.json["run"]]
    assert len({line["trace_id"] for line in lines}) == 1
    assert len({line["span_id"] for line in lines if line.get("phase") == "rtx1080"}) == 1
    assert [line["event"] for line in lines].count("run_resumed") == 1
