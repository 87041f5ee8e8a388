"""Baton's own messages: they arrive, in order, whatever befalls who sends them, and hold up nobody."""

import json
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest
from rig import processes
from rig.messenger import Mailbox, Stand
from rig.sample import sample

TOKEN = "7654321:AAE-not_a_real-Token_of_Telegram"


@pytest.fixture
def bot():
    stand = Stand()
    yield stand
    stand.close()


@pytest.fixture
def mailbox():
    box = Mailbox()
    yield box
    box.close()


def secret(fleet, name, text):
    path = fleet.project / name
    path.write_text(text + "\n")
    path.chmod(0o600)
    return str(path)


def telegram(fleet, bot, chat=4242):
    return {"telegram": {"token_file": secret(fleet, "bot-token", TOKEN), "chat": chat,
                         "api": bot.url}}


def with_channels(fleet, channels, **more):
    fleet.config["alerts"] = {"channels": channels, **more}
    fleet.config.write()
    return fleet


@pytest.fixture
def phoned(deployed, bot):
    """A fleet that serves v1 and tells a phone."""
    with_channels(deployed, {"phone": telegram(deployed, bot)})
    deployed.bot = bot
    return deployed


def vps_fails(fleet, version="v2"):
    fleet.repository.release(version, "vps:ill")


def deploy_badly(fleet, version="v2", **options):
    vps_fails(fleet, version)
    done = fleet.baton.deploy(**options)
    assert done.code == 4, done
    return done.json["run"]


def deliverers(fleet):
    return [pid for pid, line in fleet.controller_processes().items() if "alert deliver" in line]


def outbox(fleet):
    return fleet.baton("alert", "list", "--json").json


def sent_events(fleet):
    return [event for event in fleet.baton.journal("") if event["type"] == "message_sent"]


def no_deliverer(fleet):
    for pid in deliverers(fleet):
        os.kill(pid, signal.SIGTERM)
    processes.until("nobody sends any more", lambda: not deliverers(fleet))


def test_a_bad_end_is_told_by_telegram_and_reminded_of_until_somebody_knows(phoned):
    phoned.config["alerts"]["repeat"] = "500ms"
    phoned.config.write()
    run = deploy_badly(phoned)
    end = phoned.bot.wait_for("VPS failed, manual intervention required")
    assert f"baton show {run}" in end and "vps serves old" in end, end
    assert "manual intervention required" in phoned.bot.texts()[0], phoned.bot.texts()
    again = phoned.bot.wait_for("reminder 2 of ")
    assert re.match(r"<b>reminder 2 of \d{4}-\d\d-\d\d \d\d:\d\d UTC: homelab production: VPS", again), again
    assert {one["path"] for one in phoned.bot.got} == {f"/bot{TOKEN}/sendMessage"}
    assert all(one["body"]["disable_notification"] is False for one in phoned.bot.got)
    assert [one["run"] for one in outbox(phoned)["unacknowledged"]] == [run]
    assert phoned.baton("ack", "").code == 64, "a variable of a shell that is empty"
    acked = phoned.baton("ack", run, "--json")
    assert acked.json["acknowledged"] == [run], acked
    assert phoned.baton("ack", "--json").json["acknowledged"] == [], "once is enough"
    processes.until("the process in the background has nothing left to do",
                    lambda: not deliverers(phoned))
    view = outbox(phoned)
    assert view["waiting"] == [] and view["unacknowledged"] == [], view
    verified = phoned.baton("audit", "verify", "--json").json
    assert verified["ok"] and verified["behind"] == 0, "what was sent is in the log's proof, too"


def test_a_rollback_says_what_runs_now(phoned):
    phoned.repository.release("v2", "rtx1080:start-fails")
    done = phoned.baton.deploy()
    assert done.json["status"] == "rolled_back", done
    commit = done.json["hosts"]["rtx1080"]["commit"][:12]
    phoned.bot.wait_for(f"rolled back, running {commit}")
    no_deliverer(phoned)


@pytest.mark.whole
def test_a_success_is_told_only_where_it_is_asked_for_and_ends_reminders(phoned):
    run = deploy_badly(phoned)
    phoned.bot.wait_for("VPS failed")
    processes.until("the reminder waits", lambda: [one for one in outbox(phoned)["waiting"]
                                                   if one["reminder"] == 1])
    listed = phoned.baton("alert", "list").out
    assert re.search(rf"waiting +phone +reminder 1 of {run}, due \d{{4}}-", listed), listed
    phoned.config["alerts"]["routes"] = [{"events": "run_finished", "at_least": "info"}]
    phoned.config.write()
    phoned.repository.release("v3")
    assert phoned.baton.deploy().code == 0
    assert "vps" in phoned.bot.wait_for("deployed ")
    assert phoned.bot.got[-1]["body"]["disable_notification"] is True
    processes.until("nothing waits", lambda: not outbox(phoned)["waiting"])
    assert run not in [one["run"] for one in outbox(phoned)["unacknowledged"]]


