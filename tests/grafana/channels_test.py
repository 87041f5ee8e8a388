#!/usr/bin/env python3
"""The sample for Alertmanager in a real one: what each channel hears, and what is kept from it."""

import contextlib
import json
import pathlib
import sys
import tempfile
import unittest
import urllib.request

from chat import Chat, Mail
from sample import alertmanager_config
from servers import Alertmanager, until

OF = {"job": "baton", "instance": "controller:22866"}


def alert(name, severity, kind="condition", **labels):
    return {"labels": {"alertname": name, "severity": severity, "kind": kind} | labels,
            "annotations": {"summary": f"{labels.get('host', name)} <&>", "description": "what it means",
                            "runbook_url": "file:///runbook"}}


class Channels(unittest.TestCase):
    def setUp(self):
        servers = self.enterContext(contextlib.ExitStack())
        folder = pathlib.Path(servers.enter_context(tempfile.TemporaryDirectory(prefix="baton-alerts.")))
        self.chat, self.mail = servers.enter_context(Chat()), servers.enter_context(Mail())
        self.alertmanager = servers.enter_context(
            Alertmanager(folder, alertmanager_config(folder, self.chat, self.mail)))

    def tell(self, *alerts):
        urllib.request.urlopen(urllib.request.Request(
            f"http://{self.alertmanager.address}/api/v2/alerts", data=json.dumps(alerts).encode(),
            headers={"Content-Type": "application/json"}), timeout=20).read()

    def test_a_grave_event_is_told_in_every_channel(self):
        self.tell(alert("BatonRunPartialSuccess", "critical", "run", fleet="homelab", **OF))
        until("all have heard it", lambda: self.chat.messages() and self.chat.elsewhere("/slack")
              and self.chat.elsewhere("/webhook") and self.mail.letters)
        self.assertEqual([one["text"] for one in self.chat.messages()],
                         ["<b>BatonRunPartialSuccess &lt;&amp;&gt;</b>\nwhat it means\nfile:///runbook\n"])
        self.assertEqual(self.mail.subjects(), ["BatonRunPartialSuccess (homelab)"])
        self.assertIn("what it means", self.mail.letters[0].as_string())
        attachment, = self.chat.elsewhere("/slack")[0]["attachments"]
        self.assertEqual((attachment["title"], attachment["text"]),
                         ("BatonRunPartialSuccess (homelab)",
                          "BatonRunPartialSuccess <&>\nwhat it means\nfile:///runbook\n"))

    def test_what_befalls_many_hosts_is_one_message_that_telegram_takes(self):
        self.tell(*(alert("BatonHostUnreachable", "warning", host=f"host-{nth:02}", **OF) for nth in range(50)))
        until("it is told", self.chat.messages)
        text, = [one["text"] for one in self.chat.messages()]
        self.assertEqual((text.count("<b>"), text.splitlines()[-1]), (10, "… 50 in all"))
        self.assertLess(len(text), 4096)

    def test_what_follows_from_another_is_not_told(self):
        self.tell(alert("BatonDown", "warning", **OF), alert("BatonAbsent", "warning"),
                  alert("BatonManyHostsUnreachable", "critical", **OF),
                  alert("BatonHostUnreachable", "warning", host="vps", **OF),
                  alert("BatonRollbackFailed", "critical", "run", fleet="homelab", **OF),
                  alert("BatonRunFailed", "warning", "run", fleet="homelab", **OF),
                  alert("BatonRunFailed", "warning", "run", fleet="shop", **OF))
        until("the others are told", lambda: len(self.chat.messages()) >= 4)
        states = {one["status"]["state"]: set() for one in self.alerts()}
        for one in self.alerts():
            states[one["status"]["state"]].add((one["labels"]["alertname"], one["labels"].get("fleet")))
        self.assertEqual(states["suppressed"], {("BatonAbsent", None), ("BatonHostUnreachable", None),
                                                ("BatonRunFailed", "homelab")})
        self.assertEqual(len(self.chat.messages()), 4)

    def alerts(self):
        return json.loads(self.alertmanager.get("/api/v2/alerts"))


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    unittest.main()
