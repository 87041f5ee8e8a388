"""A fleet whose numbers a real Prometheus reads, whose alerts a real Alertmanager sends to a chat."""

import contextlib
import json
import re
import subprocess

import rules
from chat import Chat, Mail
from rig.cli import BATON
from sample import alertmanager_config
from servers import Alertmanager, NodeExporter, Prometheus, Server, until


def can(verb):
    """Whether this baton has that verb."""
    told = subprocess.run([BATON, "--help"], capture_output=True, text=True, check=True).stdout
    return re.search(rf"^ +{verb} ", told, re.MULTILINE) is not None


def scraped(address, *names):
    """A target of Prometheus; of `names` alone, where some are given."""
    made = {"static_configs": [{"targets": [address]}]}
    if names:
        made["metric_relabel_configs"] = [
            {"source_labels": ["__name__"], "regex": "|".join(names), "action": "keep"}]
    return made


class Watched(contextlib.ExitStack):
    """`fleet`, `chat`, `mail`, `numbers`, `prometheus`, `alertmanager`; `file` is the text file that Baton writes."""

    def __init__(self, fleet, folder):
        super().__init__()
        self.fleet, self.folder = fleet, folder
        (folder / "textfiles").mkdir()
        self.file = folder / "textfiles" / "baton.prom"
        fleet.config["metrics"] = {"textfile": str(self.file)}
        fleet.config.write()

    def __enter__(self):
        try:
            return self._begin()
        except BaseException:
            self.close()
            raise

    def _begin(self):
        self.numbers = self.enter_context(NodeExporter(self.folder, self.file.parent))
        jobs = {"node": scraped(self.numbers.address)}
        # Both ways at once would tell everything twice: of the file only what no other way tells.
        if can("serve"):
            environment = self.fleet.environment()
            del environment["RIG_CONTROLLER_DIR"]  # it is not what a run may have left behind
            self.served = self.enter_context(Server(
                self.folder, [BATON, "serve", "--metrics-only", "--listen", "ADDRESS"], "/metrics",
                cwd=self.fleet.project, env=environment))
            jobs = {"baton": scraped(self.served.address),
                    "node": scraped(self.numbers.address, "node_textfile_.*", "baton_runs_in_progress")}
        self.chat, self.mail = self.enter_context(Chat()), self.enter_context(Mail())
        self.alertmanager = self.enter_context(
            Alertmanager(self.folder, alertmanager_config(self.folder, self.chat, self.mail)))
        (self.folder / "rules").mkdir()
        for name, content in rules.in_a_hurry().items():
            (self.folder / "rules" / name).write_text(json.dumps(content))
        self.prometheus = self.enter_context(Prometheus(self.folder, {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(self.folder / "rules" / "*.yaml")],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [self.alertmanager.address]}]}]},
            "scrape_configs": [{"job_name": job} | target for job, target in jobs.items()],
        }))
        done = self.deploy()
        assert done.code == 0, done
        until("Prometheus has read of the first run", lambda: self.counted("success") == 1)
        return self

    def deploy(self):
        """Much runs here beside it, and on some machines more."""
        return self.fleet.baton.deploy(seconds=400)

    def counted(self, status):
        """How many runs ended so, as Prometheus has it."""
        rows = self.prometheus.now(f'sum(baton_runs_total{{status="{status}"}})')
        return float(rows[0]["value"][1]) if rows else None

    def suppressed(self):
        """Names of the alerts that Alertmanager keeps to itself, because of others."""
        return {one["labels"]["alertname"] for one in json.loads(self.alertmanager.get("/api/v2/alerts"))
                if one["status"]["state"] == "suppressed"}

    def until_fires(self, alert, seconds=120):
        """Its labels, as soon as it fires."""
        def look():
            return next((labels for labels in self.prometheus.firing() if labels["alertname"] == alert), None)
        return until(f"{alert} fires", look, seconds)

    def until_over(self, *alerts, seconds=120):
        """Neither Prometheus nor Alertmanager knows of them any more."""
        def look():
            active = [one["labels"] for one in json.loads(self.alertmanager.get("/api/v2/alerts"))]
            return not [one for one in active + self.prometheus.firing() if one["alertname"] in alerts]
        until(f"{', '.join(alerts)} is over", look, seconds)

    def until_told(self, *words, times=1, seconds=120):
        """The newest message of the chat that has all these words, as soon as there are so many."""
        def look():
            having = [one for one in self.chat.messages() if all(word in one["text"] for word in words)]
            return having[-1] if len(having) >= times else None
        try:
            return until(f"the chat has heard {words}", look, seconds)
        except AssertionError as late:
            heard = "\n".join(one["text"] for one in self.chat.messages())
            raise AssertionError(f"{late}\nfiring: {self.prometheus.firing()}\nheard: {heard}\n"
                                 f"{self.alertmanager.log[-2000:]}\n{self.prometheus.log[-2000:]}") from late