def test_a_server_that_refuses_and_fails_gets_everything_in_order_once(phoned):
    bot = phoned.bot
    bot.script = [{"status": 429, "body": {"ok": False, "description": "Too Many Requests",
                                           "parameters": {"retry_after": 2}}},
                  {"status": 500, "body": "oops"},
                  {"status": 502, "body": "<html>"}]
    run = deploy_badly(phoned)
    processes.until("all is sent", lambda: not [one for one in outbox(phoned)["waiting"]
                                                if one["reminder"] == 0], 60)
    statuses = [one["status"] for one in bot.got]
    assert statuses[:3] == [429, 500, 502] and set(statuses[3:]) == {200}, statuses
    assert bot.got[1]["at"] - bot.got[0]["at"] >= 2, "as long as it was told"
    told = "\n".join(bot.texts())
    assert told.index("vps failed: ") < told.index("VPS failed"), told
    assert len([text for text in bot.texts() if "VPS failed" in text]) == 1, bot.texts()
    order = [(event["of_event"], event["nth"]) for event in sent_events(phoned)]
    assert order == sorted(order) and len(order) == len(set(order)), order
    assert run in told
    no_deliverer(phoned)


def documented_template():
    page = (pathlib.Path(__file__).parents[2] / "docs" / "alerts.md").read_text()
    return json.loads(re.search('^template: (".*")$', page, re.MULTILINE).group(1))


@pytest.mark.whole
def test_no_verdict_is_lost_when_a_template_is_used_and_several_messages_wait(phoned):
    phoned.config["alerts"]["routes"] = [{"at_least": "warning", "template": documented_template()}]
    phoned.config.write()
    phoned.bot.always = {"status": 500, "body": "oops"}
    run = deploy_badly(phoned)
    no_deliverer(phoned)
    phoned.bot.always = {}
    assert phoned.baton("alert", "deliver", "--until-empty").code == 0
    end = phoned.bot.wait_for("VPS failed, manual intervention required")
    assert "vps: old" in end and f"baton show {run}" in end, end


@pytest.mark.whole
def test_what_waits_goes_as_one_message_with_a_title_that_says_so_and_nothing_is_cut_off(phoned):
    phoned.config["alerts"]["routes"] = [{"events": ["phase_ended", "run_finished"], "at_least": "info"}]
    phoned.config.write()
    phoned.bot.always = {"status": 500, "body": "oops"}
    deploy_badly(phoned)
    no_deliverer(phoned)
    phoned.bot.always = {}
    assert phoned.baton("alert", "deliver", "--until-empty").code == 0
    end = phoned.bot.wait_for("VPS failed, manual intervention required")
    assert re.match(r"<b>\d+ messages, most serious: homelab production: VPS failed", end), end
    told = "\n".join(phoned.bot.texts())
    order = [told.index(f"{phase} ok") for phase in ("pre_flight", "thinkpad", "rtx1080")]
    assert order == sorted(order), told
    assert "more lines" not in told and "lines more" not in told, told


@pytest.mark.whole
def test_a_chat_that_moves_is_followed_and_told_of(phoned):
    phoned.bot.script = [{"status": 400, "body": {
        "ok": False, "description": "Bad Request: group chat was upgraded to a supergroup chat",
        "parameters": {"migrate_to_chat_id": -1009876543210}}}]
    deploy_badly(phoned)
    phoned.bot.wait_for("VPS failed")
    chats = [str(one["body"]["chat_id"]) for one in phoned.bot.got]
    assert chats[0] == "4242" and set(chats[1:]) == {"-1009876543210"}, chats
    assert processes.until("it is told", lambda: outbox(phoned)["channels"][0]["moved_to"]) == "-1009876543210"
    no_deliverer(phoned)


@pytest.mark.whole
def test_a_cut_connection_may_double_a_message_but_loses_none(phoned):
    phoned.bot.script = [{"cuts": True}]
    deploy_badly(phoned)
    phoned.bot.wait_for("VPS failed")
    no_deliverer(phoned)


