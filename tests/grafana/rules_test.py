#!/usr/bin/env python3
"""The rules and the sample for Alertmanager: their own tools take them, and every alert is tested and explained."""

import pathlib
import re
import shutil
import subprocess
import sys
import unittest

import dashboards
import families
import rules
import yaml

here = pathlib.Path(__file__).resolve().parent
alertmanager = families.root / "grafana" / "alertmanager" / "alertmanager.yml"
runbooks = families.root / "docs" / "runbooks.md"
RUNBOOK = "file:///usr/share/doc/baton/runbooks.md#"
# Receivers in the order of amtool, of the labels of an alert.
ROUTES = {
    'alertname=BatonHostUnreachable kind=condition severity=warning host=vps': "telegram",
    'alertname=BatonManyHostsUnreachable kind=condition severity=critical': "everybody",
    'alertname=BatonRunFailed kind=run severity=warning fleet=homelab': "telegram-runs",
    'alertname=BatonRunPartialSuccess kind=run severity=critical fleet=homelab': "everybody-runs",
    'alertname=BatonRunFailed kind=run severity=warning fleet=shop': "slack,telegram-runs",
    'alertname=AnythingElse severity=info': "telegram",
}


def run(*words):
    assert shutil.which(words[0]), f"{words[0]} is missing: packaging/install test"
    return subprocess.run([str(word) for word in words], text=True, capture_output=True, check=False)


class Rules(unittest.TestCase):
    def passes(self, *words):
        done = run(*words)
        self.assertEqual(done.returncode, 0, f"{words}\n{done.stdout}{done.stderr}")
        return done.stdout

    def test_promtool_takes_the_rules(self):
        for file in sorted(rules.folder.glob("*.yaml")):
            self.passes("promtool", "check", "rules", "--lint=all", "--lint-fatal", file)

    def test_every_alert_fires_and_is_silent_as_it_should(self):
        self.passes("promtool", "test", "rules", here / "rules_test.yaml")
        self.passes("promtool", "test", "rules", here / "alerts_test.yaml")

    def test_no_rule_and_no_alert_is_without_its_cases(self):
        cases = [case for group in yaml.safe_load((here / "alerts_test.yaml").read_text())["tests"]
                 for case in group["alert_rule_test"]]
        for name, rule in rules.alerts().items():
            fires = [rules.seconds(case["eval_time"]) for case in cases
                     if case["alertname"] == name and case["exp_alerts"]]
            silent = [rules.seconds(case["eval_time"]) for case in cases
                      if case["alertname"] == name and not case["exp_alerts"]]
            self.assertTrue(fires and silent, name)
            if "for" in rule:  # a minute before it fires it does not
                self.assertIn(min(fires) - 60, silent, name)
        asked = (here / "rules_test.yaml").read_text()
        self.assertEqual([name for name in rules.recorded() if name not in asked], [])

    def test_every_alert_says_how_grave_it_is_and_what_to_do(self):
        page = runbooks.read_text()
        headings = re.findall(r"^## (\w+)$", page, re.MULTILINE)
        self.assertEqual(headings, list(rules.alerts()))
        for name, rule in rules.alerts().items():
            self.assertRegex(name, r"^Baton[A-Z]\w+$")
            self.assertIn(rule["labels"]["severity"], ("critical", "warning"), name)
            self.assertIn(rule["labels"]["kind"], ("run", "condition"), name)
            self.assertEqual(rule["annotations"].keys(), {"summary", "description", "runbook_url"}, name)
            self.assertEqual(rule["annotations"]["runbook_url"], RUNBOOK + name.lower())
            self.assertLessEqual(len(rule["annotations"]["summary"]), 120, name)

    def test_recording_rules_are_named_by_level_metric_and_operation(self):
        for name in rules.recorded():
            self.assertRegex(name, r"^[a-z_]+:baton_[a-z_]+:[a-z0-9_]+$")

    def test_rules_ask_only_for_what_is_exported(self):
        for rule in rules.all_rules():
            name = rule.get("alert") or rule["record"]
            self.assertEqual(families.unknown(dashboards.names_in(rule["expr"])), [], name)
            for recorded in re.findall(r"[a-z_]+:baton_[a-z_]+:[a-z0-9_]+", rule["expr"]):
                self.assertIn(recorded, rules.recorded(), name)

    def test_the_rules_in_a_hurry_differ_in_time_alone(self):
        shipped, hurried = rules.load_all(), rules.in_a_hurry()
        self.assertNotEqual(shipped, hurried)
        without = [re.sub(r"\[\d+[smhd]\]|'for': '\d+[smhd]'", "", str(one)) for one in (shipped, hurried)]
        self.assertEqual(*without)
        self.assertEqual([rules.hurried(one) for one in ("5m", "2h", "1d", "30s")], ["5s", "120s", "1440s", "1s"])


class Alertmanager(unittest.TestCase):
    def test_amtool_takes_the_sample_and_its_templates(self):
        done = run("amtool", "check-config", alertmanager)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("1 templates", done.stdout)

    def test_every_alert_goes_where_it_should(self):
        for labels, receivers in ROUTES.items():
            done = run("amtool", "config", "routes", "test", f"--config.file={alertmanager}", *labels.split())
            self.assertEqual((done.returncode, done.stdout.strip()), (0, receivers), f"{labels}\n{done.stderr}")

    def test_every_kind_of_channel_is_there_and_none_that_debian_refuses(self):
        text = alertmanager.read_text()
        kinds = {kind for one in yaml.safe_load(text)["receivers"] for kind in one}
        self.assertLessEqual({"telegram_configs", "email_configs", "slack_configs", "webhook_configs"}, kinds)
        for refused in ("bot_token_file", "message_thread_id", "msteams_configs"):
            self.assertNotIn(refused, text)

    def test_inhibition_speaks_of_alerts_that_there_are(self):
        for rule in yaml.safe_load(alertmanager.read_text())["inhibit_rules"]:
            for matcher in rule["source_matchers"] + rule["target_matchers"]:
                for name in re.search(r'"(.*)"', matcher).group(1).split("|"):
                    self.assertIn(name, rules.alerts())


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    unittest.main()
