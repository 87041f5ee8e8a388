#!/usr/bin/env python3
"""examples/monitoring: every file by its own tool, as far as it can be had here.

monitoring_test.py          the files
monitoring_test.py COMPOSE  compose.yaml too, by a compose plugin at that path
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import alloy
import yaml
from families import root

example = root / "examples" / "monitoring"
compose = None


def read(path):
    return yaml.safe_load((root / path).read_text())


class Files(unittest.TestCase):
    def test_promtool_takes_what_prometheus_reads(self):
        text = (example / "prometheus.yml").read_text()
        mounted = "/etc/prometheus/rules"
        self.assertIn(mounted, text)
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "prometheus.yml"
            file.write_text(text.replace(mounted, str(root / "grafana" / "rules")))
            done = subprocess.run(["promtool", "check", "config", file], text=True, capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(len(re.findall(r"SUCCESS: [1-9]\d* rules found", done.stdout)), 2, done.stdout)

    def test_grafana_finds_its_data_under_the_names_that_are_provisioned_elsewhere(self):
        sources = {one["uid"]: one for one in read("examples/monitoring/grafana/datasources.yaml")["datasources"]}
        own, = read("grafana/provisioning/datasources/baton.yaml")["datasources"]
        self.assertEqual(sources[own["uid"]] | {"url": 0, "isDefault": 0}, own | {"url": 0, "isDefault": 0})
        self.assertEqual({one["type"]: one["url"] for one in sources.values()},
                         {"prometheus": "http://prometheus:9090", "loki": "http://loki:3100",
                          "alertmanager": "http://alertmanager:9093"})

    def test_loki_keeps_structured_metadata_and_forgets_in_time(self):
        loki = read("examples/monitoring/loki.yaml")
        self.assertEqual(loki["schema_config"]["configs"][-1]["schema"], "v13")
        self.assertTrue(loki["limits_config"]["allow_structured_metadata"])
        self.assertTrue(loki["compactor"]["retention_enabled"])
        self.assertRegex(loki["limits_config"]["retention_period"], r"^\d+h$")

    def test_alloy_reads_the_log_file_and_sends_it_where_loki_is(self):
        config = alloy.read((example / "config.alloy").read_text())
        parts = alloy.components(config)
        for reference in alloy.references(config):
            self.assertIn(reference.rpartition(".")[0], parts, "a component that there is not")
        (_, _, endpoint), = parts["loki.write.loki"]
        self.assertEqual(dict((key, value) for key, _, value in endpoint),
                         {"url": "http://loki:3100/loki/api/v1/push"})

    def test_labels_are_only_what_has_few_values(self):
        config = alloy.read((example / "config.alloy").read_text())
        line = {"ts": "2026-01-31T09:05:00.000000001Z", "level": "info", "logger": "baton", "msg": "m",
                "run": "r1", "fleet": "f", "host": "h", "phase": "p", "step": "s", "event": "step_ended",
                "trace_id": "t", "span_id": "s"}
        targets, = dict((key, value) for key, _, value in alloy.components(config)["local.file_match.baton"]).values()
        given = {key: value for key, value in targets[0].items() if not key.startswith("__")}
        time, labels, metadata = alloy.carry(config, "baton", json.dumps(line), given | {"filename": "/f"})
        self.assertEqual((time, labels), (line["ts"], {"app": "baton", "level": "info"}))
        self.assertEqual(metadata.keys(), {"run", "fleet", "host", "phase", "event", "trace_id", "span_id"})


class Compose(unittest.TestCase):
    def config(self, **environment):
        done = subprocess.run([compose, "-f", example / "compose.yaml", "config", "--format", "json"], text=True,
                              capture_output=True, check=False, env={"PATH": os.environ["PATH"]} | environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr, "")
        return json.loads(done.stdout)["services"]

    def test_compose_takes_it_and_every_mounted_file_is_there(self):
        with tempfile.TemporaryDirectory() as home:
            logs = pathlib.Path(home) / ".local/state/baton/logs"
            logs.mkdir(parents=True)
            services = self.config(HOME=home)
            self.assertEqual(sorted(services),
                             ["alertmanager", "alloy", "grafana", "loki", "node-exporter", "prometheus"])
            for name, service in services.items():
                for mount in service["volumes"]:
                    if mount["type"] == "bind":
                        self.assertTrue(pathlib.Path(mount["source"]).exists(), f"{name}: {mount['source']}")
                        self.assertTrue(mount["read_only"], f"{name}: {mount['source']}")

    def test_it_takes_what_the_package_has_installed(self):
        mounts = [mount["source"] for service in self.config(HOME="/x", BATON_SHARE="/usr/share/baton").values()
                  for mount in service["volumes"] if mount["type"] == "bind"]
        for wanted in ("rules", "dashboards", "provisioning/dashboards/baton.yaml", "alertmanager"):
            self.assertIn(f"/usr/share/baton/{wanted}", mounts)

    def test_images_are_pinned_and_nothing_listens_to_the_world(self):
        for name, service in self.config(HOME="/x").items():
            self.assertRegex(service["image"], r":v?\d+\.\d+\.\d+$", name)
            for port in service.get("ports", []):
                self.assertEqual(port["host_ip"], "127.0.0.1", name)


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    if len(sys.argv) > 1:
        compose = sys.argv.pop(1)
        unittest.main(defaultTest="Compose")
    unittest.main(defaultTest="Files")