@pytest.mark.whole
def test_a_token_that_is_refused_stops_the_channel_tells_another_and_goes_on_when_mended(phoned):
    other = Stand()
    try:
        other.always = {"status": 500, "body": "oops"}
        with_channels(phoned, {"phone": telegram(phoned, phoned.bot),
                               "hook": {"webhook": {"url": other.url + "/hook"}}},
                      routes=[{"channels": ["phone"]}])
        phoned.bot.always = {"status": 401, "body": {"ok": False, "description": "Unauthorized"}}
        deploy_badly(phoned)
        processes.until("the stop waits on the other channel", lambda: re.search(
            "waiting +hook +[a-z]+: nothing is sent on channel phone any more; tried (once|[0-9]+ times): it answers 500",
            phoned.baton("alert", "list").out))
        other.always = {"body": "ok"}
        processes.until("the other channel has heard of it", lambda: [
            one for one in other.got if one["body"]["event"] == "channel_stopped"])
        channel = outbox(phoned)["channels"][0]
        assert channel["reason"] == "unauthorized" and channel["stopped_at"], channel
        tries = len(phoned.bot.got)
        failed = phoned.baton("alert", "test", "phone")
        assert failed.code == 69 and "401" in failed.err, failed
        for verb in ("status", "check"):
            said = phoned.baton(verb)
            assert re.search(r"note: channel phone is stopped.* 401.*baton alert test phone", said.err), said
            assert "hook" not in said.err, said
        done = phoned.baton.deploy()
        assert "note: channel phone is stopped" in done.err, done
        prom = phoned.state / "baton.prom"
        phoned.baton.deploy("--metrics-file", str(prom))
        assert 'baton_notification_channel_stopped{channel="phone"} 1' in prom.read_text()
        waits = [one for one in outbox(phoned)["waiting"] if one["channel"] == "phone"]
        assert waits and len(phoned.bot.got) == tries + 1, "nothing is tried while it is stopped"
        phoned.bot.always = {}
        mended = phoned.baton("alert", "test", "phone")
        assert mended.code == 0, mended
        assert "a test of channel phone" in phoned.bot.texts()[0], phoned.bot.texts()
        phoned.bot.wait_for("VPS failed")
        assert not outbox(phoned)["channels"][0]["stopped_at"]
        assert "is stopped" not in phoned.baton("status").err
    finally:
        other.close()
    no_deliverer(phoned)


def test_a_run_does_not_wait_for_a_channel_that_hangs(phoned):
    phoned.bot.always = {"hangs": 120}
    run = deploy_badly(phoned)
    (pid,) = deliverers(phoned)
    assert [one["run"] for one in outbox(phoned)["unacknowledged"]] == [run]
    # Whoever ends it ends it at once, and nothing is lost.
    os.kill(pid, signal.SIGTERM)
    processes.until("it ends", lambda: not deliverers(phoned), 10)
    phoned.bot.always = {}
    done = phoned.baton("alert", "deliver", "--until-empty")
    assert done.code == 0, done
    assert any("VPS failed" in text for text in phoned.bot.texts()), phoned.bot.texts()


@pytest.mark.parametrize("who", sample(["run", "deliverer"], "run"))
def test_kill_9_while_something_is_being_sent_loses_nothing(phoned, who):
    phoned.bot.always = {"hangs": 120}
    vps_fails(phoned)
    going = phoned.baton.start_deploy()
    processes.until("the first message is on its way", lambda: phoned.bot.got, 60)
    victims = deliverers(phoned) if who == "deliverer" else [going.process.pid]
    if who == "run":
        going.wait_event("alert_raised")
    processes.kill(victims)
    going.process.wait(60)
    processes.kill(deliverers(phoned))
    processes.until("nobody sends", lambda: not deliverers(phoned))
    phoned.bot.always = {}
    if who == "run":
        assert phoned.baton("resume", "--json").code == 4
    phoned.baton("alert", "deliver", "--until-empty")
    processes.until("all was sent", lambda: not [one for one in outbox(phoned)["waiting"]
                                                 if one["reminder"] == 0], 60)
    told = "\n".join(phoned.bot.texts())
    assert "VPS failed, manual intervention required" in told, told
    order = [(event["of_event"], event["nth"]) for event in sent_events(phoned)]
    assert order == sorted(order) and len(order) == len(set(order)), order
    no_deliverer(phoned)


