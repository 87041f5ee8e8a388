#!/usr/bin/env python3
"""The conventions of dashboards: each rule holds for every dashboard, and finds what breaks it."""

import copy
import json
import re
import subprocess
import sys
import unittest

import dashboards
import families
from dashboards import targets, variable

# {rule: {(dashboard, panel): why it may break the rule}}. One that is not needed any more is a fault.
WHOLE_TIME = "a sum over the whole time that is shown"
exceptions = {
    "target_rate_interval": {
        ("overview.json", "Success ratio"): WHOLE_TIME,
        ("overview.json", "Verdicts"): WHOLE_TIME,
        ("phases.json", "Where steps fail"): WHOLE_TIME,
        ("phases.json", "Why steps fail"): WHOLE_TIME,
        ("phases.json", "Phase by phase"): WHOLE_TIME,
        ("phases.json", "Where the time goes"): WHOLE_TIME,
        ("hosts.json", "Hosts that refuse most"): WHOLE_TIME,
        ("internals.json", "Restarts"): WHOLE_TIME,
        ("internals.json", "Writes that failed"): WHOLE_TIME,
    },
}


def uneditable(_, board):
    if board.get("editable") is not False:
        yield "can be edited"


def provisioned(_, board):
    if board.get("id") is not None or not board.get("uid") or "__inputs" in board:
        yield "needs a fixed uid, no id, no inputs"
    if not isinstance(board.get("schemaVersion"), int):
        yield "has no schemaVersion"


def template_datasource(_, board):
    one = variable(board, "datasource")
    if one.get("type") != "datasource" or one.get("query") != "prometheus" or one.get("label") != "Data source":
        yield "has no variable for the data source"


def template_job(_, board, name="job"):
    one = variable(board, name)
    if one.get("type") != "query" or not one.get("multi") or one.get("allValue") != ".+":
        yield f"variable {name} must be a query for several values, all of them `.+`"
    if one.get("datasource", {}).get("uid") != "${datasource}":
        yield f"variable {name} must use the templated data source"


def template_instance(name, board):
    yield from template_job(name, board, "instance")


def template_reload(_, board):
    for one in board.get("templating", {}).get("list", []):
        if one.get("type") == "query" and one.get("refresh") != 2:
            yield f"variable {one['name']} is not read again when the time changes"


def panel_datasource(_, board):
    wanted = {"type": "prometheus", "uid": "${datasource}"}
    for panel in dashboards.panels(board):
        if panel.get("datasource") != wanted or any(t.get("datasource") != wanted for t in panel.get("targets", [])):
            yield f"panel {panel.get('title')} does not use the templated data source"


def panel_title_description(_, board):
    titles = [panel.get("title") for panel in dashboards.panels(board)]
    for panel in dashboards.panels(board):
        if not panel.get("title") or not panel.get("description"):
            yield f"panel {panel.get('id')} has no title or no description"
    if len(set(titles)) != len(titles):
        yield "two panels have the same title"


def panel_units(_, board):
    for panel in dashboards.panels(board):
        if not panel.get("fieldConfig", {}).get("defaults", {}).get("unit"):
            yield f"panel {panel.get('title')} has no unit"


def panel_no_targets(_, board):
    for panel in dashboards.panels(board):
        if not panel.get("targets"):
            yield f"panel {panel.get('title')} asks nothing"


def target_promql(_, board):
    for panel, target in targets(board):
        expr = target.get("expr", "")
        pairs = {"(": ")", "[": "]", "{": "}"}
        open_ones = []
        for sign in re.sub(r'"[^"]*"', "", expr):
            if sign in pairs:
                open_ones.append(pairs[sign])
            elif sign in pairs.values() and (not open_ones or open_ones.pop() != sign):
                yield f"panel {panel['title']}: brackets do not fit: {expr}"
        if open_ones or not dashboards.names_in(expr):
            yield f"panel {panel['title']}: no query: {expr}"


def target_rate_interval(_, board):
    for panel, target in targets(board):
        for metric, _, window in dashboards.selectors_in(target.get("expr", "")):
            if window and window != "[$__rate_interval]":
                yield f"panel {panel['title']}: {metric}{window}"


def target_job(_, board, name="job"):
    for panel, target in targets(board):
        for metric, labels, _ in dashboards.selectors_in(target.get("expr", "")):
            if f'{name}=~"${name}"' not in labels:
                yield f"panel {panel['title']}: {metric} is not of the chosen {name}"


def target_instance(name, board):
    yield from target_job(name, board, "instance")


def target_counter(_, board):
    for panel, target in targets(board):
        expr = target.get("expr", "")
        for found in re.finditer(r"\b(?:baton|process)_[a-z0-9_]+_(?:total|bucket|sum|count)\b", expr):
            if not re.search(r"\b(?:rate|irate|increase)\($", expr[: found.start()]):
                yield f"panel {panel['title']}: counter {found[0]} without rate or increase"


def known_names(_, board):
    for panel, target in targets(board):
        for metric in families.unknown(dashboards.names_in(target.get("expr", ""))):
            yield f"panel {panel['title']}: Baton exports no {metric}"
    for one in [*board["templating"]["list"], *board["annotations"]["list"]]:
        for metric in families.unknown(dashboards.names_in(one.get("definition") or one.get("expr") or "")):
            yield f"{one['name']}: Baton exports no {metric}"


def linked(_, board):
    """To the others, by what is chosen here; and no link leads nowhere."""
    if not any(one["type"] == "dashboards" and one["tags"] == ["baton"] and one["includeVars"] and one["keepTime"]
               for one in board["links"]) or "baton" not in board["tags"]:
        yield "is not linked with the other dashboards"
    boards = {one["uid"]: one for one in dashboards.load_all().values()}
    for url in re.findall(r'"url": ?"(/d/[^"]*)"', json.dumps(board)):
        other = boards.get(url.partition("?")[0].removeprefix("/d/"))
        for name in re.findall(r"var-(\w+)=|\$\{(\w+):queryparam\}", url):
            if other is None or not variable(other, "".join(name)):
                yield f"link {url} leads nowhere"


