#!/usr/bin/env python3
"""The conventions of dashboards: each rule holds for every dashboard, and finds what breaks it."""

import copy
import re
import sys
import unittest

import dashboards

# A ratio over the whole time shown is meant so.
fixed_windows = {("overview.json", "Success ratio")}
name_list = dashboards.root / "tests" / "metrics" / "family_names.txt"


def variable(board, name):
    for one in board.get("templating", {}).get("list", []):
        if one.get("name") == name:
            return one
    return {}


def targets(board):
    for panel in dashboards.panels(board):
        for target in panel.get("targets", []):
            yield panel, target


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


def target_rate_interval(name, board):
    for panel, target in targets(board):
        for metric, _, window in dashboards.selectors_in(target.get("expr", "")):
            if window and window != "[$__rate_interval]" and (name, panel["title"]) not in fixed_windows:
                yield f"panel {panel['title']}: {metric}{window}"


def target_job_instance(_, board):
    for panel, target in targets(board):
        for metric, labels, _ in dashboards.selectors_in(target.get("expr", "")):
            if 'job=~"$job"' not in labels or 'instance=~"$instance"' not in labels:
                yield f"panel {panel['title']}: {metric} is not of the chosen job and instance"


def target_counter(_, board):
    for panel, target in targets(board):
        expr = target.get("expr", "")
        for found in re.finditer(r"\b(?:baton|process)_[a-z0-9_]+_(?:total|bucket|sum|count)\b", expr):
            if not re.search(r"\b(?:rate|irate|increase)\($", expr[: found.start()]):
                yield f"panel {panel['title']}: counter {found[0]} without rate or increase"


def known_names(_, board):
    known = set(name_list.read_text().split())
    for panel, target in targets(board):
        for metric in dashboards.names_in(target.get("expr", "")):
            if metric not in known and re.sub("_(bucket|sum|count)$", "", metric) not in known:
                yield f"panel {panel['title']}: Baton exports no {metric}"


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


def first(board):
    return next(iter(dashboards.panels(board)))


# Each rule with a change that it must find.
rules = {
    uneditable: lambda board: board.update(editable=True),
    provisioned: lambda board: board.update(id=7),
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
    target_job_instance: change_expr('job=~"$job", ', ""),
    target_counter: change_expr("increase(baton_errors_total", "sum(baton_errors_total"),
    known_names: change_expr("baton_host_up", "baton_host_upp"),
    layout: lambda board: first(board)["gridPos"].update(w=24),
}


class Lint(unittest.TestCase):
    def test_every_dashboard_keeps_every_rule(self):
        boards = dashboards.load_all()
        self.assertTrue(boards)
        found = [f"{name}: {rule.__name__}: {what}"
                 for name, board in boards.items() for rule in rules for what in rule(name, board)]
        self.assertEqual(found, [])

    def test_every_rule_finds_what_breaks_it(self):
        for name, board in dashboards.load_all().items():
            for rule, break_it in rules.items():
                broken = copy.deepcopy(board)
                break_it(broken)
                self.assertTrue(list(rule(name, broken)), rule.__name__)

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