@pytest.mark.whole
def test_what_was_not_sent_goes_out_with_the_next_run_in_order(phoned):
    phoned.bot.always = {"status": 503, "body": "down"}
    deploy_badly(phoned)
    processes.until("it was tried", lambda: phoned.bot.got)
    processes.kill(deliverers(phoned))
    processes.until("nobody sends", lambda: not deliverers(phoned))
    phoned.bot.always = {}
    second = deploy_badly(phoned, "v3")
    processes.until("all is sent", lambda: not [one for one in outbox(phoned)["waiting"]
                                                if one["reminder"] == 0], 60)
    order = [event["of_event"] for event in sent_events(phoned) if event["nth"] == 0]
    assert order == sorted(order), order
    assert second in "\n".join(phoned.bot.texts())
    no_deliverer(phoned)


@pytest.mark.whole
def test_wait_makes_the_command_wait_for_its_messages(phoned):
    phoned.config["alerts"]["wait"] = "30s"
    phoned.config.write()
    deploy_badly(phoned)
    assert any("VPS failed" in text for text in phoned.bot.texts()), phoned.bot.texts()
    no_deliverer(phoned)


@pytest.mark.whole
def test_the_process_in_the_background_is_nobodys_and_holds_nothing(phoned):
    deploy_badly(phoned, API_TOKEN="in-the-environment-0123456789")
    # another one may come, see that there is one, and go
    (pid,) = processes.until("one runs", lambda: deliverers(phoned) if len(deliverers(phoned)) == 1 else None)
    assert os.getsid(pid) == pid and os.readlink(f"/proc/{pid}/cwd") == "/"
    assert {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in (0, 1, 2)} == {"/dev/null"}
    environment = open(f"/proc/{pid}/environ", "rb").read()
    assert b"API_TOKEN" not in environment and b"HOME=" in environment
    assert TOKEN.encode() not in environment + open(f"/proc/{pid}/cmdline", "rb").read()
    no_deliverer(phoned)


@pytest.mark.whole
def test_a_channel_that_is_gone_from_the_file_gives_its_messages_up(phoned):
    phoned.bot.always = {"status": 503, "body": "down"}
    deploy_badly(phoned)
    processes.until("it was tried", lambda: phoned.bot.got)
    with_channels(phoned, {"other": {"command": "cat >>told"}})
    phoned.baton("alert", "deliver", "--until-empty")
    processes.until("they are given up", lambda: outbox(phoned)["given_up"])
    view = outbox(phoned)
    assert "no such channel" in view["given_up"][0]["error"], view
    no_deliverer(phoned)


def test_mail_is_one_thread_a_run_and_of_no_more_than_its_headers(deployed, mailbox):
    with_channels(deployed, {"post": {"email": {
        "server": mailbox.url, "from": "Bäton <baton@example.org>", "to": ["ops@example.org"]}}})
    run = deploy_badly(deployed)
    processes.until("all mails have come", lambda: not [one for one in outbox(deployed)["waiting"]
                                                        if one["reminder"] == 0], 60)
    mails = mailbox.wait(1)
    assert {mail["In-Reply-To"] for mail in mails} == {f"<{run}@example.org>"}
    assert len({mail["Message-ID"] for mail in mails}) == len(mails)
    last = mails[-1]
    assert last["Auto-Submitted"] == "auto-generated" and last["Date"] and last["To"] == "ops@example.org"
    assert last["From"] == "Bäton <baton@example.org>" and "homelab" in last["Subject"]
    text = last.get_body(("plain",)).get_content()
    assert f"baton show {run}" in text and "vps serves old" in text, text
    assert last.get_body(("html",)) is not None
    no_deliverer(deployed)


@pytest.mark.parametrize("command, line", [
    ("GREETING", "554 no mail from there"), ("RCPT", "554 5.7.1 Relay access denied"),
    ("RCPT", "552 5.2.2 mailbox full"), ("MAIL", "550 who are you")])
def test_a_mail_server_that_takes_nothing_from_or_for_somebody_stops_the_channel(deployed, mailbox, command, line):
    with_channels(deployed, {"post": {"email": {
        "server": mailbox.url, "from": "Baton <baton@example.org>", "to": ["ops@example.org"]}}})
    mailbox.refusals = {command: line}
    told = deployed.baton("alert", "test", "post", "--json")
    assert told.code == 69 and told.json["reason"] == "unauthorized", told
    assert line[:3] in told.json["error"], told