def a_note_for_each_deployment(_, board):
    """Each run that ends sets one of two gauges to its time."""
    exact = [one["expr"] for one in board["annotations"]["list"] if one.get("useValueForTime") and one["enable"]]
    for gauge in ("baton_run_last_success_timestamp_seconds", "baton_run_last_failure_timestamp_seconds"):
        if not any(gauge in expr and expr.endswith("* 1000") for expr in exact):
            yield f"has no annotation from {gauge}"


def layout(_, board):
    ids = [panel["id"] for panel in board["panels"]]
    if len(set(ids)) != len(ids):
        yield "two panels have the same id"
    taken = {}
    for panel in board["panels"]:
        at = panel["gridPos"]
        if at["x"] + at["w"] > 24:
            yield f"panel {panel['title']} sticks out"
        for x in range(at["x"], at["x"] + at["w"]):
            for y in range(at["y"], at["y"] + at["h"]):
                if taken.setdefault((x, y), panel["title"]) != panel["title"]:
                    yield f"panels {panel['title']} and {taken[x, y]} overlap"
                    return


def change_expr(old, new):
    def change(board):
        for panel in dashboards.panels(board):
            for target in panel["targets"]:
                if old in target["expr"]:
                    target["expr"] = target["expr"].replace(old, new)
                    return

    return change


def change_first(pattern, new):
    def change(board):
        for _, target in targets(board):
            if re.search(pattern, target["expr"]):
                target["expr"] = re.sub(pattern, new, target["expr"], count=1)
                return

    return change


def first(board):
    return next(iter(dashboards.panels(board)))


# Each rule with a change that it must find: first those of Grafana's dashboard-linter, then our own.
rules = {
    uneditable: lambda board: board.update(editable=True),
    template_datasource: lambda board: variable(board, "datasource").update(label="DS"),
    template_job: lambda board: variable(board, "job").update(allValue=".*"),
    template_instance: lambda board: variable(board, "instance").update(multi=False),
    template_reload: lambda board: variable(board, "fleet").update(refresh=1),
    panel_datasource: lambda board: first(board).update(datasource="prom"),
    panel_title_description: lambda board: first(board).update(description=""),
    panel_units: lambda board: first(board)["fieldConfig"]["defaults"].pop("unit"),
    panel_no_targets: lambda board: first(board).update(targets=[]),
    target_promql: change_expr("sum(", "sum(("),
    target_rate_interval: change_expr("[$__rate_interval]", "[5m]"),
    target_job: change_expr('job=~"$job", ', ""),
    target_instance: change_expr('instance=~"$instance"', ""),
    target_counter: change_first(r"\b(increase|rate)\(", "sum("),
    provisioned: lambda board: board.update(id=7),
    known_names: change_expr("{job=~", "_of_nobody{job=~"),
    linked: lambda board: board["links"][0].update(tags=["batons"]),
    a_note_for_each_deployment: lambda board: board["annotations"]["list"].pop(),
    layout: lambda board: first(board)["gridPos"].update(w=24),
}


def findings(name, board, rule):
    """What breaks the rule, exceptions left out."""
    excepted = [panel for file, panel in exceptions.get(rule.__name__, {}) if file == name]
    return [what for what in rule(name, board)
            if not any(what.startswith(f"panel {panel}:") for panel in excepted)]


class Lint(unittest.TestCase):
    def test_every_dashboard_keeps_every_rule(self):
        boards = dashboards.load_all()
        self.assertEqual(list(boards), ["hosts.json", "internals.json", "overview.json", "phases.json"])
        found = [f"{name}: {rule.__name__}: {what}"
                 for name, board in boards.items() for rule in rules for what in findings(name, board, rule)]
        self.assertEqual(found, [])

    def test_every_rule_finds_what_breaks_it(self):
        for name, board in dashboards.load_all().items():
            for rule, break_it in rules.items():
                broken = copy.deepcopy(board)
                break_it(broken)
                self.assertTrue(findings(name, broken, rule), f"{name}: {rule.__name__}")

    def test_every_exception_is_needed(self):
        boards = dashboards.load_all()
        by_name = {rule.__name__: rule for rule in rules}
        for rule, panels in exceptions.items():
            for name, panel in panels:
                self.assertTrue([what for what in by_name[rule](name, boards[name])
                                 if what.startswith(f"panel {panel}:")], f"{rule}: {name}: {panel}")

    def test_no_name_is_waited_for_that_is_there(self):
        there = families.exported() & families.not_exported_yet
        self.assertFalse(there, "exported by now: take them out of not_exported_yet in families.py")

    def test_the_dashboards_are_what_their_sources_say(self):
        made = subprocess.run([dashboards.root / "grafana" / "make_dashboards", "--check"], text=True,
                              capture_output=True, check=False)
        self.assertEqual(made.returncode, 0, made.stdout + made.stderr)

    def test_the_provisioning_is_what_grafana_reads(self):
        provisioning = dashboards.root / "grafana" / "provisioning"
        source = (provisioning / "datasources" / "baton.yaml").read_text()
        provider = (provisioning / "dashboards" / "baton.yaml").read_text()
        for line in ("apiVersion: 1", "access: proxy", "timeInterval:", "httpMethod: POST", "uid:"):
            self.assertIn(line, source)
        for line in ("apiVersion: 1", "type: file", "allowUiUpdates: false", "disableDeletion: true", "path:"):
            self.assertIn(line, provider)


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    unittest.main()