def test_a_mail_whose_content_is_refused_is_given_up_alone(deployed, mailbox):
    with_channels(deployed, {"post": {"email": {
        "server": mailbox.url, "from": "Baton <baton@example.org>", "to": ["ops@example.org"]}}})
    for line in ("550 that is spam", "554 no", "552 too large"):
        mailbox.script = [line]
        told = deployed.baton("alert", "test", "post", "--json")
        assert told.code == 69 and told.json["reason"] == "refused", (line, told)
    assert deployed.baton("alert", "test", "post").code == 0


@pytest.mark.whole
def test_slack_and_webhook_get_what_they_want(deployed, bot):
    bot.always = {"body": "ok"}
    with_channels(deployed, {
        "team": {"slack": {"webhook_file": secret(deployed, "slack", bot.url + "/services/s3cr3t")}},
        "hook": {"webhook": {"url": bot.url + "/hook",
                             "token_file": secret(deployed, "hook-token", "h00k-T0ken-of-the-hook")}}})
    run = deploy_badly(deployed)
    processes.until("all is sent", lambda: not [one for one in outbox(deployed)["waiting"]
                                                if one["reminder"] == 0], 60)
    hooked = [one for one in bot.got if one["path"] == "/hook"]
    assert {one["headers"]["Authorization"] for one in hooked} == {"Bearer h00k-T0ken-of-the-hook"}
    end = next(one["body"] for one in hooked if one["body"]["event"] == "run_finished")
    assert end["run"] == run and end["status"] == "partial_success", end
    assert end["hosts"]["vps"]["serves"] == "old" and end["id"].startswith(run), end
    slack = [one["body"] for one in bot.got if one["path"] == "/services/s3cr3t"]
    assert any("VPS failed" in one["text"] or "VPS failed" in json.dumps(one) for one in slack), slack
    no_deliverer(deployed)


@pytest.fixture
def trusted_by_nobody(tmp_path):
    """A certificate of its own making, with its key."""
    file = tmp_path / "certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                    "-nodes", "-days", "2", "-subj", "/CN=a stand-in", "-addext",
                    "subjectAltName=IP:127.0.0.1", "-keyout", file, "-out", f"{file}.public"],
                   check=True, capture_output=True)
    file.write_text(file.read_text() + pathlib.Path(f"{file}.public").read_text())
    stand = Stand(file)
    stand.authority = f"{file}.public"
    yield stand
    stand.close()


@pytest.mark.whole
def test_a_certificate_that_nobody_vouches_for_stops_the_channel_until_ca_file_names_it(
        deployed, bot, trusted_by_nobody):
    hook = {"url": trusted_by_nobody.url + "/hook"}
    numbers = deployed.project / "baton.prom"
    deployed.config["metrics"] = {"textfile": str(numbers)}
    with_channels(deployed, {"hook": {"webhook": hook}, "phone": telegram(deployed, bot)})
    run = deploy_badly(deployed)
    told = bot.wait_for("nothing is sent on channel hook any more")
    assert "its certificate is not accepted: " in told, told
    processes.until("the text file says so, without another run", lambda: (
        'baton_notification_channel_stopped{channel="hook"} 1' in numbers.read_text()))
    assert trusted_by_nobody.got == [], "not a word of it goes to somebody unknown"
    hook["ca_file"] = "nowhere.pem"
    deployed.config.write()
    assert "nowhere.pem: No such file" in deployed.baton("check").err
    refused = deployed.baton("alert", "test", "hook", "--json")
    assert refused.json["reason"] == "untrusted" and "ca_file" in refused.json["error"], refused
    hook["ca_file"] = trusted_by_nobody.authority
    deployed.config.write()
    assert deployed.baton("check").err.count("channel hook") <= 1, "that it was stopped"
    assert deployed.baton("alert", "test", "hook").code == 0
    processes.until("what waited has come", lambda: [
        one for one in trusted_by_nobody.got if one["body"]["event"] == "run_finished"], 60)
    assert run in {one["body"]["run"] for one in trusted_by_nobody.got}
    no_deliverer(deployed)


@pytest.mark.whole
def test_a_message_that_is_given_up_is_told_on_another_channel_once(deployed, bot):
    other = {"webhook": {"url": bot.url + "/hook"}}
    with_channels(deployed, {"hook": other, "phone": telegram(deployed, bot)},
                  routes=[{"events": "run_finished"}])
    bot.always = {"status": 400, "body": {"ok": False, "description": "Bad Request: no"}}
    run = deploy_badly(deployed)
    given_up = {(one["channel"], one["run"]) for one in processes.until(
        "all is given up", lambda: len(outbox(deployed)["given_up"]) == 4
        and outbox(deployed)["given_up"], 60)}
    assert given_up == {("hook", run), ("phone", run), ("hook", ""), ("phone", "")}, "and no more"
    listed = deployed.baton("alert", "list").out
    assert f"a message of {run} was given up on channel hook" in listed, listed
    texts = [one["body"].get("text") or one["body"].get("title") for one in bot.got]
    assert any(f"a message of {run} was given up on channel hook" in text for text in texts), texts
    assert deployed.baton("audit", "verify").code == 0
    no_deliverer(deployed)


def test_check_says_where_a_secret_would_go_over_plain_http(phoned):
    phoned.config["alerts"]["channels"] = {
        "phone": {"telegram": {"token_file": secret(phoned, "bot-token", TOKEN), "chat": 1,
                               "api": "http://bot.example.org"}},
        "hook": {"webhook": {"url_file": secret(phoned, "hook", "http://hook.example.org/s3cr3t")}},
        "here": {"webhook": {"url": "http://127.0.0.1:9/x", "token_file": secret(phoned, "t", "abc")}},
        "open": {"webhook": {"url": "http://hook.example.org/open"}}}
    phoned.config["metrics"] = {"pushgateway": "http://push.example.org",
                                "pushgateway_login_file": secret(phoned, "push", "me:pass-w0rd")}
    phoned.config.write()
    done = phoned.baton("check")
    assert done.code == 0, done
    assert re.findall(r"note: (.*?) (?:sends|gets) its \w+ over http", done.err) == [
        "channel phone", "channel hook", "metrics.pushgateway"], done.err


def test_check_says_when_nothing_can_be_sent(phoned):
    (phoned.project / "bot-token").chmod(0o644)
    done = phoned.baton("check")
    assert done.code == 0 and "channel phone" in done.err and "chmod 600" in done.err, done
    (phoned.project / "bot-token").unlink()
    assert "bot-token" in phoned.baton("check").err
    refused = phoned.baton("alert", "test", "phone", "--json")
    assert refused.code == 69 and refused.json["reason"] == "misconfigured", refused
    unknown = phoned.baton("alert", "test", "phon")
    assert unknown.code == 64 and "phone" in unknown.err, unknown


def test_check_says_when_a_template_names_what_is_not_there(phoned):
    phoned.config["alerts"]["routes"] = [{"template": documented_template()},
                                         {"template": "{{titel}} {{#hosts}}{{host}}{{/hosts}}"}]
    phoned.config.write()
    done = phoned.baton("check")
    assert done.code == 0 and '{{titel}}' in done.err and 'did you mean "title"?' in done.err, done
    assert done.err.count("{{") == 1, done


def test_the_token_is_on_no_surface_but_its_file(phoned):
    phoned.bot.script = [{"status": 400, "body": {"ok": False, "description": f"bad {TOKEN}"}},
                         {"status": 401, "body": {"ok": False, "description": f"no {TOKEN}"}}]
    phoned.config["log"] = {"level": "debug"}
    phoned.config["metrics"] = {"textfile": "baton.prom"}
    phoned.config.write()
    done = None
    vps_fails(phoned)
    going = phoned.baton.start_deploy("-vv")
    while going.process.poll() is None:
        lines = " ".join(phoned.controller_processes().values())
        assert TOKEN not in lines, lines
        time.sleep(0.01)
    done = going.wait()
    processes.until("the channel is stopped", lambda: outbox(phoned)["channels"][0]["stopped_at"])
    said = [done.out, done.err]
    for words in (["alert", "list"], ["alert", "list", "--json"], ["alert", "test", "phone"],
                  ["show", "--events"], ["config", "show"], ["history", "--json"]):
        one = phoned.baton(*words)
        said += [one.out, one.err]
    import base64
    import urllib.parse
    forms = {TOKEN, TOKEN.split(":")[1], urllib.parse.quote(TOKEN, safe=""),
             base64.b64encode(TOKEN.encode()).decode().rstrip("=")[:-2]}
    for form in forms:
        assert not any(form in text for text in said), form
        for path in [*phoned.state.rglob("*"), phoned.project / "baton.prom"]:
            if path.is_file():
                assert form.encode() not in path.read_bytes(), (form, path)
    metrics = (phoned.project / "baton.prom").read_text()
    assert re.search(r'baton_notifications_queued\{channel="phone"\} \d', metrics), metrics
    assert 'baton_notifications_total{channel="phone"}' in metrics
    no_deliverer(phoned)
